//! Measures the least time that the parts of a run can take, each alone: reading the records, reading the phone
//! numbers, and loading the rows of a finished run. Prints the seconds of each; `scripts/bench` compares Ferry with them.
//!
//!     floors DATABASE FILE DELIMITER PHONE REGION [FILE DELIMITER PHONE REGION ...]

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use phone::{PhoneNumber, Region};
use rayon::prelude::*;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};

/// The phone and the region of each row.
type Cells = Vec<(String, Option<Region>)>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let database = arguments.next().context("no database")?;
    let arguments: Vec<String> = arguments.collect();
    let files: Vec<&[String]> = arguments.chunks_exact(4).collect();

    let started = Instant::now();
    let n_records: Result<Vec<usize>> = files.par_iter().map(|it| records(it)).collect();
    let records_seconds = started.elapsed().as_secs_f64();
    let n_records: usize = n_records?.into_iter().sum();

    let cells: Result<Vec<Cells>> = files.par_iter().map(|it| cells(it)).collect();
    let cells: Cells = cells?.concat();
    // The automata are built once per country, in the first round.
    let mut phones_seconds = f64::MAX;
    let mut n_valid = 0;
    for _ in 0..2 {
        let started = Instant::now();
        n_valid = cells.par_iter().filter(|(text, region)| PhoneNumber::parse(text, *region).is_ok()).count();
        phones_seconds = phones_seconds.min(started.elapsed().as_secs_f64());
    }
    let load_seconds = load(Path::new(&database))?;
    println!("{records_seconds:.3} {phones_seconds:.3} {load_seconds:.3} {n_records} {n_valid}");
    Ok(())
}

fn reader(file: &[String]) -> Result<csv::Reader<std::fs::File>> {
    let delimiter = *file[1].as_bytes().first().context("no delimiter")?;
    Ok(csv::ReaderBuilder::new().delimiter(delimiter).from_path(&file[0])?)
}

fn records(file: &[String]) -> Result<usize> {
    let (mut reader, mut record, mut n) = (reader(file)?, csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record)? {
        n += 1;
    }
    Ok(n)
}

fn cells(file: &[String]) -> Result<Cells> {
    let mut reader = reader(file)?;
    let header = reader.headers()?.clone();
    let place = |name: &str| header.iter().position(|it| it == name).with_context(|| format!("no column {name}"));
    let (phone, region) = (place(&file[2])?, place(&file[3])?);
    let mut cells = Vec::new();
    for record in reader.records() {
        let record = record?;
        let region = Region::from_name(&record[region]).or_else(|| Region::from_code("FR"));
        cells.push((record[phone].trim_matches(['\'', ' ']).to_owned(), region));
    }
    Ok(cells)
}

/// Measures writing the rows of a loaded database into a new one: from memory, in key order, with one prepared
/// statement per table, in one transaction, with the index built last.
fn load(loaded: &Path) -> Result<f64> {
    let from = Connection::open(loaded)?;
    let tables = ["contact", "consent", "identity"].map(|it| Table::read(&from, it));
    let tables: Vec<Table> = tables.into_iter().collect::<Result<_>>()?;
    let path = loaded.with_file_name("floor.db");
    let left = ["", "-wal", "-shm"].map(|it| path.with_file_name(format!("floor.db{it}")));
    left.iter().for_each(|it| drop(fs::remove_file(it)));
    let into = Connection::open(&path)?;
    into.execute_batch(
        "pragma page_size = 16384; pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -65536; \
            pragma temp_store = memory; pragma threads = 2;",
    )?;
    let started = Instant::now();
    into.execute_batch("begin")?;
    tables.iter().try_for_each(|it| it.write(&into))?;
    into.execute_batch("commit; create unique index contact_e164 on contact (e164) where e164 is not null")?;
    let seconds = started.elapsed().as_secs_f64();
    drop(into);
    left.iter().for_each(|it| drop(fs::remove_file(it)));
    Ok(seconds)
}

/// The rows of a table, in two buffers.
struct Table {
    /// The statement that creates the table.
    made_by: String,
    name: &'static str,
    n_columns: usize,
    cells: Vec<Cell>,
    texts: Vec<u8>,
}

/// A value of a row, or the length of its text.
enum Cell {
    None,
    Int(i64),
    Text(usize),
    Bytes(usize),
}

impl Table {
    fn read(from: &Connection, name: &'static str) -> Result<Self> {
        let made_by = from.query_row("select sql from sqlite_schema where name = ?", [name], |it| it.get(0))?;
        let mut statement = from.prepare(&format!("select * from {name}"))?;
        let n_columns = statement.column_count();
        let mut table = Self { made_by, name, n_columns, cells: Vec::new(), texts: Vec::new() };
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..n_columns {
                table.cells.push(match row.get_ref(column)? {
                    ValueRef::Integer(value) => Cell::Int(value),
                    ValueRef::Text(text) => {
                        table.texts.extend_from_slice(text);
                        Cell::Text(text.len())
                    }
                    ValueRef::Blob(bytes) => {
                        table.texts.extend_from_slice(bytes);
                        Cell::Bytes(bytes.len())
                    }
                    ValueRef::Null | ValueRef::Real(_) => Cell::None,
                });
            }
        }
        Ok(table)
    }

    fn write(&self, into: &Connection) -> Result<()> {
        into.execute_batch(&self.made_by)?;
        let places = vec!["?"; self.n_columns].join(", ");
        let mut statement = into.prepare(&format!("insert into {} values ({places})", self.name))?;
        let mut texts = self.texts.as_slice();
        let mut text = |length| {
            let (text, rest) = texts.split_at(length);
            texts = rest;
            text
        };
        for row in self.cells.chunks_exact(self.n_columns) {
            for (number, cell) in (1..).zip(row) {
                let value = match cell {
                    Cell::None => ValueRef::Null,
                    Cell::Int(value) => ValueRef::Integer(*value),
                    Cell::Text(length) => ValueRef::Text(text(*length)),
                    Cell::Bytes(length) => ValueRef::Blob(text(*length)),
                };
                statement.raw_bind_parameter(number, ToSqlOutput::Borrowed(value))?;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }
}
