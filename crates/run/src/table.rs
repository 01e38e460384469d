//! Tables as Parquet files: columns of optional texts and whole numbers.
//!
//! The low-level writer of the `parquet` crate is enough, so Arrow stays out of the build.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use bytes::Bytes;
use model::Digest;
use parquet::basic::{Compression, ConvertedType, Repetition, Type as PhysicalType};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde::{Deserialize, Serialize};

use crate::batches::BatchDigests;
use crate::group::{Group, Values};
use crate::{Artifact, ArtifactWriter, RunError};

/// So many rows are written together, and read together by one thread.
const GROUP_ROWS: usize = 8_000;

/// Where the footer of a file holds the digests of its batches.
const DIGESTS: &str = "ferry.batches";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
}

/// A column by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

impl Column {
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Text }
    }

    pub fn int(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Int }
    }
}

/// Writes a table.
///
/// Rows are encoded on a thread of their own while the next ones come.
pub struct TableWriter {
    path: PathBuf,
    columns: Vec<Column>,
    /// Rows that wait until there are enough to be written.
    group: Group,
    n_rows: u64,
    full: SyncSender<Group>,
    /// Groups that were written, to be filled again.
    empty: Receiver<Group>,
    /// None when it has failed.
    encoder: Option<JoinHandle<Result<ArtifactWriter, ParquetError>>>,
}

/// What the thread of a table works with.
struct Encoder {
    writer: SerializedFileWriter<ArtifactWriter>,
    batches: Option<(BatchDigests, Sender<Digest>)>,
    passed_on: Option<SyncSender<Arc<Group>>>,
}

/// The digests of a table, as its footer holds them.
#[derive(Serialize, Deserialize)]
struct Footer {
    size: usize,
    digests: Vec<Digest>,
}

impl TableWriter {
    pub fn create(file: ArtifactWriter, columns: &[Column]) -> Result<Self, RunError> {
        Self::begin(file, columns, None, None)
    }

    /// Digests every `size` rows too, and gives each digest when it is made. [`TableReader::batch_digests`] has them later,
    /// without reading the rows.
    pub fn create_with_digests(
        file: ArtifactWriter,
        columns: &[Column],
        size: usize,
    ) -> Result<(Self, Receiver<Digest>), RunError> {
        let (made, digests) = channel();
        Ok((Self::begin(file, columns, Some((BatchDigests::new(size), made)), None)?, digests))
    }

    /// Passes the rows on while they are written, so that nobody needs to read them again.
    pub fn create_and_pass_on(
        file: ArtifactWriter,
        columns: &[Column],
        passed_on: SyncSender<Arc<Group>>,
    ) -> Result<Self, RunError> {
        Self::begin(file, columns, None, Some(passed_on))
    }

    fn begin(
        file: ArtifactWriter,
        columns: &[Column],
        batches: Option<(BatchDigests, Sender<Digest>)>,
        passed_on: Option<SyncSender<Arc<Group>>>,
    ) -> Result<Self, RunError> {
        let path = file.path().to_owned();
        let failed = |source| RunError::TableWrite { path: path.clone(), source };
        let schema = schema(columns).map_err(failed)?;
        let properties = WriterProperties::builder()
            // Less time than Snappy takes, for files that are larger by a twentieth at most.
            .set_compression(Compression::LZ4_RAW)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        let encoder = Encoder { writer, batches, passed_on };
        let (full, to_write) = sync_channel(0);
        let (written, empty) = channel();
        let encoder = std::thread::spawn(move || encoder.write_all(to_write, written));
        Ok(Self {
            path,
            columns: columns.to_vec(),
            group: Group::with_room(columns, GROUP_ROWS),
            n_rows: 0,
            full,
            empty,
            encoder: Some(encoder),
        })
    }

    /// Adds one row, which `fill` gives its cells.
    pub fn row(&mut self, fill: impl FnOnce(&mut Group)) -> Result<(), RunError> {
        fill(&mut self.group);
        self.hand_over_if_full()
    }

    /// Adds rows of the same columns.
    pub fn rows(&mut self, rows: &Group) -> Result<(), RunError> {
        let mut start = 0;
        while start < rows.n_rows {
            let end = rows.n_rows.min(start + GROUP_ROWS - self.group.n_rows);
            self.group.append(rows, start..end);
            self.hand_over_if_full()?;
            start = end;
        }
        Ok(())
    }

    /// Ends the table and publishes the file.
    pub fn publish(mut self) -> Result<Artifact, RunError> {
        if self.group.n_rows > 0 {
            self.hand_over()?;
        }
        let Self { path, n_rows, full, encoder, .. } = self;
        // The encoder ends when nothing more can come.
        drop(full);
        ended(encoder).map_err(|source| RunError::TableWrite { path, source })?.publish(n_rows)
    }

    fn hand_over_if_full(&mut self) -> Result<(), RunError> {
        if self.group.n_rows < GROUP_ROWS { Ok(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> Result<(), RunError> {
        self.n_rows += self.group.n_rows as u64;
        let next = self.empty.try_recv().unwrap_or_else(|_| Group::with_room(&self.columns, GROUP_ROWS));
        match self.full.send(std::mem::replace(&mut self.group, next)) {
            Ok(()) => Ok(()),
            // An encoder that takes nothing any more has failed.
            Err(_) => ended(self.encoder.take())
                .map(|_| ())
                .map_err(|source| RunError::TableWrite { path: self.path.clone(), source }),
        }
    }
}

fn ended(encoder: Option<JoinHandle<Result<ArtifactWriter, ParquetError>>>) -> Result<ArtifactWriter, ParquetError> {
    let encoder = encoder.ok_or_else(|| ParquetError::General("the table could not be written before".into()))?;
    encoder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Encoder {
    fn write_all(mut self, full: Receiver<Group>, written: Sender<Group>) -> Result<ArtifactWriter, ParquetError> {
        for group in full {
            let group = Arc::new(group);
            if let Some((batches, made)) = &mut self.batches {
                give(made, batches.add(&group));
            }
            if let Some(passed_on) = &self.passed_on {
                // Who works on the rows may have failed and take no more.
                let _ = passed_on.send(Arc::clone(&group));
            }
            self.write(&group)?;
            if let Ok(mut group) = Arc::try_unwrap(group) {
                group.clear();
                // Nobody fills it again when the table has ended.
                let _ = written.send(group);
            }
        }
        if let Some((batches, made)) = self.batches {
            let (size, n_given) = (batches.size(), batches.n_done());
            let digests = batches.finish();
            give(&made, &digests[n_given..]);
            let footer = Footer { size, digests };
            let footer = serde_json::to_string(&footer).map_err(|it| ParquetError::External(it.into()))?;
            self.writer.append_key_value_metadata(KeyValue::new(DIGESTS.to_owned(), footer));
        }
        self.writer.into_inner()
    }

    fn write(&mut self, group: &Arc<Group>) -> Result<(), ParquetError> {
        let mut out = self.writer.next_row_group()?;
        for (number, values) in group.columns.iter().enumerate() {
            let Some(mut column) = out.next_column()? else { break };
            match values {
                Values::Text { ends, levels, .. } => {
                    let texts = Bytes::from_owner(Texts { group: Arc::clone(group), column: number });
                    let texts = byte_arrays(&texts, ends, levels);
                    column.typed::<ByteArrayType>().write_batch(&texts, Some(levels), None)?;
                }
                Values::Int { values, levels } => {
                    let mut there = Vec::with_capacity(values.len());
                    there.extend(values.iter().zip(levels).filter(|it| *it.1 > 0).map(|it| *it.0));
                    column.typed::<Int64Type>().write_batch(&there, Some(levels), None)?;
                }
                Values::Unread => {}
            }
            column.close()?;
        }
        out.close().map(|_| ())
    }
}

/// Nobody may listen: then they stand in the footer alone.
fn give(made: &Sender<Digest>, digests: &[Digest]) {
    for digest in digests {
        let _ = made.send(*digest);
    }
}

/// The texts of a column, where they are.
struct Texts {
    group: Arc<Group>,
    column: usize,
}

impl AsRef<[u8]> for Texts {
    fn as_ref(&self) -> &[u8] {
        match &self.group.columns[self.column] {
            Values::Text { texts, .. } => texts.as_bytes(),
            _ => &[],
        }
    }
}

fn byte_arrays(texts: &Bytes, ends: &[usize], levels: &[i16]) -> Vec<ByteArray> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let there = starts.zip(ends).zip(levels).filter(|it| *it.1 > 0);
    let mut arrays = Vec::with_capacity(ends.len());
    arrays.extend(there.map(|((start, end), _)| ByteArray::from(texts.slice(start..*end))));
    arrays
}

fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let field = |column: &Column| {
        let (physical, converted) = match column.kind {
            Kind::Text => (PhysicalType::BYTE_ARRAY, ConvertedType::UTF8),
            Kind::Int => (PhysicalType::INT64, ConvertedType::NONE),
        };
        Type::primitive_type_builder(&column.name, physical)
            .with_converted_type(converted)
            .with_repetition(Repetition::OPTIONAL)
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("row").with_fields(fields).build()
}

/// Reads a table group by group; groups can be read by several threads at once.
pub struct TableReader {
    path: PathBuf,
    reader: SerializedFileReader<SharedFile>,
}

/// A file that several threads read at once. The `parquet` crate reads a [`File`] through clones of
/// its handle, which share one position and so get each other's bytes.
struct SharedFile(Arc<File>);

/// Reads a [`SharedFile`] from a position of its own.
struct FileCursor {
    file: Arc<File>,
    position: u64,
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.0.metadata().map_or(0, |it| it.len())
    }
}

impl ChunkReader for SharedFile {
    type T = BufReader<FileCursor>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(FileCursor { file: Arc::clone(&self.0), position: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut bytes = vec![0; length];
        self.0.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

impl Read for FileCursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.file.read_at(buffer, self.position)?;
        self.position += n_read as u64;
        Ok(n_read)
    }
}

impl TableReader {
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let file = File::open(path).map_err(RunError::read(path))?;
        let reader = SerializedFileReader::new(SharedFile(Arc::new(file)));
        let reader = reader.map_err(|source| RunError::Table { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), reader })
    }

    pub fn n_groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    pub fn n_rows(&self) -> u64 {
        u64::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The digests of every `size` rows, if the file was written with these.
    pub fn batch_digests(&self, size: usize) -> Option<Vec<Digest>> {
        let entries = self.reader.metadata().file_metadata().key_value_metadata()?;
        let footer: Footer = serde_json::from_str(entries.iter().find(|it| it.key == DIGESTS)?.value.as_ref()?).ok()?;
        (footer.size == size).then_some(footer.digests)
    }

    /// Digests every `size` rows, as they stand in the file.
    pub fn digest_batches(&self, size: usize) -> Result<Vec<Digest>, RunError> {
        let mut batches = BatchDigests::new(size);
        for group in self.groups() {
            batches.add(&group?);
        }
        Ok(batches.finish())
    }

    /// The names of the columns.
    pub fn columns(&self) -> Vec<String> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        schema.columns().iter().map(|it| it.name().to_owned()).collect()
    }

    /// Reads one group, all columns of it.
    pub fn group(&self, group: usize) -> Result<Group, RunError> {
        self.group_with(group, |_| true)
    }

    /// Reads some columns of one group, by their places.
    pub fn group_with(&self, group: usize, is_wanted: impl Fn(usize) -> bool) -> Result<Group, RunError> {
        self.read_group(group, is_wanted).map_err(|source| RunError::Table { path: self.path.clone(), source })
    }

    /// All groups, one after the other.
    pub fn groups(&self) -> impl Iterator<Item = Result<Group, RunError>> {
        (0..self.n_groups()).map(|it| self.group(it))
    }

    fn read_group(&self, group: usize, is_wanted: impl Fn(usize) -> bool) -> Result<Group, ParquetError> {
        let reader = self.reader.get_row_group(group)?;
        let n_rows = usize::try_from(reader.metadata().num_rows()).unwrap_or(0);
        let columns = (0..reader.metadata().num_columns()).map(|it| match is_wanted(it) {
            true => read_column(reader.get_column_reader(it)?, n_rows),
            false => Ok(Values::Unread),
        });
        Ok(Group { n_rows, columns: columns.collect::<Result<_, ParquetError>>()? })
    }
}

fn read_column(column: ColumnReader, n_rows: usize) -> Result<Values, ParquetError> {
    let mut levels = Vec::with_capacity(n_rows);
    match column {
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(n_rows);
            while levels.len() < n_rows
                && reader.read_records(n_rows - levels.len(), Some(&mut levels), None, &mut values)?.0 > 0
            {}
            text_values(levels, &values)
        }
        ColumnReader::Int64ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(n_rows);
            while levels.len() < n_rows
                && reader.read_records(n_rows - levels.len(), Some(&mut levels), None, &mut values)?.0 > 0
            {}
            let mut there = values.into_iter();
            let values = levels.iter().map(|it| if *it > 0 { there.next().unwrap_or_default() } else { 0 }).collect();
            Ok(Values::Int { values, levels })
        }
        _ => Err(ParquetError::General("a column is neither text nor a whole number".into())),
    }
}

fn text_values(levels: Vec<i16>, values: &[ByteArray]) -> Result<Values, ParquetError> {
    let failed = |what: &str| ParquetError::General(what.into());
    let mut bytes = Vec::with_capacity(values.iter().map(ByteArray::len).sum());
    let mut ends = Vec::with_capacity(levels.len());
    let mut values = values.iter();
    for level in &levels {
        if *level > 0 {
            bytes.extend_from_slice(values.next().ok_or_else(|| failed("a text is missing"))?.data());
        }
        ends.push(bytes.len());
    }
    let texts = String::from_utf8(bytes).map_err(|_| failed("a text is not UTF-8"))?;
    Ok(Values::Text { texts, ends, levels })
}

#[cfg(test)]
mod tests {
    use model::Hasher;

    use super::*;

    fn put(writer: &mut TableWriter, fill: impl FnOnce(&mut Group)) {
        let filled = |row: &mut Group| {
            fill(row);
            row.end_row();
        };
        writer.row(filled).unwrap();
    }

    #[test]
    fn digests_of_batches_are_of_their_rows_however_those_were_added() {
        let home = tempfile::tempdir().unwrap();
        let columns = [Column::text("name"), Column::int("n")];
        let mut rows = Group::with_room(&columns, 0);
        for n in 0..GROUP_ROWS + 700 {
            rows.push_text(0, (n % 3 != 0).then_some("Zoë"));
            rows.push_int(1, Some(n as i64));
            rows.end_row();
        }
        let written = |name: &str, size, add: &dyn Fn(&mut TableWriter)| {
            let path = home.path().join(name);
            let file = ArtifactWriter::create(&path).unwrap();
            let (mut writer, digests) = TableWriter::create_with_digests(file, &columns, size).unwrap();
            add(&mut writer);
            let artifact = writer.publish().unwrap();
            let reader = TableReader::open(&path).unwrap();
            assert_eq!(digests.iter().collect::<Vec<_>>(), reader.batch_digests(size).unwrap());
            (artifact.sha256, reader)
        };
        let (at_once, reader) = written("at_once", 1500, &|it| it.rows(&rows).unwrap());
        let (in_pieces, _) = written("in_pieces", 1500, &|it| {
            for start in (0..rows.n_rows).step_by(333) {
                let mut piece = Group::with_room(&columns, 0);
                piece.append(&rows, start..rows.n_rows.min(start + 333));
                it.rows(&piece).unwrap();
            }
        });
        assert_eq!(at_once, in_pieces);

        let digests = reader.batch_digests(1500).unwrap();
        assert_eq!(reader.digest_batches(1500).unwrap(), digests);
        assert_eq!((digests.len(), reader.batch_digests(1000)), (rows.n_rows.div_ceil(1500), None));
        let mut first = Hasher::default();
        rows.digest(0..1500, &mut first);
        assert_eq!(digests[0], first.finish());
        assert_ne!(digests[0], digests[1]);
    }

    #[test]
    fn rows_that_are_passed_on_are_those_that_are_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let columns = [Column::text("name"), Column::int("n")];
        let (passed_on, passed) = sync_channel(3);
        let mut writer =
            TableWriter::create_and_pass_on(ArtifactWriter::create(&path).unwrap(), &columns, passed_on).unwrap();
        for n in 0..2 * GROUP_ROWS + 3 {
            put(&mut writer, |row| {
                row.push_text(0, (n % 3 != 0).then_some("Zoë"));
                row.push_int(1, (n % 2 != 0).then_some(n as i64));
            });
        }
        writer.publish().unwrap();
        let reader = TableReader::open(&path).unwrap();
        let cells = |group: &Group| -> Vec<(Option<String>, Option<i64>)> {
            (0..group.n_rows).map(|it| (group.text(0, it).map(str::to_owned), group.int(1, it))).collect()
        };
        let passed: Vec<_> = passed.iter().map(|it| cells(&it)).collect();
        assert_eq!(passed.len(), 3);
        assert_eq!(passed, reader.groups().map(|it| cells(&it.unwrap())).collect::<Vec<_>>());
    }

    #[test]
    fn a_table_reads_back_what_was_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let columns = [Column::text("name"), Column::int("n")];
        let mut writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &columns).unwrap();
        let n_rows = GROUP_ROWS + 3;
        for n in 0..n_rows {
            put(&mut writer, |row| {
                row.push_text(0, (n % 3 != 0).then_some("Zoë"));
                row.push_int(1, (n % 2 != 0).then_some(n as i64));
            });
        }
        assert_eq!(writer.publish().unwrap().rows, n_rows as u64);

        let reader = TableReader::open(&path).unwrap();
        assert_eq!(
            (reader.n_groups(), reader.n_rows(), reader.columns()),
            (2, n_rows as u64, vec!["name".into(), "n".into()])
        );
        let mut n = 0;
        for group in reader.groups() {
            let group = group.unwrap();
            for row in 0..group.n_rows {
                assert_eq!(group.text(0, row), (n % 3 != 0).then_some("Zoë"));
                assert_eq!(group.int(1, row), (n % 2 != 0).then_some(n as i64));
                n += 1;
            }
        }
        assert_eq!(n, n_rows);
    }

    #[test]
    fn several_threads_read_one_table_without_getting_in_each_others_way() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let mut writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &[Column::int("n")]).unwrap();
        for n in 0..8 * GROUP_ROWS {
            put(&mut writer, |row| row.push_int(0, Some(n as i64)));
        }
        writer.publish().unwrap();
        let reader = TableReader::open(&path).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let reader = &reader;
                scope.spawn(move || {
                    for group in (0..8).map(|it| (it + thread) % 8) {
                        let rows = reader.group(group).unwrap();
                        assert_eq!(rows.int(0, 7), Some((group * GROUP_ROWS + 7) as i64));
                    }
                });
            }
        });
    }

    #[test]
    fn an_empty_table_is_a_table() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &[Column::text("name")]).unwrap();
        assert_eq!(writer.publish().unwrap().rows, 0);
        assert_eq!(TableReader::open(&path).unwrap().n_groups(), 0);
    }
}
