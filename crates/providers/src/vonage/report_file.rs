//! The file of a report: a zip archive with a CSV file.

use std::io::{Cursor, Read};

use http::CallError;
use serde_json::{Map, Value, json};
use zip::ZipArchive;

/// Unpacked files have at most so many bytes.
const MOST_BYTES: u64 = 512 << 20;

/// Unpacks the records, in the shape of a page of `GET /v2/reports/records`. The file of what came in has other columns
/// than that of what was sent, so they could not follow each other as CSV.
pub(super) fn unpack(archive: &[u8]) -> Result<Vec<u8>, CallError> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| CallError::Malformed)?;
    let mut records = Vec::new();
    for number in 0..archive.len() {
        let member = archive.by_index(number).map_err(|_| CallError::Malformed)?;
        let is_csv = member.name().is_ok_and(|it| it.to_ascii_lowercase().ends_with(".csv"));
        if is_csv {
            let mut csv = Vec::new();
            member.take(MOST_BYTES + 1).read_to_end(&mut csv).map_err(|_| CallError::Malformed)?;
            if csv.len() as u64 > MOST_BYTES {
                return Err(CallError::Malformed);
            }
            read_csv(&csv, &mut records)?;
        }
    }
    serde_json::to_vec(&json!({ "records": records })).map_err(|_| CallError::Malformed)
}

fn read_csv(csv: &[u8], records: &mut Vec<Value>) -> Result<(), CallError> {
    let csv = csv.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(csv);
    let mut reader = csv::Reader::from_reader(csv);
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    let names: Vec<String> = reader.byte_headers().map_err(|_| CallError::Malformed)?.iter().map(text).collect();
    for record in reader.byte_records() {
        let record = record.map_err(|_| CallError::Malformed)?;
        let cells = names.iter().cloned().zip(record.iter().map(|it| Value::String(text(it))));
        records.push(Value::Object(cells.collect::<Map<String, Value>>()));
    }
    Ok(())
}
