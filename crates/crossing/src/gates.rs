//! Quality gates of the plan, checked before any contact is verified or loaded.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use model::{Stage, share};
use plan::{GatesSection, Plan};
use run::ListQuality;

use crate::clean::PendingRows;
use crate::error::{ListFault, QualityGate};
use crate::open_run::OpenRun;
use crate::unread::UnreadBySource;

/// Checks the gates against the result of cleaning.
pub(crate) fn check(run: &OpenRun) -> Result<()> {
    let Some(cleaned) = run.folder.manifest.stages.get(&Stage::Clean) else { return Ok(()) };
    check_lists(&cleaned.list_quality, &run.plan.gates)?;
    check_unread(&cleaned.unread, &run.plan.gates)
}

/// Checks the same gates before the rows are merged.
pub(crate) fn check_rows(rows: &PendingRows, gates: &GatesSection) -> Result<()> {
    check_lists(&rows.list_quality(), gates)?;
    check_unread(&rows.unread(gates), gates)
}

/// Fails if a source that can hold refusals was not read freshly: people are about to be written to.
pub fn check_refusals(plan: &Plan) -> Result<()> {
    let sources = pull::stale_sources(plan, Timestamp::now())?;
    match sources.is_empty() {
        true => Ok(()),
        false => Err(QualityGate::Refusals { sources, hours: plan.gates.max_refusal_hours }.into()),
    }
}

fn check_lists(lists: &BTreeMap<String, ListQuality>, gates: &GatesSection) -> Result<()> {
    for (name, list) in lists {
        let invalid = share(list.invalid, list.phones);
        let in_sequence = share(list.in_sequence, list.phones - list.invalid);
        for (what, found, most) in [
            (ListFault::Invalid, invalid, gates.max_invalid_rate),
            (ListFault::InSequence, in_sequence, gates.max_sequence_rate),
        ] {
            if let Some(most) = most.filter(|it| found > *it) {
                return Err(QualityGate::List { name: name.clone(), what, found, most }.into());
            }
        }
    }
    Ok(())
}

fn check_unread(unread: &UnreadBySource, gates: &GatesSection) -> Result<()> {
    for (source, fields) in unread {
        for (field, values) in fields {
            let share = share(values.unread, values.filled);
            if let Some(most) = gates.stop_unreadable.get(field).filter(|it| share > **it) {
                let (name, field, values, most) = (source.clone(), field.clone(), values.clone(), *most);
                return Err(QualityGate::Unreadable { name, field, values, most }.into());
            }
        }
    }
    Ok(())
}
