//! Lines above a table and blank rows in it, in every format.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;

use extract::{ExtractError, ReadSummary, Settings, SourcePart, probe, read};

struct Read {
    part: SourcePart,
    seen: ReadSummary,
    /// `record line cells`, or the reason in place of the cells.
    rows: Vec<String>,
}

fn read_as(name: &str, bytes: &[u8], settings: &Settings) -> Result<Read, ExtractError> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let probe = probe(std::slice::from_ref(&path), settings)?;
    let mut rows = Vec::new();
    let seen = read(&probe, |row| -> Result<(), ExtractError> {
        let cells = match row.cells {
            Ok(cells) => (0..probe.columns.len()).map(|it| cells.get(it)).collect::<Vec<_>>().join("|"),
            Err(unread) => unread.reason.code().to_owned(),
        };
        rows.push(format!("{} {} {cells}", row.record, row.line));
        Ok(())
    })?;
    Ok(Read { part: probe.parts.into_iter().next().unwrap(), seen: seen.into_iter().next().unwrap(), rows })
}

fn csv(text: &str) -> Read {
    read_as("x.csv", text.as_bytes(), &Settings::default()).unwrap()
}

/// A zip archive of these members.
fn archive(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook with one sheet. Cells are separated by bars; empty cells are left out.
fn xlsx(rows: &[&str]) -> Vec<u8> {
    let row = |(n, cells): (usize, &&str)| {
        let cell = |(column, text): (usize, &str)| {
            let name = char::from(b'A' + u8::try_from(column).unwrap());
            format!("<c r=\"{name}{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", n + 1)
        };
        let cells: String = cells.split('|').enumerate().filter(|it| !it.1.is_empty()).map(cell).collect();
        format!("<row r=\"{}\">{cells}</row>", n + 1)
    };
    let rows: String = rows.iter().enumerate().map(row).collect();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    archive(&[
        (
            "_rels/.rels",
            &format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>")),
    ])
}

fn ods(rows: &[&str]) -> Vec<u8> {
    let row = |cells: &&str| {
        let cells: String = cells
            .split('|')
            .map(|it| match it.is_empty() {
                true => "<table:table-cell/>".to_owned(),
                false => format!("<table:table-cell><text:p>{it}</text:p></table:table-cell>"),
            })
            .collect();
        format!("<table:table-row>{cells}</table:table-row>")
    };
    let rows: String = rows.iter().map(row).collect();
    archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "content.xml",
            &format!(
                "<o:c xmlns:o=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><table:table table:name=\"S\">{rows}</table:table></o:c>"
            ),
        ),
    ])
}

const TITLED: [&str; 6] =
    ["Export clients du 03/03/2026", "", "Nom|Mobile|Ville", "Ana|+33199000001|Lyon", "", "Ben|+33199000002|"];

#[test]
fn a_title_above_the_header_is_skipped_and_counted() {
    let titled = TITLED.join("\r\n").replace('|', ";") + "\r\n";
    for (name, bytes) in [("x.csv", titled.clone().into_bytes()), ("x.xlsx", xlsx(&TITLED)), ("x.ods", ods(&TITLED))] {
        let read = read_as(name, &bytes, &Settings::default()).unwrap();
        assert_eq!(read.part.header, ["Nom", "Mobile", "Ville"], "{name}");
        assert_eq!(read.rows, ["1 4 Ana|+33199000001|Lyon", "2 6 Ben|+33199000002|"], "{name}");
        assert_eq!((read.seen.n_title_lines, read.part.n_title_lines), (1, 1), "{name}");
        assert!(read.part.reading().ends_with(", header in line 3"), "{}", read.part.reading());
    }
}

#[test]
fn the_delimiter_is_that_of_the_table_and_not_of_the_title() {
    let read = csv("Clients, Lyon, Paris\nphone;name\n+33199000001;Ana\n");
    assert_eq!(read.rows, ["1 3 +33199000001|Ana"]);
    let read = csv("sep=;\nListe des clients\nphone;name\n+33199000001;Ana\n");
    assert_eq!((read.rows, read.seen.n_title_lines), (vec!["1 4 +33199000001|Ana".to_owned()], 1));
    let read = csv("sep=;\nphone;name\n+33199000001;Ana\n");
    assert_eq!((read.part.reading().as_str(), read.seen.n_title_lines), ("CSV, utf-8, delimiter ';'", 0));
}

#[test]
fn a_plan_can_say_where_the_header_is() {
    let at = |row| Settings { header_row: Some(row), ..Settings::default() };
    let rows = ["Firma GmbH", "Stand|März|2026|x", "Telefon|Name", "+4915112345678|Ana"];
    let text = rows.join("\n").replace('|', ";");
    for (name, bytes) in [("x.csv", text.clone().into_bytes()), ("x.xlsx", xlsx(&rows)), ("x.ods", ods(&rows))] {
        let read = read_as(name, &bytes, &at(3)).unwrap();
        assert_eq!((read.rows, read.seen.n_title_lines), (vec!["1 4 +4915112345678|Ana".to_owned()], 2), "{name}");
        let error = read_as(name, &bytes, &at(9)).err().unwrap().to_string();
        assert!(error.contains("has no header in line 9"), "{error}");
    }
    let read = read_as("x.csv", b"\n\nphone\n+33199000001\n", &at(3)).unwrap();
    assert_eq!((read.rows, read.seen.n_title_lines), (vec!["1 4 +33199000001".to_owned()], 0));
}

#[test]
fn a_list_of_people_without_a_header_loses_none_of_them_in_any_format() {
    for rows in [
        vec!["+33199000001", "+33199000002"],
        vec!["01 99 00 00 01 Ana", "01 99 00 00 02"],
        vec!["STOP 0199000001", "0199000002"],
        vec!["+33199000001|Ana", "+33199000002|Ben"],
        vec!["0199000001|2026-03-01|", "0199000002||Ben"],
    ] {
        let expected: Vec<String> = (1..).zip(&rows).map(|(n, it)| format!("{n} {n} {it}")).collect();
        let text = rows.join("\n").replace('|', ";");
        for (name, bytes) in [("x.csv", text.clone().into_bytes()), ("x.xlsx", xlsx(&rows)), ("x.ods", ods(&rows))] {
            let read = read_as(name, &bytes, &Settings::default()).unwrap();
            assert_eq!(read.part.header[0], "column_1", "{name} {rows:?}");
            assert_eq!(read.rows, expected, "{name}");
            assert!(!read.part.has_header() && read.part.reading().ends_with(", no header"), "{}", read.part.reading());
        }
    }
}

#[test]
fn a_plan_can_say_that_there_is_no_header() {
    let rows = ["Ana|Lyon", "Ben|Nice"];
    let text = rows.join("\n").replace('|', ";");
    for (name, bytes) in [("x.csv", text.into_bytes()), ("x.xlsx", xlsx(&rows)), ("x.ods", ods(&rows))] {
        let with = |has_header| Settings { has_header: Some(has_header), ..Settings::default() };
        assert_eq!(read_as(name, &bytes, &with(false)).unwrap().rows, ["1 1 Ana|Lyon", "2 2 Ben|Nice"], "{name}");
        assert_eq!(read_as(name, &bytes, &with(true)).unwrap().rows, ["1 2 Ben|Nice"], "{name}");
    }
}

#[test]
fn a_doubtful_first_line_stays_the_header() {
    for (text, rows) in [
        ("name;;\nAna;Smith;Paris\nBen;Doe;Lyon\n", vec!["1 2 Ana|Smith|Paris", "2 3 Ben|Doe|Lyon"]),
        ("Ana\nphone,name\n", vec!["1 2 E_FIELDS"]),
        ("phone\n+33199000001\n", vec!["1 2 +33199000001"]),
    ] {
        let read = csv(text);
        assert_eq!((read.rows, read.seen.n_title_lines), (rows.into_iter().map(str::to_owned).collect(), 0), "{text}");
    }
}

#[test]
fn a_blank_row_is_not_a_person_in_any_format() {
    assert_eq!(
        csv("phone;name;city\n+33199000001;Ana;\n;;\n  ;\u{a0};\"\"\n+33199000002;Ben;\n").rows,
        ["1 2 +33199000001|Ana|", "2 3 E_NOT_A_CONTACT", "3 4 E_NOT_A_CONTACT", "4 5 +33199000002|Ben|"]
    );
    let json = b"{\"phone\":\"+33199000001\"}\n{}\n{\"phone\":null}\n{\"phone\":\"\"}\n{\"phone\":\"+33199000002\"}\n";
    assert_eq!(
        read_as("x.json", json, &Settings::default()).unwrap().rows,
        ["1 1 +33199000001", "2 2 E_NOT_A_CONTACT", "3 3 E_NOT_A_CONTACT", "4 4 E_NOT_A_CONTACT", "5 5 +33199000002"]
    );
    // Blank rows of a sheet are not counted, because formatting may reach down to row 1,048,576.
    let rows = ["phone|name", "+33199000001|Ana", " | ", "", "+33199000002|Ben"];
    for (name, bytes) in [("x.xlsx", xlsx(&rows)), ("x.ods", ods(&rows))] {
        let read = read_as(name, &bytes, &Settings::default()).unwrap();
        assert_eq!(read.rows, ["1 2 +33199000001|Ana", "2 5 +33199000002|Ben"], "{name}");
    }
}

#[test]
fn too_many_columns_are_an_error() {
    let header: Vec<String> = (0..50_000).map(|it| format!("column {it}")).collect();
    for n_columns in [1_001, 50_000] {
        let text = header[..n_columns].join(",") + "\n" + &",".repeat(n_columns - 1) + "\n";
        let error = read_as("x.csv", text.as_bytes(), &Settings::default()).err().unwrap().to_string();
        assert!(error.contains("has more than 1000 columns"), "{error}");
    }
    let open = read_as("x.csv", b"phone,\"name\n+33199000001,Ana\n", &Settings::default()).err().unwrap().to_string();
    assert!(open.contains("has an unclosed quote"), "{open}");
}

#[test]
fn an_office_document_is_named_in_the_error_and_a_folder_of_that_name_is_read() {
    let types = ("[Content_Types].xml", "<Types/>");
    for (members, kind) in [
        (vec![types, ("word/document.xml", "<w/>")], "a Word document"),
        (vec![types, ("ppt/presentation.xml", "<p/>")], "a PowerPoint presentation"),
        (vec![types, ("xl/workbook.bin", "x")], "a binary Excel workbook (XLSB)"),
    ] {
        let error = read_as("x.xlsx", &archive(&members), &Settings::default()).err().unwrap().to_string();
        assert!(error.ends_with(&format!("x.xlsx is {kind}: export it as CSV, JSON, XLSX or ODS first")), "{error}");
    }
    let read = read_as("x.zip", &archive(&[("word/list.csv", "phone\n+33199000001\n")]), &Settings::default());
    assert_eq!(read.unwrap().rows, ["1 2 +33199000001"]);
    let page = b"<html><table><tr><td>phone</td></tr></table></html>";
    let error = read_as("x.xls", page, &Settings::default()).err().unwrap().to_string();
    assert!(error.contains("x.xls is a page of HTML, whatever its name says: export it as CSV"), "{error}");
}
