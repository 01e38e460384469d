//! `ferry template lint`.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use anyhow::Result;
use model::{Finding, Severity, counted, printable, printable_text};
use serde_json::{Value, json};
use template::{Template, ValueLengths, fix, lint_set};

use super::sarif::sarif;
use crate::cli::template::{LintArgs, LintOutput};
use crate::exit::Exit;
use crate::output::{Output, is_coloured};
use campaign::{Document, DocumentFinding, Excerpt, read_documents};

pub(super) fn lint(args: &LintArgs, output: Output) -> Result<Exit> {
    let mut documents = read_documents(&args.files)?;
    let mut fixed = Vec::new();
    if args.fix {
        for document in &mut documents {
            fixed.extend(mend(document)?);
        }
        documents = read_documents(&args.files)?;
    }
    let findings = findings(&documents);
    let n = |severity| findings.iter().filter(|it| it.1.rule.severity == severity).count();
    let n_errors = n(Severity::Error);
    match args.kind {
        LintOutput::Sarif => {
            Output::print_foreign(&sarif(&documents, &findings))?;
        }
        LintOutput::Json => output.as_json().print(&json_of(&documents, &findings, &fixed), String::new)?,
        LintOutput::Text => output.print_coloured(&json_of(&documents, &findings, &fixed), || {
            let mut text: String = findings.iter().map(|(n, it)| rendered(&documents[*n], it)).collect();
            fixed.iter().for_each(|it| text += &format!("fixed {}\n", printable(it)));
            let n_templates: usize = documents.iter().map(|it| it.templates.len()).sum();
            text += &format!(
                "{}: {}, {}, {}\n",
                counted(n_templates as u64, "template"),
                counted(n_errors as u64, "error"),
                counted(n(Severity::Warning) as u64, "warning"),
                counted(n(Severity::Note) as u64, "note")
            );
            text
        })?,
    }
    Ok(if n_errors > 0 { Exit::Failed } else { Exit::Done })
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

/// A finding in the style of a compiler.
fn rendered(document: &Document, finding: &Finding) -> String {
    let level = match finding.rule.severity {
        Severity::Error => Level::ERROR,
        Severity::Loss | Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let range = document.range(&finding.place, finding.span);
    let path = printable(&document.path.to_string_lossy()).into_owned();
    let (message, fix) = (printable_text(&finding.message), finding.fix.as_deref().map(printable_text));
    let Excerpt { bytes, first_line } = document.excerpt(&range);
    // The renderer counts columns from the start of the excerpt, which in a long line is not the start of the line.
    let place = |column: usize| format!("{path}:{first_line}:{column}");
    let column_shown = document.text[bytes.start..range.start].chars().count() + 1;
    let (shown, column) = (place(column_shown), place(document.line(range.start).1));
    let span = range.start - bytes.start..range.end - bytes.start;
    let annotation = AnnotationKind::Primary.span(span).label(message);
    let snippet = Snippet::source(&document.text[bytes]).line_start(first_line).annotation(annotation);
    let snippet = snippet.path(path.as_str());
    let mut group = level.primary_title(finding.rule.about).id(finding.rule.code).element(snippet);
    if let Some(fix) = fix {
        group = group.element(Level::HELP.message(fix));
    }
    group = group.element(Level::NOTE.message(format!("{}: {}", finding.rule.name, finding.rule.source)));
    let renderer = if is_coloured() { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).replacen(&shown, &column, 1) + "\n\n"
}
