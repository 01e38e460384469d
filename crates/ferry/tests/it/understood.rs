//! The summary lists unreadable values, and gates act on them.

use crate::world::World;

/// A list with a date, a language and an e-mail address.
fn world(rows: &str, gates: &str) -> World {
    let world = World::with_sms(format!("phone,name,date,lang,mail\n{rows}").as_bytes());
    world.replan("name = \"name\"", "name = \"name\"\nlast_at = \"date\"\nlanguage = \"lang\"\nemail = \"mail\"");
    world.replan("max_reject_rate = 1.0", &format!("max_reject_rate = 1.0\n{gates}"));
    world
}

const ROWS: &str = "+33199000001,Ana,soon,anglais,ana@example.com\n+33199000002,Ben,soon,Spanish,b @example.com\n\
    +33199000003,Cy,soon,zz,c@@example.com\n+33199000004,Di,2026-03-01,de-DE,\n";

#[test]
fn the_summary_names_field_share_values_and_the_key_that_would_mend_it() {
    let world = world(ROWS, "");
    let ended = world.run();
    assert_eq!(ended.code, 3, "{ended:?}");
    for line in [
        "not read   source \"sms\": 3 of 4 dates (75.0 %) are not understood: \"soon\" 3\n",
        "date_order or date_format in the [[source]]; over max_unreadable: these people are held back",
        "not read   source \"sms\": 1 of 4 languages (25.0 %) are not understood: 1 not shown here\n",
        "not read   source \"sms\": 2 of 3 e-mail addresses (66.7 %) are not understood: 2 not shown here\n",
        "`ferry unreadable` lists all values",
    ] {
        assert!(ended.out.contains(line), "{line}\n{}", ended.out);
    }
    let summary = world.run_json();
    assert_eq!(summary["not_understood"]["sms"]["date"]["unread"], 3);
    assert_eq!(summary["not_understood"]["sms"]["date"]["values"][0][0], "soon");
    let report = world.read("run/report.html");
    assert!(
        report.contains("Values that could not be read") && report.contains("\u{201c}soon\u{201d} · date: 3"),
        "{report}"
    );
    assert!(!report.contains("@@") && !world.read("run/manifest.json").contains("@@"));
}

#[test]
fn a_gate_holds_back_the_people_of_rows_that_are_not_understood() {
    let consents = |gates: &str| {
        let world = world(ROWS, gates);
        let code = world.run().code;
        let contacts = world.contacts();
        let consents: Vec<String> = contacts.lines().map(|it| it.split('|').nth(6).unwrap().to_owned()).collect();
        (code, consents)
    };
    assert_eq!(consents(""), (3, ["unclear", "unclear", "unclear", ""].map(str::to_owned).to_vec()));
    assert_eq!(consents("max_unreadable = { date = 0.75 }"), (0, vec![String::new(); 4]));
    assert_eq!(consents("max_unreadable = { date = 1.0, email = 0.1 }").1, ["", "unclear", "unclear", ""]);
}

#[test]
fn stop_unreadable_ends_a_run_before_anybody_is_loaded() {
    let world = world(ROWS, "stop_unreadable = { date = 0.5 }");
    let ended = world.run();
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.err.contains("3 of 4 dates (75.0 %) are not understood"), "{}", ended.err);
    assert!(ended.err.contains("stop_unreadable allows 50.0 %"), "{}", ended.err);
    assert_eq!(world.ferry(&["export", "contacts", "--to", "x.csv"]).code, 1, "there is no database");
    world.replan("stop_unreadable = { date = 0.5 }", "stop_unreadable = { dat = 0.5 }");
    let wrong = world.run();
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean `date`?"), "{}", wrong.err);
}

#[test]
fn languages_and_addresses_are_what_they_say_or_nothing() {
    let world = world(ROWS, "max_unreadable = { date = 1.0 }");
    world.run();
    let contacts = world.contacts();
    let shown: Vec<String> =
        contacts.lines().map(|it| it.split('|').skip(3).take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(shown, ["Ana ana@example.com en", "Ben  es", "Cy  ", "Di  de"]);
}

#[test]
fn a_source_of_which_most_rows_give_no_contact_is_a_warning_whatever_the_reasons() {
    let world = World::empty();
    let rows: String =
        (0..9).map(|n| format!("+3319900000{n},+33199009999,x,received,2026-01-01,S{n},outbound-api\n")).collect();
    world.write("log.csv", &format!("From,To,Body,Status,SentDate,Sid,Direction\n{rows}"));
    world.write(
        "plan.toml",
        "[run]\nname = \"test\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[[source]]\nname = \"log\"\n\
         channel = \"sms\"\npath = \"log.csv\"\nprofile = \"twilio-messages\"\nown_numbers = [\"+33199009999\"]\n",
    );
    let ended = world.run();
    assert_eq!(ended.code, 0);
    let line = "warning    source \"log\": 9 of 9 rows give no contact, most often E_SELF (9): the number is the business's own";
    assert!(ended.out.contains(line), "{}", ended.out);
}

#[test]
fn a_later_import_lowers_nothing_that_was_known() {
    let world = World::empty();
    let log = "From,To,Body,Status,SentDate,Sid,Direction\n+33199000001,+33199009999,a,received,2026-01-01,S1,inbound\n\
        +33199000001,+33199009999,b,received,2026-01-02,S2,inbound\n";
    let plan = |name: &str, source: &str| {
        world.write(
            "plan.toml",
            &format!("[run]\nname = \"{name}\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n{source}"),
        );
        assert_eq!(world.ferry(&["run", "--run-dir", name]).code, 0);
    };
    world.write("log.csv", log);
    plan(
        "one",
        "[[source]]\nname = \"log\"\nchannel = \"sms\"\npath = \"log.csv\"\nprofile = \"twilio-messages\"\nown_numbers = [\"+33199009999\"]\n",
    );
    world.write("crm.csv", "phone,name,lang\n+33199000001,Ana,fr\n");
    let list = "[[source]]\nname = \"crm\"\nchannel = \"sms\"\npath = \"crm.csv\"\nprofile = \"columns\"\n[source.columns]\n\
        phone = \"phone\"\nname = \"name\"\nlanguage = \"lang\"\n";
    plan("two", list);
    world.write("crm.csv", "phone,name,lang\n+33199000001,Anna,\n");
    plan("three", list);
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    let rows = crate::world::texts(
        &url,
        "select name || '|' || language || '|' || n_messages || '|' || n_rows || '|' || source_rows || '|' || value_rows from contact_view",
    );
    let today = jiff::Timestamp::now().strftime("%F").to_string();
    let expected = format!(
        "Anna|fr|2|4|crm:1 {today}-one/log:1-2 {today}-two/crm:1|crm:1 language={today}-two/crm:1 last_at={today}-one/log:2 \
         first_at,last_inbound_at,n_messages={today}-one/log:1-2"
    );
    assert_eq!(rows, [expected]);
}
