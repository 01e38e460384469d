use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use crm::Crm;
use model::{Receipt, Stage};
use results::{BatchStatus, StageStatus, StatusResult};

use crate::cli::runs::StatusArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::text;
use crossing::{FoundRun, find_run};
use model::{counted, grouped};
use run::ScenarioSetRecord;

/// Prints the state of every stage and batch, from the manifest and the receipts in the database.
pub(crate) async fn status(args: &StatusArgs, output: Output) -> Result<Exit> {
    let looked = find_run(&args.place.place())?;
    let manifest = &looked.folder.manifest;
    let (mut batches, mut verified, mut loaded) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let (mut kept, mut held) = (BTreeMap::new(), 0);
    if let Some(crm) = Crm::look(&looked.plan.crm_url()?).await? {
        batches = crm.batches(&manifest.run_id).await?;
        verified = crm.receipts(&manifest.run_id, Stage::Verify).await?;
        loaded = crm.receipts(&manifest.run_id, Stage::Load).await?;
        kept = crm.all_receipts(&manifest.run_id, Stage::Translate).await?;
        held = crm.contacts_on_hold().await?.len() as u64;
    }
    let translated = match looked.plan.scenarios.is_empty() {
        true => None,
        false => Some(translated(&looked, kept)),
    };
    let n_batches = batches.len();
    let by_file = |stage: Stage| StageStatus {
        stage,
        state: if manifest.stages.contains_key(&stage) { "done" } else { "waiting" },
        counts: manifest.stages.get(&stage).map(|it| it.counts),
        batches_done: None,
        batches: None,
    };
    let by_receipt = |stage: Stage, receipts: &BTreeMap<u32, Receipt>| StageStatus {
        state: match receipts.len() {
            _ if stage == Stage::Verify && looked.plan.verify.is_none() => "not in the plan",
            n if n == n_batches && n > 0 => "done",
            0 if manifest.stages.contains_key(&stage) && n_batches == 0 => "done",
            0 => "waiting",
            _ => "in part",
        },
        batches_done: Some(receipts.len() as u64),
        batches: Some(n_batches as u64),
        ..by_file(stage)
    };
    let at = |receipts: &BTreeMap<u32, Receipt>, batch: u32| receipts.get(&batch).map(|it| it.at);
    let batch_status = |(number, contacts, _): &(u32, u64, model::Digest)| BatchStatus {
        batch: *number,
        contacts: *contacts,
        verified_at: at(&verified, *number),
        loaded_at: at(&loaded, *number),
    };
    let is_shown = |it: &BatchStatus| {
        args.batches || it.loaded_at.is_none() || (looked.plan.verify.is_some() && it.verified_at.is_none())
    };
    let status = StatusResult {
        run_id: manifest.run_id.clone(),
        run_dir: text::path(looked.folder.dir()),
        stages: translated
            .into_iter()
            .chain([
                by_file(Stage::Extract),
                by_file(Stage::Clean),
                by_receipt(Stage::Verify, &verified),
                by_receipt(Stage::Load, &loaded),
            ])
            .collect(),
        held,
        batches: batches.iter().map(batch_status).filter(is_shown).collect(),
    };
    output.print(&status, || text(&status))?;
    Ok(Exit::Done)
}

/// The state of translating: files of the run, and a receipt in the database for each section of the plan.
fn translated(looked: &FoundRun, receipts: BTreeMap<u32, Receipt>) -> StageStatus {
    let record = looked.folder.manifest.stages.get(&Stage::Translate);
    let sets = record.map(|it| it.scenario_sets.as_slice()).unwrap_or_default();
    let is_kept =
        |(number, set): &(u32, &ScenarioSetRecord)| receipts.get(number).is_some_and(|it| it.input == set.input);
    let n_kept = (1..).zip(sets).filter(is_kept).count() as u64;
    StageStatus {
        stage: Stage::Translate,
        state: match record {
            None => "waiting",
            Some(_) if n_kept < looked.plan.scenarios.len() as u64 => "in part",
            Some(_) => "done",
        },
        counts: None,
        batches_done: Some(n_kept),
        batches: Some(looked.plan.scenarios.len() as u64),
    }
}

fn text(status: &StatusResult) -> String {
    let mut text = format!("{} in {}\n", status.run_id, status.run_dir);
    for stage in &status.stages {
        let rows = stage.counts.map_or(String::new(), |it| {
            format!("{} in, {} rejected", counted(it.rows_in, "row"), grouped(it.rejected))
        });
        let rest = match (stage.batches_done, stage.batches) {
            // The number of batches is unknown until all contacts are merged.
            (Some(done), Some(0)) if done > 0 => format!("{} so far", counted(done, "batch")),
            (Some(done), Some(all)) if stage.stage == Stage::Translate => {
                format!("{} of {} in the database", grouped(done), counted(all, "section"))
            }
            (Some(done), Some(all)) => format!("{} of {}", grouped(done), counted(all, "batch")),
            _ => rows,
        };
        let _ = writeln!(text, "{:8} {:16} {rest}", stage.stage.name(), stage.state);
    }
    if status.held > 0 {
        let contacts = counted(status.held, "contact");
        let _ = writeln!(text, "{:8} {contacts}: {}", "held", run_text::identity::HOLDS);
    }
    for batch in &status.batches {
        let when = |it: Option<jiff::Timestamp>| it.map_or("-".to_owned(), |it| it.strftime("%F %T").to_string());
        let _ = writeln!(
            text,
            "batch {:5} {:5} contacts  verified {:19}  loaded {:19}",
            batch.batch,
            batch.contacts,
            when(batch.verified_at),
            when(batch.loaded_at)
        );
    }
    text
}
