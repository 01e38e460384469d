//! The scenarios of a run as text.

use crossing::ScenariosReport;
use model::{ItemCounts, Severity, counted, grouped};
use run::TemplateChanges;

/// The page on which people decide about scenarios, in the run folder.
pub const REVIEW_PAGE: &str = "translate/review.html";

/// Lines with their names, for the summary of a run.
pub fn lines(report: &ScenariosReport, is_dry_run: bool) -> Vec<(&'static str, String)> {
    let n_templates = report.templates().values().sum();
    let scenarios = counted(report.n_scenarios(), "scenario");
    let by_category: Vec<String> =
        report.templates().iter().map(|(category, n)| format!("{} {category}", grouped(*n))).collect();
    let by_category = if by_category.is_empty() { String::new() } else { format!(" ({})", by_category.join(", ")) };
    let mut lines = vec![
        ("scenarios", format!("{scenarios}: {}{by_category}", counted(n_templates, "template"))),
        ("items", items(&report.items)),
    ];
    if let Some(changed) = &report.changes {
        lines.push((if is_dry_run { "would keep" } else { "templates" }, changes(changed)));
    }
    lines
}

/// `41 items in = 38 carried + 3 lost + 0 not taken`
pub fn items(items: &ItemCounts) -> String {
    format!(
        "{} in = {} carried + {} lost + {} not taken",
        counted(items.items_in, "item"),
        grouped(items.carried),
        grouped(items.lost),
        grouped(items.not_taken)
    )
}

/// `3 new, 1 changed, 1 proposed beside an edit, 7 unchanged`
pub fn changes(changes: &TemplateChanges) -> String {
    let TemplateChanges { new, changed, proposed, unchanged, missing } = *changes;
    let mut parts = vec![format!("{} new", grouped(new)), format!("{} changed", grouped(changed))];
    if proposed > 0 {
        parts.push(format!("{} proposed beside an edit", grouped(proposed)));
    }
    parts.push(format!("{} unchanged", grouped(unchanged)));
    if missing > 0 {
        parts.push(format!("{} no longer in the files", grouped(missing)));
    }
    parts.join(", ")
}

/// Items that the translation lost without a word.
fn without_outcome(report: &ScenariosReport) -> Option<String> {
    let n = report.items.unaccounted();
    let why = "which is a fault of Ferry: translate/items.csv names them";
    (n != 0).then(|| format!("{} without an outcome, {why}", counted(n.unsigned_abs() as u64, "item")))
}

/// What a person has to look at.
pub fn warnings(report: &ScenariosReport) -> Vec<String> {
    let mut warnings: Vec<String> = without_outcome(report).into_iter().collect();
    for set in report.sets.iter().filter(|it| it.refused + it.skipped > 0) {
        let mut parts = Vec::new();
        if set.refused > 0 {
            parts.push(format!("{} of {} not translated", grouped(set.refused), counted(set.scenarios, "scenario")));
        }
        if set.skipped > 0 {
            parts.push(format!("{} of its files not read", counted(set.skipped, "part")));
        }
        warnings.push(format!("{}: {}: see translate/findings.ndjson", set.name, parts.join(", ")));
    }
    let n_losses = report.n_findings(Severity::Loss);
    if n_losses > 0 {
        let n_losses = if n_losses == 1 { "1 loss".to_owned() } else { format!("{} losses", grouped(n_losses)) };
        warnings.push(format!("{n_losses}: the review page shows each at its place"));
    }
    if let Some(TemplateChanges { proposed, .. }) = report.changes.filter(|it| it.proposed > 0) {
        let texts = counted(proposed, "text");
        warnings.push(format!("{texts} of the files proposed beside edits, which stay: decide in the review sheet"));
    }
    warnings
}

/// Why scenarios make a run end with an exit code other than 0.
pub fn not_taken(report: &ScenariosReport) -> Option<String> {
    let refused: u64 = report.sets.iter().map(|it| it.refused).sum();
    let skipped: u64 = report.sets.iter().map(|it| it.skipped).sum();
    let refused = (refused > 0).then(|| format!("{} not translated", counted(refused, "scenario")));
    let skipped = (skipped > 0).then(|| format!("{} of scenario files not read", counted(skipped, "part")));
    let parts: Vec<String> = refused.into_iter().chain(skipped).chain(without_outcome(report)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
