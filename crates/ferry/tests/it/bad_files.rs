//! Broken and unusual files: each is read, or refused with a reason, and no row is lost.

use std::fs;

use crate::world::World;

/// Reads a file with the columns phone and name; the contacts as `phone name`, then the rejects.
fn read(bytes: &[u8]) -> Vec<String> {
    let world = World::with_sms(bytes);
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
    let contacts = world.contacts();
    let contact = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        format!("{} {}", cells[0], cells[3])
    };
    contacts.lines().map(contact).chain(world.rejects()).collect()
}

/// The error for a refused file, without its folder.
fn refused(prepare: impl Fn(&World)) -> (i32, String) {
    let world = World::with_sms(b"phone,name\n");
    prepare(&world);
    let ended = world.run();
    (ended.code, ended.err.replace(&format!("{}/", world.path("").display().to_string().trim_end_matches('/')), ""))
}

const ANA: &str = "+33199000001 Ana";
const ZOE: &str = "+33199000002 Zoë";

#[test]
fn an_empty_file_and_a_header_alone_are_no_rows_and_no_error() {
    assert_eq!(read(b""), [""; 0]);
    assert_eq!(read(b"\n\r\n\n"), [""; 0]);
    assert_eq!(read(b"phone,name\n"), [""; 0]);
    assert_eq!(read(b"phone,name"), [""; 0]);
}

#[test]
fn every_encoding_gives_the_same_contacts() {
    let text = "phone,name\n+33199000001,Ana\n+33199000002,Zoë\n";
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to_bytes).collect()
    };
    let windows_1252: Vec<u8> = text.chars().map(|it| it as u8).collect();
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        windows_1252,
    ] {
        assert_eq!(read(&bytes), [ANA, ZOE]);
    }
}

#[test]
fn utf_16_without_a_mark_is_refused_with_a_hint_and_read_when_the_plan_says_so() {
    let bytes: Vec<u8> = "phone,name\n+33199000001,Ana\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (code, error) = refused(|world| fs::write(world.path("sms.csv"), &bytes).unwrap());
    assert_eq!(code, 1);
    assert!(
        error.contains("looks like UTF-16 without a byte order mark: set encoding = \"utf-16le\" or \"utf-16be\""),
        "{error}"
    );

    let world = World::with_sms(&bytes);
    world.replan("profile = \"columns\"", "profile = \"columns\"\nencoding = \"utf-16le\"");
    assert_eq!(world.run().code, 0);
    assert_eq!(world.contacts().lines().count(), 1);
}

#[test]
fn a_line_in_another_encoding_is_rejected_alone() {
    let mut bytes = "phone,name\n+33199000002,Zoë\n".as_bytes().to_vec();
    bytes.extend(b"+33199000003,Jos\xe9\n+33199000001,Ana\n");
    assert_eq!(read(&bytes), [ANA, ZOE, "2 3 E_ENCODING"]);
}

#[test]
fn any_delimiter_is_found_out_and_told() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = format!("phone{delimiter}name\n+33199000001{delimiter}Ana\n");
        assert_eq!(read(text.as_bytes()), [ANA], "{delimiter:?}");
    }
    assert_eq!(read(b"sep=;\r\nphone;name\r\n+33199000001;Ana\r\n"), [ANA]);
    let told = World::with_sms(b"\"phone\";\"name\"\n+33199000001;Ana\n").run();
    assert!(told.err.contains("sms: 1 row (CSV, utf-8, delimiter ';')"), "{}", told.err);
}

#[test]
fn every_line_end_ends_a_row_and_a_quoted_one_does_not() {
    assert_eq!(read(b"phone,name\r\n+33199000001,Ana\r+33199000002,\"Zo\xc3\xab\n\"\n\n"), [ANA, ZOE]);
    assert_eq!(read(b"phone,name\n+33199000001,Ana"), [ANA]);
}

#[test]
fn an_unclosed_quote_costs_its_row_and_no_other() {
    assert_eq!(
        read("phone,name\n+33199000003,\"Ben\n+33199000001,Ana\n+33199000002,Zoë\n".as_bytes()),
        [ANA, ZOE, "1 2 E_QUOTE"]
    );
    assert_eq!(read("phone,name\n+33199000003,\"Ben\" x\n+33199000001,Ana\n".as_bytes()), [ANA, "1 2 E_QUOTE"]);
    assert_eq!(read("phone,name\n+33199000001,A\"na\n".as_bytes()), ["+33199000001 A\"na"]);
}

#[test]
fn a_row_with_too_few_or_too_many_fields_is_rejected_alone() {
    assert_eq!(
        read(b"phone,name\n+33199000003\n+33199000001,Ana\n+33199000004,Cy,x\n"),
        [ANA, "1 2 E_FIELDS", "3 4 E_FIELDS"]
    );
    assert_eq!(read(b"phone,name\n+33199000001,Ana\n+3319900"), [ANA, "2 3 E_TRUNCATED"]);
    assert_eq!(read(b"phone,name\n+33199000001,Ana\nphone,name\n"), [ANA]);
}

#[test]
fn a_nul_rejects_its_row_and_an_endless_cell_does_only_where_it_is_a_phone_or_an_id() {
    assert_eq!(read(b"phone,name\n+33199000001,Ana\n+33199000002,a\0b\n"), [ANA, "2 3 E_NUL name"]);
    let long =
        format!("phone,name\n+33199000001,Ana\n+33199000002,{}\n+33199000003,{}\n", "é".repeat(250), "x".repeat(251));
    assert_eq!(read(long.as_bytes())[2], "+33199000003 ", "the name is dropped, and the person stays");
    let long_phone = format!("phone,name\n+33199000001,Ana\n{},Ben\n", "1".repeat(251));
    assert_eq!(read(long_phone.as_bytes()), [ANA, "2 3 E_TOO_LONG phone"]);
    let longer = format!("phone,name\n+33199000002,{}\n+33199000001,Ana\n", "x".repeat(65 << 10));
    assert_eq!(read(longer.as_bytes()), [ANA, "1 2 E_RECORD"]);
}

#[test]
fn rejected_rows_come_back_as_they_came() {
    let world = World::with_sms("phone,name,note\nAMAZON,\"Shop, the\",\"é \"\"q\"\"\"\n+33199000001,\"x\n".as_bytes());
    world.run();
    let mut reader = csv::Reader::from_path(world.path("run/clean/rejects/sms.csv")).unwrap();
    assert_eq!(
        reader.headers().unwrap(),
        &csv::StringRecord::from(vec![
            "phone", "name", "note", "_source", "_record", "_line", "_reason", "_field", "_text"
        ])
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(|it| it.unwrap()).collect();
    assert_eq!(
        rows[0],
        csv::StringRecord::from(vec!["AMAZON", "Shop, the", "é \"q\"", "sms", "1", "2", "E_LETTERS", "phone", ""])
    );
    assert_eq!(rows[1], csv::StringRecord::from(vec!["", "", "", "sms", "2", "3", "E_QUOTE", "", "'+33199000001,\"x"]));
}

#[test]
fn a_line_of_two_gigabytes_is_passed_over_in_constant_memory() {
    let world = World::with_sms(b"");
    // A sparse file: two gigabytes of NUL bytes on one line, and a row after it.
    let mut file = fs::File::create(world.path("sms.csv")).unwrap();
    std::io::Write::write_all(&mut file, b"phone,name\n").unwrap();
    file.set_len(2 << 30).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    std::io::Write::write_all(&mut file, b"\n+33199000001,Ana\n").unwrap();
    world.replan("profile = \"columns\"", "profile = \"columns\"\nencoding = \"utf-8\"");

    // 1 GiB of address space is less than the line.
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -v 1048576; exec \"$0\" run --run-dir run", crate::world::FERRY])
        .current_dir(world.path(""));
    let ended = crate::world::ended(command.output().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(world.rejects(), ["1 2 E_RECORD"]);
    assert!(ended.out.contains("2 in = 1 kept + 0 merged + 1 rejected"), "{}", ended.out);
}

#[test]
fn what_is_not_a_file_of_text_is_refused_by_its_name() {
    let (code, error) = refused(|world| {
        fs::remove_file(world.path("sms.csv")).unwrap();
        fs::create_dir(world.path("sms.csv")).unwrap();
    });
    let hint = "hint: check the path; paths in a plan are relative to its folder\n";
    assert_eq!((code, error), (1, format!("ferry: could not use source \"sms\": no files found at sms.csv\n{hint}")));

    let (code, error) = refused(|world| {
        fs::remove_file(world.path("sms.csv")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(world.path("sms.csv")).status().unwrap().success());
    });
    assert_eq!(
        (code, error.as_str()),
        (1, "ferry: could not use source \"sms\": sms.csv is a pipe, socket or device, not a file\n")
    );

    let (code, error) = refused(|world| world.replan("sms.csv", "gone.csv"));
    let gone = "ferry: could not use source \"sms\": could not read gone.csv: No such file or directory\n";
    assert_eq!((code, error), (1, format!("{gone}{hint}")));

    for (start, kind) in [
        (&b"%PDF-1.7"[..], "a PDF"),
        (b"\xd0\xcf\x11\xe0", "an old Excel spreadsheet"),
        (b"7z\xbc\xaf", "a 7z archive"),
    ] {
        let (code, error) = refused(|world| fs::write(world.path("sms.csv"), start).unwrap());
        assert_eq!(code, 1);
        assert!(error.ends_with(&format!("sms.csv is {kind}: export it as CSV, JSON, XLSX or ODS first\n")), "{error}");
    }
    let (code, error) = refused(|world| fs::write(world.path("sms.csv"), "a,".repeat(1200)).unwrap());
    assert_eq!(code, 1);
    assert!(error.contains("has more than 1000 columns"), "{error}");
}

#[test]
fn a_missing_or_ambiguous_column_is_told_with_the_line_of_the_plan() {
    let (code, error) = refused(|world| world.write("sms.csv", "Phone Number,name\n"));
    assert_eq!(code, 2);
    assert_eq!(
        error,
        "ferry: plan.toml:14: sms.csv has no column \"phone\": it has \"Phone Number\", \"name\"; did you mean \"Phone Number\"? (CSV, utf-8, delimiter ',')\n"
    );

    let (code, error) = refused(|world| world.write("sms.csv", "name,phone,phone\n"));
    assert_eq!(code, 2);
    assert_eq!(
        error,
        "ferry: plan.toml:14: sms.csv has 2 columns named \"phone\": rename all but one (CSV, utf-8, delimiter ',')\n"
    );

    let (code, error) = refused(|world| world.replan("profile = \"columns\"", "profil = \"columns\""));
    assert_eq!(code, 2);
    assert!(
        error.starts_with("ferry: plan.toml:12: unknown field `profil`") && error.contains("did you mean `profile`?"),
        "{error}"
    );
}
