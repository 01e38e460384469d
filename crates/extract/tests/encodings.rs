//! Detects the encoding of short lists, where only the names tell it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use extract::{ExtractError, FileFormat, Settings, SourcePart, probe, read};

/// Lists in the form `encoding|language|name,name,…`.
const LISTS: &str = include_str!("encodings/names.txt");
/// Lists that were written after the rules for guessing, to measure them.
const MORE_LISTS: &str = include_str!("encodings/more_names.txt");

/// The probed file, and its second column.
fn names(bytes: &[u8], settings: &Settings) -> Result<(SourcePart, Vec<String>), ExtractError> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("list.csv");
    std::fs::write(&path, bytes).unwrap();
    let probe = probe(std::slice::from_ref(&path), settings)?;
    let mut names = Vec::new();
    read(&probe, |row| -> Result<(), ExtractError> {
        names.push(row.cells.map_or_else(|it| it.reason.code().to_owned(), |it| it.get(1).to_owned()));
        Ok(())
    })?;
    Ok((probe.parts.into_iter().next().unwrap(), names))
}

fn encoding(part: &SourcePart) -> String {
    match &part.format {
        FileFormat::Csv { encoding, .. } => encoding.name(),
        other => format!("{other:?}"),
    }
}

fn file(names: &[&str], label: &str) -> Vec<u8> {
    let rows = names.iter().enumerate().map(|(n, it)| format!("+33 1 99 00 12 {n:02};{it}\r\n"));
    let text = format!("Phone;Name\r\n{}", rows.collect::<String>());
    let (bytes, _, has_errors) = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(&text);
    assert!(!has_errors, "{text}");
    bytes.into_owned()
}

/// How many lists are read correctly, how many lists there are, and the errors.
fn share(lists: &str) -> (usize, usize, String) {
    let (mut n_right, mut n_lists, mut wrong) = (0, 0, String::new());
    for list in lists.lines() {
        let [label, language, right] = list.split('|').collect::<Vec<_>>().try_into().unwrap();
        let right: Vec<&str> = right.split(',').collect();
        let (part, read) = names(&file(&right, label), &Settings::default()).unwrap();
        n_lists += 1;
        match read == right {
            true => n_right += 1,
            false => wrong += &format!("{label} {language}: {} {}\n", encoding(&part), read.join(", ")),
        }
    }
    (n_right, n_lists, wrong)
}

#[test]
fn short_lists_of_names_in_twelve_encodings_are_read_as_people_write_them() {
    let (n_right, n_lists, wrong) = share(LISTS);
    assert!((n_right, n_lists) == (60, 60), "{n_right} of {n_lists}\n{wrong}");
    let (n_right, n_lists, wrong) = share(MORE_LISTS);
    assert!((n_right, n_lists) == (60, 60), "{n_right} of {n_lists}\n{wrong}");
}

#[test]
fn one_western_name_alone_is_western() {
    for name in [
        "ANDRÉ",
        "FRANÇOIS",
        "NOËL",
        "GARÇON",
        "PEÑA",
        "MÜLLER",
        "WEIß",
        "Zoë",
        "Café du Nord",
        "Nº 5",
        "5 €",
        "l’été",
        "«Ana»",
        "João",
        "Ñ",
        "ÅSA",
        "Chloé",
        "Loïc",
        "Hélène",
        "São Paulo",
        "Inês",
        "GUIMARÃES",
        "Ødegård",
        "Anaïs",
        "Benoît",
        "Íñigo",
        "Käthe",
        "Größe",
        "Thaïs",
        "Raphaël",
    ] {
        let read = names(&file(&[name, "Ben"], "windows-1252"), &Settings::default()).unwrap().1;
        assert_eq!(read, [name, "Ben"]);
    }
}

#[test]
fn two_names_are_enough_in_poland_bulgaria_and_greece() {
    for (label, right) in [
        ("windows-1250", ["Łukasz Wiśniewski", "Żaneta Gołąb"]),
        ("windows-1251", ["Иван Петров", "Мария Димитрова"]),
        ("windows-1253", ["Γιώργος Παπαδόπουλος", "Μαρία Νικολάου"]),
    ] {
        let (part, read) = names(&file(&right, label), &Settings::default()).unwrap();
        assert_eq!((encoding(&part).as_str(), read), (label, right.map(str::to_owned).to_vec()));
    }
}

#[test]
fn a_guess_shows_cells_in_two_readings_and_utf_8_is_none() {
    let (part, read) =
        names(&file(&["Łukasz Wiśniewski", "Żaneta Gołąb", "Ben"], "windows-1250"), &Settings::default()).unwrap();
    assert_eq!(read, ["Łukasz Wiśniewski", "Żaneta Gołąb", "Ben"]);
    let doubt = part.doubt.unwrap();
    assert_eq!(doubt.other.name(), "windows-1252");
    let samples = [("Łukasz Wiśniewski", "£ukasz Wiœniewski"), ("Żaneta Gołąb", "¯aneta Go³¹b")];
    assert_eq!(doubt.samples, samples.map(|(one, other)| (one.to_owned(), other.to_owned())));

    assert_eq!(names(&file(&["Łukasz"], "utf-8"), &Settings::default()).unwrap().0.doubt, None);
    let marked = [b"\xef\xbb\xbf", file(&["Łukasz"], "utf-8").as_slice()].concat();
    assert_eq!(names(&marked, &Settings::default()).unwrap().0.doubt, None);
    let told = Settings { encoding: extract::Encoding::from_label("cp1250").ok(), ..Settings::default() };
    assert_eq!(names(&file(&["Łukasz"], "windows-1250"), &told).unwrap().0.doubt, None);
}

#[test]
fn a_plan_can_name_any_encoding() {
    for (label, name) in [
        ("windows-1251", "Иван"),
        ("koi8-r", "Иван"),
        ("macintosh", "Zoë"),
        ("x-mac-cyrillic", "Иван"),
        ("ibm866", "Иван"),
        ("shift_jis", "ｻﾄｳ"),
        ("big5", "王小明"),
        ("euc-kr", "김민수"),
        ("iso-2022-jp", "佐藤"),
        ("iso-8859-15", "Œ €"),
        ("gb18030", "王伟"),
    ] {
        let settings = Settings { encoding: extract::Encoding::from_label(label).ok(), ..Settings::default() };
        assert_eq!(names(&file(&[name, "Ben"], label), &settings).unwrap().1, [name, "Ben"], "{label}");
    }
}

#[test]
fn a_file_of_utf_8_with_rows_in_another_encoding_stays_utf_8() {
    let mut bytes = file(&["Zoë", "Renée", "Ana"], "utf-8");
    bytes.extend(b"+33 1 99 00 12 07;Ren\xe9e\r\n+33 1 99 00 12 08;Zo\xeb\r\n+33 1 99 00 12 09;Jos\xe9\r\n");
    let (part, read) = names(&bytes, &Settings::default()).unwrap();
    assert_eq!((encoding(&part), part.doubt), ("utf-8".to_owned(), None));
    assert_eq!(read, ["Zoë", "Renée", "Ana", "E_ENCODING", "E_ENCODING", "E_ENCODING"]);
    bytes.extend(b"+33 1 99 00 12 07;G\xfcnther M\xfcller\r\n+33 1 99 00 12 08;Se\xf1or Ib\xe1\xf1ez\r\n");
    bytes.extend(b"+33 1 99 00 12 07;Ang\xe8le C\xf4t\xe9\r\n");
    assert_eq!(encoding(&names(&bytes, &Settings::default()).unwrap().0), "utf-8");
}

#[test]
fn the_bytes_that_tell_the_encoding_may_be_anywhere_in_a_large_file() {
    let plain = "+33 1 99 00 12 34;Ana\r\n".repeat(200_000);
    let cyrillic = file(&["Иван Петров", "Ценка Стоянова"], "windows-1251");
    let bytes = [b"Phone;Name\r\n", plain.as_bytes(), &cyrillic["Phone;Name\r\n".len()..]].concat();
    let (part, read) = names(&bytes, &Settings::default()).unwrap();
    assert_eq!(encoding(&part), "windows-1251");
    assert_eq!(read[200_000..], ["Иван Петров", "Ценка Стоянова"]);
}
