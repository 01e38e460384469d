//! Adds rows to the cleaner: from the files of the run, or from the exports while those are being extracted.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clean::{Cleaner, ListQualityCounts, UnreadValues};
use extract::{Layout, Probe};
use model::{Digest, Reject, RowId, Stage};
use run::{Artifact, ColumnReading, Group, ListQuality, SourceRecord, TableReader, TableWriter};

use crate::clean::{MOST_PIECES, Spilled, WAITING_SHARE, Written, inputs, rejected, source_records, spill_failed};
use crate::corrections::Corrections;
use crate::extract::{Extraction, extract};
use crate::list_quality;
use crate::open_run::OpenRun;
use crate::ordered_map::ordered_map;
use crate::probing::layout;
use crate::progress::{Note, Task, Work};
use crate::rejects::{self, RejectsFile};
use crate::unread::{self, UnreadBySource};
use plan::{GatesSection, SourceSection};
use run::formats::extracted::{self, Extracted};
use run::formats::ledger;

/// Limits the cores with which several sources are extracted and cleaned at the same time.
///
/// That reads one source after the other, and reading a row takes a quarter of the time that cleaning it takes on one
/// core. With more than four cores, cleaning would wait for reading, so all sources are extracted first, in parallel.
const MOST_CORES: usize = 4;

/// Rows that were all added and wait to be merged.
pub(crate) struct PendingRows {
    pub(crate) started: Instant,
    pub(crate) inputs: Digest,
    pub(crate) n_rows: u64,
    pub(crate) cleaner: Cleaner,
    /// The names of the sources.
    pub(crate) names: Vec<String>,
    pub(crate) ledger_file: TableWriter,
    pub(crate) rejects_files: Vec<(String, Artifact)>,
    pub(crate) outcome: Written,
    pub(crate) work: Work,
}

impl PendingRows {
    /// Returns the values that were not understood, by source and field.
    pub(crate) fn unread(&self, gates: &GatesSection) -> UnreadBySource {
        unread::by_source(&self.outcome.unread, gates)
    }

    /// Returns the quality of the list of each source.
    pub(crate) fn list_quality(&self) -> BTreeMap<String, ListQuality> {
        self.outcome.list_quality.iter().map(|(name, counts)| (name.clone(), list_quality::quality(counts))).collect()
    }
}

/// Adds the extracted rows to a new cleaner. Returns none if they are already clean.
pub(crate) fn add_rows(run: &OpenRun) -> Result<Option<PendingRows>> {
    let started = Instant::now();
    if !run.folder.manifest.stages.contains_key(&Stage::Extract) {
        bail!("nothing is extracted yet: run `ferry extract` first");
    }
    let inputs = inputs(run)?;
    if run.is_complete(Stage::Clean, inputs)? {
        run.progress.note(Note::AlreadyDone(Task::Clean));
        return Ok(None);
    }

    let records = source_records(run)?;
    let open = |name: &str| TableReader::open(&run.folder.path(&extracted::artifact(name)));
    let tables = records.iter().map(|it| open(&it.name)).collect::<Result<Vec<_>, _>>()?;
    let source = |(planned, record): (&SourceSection, &SourceRecord)| {
        let layout = planned.layout_of(record)?;
        let (name, columns) = (record.name.clone(), record.columns.clone());
        Ok(Source { name, columns, layout, reading: record.reading.clone() })
    };
    let sources = run.plan.sources.iter().zip(&records).map(source).collect::<Result<_>>()?;
    let corrections = Corrections::read(&run.folder, &records)?;
    let work = run.progress.begin(Task::Clean, tables.iter().map(TableReader::n_rows).sum());
    let mut intake = Intake::begin(run, sources, corrections)?;
    let groups =
        tables.iter().enumerate().flat_map(|(number, table)| (0..table.n_groups()).map(move |it| (number, it)));
    intake.add(groups, |number, group| Ok(tables[number].group(group)?.into()), Some(&work))?;
    intake.end(started, inputs, work).map(Some)
}

/// Extracts the sources and adds their rows at the same time. Returns none if both were done before.
pub(crate) fn extract_and_add_rows(run: &mut OpenRun) -> Result<Option<PendingRows>> {
    let started = Instant::now();
    let is_read_fast_enough = run.plan.sources.len() == 1 || rayon::current_num_threads() <= MOST_CORES;
    // Corrections are matched by the columns of the extracted files, so those must be complete first.
    let has_corrections = run.folder.manifest.artifacts.keys().any(|it| it.starts_with("fixes/"));
    if !is_read_fast_enough || has_corrections {
        extract(run)?;
        return add_rows(run);
    }
    let Some(mut extraction) = Extraction::begin(run)? else { return add_rows(run) };
    let source = |((planned, probe), reading): ((&SourceSection, &Probe), &ColumnReading)| {
        let layout = layout(planned, probe)?;
        let (name, columns) = (planned.name.get_ref().clone(), probe.columns.clone());
        Ok(Source { name, columns, layout, reading: reading.clone() })
    };
    let planned = run.plan.sources.iter().zip(&extraction.probes).zip(&extraction.readings);
    let sources = planned.map(source).collect::<Result<Vec<_>>>()?;
    let (senders, receivers): (Vec<_>, Vec<_>) = sources.iter().map(|_| sync_channel(MOST_PIECES)).unzip();
    let groups = receivers.into_iter().enumerate();
    let groups = groups.flat_map(|(number, groups)| groups.into_iter().map(move |group| (number, group)));
    let mut intake = Intake::begin(run, sources, Corrections::default())?;
    let done: Vec<_> = std::thread::scope(|scope| {
        // Sources are extracted one after the other, in the order in which they are added.
        let extract = |(number, passed_on)| extraction.source(run, number, Some(passed_on));
        let extracted = scope.spawn(move || senders.into_iter().enumerate().map(extract).collect::<Result<_>>());
        intake.add(groups, |_, group| Ok(group), None)?;
        extracted.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    let were_read_rightly = done.iter().zip(&extraction.readings).all(|(it, read)| it.0.reading == *read);
    let done = extraction.with_final_readings(run, done)?;
    extraction.finish(run, done)?;
    // Later rows have shown that a column must be read differently from what its first rows suggest.
    if !were_read_rightly {
        drop(intake);
        return add_rows(run);
    }
    let work = run.progress.begin_at(Task::Clean, intake.n_rows, started);
    let inputs = inputs(run)?;
    intake.end(started, inputs, work).map(Some)
}

/// A source and the meaning of its columns.
struct Source {
    name: String,
    columns: Vec<String>,
    layout: Layout,
    /// How the columns are read.
    reading: ColumnReading,
}

/// Adds rows to the cleaner, and writes their rejects.
struct Intake {
    names: Vec<String>,
    layouts: Vec<Layout>,
    n_columns: Vec<usize>,
    corrections: Corrections,
    cleaner: Cleaner,
    ledger_file: TableWriter,
    rejects_files: Vec<RejectsFile>,
    outcome: Written,
    n_rows: u64,
}

/// The result of one chunk of rows: its rejects, and their lines for the file of rejects.
struct Chunk {
    n_rows: u64,
    list_quality: ListQualityCounts,
    unread: UnreadValues,
    rejects: Vec<Reject>,
    lines: Vec<u8>,
}

impl Intake {
    fn begin(run: &OpenRun, sources: Vec<Source>, corrections: Corrections) -> Result<Self> {
        let n_bytes = usize::try_from(run.memory / WAITING_SHARE)?;
        let readings: Vec<ColumnReading> = sources.iter().map(|it| it.reading.clone()).collect();
        let cleaner = Cleaner::with_spill(run.rules(&readings)?, n_bytes, Box::new(Spilled(run.folder.spill()?)));
        let ledger_file = TableWriter::create(run.folder.create(ledger::ARTIFACT)?, &ledger::columns())?;
        let rejects_file = |it: &Source| RejectsFile::create(&run.folder, &it.name, &it.columns);
        let rejects_files = sources.iter().map(rejects_file).collect::<Result<_>>()?;
        let n_columns = sources.iter().map(|it| it.columns.len()).collect();
        let (names, layouts) = sources.into_iter().map(|it| (it.name, it.layout)).unzip();
        let outcome = Written::default();
        Ok(Self { names, layouts, n_columns, corrections, cleaner, ledger_file, rejects_files, outcome, n_rows: 0 })
    }

    /// Adds groups of rows, on all cores.
    ///
    /// Each item comes with the number of its source, in the order of the rows; `open` turns it into a group.
    fn add<I: Send>(
        &mut self,
        items: impl Iterator<Item = (usize, I)> + Send,
        open: impl Fn(usize, I) -> Result<Arc<Group>> + Sync,
        work: Option<&Work>,
    ) -> Result<()> {
        let Self { names, layouts, n_columns, corrections, cleaner, ledger_file, rejects_files, outcome, n_rows } =
            self;
        ordered_map(
            items,
            MOST_PIECES * rayon::current_num_threads(),
            |(source, item)| {
                let group = open(source, item)?;
                let columns = (names[source].as_str(), n_columns[source]);
                Ok((source, add_chunk(source, &layouts[source], &group, cleaner, columns, corrections)?))
            },
            |(source, chunk)| {
                rejects_files[source].write(&chunk.lines, chunk.rejects.len())?;
                *outcome.list_quality.entry(names[source].clone()).or_default() += chunk.list_quality;
                *outcome.unread.entry(names[source].clone()).or_default() += chunk.unread;
                for reject in &chunk.rejects {
                    outcome.count_reject(reject, names);
                    ledger_file.row(|row| ledger::write(row, names, &rejected(reject)))?;
                }
                *n_rows += chunk.n_rows;
                work.into_iter().for_each(|it| it.advance(chunk.n_rows));
                Ok(())
            },
        )
    }

    fn end(self, started: Instant, inputs: Digest, work: Work) -> Result<PendingRows> {
        let Self { names, cleaner, ledger_file, rejects_files, outcome, n_rows, .. } = self;
        let rejects_files = rejects_files.into_iter().map(RejectsFile::publish).collect::<Result<_>>()?;
        tracing::info!(n_rows, "rows taken in");
        Ok(PendingRows { started, inputs, n_rows, cleaner, names, ledger_file, rejects_files, outcome, work })
    }
}

/// Adds a chunk of rows to the cleaner. `name` and `n_columns` are those of the source.
fn add_chunk(
    source: usize,
    layout: &Layout,
    group: &Group,
    cleaner: &Cleaner,
    (name, n_columns): (&str, usize),
    corrections: &Corrections,
) -> Result<Chunk> {
    let source = u16::try_from(source).context("a plan has no more than 65,535 sources")?;
    let first = if group.n_rows > 0 { Extracted::new(group, 0).record() } else { 1 };
    let mut rejects = Vec::new();
    let mut writer = cleaner.chunk_writer();
    for number in 0..group.n_rows {
        let row = Extracted::new(group, number);
        let id = RowId { source, record: row.record() };
        let row = corrections.row(id, row);
        let contact = match row.reason() {
            Some(reason) => Err(reason),
            None => layout.contact(|column| row.cell(column)),
        };
        match contact {
            Ok(contact) => writer.add(id, &contact),
            Err(reason) => rejects.push(Reject { row: id, reason, field: "" }),
        }
    }
    let written = writer.finish().with_context(spill_failed)?;
    rejects.extend(written.rejects);
    rejects.sort_unstable_by_key(|it| it.row);

    let row_of = |reject: &Reject| {
        let received = Extracted::new(group, usize::try_from(reject.row.record - first).unwrap_or(0));
        corrections.row(reject.row, received)
    };
    let lines = rejects::lines(name, n_columns, &rejects, row_of)?;
    Ok(Chunk {
        n_rows: group.n_rows as u64,
        list_quality: written.list_quality,
        unread: written.unread,
        rejects,
        lines,
    })
}
