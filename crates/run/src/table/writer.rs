use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use bytes::Bytes;
use model::Digest;
use parquet::basic::{Compression, ConvertedType, Encoding, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};

use crate::batches::BatchDigests;
use crate::column::{Column, Kind};
use crate::group::{Group, Values};
use crate::table::{DIGESTS, Footer, group_rows};
use crate::{Artifact, ArtifactWriter, RunError};

/// Limits the size of a page: 64 KiB stay in the cache of a core while they are encoded, and take less memory than the
/// default of one megabyte.
const PAGE_BYTES: usize = 64 << 10;

/// Writes a table.
///
/// Rows are encoded on a thread of their own while the next ones arrive.
pub struct TableWriter {
    path: PathBuf,
    columns: Vec<Column>,
    /// Rows that wait until the group is full.
    group: Group,
    n_groups: usize,
    n_rows: u64,
    full: SyncSender<Group>,
    /// Groups that were written, to be reused.
    empty: Receiver<Group>,
    /// None if the encoder has failed.
    encoder: Option<JoinHandle<Result<ArtifactWriter, ParquetError>>>,
}

/// The state of the encoder thread.
struct Encoder {
    writer: SerializedFileWriter<ArtifactWriter>,
    batches: Option<(BatchDigests, Sender<Digest>)>,
    passed_on: Option<SyncSender<Arc<Group>>>,
    /// The places of columns of [`Kind::Flag`].
    flags: Vec<usize>,
}

impl TableWriter {
    pub fn create(file: ArtifactWriter, columns: &[Column]) -> Result<Self, RunError> {
        Self::begin(file, columns, None, None)
    }

    /// Creates a table that also digests every `size` rows, and sends each digest when it is known.
    /// [`crate::TableReader::batch_digests`] returns them later without reading the rows.
    pub fn create_with_digests(
        file: ArtifactWriter,
        columns: &[Column],
        size: usize,
    ) -> Result<(Self, Receiver<Digest>), RunError> {
        let (made, digests) = channel();
        Ok((Self::begin(file, columns, Some((BatchDigests::new(size), made)), None)?, digests))
    }

    /// Creates a table that also passes its rows on while they are written, so that they need not be read again.
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
        let properties = columns.iter().fold(WriterProperties::builder(), |properties, it| {
            let path = ColumnPath::from(it.name.as_str());
            match it.kind {
                // Delta encoding uses only as many bits as the differences need; little is left to compress.
                Kind::Int | Kind::Moment => properties
                    .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                    .set_column_compression(path, Compression::UNCOMPRESSED),
                Kind::Text if !it.is_packed => properties.set_column_compression(path, Compression::UNCOMPRESSED),
                Kind::Text | Kind::Flag => properties,
            }
        });
        let properties = properties
            // LZ4 is faster than Snappy, and files grow by a twentieth at most.
            .set_compression(Compression::LZ4_RAW)
            .set_dictionary_enabled(false)
            .set_data_page_size_limit(PAGE_BYTES)
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
            // A column of a group is a few pages, which are always read together.
            .set_offset_index_disabled(true)
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        let flags = (0..columns.len()).filter(|it| columns[*it].kind == Kind::Flag).collect();
        let encoder = Encoder { writer, batches, passed_on, flags };
        let (full, to_write) = sync_channel(0);
        let (written, empty) = channel();
        let encoder = std::thread::spawn(move || encoder.write_all(to_write, written));
        Ok(Self {
            path,
            columns: columns.to_vec(),
            group: Group::with_room(columns, group_rows(0)),
            n_groups: 0,
            n_rows: 0,
            full,
            empty,
            encoder: Some(encoder),
        })
    }

    /// Adds one row, whose cells `fill` sets.
    pub fn row(&mut self, fill: impl FnOnce(&mut Group)) -> Result<(), RunError> {
        fill(&mut self.group);
        self.hand_over_if_full()
    }

    /// Adds rows with the same columns.
    pub fn rows(&mut self, rows: &Group) -> Result<(), RunError> {
        let mut start = 0;
        while start < rows.n_rows {
            let end = rows.n_rows.min(start + group_rows(self.n_groups) - self.group.n_rows);
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
        // The encoder ends when its channel is closed.
        drop(full);
        ended(encoder).map_err(|source| RunError::TableWrite { path, source })?.publish(n_rows)
    }

    fn hand_over_if_full(&mut self) -> Result<(), RunError> {
        if self.group.n_rows < group_rows(self.n_groups) { Ok(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> Result<(), RunError> {
        self.n_rows += self.group.n_rows as u64;
        self.n_groups += 1;
        let new = |_| Group::with_room(&self.columns, group_rows(self.n_groups));
        let next = self.empty.try_recv().unwrap_or_else(new);
        match self.full.send(std::mem::replace(&mut self.group, next)) {
            Ok(()) => Ok(()),
            // A closed channel means that the encoder has failed.
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
                // The receiver may have failed and closed the channel; writing continues.
                let _ = passed_on.send(Arc::clone(&group));
            }
            self.write(&group)?;
            if let Ok(mut group) = Arc::try_unwrap(group) {
                group.clear();
                // After the end of the table, the group is not reused.
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
                    match self.flags.contains(&number) {
                        true => {
                            let there: Vec<bool> = there.into_iter().map(|it| it != 0).collect();
                            column.typed::<BoolType>().write_batch(&there, Some(levels), None)?;
                        }
                        false => {
                            column.typed::<Int64Type>().write_batch(&there, Some(levels), None)?;
                        }
                    }
                }
                Values::Unread => {}
            }
            column.close()?;
        }
        out.close().map(|_| ())
    }
}

/// Sends the digests. If the receiver is closed, they are in the footer only.
fn give(made: &Sender<Digest>, digests: &[Digest]) {
    for digest in digests {
        let _ = made.send(*digest);
    }
}

/// The texts of a column, borrowed from their group without a copy.
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
        let (physical, logical, converted) = match column.kind {
            Kind::Text => (PhysicalType::BYTE_ARRAY, None, ConvertedType::UTF8),
            Kind::Int => (PhysicalType::INT64, None, ConvertedType::NONE),
            Kind::Moment => {
                let utc = LogicalType::timestamp(true, TimeUnit::MICROS);
                (PhysicalType::INT64, Some(utc), ConvertedType::TIMESTAMP_MICROS)
            }
            Kind::Flag => (PhysicalType::BOOLEAN, None, ConvertedType::NONE),
        };
        Type::primitive_type_builder(&column.name, physical)
            .with_logical_type(logical)
            .with_converted_type(converted)
            .with_repetition(Repetition::OPTIONAL)
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("row").with_fields(fields).build()
}
