//! Sources with many files, archives, spreadsheets and custom profiles: each is read as a whole, or refused as a whole
//! with a reason and with little memory.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::world::{FERRY, World, ended};

const ANA: &str = "phone,name\n+33199000001,Ana\n";

/// A world with one source: this file, read by these columns.
fn with_file(name: &str, bytes: &[u8]) -> World {
    let world = World::with_sms(b"");
    fs::write(world.path(name), bytes).unwrap();
    world.replan("path = \"sms.csv\"", &format!("path = \"{name}\""));
    world
}

/// The names of all contacts, and the rejects.
fn people(world: &World) -> Vec<String> {
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
    let name = |line: &str| line.split('|').nth(3).unwrap().to_owned();
    let mut people: Vec<String> = world.contacts().lines().map(name).collect();
    people.sort();
    people.into_iter().chain(world.rejects()).collect()
}

/// The error for refused files, with at most 64 MiB more memory than the program itself needs.
fn refused(world: &World) -> String {
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -v 700000; exec \"$0\" run --run-dir run", FERRY])
        .env("RAYON_NUM_THREADS", "2")
        .env("TOKIO_WORKER_THREADS", "2")
        .current_dir(world.path(""));
    let ended = ended(command.output().unwrap());
    assert_eq!(ended.code, 1, "{ended:?}");
    let home = format!("{}/", world.path("").display().to_string().trim_end_matches('/'));
    let told = ended.err.replace(&home, "");
    told.trim().trim_start_matches("ferry: ").trim_start_matches("could not use source \"sms\": ").to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    packing.write_all(bytes).unwrap();
    packing.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook with one sheet of these rows of XML.
pub(crate) fn xlsx(rows: &[u8]) -> Vec<u8> {
    let content = br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    let roots = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let parts = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let mut sheet = br#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#.to_vec();
    sheet.extend_from_slice(rows);
    sheet.extend_from_slice(b"</sheetData></worksheet>");
    zip(&[
        ("[Content_Types].xml", content),
        ("_rels/.rels", roots),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", parts),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet><table:table table:name="People">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    zip(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())])
}

#[test]
fn the_files_of_a_folder_or_a_pattern_are_one_source_with_the_columns_of_all() {
    let world = World::with_sms(b"");
    fs::create_dir(world.path("days")).unwrap();
    world.write("days/2026-01-02.csv", "name,phone\nBen,+33199000002\n,AMAZON\n");
    world.write("days/2026-01-01.csv", ANA);
    fs::create_dir(world.path("days/2026-more")).unwrap();
    std::os::unix::fs::symlink(world.path("days"), world.path("days/circle")).unwrap();
    fs::write(world.path("days/2026-01-03.csv.gz"), gzip(b"phone;name;more\n+33199000003;Cy;x\n")).unwrap();
    world.write("days/.hidden", "nobody");
    // Files of subfolders belong to the source.
    world.write("days/2026-more/late.csv", "phone,name\n+33199000004,Dea\n");
    for path in ["days", "days/2026-*"] {
        world.replan("path = \"sms.csv\"", &format!("path = \"{path}\""));
        assert_eq!(people(&world), ["Ana", "Ben", "Cy", "Dea", "3 3 E_LETTERS phone"]);
        world.replan(&format!("path = \"{path}\""), "path = \"sms.csv\"");
    }
    let traced = world.ferry(&["trace", "sms:3", "--run-dir", "run"]).out;
    assert!(traced.starts_with("row sms:3 (2026-01-02.csv, line 3): rejected, E_LETTERS"), "{traced}");
    let manifest = world.read("run/manifest.json");
    assert!(manifest.contains("\"name\": \"2026-01-03.csv.gz\""), "{manifest}");

    world.replan("path = \"sms.csv\"", "path = \"days/2027-*\"");
    let gone = world.run();
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("no files found at") && gone.err.contains("days/2027-*"), "{}", gone.err);
}

#[test]
fn a_list_of_bare_numbers_loses_no_first_line() {
    let world = with_file("numbers.txt", b"+33199000001\n+33199000002\n");
    world.replan("phone = \"phone\"\nname = \"name\"", "phone = \"column_1\"");
    assert_eq!(people(&world), ["", ""]);
    world.replan("profile = \"columns\"", "profile = \"columns\"\nheader = true");
    let told = world.run();
    assert!(told.err.contains("has no column \"column_1\": it has \"+33199000001\""), "{}", told.err);
}

#[test]
fn records_of_json_are_rejected_one_by_one() {
    let long = format!("{{\"phone\":\"+33199000009\",\"name\":\"{}\"}}", "x".repeat(70_000));
    let lines = [
        "{\"phone\":\"+33199000001\",\"name\":\"Ana\"}",
        "{\"phone\":33199000002,\"name\":\"Ben\"}",
        "{\"phone\":\"+33199000003\",\"name\":\"Cy\"",
        "not json",
        "{\"phone\":\"+33199000004\",\"phone\":\"+33199000005\"}",
        "{\"phone\":33612345678336120000000,\"name\":\"lost\"}",
        "{\"phone\":3.36e10,\"name\":\"lost\"}",
        "{\"phone\":33199000001.5,\"name\":\"lost\"}",
        "{\"name\":\"nul\\u0000name\",\"phone\":\"+33199000006\"}",
        &long,
        "[1,2]",
    ];
    let world = with_file("people.ndjson", (lines.join("\n") + "\n").as_bytes());
    let rejects = [
        "3 3 E_JSON",
        "4 4 E_JSON",
        "5 5 E_KEY_TWICE",
        "6 6 E_INVALID phone",
        "7 7 E_SCI_NOTATION phone",
        "8 8 E_FLOAT",
        "9 9 E_NUL name",
        "10 10 E_RECORD",
        "11 11 E_EMPTY phone",
    ];
    assert_eq!(people(&world), [&["Ana", "Ben"][..], &rejects].concat());
}

#[test]
fn json_that_ends_early_keeps_what_is_whole_and_says_so() {
    let world = with_file("people.json", b"[{\"phone\":\"+33199000001\",\"name\":\"Ana\"},\n{\"phone\":\"+3319");
    assert_eq!(people(&world), ["Ana", "2 2 E_TRUNCATED"]);
    assert!(world.read("run/report.html").contains("a file ends in the middle of a record"));

    let world = with_file("people.json", b"[{\"phone\":\"+33199000001\",\"name\":\"Ana\"}}\n]");
    assert_eq!(refused(&world), "people.json is not valid JSON from line 1 on: the rest of the file cannot be read");
}

#[test]
fn a_certificate_says_what_the_files_cover_and_what_not_and_is_the_same_every_time() {
    let page = "{\"meta\":{\"total_count\":5,\"next\":\"/v1/Account/MA/Message/?offset=20\"},\"objects\":[\
        {\"message_uuid\":\"a\",\"from_number\":\"33199000***\",\"to_number\":\"33199009999\",\"message_direction\":\"inbound\",\
        \"message_state\":\"delivered\",\"message_time\":\"2026-03-03 10:14:07\"},\
        {\"message_uuid\":\"b\",\"from_number\":\"33199000001\",\"to_number\":\"33199009999\",\"message_direction\":\"inbound\",\
        \"message_state\":\"delivered\",\"message_time\":\"2026-03-01 10:14:07+01:00\"}]}";
    let certificate = |world: &World| {
        assert_eq!(world.run().code, 0);
        let manifest: serde_json::Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
        manifest["sources"][0]["coverage"].clone()
    };
    let worlds = [(); 2].map(|()| {
        let world = with_file("page.json", page.as_bytes());
        world.replan("profile = \"columns\"", "profile = \"plivo-messages-api\"");
        world.replan("[source.columns]\nphone = \"phone\"\nname = \"name\"", "");
        world
    });
    let [first, second] = worlds.each_ref().map(certificate);
    assert_eq!(first, second);
    assert_eq!(
        (&first["claimed"], &first["records"], &first["masked"], &first["zoneless"]),
        (&5.into(), &2.into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&first["first_at"], &first["last_at"]),
        (&"2026-03-01T09:14:07Z".into(), &"2026-03-03T10:14:07Z".into())
    );
    let report = worlds[0].read("run/report.html");
    for finding in [
        "the provider counts 5 records; these files hold 2",
        "the last page names a next one, which is not among these files",
        "the provider keeps 90 days of data: anything older than 3 December 2025 cannot be in this export",
        "1 date has no time zone; it was read as UTC",
    ] {
        assert!(report.contains(finding), "{finding}");
    }

    assert_eq!(worlds[0].ferry(&["audit", "--run-dir", "run"]).code, 0);
    let forged = worlds[0].read("run/manifest.json").replace("\"claimed\": 5", "\"claimed\": 2");
    worlds[0].write("run/manifest.json", &forged);
    let audited = worlds[0].ferry(&["audit", "--run-dir", "run"]);
    assert_eq!(audited.code, 1);
    assert!(audited.out.contains("the coverage report of source sms is not what was signed"), "{}", audited.out);
}

#[test]
fn what_would_unpack_to_too_much_is_refused_in_little_memory() {
    let ratio = "it unpacks to more than 200 times its size; the plan can allow more with limits.ratio";
    let zeros = vec![b'0'; 64 << 20];
    let world = with_file("bomb.csv.gz", &gzip(&zeros));
    assert!(refused(&world).ends_with(ratio), "{}", refused(&world));

    let world = with_file("bomb.zip", &zip(&[("a.csv", ANA.as_bytes()), ("b.csv", &zeros)]));
    assert!(refused(&world).ends_with(ratio), "{}", refused(&world));

    // A sheet of one cell of 64 MiB: 64 KiB packed.
    let mut rows = b"<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>".to_vec();
    rows.extend_from_slice(&zeros);
    rows.extend_from_slice(b"</t></is></c></row>");
    let world = with_file("bomb.xlsx", &xlsx(&rows));
    assert!(refused(&world).ends_with(ratio), "{}", refused(&world));

    let world = with_file("big.csv.gz", &gzip(ANA.repeat(40_000).as_bytes()));
    world.replan("[gates]", "[limits]\nunpacked_gib = 0.001\n[gates]");
    assert!(refused(&world).contains("it unpacks to more than 1073741 bytes"), "{}", refused(&world));
}

#[test]
fn an_archive_that_leads_astray_is_refused_and_nothing_is_written_outside() {
    let nested = zip(&[("inner.zip", &zip(&[("a.csv", ANA.as_bytes())]))]);
    for (name, bytes, error) in [
        ("nested.zip", nested, "the archive nested.zip holds another archive: unpack it first"),
        (
            "nested.csv.gz",
            gzip(&gzip(ANA.as_bytes())),
            "the archive nested.csv.gz holds another archive: unpack it first",
        ),
        (
            "astray.zip",
            zip(&[("../astray.csv", ANA.as_bytes())]),
            "the archive astray.zip holds \"../astray.csv\", which leads out of the archive",
        ),
        (
            "root.zip",
            zip(&[("/etc/astray.csv", ANA.as_bytes())]),
            "the archive root.zip holds \"/etc/astray.csv\", which leads out of the archive",
        ),
        ("empty.zip", zip(&[]), "the archive empty.zip holds no files"),
        ("cut.zip", zip(&[("a.csv", ANA.as_bytes())])[..60].to_vec(), "the archive cut.zip cannot be unpacked"),
    ] {
        let world = with_file(name, &bytes);
        let told = refused(&world);
        assert!(told.starts_with(error), "{told}");
        assert!(!world.path("../astray.csv").exists() && !world.path("astray.csv").exists());
    }
    let whole = gzip(ANA.as_bytes());
    let told = refused(&with_file("cut.csv.gz", &whole[..whole.len() - 6]));
    assert!(told.starts_with("could not read cut.csv.gz: "), "{told}");
}

#[test]
fn a_table_of_too_many_columns_is_refused_in_every_form() {
    let columns = |n: usize| (0..n).map(|it| format!("\"c{it}\":1")).collect::<Vec<_>>().join(",");
    let csv = (0..50_000).map(|it| format!("c{it}")).collect::<Vec<_>>().join(",");
    let sheet = (0..1100).map(|_| "<table:table-cell><text:p>x</text:p></table:table-cell>").collect::<String>();
    for (name, bytes, error) in [
        (
            "wide.csv",
            csv.as_bytes().to_vec(),
            "wide.csv has more than 1000 columns: check its delimiter, or export only the columns that are needed",
        ),
        (
            "wide.ndjson",
            format!("{{{}}}\n", columns(1100)).into_bytes(),
            "wide.ndjson has more than 1000 columns: check its delimiter, or export only the columns that are needed",
        ),
        (
            "wide.ods",
            ods(&format!("<table:table-row>{sheet}</table:table-row>")),
            "the spreadsheet wide.ods has more than 1000 columns",
        ),
        (
            "wide.xlsx",
            xlsx(b"<row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row>"),
            "the spreadsheet wide.xlsx has more than 1000 columns",
        ),
    ] {
        assert_eq!(refused(&with_file(name, &bytes)), error);
    }
}

#[test]
fn a_spreadsheet_gives_whole_numbers_their_digits_and_no_rows_that_are_not_there() {
    let rows = br#"<row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row>
        <row r="3"><c r="A3"><v>33199000001</v></c><c r="B3" t="inlineStr"><is><t>Ana</t></is></c></row>
        <row r="4"><c r="A4"><v>3.3199000002E10</v></c><c r="B4" t="b"><v>1</v></c></row>
        <row r="5"><c r="A5"><v>33612345678336120000000</v></c></row>
        <row r="1048576"><c r="A1048576" t="str"><v>+33199000003</v></c><c r="D1048576"><v>1</v></c></row>"#;
    let world = with_file("people.xlsx", &xlsx(rows));
    assert_eq!(people(&world), ["Ana", "True", "3 5 E_SCI_NOTATION phone", "4 1048576 E_FIELDS"]);

    let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let row = |repeats: u64, cells: &[String]| {
        format!("<table:table-row table:number-rows-repeated=\"{repeats}\">{}</table:table-row>", cells.concat())
    };
    let head = row(1, &[cell("phone"), cell("name")]);
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"33199000001\"><text:p>3,32E+10</text:p></table:table-cell>";
    let end = row(1_048_570, &["<table:table-cell table:number-columns-repeated=\"16384\"/>".to_owned()]);
    let world =
        with_file("people.ods", &ods(&format!("{head}{}{end}", row(1, &[number.to_owned(), cell("A&amp;na &#233;")]))));
    assert_eq!(people(&world), ["A&na é"]);

    let bomb = ods(&format!("{head}{}", row(1_048_570, &[cell("+33199000001"), cell("Ana")])));
    assert_eq!(refused(&with_file("bomb.ods", &bomb)), "the spreadsheet bomb.ods repeats row 2 1048570 times");
}

#[test]
fn a_profile_of_ones_own_stands_in_the_plan_or_in_a_file() {
    let log = "Von,An,Wann,Richtung,Text\n+33199000001,+33199009999,2026-01-02,rein,stop\n+33199009999,+33199000002,2026-01-03,raus,hallo\n";
    let profile = "title = \"our gateway\"\nsignature = [\"Von\", \"An\", \"Wann\", \"Richtung\"]\n\
        columns = { from = \"Von\", to = \"An\", last_at = \"Wann\", direction = \"Richtung\", body = \"Text\" }\n\
        words = { inbound = [\"rein\"], outbound = [\"raus\"] }\n";
    let contacts = "+33199000001|FR|fixed_line||||stop|2026-01-02T00:00:00Z|sms|1|\n\
        +33199000002|FR|fixed_line|||||2026-01-03T00:00:00Z|sms|1|\n";
    let columns = "[source.columns]\nphone = \"phone\"\nname = \"name\"";

    let world = with_file("log.csv", log.as_bytes());
    world.replan("profile = \"columns\"", "profile = \"gateway\"");
    world.replan(columns, &format!("[[profile]]\nname = \"gateway\"\n{profile}"));
    assert_eq!(world.run().code, 0);
    assert_eq!(world.contacts(), contacts);

    let world = with_file("log.csv", log.as_bytes());
    world.write("gateway.toml", profile);
    let told = world.ferry(&["inspect", "log.csv", "--profile", "gateway.toml"]).out;
    assert!(told.contains("our gateway: profile gateway.toml, certain"), "{told}");
    world.replan("profile = \"columns\"", "profile = \"gateway.toml\"");
    world.replan(columns, "");
    assert_eq!(world.run().code, 0);
    assert_eq!(world.contacts(), contacts);

    world.write("gateway.toml", "title = \"x\"\n[columns]\nphon = \"Von\"\n");
    let wrong = world.run();
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("the profile gateway is invalid: [columns] has no field `phon`"), "{}", wrong.err);
    world.replan("profile = \"gateway.toml\"", "profile = \"gatewax\"");
    assert!(world.run().err.contains("unknown profile `gatewax`"));
}

#[test]
fn the_businesss_own_numbers_are_nobody_and_do_not_count_as_bad_data() {
    let log = "From,To,Body,Status,SentDate,Sid,Direction\n+33199009999,+33199009998,x,sent,2026-01-01,SM1,outbound-api\n\
        36789,+33199009999,x,received,2026-01-01,SM2,inbound\n+33199000001,+33199009999,x,received,2026-01-01,SM3,inbound\n";
    let world = with_file("log.csv", log.as_bytes());
    world.replan("[source.columns]\nphone = \"phone\"\nname = \"name\"", "own_numbers = [\"+33 1 99 00 99 98\"]");
    world.replan("profile = \"columns\"", "profile = \"twilio-messages\"");
    world.replan("max_reject_rate = 1.0", "max_reject_rate = 0.0");
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("3 in = 1 kept + 0 merged + 2 rejected"), "{}", ended.out);
    assert_eq!(world.rejects(), ["1 2 E_SELF phone", "2 3 E_NOT_SUBSCRIBER phone"]);
}

/// Runs `ferry suppress` with numbers on standard input.
fn suppress(world: &World, arguments: &[&str], numbers: &str) -> crate::world::Ended {
    let mut command = world.command(&[&["suppress"], arguments].concat());
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(numbers.as_bytes()).unwrap();
    ended(child.wait_with_output().unwrap())
}

#[test]
fn suppressed_people_stay_contacts_and_are_in_no_segment_that_is_written_to() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n01 99 00 00 01,Ana B\n+33199000002,Ben\n");
    world.replan("[gates]", "[verify]\nadapter = \"file\"\npath = \"answers.csv\"\n[gates]");
    world.write("answers.csv", "phone,answer\n+33199000001,registered\n+33199000002,registered\n");
    let segment = |name: &str| {
        world.ferry(&["export", "segment", name, "--exact", "--to", "segment.csv"]);
        let csv = world.read("segment.csv");
        csv.lines().skip(1).map(|it| it.split(',').nth(3).unwrap().to_owned()).collect::<Vec<String>>()
    };
    // Before the first run, and in any spelling.
    assert_eq!(suppress(&world, &[], "01 99 00 00 01\n").out, "1 suppressed; the list holds 1\n");
    assert_eq!(suppress(&world, &[], "+33199000001\n\n").out, "0 suppressed; the list holds 1\n");
    let wrong = suppress(&world, &[], "+33199000002\nnobody\n");
    assert_eq!(wrong.code, 1);
    assert!(!wrong.err.contains("nobody"), "{}", wrong.err);

    assert!(world.run().out.contains("3 in = 2 kept + 1 merged + 0 rejected + 0 suppressed"));
    assert_eq!([segment("ready"), segment("suppressed")], [vec!["Ben".to_owned()], vec!["Ana".to_owned()]]);
    // The suppression applies at once, and can be undone with a reason.
    suppress(&world, &["--number", "+33199000002"], "");
    assert!(segment("ready").is_empty());
    assert_eq!(suppress(&world, &["--remove"], "+33199000002\n").code, 1, "without a reason");
    let removed = suppress(&world, &["--remove", "--reason", "asked by mail"], "+33199000002\n");
    assert_eq!(removed.out, "1 no longer suppressed; the list holds 1\n");
    assert_eq!(segment("ready"), ["Ben"]);
    for artifact in ["run/clean/ledger.parquet", "run/manifest.json"] {
        assert!(!String::from_utf8_lossy(&fs::read(world.path(artifact)).unwrap()).contains("199000001"), "{artifact}");
    }
}

#[test]
fn rows_of_people_on_the_list_of_a_plan_are_counted_and_not_loaded() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n01 99 00 00 01,Ana B\n+33199000002,Ben\n");
    assert_eq!(world.run().code, 0);
    let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "run"]).out;
    let id = traced.lines().next().unwrap().strip_prefix("contact ").unwrap().to_owned();
    world.write("gone.txt", &format!("{id}\n"));
    world.replan("[gates]", "[clean]\nsuppression = \"gone.txt\"\n[gates]");
    assert!(world.run().out.contains("3 in = 1 kept + 0 merged + 0 rejected + 2 suppressed"));
}

#[test]
fn a_plan_is_written_for_the_exports_of_a_folder() {
    let world = World::empty();
    world.write("a.csv", ANA);
    world.write(
        "2026-01-01.ndjson",
        "{\"event\":\"subscribed\",\"timestamp\":1772500100000,\"user\":{\"id\":\"QQ==\"},\"message_token\":1}\n",
    );
    world.write(
        "2026-01-02.ndjson",
        "{\"event\":\"unsubscribed\",\"timestamp\":1772500100000,\"user_id\":\"QQ==\",\"message_token\":2}\n",
    );
    world.write("links.csv", "viber_id,phone\nQQ==,+33199000001\n");
    world.write("photo.png", "\u{89}PNG");
    world.write("orders.csv", "order,total\nA-1,3\n");
    let told = world.ferry(&["init", "--region", "FR"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("plan.toml written, with 3 sources"), "{}", told.out);
    assert!(told.out.contains("orders.csv left out: unknown"), "{}", told.out);
    let plan = world.read("plan.toml");
    assert!(plan.contains("path = \"2026-01-0*.ndjson\""), "{plan}");
    let ran = world.ferry(&["run", "--run-dir", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("4 in = 1 kept + 3 merged + 0 rejected"), "{}", ran.out);
    assert_eq!(world.contacts(), "+33199000001|FR|fixed_line|Ana|||stop|2026-03-03T01:08:20Z|sms+viber|4|\n");
    assert_eq!(world.ferry(&["init"]).code, 1, "a plan is not overwritten");
}

#[test]
fn what_is_odd_about_a_file_and_costs_no_row_stands_in_its_certificate() {
    let rows = "phone,name\n+33199000001,A\"na\nphone,name\n+33199000002,Ben\nTotal: 2,\nSomme\n+33199000003,Cy";
    let world = with_file("joined.csv", rows.as_bytes());
    assert_eq!(people(&world), ["A\"na", "Ben", "Cy", "3 5 E_NOT_A_CONTACT phone", "4 6 E_NOT_A_CONTACT"]);
    let report = world.read("run/report.html");
    for finding in [
        "1 line that repeats the header was skipped",
        "1 row has a quote inside a cell that does not begin with one; it was taken as it is",
        "joined.csv ends without a line break: check that it is complete",
    ] {
        assert!(report.contains(finding), "{finding}");
    }
}

#[test]
fn what_is_no_file_at_all_is_refused_at_once() {
    let world = World::with_sms(b"");
    fs::remove_file(world.path("sms.csv")).unwrap();
    std::os::unix::fs::symlink("sms.csv", world.path("sms.csv")).unwrap();
    assert!(refused(&world).starts_with("could not read sms.csv: "), "{}", refused(&world));
    world.replan("path = \"sms.csv\"", "path = \"/dev/zero\"");
    assert_eq!(refused(&world), "/dev/zero is a pipe, socket or device, not a file");
}
