use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use model::Digest;
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};

use crate::batches::BatchDigests;
use crate::group::{Group, Values};
use crate::table::{DIGESTS, Footer};
use crate::{Column, RunError};

/// Reads a table group by group. Several threads can read groups at once.
pub struct TableReader {
    path: PathBuf,
    reader: SerializedFileReader<SharedFile>,
}

/// A file that several threads read at once.
///
/// The `parquet` crate reads a [`File`] through clones of its handle, which share one position, so threads would read
/// each other's bytes.
struct SharedFile(Arc<File>);

/// Reads a [`SharedFile`] at a position of its own.
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
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn open(path: &Path) -> Result<Self, RunError> {
        let file = File::open(path).map_err(RunError::read(path))?;
        let reader = SerializedFileReader::new(SharedFile(Arc::new(file)));
        let reader = reader.map_err(|source| RunError::Table { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), reader })
    }

    /// Opens a table that is read by position: it must have exactly these columns.
    pub fn open_with(path: &Path, columns: &[Column]) -> Result<Self, RunError> {
        let table = Self::open(path)?;
        match table.columns().iter().eq(columns.iter().map(|it| &it.name)) {
            true => Ok(table),
            false => Err(RunError::OtherColumns { path: path.to_owned() }),
        }
    }

    pub fn n_groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    pub fn n_rows(&self) -> u64 {
        u64::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Returns the digests of every `size` rows, if the file was written with them.
    pub fn batch_digests(&self, size: usize) -> Option<Vec<Digest>> {
        let entries = self.reader.metadata().file_metadata().key_value_metadata()?;
        let footer: Footer = serde_json::from_str(entries.iter().find(|it| it.key == DIGESTS)?.value.as_ref()?).ok()?;
        (footer.size == size).then_some(footer.digests)
    }

    /// Computes the digests of every `size` rows of the file.
    pub fn digest_batches(&self, size: usize) -> Result<Vec<Digest>, RunError> {
        let mut batches = BatchDigests::new(size);
        for group in self.groups() {
            batches.add(&group?);
        }
        Ok(batches.finish())
    }

    /// Returns the names of the columns.
    pub fn columns(&self) -> Vec<String> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        schema.columns().iter().map(|it| it.name().to_owned()).collect()
    }

    /// Reads all columns of one group.
    pub fn group(&self, group: usize) -> Result<Group, RunError> {
        self.group_with(group, |_| true)
    }

    /// Reads some columns of one group, by position.
    pub fn group_with(&self, group: usize, is_wanted: impl Fn(usize) -> bool) -> Result<Group, RunError> {
        self.read_group(group, is_wanted).map_err(|source| RunError::Table { path: self.path.clone(), source })
    }

    /// Returns all groups in order.
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
