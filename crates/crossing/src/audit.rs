//! Recomputes everything from the artifacts and the database, and compares.

mod scenarios;

use std::collections::HashSet;

use anyhow::{Context, Result};
use audit::{Compared, Difference, LedgerAudit, LedgerTotals, balance, equal};
use crm::Crm;
use model::{ContactId, Counts, IdentityDecision, Stage};
use plan::find_key;
use run::formats::{contacts, extracted, ledger};
use run::{Backup, TableReader};

use crate::backup;
use crate::find_run::FoundRun;
use crate::rejects;
use crate::unread::UnreadBySource;

/// The result of an audit.
#[derive(Debug)]
pub struct Audited {
    pub run_id: String,
    pub balanced: bool,
    pub counts: Counts,
    pub contacts: u64,
    pub artifacts: u64,
    pub batches: u64,
    /// The scenarios of the run, and what became of their items.
    pub scenarios: u64,
    pub items: model::ItemCounts,
    pub differences: Vec<Difference>,
    /// Values that were not understood, by source and field. Rows can balance and still be misread.
    pub not_understood: UnreadBySource,
}

/// Compares the artifacts of a run with each other, with the manifest and with the database.
pub async fn audit(found: &FoundRun) -> Result<Audited> {
    let mut differences = digests(found)?;
    let cleaned = found.folder.manifest.stages.get(&Stage::Clean);
    let mut audited = Audited {
        run_id: found.folder.manifest.run_id.clone(),
        balanced: false,
        counts: Counts::default(),
        contacts: 0,
        artifacts: found.folder.manifest.artifacts.len() as u64,
        batches: 0,
        scenarios: 0,
        items: model::ItemCounts::default(),
        differences: Vec::new(),
        not_understood: cleaned.map(|it| it.unread.clone()).unwrap_or_default(),
    };
    // A damaged file cannot be read further, and the difference is already reported.
    if differences.is_empty() {
        let totals = rows(found, &mut differences)?;
        (audited.counts, audited.contacts) = (totals.counts, totals.n_contacts);
        audited.batches = database(found, &mut differences).await?;
        (audited.scenarios, audited.items) = scenarios::compare(found, &mut differences).await?;
    }
    audited.balanced = differences.is_empty();
    audited.differences = differences;
    Ok(audited)
}

/// Compares the files with the digests in the manifest.
fn digests(found: &FoundRun) -> Result<Vec<Difference>> {
    let manifest = &found.folder.manifest;
    let mut differences = Vec::new();
    for (name, artifact) in &manifest.artifacts {
        if !found.folder.is_intact(name, artifact)? {
            differences.push(Difference::DamagedArtifact { name: name.clone() });
        }
    }
    for backup in &manifest.backups {
        if let Backup::Taken { number, .. } = backup
            && backup::is_damaged(&found.plan, *number)?
        {
            differences.push(Difference::DamagedBackup { number: *number });
        }
    }
    // A signature can be checked only with the key of the run.
    let key = find_key(&found.plan)?.map(|it| it.key).filter(|it| it.id() == manifest.key_id);
    for source in &manifest.sources {
        if let Some(key) = &key
            && key.sign(&source.signed_bytes()) != source.coverage.signature
        {
            differences.push(Difference::CoverageReportChanged { source: source.name.clone() });
        }
    }
    for stage in [Stage::Extract, Stage::Clean] {
        if !manifest.stages.contains_key(&stage) {
            differences.push(Difference::StageIncomplete { stage });
        }
    }
    Ok(differences)
}

/// Compares the rows as received with the ledger, and the ledger with the contacts.
fn rows(found: &FoundRun, differences: &mut Vec<Difference>) -> Result<LedgerTotals> {
    let (folder, manifest) = (&found.folder, &found.folder.manifest);
    let mut sources = Vec::new();
    for source in &manifest.sources {
        let n_rows = TableReader::open(&folder.path(&extracted::artifact(&source.name)))?.n_rows();
        differences.extend(equal(Compared::ExtractedRows { source: source.name.clone() }, source.rows, n_rows));
        sources.push((source.name.clone(), n_rows));
    }
    let mut audit = LedgerAudit::new(sources);
    ledger::read(&ledger::open(folder)?, |row| {
        audit.row(row.source, row.record, row.outcome, row.contact_id);
        anyhow::Ok(())
    })?;
    let mut n_contacts = 0;
    contacts::each_batch(
        &folder.path(contacts::ARTIFACT),
        found.plan.batch_size(),
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
    let (totals, in_ledger) = audit.finish();
    differences.extend(in_ledger);
    differences.extend(equal(Compared::ContactsInLedger, n_contacts, totals.n_contacts));
    differences.extend(equal(Compared::ContactsAndKeptRows, totals.counts.kept, n_contacts));
    let recorded = manifest.stages.get(&Stage::Clean).map(|it| it.counts).unwrap_or_default();
    for (compared, recorded, counted) in [
        (Compared::KeptRowsInManifest, recorded.kept, totals.counts.kept),
        (Compared::MergedRowsInManifest, recorded.merged, totals.counts.merged),
        (Compared::RejectedRowsInManifest, recorded.rejected, totals.counts.rejected),
    ] {
        differences.extend(equal(compared, recorded, counted));
    }
    differences.extend(equal(Compared::RowsInRejectsFile, totals.counts.rejected, n_rejects(found)?));
    Ok(totals)
}

fn n_rejects(found: &FoundRun) -> Result<u64> {
    let mut n_rejects = 0;
    for source in &found.folder.manifest.sources {
        let path = found.folder.path(&rejects::artifact(&source.name));
        let mut csv = csv::Reader::from_path(&path).with_context(|| format!("could not read {}", path.display()))?;
        let mut record = csv::ByteRecord::new();
        while csv.read_byte_record(&mut record)? {
            n_rejects += 1;
        }
    }
    Ok(n_rejects)
}

/// Compares the planned batches with the receipts and contacts in the database.
async fn database(found: &FoundRun, differences: &mut Vec<Difference>) -> Result<u64> {
    let run_id = &found.folder.manifest.run_id;
    let Some(crm) = Crm::look(&found.plan.crm_url()?).await? else {
        differences.push(Difference::NoDatabase);
        return Ok(0);
    };
    let (path, size) = (found.folder.path(contacts::ARTIFACT), found.plan.batch_size());
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
    stages.extend(found.plan.verify.is_some().then_some(Stage::Verify));
    for stage in stages {
        let receipts = crm.all_receipts(run_id, stage).await?;
        let mut counts = Counts::default();
        for (number, _, digest) in &planned {
            match receipts.get(number) {
                None => differences.push(Difference::NoReceipt { stage, batch: *number }),
                Some(receipt) if receipt.input != *digest => {
                    differences.push(Difference::ReceiptOfOtherContacts { stage, batch: *number });
                }
                Some(receipt) => counts += receipt.counts,
            }
        }
        let extra: HashSet<u32> =
            receipts.keys().copied().filter(|it| !planned.iter().any(|batch| batch.0 == *it)).collect();
        differences.extend(equal(Compared::UnplannedReceipts { stage }, 0, extra.len() as u64));
        differences.extend(balance(stage, &counts));
    }
    let decisions = crm.decisions().await?;
    let absorbed = decisions.iter().filter_map(|it| match it {
        IdentityDecision::SamePerson { absorbed, .. } => Some(*absorbed),
        _ => None,
    });
    let absorbed: HashSet<ContactId> = absorbed.collect();
    for ((number, ..), ids) in planned.iter().zip(&members) {
        let held = crm.held(ids).await?;
        // A contact that was merged after the run is part of the contact it was merged into.
        let n_missing = ids.iter().filter(|it| !held.contains_key(it) && !absorbed.contains(it)).count() as u64;
        differences.extend(equal(Compared::MissingContacts { batch: *number }, 0, n_missing));
    }
    crm.close().await;
    Ok(planned.len() as u64)
}
