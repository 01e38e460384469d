//! Scenarios in a run: translated, kept in the database, audited.

use crate::world::{World, texts};

const PLAN: &str = r#"[run]
name = "shop"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "phone"

[[scenario]]
name = "texts"
path = "texts.csv"
criticality = "low"
owner = "Marketing"

[[scenario]]
name = "support"
path = "support.json"
language = "en"
"#;

const TEXTS: &str = "name,text\n\
    ready,Your order [order] is ready to be picked up in our shop.\n\
    late,Your order [order] is late and arrives on [date] at your address.\n";

const SUPPORT: &str = r#"{ "scenarios": [{
    "id": "support", "intent": "support", "language": "en", "purpose": "conversation",
    "trigger": { "type": "message" }, "start": "hello", "steps": [
      { "id": "hello", "type": "message", "text": "What is it about?", "choices": [
        { "action": "reply", "title": "My order", "next": "order" },
        { "action": "reply", "title": "Something else", "next": "agent" }] },
      { "id": "order", "type": "message", "text": "We are looking for it." },
      { "id": "agent", "type": "handover", "via": "agent", "text": "A colleague will answer you." }]
}] }"#;

fn world() -> World {
    let world = World::empty();
    world.write("sms.csv", "phone\n01 99 00 00 01\n01 99 00 00 02\n");
    world.write("texts.csv", TEXTS);
    world.write("support.json", SUPPORT);
    world.write("plan.toml", PLAN);
    world
}

fn run_of(world: &World) -> std::path::PathBuf {
    let runs = std::fs::read_dir(world.path("runs")).unwrap().map(|it| it.unwrap().path());
    runs.filter(|it| it.join("manifest.json").is_file()).max().unwrap()
}

fn rows(world: &World, query: &str) -> Vec<String> {
    texts(&format!("sqlite:{}", world.path("ferry.db").display()), query)
}

#[test]
fn one_run_loads_contacts_and_scenarios_and_the_books_close() {
    let world = world();
    let run = world.ferry(&["run"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("scenarios  3 scenarios: 2 templates (2 UTILITY)"), "{run:?}");
    assert!(run.out.contains("items      10 items in = 10 carried + 0 lost + 0 not taken"), "{run:?}");
    assert!(run.out.contains("templates  2 new, 0 changed, 0 unchanged"), "{run:?}");
    assert!(run.out.contains("/translate/review.html"), "{run:?}");

    let scenarios = rows(
        &world,
        "select scenario_id || ' ' || section || ' ' || criticality || ' ' || owner from scenario order by 1",
    );
    assert_eq!(scenarios, ["late texts low Marketing", "ready texts low Marketing", "support support normal "]);
    let templates = rows(&world, "select name || ' ' || current || ' ' || decision from template order by 1");
    assert_eq!(templates, ["late 1 ", "ready 1 "]);
    let receipts = "select batch || ': ' || rows_in || ' = ' || kept || ' + ' || rejected from receipt \
        where stage = 'translate' order by batch";
    assert_eq!(rows(&world, receipts), ["1: 5 = 5 + 0", "2: 5 = 5 + 0"]);

    let audit = world.ferry(&["audit"]);
    assert!(audit.code == 0 && audit.out.contains("3 scenarios: 10 items in = 10 carried"), "{audit:?}");
    let status = world.ferry(&["status"]);
    assert!(status.out.contains("translate done             2 of 2 sections in the database"), "{status:?}");
    let file = run_of(&world).join("translate/order.json");
    let written = std::fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(world.ferry(&["run"]).code, 0);
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), written, "it was translated again");
}

#[test]
fn a_changed_text_is_a_new_version_in_the_same_run_and_no_contact_is_touched() {
    let world = world();
    assert_eq!(world.ferry(&["run"]).code, 0);
    world.write("texts.csv", &TEXTS.replace("picked up in our shop", "picked up at our desk"));
    let run = world.ferry(&["run"]);
    assert!(run.code == 0 && run.out.contains("templates  0 new, 1 changed, 1 unchanged"), "{run:?}");
    assert!(run.out.contains("contacts   0 new, 0 changed, 2 unchanged: nothing changed"), "{run:?}");
    let versions = "select name || ' ' || version || ' ' || origin from template_version order by 1";
    assert_eq!(rows(&world, versions), ["late 1 source", "ready 1 source", "ready 2 source"]);
    let template = std::fs::read_to_string(run_of(&world).join("translate/templates/ready.en.json")).unwrap();
    assert!(template.contains("at our desk"), "{template}");
    assert_eq!(world.ferry(&["audit"]).code, 0);
}

#[test]
fn a_template_that_its_file_no_longer_has_stays_and_is_missing() {
    let world = world();
    assert_eq!(world.ferry(&["run"]).code, 0);
    let without_late = TEXTS.lines().take(2).map(|it| format!("{it}\n")).collect::<String>();
    world.write("texts.csv", &without_late);
    let run = world.ferry(&["run"]);
    assert!(run.out.contains("0 new, 0 changed, 1 unchanged, 1 no longer in the files"), "{run:?}");
    assert_eq!(rows(&world, "select name || is_missing from template order by 1"), ["late1", "ready0"]);
    assert!(!run_of(&world).join("translate/templates/late.en.json").exists());
    assert_eq!(world.ferry(&["audit"]).code, 0);
}

#[test]
fn a_dry_run_tells_what_would_change_and_changes_nothing() {
    let world = world();
    let dry = world.ferry(&["run", "--dry-run"]);
    assert!(dry.code == 0 && dry.out.contains("would keep 2 new, 0 changed, 0 unchanged"), "{dry:?}");
    assert!(!world.path("ferry.db").exists());
    assert_eq!(world.ferry(&["run"]).code, 0);
    world.write("texts.csv", &TEXTS.replace("picked up", "collected"));
    let dry = world.ferry(&["run", "--dry-run"]);
    assert!(dry.out.contains("would keep 0 new, 1 changed, 1 unchanged"), "{dry:?}");
    assert_eq!(rows(&world, "select count(*) || '' from template_version"), ["2"]);
}

#[test]
fn a_scenario_that_two_sections_have_is_taken_once_and_named() {
    let world = world();
    world.write("more.csv", "name,text\nready,Your parcel [parcel] is ready to be picked up at the desk.\n");
    world.write("plan.toml", &format!("{PLAN}\n[[scenario]]\nname = \"more\"\npath = \"more.csv\"\n"));
    let run = world.ferry(&["run"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.out.contains("more: 1 of 1 scenario not translated"), "{run:?}");
    assert!(run.out.contains("12 items in = 10 carried + 0 lost + 2 not taken"), "{run:?}");
    assert!(run.out.contains("exit code 3: 1 scenario not translated"), "{run:?}");
    let body = rows(&world, "select body from template_version where name = 'ready'");
    assert!(body.len() == 1 && body[0].contains("Your order"), "{body:?}");
    assert_eq!(world.ferry(&["audit"]).code, 0);
}

#[test]
fn a_plan_with_scenarios_alone_runs() {
    let world = world();
    let source = &PLAN[PLAN.find("[[source]]").unwrap()..PLAN.find("[[scenario]]").unwrap()];
    world.write("plan.toml", &PLAN.replace(source, ""));
    let run = world.ferry(&["run"]);
    assert!(run.code == 0 && run.out.contains("next       ferry scenario review --to review.xlsx"), "{run:?}");
    assert!(!run.out.contains("can be invited") && !run.out.contains("rows "), "{run:?}");
    assert_eq!(world.ferry(&["audit"]).code, 0);
}

#[test]
fn a_section_can_be_translated_again_alone() {
    let world = world();
    assert_eq!(world.ferry(&["run"]).code, 0);
    let again = world.ferry(&["rerun", "--from", "translate", "--batch", "1"]);
    assert!(again.code == 0 && again.out.contains("templates  0 new, 0 changed, 2 unchanged"), "{again:?}");
    let all = world.ferry(&["rerun", "--from", "translate"]);
    assert_eq!(all.code, 0, "{all:?}");
    let none = world.ferry(&["rerun", "--from", "translate", "--batch", "3"]);
    assert!(none.code == 1 && none.err.contains("the plan has no [[scenario]] 3; it has 2"), "{none:?}");
}

#[test]
fn what_is_changed_behind_the_back_of_a_run_is_found_by_the_audit() {
    let changed = |statement: &str| {
        let world = world();
        assert_eq!(world.ferry(&["run"]).code, 0);
        rows(&world, statement);
        world.ferry(&["audit"])
    };
    let audit =
        changed("update template_version set body = replace(body, 'ready', 'lost') where name = 'ready' returning ''");
    assert!(audit.code == 1 && audit.out.contains("version 1 was changed in the database by hand"), "{audit:?}");
    let audit = changed("delete from scenario where scenario_id = 'support' returning ''");
    assert!(audit.out.contains("scenarios or templates of section support in the database are not"), "{audit:?}");
    let audit = changed("delete from receipt where stage = 'translate' and batch = 2 returning ''");
    assert!(audit.out.contains("translate: batch 2 has no receipt"), "{audit:?}");

    let world = world();
    assert_eq!(world.ferry(&["run"]).code, 0);
    let items = run_of(&world).join("translate/items.csv");
    let text = std::fs::read_to_string(&items).unwrap();
    std::fs::write(&items, text.replacen("carried", "lost", 1)).unwrap();
    let audit = world.ferry(&["audit"]);
    assert!(audit.code == 1 && audit.out.contains("items.csv is missing, or it is not what"), "{audit:?}");
}

#[test]
fn a_file_that_is_missing_or_of_no_known_format_stops_the_run_before_anything_is_loaded() {
    let world = world();
    world.write("plan.toml", &PLAN.replace("path = \"texts.csv\"", "path = \"none.csv\""));
    let run = world.ferry(&["run"]);
    assert!(run.code == 1 && run.err.contains("could not read the scenarios \"texts\""), "{run:?}");
    assert!(!world.path("ferry.db").exists());
    world.write("plan.toml", &PLAN.replace("path = \"texts.csv\"", "path = \"texts.csv\"\nkind = \"csv\""));
    let wrong = world.ferry(&["run"]);
    assert!(wrong.code == 2 && wrong.err.contains("kind is one of"), "{wrong:?}");
    world.write("plan.toml", &PLAN.replace("language = \"en\"", "language = \"klingon\""));
    let klingon = world.ferry(&["run"]);
    assert!(klingon.code == 2 && klingon.err.contains("WhatsApp supports no language \"klingon\""), "{klingon:?}");
    std::fs::create_dir(world.path("empty")).unwrap();
    world.write("plan.toml", &PLAN.replace("texts.csv", "empty"));
    let empty = world.ferry(&["run"]);
    assert!(empty.code == 1 && empty.err.contains("of the scenarios \"texts\" has no files"), "{empty:?}");
    world.write("plan.toml", &PLAN.replace("path = \"texts.csv\"", "path = \"texts.csv\"\nkind = \"csv\""));
    let check = world.ferry(&["check"]);
    assert!(check.code == 2, "{check:?}");
}
