//! vCards as phones, mail programs and address books write them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use extract::{ExtractError, Settings, probe, read};
use proptest::prelude::*;

/// The rows of a file: `record line`, then the cells that are not empty, as `NAME=cell`, or the reason.
fn rows_of(bytes: &[u8]) -> Result<Vec<String>, ExtractError> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("contacts.vcf");
    std::fs::write(&path, bytes).unwrap();
    let probe = probe(std::slice::from_ref(&path), &Settings::default())?;
    let mut rows = Vec::new();
    read(&probe, |row| -> Result<(), ExtractError> {
        let cells = match row.cells {
            Ok(cells) => probe
                .columns
                .iter()
                .enumerate()
                .map(|(n, name)| format!("{name}={}", cells.get(n)))
                .filter(|it| !it.ends_with('='))
                .collect::<Vec<_>>()
                .join(" | "),
            Err(unread) => unread.reason.code().to_owned(),
        };
        rows.push(format!("{} {} {cells}", row.record, row.line));
        Ok(())
    })?;
    Ok(rows)
}

fn rows(text: &str) -> Vec<String> {
    rows_of(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

#[test]
fn a_card_gives_a_row_for_each_phone_number() {
    assert_eq!(
        rows(
            "BEGIN:VCARD\nVERSION:3.0\nN:Petit;Ana;;Dr.;\nFN:Dr. Ana Petit\nORG:Petit\\, Fils;Sales\n\
             item1.TEL;type=CELL;type=VOICE;type=pref:+33 1 99 00 00 01\nitem1.X-ABLabel:mobile\n\
             TEL;TYPE=\"work,voice\":+33199000002\nTEL;TYPE=HOME:+33 1 99 00 00 01\n\
             EMAIL;TYPE=INTERNET:ana@example.com\nEMAIL:second@example.com\n\
             ADR;TYPE=HOME:;;1 rue X;Lyon;;69001;France\nBDAY:1980-05-17\nCATEGORIES:vip,new\\, old\nCATEGORIES:shop\n\
             NOTE:one\\ntwo\nUID:a-1\nREV:2026-03-01T10:00:00Z\nEND:VCARD\n"
        ),
        [
            "1 1 FN=Dr. Ana Petit | N.family=Petit | N.given=Ana | TEL=+33 1 99 00 00 01 | TEL.type=cell,voice,pref | EMAIL=ana@example.com | ORG=Petit, Fils, Sales | BDAY=1980-05-17 | CATEGORIES=vip,new, old,shop | NOTE=one\ntwo | UID=a-1 | REV=2026-03-01T10:00:00Z | ADR.country=France",
            "2 1 FN=Dr. Ana Petit | N.family=Petit | N.given=Ana | TEL=+33199000002 | TEL.type=work,voice | EMAIL=ana@example.com | ORG=Petit, Fils, Sales | BDAY=1980-05-17 | CATEGORIES=vip,new, old,shop | NOTE=one\ntwo | UID=a-1 | REV=2026-03-01T10:00:00Z | ADR.country=France",
        ]
    );
}

#[test]
fn version_4_writes_numbers_as_addresses() {
    assert_eq!(
        rows(
            "BEGIN:VCARD\nVERSION:4.0\nFN:Zoë Müller\nTEL;VALUE=uri;PREF=1;TYPE=\"voice,cell\":tel:+33-1-99-00-00-01;ext=12\n\
             TEL;VALUE=uri:tel:0199000002;phone-context=+33\nEMAIL:mailto:zoe@example.com\nLANG;TYPE=home:fr\n\
             UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\nEND:VCARD\n"
        ),
        [
            "1 1 FN=Zoë Müller | TEL=+33-1-99-00-00-01 | TEL.type=voice,cell | EMAIL=zoe@example.com | UID=urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1 | LANG=fr",
            "2 1 FN=Zoë Müller | TEL=tel:0199000002;phone-context=+33 | EMAIL=zoe@example.com | UID=urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1 | LANG=fr",
        ]
    );
}

#[test]
fn version_2_1_of_phones_is_quoted_printable() {
    assert_eq!(
        rows(
            "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=9F=D0=B5=D1=82=D1=80=\n=D0=BE=D0=B2;=D0=98=D0=B2=D0=B0=D0=BD;;;\n\
             FN;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=C8=E2=E0=ED\nTEL;CELL;PREF:+359881234567\n\
             NOTE;QUOTED-PRINTABLE:caf=E9=0D=0Abar\nEND:VCARD\n"
        ),
        ["1 1 FN=Иван | N.family=Петров | N.given=Иван | TEL=+359881234567 | TEL.type=cell | NOTE=café\nbar"]
    );
}

#[test]
fn folded_lines_are_one_and_photos_are_skipped() {
    let photo = "QUJD".repeat(50_000);
    let text = format!(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Ana \n Pe\n\ttit\nPHOTO;ENCODING=b;TYPE=JPEG:{photo}\n {photo}\nTEL:+33199\n 000001\nLOGO;ENCODING=BASE64:\n {photo}\n\nEND:VCARD\n\nbegin:vcard\nVERSION:3.0\nFN:Ben\nEND:VCARD"
    );
    assert_eq!(rows(&text), ["1 1 FN=Ana Petit | TEL=+33199000001", "2 15 FN=Ben"]);
}

#[test]
fn a_card_that_cannot_be_read_costs_itself_only() {
    let ana = "BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nTEL:+33199000001\nEND:VCARD\n";
    let long = format!("BEGIN:VCARD\nFN:Ben\nNOTE:{}\nEND:VCARD\n", "x".repeat(70_000));
    let no_colon = ana.replace("FN:", "FN");
    let group = "BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:All\nMEMBER:urn:uuid:1\nEND:VCARD\n";
    for (text, right) in [
        (format!("BEGIN:VCARD\nFN:Cut\n{ana}"), vec!["1 1 E_TRUNCATED", "2 3 FN=Ana | TEL=+33199000001"]),
        (format!("{ana}BEGIN:VCARD\nFN:Cut\n"), vec!["1 1 FN=Ana | TEL=+33199000001", "2 6 E_TRUNCATED"]),
        (
            format!("{ana}FN:Cut\nTEL:+33199000002\nEND:VCARD\n{ana}"),
            vec!["1 1 FN=Ana | TEL=+33199000001", "2 6 E_TRUNCATED", "3 9 FN=Ana | TEL=+33199000001"],
        ),
        (
            format!("{ana}some words\n\n{ana}"),
            vec!["1 1 FN=Ana | TEL=+33199000001", "2 6 E_NOT_A_CONTACT", "3 8 FN=Ana | TEL=+33199000001"],
        ),
        (format!("{long}{ana}"), vec!["1 1 E_RECORD", "2 5 FN=Ana | TEL=+33199000001"]),
        (no_colon, vec!["1 1 TEL=+33199000001"]),
        (group.to_owned(), vec!["1 1 E_NOT_A_CONTACT"]),
        ("BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n".to_owned(), vec!["1 1 E_NOT_A_CONTACT"]),
    ] {
        assert_eq!(rows(&text), right, "{text:.80}");
    }
}

#[test]
fn cards_in_another_encoding_are_read() {
    let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Иван Петров\r\nTEL:+359881234567\r\nEND:VCARD\r\n";
    let right = ["1 1 FN=Иван Петров | TEL=+359881234567"];
    assert_eq!(rows_of(&encoding_rs::WINDOWS_1251.encode(text).0).unwrap(), right);
    assert_eq!(rows_of(&[b"\xef\xbb\xbf", text.as_bytes()].concat()).unwrap(), right);
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(rows_of(&utf16).unwrap(), right);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic_or_lose_a_card(
        parts in prop::collection::vec(prop::sample::select(vec![
            "BEGIN:VCARD\n", "END:VCARD\n", "VERSION:2.1\n", "FN:A\n", "N;ENCODING=QUOTED-PRINTABLE:=C3=\n", "=A9;=\n", " fold\n", "TEL;",
            "CELL:", "+33199000001\n", ":", ";", "=", "\"", "\\", "\r", "\n", "é", "\u{0}", "item1.", "ADR:;;;;;;X\n", "\u{2028}", ",",
        ]), 0..40)
    ) {
        let text = format!("BEGIN:VCARD\n{}", parts.concat());
        let rows = rows_of(text.as_bytes()).unwrap();
        let n_begun = text.lines().filter(|it| it.trim_matches([' ', '\t', '\r']) == "BEGIN:VCARD").count();
        prop_assert!(rows.len() >= n_begun, "{rows:?}");
    }
}
