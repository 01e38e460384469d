//! A refusal is never lost, whichever file it is in and whatever is imported later.

use crate::world::{Ended, World};

/// A list of contacts: phone, name, last contact, consent.
const LIST: &str = r#"
[[source]]
name = "crm"
channel = "sms"
path = "crm.csv"
profile = "columns"
[source.columns]
phone = "phone"
name = "name"
last_at = "last"
consent = "consent"
"#;

/// A message log in the shape of Twilio's console.
const LOG: &str = r#"
[[source]]
name = "log"
channel = "sms"
path = "log.csv"
profile = "twilio-messages"
own_numbers = ["+33199009999"]
"#;

/// Runs a plan of this name with these sources. All contacts are on WhatsApp.
fn import(world: &World, name: &str, sources: &str) -> Ended {
    world.write("answers.csv", &answers());
    world.write(
        "plan.toml",
        &format!(
            "[run]\nname = \"{name}\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[verify]\n\
             adapter = \"file\"\npath = \"answers.csv\"\n[gates]\nmax_reject_rate = 1.0\n{sources}"
        ),
    );
    let ended = world.run_in(name, &[]);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    ended
}

fn answers() -> String {
    let numbers = (1..30).map(|n| format!("+331990000{n:02},registered\n"));
    format!("phone,answer\n{}", numbers.collect::<String>())
}

fn log(messages: &[(&str, &str, &str)]) -> String {
    let line = |(n, (from, at, body)): (usize, &(&str, &str, &str))| {
        format!("{from},+33199009999,{body},received,{at},SM{n},inbound\n")
    };
    let lines: String = messages.iter().enumerate().map(line).collect();
    format!("From,To,Body,Status,SentDate,Sid,Direction\n{lines}")
}

/// The last digits, the consent and the segment of each contact, in the order of the numbers.
fn people(world: &World) -> Vec<String> {
    let mut people = Vec::new();
    for segment in ["ready", "re-engage", "undecided", "opted-out", "suppressed", "held", "unclear"] {
        let ended = world.ferry(&["export", "segment", segment, "--exact", "--to", "segment.csv"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let mut reader = csv::Reader::from_path(world.path("segment.csv")).unwrap();
        for row in reader.records().map(Result::unwrap) {
            people.push(format!("{} {} {segment}", &row[1][row[1].len() - 2..], &row[6]));
        }
    }
    people.sort();
    people
}

#[test]
fn a_purchase_date_does_not_undo_a_stop() {
    let world = World::empty();
    world.write("log.csv", &log(&[("+33199000001", "2026-01-10T10:00:00Z", "STOP")]));
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,Ana,2026-02-01,Oui\n");
    import(&world, "one", &format!("{LOG}{LIST}"));
    assert_eq!(people(&world), ["01 stop opted-out"]);
}

#[test]
fn a_later_list_undoes_no_stop_and_the_record_of_it_stays() {
    let world = World::empty();
    world.write("log.csv", &log(&[("+33199000001", "2026-01-10T10:00:00Z", "STOP")]));
    import(&world, "one", LOG);
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,Ana,2026-02-01,Oui\n");
    import(&world, "two", LIST);
    assert_eq!(people(&world), ["01 stop opted-out"]);
    let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "two"]).out;
    let said: Vec<&str> = traced.lines().filter(|it| it.starts_with("  statement")).collect();
    assert!(said[0].contains("undated yes for sms: cell \"Oui\" from crm:1, first in "), "{traced}");
    assert!(said[1].contains("2026-01-10T10:00:00Z stop for sms: message \"STOP\" from log:1, first in "), "{traced}");
    assert!(said[1].ends_with(": counts"), "{traced}");
}

#[test]
fn only_a_yes_of_a_later_run_that_is_dated_after_the_first_one_lifts_an_undated_refusal() {
    let world = World::empty();
    let dated = LIST.replace("last_at = \"last\"", "consent_at = \"last\"");
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,Ana,,stop\n+33199000001,Ana,2026-11-01,yes\n");
    import(&world, "one", &dated);
    assert_eq!(people(&world), ["01 stop opted-out"], "a yes of its own run");
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,Ana,2026-11-02,yes\n");
    import(&world, "two", &dated);
    assert_eq!(people(&world), ["01 stop opted-out"], "a yes from before the run that brought the refusal");
}

#[test]
fn words_of_refusal_are_known_and_other_words_hold_back() {
    let world = World::empty();
    let words = [
        "opted_out",
        "OPTED-OUT",
        "OptedOut",
        "opt out",
        "Désabonné",
        "refusé",
        "ne pas contacter",
        "do not contact",
        "REVOKE",
        "OPTOUT",
        "ARRÊT",
        "não",
        "No thanks",
        "STOP SMS",
    ];
    let rows = |words: &[&str]| {
        let rows = (1..).zip(words).map(|(n, it)| format!("+331990000{n:02},P,,{it}\n"));
        format!("phone,name,last,consent\n{}", rows.collect::<String>())
    };
    world.write("crm.csv", &rows(&words));
    import(&world, "one", LIST);
    let people_of_words = people(&world);
    assert_eq!(people_of_words.len(), words.len());
    assert!(people_of_words.iter().all(|it| it.ends_with("opted-out")), "{people_of_words:?}");

    let other = World::empty();
    other.write("crm.csv", &rows(&["perhaps", "perhaps", "perhaps", "Paris 12"]));
    let ended = import(&other, "one", LIST);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(people(&other).iter().all(|it| it.ends_with("unclear unclear")));
    let line = "not read   source \"crm\": 4 of 4 statements about consent (100.0 %) are not understood: \"perhaps\" 3, and 1 not shown here";
    assert!(ended.out.contains(line), "{}", ended.out);
    assert!(ended.out.contains("[clean.consent_words]") && !ended.out.contains("Paris"), "{}", ended.out);
    let all = other.ferry(&["unreadable", "consent", "--run-dir", "one"]).out;
    assert!(all.contains("Paris 12"), "{all}");
}

#[test]
fn a_word_that_a_plan_adds_is_read_in_earlier_imports_too() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,Ana,,nixda\n+33199000002,Ben,,yes\n");
    import(&world, "one", LIST);
    assert_eq!(people(&world), ["01 unclear unclear", "02 yes ready"]);
    // The next import does not contain the contact.
    world.write("crm.csv", "phone,name,last,consent\n+33199000003,Cy,,yes\n");
    import(&world, "two", &format!("[clean.consent_words]\nstop = [\"nixda\"]\n{LIST}"));
    assert_eq!(people(&world), ["01 stop opted-out", "02 yes ready", "03 yes ready"]);
}

#[test]
fn a_keyword_in_a_message_counts_with_digits_and_courtesy_and_only_start_lifts_it() {
    let world = World::empty();
    world.write(
        "log.csv",
        &log(&[
            ("+33199000001", "2026-01-10T10:00:00Z", "STOP 36180"),
            ("+33199000002", "2026-01-10T10:00:00Z", "Stop svp"),
            ("+33199000003", "2026-01-10T10:00:00Z", "Stop sending the blue ones"),
            ("+33199000004", "2026-01-10T10:00:00Z", "STOP"),
            ("+33199000004", "2026-01-11T10:00:00Z", "oui"),
            ("+33199000005", "2026-01-10T10:00:00Z", "STOP"),
            ("+33199000005", "2026-01-11T10:00:00Z", "START"),
            ("+33199000006", "2026-01-10T10:00:00Z", "Bonjour"),
        ]),
    );
    import(&world, "one", LOG);
    assert_eq!(
        people(&world),
        [
            "01 stop opted-out",
            "02 stop opted-out",
            "03 unclear unclear",
            "04 stop opted-out",
            "05 yes ready",
            "06  ready"
        ]
    );
}

#[test]
fn a_column_of_refusals_is_no_column_of_consents() {
    let world = World::empty();
    let source = LIST.replace("consent = \"consent\"", "opt_out = \"Do not contact\"");
    world.write(
        "crm.csv",
        "phone,name,last,Do not contact\n+33199000001,A,,TRUE\n+33199000002,B,,FALSE\n+33199000003,C,,\n\
         +33199000004,D,,2026-03-01\n+33199000005,E,,x\n",
    );
    import(&world, "one", &source);
    assert_eq!(
        people(&world),
        ["01 no opted-out", "02  ready", "03  ready", "04 stop opted-out", "05 no opted-out"],
        "FALSE is no consent"
    );
}

#[test]
fn a_yes_to_email_counts_for_nothing_else_and_a_no_to_all_refuses_all() {
    let world = World::empty();
    let mail = LIST.replace("channel = \"sms\"", "channel = \"sms\"\nconsent_channel = \"email\"");
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,yes\n+33199000002,B,,no\n");
    import(&world, "one", &mail);
    assert_eq!(people(&world), ["01  ready", "02  ready"]);
    let all = LIST.replace("channel = \"sms\"", "channel = \"sms\"\nconsent_channel = \"all\"");
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,yes\n+33199000002,B,,no\n");
    import(&world, "two", &all);
    assert_eq!(people(&world), ["01 yes ready", "02 no opted-out"]);
}

#[test]
fn ready_says_how_many_have_consent_to_whatsapp_and_how_many_can_be_invited() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,yes\n+33199000002,B,,\n");
    let whatsapp = LIST.replace("channel = \"sms\"", "channel = \"sms\"\nconsent_channel = \"whatsapp\"");
    let ended = import(&world, "one", &whatsapp);
    assert!(ended.out.contains("\ncan be invited             1  on WhatsApp"), "{}", ended.out);
    let consented = "\nhave consented             1  on WhatsApp, with consent to it; 1 lack a wording or a date: send them nothing yet\n";
    assert!(ended.out.contains(consented), "{}", ended.out);
    let exported = world.ferry(&["export", "segment", "ready", "--to", "ready.csv"]).out;
    assert!(exported.starts_with("1 have consent to WhatsApp; 1 do not and can be invited\n"), "{exported}");
}

#[test]
fn dates_that_no_message_can_have_decide_nothing() {
    let world = World::empty();
    world.write(
        "log.csv",
        &log(&[
            ("+33199000001", "2062-01-01T10:00:00Z", "START"),
            ("+33199000001", "2026-06-01T10:00:00Z", "STOP"),
            ("+33199000002", "2062-01-01T10:00:00Z", "STOP"),
            ("+33199000002", "2026-06-01T10:00:00Z", "START"),
        ]),
    );
    import(&world, "one", LOG);
    assert_eq!(people(&world), ["01 stop opted-out", "02 stop opted-out"], "an undated stop beats a yes of its run");
}

#[test]
fn a_list_nearest_to_opt_outs_is_never_guessed_to_be_contacts() {
    let world = World::empty();
    std::fs::create_dir(world.path("in")).unwrap();
    world.write("in/list.json", r#"{"identities":[{"identity":"33199000002"}],"next_page_token":""}"#);
    let init = world.ferry(&["init", "in", "--region", "FR"]);
    assert!(init.out.contains("looks like a list of people who have opted out"), "{init:?}");
    let plan = world.read("in/plan.toml");
    assert!(plan.contains("consent = \"?\""), "{plan}");
    let asked = world.ferry(&["run", "in/plan.toml", "--run-dir", "run"]);
    assert_eq!(asked.code, 2);
    assert!(asked.err.contains("consent = \"stop\"") && asked.err.contains("consent = \"none\""), "{}", asked.err);
    world.write("in/plan.toml", &plan.replace("consent = \"?\"", "consent = \"stop\""));
    assert_eq!(world.ferry(&["run", "in/plan.toml", "--run-dir", "run"]).code, 0);
    world.ferry(&["export", "contacts", "--exact", "--to", "out.csv", "--run-dir", "run"]);
    assert!(world.read("out.csv").contains(",+33199000002,FR,fixed_line,,,,stop,"));
}

#[test]
fn a_dated_refusal_is_still_one_after_the_next_import() {
    let world = World::empty();
    let source = LIST.replace("consent = \"consent\"", "opt_out = \"left\"");
    world.write("crm.csv", "phone,name,last,left\n+33199000001,A,,2025-01-02\n+33199000002,B,,02/01/2025\n");
    import(&world, "one", &source);
    assert_eq!(people(&world), ["01 stop opted-out", "02 stop opted-out"]);
    world.write("crm.csv", "phone,name,last,left\n+33199000003,C,,\n");
    import(&world, "two", &format!("[clean.consent_words]\nstop = [\"nixda\"]\n{source}"));
    assert_eq!(people(&world), ["01 stop opted-out", "02 stop opted-out", "03  ready"]);
}

#[test]
fn people_who_were_held_back_are_free_when_their_source_is_mended() {
    let world = World::empty();
    let dated = LIST.replace("consent = \"consent\"", "");
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,18 03 2025 um 4,\n");
    assert_eq!(import(&world, "one", &dated).code, 3);
    assert_eq!(people(&world), ["01 unclear unclear"]);
    let mended = dated.replace("channel = \"sms\"", "channel = \"sms\"\ndate_format = \"%d %m %Y um %H\"");
    assert_eq!(import(&world, "one", &mended).code, 0);
    assert_eq!(people(&world), ["01  ready"]);
}

#[test]
fn a_list_of_contacts_with_several_refusals_is_no_list_of_opt_outs() {
    let world = World::empty();
    std::fs::create_dir(world.path("in")).unwrap();
    world.write(
        "in/people.csv",
        "Phone,Name,Do not contact,Unsubscribed at,Accepts Marketing\n+33199000001,Ana,TRUE,,\n+33199000002,Ben,,2025-03-01,yes\n\
         +33199000003,Cy,FALSE,,yes\n",
    );
    world.ferry(&["init", "in", "--region", "FR"]);
    let plan = world.read("in/plan.toml");
    assert!(plan.contains("opt_out = [\"Do not contact\", \"Unsubscribed at\"]"), "{plan}");
    let ended = world.ferry(&["run", "in/plan.toml", "--run-dir", "run"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    world.ferry(&["export", "contacts", "--exact", "--to", "out.csv", "--run-dir", "run"]);
    let exported = world.read("out.csv");
    for (number, consent) in [("01", "no"), ("02", "stop"), ("03", "")] {
        let line = exported.lines().find(|it| it.contains(&format!("+331990000{number}"))).unwrap();
        assert_eq!(line.split(',').nth(7), Some(consent), "{line}");
    }
}

#[test]
fn a_date_that_a_corrected_plan_reads_in_another_way_undoes_no_refusal() {
    let world = World::empty();
    world.write("log.csv", &log(&[("+33199000001", "2026-01-15T10:00:00Z", "STOP")]));
    world.write("crm.csv", "phone,name,last,consent,asked\n+33199000001,A,,yes,01/02/2026\n");
    let list = LIST.replace("consent = ", "consent_at = \"asked\"\nconsent = ");
    let with =
        |order: &str| format!("{LOG}{}", list.replace("profile =", &format!("date_order = \"{order}\"\nprofile =")));
    import(&world, "one", &with("day-first"));
    assert_eq!(people(&world), ["01 yes ready"], "1 February is after the STOP");
    import(&world, "one", &with("month-first"));
    assert_eq!(people(&world), ["01 stop opted-out"], "2 January is before it");
}

#[test]
fn a_refusal_stays_when_the_file_of_a_run_is_exchanged() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,stop\n");
    import(&world, "one", LIST);
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,yes\n");
    import(&world, "one", LIST);
    assert_eq!(people(&world), ["01 stop opted-out"]);
}

#[test]
fn what_was_said_after_a_run_began_counts_when_the_run_is_done_again() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,yes\n");
    import(&world, "one", LIST);
    let manifest: serde_json::Value = serde_json::from_str(&world.read("one/manifest.json")).unwrap();
    let first = manifest["read_at"].as_str().unwrap().to_owned();
    import(&world, "one", LIST);
    let manifest: serde_json::Value = serde_json::from_str(&world.read("one/manifest.json")).unwrap();
    assert_eq!(manifest["read_at"], first.as_str(), "nothing was read again");
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,stop\n");
    import(&world, "one", LIST);
    let manifest: serde_json::Value = serde_json::from_str(&world.read("one/manifest.json")).unwrap();
    assert_ne!(manifest["read_at"], first.as_str());
    assert_eq!(people(&world), ["01 stop opted-out"]);
}

#[test]
fn a_refusal_does_not_take_the_date_of_the_consent_beside_it() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent,asked,left\n+33199000001,A,,yes,2025-01-01,TRUE\n");
    let source = LIST.replace("consent = ", "consent_at = \"asked\"\nopt_out = \"left\"\nconsent = ");
    import(&world, "one", &source);
    // A dated consent does not undo an undated refusal.
    world.write("crm.csv", "phone,name,last,consent,asked,left\n+33199000001,A,,yes,2025-06-01,\n");
    import(&world, "two", &source);
    assert_eq!(people(&world), ["01 no opted-out"]);
}

#[test]
fn all_that_a_json_record_says_about_consent_counts() {
    let world = World::empty();
    let source = LIST.replace("crm.csv", "crm.json").replace("name = \"name\"\nlast_at = \"last\"\n", "");
    world.write(
        "crm.json",
        r#"[{"phone":"+33199000001","consent":"yes"},{"phone":"+33199000002","consent":["yes","stop"]},
            {"phone":"+33199000003","consent":{"sms":"yes","viber":"no"}}]"#,
    );
    import(&world, "one", &source);
    assert_eq!(people(&world), ["01 yes ready", "02 unclear unclear", "03 no opted-out"]);
}

#[test]
fn a_merge_keeps_a_refusal_that_somebody_entered_by_hand() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent\n+33199000001,A,,yes\n+33199000002,B,,yes\n");
    import(&world, "one", LIST);
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    let statement = "insert into consent (contact_id, statement_id, channel, purpose, state, basis, words, source_row, \
        first_run, first_run_at) select contact_id, 1, 'sms', 'messages', 'stop', 'record', 'on the phone', 'desk:1', 'desk', 1 \
        from contact where e164 = '+33199000002' returning words";
    crate::world::texts(&url, statement);
    let merged = world.ferry(&["merge", "+33199000001", "+33199000002"]);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert_eq!(people(&world), ["01 stop opted-out"]);
}

#[test]
fn a_viber_user_who_refuses_is_known_by_the_phone_of_an_earlier_import() {
    let world = World::empty();
    let source =
        LIST.replace("channel = \"sms\"", "channel = \"viber\"").replace("name = \"name\"", "viber_id = \"user\"");
    world.write("crm.csv", "phone,user,last,consent\n+33199000001,QQ==,,yes\n");
    import(&world, "one", &source);
    world.write("crm.csv", "phone,user,last,consent\n,QQ==,,stop\n");
    import(&world, "two", &source);
    assert_eq!(people(&world), ["01 stop opted-out"]);
    let audit = world.ferry(&["audit", "--run-dir", "two"]);
    assert_eq!(audit.code, 0, "{audit:?}");
    import(&world, "two", &source);
    assert_eq!(people(&world), ["01 stop opted-out"]);
}

#[test]
fn a_list_without_a_header_loses_nobody() {
    for (region, list) in [("FR", "+33199000001,Ana\n+33199000002,Ben\n"), ("NO", "40000001\n40000002\n")] {
        let world = World::empty();
        std::fs::create_dir(world.path("in")).unwrap();
        world.write("in/people.csv", list);
        world.ferry(&["init", "in", "--region", region]);
        let ended = world.ferry(&["run", "in/plan.toml", "--run-dir", "run"]);
        assert!(ended.out.contains("2 in = 2 kept"), "{ended:?}");
    }
}

#[test]
fn words_of_consent_that_contradict_each_other_are_an_error_of_the_plan() {
    let world = World::empty();
    world.write("crm.csv", "phone,name,last,consent\n");
    for (words, told) in [
        ("yes = [\"Jo\"]\nstop = [\"JO\"]", "\"JO\" is in yes and in stop"),
        ("yes = [\"Arrêt\"]", "\"Arrêt\" is a refusal and cannot mean yes"),
        ("no = [\" \"]", "no has an empty word"),
    ] {
        let plan = "[run]\nname = \"one\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[clean.consent_words]\n";
        world.write("plan.toml", &format!("{plan}{words}\n{LIST}"));
        let ended = world.ferry(&["run", "--run-dir", "one"]);
        assert!(ended.code == 2 && ended.err.contains(told), "{ended:?}");
    }
}
