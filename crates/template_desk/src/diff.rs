//! `ferry template diff`: what differs between templates.

use anyhow::{Result, bail};
use campaign::{ComparedTemplate, ComparedVersions, Comparison, compare_all_versions, compare_versions};
use plan::Plan;
use results::{DiffWordsEntry, PartDiffEntry, TemplateDiffEntry, TemplateDiffResult};
use run_text::Styled;
use template::PartDiff;
use template_text as text;

use crate::kept;

/// Compares templates of the database with those that were submitted: all, or those of a name.
pub async fn diff_submitted(
    plan: &Plan,
    name: Option<&String>,
    is_coloured: bool,
) -> Result<(TemplateDiffResult, Styled)> {
    let crm = kept::look(plan).await?;
    if plan.whatsapp.is_none() {
        bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
    }
    let all = kept::templates(&crm, plan, name.map(std::slice::from_ref).unwrap_or_default()).await?;
    crm.close().await;
    let not_kept = all.not_kept.iter().map(|it| TemplateDiffEntry {
        name: it.name.clone(),
        language: it.language.clone(),
        result: "not_kept",
        from: None,
        to: None,
        parts: Vec::new(),
    });
    let templates: Vec<_> = all.kept.iter().map(of_submitted).chain(not_kept).collect();
    let n_different = all.kept.iter().filter(|it| it.comparison.is_difference()).count() as u64;
    let result = TemplateDiffResult { compared: "submitted", templates, n_different };
    Ok((result, text::diff_submitted(&all, is_coloured)))
}

fn of_submitted(it: &ComparedTemplate) -> TemplateDiffEntry {
    let parts = match &it.comparison {
        Comparison::Differs(parts) => parts.as_slice(),
        _ => &[],
    };
    TemplateDiffEntry {
        name: it.kept.name.clone(),
        language: it.kept.language.clone(),
        result: it.comparison.name(),
        from: None,
        to: Some(kept::version(&it.kept.current)),
        parts: parts.iter().map(part).collect(),
    }
}

/// Which versions of a template are compared.
#[derive(Clone, Copy, Debug)]
pub enum DiffVersions {
    /// Each with the one before it.
    All,
    /// Two; by default the last one and the one before it.
    Two { from: Option<u32>, to: Option<u32> },
}

/// Compares versions of templates of the database: of all, or of those of a name.
pub async fn diff_versions(
    plan: &Plan,
    name: Option<&String>,
    versions: DiffVersions,
    is_coloured: bool,
) -> Result<(TemplateDiffResult, Styled)> {
    let crm = kept::look(plan).await?;
    let all = kept::templates(&crm, plan, name.map(std::slice::from_ref).unwrap_or_default()).await?;
    let (mut templates, mut shown) = (Vec::new(), Styled::default());
    for ComparedTemplate { kept, .. } in &all.kept {
        let (name, language) = (&kept.name, &kept.language);
        let of_template = crm.template_versions(name, language).await?;
        let compared = match versions {
            DiffVersions::All => compare_all_versions(&of_template),
            DiffVersions::Two { from, to } => vec![compare_versions(&of_template, from, to)?],
        };
        for it in &compared {
            shown.append(text::diff_versions(name, language, it, is_coloured));
            templates.push(of_versions(name, language, it));
        }
        if compared.is_empty() {
            shown.append(Styled::from(format!("{name} ({language}): there is one version\n")));
        }
    }
    crm.close().await;
    let n_different = templates.iter().filter(|it| it.result != "same").count() as u64;
    Ok((TemplateDiffResult { compared: "versions", templates, n_different }, shown))
}

fn of_versions(name: &str, language: &str, compared: &ComparedVersions<'_>) -> TemplateDiffEntry {
    let (result, parts) = match &compared.parts {
        Ok(parts) if parts.is_empty() => ("same", Vec::new()),
        Ok(parts) => ("differs", parts.iter().map(part).collect()),
        Err(_) => ("unreadable", Vec::new()),
    };
    TemplateDiffEntry {
        name: name.to_owned(),
        language: language.to_owned(),
        result,
        from: Some(kept::version(compared.from)),
        to: Some(kept::version(compared.to)),
        parts,
    }
}

fn part(part: &PartDiff) -> PartDiffEntry {
    let words = part.words.iter().map(|it| DiffWordsEntry { change: it.change.name(), text: it.text.clone() });
    PartDiffEntry { part: part.part.clone(), before: part.before(), after: part.after(), words: words.collect() }
}
