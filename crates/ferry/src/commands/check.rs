//! `ferry check`: whether a run of the plan would find what it needs.

use std::path::Path;

use anyhow::Result;
use crossing::{Check, Subject, preflight};
use serde_json::{Value, json};

use crate::exit::{Exit, exit_of};
use crate::output::Output;
use crate::text;

pub(crate) async fn check(plan: &Path, output: Output) -> Result<Exit> {
    let checks = preflight(plan).await.checks;
    let exit = exit_of_all(&checks);
    let value = json!({
        "plan": plan, "all_well": exit == Exit::Done, "checks": checks.iter().map(as_json).collect::<Vec<_>>(),
    });
    output.print(&value, || text::check::list(&checks))?;
    Ok(exit)
}

/// A wrong plan comes first, because it is mended here and now; what may pass counts if nothing else is wrong.
fn exit_of_all(checks: &[Check]) -> Exit {
    let exits: Vec<Exit> = checks.iter().filter_map(|it| it.found.as_ref().err()).map(exit_of).collect();
    match () {
        () if exits.is_empty() => Exit::Done,
        () if exits.contains(&Exit::Usage) => Exit::Usage,
        () if exits.iter().all(|it| *it == Exit::TryLater) => Exit::TryLater,
        () => Exit::Failed,
    }
}

fn as_json(check: &Check) -> Value {
    let Check { subject, found } = check;
    let mut value = json!({
        "check": subject.name(), "state": text::check::state(check), "message": text::check::message(check),
        "found": found.as_ref().ok(), "hint": text::check::hint(check),
    });
    if let Subject::Source(name) = subject {
        value["source"] = json!(name);
    }
    value
}
