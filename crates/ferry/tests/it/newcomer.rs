//! What a newcomer runs into: each message says what is the matter, and what to do.

use crate::world::{Sandbox, World};

/// A list of 20 people.
fn people(header: &str, phone: impl Fn(usize) -> String, consent: impl Fn(usize) -> &'static str) -> String {
    let row = |n: usize| format!("Ana{n};{};2026-09-{:02};{}\n", phone(n), n + 1, consent(n));
    format!("{header}\n{}", (0..20).map(row).collect::<String>())
}

/// A number of France that is reserved for fiction, and that the numbering plan does not have.
fn national(n: usize) -> String {
    format!("06 39 98 00 {n:02}")
}

#[test]
fn phone_numbers_without_a_country_code_are_told_to_need_a_region() {
    let told = "looks like phone numbers without a country code: add --region FR, or the country of your customers";
    for (header, phone) in [
        ("Prénom;Téléphone;Inscription;Consentement", national as fn(usize) -> String),
        // The name says nothing, and the cells do.
        ("Prénom;Coordonnée;Inscription;Consentement", |n| format!("06.39.98.00.{n:02}")),
        ("Name;Reach;Date;Consent", |n| format!("(202) 555-01{n:02}")),
        // A spreadsheet has taken the zeros away; then the name tells.
        ("Name;Mobile;Date;Consent", |n| format!("6399800{n:02}")),
    ] {
        let world = World::empty();
        let column = header.split(';').nth(1).unwrap();
        world.write("clients.csv", &people(header, phone, |_| "oui"));
        let inspected = world.ferry(&["inspect", "clients.csv"]);
        assert!(inspected.out.contains(&format!("warning    column \"{column}\" {told}\n")), "{}", inspected.out);
        let written = world.ferry(&["init"]);
        assert!(
            written.out.contains(&format!("  clients.csv left out: column \"{column}\" {told}\n")),
            "{}",
            written.out
        );
        assert!(written.out.ends_with("remove the plan and run `ferry init` again\n"), "{}", written.out);
        assert!(world.read("plan.toml").contains(told));
    }
}

#[test]
fn other_digits_are_not_told_to_be_phone_numbers() {
    for (header, cell) in [
        ("Name;Order number;Date;Consent", (|n| format!("100200{n:02}")) as fn(usize) -> String),
        ("Name;Postcode;Date;Consent", |n| format!("690{n:02}")),
        ("Name;Birthday;Date;Consent", |n| format!("{:02}/09/1980", n + 1)),
        ("Name;Amount;Date;Consent", |n| format!("0.123456{n:02}")),
    ] {
        let world = World::empty();
        world.write("list.csv", &people(header, cell, |_| "yes"));
        let inspected = world.ferry(&["inspect", "list.csv"]).out;
        assert!(
            inspected.contains("no column looks like a phone number") && !inspected.contains("--region"),
            "{inspected}"
        );
    }
}

#[test]
fn a_region_that_is_not_that_of_the_numbers_is_told() {
    let world = World::empty();
    world.write("clients.csv", &people("Nom;Téléphone;Inscription;Consentement", national, |_| "oui"));
    let told = "column \"Téléphone\" looks like phone numbers, but none is a valid number of US: is --region the \
                country of your customers?";
    let inspected = world.ferry(&["inspect", "clients.csv", "--region", "US"]).out;
    assert!(inspected.contains(told), "{inspected}");
}

#[test]
fn a_plan_that_is_there_already_is_told_with_what_to_do() {
    let world = World::empty();
    world.write("clients.csv", &people("Nom;Téléphone;Inscription;Consentement", national, |_| "oui"));
    assert_eq!(world.ferry(&["init", "--region", "FR"]).code, 0);
    let again = world.ferry(&["init", "--region", "FR"]);
    let expected = "plan.toml already exists and would be overwritten\n\
                    hint: edit that plan, or remove it and run `ferry init` again\n";
    assert!(again.code == 1 && again.err.ends_with(expected), "{again:?}");
}

#[test]
fn a_segment_that_is_empty_because_nobody_is_verified_says_so() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n");
    assert_eq!(world.ferry(&["run"]).code, 0);
    for name in ["ready", "re-engage"] {
        let exported = world.ferry(&["export", "segment", name, "--to", "out.csv"]).out;
        let expected = format!(
            "no contact is verified yet, so segment {name} is empty: add [verify] to the plan, then run `ferry verify`\n\
             until then, 2 contacts are in segment undecided\n0 contacts of segment {name} written to out.csv\n"
        );
        assert_eq!(exported, expected);
    }
    let sandbox = Sandbox::start(&[]);
    let verifier = format!("[verify]\nadapter = \"contacts\"\nurl = \"{}\"\n\n[gates]", sandbox.url);
    world.replan("[gates]", &verifier);
    let exported = world.ferry(&["export", "segment", "ready", "--to", "out.csv"]).out;
    assert!(
        exported.starts_with("no contact is verified yet, so segment ready is empty: run `ferry verify`\n"),
        "{exported}"
    );
    assert_eq!(world.ferry(&["verify"]).code, 0);
    let exported = world.ferry(&["export", "segment", "ready", "--to", "out.csv"]).out;
    assert!(exported.contains(" have consent to WhatsApp; ") && !exported.contains("verified"), "{exported}");
}

#[test]
fn a_label_that_is_only_begun_is_told_with_the_runs_that_begin_so() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    assert_eq!((world.ferry(&["run"]).code, world.ferry(&["run", "--new"]).code), (0, 0));
    let listed = world.ferry(&["runs"]).out;
    let day = &listed[..10];
    let told = world.ferry(&["status", "--run", day]);
    let expected = format!(": did you mean {day}.2-test or {day}-test? `ferry runs` lists them\n");
    assert!(told.code == 1 && told.err.ends_with(&expected), "{told:?}");
    let told = world.ferry(&["audit", "--run", &format!("{day}-tset")]);
    assert!(told.err.contains(&format!(": did you mean {day}-test or {day}.2-test?")), "{told:?}");
}

#[test]
fn every_command_takes_its_plan_as_an_argument_or_as_an_option() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    std::fs::rename(world.path("plan.toml"), world.path("spring.toml")).unwrap();
    for command in ["check", "run", "extract", "clean", "load", "status", "audit"] {
        for arguments in [vec![command, "--plan", "spring.toml"], vec![command, "spring.toml"]] {
            let ended = world.ferry(&arguments);
            assert_eq!(ended.code, 0, "{arguments:?} {ended:?}");
        }
        let both = world.ferry(&[command, "spring.toml", "--plan", "spring.toml"]);
        assert!(both.code == 2 && both.err.contains("cannot be used with"), "{both:?}");
    }
    let verified = world.ferry(&["verify", "--plan", "spring.toml"]);
    assert!(verified.err.contains("verification is off"), "{verified:?}");
    let suppressed = world.ferry(&["suppress", "--plan", "spring.toml", "--number", "+33199000001"]);
    assert_eq!(suppressed.code, 0, "{suppressed:?}");
}

#[test]
fn a_segment_that_is_not_there_is_a_mistake_of_the_command_line() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let told = world.ferry(&["export", "segment", "readyy", "--to", "out.csv"]);
    let expected = "ferry: command line: there is no segment readyy: there are ready, re-engage, undecided, opted-out, \
                    suppressed, held, unclear; a [[segment]] of the plan adds one\nhint: did you mean ready?\n";
    assert_eq!((told.code, told.err.as_str()), (2, expected));
}

/// Three customers in 20 have a consent in words that Ferry does not know.
fn with_unknown_words() -> World {
    let world = World::empty();
    let consent = |n| if n % 7 == 0 { "accord tél." } else { "non" };
    world.write(
        "clients.csv",
        &people("Nom;Téléphone;Inscription;Consentement", |n| format!("01 99 00 00 {n:02}"), consent),
    );
    assert_eq!(world.ferry(&["init", "--region", "FR"]).code, 0);
    world
}

#[test]
fn a_run_that_does_not_end_with_0_says_why_before_its_last_lines() {
    let world = with_unknown_words();
    let run = world.ferry(&["run"]);
    let line =
        "\nexit code 3: 3 values could not be read, more than the plan allows; their people are held back\nreport ";
    assert!(run.code == 3 && run.out.contains(line), "{run:?}");

    world.write("plan.toml", &(world.read("plan.toml") + "\n[gates]\nmax_unreadable = { consent = 1.0 }\n"));
    let run = world.ferry(&["run", "--new"]);
    assert!(run.code == 0 && !run.out.contains("exit code"), "{run:?}");

    let rejects = World::with_sms(b"phone,name\n+33199000001,Ana\nAMAZON,Shop\n");
    rejects.replan("max_reject_rate = 1.0", "max_reject_rate = 0.1");
    let run = rejects.run();
    let line = "\nexit code 3: 50.0 % of the rows were rejected, and the plan allows 10.0 %\nreport ";
    assert!(run.code == 3 && run.out.contains(line), "{run:?}");

    let sandbox = Sandbox::start(&["always-valid"]);
    let world = World::demo(&sandbox);
    let run = world.run();
    let line = "\nexit code 5: the answers of the verifier are not usable; all else is done\nreport ";
    assert!(run.code == 5 && run.out.contains(line), "{run:?}");
    assert!(!world.ferry(&["load", "--run-dir", "run"]).out.contains("exit code"));
}

#[test]
fn a_run_with_new_consent_words_says_whose_consent_it_changed() {
    let world = with_unknown_words();
    assert_eq!(world.ferry(&["run"]).code, 3);
    let plan = world.read("plan.toml") + "\n[clean.consent_words]\nyes = [\"accord tél.\"]\n";
    world.write("plan.toml", &plan);
    let run = world.ferry(&["run"]);
    let lines = "contacts   0 new, 0 changed, 20 unchanged\nconsent    statements of 3 contacts were read again with the words and \
                 rules of the plan: the consent of 3 has changed\n";
    assert!(run.code == 0 && run.out.contains(lines), "{run:?}");
    let again = world.ferry(&["run", "--new"]).out;
    assert!(again.contains("20 unchanged: nothing changed\n") && !again.contains("read again"), "{again}");
}

#[test]
fn the_list_of_runs_says_that_it_counts_the_last_load() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+33199000***,Ben\n");
    assert_eq!(world.run_in("runs/2026-01-02-test", &[]).code, 0);
    let rejects = world.read("runs/2026-01-02-test/clean/rejects/sms.csv");
    world.write("fixed.csv", &rejects.replace("+33199000***", "+33199000002"));
    assert_eq!(world.ferry(&["fix", "fixed.csv"]).code, 0);
    let listed = world.ferry(&["runs"]).out;
    let expected = "finished  2 rows; corrected by 1 file; last load: 1 new, 0 changed, 1 unchanged";
    assert!(listed.contains(expected), "{listed}");
}

#[test]
fn a_list_that_is_called_viber_is_of_viber() {
    for (file, header, channel) in [
        ("viber-subscribers.csv", "id,name,phone_number", "viber"),
        ("people.csv", "name,phone_number,viber name", "viber"),
        ("people.csv", "name,phone_number", "sms"),
    ] {
        let world = World::empty();
        world.write(file, &format!("{header}\n1,+33199000001,+33199000001\n2,+33199000002,+33199000002\n"));
        assert_eq!(world.ferry(&["init"]).code, 0);
        let plan = world.read("plan.toml");
        assert!(plan.contains(&format!("channel = \"{channel}\"")), "{plan}");
    }
}

#[test]
fn a_run_without_a_region_for_national_numbers_says_what_to_set() {
    let world = World::with_sms(b"phone,name\n0199000001,Ana\n0199000002,Ben\n");
    world.replan("default_region = \"FR\"\n", "");
    let run = world.ferry(&["run"]);
    assert!(
        run.code == 0 && run.out.ends_with("\nnext       set default_region in [run] of the plan, then: ferry run\n"),
        "{run:?}"
    );
}
