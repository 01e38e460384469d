//! `items.csv`: the ledger of scenarios. A row for each step, choice and slot, and for each part of a file that could not be
//! read, says what became of it.

use anyhow::{Context, Result};
use model::printable;
use run::RunFolder;
use serde::{Deserialize, Serialize};
use translate::{Item, ItemOutcome};
use translation::{OutputFile, Set};

/// The ledger within the run folder.
pub(crate) const ARTIFACT: &str = "translate/items.csv";
const FILE: &str = "items.csv";

/// The kind of a part of a file that could not be read.
pub(crate) const PART: &str = "part";

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    /// The name of the `[[scenario]]`.
    pub(crate) section: String,
    /// The id of the scenario; of a part of a file, the file.
    pub(crate) scenario: String,
    pub(crate) language: String,
    /// `step`, `choice`, `slot`, `other` or `part`.
    pub(crate) kind: String,
    /// A JSON pointer into the scenario; of a part of a file, its place there.
    pub(crate) place: String,
    pub(crate) name: String,
    /// `carried`, `lost`, `not taken` or `unaccounted`.
    pub(crate) outcome: String,
    /// The code of the finding that names a loss.
    pub(crate) code: String,
    /// Where the item is now, or what happened to it.
    pub(crate) about: String,
}

/// The rows of each set, in the order of its scenarios.
pub(crate) fn of_sets(sets: &[Set]) -> Vec<Vec<ItemRow>> {
    sets.iter().map(of_set).collect()
}

fn of_set(set: &Set) -> Vec<ItemRow> {
    let mut rows = Vec::new();
    for (scenario, compiled) in set.pairs() {
        let row = |item: Item| ItemRow {
            section: set.name.clone(),
            scenario: scenario.id.clone(),
            language: scenario.language.clone(),
            kind: item.kind.name().to_owned(),
            outcome: item.outcome.name().to_owned(),
            code: item.outcome.code().to_owned(),
            about: item.outcome.about().to_owned(),
            place: item.place,
            name: item.name,
        };
        rows.extend(translate::items(scenario, compiled).into_iter().map(row));
    }
    rows.extend(set.skipped.iter().map(|it| ItemRow {
        section: set.name.clone(),
        scenario: it.file.clone(),
        language: String::new(),
        kind: PART.to_owned(),
        place: it.place.clone(),
        name: String::new(),
        outcome: ItemOutcome::NotTaken { why: String::new() }.name().to_owned(),
        code: String::new(),
        about: it.why.clone(),
    }));
    rows
}

/// The file of all rows.
pub(crate) fn file(sets: &[Vec<ItemRow>]) -> Result<OutputFile> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut n_rows = 0;
    for row in sets.iter().flatten() {
        csv.serialize(guarded(row))?;
        n_rows += 1;
    }
    let text = String::from_utf8(csv.into_inner().context("could not write the items")?)?;
    Ok(OutputFile { name: FILE.to_owned(), text, rows: n_rows })
}

/// A row that a spreadsheet takes for text: names and places come from files of others.
fn guarded(row: &ItemRow) -> ItemRow {
    let text = |it: &str| run::guarded(&printable(it)).into_owned();
    ItemRow {
        scenario: text(&row.scenario),
        place: text(&row.place),
        name: text(&row.name),
        about: text(&row.about),
        ..row.clone()
    }
}

/// Reads the ledger of a run.
pub(crate) fn read_items(folder: &RunFolder) -> Result<Vec<ItemRow>> {
    let path = folder.path(ARTIFACT);
    let context = || format!("could not read {}", path.display());
    let mut csv = csv::Reader::from_path(&path).with_context(context)?;
    csv.deserialize().collect::<Result<_, _>>().with_context(context)
}
