use std::collections::HashSet;

use anyhow::{Context, Result};
use audit::{Difference, LedgerAudit, LedgerTotals, balance, equal};
use crm::Crm;
use model::{ContactId, Counts, IdentityDecision, Stage};
use run::TableReader;
use serde::Serialize;

use crate::cli::Where;
use crate::commands::Output;
use crate::exit::Exit;
use crate::key::contact_key;
use crate::progress::grouped;
use crate::session::{Looked, look};
use crate::unread::{self, UnreadBySource};
use run::formats::{contacts, extracted, ledger};

#[derive(Serialize)]
struct Audited {
    run_id: String,
    balanced: bool,
    #[serde(flatten)]
    counts: Counts,
    contacts: u64,
    artifacts: u64,
    batches: u64,
    differences: Vec<String>,
    /// Values that were not understood, by source and field: rows can add up and still be read wrongly.
    not_understood: UnreadBySource,
}

/// Computes everything anew from the artifacts and the database, and compares.
pub(crate) async fn audit(place: &Where, output: Output) -> Result<Exit> {
    let looked = look(place)?;
    let mut differences = digests(&looked)?;
    let cleaned = looked.folder.manifest.stages.get(&Stage::Clean);
    let mut audited = Audited {
        run_id: looked.folder.manifest.run_id.clone(),
        balanced: false,
        counts: Counts::default(),
        contacts: 0,
        artifacts: looked.folder.manifest.artifacts.len() as u64,
        batches: 0,
        differences: Vec::new(),
        not_understood: cleaned.map(|it| it.unread.clone()).unwrap_or_default(),
    };
    // A damaged file cannot be read any further, and is difference enough.
    if differences.is_empty() {
        let totals = rows(&looked, &mut differences)?;
        (audited.counts, audited.contacts) = (totals.counts, totals.n_contacts);
        audited.batches = database(&looked, &mut differences).await?;
    }
    audited.balanced = differences.is_empty();
    audited.differences = differences.into_iter().map(|it| it.0).collect();
    output.print(&audited, || text(&audited))?;
    Ok(if audited.balanced { Exit::Done } else { Exit::Failed })
}

/// The digests of the manifest against the files.
fn digests(looked: &Looked) -> Result<Vec<Difference>> {
    let manifest = &looked.folder.manifest;
    let mut differences = Vec::new();
    for (name, artifact) in &manifest.artifacts {
        if !looked.folder.is_intact(name, artifact)? {
            differences.push(Difference(format!("{name} is missing or not what the manifest says")));
        }
    }
    // Without the key of the run nobody can tell whether a seal is right.
    let key = Some(contact_key(&looked.plan, true)?).filter(|it| it.id() == manifest.key_id);
    for (source, key) in manifest.sources.iter().zip(std::iter::repeat(key)) {
        if let Some(key) = key
            && key.seal(&source.sealed_bytes()) != source.coverage.seal
        {
            differences.push(Difference(format!("the certificate of source {} is not what was sealed", source.name)));
        }
    }
    for stage in [Stage::Extract, Stage::Clean] {
        if !manifest.stages.contains_key(&stage) {
            differences.push(Difference(format!("{} is not complete", stage.name())));
        }
    }
    Ok(differences)
}

/// Rows as received against the ledger, and the ledger against the contacts.
fn rows(looked: &Looked, differences: &mut Vec<Difference>) -> Result<LedgerTotals> {
    let (folder, manifest) = (&looked.folder, &looked.folder.manifest);
    let mut sources = Vec::new();
    for source in &manifest.sources {
        let n_rows = TableReader::open(&folder.path(&extracted::artifact(&source.name)))?.n_rows();
        differences.extend(equal(&format!("rows of source {} in extract/", source.name), source.rows, n_rows));
        sources.push((source.name.clone(), n_rows));
    }
    let mut audit = LedgerAudit::new(sources);
    ledger::read(&TableReader::open(&folder.path(ledger::ARTIFACT))?, |row| {
        audit.row(row.source, row.record, row.outcome, row.contact_id);
        anyhow::Ok(())
    })?;
    let mut n_contacts = 0;
    contacts::each_batch(
        &folder.path(contacts::ARTIFACT),
        looked.plan.batch_size(),
        &folder.manifest.run_mark(),
        |_| true,
        |batch| {
            for contact in batch.items() {
                n_contacts += 1;
                differences.extend(audit.contact(contact.id, contact.n_rows));
            }
            anyhow::Ok(())
        },
    )?;
    let (totals, found) = audit.finish();
    differences.extend(found);
    differences.extend(equal("contacts with rows in the ledger", n_contacts, totals.n_contacts));
    differences.extend(equal("contacts against kept rows", totals.counts.kept, n_contacts));
    let noted = manifest.stages.get(&Stage::Clean).map(|it| it.counts).unwrap_or_default();
    for (what, noted, found) in [
        ("kept rows against the manifest", noted.kept, totals.counts.kept),
        ("merged rows against the manifest", noted.merged, totals.counts.merged),
        ("rejected rows against the manifest", noted.rejected, totals.counts.rejected),
    ] {
        differences.extend(equal(what, noted, found));
    }
    differences.extend(equal("rejected rows in clean/rejects.csv", totals.counts.rejected, n_rejects(looked)?));
    Ok(totals)
}

fn n_rejects(looked: &Looked) -> Result<u64> {
    let path = looked.folder.path(crate::stages::rejects::ARTIFACT);
    let mut csv = csv::Reader::from_path(&path).with_context(|| format!("could not read {}", path.display()))?;
    let mut record = csv::ByteRecord::new();
    let mut n_rejects = 0;
    while csv.read_byte_record(&mut record)? {
        n_rejects += 1;
    }
    Ok(n_rejects)
}

/// The batches as they are planned against receipts and contacts in the database.
async fn database(looked: &Looked, differences: &mut Vec<Difference>) -> Result<u64> {
    let run_id = &looked.folder.manifest.run_id;
    let Some(crm) = Crm::look(&looked.plan.crm_url()?).await? else {
        differences.push(Difference("there is no CRM database".to_owned()));
        return Ok(0);
    };
    let (path, size) = (looked.folder.path(contacts::ARTIFACT), looked.plan.batch_size());
    let planned = contacts::batch_digests(&path, size)?;
    let mut members: Vec<Vec<ContactId>> = Vec::with_capacity(planned.len());
    let ids = |phones: contacts::Phones| phones.members.into_iter().map(|it| it.0).collect();
    contacts::each_phones(
        &path,
        size,
        |_| true,
        |batch| {
            members.push(ids(batch));
            anyhow::Ok(())
        },
    )?;
    let mut stages = vec![Stage::Load];
    stages.extend(looked.plan.verify.is_some().then_some(Stage::Verify));
    for stage in stages {
        let receipts = crm.receipts(run_id, stage).await?;
        let mut counts = Counts::default();
        for (number, _, digest) in &planned {
            match receipts.get(number) {
                None => differences.push(Difference(format!("{}: batch {number} has no receipt", stage.name()))),
                Some(receipt) if receipt.input != *digest => {
                    differences.push(Difference(format!(
                        "{}: the receipt of batch {number} is for other contacts",
                        stage.name()
                    )));
                }
                Some(receipt) => counts += receipt.counts,
            }
        }
        let extra: HashSet<u32> =
            receipts.keys().copied().filter(|it| !planned.iter().any(|batch| batch.0 == *it)).collect();
        differences.extend(equal(
            &format!("{}: receipts of batches that are not planned", stage.name()),
            0,
            extra.len() as u64,
        ));
        differences.extend(balance(stage.name(), &counts));
    }
    let decisions = crm.decisions().await?;
    let absorbed = decisions.iter().filter_map(|it| match it {
        IdentityDecision::SamePerson { absorbed, .. } => Some(*absorbed),
        _ => None,
    });
    let absorbed: HashSet<ContactId> = absorbed.collect();
    for ((number, ..), ids) in planned.iter().zip(&members) {
        let held = crm.held(ids).await?;
        // Who was merged since the run is in the contact that they were merged into.
        let n_missing = ids.iter().filter(|it| !held.contains_key(it) && !absorbed.contains(it)).count() as u64;
        differences.extend(equal(&format!("contacts of batch {number} missing in the database"), 0, n_missing));
    }
    crm.close().await;
    Ok(planned.len() as u64)
}

fn text(audited: &Audited) -> String {
    let Counts { rows_in, kept, merged, rejected, suppressed } = audited.counts;
    if audited.balanced {
        let unread = audited.not_understood.iter().flat_map(|(source, fields)| {
            fields.iter().map(move |(field, values)| format!("not read: {}\n", unread::line(source, field, values)))
        });
        let unread: String = unread.collect();
        let balance = format!(
            "{}: everything adds up\n\
             {} rows in = {} kept + {} merged + {} rejected + {} suppressed\n\
             {} contacts in {} batches, all with receipts and in the database; {} files with the digests of the manifest\n",
            audited.run_id,
            grouped(rows_in),
            grouped(kept),
            grouped(merged),
            grouped(rejected),
            grouped(suppressed),
            grouped(audited.contacts),
            grouped(audited.batches),
            audited.artifacts
        );
        return balance + &unread;
    }
    const MOST_SHOWN: usize = 50;
    let mut text = format!("{}: {} differences\n", audited.run_id, audited.differences.len());
    for difference in audited.differences.iter().take(MOST_SHOWN) {
        text += &format!("  {difference}\n");
    }
    if audited.differences.len() > MOST_SHOWN {
        text += &format!("  and {} more: see --format json\n", audited.differences.len() - MOST_SHOWN);
    }
    text
}
