use std::collections::HashSet;
use std::io::Write;

use anyhow::{Context, Result, bail};
use model::{Outcome, RowId};
use run::{StageRecord, TableReader};

use crate::cli::FixArgs;
use crate::commands::Output;
use crate::corrections;
use crate::exit::Exit;
use crate::pipeline;
use crate::progress::Progress;
use crate::session::Session;
use run::formats::ledger;

/// Takes corrected rejects in and does the run again from cleaning on.
pub(crate) async fn fix(args: &FixArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut session = Session::reopen(&args.place, progress)?;
    let corrected = corrections::read_file(&args.file, &session.folder.manifest.sources)?.rows();
    if corrected.is_empty() {
        bail!(
            "{} corrects no row: fill in the cells of rejected rows and leave _source and _record",
            args.file.display()
        );
    }
    let rejected = rejected(&session)?;
    let mut others: Vec<&RowId> = corrected.difference(&rejected).collect();
    others.sort();
    if let Some(row) = others.first() {
        let source = &session.folder.manifest.sources[usize::from(row.source)].name;
        bail!(
            "row {source}:{} was not rejected: only rejected rows can be corrected ({} such rows in {})",
            row.record,
            others.len(),
            args.file.display()
        );
    }
    take_in(&mut session, args, corrected.len() as u64)?;
    let before = rejected.len() as u64;
    let summary = pipeline::run(&mut session).await?;
    let after = summary.counts.rejected;
    let value = serde_json::json!({ "corrected": corrected.len(), "rejected_before": before, "run": &summary });
    output.print(&value, || {
        let told = format!("corrected  {} of {before} rejected rows; {after} are rejected now\n", corrected.len());
        told + &summary.text(session.plan.verify.as_ref())
    })?;
    Ok(summary.exit())
}

/// Keeps the file in the run folder, where it belongs to what the run is made from.
fn take_in(session: &mut Session, args: &FixArgs, n_rows: u64) -> Result<()> {
    let bytes = std::fs::read(&args.file).with_context(|| format!("could not read {}", args.file.display()))?;
    let extension = args.file.extension().map_or("csv".into(), |it| it.to_string_lossy().to_lowercase());
    let name = format!("fixes/{}.{extension}", session.folder.manifest.fixes.len() + 1);
    let mut file = session.folder.create(&name)?;
    file.write_all(&bytes)?;
    let artifact = file.publish(n_rows)?;
    session.folder.manifest.fixes.push(name.clone());
    let cleaned: Option<StageRecord> = session.folder.manifest.stages.get(&model::Stage::Clean).cloned();
    let cleaned = cleaned.context("nothing is clean yet: run `ferry run` first")?;
    Ok(session.folder.complete(model::Stage::Clean, cleaned, vec![(name, artifact)])?)
}

fn rejected(session: &Session) -> Result<HashSet<RowId>> {
    let table = TableReader::open(&session.folder.path(ledger::ARTIFACT))
        .context("nothing is clean yet: run `ferry run` first")?;
    let sources = &session.folder.manifest.sources;
    let mut rejected = HashSet::new();
    ledger::read(&table, |row| {
        let source = sources.iter().position(|it| it.name == row.source);
        if let (Outcome::Rejected, Some(source)) = (row.outcome, source) {
            rejected.insert(RowId { source: u16::try_from(source)?, record: row.record });
        }
        anyhow::Ok(())
    })?;
    Ok(rejected)
}
