//! What becomes of the rows of a file of statements.

use crate::consent::{consent, import, loaded, on_both, rows};

const SAID: &str =
    "select channel || ' ' || state || ' ' || words from consent where basis = 'record' or basis = 'list'";
const MARKETING: &str = "select channel || ' ' || state from consent_now where purpose = 'marketing' and contact_id in \
    (select contact_id from contact where e164 = '+33199000001')";

#[test]
fn a_stop_of_the_same_date_as_a_yes_is_added_and_wins() {
    on_both(|crm| {
        let world = loaded(crm);
        let said = "phone,channel,state,said_at,wording\n\
            +33199000001,whatsapp,yes,2026-05-01T10:00:00Z,news@1\n\
            +33199000001,sms,yes,2026-05-15,\n\
            +33199000001,sms,stop,2026-05-15,\n";
        let ended = import(&world, said, &[]);
        assert!(ended.out.starts_with("optins     3 rows: 3 added, 0 known already"), "{ended:?}");
        assert_eq!(rows(&world, crm, SAID), ["sms stop stop", "sms yes yes", "whatsapp yes yes"]);
        assert_eq!(rows(&world, crm, MARKETING), ["sms stop", "viber stop", "whatsapp stop"]);
        assert!(import(&world, said, &[]).out.starts_with("optins     3 rows: 0 added, 3 known already"));
    });
}

#[test]
fn a_file_that_is_corrected_from_yes_to_no_refuses() {
    on_both(|crm| {
        let world = loaded(crm);
        let file = |state: &str| {
            format!("phone,channel,state,said_at,wording\n+33199000001,whatsapp,{state},2026-05-01T10:00:00Z,news@1\n")
        };
        for state in ["yes", "no"] {
            let ended = import(&world, &file(state), &[]);
            assert!(ended.out.starts_with("optins     1 row: 1 added, 0 known already"), "{state}: {ended:?}");
        }
        assert!(rows(&world, crm, MARKETING).contains(&"whatsapp no".to_owned()));

        // The same by the state of the command line, and in a list of people who refuse.
        let people = "phone,said_at\n+33199000002,2026-05-01\n";
        for state in ["yes", "stop"] {
            let ended = import(&world, people, &["--channel", "sms", "--state", state, "--source", "shop"]);
            assert!(ended.out.contains("1 added, 0 known already"), "{state}: {ended:?}");
        }
        for state in ["no", "stop"] {
            let ended = import(&world, people, &["--opt-outs", "--state", state, "--source", "list"]);
            assert!(ended.out.contains("1 added, 0 known already"), "{state}: {ended:?}");
        }
        assert!(consent(&world, &["show", "+33199000002"]).out.contains("stop for messages by all: list, \"stop\""));
    });
}

#[test]
fn a_row_with_the_phone_of_one_person_and_the_id_of_another_is_refused() {
    on_both(|crm| {
        let world = loaded(crm);
        let id = |phone: &str| {
            let shown = consent(&world, &["show", phone]).out;
            shown.lines().next().unwrap().trim_start_matches("contact ").to_owned()
        };
        let (ana, ben) = (id("+33199000001"), id("+33199000002"));
        let said = format!(
            "phone,contact_id,channel,state\n+33199000001,{ana},sms,no\n+33199000001,{ben},sms,stop\n+33199000001,,viber,no\n"
        );
        let ended = import(&world, &said, &["--rejects", "rejects.csv"]);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(
            ended.out.starts_with("optins     3 rows: 2 added, 0 known already, 0 to review, 1 refused\n"),
            "{ended:?}"
        );
        assert!(ended.out.contains("refused    1: the row names two people: "), "{ended:?}");
        assert!(
            world.read("rejects.csv").contains(&format!("{ben},sms,stop,3,\"the row names two people")),
            "{ended:?}"
        );
        assert_eq!(rows(&world, crm, SAID), ["sms no no", "viber no no"]);
    });
}

#[test]
fn a_row_with_the_phone_of_one_person_and_the_viber_id_of_another_is_refused() {
    let world = loaded("sqlite:ferry.db");
    world.write("viber.csv", "phone,viber\n+33199000006,user1==\n");
    world.replan(
        "[gates]",
        "[[source]]\nname = \"bot\"\nchannel = \"viber\"\npath = \"viber.csv\"\nprofile = \"columns\"\n\
         [source.columns]\nphone = \"phone\"\nviber_id = \"viber\"\n\n[gates]",
    );
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let said = "phone,viber_id,channel,state\n\
        +33199000006,user1==,viber,no\n\
        +33199000001,user1==,viber,stop\n\
        +33199000001,nobody==,viber,no\n";
    let ended = import(&world, said, &[]);
    assert!(
        ended.out.starts_with("optins     3 rows: 2 added, 0 known already, 0 to review, 1 refused\n"),
        "{ended:?}"
    );
    assert!(ended.out.contains("names two people") && ended.out.contains("(line 3)"), "{ended:?}");
}

#[test]
fn a_yes_to_a_wording_that_is_not_known_is_refused_and_a_refusal_is_kept_without_it() {
    on_both(|crm| {
        let world = loaded(crm);
        let said = "phone,channel,state,said_at,wording\n\
            +33199000001,whatsapp,yes,2026-05-01,promo@3\n\
            +33199000001,whatsapp,yes,2026-05-01,News@1\n\
            +33199000001,whatsapp,yes,2026-05-01,ana@example.com\n\
            +33199000001,sms,stop,2026-05-01,promo@3\n";
        let ended = import(&world, said, &[]);
        assert!(
            ended.out.starts_with("optins     4 rows: 1 added, 0 known already, 0 to review, 3 refused\n"),
            "{ended:?}"
        );
        for told in [
            "refused    1: neither the plan nor the database has the wording promo@3: add it to the plan as [[wording]]",
            "refused    1: neither the plan nor the database has the wording News@1, which have news@1 (line 3)\n",
            "refused    1: neither the plan nor the database has the wording of the row: add it",
        ] {
            assert!(ended.out.contains(told), "{told}: {ended:?}");
        }
        assert!(!ended.out.contains("ana@"), "{ended:?}");
        assert_eq!(rows(&world, crm, SAID), ["sms stop stop"]);
        let wordings = "select coalesce(wording, 'none') from consent where basis = 'record'";
        assert_eq!(rows(&world, crm, wordings), ["none"]);

        let ended = import(
            &world,
            "phone,state,said_at\n+33199000001,yes,2026-05-01\n",
            &["--channel", "whatsapp", "--wording", "nope@1"],
        );
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("the wording nope@1 of --wording: add it to the plan as [[wording]]"), "{ended:?}");
        assert_eq!(rows(&world, crm, SAID), ["sms stop stop"]);
    });
}

#[test]
fn a_time_without_a_zone_is_read_in_the_zone_that_is_named_and_the_summary_says_how() {
    let world = loaded("sqlite:ferry.db");
    let said = "phone,channel,state,said_at\n\
        +33199000001,sms,stop,2026-05-15 00:30:00\n\
        +33199000001,viber,stop,2026-05-15T00:30:00Z\n\
        +33199000001,sms,no,2026-05-15\n";
    let dry = import(&world, said, &["--dry-run"]);
    assert!(
        dry.out.contains("zone       1 time names no zone and was read as of UTC; --timezone names another\n"),
        "{dry:?}"
    );
    let ended = import(&world, said, &["--timezone", "Europe/Paris"]);
    assert!(ended.out.contains("zone       1 time names no zone and was read as of Europe/Paris\n"), "{ended:?}");
    let shown = consent(&world, &["show", "+33199000001"]).out;
    assert!(shown.contains("2026-05-14T22:30:00Z stop for messages by sms"), "{shown}");
    assert!(shown.contains("2026-05-15T00:30:00Z stop for messages by viber"), "{shown}");
    assert!(shown.contains("2026-05-15 no for messages by sms"), "{shown}");
    assert_eq!(import(&world, said, &["--timezone", "Paris"]).code, 2);
    let future = import(&world, "phone,channel,state,said_at\n+33199000001,sms,yes,2031-01-01 10:00\n", &[]);
    assert!(
        future.out.contains("is in the future; if it is the time of another zone, name that with --timezone"),
        "{future:?}"
    );
}

#[test]
fn a_block_of_a_platform_in_an_exported_ledger_is_kept_and_its_end_is_refused() {
    on_both(|crm| {
        let world = loaded(crm);
        let said = "phone,channel,state,said_at,basis\n\
            +33199000001,whatsapp,stop,2026-05-01,platform\n\
            +33199000002,whatsapp,no,2026-05-01,platform\n\
            +33199000001,whatsapp,yes,2026-05-02,platform\n";
        let ended = import(&world, said, &[]);
        assert!(
            ended.out.starts_with("optins     3 rows: 2 added, 0 known already, 0 to review, 1 refused\n"),
            "{ended:?}"
        );
        assert!(ended.out.contains("which the platform alone reports: leave the row out"), "{ended:?}");
        let basis = "select basis || ' ' || state from consent where basis <> 'cell'";
        assert_eq!(rows(&world, crm, basis), ["platform stop", "record no"]);
        assert_eq!(rows(&world, crm, MARKETING), ["sms stop", "viber stop", "whatsapp stop"]);
    });
}

#[test]
fn a_list_of_people_who_refuse_is_no_list_of_consents() {
    let world = loaded("sqlite:ferry.db");
    let ended = import(&world, "+33199000001\n", &["--opt-outs", "--state", "yes"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("leave out --opt-outs to import consents"), "{ended:?}");
    assert_eq!(rows(&world, "sqlite:ferry.db", SAID), Vec::<String>::new());
}

#[test]
fn nobody_consented_to_whatsapp_before_it_began() {
    let world = loaded("sqlite:ferry.db");
    let said = "phone,channel,state,said_at,wording\n\
        +33199000001,whatsapp,yes,2009-02-23,news@1\n\
        +33199000001,whatsapp,no,2005-06-01,\n\
        +33199000001,sms,yes,2005-06-01,\n\
        +33199000001,sms,yes,2004-06-01,\n";
    let ended = import(&world, said, &[]);
    assert!(
        ended.out.starts_with("optins     4 rows: 2 added, 0 known already, 0 to review, 2 refused\n"),
        "{ended:?}"
    );
    assert!(ended.out.contains("before 2009-02-24, when WhatsApp began (line 2)\n"), "{ended:?}");
    assert!(ended.out.contains("refused    1: the date of the yes is before 2005 (line 5)\n"), "{ended:?}");
    assert!(ended.out.contains("date       1 refusal is undated, because the date could not be used"), "{ended:?}");
}

#[test]
fn every_reason_names_lines_and_an_ambiguous_date_names_the_option_that_mends_it() {
    let world = loaded("sqlite:ferry.db");
    let mut said = "phone,channel,state,said_at\n".to_owned() + &"12,sms,no,\n".repeat(12);
    said += "+33199000001,sms,yes,03/04/2026\n+33199000001,sms,yes,soon\n";
    let ended = import(&world, &said, &[]);
    assert!(ended.out.contains("refused    12: a short code is not a person (lines 2, 3, 4, 5, 6, …)\n"), "{ended:?}");
    assert!(
        ended
            .out
            .contains("can be confused: give --date-order day-first or month-first, or write 2026-03-01 (line 14)\n")
    );
    assert!(
        ended.out.contains("cannot be read: write it as 2026-03-01 or 2026-03-01T10:15:00Z (line 15)\n"),
        "{ended:?}"
    );
}

#[test]
fn a_consent_without_a_wording_and_one_to_a_wording_for_something_else_are_told_apart() {
    let world = loaded("sqlite:ferry.db");
    let said = "phone,channel,state,said_at,wording,purpose\n\
        +33199000001,whatsapp,yes,2026-05-01,,\n\
        +33199000001,whatsapp,yes,2026-05-01,news@1,utility\n";
    let ended = import(&world, said, &[]);
    for told in [
        "purpose    1 consent has no wording, so it counts for nothing: give --wording NAME@VERSION of a [[wording]]\n",
        "purpose    1 consent has a purpose that the wording does not name, so it counts for nothing: correct the purpose",
    ] {
        assert!(ended.out.contains(told), "{told}: {ended:?}");
    }
}

#[test]
fn an_empty_file_and_a_folder_are_called_what_they_are() {
    let world = loaded("sqlite:ferry.db");
    let empty = import(&world, "", &["--channel", "sms"]);
    assert!(empty.code != 0 && empty.err.contains("empty"), "{empty:?}");
    for folder in [".", "exports"] {
        std::fs::create_dir_all(world.path("exports")).unwrap();
        let ended = consent(&world, &["import", folder, "--channel", "sms"]);
        assert!(ended.code != 0 && ended.err.contains("is a folder: name a file with statements"), "{ended:?}");
    }
}

#[test]
fn no_command_writes_its_result_over_a_file_that_it_reads() {
    let world = loaded("sqlite:ferry.db");
    let said = "phone,channel,state\n12,sms,no\n";
    world.write("optins.csv", said);
    std::fs::hard_link(world.path("optins.csv"), world.path("twin.csv")).unwrap();
    std::os::unix::fs::symlink("optins.csv", world.path("link.csv")).unwrap();
    for rejects in ["optins.csv", "./optins.csv", "twin.csv", "link.csv"] {
        let ended = consent(&world, &["import", "optins.csv", "--rejects", rejects]);
        assert_eq!(ended.code, 2, "{rejects}: {ended:?}");
        assert!(ended.err.contains("is a file that the command reads; choose another file"), "{ended:?}");
        assert_eq!(world.read("optins.csv"), said);
    }
    let flow = "{\"scenarios\": []}\n";
    world.write("flow.json", flow);
    world.write("scripts.json", "[]\n");
    for command in [
        vec!["scenario", "import", "flow.json", "--to", "flow.json"],
        vec!["scenario", "graph", "flow.json", "--to", "flow.json"],
        vec!["scenario", "export", "flow.json", "--as", "rapidpro", "--to", "flow.json"],
        vec!["scenario", "simulate", "flow.json", "--record", "flow.json"],
        vec!["scenario", "simulate", "flow.json", "--script", "scripts.json", "--record", "scripts.json"],
    ] {
        let ended = world.ferry(&command);
        assert_ne!(ended.code, 0, "{command:?}: {ended:?}");
        assert_eq!(
            (world.read("flow.json").as_str(), world.read("scripts.json").as_str()),
            (flow, "[]\n"),
            "{command:?}"
        );
    }
}

#[test]
fn an_exported_ledger_adds_nothing_to_its_own_database_and_a_changed_row_is_a_statement() {
    on_both(|crm| {
        let world = loaded(crm);
        let said = "phone,channel,state,said_at,wording,basis,words\n\
            +33199000001,whatsapp,yes,2026-03-01,news@1,,\n\
            +33199000001,sms,stop,2026-03-02,,,=STOP\n\
            +33199000002,viber,perhaps,,,,\n";
        assert_eq!(import(&world, said, &["--timezone", "Europe/Paris"]).code, 3);
        for options in [&[][..], &["--with-numbers"], &["--exact"]] {
            assert_eq!(consent(&world, &[&["export", "--to", "ledger.csv"], options].concat()).code, 0);
            let again = consent(&world, &["import", "ledger.csv", "--quiet"]);
            let told = "ledger     5 rows: 0 added, 5 known already, 0 to review, 0 refused\n";
            assert!(again.code == 0 && again.out.starts_with(told), "{again:?}");
        }
        let all = rows(&world, crm, "select words from consent").len();
        world.write(
            "ledger.csv",
            &world.read("ledger.csv").replace(",messages,yes,2026-03-01,", ",messages,stop,2026-03-01,"),
        );
        let changed = consent(&world, &["import", "ledger.csv", "--quiet"]);
        assert!(changed.out.starts_with("ledger     5 rows: 1 added, 4 known already"), "{changed:?}");
        assert_eq!(rows(&world, crm, "select words from consent").len(), all + 1);
    });
}
