//! Files whose words are chosen to do harm: to the terminal, to the plan, to a spreadsheet.

use std::fs;

use crate::world::World;

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
