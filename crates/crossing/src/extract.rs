//! Reads every export into the run folder, as received.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use anyhow::Result;
use extract::{Probe, ReadSummary};
use jiff::Timestamp;
use model::{Counts, Digest, DigestInput, Stage};
use phone::Region;
use rayon::prelude::*;
use run::{Artifact, ColumnReading, Group, SourceRecord, TableWriter};

use crate::coverage::{CoverageCounter, source_record};
use crate::inspect::encoding_guesses;
use crate::open_run::{OpenRun, TOOL, stage_record};
use crate::probing::{layout, probe_all};
use crate::progress::{ExtractedSource, Note, Outcome, Task, Work};
use crate::reading::{self, Evidence};
use plan::SourceSection;
use run::formats::extracted;

/// Sources that are being extracted.
pub(crate) struct Extraction {
    pub(crate) probes: Vec<Probe>,
    /// How the columns of each source are read, judged by its first rows.
    pub(crate) readings: Vec<ColumnReading>,
    inputs: Digest,
    started: Instant,
    work: Work,
}

/// Extracts all sources, unless that is already done.
pub(crate) fn extract(run: &mut OpenRun) -> Result<()> {
    let Some(mut extraction) = Extraction::begin(run)? else { return Ok(()) };
    let sources = (0..extraction.probes.len()).into_par_iter();
    let done = sources.map(|it| extraction.source(run, it, None)).collect::<Result<_>>()?;
    let done = extraction.with_final_readings(run, done)?;
    extraction.finish(run, done)
}

/// Limits the rows that are read ahead to judge how a source is read.
const FIRST_ROWS: u64 = 10_000;

impl Extraction {
    /// Probes all files. Returns none if they are already extracted.
    pub(crate) fn begin(run: &mut OpenRun) -> Result<Option<Self>> {
        let started = Instant::now();
        let probes = match std::mem::take(&mut run.probes) {
            probes if probes.is_empty() => probe_all(&run.plan)?,
            probes => probes,
        };
        let inputs = inputs(run, &probes);
        if run.is_complete(Stage::Extract, inputs)? {
            run.progress.note(Note::AlreadyDone(Task::Extract));
            return Ok(None);
        }
        run.folder.manifest.read_at = Some(Timestamp::now());
        let run = &*run;
        let sources = run.plan.sources.par_iter().zip(&probes);
        let readings = sources.map(|(source, probe)| first_reading(run, source, probe)).collect::<Result<_>>()?;
        run.note_doubts(probes.iter().flat_map(encoding_guesses).collect());
        Ok(Some(Self { probes, readings, inputs, started, work: run.progress.begin(Task::Extract, 0) }))
    }

    /// Extracts a source again if all its rows show another reading than its first rows did.
    pub(crate) fn with_final_readings(
        &mut self,
        run: &OpenRun,
        done: Vec<(SourceRecord, Artifact)>,
    ) -> Result<Vec<(SourceRecord, Artifact)>> {
        let extract_again = |(number, (record, artifact)): (usize, (SourceRecord, Artifact))| {
            if record.reading == self.readings[number] {
                return Ok((record, artifact));
            }
            self.readings[number] = record.reading;
            self.source(run, number, None)
        };
        done.into_iter().enumerate().map(extract_again).collect()
    }

    /// Extracts the source with this number, and passes its rows on while they are written.
    pub(crate) fn source(
        &self,
        run: &OpenRun,
        number: usize,
        passed_on: Option<SyncSender<Arc<Group>>>,
    ) -> Result<(SourceRecord, Artifact)> {
        const STEP: u64 = 10_000;
        let (plan, source, probe) = (&run.plan, &run.plan.sources[number], &self.probes[number]);
        let artifact = run.folder.create(&extracted::artifact(source.name.get_ref()))?;
        let columns = extracted::columns(&probe.columns);
        let mut table = match passed_on {
            Some(passed_on) => TableWriter::create_and_pass_on(artifact, &columns, passed_on)?,
            None => TableWriter::create(artifact, &columns)?,
        };
        let layout = layout(source, probe)?;
        let pulled = pull::read_coverage(plan, source)?;
        let form = reading::date_form(source, &self.readings[number], "last_at");
        let mut counter = CoverageCounter::new(&layout, form, pulled);
        let mut evidence = Evidence::new(&layout, source.region(plan));
        let sample = run.folder.manifest.sample;
        let seen = extract::read_up_to(probe, sample.unwrap_or(u64::MAX), |row| -> Result<()> {
            if row.record % STEP == 0 {
                self.work.advance(STEP);
            }
            counter.add(&row);
            evidence.add(&row);
            let place = (row.record, row.line);
            let cells = row.cells.as_ref().map(|cells| |it| cells.get(it));
            let cells = cells.map_err(|unreadable| (unreadable.reason, &*unreadable.text));
            Ok(table.row(|rows| extracted::write(rows, probe.columns.len(), place, cells))?)
        })?;
        let artifact = table.publish()?;
        let seen = if sample.is_some() { without_facts(seen) } else { seen };
        let coverage = counter.finish(&source.profile(), probe, &seen);
        let reading = match sample {
            // More rows than those of the sample were read to judge it.
            Some(_) => self.readings[number].clone(),
            None => evidence.judge(plan, source, probe, run.readings.get(source.name.get_ref()))?,
        };
        Ok((source_record(source, probe, &seen, coverage, reading, &run.key), artifact))
    }

    /// Records that all sources are extracted; `done` is in the order of the plan.
    pub(crate) fn finish(self, run: &mut OpenRun, done: Vec<(SourceRecord, Artifact)>) -> Result<()> {
        let n_rows = done.iter().map(|it| it.0.rows).sum();
        self.work.end(Outcome::Extracted(done.iter().map(|it| extracted_source(&it.0)).collect()));
        let counts = Counts { rows_in: n_rows, kept: n_rows, ..Counts::default() };
        let record = stage_record(self.inputs, counts, self.started);
        let artifacts = done.iter().map(|it| (extracted::artifact(&it.0.name), it.1)).collect();
        run.folder.manifest.artifacts.retain(|name, _| !name.starts_with("extract/"));
        run.folder.manifest.sources = done.into_iter().map(|it| it.0).collect();
        Ok(run.folder.complete(Stage::Extract, record, artifacts)?)
    }
}

/// The summaries of a sample: what a page says about all its records is not about these rows.
fn without_facts(mut seen: Vec<ReadSummary>) -> Vec<ReadSummary> {
    seen.iter_mut().for_each(|it| it.facts.clear());
    seen
}

/// Returns how the columns of a source are read, judged by its first rows. Later rows can settle what those leave open.
fn first_reading(run: &OpenRun, source: &SourceSection, probe: &Probe) -> Result<ColumnReading> {
    let layout = layout(source, probe)?;
    let mut evidence = Evidence::new(&layout, source.region(&run.plan));
    let mut n_rows = 0;
    extract::read_first(probe, FIRST_ROWS, |row| {
        n_rows = row.record;
        evidence.add(row);
    })?;
    let before = run.readings.get(source.name.get_ref());
    let judged = evidence.judge(&run.plan, source, probe, before);
    match run.folder.manifest.sample {
        // These were all rows, and a sample judges no others.
        Some(_) if n_rows < FIRST_ROWS => Ok(judged?),
        // If the first rows are not enough to judge, all rows are judged at the end.
        _ => Ok(judged.unwrap_or_default()),
    }
}

/// Digests everything that the extracted rows, their coverage and their reading depend on. Version 1.
fn inputs(run: &OpenRun, probes: &[Probe]) -> Digest {
    let input = DigestInput::new("extract", 1).field("key", run.key.id()).field("tool", TOOL);
    let sources = run.plan.sources.iter().zip(probes);
    sources.fold(input, |input, (source, probe)| input.nested("source", &source_input(run, source, probe))).digest()
}

fn source_input(run: &OpenRun, source: &SourceSection, probe: &Probe) -> DigestInput {
    let name = source.name.get_ref();
    // The reading of an earlier run decides where this file is ambiguous.
    let before = run.readings.get(name).map(|it| serde_json::to_string(&it.1).unwrap_or_default());
    let input = DigestInput::new("extract.source", 1)
        .field("name", name)
        .nested("profile", &source.profile().digest_input())
        .nested("reading", &source.reading_input())
        .optional("region", source.region(&run.plan).as_ref().map(Region::code))
        .optional("before", before);
    probe.parts.iter().fold(input, |input, part| {
        input.field("file", part.name()).field("sha256", part.digest).nested("form", &part.format.digest_input())
    })
}

fn extracted_source(source: &SourceRecord) -> ExtractedSource {
    ExtractedSource {
        name: source.name.clone(),
        n_rows: source.rows,
        reading: source.reading(),
        is_empty: source.columns.is_empty(),
    }
}
