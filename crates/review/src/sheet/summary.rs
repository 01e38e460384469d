//! What became of a sheet, as text for a terminal.

use model::{counted, printable};

use super::{RowNote, SheetReport};

/// What `--to` says. `file` is the sheet.
pub fn written(file: &str, n_rows: usize) -> String {
    let rows = counted(n_rows as u64, "row");
    format!("{rows} written to {file}; edit it, and take it back with: ferry scenario review --from {file}\n")
}

/// What `--from` says.
pub fn summary(report: &SheetReport, is_dry_run: bool) -> String {
    let SheetReport { n_approved, n_rejected, n_edited, n_unchanged, .. } = report;
    let mut text = format!(
        "{}{n_approved} approved, {n_rejected} rejected, {n_edited} edited, {n_unchanged} unchanged, {} refused\n",
        if is_dry_run { "would be: " } else { "" },
        report.refused.len()
    );
    let beside = [
        (report.n_undecided, "whose decision was taken back"),
        (report.n_commented, "with a new comment"),
        (report.n_edited_undecided, "edited without a decision: nobody has approved the new text"),
        (report.n_old, "unchanged and out of date: somebody changed the text since"),
        (report.n_absent, "not in the sheet"),
    ];
    for (n, what) in beside.iter().filter(|it| it.0 > 0) {
        text += &format!("  {} {what}\n", counted(*n, "row"));
    }
    text += &notes("refused, and nothing of these rows was taken:", &report.refused);
    text += &notes("taken, but look at these:", &report.warnings);
    if is_dry_run {
        text += "nothing was written: this was a dry run\n";
    }
    text
}

fn notes(title: &str, notes: &[RowNote]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let line = |it: &RowNote| {
        let id = if it.id.is_empty() { String::new() } else { format!(" ({})", printable(&it.id)) };
        format!("  row {}{id}: {}\n", it.row, printable(&it.text.replace('\n', " ⏎ ")))
    };
    format!("{title}\n") + &notes.iter().map(line).collect::<String>()
}
