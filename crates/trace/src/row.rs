//! A source row as JSON and as text.

use std::fmt::Write;

use crossing::TracedRow;
use model::{Reason, printable};
use serde_json::{Value, json};

/// The row in JSON.
pub(crate) fn json(row: &TracedRow) -> Value {
    let cells: serde_json::Map<String, Value> =
        row.cells.iter().map(|it| (it.0.clone(), it.1.clone().into())).collect();
    json!({
        "row": format!("{}:{}", row.source, row.record), "run": row.run, "file": row.file, "line": row.line,
        "corrected": row.is_corrected, "outcome": row.outcome, "reason": row.reason.map(Reason::code),
        "contact_id": row.contact_id.map(|it| it.to_string()), "findings": row.findings, "cells": cells,
    })
}

/// The row as text: what became of it, then its cells.
pub(crate) fn text(row: &TracedRow) -> String {
    let file = if row.file.is_empty() { String::new() } else { format!("{}, ", printable(&row.file)) };
    let TracedRow { source, record, run, line, outcome, .. } = row;
    let mut text = format!("row {source}:{record} ({file}line {line}): {outcome}");
    if let Some(reason) = row.reason {
        let _ = write!(text, ", {}: {}", reason.code(), reason.describe());
    }
    if !row.findings.is_empty() {
        let _ = write!(text, ", {}", row.findings);
    }
    if row.is_corrected {
        text.push_str(", as corrected");
    }
    let _ = writeln!(text, ", in run {run}");
    for (name, cell) in &row.cells {
        let _ = writeln!(text, "    {:20} {}", printable(name), printable(cell));
    }
    text
}
