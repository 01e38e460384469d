//! Tables as Parquet files: columns of optional texts and whole numbers.
//!
//! The low-level writer of the `parquet` crate is enough, so Arrow stays out of the build.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use model::Hasher;
use parquet::basic::{Compression, ConvertedType, Repetition, Type as PhysicalType};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use crate::{Artifact, ArtifactWriter, RunError};

/// So many rows are held in memory and written together, and read together by one thread.
const GROUP_ROWS: usize = 16_000;

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

/// Writes a table row by row.
pub struct TableWriter {
    path: PathBuf,
    writer: SerializedFileWriter<ArtifactWriter>,
    columns: Vec<Values>,
    n_rows: u64,
    n_in_group: usize,
}

/// The values of one column that wait to be written. A definition level of 0 stands for "none".
#[derive(Debug)]
enum Values {
    Text { bytes: Vec<u8>, ends: Vec<usize>, levels: Vec<i16> },
    Int { values: Vec<i64>, levels: Vec<i16> },
}

impl TableWriter {
    pub fn create(file: ArtifactWriter, columns: &[Column]) -> Result<Self, RunError> {
        let path = file.path().to_owned();
        let failed = |source| RunError::TableWrite { path: path.clone(), source };
        let schema = schema(columns).map_err(failed)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        let columns = columns.iter().map(|it| Values::new(it.kind)).collect();
        Ok(Self { path, writer, columns, n_rows: 0, n_in_group: 0 })
    }

    /// Sets the text of a column in the current row. Every column is set once per row.
    pub fn text(&mut self, column: usize, text: Option<&str>) {
        if let Values::Text { bytes, ends, levels } = &mut self.columns[column] {
            levels.push(i16::from(text.is_some()));
            if let Some(text) = text {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
            }
        }
    }

    /// Sets the number of a column in the current row. Every column is set once per row.
    pub fn int(&mut self, column: usize, value: Option<i64>) {
        if let Values::Int { values, levels } = &mut self.columns[column] {
            levels.push(i16::from(value.is_some()));
            values.extend(value);
        }
    }

    /// Ends the current row.
    pub fn end_row(&mut self) -> Result<(), RunError> {
        self.n_rows += 1;
        self.n_in_group += 1;
        match self.n_in_group == GROUP_ROWS {
            true => self.write_group(),
            false => Ok(()),
        }
    }

    /// Ends the table and publishes the file.
    pub fn publish(mut self) -> Result<Artifact, RunError> {
        if self.n_in_group > 0 {
            self.write_group()?;
        }
        let path = self.path;
        let file = self.writer.into_inner().map_err(|source| RunError::TableWrite { path, source })?;
        file.publish(self.n_rows)
    }

    fn write_group(&mut self) -> Result<(), RunError> {
        self.n_in_group = 0;
        let written = (|| {
            let mut group = self.writer.next_row_group()?;
            for values in &mut self.columns {
                let Some(mut column) = group.next_column()? else { break };
                match values {
                    Values::Text { bytes, ends, levels } => {
                        let texts = byte_arrays(std::mem::take(bytes), ends);
                        column.typed::<ByteArrayType>().write_batch(&texts, Some(levels), None)?;
                        ends.clear();
                        levels.clear();
                    }
                    Values::Int { values, levels } => {
                        column.typed::<Int64Type>().write_batch(values, Some(levels), None)?;
                        values.clear();
                        levels.clear();
                    }
                }
                column.close()?;
            }
            group.close().map(|_| ())
        })();
        written.map_err(|source| RunError::TableWrite { path: self.path.clone(), source })
    }
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text { bytes: Vec::new(), ends: Vec::new(), levels: Vec::new() },
            Kind::Int => Self::Int { values: Vec::new(), levels: Vec::new() },
        }
    }
}

fn byte_arrays(bytes: Vec<u8>, ends: &[usize]) -> Vec<ByteArray> {
    let bytes = Bytes::from(bytes);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| ByteArray::from(bytes.slice(start..end))).collect()
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

/// Some rows of a table, in their order.
#[derive(Debug)]
pub struct Group {
    pub n_rows: usize,
    columns: Vec<GroupColumn>,
}

#[derive(Debug)]
enum GroupColumn {
    /// All texts one after the other, and where each of them ends; one that is not there ends nowhere.
    Text {
        texts: String,
        ends: Vec<u32>,
        is_there: Vec<bool>,
    },
    Int(Vec<Option<i64>>),
    /// Nobody asked for it: all its cells are none.
    Unread,
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

    /// How many rows stand before a group.
    pub fn rows_before(&self, group: usize) -> u64 {
        let groups = self.reader.metadata().row_groups().iter().take(group);
        groups.map(|it| u64::try_from(it.num_rows()).unwrap_or(0)).sum()
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
            false => Ok(GroupColumn::Unread),
        });
        Ok(Group { n_rows, columns: columns.collect::<Result<_, ParquetError>>()? })
    }
}

fn read_column(column: ColumnReader, n_rows: usize) -> Result<GroupColumn, ParquetError> {
    let mut levels = Vec::with_capacity(n_rows);
    match column {
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(n_rows);
            while levels.len() < n_rows
                && reader.read_records(n_rows - levels.len(), Some(&mut levels), None, &mut values)?.0 > 0
            {}
            text_column(&levels, &values)
        }
        ColumnReader::Int64ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(n_rows);
            while levels.len() < n_rows
                && reader.read_records(n_rows - levels.len(), Some(&mut levels), None, &mut values)?.0 > 0
            {}
            Ok(GroupColumn::Int(spread(&levels, values)))
        }
        _ => Err(ParquetError::General("a column is neither text nor a whole number".into())),
    }
}

fn text_column(levels: &[i16], values: &[ByteArray]) -> Result<GroupColumn, ParquetError> {
    let failed = |what: &str| ParquetError::General(what.into());
    let mut bytes = Vec::with_capacity(values.iter().map(ByteArray::len).sum());
    let mut ends = Vec::with_capacity(levels.len());
    let is_there: Vec<bool> = levels.iter().map(|it| *it > 0).collect();
    let mut values = values.iter();
    for is_there in &is_there {
        if *is_there {
            bytes.extend_from_slice(values.next().ok_or_else(|| failed("a text is missing"))?.data());
        }
        ends.push(u32::try_from(bytes.len()).map_err(|_| failed("the texts of a column are over 4 GB"))?);
    }
    let texts = String::from_utf8(bytes).map_err(|_| failed("a text is not UTF-8"))?;
    Ok(GroupColumn::Text { texts, ends, is_there })
}

fn spread<T>(levels: &[i16], values: Vec<T>) -> Vec<Option<T>> {
    let mut values = values.into_iter();
    levels.iter().map(|level| if *level > 0 { values.next() } else { None }).collect()
}

fn start_of(ends: &[u32], row: usize) -> usize {
    if row == 0 { 0 } else { ends[row - 1] as usize }
}

impl Group {
    /// The text of a column in a row.
    pub fn text(&self, column: usize, row: usize) -> Option<&str> {
        match &self.columns[column] {
            GroupColumn::Text { texts, ends, is_there } => {
                if is_there[row] {
                    texts.get(start_of(ends, row)..ends[row] as usize)
                } else {
                    None
                }
            }
            GroupColumn::Int(_) | GroupColumn::Unread => None,
        }
    }

    /// Digests all cells of some rows, column after column.
    pub fn digest(&self, rows: Range<usize>, hasher: &mut Hasher) {
        let mut bytes = Vec::with_capacity(8 * rows.len());
        for column in &self.columns {
            bytes.clear();
            match column {
                GroupColumn::Text { texts, ends, is_there } => {
                    // No text has the greatest length, so "none" is not "empty".
                    let length = |row| if is_there[row] { ends[row] - start_of(ends, row) as u32 } else { u32::MAX };
                    rows.clone().for_each(|row| bytes.extend(length(row).to_le_bytes()));
                    hasher.update(&bytes);
                    let end = rows.clone().last().map_or(0, |it| ends[it] as usize);
                    hasher.update(texts.get(start_of(ends, rows.start)..end).unwrap_or_default().as_bytes());
                }
                GroupColumn::Int(values) => {
                    for value in &values[rows.clone()] {
                        bytes.extend(value.unwrap_or(i64::MIN).to_le_bytes());
                    }
                    hasher.update(&bytes);
                }
                GroupColumn::Unread => {}
            }
        }
    }

    /// The number of a column in a row.
    pub fn int(&self, column: usize, row: usize) -> Option<i64> {
        match &self.columns[column] {
            GroupColumn::Int(values) => values[row],
            GroupColumn::Text { .. } | GroupColumn::Unread => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_what_was_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let columns = [Column::text("name"), Column::int("n")];
        let mut writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &columns).unwrap();
        let n_rows = GROUP_ROWS + 3;
        for n in 0..n_rows {
            writer.text(0, (n % 3 != 0).then_some("Zoë"));
            writer.int(1, (n % 2 != 0).then_some(n as i64));
            writer.end_row().unwrap();
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
            writer.int(0, Some(n as i64));
            writer.end_row().unwrap();
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
