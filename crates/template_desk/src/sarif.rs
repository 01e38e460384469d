//! Findings as SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>.

use model::{Rule, Severity};
use serde_json::{Value, json};

use campaign::{Document, DocumentFinding};

/// The findings with their rules and places.
pub(crate) fn sarif(documents: &[Document], findings: &[DocumentFinding]) -> Value {
    let mut rules: Vec<&Rule> = findings.iter().map(|it| it.1.rule).collect();
    rules.sort_by_key(|it| it.code);
    rules.dedup();
    let described = |it: &&Rule| {
        json!({
            "id": it.code,
            "name": it.name,
            "shortDescription": { "text": it.about },
            "help": { "text": format!("Source: {}", it.source) },
            "defaultConfiguration": { "level": level(it.severity) },
        })
    };
    let results: Vec<Value> = findings
        .iter()
        .map(|(n, finding)| {
            let document = &documents[*n];
            let range = document.range(&finding.place, finding.span);
            let ((line, column), (end_line, end_column)) = (document.line(range.start), document.line(range.end));
            let fix = finding.fix.as_ref().map_or(String::new(), |it| format!(" ({it})"));
            json!({
                "ruleId": finding.rule.code,
                "level": level(finding.rule.severity),
                "message": { "text": format!("{}{fix}", finding.message) },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": document.path.to_string_lossy().replace('\\', "/") },
                    "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
                } }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ferry",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(described).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Loss | Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
