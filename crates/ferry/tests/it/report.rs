//! What the report says, and that its commands exist.

use std::collections::BTreeSet;

use expect_test::expect;
use regex::Regex;

use crate::world::{Sandbox, World};

/// The texts of a part of the page, a line each, without days and times.
pub(crate) fn texts(page: &str, from: &str, to: &str) -> String {
    let part = page.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let part = part.split_once('>').unwrap().1;
    let mut texts = Regex::new(r"<[^>]*>").unwrap().replace_all(part, "\n").into_owned();
    for (pattern, with) in [(r"\d{4}-\d\d-\d\d", "DAY"), (r"\d{1,2}(er)? \p{L}+ \d{4}, \d\d:\d\d UTC", "TIME")] {
        texts = Regex::new(pattern).unwrap().replace_all(&texts, with).into_owned();
    }
    let lines = texts.lines().map(str::trim).filter(|it| !it.is_empty());
    lines.map(|it| it.replace("&#39;", "'").replace("&#34;", "\"") + "\n").collect()
}

/// Six people: one has consented to WhatsApp, one has refused, one is unclear.
pub(crate) fn six_people() -> World {
    let world = World::with_sms(
        b"phone,name,consent\n+33199000001,Ana,yes\n+33199000002,Ben,\n+33199000003,Cy,\n\
          +33199000004,Di,stop\n+33199000005,Ed,maybe\n+33199000006,Flo,\n12,Nobody,\n",
    );
    world.replan("name = \"name\"\n", "name = \"name\"\nconsent = \"consent\"\n");
    world.replan("channel = \"sms\"", "channel = \"sms\"\nconsent_channel = \"whatsapp\"");
    world.replan("max_reject_rate = 1.0", "max_reject_rate = 1.0\nmax_unreadable = { consent = 1.0 }");
    world
}

/// The six people, verified by a file: Ana and Ben are on WhatsApp, Cy is not, and nothing is known of Flo.
pub(crate) fn verified() -> World {
    let world = six_people();
    let answers = "phone,answer\n+33199000001,registered\n+33199000002,registered\n+33199000003,not_registered\n";
    world.write("answers.csv", answers);
    world.replan("[gates]", "[verify]\nadapter = \"file\"\npath = \"answers.csv\"\nprice = 0.01\n\n[gates]");
    world
}

#[test]
fn the_first_screen_says_how_many_can_be_invited_who_said_no_and_what_to_mend() {
    let world = verified();
    assert_eq!(world.run().code, 0);
    let page = world.read("run/report.html");
    expect![[r#"
        6 people in the database: 1 to invite to WhatsApp, 1 with consent already, 1 who said no.
        Can be invited
        1
        On WhatsApp, no refusal, no consent to WhatsApp yet
        ferry export segment ready --to ready.csv
        in the file: whatsapp_consent is empty
        Have consented
        1
        On WhatsApp, with consent to WhatsApp: you may write to them
        ferry export segment ready --to ready.csv
        in the file: whatsapp_consent is yes
        Said no
        1
        Refused on at least one channel: do not write to them
        ferry export segment opted-out --to opted-out.csv
        Unclear
        1
        Held back until their data is corrected
        1 with words about consent that Ferry does not know
        ferry export segment unclear --to unclear.csv
        Not on WhatsApp
        1
        They stay on SMS or Viber
        ferry export segment re-engage --to re-engage.csv
        Not known yet
        1
        No answer, an expired answer, or contradictory answers
        ferry export segment undecided --to undecided.csv
        To fix
        3 things
        1 value that could not be read
        1 rejected row that can be corrected
        1 person has no clear answer about WhatsApp
        See all, and how to fix it
        Cost
        0
        No requests were sent in this run
        Run the commands of this page in the folder of the plan.
    "#]]
    .assert_eq(&texts(&page, "<section id=\"result\"", "</section>"));
}

#[test]
fn without_a_verifier_the_first_screen_says_what_is_not_known() {
    let world = six_people();
    assert_eq!(world.run().code, 0);
    let page = world.read("run/report.html");
    expect![[r#"
        6 people in the database, 4 without a refusal or an unclear value. No number has been checked on WhatsApp yet.
        Can be invited
        Not known
        On WhatsApp, no refusal, no consent to WhatsApp yet
        Have consented
        Not known
        1 has consented to WhatsApp, but is not verified yet
        ferry export segment undecided --to undecided.csv
        in the file: whatsapp_consent is yes
        Said no
        1
        Refused on at least one channel: do not write to them
        ferry export segment opted-out --to opted-out.csv
        Unclear
        1
        Held back until their data is corrected
        1 with words about consent that Ferry does not know
        ferry export segment unclear --to unclear.csv
        Not on WhatsApp
        Not known
        They stay on SMS or Viber
        Not known yet
        4
        Not checked on WhatsApp
        ferry export segment undecided --to undecided.csv
        To fix
        2 things
        1 value that could not be read
        1 rejected row that can be corrected
        See all, and how to fix it
        Cost
        0
        Verification is off: the plan has no [verify] section
        Run the commands of this page in the folder of the plan.
    "#]]
    .assert_eq(&texts(&page, "<section id=\"result\"", "</section>"));
    let nobody = World::with_sms(b"phone,name\n");
    assert_eq!(nobody.run().code, 0);
    assert!(nobody.read("run/report.html").contains("The database holds no people."));
}

#[test]
fn the_same_screen_is_in_french_with_french_numbers() {
    let world = verified();
    world.write("plan.toml", &(world.read("plan.toml") + "\n[report]\nlanguage = \"fr\"\n"));
    assert_eq!(world.run().code, 0);
    let page = world.read("run/report.html");
    assert!(page.contains("<html lang=\"fr\">"));
    expect![[r#"
        6 personnes dans la base : 1 à inviter sur WhatsApp, 1 ayant déjà consenti, 1 ayant refusé.
        Peuvent être invitées
        1
        Sur WhatsApp, sans refus et encore sans consentement à WhatsApp
        ferry export segment ready --to ready.csv
        dans le fichier : whatsapp_consent est vide
        Ont consenti
        1
        Sur WhatsApp, avec consentement à WhatsApp : on peut leur écrire
        ferry export segment ready --to ready.csv
        dans le fichier : whatsapp_consent vaut yes
        Ont refusé
        1
        Refus sur au moins un canal : ne jamais leur écrire
        ferry export segment opted-out --to opted-out.csv
        À éclaircir
        1
        Mises en attente tant que leurs données ne sont pas corrigées
        1 avec des mots inconnus sur le consentement
        ferry export segment unclear --to unclear.csv
        Pas sur WhatsApp
        1
        Elles restent sur SMS ou Viber
        ferry export segment re-engage --to re-engage.csv
        Statut encore inconnu
        1
        Sans réponse, réponse expirée ou réponses contradictoires
        ferry export segment undecided --to undecided.csv
        À corriger
        3 points
        1 valeur illisible
        1 ligne rejetée peut être corrigée
        1 personne dont la présence sur WhatsApp est incertaine
        Tout voir, et comment corriger
        Coût
        0
        Aucune requête n’a été envoyée dans cette exécution
        Lancez les commandes de cette page dans le dossier du plan.
    "#]]
    .assert_eq(&texts(&page, "<section id=\"result\"", "</section>"));
}

#[test]
fn a_french_report_has_no_english_left() {
    let sandbox = Sandbox::start(&["missing"]);
    let world = World::demo(&sandbox);
    world.write("plan.toml", &(world.read("plan.toml") + "\n[report]\nlanguage = \"fr\"\n"));
    assert_eq!(world.ferry(&["run"]).code, 0);
    let viber = world.read("viber.csv") + "'+33199000077;FR;dmliZXIzMzE5OTAwMDA3Nw==;Zo;perhaps;soon;vip\n";
    world.write("viber.csv", &viber);
    assert_eq!(world.ferry(&["run"]).code, 0);
    let page = without_code(&report_of(&world));
    let english =
        Regex::new(r"(?i)\b(the|of|and|with|are|is|was|were|people|rows?|files?|none|not|by|each|in)\b").unwrap();
    let left: Vec<&str> = page.lines().filter(|it| english.is_match(it)).collect();
    assert!(page.contains("\u{202f}%"), "a share in the form of the language: {page}");
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
fn every_command_of_a_report_does_what_it_says() {
    let sandbox = Sandbox::start(&["missing"]);
    let world = World::demo(&sandbox);
    world.write("plan.toml", &(world.read("plan.toml") + "\n[[segment]]\nname = \"vip\"\nwhere = \"messages > 9\"\n"));
    assert_eq!(world.ferry(&["run"]).code, 0);
    assert_eq!(world.ferry(&["run", "--new"]).code, 0);
    let dir = world.latest_run();
    for source in ["sms", "viber"] {
        let copied = world.read(&format!("{dir}/clean/rejects/{source}.csv"));
        world.write(&format!("{source}-corrected.csv"), &copied);
    }
    let page = report_of(&world);
    let command = Regex::new(r"<code>ferry ([^<]*)</code>").unwrap();
    let commands: BTreeSet<String> = command.captures_iter(&page).map(|it| it[1].to_owned()).collect();
    assert!(commands.len() > 15, "{commands:?}");
    for line in &commands {
        let ended = world.ferry(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(ended.code, 0, "ferry {line}: {ended:?}");
    }
    // What the first screen counts is what the list has.
    let invited = page.split("<p class=\"figure\">").nth(1).unwrap().split([' ', '<']).next().unwrap();
    let listed = world.read("ready.csv");
    let header: Vec<&str> = listed.lines().next().unwrap().split(',').collect();
    let column = header.iter().position(|it| *it == "whatsapp_consent").unwrap();
    let mut rows = csv::Reader::from_reader(listed.as_bytes());
    let n = rows.records().filter(|it| it.as_ref().unwrap()[column].is_empty()).count();
    assert_eq!(invited, n.to_string());
}

#[test]
fn commands_name_another_plan_another_folder_and_a_sample() {
    let world = six_people();
    std::fs::rename(world.path("plan.toml"), world.path("my plan.toml")).unwrap();
    assert_eq!(world.ferry(&["run", "my plan.toml", "--run-dir", "first run"]).code, 0);
    let page = world.read("first run/report.html");
    for command in [
        "ferry export segment unclear --plan &#39;my plan.toml&#39; --to unclear.csv<",
        "ferry unreadable --plan &#39;my plan.toml&#39; --run-dir &#39;first run&#39;<",
    ] {
        assert!(page.contains(command), "{command} {page}");
    }
    assert_eq!(world.ferry(&["run", "my plan.toml", "--limit", "3"]).code, 0);
    let names = std::fs::read_dir(world.path("runs")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let sample = names.into_iter().find(|it| it.contains("sample")).unwrap();
    let page = world.read(&format!("runs/{sample}/report.html"));
    let command =
        format!("ferry export segment undecided --plan &#39;my plan.toml&#39; --run {sample} --to undecided.csv<");
    assert!(page.contains(&command), "{page}");
}

#[test]
fn a_sample_is_not_the_last_run_and_its_commands_name_its_database() {
    let world = six_people();
    assert_eq!(world.ferry(&["run"]).code, 0);
    assert_eq!(world.ferry(&["run", "--limit", "3", "--run-dir", "trial"]).code, 0);
    assert!(world.read("trial/report.html").contains("ferry export contacts --run-dir trial --to contacts.csv<"));
    assert_eq!(world.ferry(&["run", "--limit", "3"]).code, 0);
    world.write("sms.csv", &(world.read("sms.csv") + "+33199000009,Zoe,\n"));
    assert_eq!(world.ferry(&["run"]).code, 0);
    let page = texts(&report_of(&world), "<section id=\"change\"", "</section>");
    assert!(page.contains("Rows read\n7\n8\n"), "{page}");
}

#[test]
fn the_next_report_says_what_changed_since_the_last_run() {
    let world = verified();
    assert_eq!(world.ferry(&["run"]).code, 0);
    let sms = world.read("sms.csv").replace("+33199000002,Ben,", "+33199000002,Ben,stop") + "+33199000001,Ana B,\n";
    world.write("sms.csv", &sms);
    assert_eq!(world.ferry(&["run"]).code, 0);
    let changed = texts(&report_of(&world), "<section id=\"change\"", "</section>");
    expect![[r#"
        Since the last run
        This run in the database: 0 new, 2 changed, 4 unchanged.
        The last run was DAY-test, finished TIME.
        Who differs:
        ferry runs diff DAY-test DAY.2-test --all
        People with a new value, by field: consent 1, rows 1, statements about consent 1.
        The figures of both runs
        Figure
        Last run
        This run
        Difference
        Rows read
        7
        8
        +1
        Rows rejected
        1
        1
        0
        People in the exports
        6
        6
        0
        Can be invited
        1
        0
        −1
        Have consented
        1
        1
        0
        Said no
        1
        2
        +1
        Unclear
        1
        1
        0
        Not on WhatsApp
        1
        1
        0
        Not known yet
        1
        1
        0
        Scroll sideways for more →
    "#]]
    .assert_eq(&changed);
    let first = texts(&report_of(&world), "<section id=\"result\"", "</section>");
    assert!(first.contains("−1 since the last run"), "{first}");
}

pub(crate) fn report_of(world: &World) -> String {
    world.read(&format!("{}/report.html", world.latest_run()))
}

/// The texts of a page without commands, codes and names of files.
pub(crate) fn without_code(page: &str) -> String {
    let page = Regex::new(r"(?s)<style>.*?</style>|<code>.*?</code>").unwrap().replace_all(page, "").into_owned();
    texts(&page, "<body", "</body>")
}
