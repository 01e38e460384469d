//! Files whose words are chosen to do harm: to the terminal, to the plan, to a spreadsheet.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::world::{World, ended};

const HOSTILE: &str = "Ana\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}gpj";

/// The characters that a terminal acts on, or that hide others.
fn is_harmful(it: char) -> bool {
    it.is_control() && it != '\n' || matches!(it, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn no_command_prints_what_a_terminal_acts_on() {
    let header = "phone,name,na\u{1b}[2Jme,consent";
    let world =
        World::with_sms(format!("{header}\n+33199000001,{HOSTILE},x,{HOSTILE}\nx\u{1b}[2J,Ben,y,\n").as_bytes());
    world.replan("name = \"name\"\n", "name = \"name\"\nconsent = \"consent\"\n");
    fs::create_dir(world.path("exports")).unwrap();
    fs::copy(world.path("sms.csv"), world.path("exports/a\u{1b}[2Jb.csv")).unwrap();
    fs::write(world.path("exports/c\u{1b}[2Jd.txt"), "hello\n").unwrap();
    for arguments in [
        &["run", "--run-dir", "run"][..],
        &["status", "--run-dir", "run"],
        &["unreadable", "--run-dir", "run"],
        &["audit", "--run-dir", "run"],
        &["trace", "sms:1", "--run-dir", "run"],
        &["trace", "sms:2", "--run-dir", "run"],
        &["trace", "x\u{1b}[2J", "--run-dir", "run"],
        &["inspect", "sms.csv"],
        &["inspect", "exports"],
        &["inspect", "exports/c\u{1b}[2Jd.txt", "exports/none\u{1b}[2J"],
        &["init", "exports"],
        &["fix", "sms.csv", "--run-dir", "run"],
        &["profiles", "x\u{1b}[2J"],
        &["scenario", "import", "exports/c\u{1b}[2Jd.txt"],
        &["template", "lint", "exports/c\u{1b}[2Jd.txt"],
    ] {
        for format in ["text", "json"] {
            let ended = world.ferry(&[arguments, &["--format", format]].concat());
            assert_ne!(ended.code, 70, "{arguments:?}: {ended:?}");
            for text in [&ended.out, &ended.err] {
                assert!(!text.contains(is_harmful), "{arguments:?} {format}: {text:?}");
            }
        }
    }
    let traced = world.ferry(&["trace", "sms:1", "--run-dir", "run"]).out;
    assert!(traced.contains("na\\u{1b}[2Jme"), "what is hidden is written out: {traced}");
}

#[test]
fn a_cell_with_line_breaks_cannot_look_like_lines_of_ferry() {
    let world = World::with_sms(b"phone,name\n+33199000001,\"Ana\ncontact 0\n  consent yes\"\n");
    world.run();
    let traced = world.ferry(&["trace", "sms:1", "--run-dir", "run"]).out;
    assert!(traced.contains("    name                 Ana\\ncontact 0\\n  consent yes\n"), "{traced}");
}

#[test]
fn names_in_the_database_and_in_exports_have_no_hidden_characters() {
    let world = World::with_sms(format!("phone,name\n+33199000001,{HOSTILE}\n").as_bytes());
    world.run();
    let contacts = world.contacts();
    assert!(contacts.contains("|Ana[2J]0;owned\u{fffd}31mgpj|") && !contacts.contains(is_harmful), "{contacts:?}");
}

#[test]
fn a_file_name_or_a_column_cannot_write_a_section_of_the_plan() {
    let world = World::empty();
    fs::create_dir(world.path("exports")).unwrap();
    let section = "x\n[verify]\nadapter = \"contacts\"\nurl = \"https:evil.example\"\n#";
    fs::write(world.path(&format!("exports/{}.txt", section)), "hello\n").unwrap();
    fs::write(world.path("exports/\"\"\"x\n[gates]\n.csv"), "phone,name\n+33199000001,Ana\n").unwrap();
    let cells = format!("tel,\"nom\r\n[limits]\",\"date \"\"\n{section}\"\n+33199000002,Ben,2026-01-01\n");
    fs::write(world.path("exports/b.csv"), cells).unwrap();

    let ended = world.ferry(&["init", "exports"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let plan: toml::Table = world.read("exports/plan.toml").parse().unwrap();
    let sections: Vec<&str> = plan.keys().map(String::as_str).collect();
    assert_eq!(sections, ["crm", "run", "source"]);
    let dry_run = world.ferry(&["run", "exports/plan.toml", "--dry-run"]);
    assert_eq!(dry_run.code, 0, "{dry_run:?}");
}

/// A list of broken templates on one line, as the Graph API gives it.
fn templates_on_one_line(n_templates: usize) -> String {
    let template = |n| {
        format!(
            r#"{{"name":"Bad Name {n}","language":"fr","category":"UTILITY","components":[{{"type":"BODY","text":"é{n}"}}]}}"#
        )
    };
    format!(r#"{{"data":[{}]}}"#, (0..n_templates).map(template).collect::<Vec<_>>().join(","))
}

#[test]
fn a_finding_in_a_long_line_has_its_column_and_shows_what_is_near() {
    let world = World::empty();
    world.write("t.json", &templates_on_one_line(3_000));
    let ended = world.ferry(&["template", "lint", "t.json"]);
    let text = world.read("t.json");
    let column = text[..text.find("\"Bad Name 2999\"").unwrap()].chars().count() + 1;
    assert!(ended.out.contains(&format!("--> t.json:1:{column}\n")), "column {column}");
    let longest = ended.out.lines().map(str::len).max().unwrap();
    assert!(longest < 4_000, "{longest}");
}

#[test]
fn a_pipe_or_a_device_in_the_place_of_a_small_file_is_refused_at_once() {
    let section = "[verify]\nadapter = \"contacts\"\nurl = \"http://127.0.0.1:1\"\ntoken_file = ";
    for (place, plan) in
        [("key_file", "[identity]\nkey_file = "), ("suppression", "[clean]\nsuppression = "), ("token_file", section)]
    {
        for file in ["a pipe", "/dev/zero"] {
            let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
            pipe(&world, "a pipe");
            world.write("plan.toml", &format!("{}\n{plan}\"{file}\"\n", world.read("plan.toml")));
            let ended =
                ended(world.command(&["run", "--run-dir", "run"]).env_remove("FERRY_CONTACT_KEY").output().unwrap());
            assert!(
                ended.code != 0 && ended.err.contains("it is a pipe, socket or device, not a file"),
                "{place}: {ended:?}"
            );
        }
    }
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    pipe(&world, "a pipe");
    for arguments in [
        &["run", "a pipe"][..],
        &["inspect", "a pipe"],
        &["inspect", "sms.csv", "--profile", "a pipe"],
        &["scenario", "import", "a pipe"],
        &["template", "lint", "/dev/zero"],
    ] {
        let ended = world.ferry(arguments);
        assert!(ended.code != 0 && ended.err.contains("a pipe, socket or device"), "{arguments:?}: {ended:?}");
    }
}

fn pipe(world: &World, name: &str) {
    assert!(std::process::Command::new("mkfifo").arg(world.path(name)).status().unwrap().success());
}

#[test]
fn what_commands_write_is_for_its_owner_and_a_file_that_was_there_keeps_its_mode() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    world.run();
    world.write("texts.txt", "Hello, your order is ready\n");
    world.write("old.csv", "");
    fs::set_permissions(world.path("old.csv"), fs::Permissions::from_mode(0o640)).unwrap();
    for arguments in [
        &["export", "contacts", "--to", "new.csv"][..],
        &["export", "contacts", "--to", "old.csv"],
        &["scenario", "import", "texts.txt", "--to", "scenarios.json"],
        &["scenario", "graph", "texts.txt", "--to", "graph.mmd"],
        &["translate", "texts.txt", "--to", "translated"],
    ] {
        let ended = world.ferry(arguments);
        assert!(ended.code <= 1 && ended.err.is_empty(), "{arguments:?}: {ended:?}");
    }
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    for name in ["new.csv", "scenarios.json", "graph.mmd", "translated/order.json", "translated/findings.ndjson"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(mode("old.csv"), 0o640);
}
