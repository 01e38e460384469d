//! Text of an audit.

use crossing::{Compared, Difference};

/// `sms: rows without an outcome: expected 0, found 1`
pub fn difference(difference: &Difference) -> String {
    match difference {
        Difference::DamagedArtifact { name } => format!("{name} is missing, or it is not what the manifest says"),
        Difference::DamagedBackup { number } => format!("backup {number} is damaged"),
        Difference::CoverageReportChanged { source } => {
            format!("the coverage report of source {source} is not what was signed")
        }
        Difference::StageIncomplete { stage } => format!("{} is not complete", stage.name()),
        Difference::NoDatabase => "there is no CRM database".to_owned(),
        Difference::NoReceipt { stage, batch } => format!("{}: batch {batch} has no receipt", stage.name()),
        Difference::ReceiptOfOtherContacts { stage, batch } => {
            format!("{}: the receipt of batch {batch} is for other contacts", stage.name())
        }
        Difference::Unequal { compared: what, expected, found } => {
            format!("{}: expected {expected}, found {found}", compared(what))
        }
        Difference::Unbalanced { stage, counts } => format!(
            "{}: {} rows in, {} kept + {} merged + {} rejected + {} suppressed; {} unaccounted for",
            stage.name(),
            counts.rows_in,
            counts.kept,
            counts.merged,
            counts.rejected,
            counts.suppressed,
            counts.unaccounted()
        ),
        Difference::ReceiptOfOtherScenarios { section } => {
            format!("translate: the receipt of section {section} is for other files")
        }
        Difference::OtherScenarios { section } => {
            format!("scenarios or templates of section {section} in the database are not what its receipt says")
        }
        Difference::TemplateChangedByHand { name, language, version } => {
            format!("template {name} ({language}): version {version} was changed in the database by hand")
        }
        Difference::ItemWithoutOutcome { scenario, place } => format!("scenario {scenario}, {place} has no outcome"),
        Difference::ContactWithoutRow { contact } => format!("contact {contact} has no row in the ledger"),
        Difference::ContactWithOtherRows { contact, n_rows, n_kept, n_merged } => {
            format!("contact {contact}: the ledger has {n_kept} kept and {n_merged} merged rows, the contact {n_rows}")
        }
    }
}

fn compared(what: &Compared) -> String {
    match what {
        Compared::ExtractedRows { source } => format!("rows of source {source} in extract/"),
        Compared::RowsWithoutOutcome { source } => format!("rows without an outcome of source {source}"),
        Compared::RowsWithTwoOutcomes { source } => format!("rows with two outcomes of source {source}"),
        Compared::OutcomesWithoutRow { source } => {
            format!("outcomes of rows of source {source} that were never received")
        }
        Compared::Items { section, kind, outcome } => format!("{kind} items of section {section}, {outcome}"),
        Compared::StepsInLedger => "steps of scenarios with a row in translate/items.csv".to_owned(),
        Compared::ContactsInLedger => "contacts with rows in the ledger".to_owned(),
        Compared::ContactsAndKeptRows => "contacts against kept rows".to_owned(),
        Compared::KeptRowsInManifest => "kept rows against the manifest".to_owned(),
        Compared::MergedRowsInManifest => "merged rows against the manifest".to_owned(),
        Compared::RejectedRowsInManifest => "rejected rows against the manifest".to_owned(),
        Compared::RowsInRejectsFile => "rejected rows in clean/rejects".to_owned(),
        Compared::UnplannedReceipts { stage } => format!("{}: receipts of batches that are not planned", stage.name()),
        Compared::MissingContacts { batch } => format!("contacts of batch {batch} missing in the database"),
    }
}
