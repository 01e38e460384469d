//! `ferry template lint`: findings about the templates of files, and corrections that are safe.

use std::path::PathBuf;

use anyhow::Result;
use campaign::{Document, DocumentFinding, read_documents};
use model::{Finding, Severity};
use serde_json::{Value, json};
use template::{Template, ValueLengths, fix, lint_set};

use crate::sarif::sarif;

/// What the linter says of some files.
pub struct Linted {
    pub documents: Vec<Document>,
    /// In the order of the documents.
    pub findings: Vec<DocumentFinding>,
    /// A line for each correction.
    pub fixed: Vec<String>,
}

/// Checks the templates of files and folders. First corrects in the files what is safe to correct, if so wished.
pub fn lint(files: &[PathBuf], is_to_fix: bool) -> Result<Linted> {
    let mut documents = read_documents(files)?;
    let mut fixed = Vec::new();
    if is_to_fix {
        for document in &mut documents {
            fixed.extend(mend(document)?);
        }
        documents = read_documents(files)?;
    }
    let findings = findings(&documents);
    Ok(Linted { documents, findings, fixed })
}

impl Linted {
    /// How many findings are of this severity.
    pub fn n_of(&self, severity: Severity) -> u64 {
        self.findings.iter().filter(|it| it.1.rule.severity == severity).count() as u64
    }

    /// How many templates the files hold, those that cannot be read among them.
    pub fn n_templates(&self) -> u64 {
        self.documents.iter().map(|it| it.templates.len() as u64).sum()
    }

    /// The findings in SARIF.
    pub fn sarif(&self) -> Value {
        sarif(&self.documents, &self.findings)
    }

    /// The findings with their places, and the corrections.
    pub fn json(&self) -> Value {
        json_of(&self.documents, &self.findings, &self.fixed)
    }
}

fn findings(documents: &[Document]) -> Vec<DocumentFinding> {
    let mut findings = Vec::new();
    let mut all: Vec<(usize, &str, &Template)> = Vec::new();
    for (n, document) in documents.iter().enumerate() {
        for (pointer, template) in &document.templates {
            match template {
                Ok(template) => {
                    all.push((n, pointer, template));
                    findings.extend(
                        template::lint(template, &ValueLengths::default())
                            .into_iter()
                            .map(|it| (n, it.within(pointer))),
                    );
                }
                Err(why) => findings.push((n, Finding::new(template::RULES[0], pointer, why))),
            }
        }
    }
    let templates: Vec<&Template> = all.iter().map(|it| it.2).collect();
    let between = lint_set(&templates).into_iter().map(|(n, it)| (all[n].0, it.within(all[n].1)));
    findings.extend(between);
    findings.sort_by_key(|it| it.0);
    findings
}

/// Fixes a file, and returns what was fixed. A file without anything to fix is not written.
fn mend(document: &mut Document) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (pointer, template) in &mut document.templates {
        let Ok(template) = template else { continue };
        let fixed = fix(template);
        for rule in &fixed {
            lines.push(format!("{}{pointer}: {}[{}]", document.path.display(), rule.name, rule.code));
        }
        if let Some(place) = document.value.pointer_mut(pointer).filter(|_| !fixed.is_empty()) {
            *place = serde_json::to_value(&*template)?;
        }
    }
    if !lines.is_empty() {
        // A single template keeps the order of its fields.
        let text = match document.templates.as_slice() {
            [(pointer, Ok(template))] if pointer.is_empty() => serde_json::to_string_pretty(template)?,
            _ => serde_json::to_string_pretty(&document.value)?,
        };
        run::write_output(&document.path, (text + "\n").as_bytes())?;
    }
    Ok(lines)
}

fn json_of(documents: &[Document], findings: &[DocumentFinding], fixed: &[String]) -> Value {
    let findings: Vec<Value> = findings
        .iter()
        .map(|(n, finding)| {
            let document = &documents[*n];
            let (line, column) = document.line(document.range(&finding.place, finding.span).start);
            let mut value = json!(finding);
            value["file"] = json!(document.path);
            value["line"] = json!(line);
            value["column"] = json!(column);
            value
        })
        .collect();
    json!({ "findings": findings, "fixed": fixed })
}
