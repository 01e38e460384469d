//! The least that reading the records and the phone numbers of the benchmark's files takes: what `scripts/bench` measures
//! Ferry against. Prints the seconds of each.
//!
//!     floors FILE DELIMITER PHONE REGION [FILE DELIMITER PHONE REGION ...]

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::time::Instant;

use anyhow::{Context, Result};
use model::{PhoneNumber, Region};
use rayon::prelude::*;

/// The phone and the region of each row.
type Cells = Vec<(String, Option<Region>)>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let files: Vec<&[String]> = arguments.chunks_exact(4).collect();

    let started = Instant::now();
    let n_records: Result<Vec<usize>> = files.par_iter().map(|it| records(it)).collect();
    let records_seconds = started.elapsed().as_secs_f64();
    let n_records: usize = n_records?.into_iter().sum();

    let cells: Result<Vec<Cells>> = files.par_iter().map(|it| cells(it)).collect();
    let cells: Cells = cells?.concat();
    // The automata are made once per country, in the first round.
    let mut phones_seconds = f64::MAX;
    let mut n_valid = 0;
    for _ in 0..2 {
        let started = Instant::now();
        n_valid = cells.par_iter().filter(|(text, region)| PhoneNumber::parse(text, *region).is_ok()).count();
        phones_seconds = phones_seconds.min(started.elapsed().as_secs_f64());
    }
    println!("{records_seconds:.3} {phones_seconds:.3} {n_records} {n_valid}");
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
