//! The files of a translation: templates, flows, findings, and the order of submission.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use scenario::{Criticality, slot_name};
use serde::{Deserialize, Serialize};
use serde_json::json;
use translate::Compiled;

use crate::set::Set;

/// The file that marks a folder as a translation.
pub const ORDER: &str = "order.json";

/// A template in `order.json`: templates that are not critical come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEntry {
    pub criticality: Criticality,
    /// The id of the scenario.
    pub scenario: String,
    /// Relative to the folder.
    pub file: String,
}

/// A file of a translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the folder, such as `templates/order_shipped.fr.json`.
    pub name: String,
    pub text: String,
    /// Its lines or entries, for the record of the run.
    pub rows: u64,
}

/// The files of a translation, `order.json` first. `catalog` is the id of the catalogue that products are in.
pub fn outputs(sets: &[Set], catalog: &str) -> Result<Vec<OutputFile>> {
    let mut files = vec![order(sets)?, scenarios(sets)?];
    let (mut findings, mut n_findings) = (String::new(), 0);
    for set in sets {
        for compiled in &set.compiled {
            findings += &finding_lines(compiled)?;
            n_findings += compiled.findings.len() as u64;
            // A scenario that could not be compiled may have any id, such as a path.
            if !compiled.flow.steps.is_empty() {
                of_scenario(compiled, catalog, &mut files)?;
            }
        }
        for it in &set.skipped {
            let message = format!("{} {}: {}", it.file, it.place, it.why);
            let line =
                json!({ "code": "I101", "rule": "skipped", "severity": "loss", "place": it.place, "message": message });
            findings += &(line.to_string() + "\n");
            n_findings += 1;
        }
    }
    files.push(OutputFile { name: "findings.ndjson".to_owned(), text: findings, rows: n_findings });
    Ok(files)
}

fn order(sets: &[Set]) -> Result<OutputFile> {
    let mut order = Vec::new();
    for (scenario, compiled) in sets.iter().flat_map(Set::pairs) {
        for template in &compiled.templates {
            let file = template_file(&template.name, &template.language);
            order.push(OrderEntry { criticality: scenario.criticality, scenario: scenario.id.clone(), file });
        }
    }
    order.sort_by(|a, b| (a.criticality, &a.file).cmp(&(b.criticality, &b.file)));
    let text = serde_json::to_string_pretty(&order)? + "\n";
    Ok(OutputFile { name: ORDER.to_owned(), text, rows: order.len() as u64 })
}

/// The scenarios in the neutral form.
fn scenarios(sets: &[Set]) -> Result<OutputFile> {
    let all: Vec<_> = sets.iter().flat_map(|it| &it.scenarios).collect();
    let text = serde_json::to_string_pretty(&json!({ "scenarios": all }))? + "\n";
    Ok(OutputFile { name: "scenarios.json".to_owned(), text, rows: all.len() as u64 })
}

fn of_scenario(compiled: &Compiled, catalog: &str, files: &mut Vec<OutputFile>) -> Result<()> {
    for template in &compiled.templates {
        let name = template_file(&template.name, &template.language);
        let text = serde_json::to_string_pretty(template)? + "\n";
        files.push(OutputFile { name, text, rows: 1 });
    }
    let name = format!("flows/{}.{}.json", compiled.scenario, slot_name(&compiled.language));
    let text = serde_json::to_string_pretty(&compiled.flow.json(catalog))? + "\n";
    files.push(OutputFile { name, text, rows: compiled.flow.steps.len() as u64 });
    Ok(())
}

fn template_file(name: &str, language: &str) -> String {
    format!("templates/{name}.{language}.json")
}

fn finding_lines(compiled: &Compiled) -> Result<String> {
    let mut lines = String::new();
    for finding in &compiled.findings {
        let mut value = serde_json::to_value(finding)?;
        value["scenario"] = json!(compiled.scenario);
        value["language"] = json!(compiled.language);
        lines += &(value.to_string() + "\n");
    }
    Ok(lines)
}

/// Writes the files into a folder that holds nothing else, or an earlier translation.
pub fn write_folder(to: &Path, files: &[OutputFile]) -> Result<()> {
    let folders = ["templates", "flows"].map(|it| to.join(it));
    if let Some(theirs) = folders.iter().find(|it| it.exists()).filter(|_| !to.join(ORDER).is_file()) {
        bail!("{} exists and was not written by `ferry translate`: name another folder with --to", theirs.display());
    }
    fs::create_dir_all(to).with_context(|| format!("could not make {}", to.display()))?;
    // `order.json` is written first, so that the folder is marked even if a later write fails.
    for (n, file) in files.iter().enumerate() {
        if n == 1 {
            folders.iter().try_for_each(|it| empty(it))?;
        }
        run::write_output(&to.join(&file.name), file.text.as_bytes())?;
    }
    Ok(())
}

/// Makes a folder, or removes what an earlier translation left in it: its templates would be submitted too.
fn empty(folder: &Path) -> Result<()> {
    let context = || format!("could not make {}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(context)?;
    }
    fs::create_dir_all(folder).with_context(context)
}
