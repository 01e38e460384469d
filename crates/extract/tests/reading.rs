//! Reading whole files of any bytes: every row comes out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;

use extract::{ExtractError, Settings, probe, read};
use proptest::prelude::*;

/// The rows of a file as text: cells joined by bars, or the reason.
fn rows(bytes: &[u8], settings: &Settings) -> Result<Vec<String>, ExtractError> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.csv");
    fs::write(&path, bytes).unwrap();
    let probe = probe(std::slice::from_ref(&path), settings)?;
    let n_columns = probe.columns.len();
    let mut rows = Vec::new();
    read(&probe, |row| -> Result<(), ExtractError> {
        assert_eq!(row.record, rows.len() as u64 + 1);
        rows.push(match row.cells {
            Ok(cells) => (0..n_columns).map(|it| cells.get(it)).collect::<Vec<_>>().join("|"),
            Err(unreadable) => unreadable.reason.code().to_owned(),
        });
        Ok(())
    })?;
    Ok(rows)
}

#[test]
fn a_file_that_changes_after_the_probe_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.csv");
    fs::write(&path, "a,b\n1,2\n").unwrap();
    let probed = probe(std::slice::from_ref(&path), &Settings::default()).unwrap();
    let reread = || read(&probed, |_| -> Result<(), ExtractError> { Ok(()) }).map(drop);
    assert!(reread().is_ok());
    for text in ["a,b\n1,3\n", "a,b\n1,2\n3,4\n", "a,b\n"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(reread(), Err(ExtractError::Changed { .. })), "{text}");
    }
}

#[test]
fn the_first_line_may_name_the_delimiter() {
    assert_eq!(rows(b"sep=|\na|b\n1|2,3\n", &Settings::default()).unwrap(), ["1|2,3"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_a_csv_writer_writes_is_read_back(
        table in prop::collection::vec(prop::collection::vec("[a-zé\",;\n\r ]{0,6}", 3), 0..20),
        delimiter in prop::sample::select(&b",;\t|"[..]),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["first", "second", "third"]).unwrap();
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let is_blank = |row: &[String]| row.iter().all(|it| it.trim().is_empty());
        let cells = |row: &Vec<String>| if is_blank(row) { "E_NOT_A_CONTACT".to_owned() } else { row.join("|") };
        let expected: Vec<String> = table.iter().map(cells).collect();
        prop_assert_eq!(rows(&writer.into_inner().unwrap(), &Settings::default()).unwrap(), expected);
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_lose_a_line(bytes in prop::collection::vec(
        prop::sample::select(&b"ab,;\"\n\r\t|\x00\xc3\xa9\xff"[..]), 0..200)
    ) {
        if let Ok(rows) = rows(&bytes, &Settings { encoding: Some(extract::Encoding::UTF_8), ..Settings::default() }) {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let n_lines = text.split(|it| matches!(it, b'\n' | b'\r')).filter(|it| !it.is_empty()).count();
            prop_assert!(rows.len() <= n_lines.saturating_sub(1));
        }
    }
}
