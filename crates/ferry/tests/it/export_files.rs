//! What `ferry export` writes, and where to.

use std::io::Read;
use std::process::Stdio;

use expect_test::expect;

use crate::clients::python;
use crate::world::{Postgres, World, texts};

const LIST: &str = "\
Prénom,Nom,Mobile,Mail,Ville,Id,Tags,OptIn,Date
Ana,MARTIN,+33199000001,ana@example.com,Lyon,A1,vip;b2b,yes,2026-01-02
Ugo,Thomas,+33199000002,,=Paris,B2,,stop,2026-02-02
,,+33199000003,,n/a,C3,,,
Zoé,,+33199000004,ana@example.com,,,,,2026-03-03
";

const PLAN: &str = r#"
[run]
name = "shop"
default_region = "FR"

[crm]
url = "sqlite:crm.db"

[[source]]
name = "shop"
channel = "sms"
path = "list.csv"
profile = "columns"

[source.columns]
phone = "Mobile"
first_name = "Prénom"
last_name = "Nom"
email = "Mail"
external_id = "Id"
tags = "Tags"
consent = "OptIn"
last_at = "Date"

[source.attributes]
city = "Ville"
"#;

/// A shop's list, loaded.
fn shop() -> World {
    let world = World::empty();
    world.write("plan.toml", PLAN);
    world.write("list.csv", LIST);
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    world
}

/// Standard output of `ferry export contacts --to -` with more arguments.
fn exported(world: &World, arguments: &[&str]) -> String {
    let ended = world.ferry(&[&["export", "contacts", "--to", "-"], arguments].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.out
}

#[test]
fn columns_that_the_plan_names_come_back_with_ids_tags_and_the_parts_of_the_name() {
    let world = shop();
    let mut all = String::new();
    for line in exported(&world, &["--as", "jsonl"]).lines() {
        let contact: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["e164", "name", "first_name", "last_name", "city", "external_ids", "tags", "messages", "sendable"] {
            all += &format!("{} ", contact[key]);
        }
        all += "\n";
    }
    expect![[r#"
        "+33199000003" null null null null ["shop:C3"] [] 0 false 
        "+33199000001" "Ana MARTIN" "Ana" "Martin" "Lyon" ["shop:A1"] ["b2b","vip"] 0 false 
        "+33199000002" "Ugo Thomas" "Ugo" "Thomas" "=Paris" ["shop:B2"] [] 0 false 
        "+33199000004" "Zoé" "Zoé" null null [] [] 0 false 
    "#]]
    .assert_eq(&all);
}

#[test]
fn an_attribute_stays_until_an_import_has_another_value() {
    let world = shop();
    world.write(
        "list.csv",
        &LIST.replace("Ana,MARTIN,+33199000001,ana@example.com,Lyon", ",,+33199000001,,").replace("=Paris", "Nice"),
    );
    let ended = world.run();
    assert!(ended.out.contains("attributes 1"), "{ended:?}");
    let cities: Vec<String> = exported(&world, &["--as", "jsonl"])
        .lines()
        .map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap())
        .map(|it| format!("{} {} {}", it["e164"], it["first_name"], it["city"]))
        .collect();
    assert_eq!(cities[1..3], [r#""+33199000001" "Ana" "Lyon""#, r#""+33199000002" "Ugo" "Nice""#]);
}

#[test]
fn an_attribute_that_the_file_does_not_have_or_that_is_called_like_a_field_is_an_error_of_the_plan() {
    let world = shop();
    world.replan("city = \"Ville\"", "city = \"Vile\"");
    let ended = world.run_in("other", &[]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("Vile") && ended.err.contains("did you mean \"Ville\"?"), "{ended:?}");
    world.replan("city = \"Vile\"", "first_name = \"Ville\"");
    let ended = world.run_in("other", &[]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("attribute \"first_name\": the name of an attribute"), "{ended:?}");
}

#[test]
fn importers_of_other_crms_get_the_columns_that_they_know() {
    let world = shop();
    let shape = |name: &str| {
        let ended = world.ferry(&["export", "contacts", "plan.toml", "--as", name, "--to", "-"]);
        ended.out + &ended.err
    };
    expect![[r#"
        First name,Last name,Email,Mobile phone number,Phone number,WhatsApp phone number,Country/Region,Preferred language,Ferry contact ID,Consent,WhatsApp consent,Ferry segment,city
        +33199000003,,,,+33199000003,,FR,,ID,,,undecided,
        Ana,Martin,ana@example.com,,+33199000001,,FR,,ID,yes,,undecided,Lyon
        Ugo,Thomas,,,+33199000002,,FR,,ID,stop,stop,opted-out,=Paris
        Zoé,,ana@example.com,,+33199000004,,FR,,ID,,,undecided,
        1 contact has no name: the file has its phone number or id as the name
          1 contact has the same e-mail address as another: the importer merges contacts by e-mail
          4 contacts written to standard output
    "#]]
    .assert_eq(&without_ids(&shape("hubspot")));
    expect![[r#"
        FirstName,LastName,Email,MobilePhone,Phone,WhatsApp_Phone__c,Region__c,Language__c,Ferry_Contact_Id__c,Consent__c,WhatsApp_Consent__c,Ferry_Segment__c,city__c
        ,+33199000003,,,+33199000003,,FR,,ID,,,undecided,
        Ana,Martin,ana@example.com,,+33199000001,,FR,,ID,yes,,undecided,Lyon
        Ugo,Thomas,,,+33199000002,,FR,,ID,stop,stop,opted-out,=Paris
        ,Zoé,ana@example.com,,+33199000004,,FR,,ID,,,undecided,
        1 contact has no name: the file has its phone number or id as the name
          4 contacts written to standard output
    "#]].assert_eq(&without_ids(&shape("salesforce")));
    expect![[r#"
        identifier,name,email,phone_number,region,language,consent,whatsapp_consent,segment,first_name,last_name,city
        ID,,,+33199000003,FR,,,,undecided,,,
        ID,Ana MARTIN,ana@example.com,+33199000001,FR,,yes,,undecided,Ana,Martin,Lyon
        ID,Ugo Thomas,,+33199000002,FR,,stop,stop,opted-out,Ugo,Thomas,=Paris
        ID,Zoé,ana@example.com,+33199000004,FR,,,,undecided,Zoé,,
        1 contact has the same e-mail address as another: the importer merges contacts by e-mail
          4 contacts written to standard output
    "#]]
    .assert_eq(&without_ids(&shape("chatwoot")));
}

/// The text without ids of contacts.
fn without_ids(text: &str) -> String {
    let is_id = |it: &str| it.len() == 32 && it.bytes().all(|it| it.is_ascii_hexdigit());
    let line =
        |it: &str| it.split(',').map(|it| if is_id(it) { "ID" } else { it }).collect::<Vec<_>>().join(",") + "\n";
    text.lines().map(line).collect()
}

#[test]
fn a_table_for_analysis_has_types_that_duckdb_and_polars_read() {
    let world = shop();
    let ended = world.ferry(&["export", "contacts", "--to", "all.parquet"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, "4 contacts written to all.parquet\n"), "{ended:?}");
    let script = r#"
import sys, duckdb, polars
print(duckdb.sql(f"select last_at from '{sys.argv[1]}'").types)
rows = duckdb.sql(f"select e164, (last_at at time zone 'UTC')::text, sendable, messages, city from '{sys.argv[1]}' order by e164")
print([str(it) for it in rows.types])
for row in rows.fetchall(): print(*row)
table = polars.read_parquet(sys.argv[1])
print(table.height, table.schema["last_at"], table.schema["sendable"], table["city"].null_count())
"#;
    let Some(said) = python(script, &[&world.path("all.parquet").to_string_lossy()]) else { return };
    expect![[r#"
        [TIMESTAMP WITH TIME ZONE]
        ['VARCHAR', 'VARCHAR', 'BOOLEAN', 'BIGINT', 'VARCHAR']
        +33199000001 2026-01-02 00:00:00 False 0 Lyon
        +33199000002 2026-02-02 00:00:00 False 0 =Paris
        +33199000003 None False 0 None
        +33199000004 2026-03-03 00:00:00 False 0 None
        4 Datetime(time_unit='us', time_zone='UTC') Boolean 2
    "#]]
    .assert_eq(&said);
}

#[test]
fn an_export_that_is_imported_again_changes_nothing_but_the_number_of_rows() {
    let world = shop();
    let columns = |text: &str| -> Vec<String> {
        let kept = |line: csv::StringRecord| {
            let without_rows = line.iter().enumerate().filter(|it| it.0 != 10).map(|it| it.1.to_owned());
            without_rows.collect::<Vec<_>>().join(",")
        };
        csv::Reader::from_reader(text.as_bytes()).records().map(|it| kept(it.unwrap())).collect()
    };
    let before = exported(&world, &["--exact"]);
    world.write("again.csv", &before);
    let (head, source) = PLAN.split_once("[[source]]").unwrap();
    let (_, attributes) = source.split_once("[source.attributes]").unwrap();
    let source =
        "[[source]]\nname = \"again\"\nchannel = \"sms\"\npath = \"again.csv\"\nprofile = \"ferry-contacts\"\n";
    let attributes = attributes.replace("Ville", "city");
    world.write("plan.toml", &format!("{head}{source}[source.attributes]{attributes}"));
    let ended = world.run_in("again", &[]);
    assert!(ended.out.contains("0 new, 4 changed, 0 unchanged\nchanged    rows 4, statements 2\n"), "{ended:?}");
    assert_eq!(columns(&exported(&world, &["--exact"])), columns(&before));
}

#[test]
fn what_is_exported_grants_nothing_elsewhere_and_keeps_back_whom_it_kept_back() {
    let world = shop();
    assert_eq!(world.ferry(&["suppress", "--number", "+33199000003", "--reason", "asked"]).code, 0);
    let wording = "[[wording]]\nname = \"news\"\nversion = \"1\"\nlanguage = \"fr\"\ntext = \"Oui\"\npurposes = [\"marketing\"]\n";
    world.write("plan.toml", &format!("{PLAN}{wording}"));
    world.write("yes.csv", "phone,state,said_at\n+33199000004,yes,2026-05-01\n");
    let arguments = ["consent", "import", "yes.csv", "--channel", "whatsapp", "--wording", "news@1"];
    assert_eq!(world.ferry(&arguments).code, 0);
    let elsewhere = World::empty();
    elsewhere.write("again.csv", &exported(&world, &["--exact"]));
    let source =
        "[[source]]\nname = \"again\"\nchannel = \"sms\"\npath = \"again.csv\"\nprofile = \"ferry-contacts\"\n";
    elsewhere.write("plan.toml", &format!("{}{source}", PLAN.split_once("[[source]]").unwrap().0));
    let ended = elsewhere.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let now = "select e164 || ' ' || channel || ' ' || state from consent_now join contact using (contact_id) \
        where purpose = 'marketing' and channel <> 'viber' order by 1";
    let place = format!("sqlite:{}", elsewhere.path("crm.db").display());
    expect![[r#"
        +33199000001 sms yes
        +33199000002 sms stop
        +33199000002 whatsapp stop
        +33199000003 sms no
        +33199000003 whatsapp no
    "#]]
    .assert_eq(&texts(&place, now).iter().map(|it| format!("{it}\n")).collect::<String>());
}

#[test]
fn bytes_go_through_links_and_pipes_and_a_folder_is_refused() {
    let world = shop();
    std::fs::create_dir(world.path("else")).unwrap();
    std::os::unix::fs::symlink("else/real.csv", world.path("link.csv")).unwrap();
    assert_eq!(world.ferry(&["export", "contacts", "--to", "link.csv"]).code, 0);
    assert!(world.path("link.csv").is_symlink());
    let written = world.read("else/real.csv");
    assert_eq!(written, exported(&world, &[]));
    assert_eq!(world.ferry(&["export", "contacts", "--to", "/dev/stdout"]).out, written);
    let folder = world.ferry(&["export", "contacts", "--to", "else"]);
    assert_eq!((folder.code, folder.err.as_str()), (1, "ferry: else is a folder: name a file\n"));
    let json = world.ferry(&["export", "contacts", "--to", "all.json"]);
    assert!(json.err.contains("there is no export to .json: name a file that ends in .csv, .jsonl or .parquet"));
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let world = World::empty();
    world.write("plan.toml", PLAN);
    let row = |it| format!("Ana,,+331990{it:05},,,,,,\n");
    world
        .write("list.csv", &(LIST.lines().next().unwrap().to_owned() + "\n" + &(0..3000).map(row).collect::<String>()));
    assert_eq!(world.run().code, 0);
    for arguments in
        [["export", "contacts", "--to", "-"].as_slice(), &["completions", "bash"], &["completions", "fish"]]
    {
        let mut child = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn attributes_are_the_same_on_postgresql() {
    let world = shop();
    let Some(postgres) = Postgres::create() else { return };
    let lines = exported(&world, &["--as", "jsonl"]);
    world.replan("sqlite:crm.db", &postgres.url);
    assert_eq!(world.run_in("other", &[]).code, 0);
    assert_eq!(exported(&world, &["--as", "jsonl"]), lines);
}
