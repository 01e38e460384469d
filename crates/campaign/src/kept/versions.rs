//! What changed between the versions of a template.

use anyhow::{Result, bail};
use crm::TemplateVersion;
use template::{PartDiff, diff};

use super::template_of;

/// Two versions of a template, and the parts that differ.
#[derive(Debug)]
pub struct ComparedVersions<'a> {
    pub from: &'a TemplateVersion,
    pub to: &'a TemplateVersion,
    /// The parts that differ; the reason if a version is not a template.
    pub parts: Result<Vec<PartDiff>, String>,
}

/// Compares each version with the one before it.
pub fn compare_all_versions(versions: &[TemplateVersion]) -> Vec<ComparedVersions<'_>> {
    versions.windows(2).map(|it| compared(&it[0], &it[1])).collect()
}

/// Compares two versions by their numbers: by default the version before `to`, and the last version.
pub fn compare_versions(
    versions: &[TemplateVersion],
    from: Option<u32>,
    to: Option<u32>,
) -> Result<ComparedVersions<'_>> {
    let find = |number: u32| match versions.iter().find(|it| it.version == number) {
        Some(version) => Ok(version),
        None => {
            let numbers: Vec<String> = versions.iter().map(|it| it.version.to_string()).collect();
            bail!("there is no version {number}: there are {}", numbers.join(", "))
        }
    };
    let last = versions.last().map_or(1, |it| it.version);
    let to = find(to.unwrap_or(last))?;
    let from = find(from.unwrap_or_else(|| to.version.saturating_sub(1).max(1)))?;
    Ok(compared(from, to))
}

fn compared<'a>(from: &'a TemplateVersion, to: &'a TemplateVersion) -> ComparedVersions<'a> {
    let parts = template_of(&from.body).and_then(|before| Ok(diff(&before, &template_of(&to.body)?)));
    ComparedVersions { from, to, parts }
}
