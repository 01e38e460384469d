//! The review sheet: templates and messages of the database, edited by people and taken back.

use serde_json::Value;

use crate::clients::python;
use crate::scenarios::{SCENARIOS, path};
use crate::world::{Ended, World, texts};

/// All scenarios of the fixtures in the database. Files that no [[scenario]] needs twice are left out.
fn all_scenarios() -> World {
    let world = World::empty();
    let mut plan = "[run]\nname = \"shop\"\n\n[crm]\nurl = \"sqlite:ferry.db\"\n".to_owned();
    // The workbook has the texts of the list beside it.
    for (n, (name, _)) in SCENARIOS.iter().enumerate().filter(|it| it.1.0 != "sms-list/salon.xlsx") {
        plan += &format!("\n[[scenario]]\nname = \"set{n}\"\npath = {:?}\n", path(name));
    }
    world.write("plan.toml", &plan);
    let ran = world.run();
    assert_eq!(ran.code, 3, "{ran:?}");
    world
}

/// Edits at least ten cells of each kind in a workbook, and notes what each cell has to be afterwards.
const EDIT: &str = r#"
import json, sys, openpyxl
book = openpyxl.load_workbook("review.xlsx")
sheet = book["Review"]
head = {it.value: it.column for it in sheet[1]}
edited = {}

def cell(row, name):
    return sheet.cell(row, head[name])

def put(row, name, text, kind=None):
    cell(row, name).value = text
    edited.setdefault(kind or name, []).append(row)

rows = range(2, sheet.max_row + 1)
templates = [it for it in rows if cell(it, "kind").value == "template" and cell(it, "category").value != "AUTHENTICATION"]
messages = [it for it in rows if cell(it, "kind").value == "message"]

def ten(rows, of=lambda it: True):
    found = [it for it in rows if of(it)]
    assert len(found) >= 10, len(found)
    return found[:10]

for n, row in enumerate(ten(templates)):
    put(row, "text", cell(row, "text").value + f"\n\nNo. {n + 1}, mañana 😀!")
for n, row in enumerate(ten(templates[5:], lambda it: not cell(it, "header").value)):
    put(row, "header", f"News {n}")
for n, row in enumerate(ten(templates[10:])):
    put(row, "footer", f"=Shop no. {n}"[1:] if n else "Maison Lune ")
for n, row in enumerate(ten(reversed(templates), lambda it: cell(it, "buttons").value)):
    titles = cell(row, "buttons").value.split("\n")
    put(row, "buttons", "\n".join([f"Choice {n}"] + titles[1:]))
for n, row in enumerate(ten(templates[20:], lambda it: (cell(it, "examples").value or "").startswith("1 = "))):
    lines = cell(row, "examples").value.split("\n")
    put(row, "examples", "\n".join([f"1 = Ana {n}"] + lines[1:]))
for row in ten(templates[3:], lambda it: cell(it, "category").value == "UTILITY"):
    put(row, "category", "MARKETING")
for row in ten(templates[8:]):
    put(row, "name", cell(row, "name").value + "_v2")
regions = {"en": "en_GB", "fr": "fr_CA", "es": "es_MX", "pt_BR": "pt_PT", "de": "de_AT"}
for row in ten(templates[12:], lambda it: cell(it, "language").value in regions):
    put(row, "language", regions[cell(row, "language").value])
for row in ten(templates[15:]) + ten(messages):
    put(row, "decision", "approve")
for row in ten(templates[25:]) + ten(messages[10:]):
    put(row, "decision", "reject", "reject")
for n, row in enumerate(ten(templates[18:]) + ten(messages[5:])):
    put(row, "comment", f"=comment {n}"[1:])
for n, row in enumerate(ten(messages[15:])):
    put(row, "text", f"Texte {n} : à bientôt", "message text")
wanted = {cell(it, "row id").value: {name: cell(it, name).value for name in head} for it in rows}
book.save("review.xlsx")
print(json.dumps({"edited": {kind: len(rows) for kind, rows in edited.items()}, "wanted": wanted}))
"#;

/// The cells of a workbook, by row id.
const READ: &str = r#"
import json, openpyxl
sheet = openpyxl.load_workbook("after.xlsx")["Review"]
head = [it.value for it in sheet[1]]
print(json.dumps({row[0].value: {name: it.value for name, it in zip(head, row)} for row in sheet.iter_rows(min_row=2)}))
"#;

fn in_world(world: &World, script: &str) -> Option<Value> {
    let folder = world.path("").to_str().unwrap().to_owned();
    let script = format!("import os, sys\nos.chdir(sys.argv[1])\n{script}");
    python(&script, &[&folder]).map(|it| serde_json::from_str(&it).unwrap())
}

fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn edits_of_each_kind_change_their_cells_and_nothing_else() {
    let world = all_scenarios();
    let written = world.ferry(&["scenario", "review", "--to", "review.xlsx"]);
    assert_eq!(written.code, 0, "{written:?}");
    let Some(edits) = in_world(&world, EDIT) else { return };
    let taken = world.ferry(&["scenario", "review", "--from", "review.xlsx", "--by", "ana@shop", "--format", "json"]);
    let report = json_of(&taken);
    assert_eq!((taken.code, report["refused"].as_array().unwrap().len()), (0, 0), "{taken:?}");
    for (_, n) in edits["edited"].as_object().unwrap() {
        assert!(n.as_u64().unwrap() >= 10, "{edits}");
    }
    assert_eq!(world.ferry(&["scenario", "review", "--to", "after.xlsx"]).code, 0);
    let after = in_world(&world, READ).unwrap();
    let n_rows = edits["wanted"].as_object().unwrap().len();
    assert_eq!(after.as_object().unwrap().len(), n_rows);
    let mut n_changed = 0;
    for (id, wanted) in edits["wanted"].as_object().unwrap() {
        let after = &after[id];
        for column in ["name", "language", "category", "header", "text", "footer", "buttons", "examples", "comment"] {
            assert_eq!(after[column], wanted[column], "{column} of {id}");
        }
        let state = match wanted["decision"].as_str() {
            Some("approve") => "approved",
            Some("reject") => "rejected",
            _ => "undecided",
        };
        assert_eq!(after["state"], state, "{id}");
        let by = if state == "undecided" { Value::Null } else { "ana@shop".into() };
        assert_eq!(after["decided by"], by, "{id}");
        n_changed += u64::from(after["version"] != wanted["version"]);
    }
    assert_eq!(report["taken"], n_changed);
    assert_eq!(report["unchanged"].as_u64().unwrap() + n_changed, n_rows as u64);
    // The same sheet again says nothing new.
    let again = world.ferry(&["scenario", "review", "--from", "review.xlsx", "--format", "json"]);
    let report = json_of(&again);
    assert_eq!(
        (again.code, &report["taken"], &report["refused"]),
        (0, &0.into(), &Value::Array(Vec::new())),
        "{again:?}"
    );
}

/// Two notices, and a talk with two messages.
pub(crate) fn shop() -> World {
    let world = World::empty();
    world.write(
        "plan.toml",
        "[run]\nname = \"shop\"\n\n[crm]\nurl = \"sqlite:ferry.db\"\n\n\
        [[scenario]]\nname = \"texts\"\npath = \"texts.csv\"\nowner = \"Ana\"\n\n\
        [[scenario]]\nname = \"talk\"\npath = \"talk.json\"\nlanguage = \"en\"\n",
    );
    world.write("texts.csv", TEXTS);
    world.write(
        "talk.json",
        r#"{ "scenarios": [{
            "id": "talk", "intent": "talk", "language": "en", "purpose": "conversation", "slots": [{ "name": "city" }],
            "trigger": { "type": "message" }, "start": "hello", "steps": [
              { "id": "hello", "type": "question", "text": "Where do you live?", "slot": "city", "next": "thanks" },
              { "id": "thanks", "type": "message", "text": "We come to {{city}} tomorrow." }]
        }] }"#,
    );
    let ran = world.run();
    assert_eq!(ran.code, 0, "{ran:?}");
    world
}

const TEXTS: &str = "name,text\n\
    ready,Your order [order] is ready to be picked up in our shop.\n\
    late,Your order [order] is late and arrives on [date] at your address.\n";

/// Writes a sheet, changes cells of its rows by the beginning of their ids, and takes it back.
fn reviewed(world: &World, edits: &[(&str, &str, &str)], arguments: &[&str]) -> Ended {
    let to = ["scenario", "review", "--to", "review.csv"];
    let written = world.ferry(&to);
    assert_eq!(written.code, 0, "{written:?}");
    edit(world, edits);
    let ended = world.ferry(&[&["scenario", "review", "--from", "review.csv"], arguments].concat());
    std::fs::rename(world.path("review.csv"), world.path("last.csv")).unwrap();
    ended
}

pub(crate) fn edit(world: &World, edits: &[(&str, &str, &str)]) {
    let mut cells = cells(world, "review.csv");
    for (id, column, text) in edits {
        let column = cells[0].iter().position(|it| it == column).unwrap();
        let row = cells.iter_mut().find(|it| it[0].starts_with(id)).unwrap();
        (*text).clone_into(&mut row[column]);
    }
    let mut writer = csv::Writer::from_path(world.path("review.csv")).unwrap();
    cells.iter().for_each(|it| writer.write_record(it).unwrap());
    writer.flush().unwrap();
}

fn cells(world: &World, file: &str) -> Vec<Vec<String>> {
    let text = world.read(file);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// A cell of a new sheet.
fn cell(world: &World, id: &str, column: &str) -> String {
    assert_eq!(world.ferry(&["scenario", "review", "--to", "now.csv"]).code, 0);
    let cells = cells(world, "now.csv");
    let column = cells[0].iter().position(|it| it == column).unwrap();
    cells.iter().find(|it| it[0].starts_with(id)).unwrap()[column].clone()
}

#[test]
fn a_row_with_an_error_is_refused_with_the_reason_and_the_others_are_taken() {
    let world = shop();
    let ended = reviewed(
        &world,
        &[
            ("template late", "text", "Your order {{1}} is late and arrives on {{2}} with {{3}} at your address."),
            ("template late", "examples", "1 = A7\n2 = 12 May\n3 = Ben"),
            ("template ready", "footer", "Example Shop"),
            ("template ready", "decision", "approve"),
            ("message talk en thanks", "text", "We come to {{town}} tomorrow."),
            ("message talk en hello", "decision", "yes"),
        ],
        &["--by", "Ana"],
    );
    assert_eq!(ended.code, 3, "{ended:?}");
    expect_test::expect![[r#"
        1 approved, 0 rejected, 1 edited, 0 unchanged, 3 refused
        refused, and nothing of these rows was taken:
          row 2 (message talk en hello 0): “yes” is no decision: choose one of “approve”, “approve proposed”, “reject”, “undecide”, or leave it empty
          row 3 (message talk en thanks 0): text has {{town}}, and the scenario has no slot of this name: it has city
          row 4 (template late en): text has {{3}}, and the flow fills only {{1}}, {{2}}: a new value is added in the source of the scenario
    "#]].assert_eq(&ended.out);
    assert_eq!(cell(&world, "template ready", "footer"), "Example Shop");
    assert_eq!(cell(&world, "template ready", "decided by"), "Ana");
    assert_eq!(cell(&world, "template late", "state"), "undecided");
}

#[test]
fn a_template_does_not_take_the_name_of_another() {
    let world = shop();
    let edits = [("template late", "name", "ready"), ("template ready", "comment", "good")];
    let ended = reviewed(&world, &edits, &[]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(
        ended.out.contains("the name ready in en would be that of template ready en: choose another one"),
        "{ended:?}"
    );
    // Two templates can exchange their names.
    let edits = [("template late", "name", "ready"), ("template ready", "name", "late")];
    let ended = reviewed(&world, &edits, &[]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(cell(&world, "template late", "name"), "ready");
    // If one of them is refused, so is the other.
    let edits =
        [("template late", "name", "late"), ("template ready", "name", "ready"), ("template ready", "header", "{{9}}")];
    let ended = reviewed(&world, &edits, &["--format", "json"]);
    assert_eq!((ended.code, json_of(&ended)["refused"].as_array().unwrap().len()), (3, 2), "{ended:?}");
}

#[test]
fn a_dry_run_takes_nothing_and_says_what_it_would() {
    let world = shop();
    let edits = [("template ready", "decision", "approve"), ("template late", "decision", "reject")];
    let ended = reviewed(&world, &edits, &["--dry-run"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("would be: 1 approved, 1 rejected, 0 edited, 2 unchanged, 0 refused\n"), "{ended:?}");
    assert_eq!(cell(&world, "template ready", "state"), "undecided");
}

#[test]
fn a_row_that_somebody_changed_since_is_refused_and_one_without_a_change_is_skipped() {
    let world = shop();
    assert_eq!(world.ferry(&["scenario", "review", "--to", "old.csv"]).code, 0);
    let edits = [("template ready", "footer", "Lune"), ("template late", "decision", "approve")];
    assert_eq!(reviewed(&world, &edits, &[]).code, 0);
    std::fs::rename(world.path("old.csv"), world.path("review.csv")).unwrap();
    let ended = world.ferry(&["scenario", "review", "--from", "review.csv"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("2 rows unchanged and out of date"), "{ended:?}");
    edit(&world, &[("template ready", "footer", "Sol"), ("template late", "footer", "Sol")]);
    let ended = world.ferry(&["scenario", "review", "--from", "review.csv"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("somebody changed the text since: now version 2; write a new sheet"), "{ended:?}");
    assert!(ended.out.contains("somebody decided since: now approved; write a new sheet"), "{ended:?}");
    assert_eq!(cell(&world, "template ready", "footer"), "Lune");
}

#[test]
fn a_later_text_of_the_source_is_proposed_beside_an_edit_and_can_be_approved() {
    let world = shop();
    let edited = "Your order {{1}} waits for you in our shop.";
    let edits = [
        ("template ready", "text", edited),
        ("template ready", "decision", "approve"),
        ("template late", "text", "Your order {{1}} is late: it arrives on {{2}} at your address."),
    ];
    assert_eq!(reviewed(&world, &edits, &[]).code, 0);
    world.write("texts.csv", &TEXTS.replace("to be picked up", "and waits").replace("is late", "is very late"));
    let ran = world.run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(cell(&world, "template ready", "text"), edited);
    assert_eq!(cell(&world, "template ready", "proposed text"), "Your order {{1}} is ready and waits in our shop.");
    assert!(cell(&world, "template ready", "version").starts_with("v2+3 approved "));
    let edits = [("template ready", "decision", "approve proposed"), ("template late", "decision", "approve")];
    let ended = reviewed(&world, &edits, &[]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(cell(&world, "template ready", "text"), "Your order {{1}} is ready and waits in our shop.");
    assert_eq!(cell(&world, "template ready", "proposed text"), "");
    assert_eq!(cell(&world, "template late", "text"), "Your order {{1}} is late: it arrives on {{2}} at your address.");
    assert_eq!(cell(&world, "template late", "proposed text"), "");
    // The sheet of before can be taken again.
    std::fs::rename(world.path("last.csv"), world.path("review.csv")).unwrap();
    let ended = world.ferry(&["scenario", "review", "--from", "review.csv"]);
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn a_sheet_with_edits_that_were_not_taken_is_not_written_over() {
    let world = shop();
    let to = ["scenario", "review", "--to", "review.csv"];
    assert_eq!(world.ferry(&to).code, 0);
    assert_eq!(world.ferry(&to).code, 0);
    edit(&world, &[("template ready", "comment", "good")]);
    let ended = world.ferry(&to);
    assert!(
        ended.code == 1 && ended.err.contains("holds edits or decisions that are not in the database"),
        "{ended:?}"
    );
    assert_eq!(world.ferry(&["scenario", "review", "--from", "review.csv"]).code, 0);
    assert_eq!(world.ferry(&to).code, 0);
    for (to, why) in
        [("review.ods", "end it in .xlsx or .csv"), ("texts.csv", "is a file that [[scenario]] texts reads")]
    {
        let ended = world.ferry(&["scenario", "review", "--to", to]);
        assert!(ended.code != 0 && ended.err.contains(why), "{ended:?}");
    }
}

#[test]
fn a_review_needs_scenarios_in_the_database_and_a_sheet() {
    let world = World::with_sms(b"phone,region,name,last_at\n");
    let ended = world.ferry(&["scenario", "review", "--to", "review.xlsx"]);
    assert!(ended.code == 1 && ended.err.contains("there is no CRM database yet"), "{ended:?}");
    let world = shop();
    let ended = world.ferry(&["scenario", "review"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    world.write("notes.csv", "a,b\n1,2\n");
    let ended = world.ferry(&["scenario", "review", "--from", "notes.csv"]);
    assert!(ended.code == 1 && ended.err.contains("no row has the headers"), "{ended:?}");
    let versions = texts(
        &format!("sqlite:{}", world.path("ferry.db").display()),
        "select name from template_version where version > 1",
    );
    assert_eq!(versions, Vec::<String>::new());
}
