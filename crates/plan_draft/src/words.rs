//! Words about a source for a plan, and about files that a plan does not read.

use crossing::inspect::{Inspection, Kind, Warning};
use model::{Reason, counted, printable};
use run_text::inspection;

/// Warnings about a source to read before the run.
pub(crate) fn warnings(source: &Inspection) -> String {
    let mut words = String::new();
    if let Kind::Guessed { left_out, .. } = &source.kind {
        for (column, why) in left_out {
            words += &format!("    column {} is left out: {}\n", printable(column), printable(why));
        }
    }
    if source.may_be_opt_outs {
        words += "    looks like a list of people who have opted out: replace consent = \"?\" in the plan\n";
    }
    if let Some(n) = source.faults.get(Reason::NoRegion.code()) {
        let rows = counted(*n, "row");
        words +=
            &format!("    no country code in {rows}: set default_region in the plan to the country of these people\n");
    }
    for warning in &source.warnings {
        words += &format!("    {}\n", inspection::warning(warning));
    }
    words
}

/// Why a plan does not read a file.
pub(crate) fn unknown(it: &Inspection) -> String {
    let lacks_region = |warning: &&Warning| matches!(warning, Warning::NationalPhones { .. });
    match (&it.kind, it.warnings.iter().find(lacks_region)) {
        (Kind::Empty, _) => "empty".to_owned(),
        (_, Some(warning)) => inspection::warning(warning),
        (_, None) => inspection::unknown(it).to_owned(),
    }
}

/// What a source is, and how many rows it has.
pub(crate) fn title(it: &Inspection) -> String {
    match &it.kind {
        Kind::Known { title, .. } => format!("{}, {}", printable(title), counted(it.rows, "row")),
        _ => format!("guessed from column names and cells, {}", counted(it.rows, "row")),
    }
}
