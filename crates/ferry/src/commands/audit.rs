use anyhow::Result;
use crossing::{Audited, UnreadLine, find_run};
use model::counted;
use results::{AuditResult, DifferenceResult};

use crate::cli::PlannedWhere;
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

/// Recomputes all totals and digests from the artifacts and the database, and compares them with the manifest.
pub(crate) async fn audit(place: &PlannedWhere, output: Output) -> Result<Exit> {
    let audited = crossing::audit(&find_run(&place.place())?).await?;
    output.print(&result(&audited), || lines(&audited))?;
    Ok(if audited.balanced { Exit::Done } else { Exit::Failed })
}

/// Returns the audit with a message for each difference.
fn result(audited: &Audited) -> AuditResult {
    let differences = audited.differences.iter();
    let differences = differences
        .map(|it| DifferenceResult { difference: it.clone(), message: text::audit::difference(it) })
        .collect();
    AuditResult {
        run_id: audited.run_id.clone(),
        balanced: audited.balanced,
        counts: audited.counts,
        contacts: audited.contacts,
        artifacts: audited.artifacts,
        batches: audited.batches,
        scenarios: audited.scenarios,
        items: audited.items,
        differences,
        not_understood: audited.not_understood.clone(),
    }
}

fn lines(audited: &Audited) -> String {
    if audited.balanced {
        let unread = audited.not_understood.iter().flat_map(|(source, fields)| {
            fields.iter().map(move |(field, values)| format!("not read: {}\n", UnreadLine { source, field, values }))
        });
        let unread: String = unread.collect();
        let balance = format!(
            "{}: everything adds up\n\
             {}\n\
             {} in {}, all with receipts and in the database; the digests in the manifest match {}\n",
            audited.run_id,
            text::progress::balance(&audited.counts),
            counted(audited.contacts, "contact"),
            counted(audited.batches, "batch"),
            counted(audited.artifacts, "file")
        );
        let scenarios = match audited.scenarios {
            0 => String::new(),
            n => format!("{}: {}\n", counted(n, "scenario"), text::scenarios::items(&audited.items)),
        };
        return balance + &scenarios + &unread;
    }
    const MOST_SHOWN: usize = 50;
    let mut text = format!("{}: {}\n", audited.run_id, counted(audited.differences.len() as u64, "difference"));
    for difference in audited.differences.iter().take(MOST_SHOWN) {
        text += &format!("  {}\n", text::audit::difference(difference));
    }
    if audited.differences.len() > MOST_SHOWN {
        text += &format!("  and {} more: see --format json\n", audited.differences.len() - MOST_SHOWN);
    }
    text
}
