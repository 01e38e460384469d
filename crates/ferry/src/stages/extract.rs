//! Reads every export into the run folder, as received.

use std::time::Instant;

use anyhow::{Context, Result};
use extract::{ExtractError, Probe};
use jiff::Timestamp;
use model::{Counts, Digest, Stage};
use rayon::prelude::*;
use run::{Artifact, RunFolder, SourceRecord, StageRecord, TableWriter};

use crate::formats::extracted;
use crate::plan::{Plan, SourceSection};
use crate::progress::{Work, grouped};
use crate::session::{Session, TOOL};

/// Extracts what is not extracted yet.
pub(crate) fn extract(session: &mut Session) -> Result<()> {
    let started = Instant::now();
    let plan = &session.plan;
    let probes: Vec<Probe> = plan.sources.par_iter().map(|it| probe(plan, it)).collect::<Result<_>>()?;
    let inputs = inputs(plan, &probes);
    if session.folder.is_complete(Stage::Extract, inputs)? {
        session.progress.say("extract", "already done");
        return Ok(());
    }

    let work = session.progress.begin("extract", 0);
    let sources: Vec<(&SourceSection, &Probe)> = plan.sources.iter().zip(&probes).collect();
    let done: Vec<(SourceRecord, Artifact)> = sources
        .into_par_iter()
        .map(|(source, probe)| extract_one(&session.folder, source, probe, &work))
        .collect::<Result<_>>()?;
    let n_rows = done.iter().map(|it| it.0.rows).sum();
    work.end(&described(&done));

    let record = StageRecord {
        inputs,
        counts: Counts { rows_in: n_rows, kept: n_rows, ..Counts::default() },
        rejects: Default::default(),
        findings: Default::default(),
        seconds: started.elapsed().as_secs_f64(),
        finished_at: Timestamp::now(),
    };
    let artifacts = done.iter().map(|it| (extracted::artifact(&it.0.name), it.1)).collect();
    session.folder.manifest.artifacts.retain(|name, _| !name.starts_with("extract/"));
    session.folder.manifest.sources = done.into_iter().map(|it| it.0).collect();
    Ok(session.folder.complete(Stage::Extract, record, artifacts)?)
}

/// Finds out what the file is and whether it has the columns that the plan asks for.
fn probe(plan: &Plan, source: &SourceSection) -> Result<Probe> {
    let probed = extract::probe(&plan.folder().join(&source.path), source.settings());
    let probe = probed.with_context(|| format!("could not use source \"{}\"", source.name.get_ref()))?;
    if let Err(error) = source.profile().layout(&probe.path, &probe.header) {
        let at = match &error {
            ExtractError::MissingColumn { column, .. } | ExtractError::AmbiguousColumn { column, .. } => {
                source.place_of_column(column)
            }
            _ => 0,
        };
        let message = format!("{error} (delimiter {}, {})", probe.delimiter_name(), probe.encoding.name());
        return Err(plan.wrong(at, message).into());
    }
    Ok(probe)
}

fn inputs(plan: &Plan, probes: &[Probe]) -> Digest {
    let source = |(source, probe): (&SourceSection, &Probe)| {
        format!("{} {} {:?} {:?}", source.name.get_ref(), probe.digest, probe.encoding, probe.delimiter)
    };
    let parts: Vec<String> = plan.sources.iter().zip(probes).map(source).chain([TOOL.to_owned()]).collect();
    Digest::of_parts(parts.iter().map(String::as_bytes))
}

fn extract_one(
    folder: &RunFolder,
    source: &SourceSection,
    probe: &Probe,
    work: &Work,
) -> Result<(SourceRecord, Artifact)> {
    const STEP: u64 = 10_000;
    let name = source.name.get_ref();
    let mut table =
        TableWriter::create(folder.create(&extracted::artifact(name))?, &extracted::columns(&probe.header))?;
    let mut n_rows = 0;
    extract::read(probe, |row| -> Result<()> {
        n_rows = row.record;
        if n_rows % STEP == 0 {
            work.advance(STEP);
        }
        Ok(extracted::write(&mut table, probe.header.len(), &row)?)
    })?;
    let artifact = table.publish()?;
    let record = SourceRecord {
        name: name.clone(),
        channel: source.channel,
        profile: source.profile().name().to_owned(),
        path: probe.path.clone(),
        sha256: probe.digest,
        bytes: probe.n_bytes,
        encoding: probe.encoding.name().to_owned(),
        delimiter: probe.delimiter_name(),
        columns: probe.header.clone(),
        rows: n_rows,
    };
    Ok((record, artifact))
}

fn described(done: &[(SourceRecord, Artifact)]) -> String {
    let source = |it: &SourceRecord| match it.columns.is_empty() {
        true => format!("{}: empty file", it.name),
        false => format!("{}: {} rows ({}, delimiter {})", it.name, grouped(it.rows), it.encoding, it.delimiter),
    };
    done.iter().map(|it| source(&it.0)).collect::<Vec<_>>().join("; ")
}
