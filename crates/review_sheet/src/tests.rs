mod decisions;
mod edits;
mod forms;
mod other_programs;
mod refusals;

use crate::{Column, Reading, RowKind, SheetForm, SheetRow, State, read, write};

/// Texts that a program could change by saving them.
pub(super) fn awkward_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "Votre commande {{1}} est prête.",
        "=1+1",
        "+33 1 99 00 12 34",
        "-10 % today",
        "@ana",
        "＝1",
        " =1",
        "\t=1",
        "'=1",
        "''=1",
        "'",
        "'quoted'",
        "  two spaces before",
        "two spaces after  ",
        " ",
        "\nline feed before",
        "line feed after\n",
        "one\ntwo\n\nthree",
        "one\r\ntwo\r\n",
        "one\rtwo",
        "no\u{a0}break\u{a0}",
        "\u{a0}",
        "😀 👨‍👩‍👧 🇫🇷",
        "مرحبا {{1}}، شكرا",
        "\u{200f}שלום\u{200e} abc",
        "tab\there",
        "_x000D_ and _x0041_",
        "control \u{1} character",
        "\u{7f} \u{85} \u{2028} \u{200b}",
        "e\u{301} and é",
        "12",
        "007",
        "1e5",
        "1/2",
        "12.50 €",
        "5 May 2026",
        "TRUE",
        "vrai",
        "{{1}}",
        "a;b,c\t\"d\" “e”",
        "\"",
        "<b>&amp;</b> ]]>",
        "#REF!",
        "{=1}",
        "\u{feff}mark",
        "sep=,",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("é".repeat(1024));
    texts.push("Long lines. ".repeat(300));
    texts.push("😀".repeat(20_000));
    texts
}

/// A template for each awkward text, which is in all its cells.
pub(super) fn awkward_rows() -> Vec<SheetRow> {
    let row = |(n, text): (usize, String)| {
        let row = template(&format!("awkward_{n}"));
        Column::all().filter(|it| !matches!(it, Column::Proposed)).fold(row, |row, it| row.with(it, text.clone()))
    };
    awkward_texts().into_iter().enumerate().map(row).collect()
}

pub(super) fn template(name: &str) -> SheetRow {
    SheetRow::new(RowKind::Template, format!("template {name} fr"), "3", State::Undecided)
        .with(Column::Name, name)
        .with(Column::Language, "fr")
        .with(Column::Category, "UTILITY")
        .with(Column::Header, "Votre commande")
        .with(Column::Text, "Bonjour {{1}}, votre commande est prête.")
        .with(Column::Footer, "Maison Lune")
        .with(Column::Buttons, "Suivre\nAnnuler")
        .with(Column::Examples, "1 = Ana")
        .with(Column::SourceText, "Bonjour [nom], votre commande est prête.")
}

pub(super) fn message(step: &str) -> SheetRow {
    SheetRow::new(RowKind::Message, format!("message help fr {step} 0"), "0f3a99aa88bb", State::Undecided)
        .with(Column::Text, "Que puis-je faire ?")
        .with(Column::SourceText, "Que puis-je faire ?")
}

/// Three templates and a message. One is approved, and one has a proposal.
pub(super) fn rows() -> Vec<SheetRow> {
    let mut approved = template("approved");
    approved.state = State::Approved;
    let mut proposed = template("proposed").with(Column::Proposed, "Bonjour {{1}}, tout est prêt.");
    proposed.version = "3+5".to_owned();
    let approved = approved.with(Column::Comment, "bien").with(Column::DecidedBy, "ana@shop");
    vec![template("plain"), approved, proposed, message("start")]
}

/// The cells of a sheet in CSV.
pub(super) type Cells = Vec<Vec<String>>;

/// Reads the sheet of `before` after `edit` in CSV, against the rows of `now`.
pub(super) fn after(before: &[SheetRow], now: &[SheetRow], edit: impl FnOnce(&mut Cells)) -> Reading {
    let mut cells = cells(&write(before, SheetForm::Csv).unwrap());
    edit(&mut cells);
    read(&csv(&cells, b','), now).unwrap()
}

pub(super) fn cells(bytes: &[u8]) -> Cells {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect()
}

pub(super) fn csv(cells: &Cells, delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(delimiter).from_writer(Vec::new());
    cells.iter().for_each(|it| writer.write_record(it).unwrap());
    writer.into_inner().unwrap()
}

/// Sets the cell of a row, counted from 1 below the headers.
pub(super) fn set(cells: &mut Cells, row: usize, column: Column, text: &str) {
    cells[row][column as usize] = text.to_owned();
}

/// A reading in lines.
pub(super) fn shown(reading: &Reading) -> String {
    let mut lines = Vec::new();
    for it in &reading.changes {
        let mut parts: Vec<String> =
            it.fields.iter().map(|(column, text)| format!("{} {text:?}", column.header())).collect();
        parts.extend(it.decision.map(|it| it.word().to_owned()));
        parts.extend(it.comment.as_ref().map(|it| format!("comment {it:?}")));
        lines.push(format!("{} {} v{}: {}", it.row, it.id, it.seen, parts.join(", ")));
    }
    lines.extend(reading.refused.iter().map(|it| format!("{} {} refused: {}", it.row, it.id, it.why)));
    let Reading { n_unchanged, n_old, n_absent, .. } = reading;
    lines.push(format!("unchanged {n_unchanged}, old {n_old}, absent {n_absent}"));
    lines.join("\n") + "\n"
}

pub(super) fn is_unchanged(reading: &Reading, n_rows: usize) -> bool {
    reading == &Reading { n_unchanged: n_rows as u64, ..Reading::default() }
}
