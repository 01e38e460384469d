//! Text of the list of runs.

use crossing::{ListedRun, ListedRuns, RunState};
use model::counted;

use crate::size;

/// One line for each run, the latest last.
pub fn list(listed: &ListedRuns) -> String {
    if listed.runs.is_empty() && listed.unreadable.is_empty() {
        return "there is no run yet: start one with `ferry run`\n".to_owned();
    }
    let width = listed.runs.iter().map(|it| it.run_id.len()).max().unwrap_or(0);
    let mut text: String = listed.runs.iter().map(|it| format!("{:width$}  {}\n", it.run_id, run(it))).collect();
    listed.unreadable.iter().for_each(|it| text += &format!("not readable: {it}\n"));
    text
}

/// `2026-11-29 14:03 by ana@etl1  finished  1,000 rows; last load: 3 new, 1 changed, 996 unchanged  12 MB`
fn run(it: &ListedRun) -> String {
    let started = it.started_at.strftime("%F %H:%M UTC");
    let mut what = counted(it.rows, "row");
    if it.fixes > 0 {
        what += &format!("; corrected by {}", counted(it.fixes, "file"));
    }
    if let Some(loaded) = it.loaded {
        what += &format!("; last load: {}", crate::run::loaded(loaded.inserted, loaded.updated, loaded.unchanged));
    }
    format!("{started} by {}  {}  {what}  {}", it.started_by, state(it.state), size::shown(it.bytes))
}

fn state(state: RunState) -> &'static str {
    match state {
        RunState::DryRun => "dry run",
        RunState::Sample => "sample",
        RunState::Begun => "begun",
        RunState::Translated => "translated",
        RunState::Extracted => "extracted",
        RunState::Cleaned => "cleaned",
        RunState::Verified => "verified",
        RunState::Finished => "finished",
    }
}

/// What was removed, or would be.
pub fn pruned(removed: &[ListedRun], is_dry_run: bool) -> String {
    let did = if is_dry_run { "would remove" } else { "removed" };
    let mut text: String = removed.iter().map(|it| format!("{did} {}\n", it.run_id)).collect();
    let bytes = removed.iter().map(|it| it.bytes).sum();
    text += &format!("{did} {}, {}\n", counted(removed.len() as u64, "run"), size::shown(bytes));
    text
}
