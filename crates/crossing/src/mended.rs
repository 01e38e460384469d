//! Rows that belong to another contact than before, because their correction was corrected: a phone that was mended gives
//! a person another id. What was sent to the old contact must not go out to the new one again.
//!
//! The old contacts are noted with the correction before the run continues, so neither a kill nor a new run loses them.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use clean::Decisions;
use crm::Crm;
use jiff::Timestamp;
use model::{ContactId, RowId};
use run::RunFolder;
use run::formats::ledger;

use crate::corrections::Corrections;
use crate::known_corrections::{Content, KnownCorrections, each_row};

/// The contacts that the ledger names for these rows.
pub(crate) fn contacts_of(folder: &RunFolder, rows: &HashSet<RowId>) -> Result<HashMap<RowId, ContactId>> {
    let mut contacts = HashMap::new();
    if rows.is_empty() {
        return Ok(contacts);
    }
    let sources = &folder.manifest.sources;
    ledger::read(&ledger::open(folder)?, |row| {
        let source = sources.iter().position(|it| it.name == row.source);
        if let (Some(source), Some(contact)) = (source, row.contact_id) {
            let id = RowId { source: u16::try_from(source)?, record: row.record };
            if rows.contains(&id) {
                contacts.insert(id, contact);
            }
        }
        anyhow::Ok(())
    })?;
    Ok(contacts)
}

/// Whether rows of the run belonged to other contacts by earlier corrections.
pub(crate) fn has_moved(folder: &RunFolder) -> Result<bool> {
    let known = KnownCorrections::read(folder)?;
    Ok(folder.manifest.sources.iter().any(|it| known.has_moved(&it.name)))
}

/// Takes for contacts of the cleaned rows what was sent to the contacts that these rows belonged to before. Does nothing
/// if that is done already. Belongs before the rows are loaded.
pub(crate) async fn take_keys(folder: &RunFolder, crm: &Crm) -> Result<()> {
    let before = contacts_before(folder)?;
    if before.is_empty() {
        return Ok(());
    }
    let now = contacts_of(folder, &before.keys().copied().collect())?;
    let decisions: Decisions = crm.decisions().await?.into_iter().collect();
    // A contact that was merged into another was written to under the id of that one.
    let names = |it: ContactId| [it, decisions.survivor(it)];
    let mut moved = HashSet::new();
    for (row, before) in &before {
        let Some(now) = now.get(row) else { continue };
        for before in before.iter().flat_map(|it| names(*it)) {
            moved.extend(names(*now).into_iter().filter(|it| *it != before).map(|now| (before, now)));
        }
    }
    let mut moved: Vec<(ContactId, ContactId)> = moved.into_iter().collect();
    moved.sort();
    if !moved.is_empty() {
        crm.take_keys_of(&moved, Timestamp::now()).await?;
    }
    Ok(())
}

/// The contacts that rows of the run belonged to by earlier corrections.
fn contacts_before(folder: &RunFolder) -> Result<HashMap<RowId, Vec<ContactId>>> {
    let mut before = HashMap::new();
    if !has_moved(folder)? {
        return Ok(before);
    }
    let sources = &folder.manifest.sources;
    let (known, corrections) = (KnownCorrections::read(folder)?, Corrections::read(folder, sources)?);
    for (number, source) in sources.iter().enumerate().filter(|it| known.has_moved(&it.1.name)) {
        let number = u16::try_from(number)?;
        each_row(folder, source, |row| {
            let id = RowId { source: number, record: row.record() };
            let Some(cells) = corrections.cells(id) else { return Ok(()) };
            let was = known.was(&source.name, Content::of(source, row), cells);
            if !was.is_empty() {
                before.insert(id, was);
            }
            Ok(())
        })?;
    }
    Ok(before)
}
