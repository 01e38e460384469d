//! What the sentences, hints and commands of a report say is true of the run.

use regex::Regex;

use crate::report::{report_of, six_people, texts, verified, without_code};
use crate::world::World;

/// The texts of the sections with these ids.
fn sections(page: &str, ids: &[&str]) -> String {
    ids.iter().map(|id| texts(page, &format!("<section id=\"{id}\""), "</section>")).collect()
}

#[test]
fn a_run_of_one_person_has_no_plural_in_english_and_no_plural_in_french() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    assert_eq!(world.run().code, 0);
    let page = world.read("run/report.html");
    let english = sections(&page, &["result", "people", "mend", "funnel", "change", "run"]);
    for sentence in
        ["1 row = 1 person + 0 rows merged + 0 rows", "Batches of this run: 1, loaded: 1.", "1 person in the"]
    {
        assert!(english.contains(sentence), "{sentence} {english}");
    }
    assert_eq!(wrong(&english, r"\b1 (people|have|are|rows|records|things|batches)\b"), Vec::<&str>::new());
    world.write("plan.toml", &(world.read("plan.toml") + "\n[report]\nlanguage = \"fr\"\n"));
    assert_eq!(world.ferry(&["run"]).code, 0);
    let page = report_of(&world);
    let french = sections(&page, &["result", "people", "mend", "funnel", "change", "run"]);
    for sentence in
        ["1 ligne = 1 personne + 0 ligne fusionnée + 0 ligne rejetée", "1\u{a0}; chargés\u{a0}: 1.", "1 personne dans"]
    {
        assert!(french.contains(sentence), "{sentence} {french}");
    }
    assert_eq!(wrong(&french, r"\b[01] (personnes|ont|sont|lignes|points|lots|fusionnées)\b"), Vec::<&str>::new());
}

/// The lines that match a pattern.
fn wrong<'a>(text: &'a str, pattern: &str) -> Vec<&'a str> {
    let pattern = Regex::new(pattern).unwrap();
    text.lines().filter(|it| pattern.is_match(it)).collect()
}

#[test]
fn a_french_report_has_a_space_before_each_colon() {
    let world = six_people();
    world.write("sms.csv", &(world.read("sms.csv") + &"12,Nobody,\n".repeat(18) + "+33199000009 ext 4,Gil,\n"));
    world.write("plan.toml", &(world.read("plan.toml") + "\n[report]\nlanguage = \"fr\"\n"));
    assert_eq!(world.run().code, 0);
    let page = without_code(&world.read("run/report.html"));
    assert!(page.contains("sms.csv\u{a0}: 1 cellule avec"), "{page}");
    assert!(page.contains("1 ligne\u{a0}: un numéro de poste"), "{page}");
    assert!(page.contains("sms.csv\u{a0}: aucun contact dans 19 lignes sur 26"), "{page}");
    assert_eq!(wrong(&page, r"[^\x{a0}]: "), Vec::<&str>::new());
}

#[test]
fn people_without_a_phone_number_are_not_to_be_checked_again() {
    let world = verified();
    world.write("viber.csv", "user,name\nviber1,Gil\nviber2,Hal\n");
    let source = "[[source]]\nname = \"viber\"\nchannel = \"viber\"\npath = \"viber.csv\"\nprofile = \"columns\"\n\
                  [source.columns]\nexternal_id = \"user\"\nname = \"name\"\n\n";
    world.replan("[gates]", &format!("{source}[gates]"));
    assert_eq!(world.run().code, 0);
    let page = world.read("run/report.html");
    let first = sections(&page, &["result"]);
    assert!(first.contains("2 have no phone number and cannot be checked"), "{first}");
    let mend = sections(&page, &["mend"]);
    assert!(mend.contains("1 person has no clear answer about WhatsApp\nAsk the verifier again\n"), "{mend}");
}

#[test]
fn no_command_writes_over_a_file_of_the_plan() {
    let world = six_people();
    let people = world.read("sms.csv");
    for name in ["Contacts.csv", "answers.csv"] {
        std::fs::copy(world.path("sms.csv"), world.path(name)).unwrap();
    }
    let other = "[[source]]\nname = \"other\"\nchannel = \"sms\"\npath = \"Contacts.csv\"\nprofile = \"columns\"\n\
                 [source.columns]\nphone = \"phone\"\n\n";
    let segments = ["sms", "vip"].map(|it| format!("[[segment]]\nname = \"{it}\"\nwhere = \"messages >= 0\"\n\n"));
    world.replan("[gates]", &format!("{other}{}[gates]", segments.concat()));
    assert_eq!(world.run().code, 0);
    let page = world.read("run/report.html");
    for command in [
        "ferry export segment sms --to sms-segment.csv<",
        "ferry export segment vip --to vip.csv<",
        "ferry export contacts --to contacts-export.csv<",
    ] {
        assert!(page.contains(command), "{command} {page}");
    }
    assert_eq!(world.ferry(&["export", "segment", "sms", "--to", "sms-segment.csv"]).code, 0);
    assert_eq!(world.read("sms.csv"), people);
}

#[test]
fn the_column_that_a_list_is_said_to_have_is_in_it() {
    let world = six_people();
    world.replan("name = \"name\"\n", "name = \"name\"\nlast_at = \"last_at\"\n");
    world.write(
        "sms.csv",
        "phone,name,consent,last_at\n+33199000001,Ana,yes,2026-01-05\n+33199000002,Ben,,2026-02-05\n",
    );
    assert_eq!(world.ferry(&["run"]).code, 0);
    let page = report_of(&world);
    let said = Regex::new(r"column (\w+)[^<]*<code>ferry ([^<]*)</code>").unwrap();
    let said: Vec<[String; 2]> = said.captures_iter(&page).map(|it| [it[1].to_owned(), it[2].to_owned()]).collect();
    assert_eq!(said.iter().map(|it| it[0].as_str()).collect::<Vec<_>>(), ["channels", "last_at"]);
    for [column, command] in said {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(world.ferry(&words).code, 0, "{command}");
        let list = world.read(words.last().unwrap());
        assert!(list.lines().next().unwrap().split(',').any(|it| it == column), "{command}: {column} in {list}");
    }
}

#[test]
fn a_source_that_has_lost_its_rows_is_something_to_fix() {
    let world = World::with_sms(b"phone,name\n");
    let rows = (1..=20).map(|n| format!("+331990000{n:02},Ana\n")).collect::<String>();
    world.write("sms.csv", &format!("phone,name\n{rows}"));
    assert_eq!(world.ferry(&["run"]).code, 0);
    assert!(!report_of(&world).contains("in the last run"));
    world.write("sms.csv", "phone,name\n");
    assert_eq!(world.ferry(&["run"]).code, 0);
    let page = report_of(&world);
    let mend = sections(&page, &["mend"]);
    assert!(mend.contains("sms.csv: 0 rows in this run, 20 in the last run\nCheck that the file is"), "{mend}");
    let first = sections(&page, &["result"]);
    assert!(first.contains("1 thing\n1 source with far fewer rows than in the last run"), "{first}");
}
