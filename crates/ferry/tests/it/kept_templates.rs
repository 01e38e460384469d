//! Templates of the database: how they look, what differs from what was submitted, what they cost, and their submission.

use expect_test::expect;
use serde_json::{Value, json};

use crate::world::{Ended, Sandbox, World, texts};

/// A plan without exports, with three scenarios and an account in the sandbox.
fn world(sandbox: &Sandbox) -> World {
    let world = World::empty();
    world.write(
        "plan.toml",
        &format!(
            "[run]\nname = \"texts\"\n[crm]\nurl = \"sqlite:ferry.db\"\n\
             [[scenario]]\nname = \"notices\"\npath = \"notices.json\"\ncriticality = \"high\"\n\
             [whatsapp]\naccount = \"42\"\nurl = \"{}/v25.0\"\n",
            sandbox.url
        ),
    );
    let notices =
        ["Your order {{order}} is on its way to you.", "Your table {{table}} is free now.", "We are closed today."];
    write_notices(&world, &notices);
    world
}

/// Writes one scenario for each text, named `notice_a`, `notice_b` and so on.
fn write_notices(world: &World, notices: &[&str]) {
    let scenario = |(n, text): (char, &&str)| {
        let id = format!("notice_{n}");
        let slots: Vec<&str> =
            ["order", "table"].into_iter().filter(|it| text.contains(&format!("{{{{{it}}}}}"))).collect();
        let slots: Vec<Value> = slots.iter().map(|it| json!({ "name": it, "examples": ["A1"] })).collect();
        json!({ "id": id, "intent": id, "language": "en", "purpose": "notification", "trigger": { "type": "event" },
            "slots": slots, "start": "a", "steps": [{ "id": "a", "type": "message", "text": text }] })
    };
    let scenarios: Vec<Value> = ('a'..).zip(notices).map(scenario).collect();
    world.write("notices.json", &json!({ "scenarios": scenarios }).to_string());
}

fn run(world: &World, run: &str) {
    let ended = world.ferry(&["run", "--run-dir", run]);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
}

fn by_hand(world: &World, statement: &str) {
    texts(&format!("sqlite:{}", world.path("ferry.db").display()), statement);
}

fn decide(world: &World, name: &str, decision: &str) {
    let at = "1764489600000000";
    by_hand(
        world,
        &format!(
            "update template set decision = '{decision}', decided_by = 'ana', decided_at = {at} where name like '{name}%'"
        ),
    );
}

fn submit(world: &World, arguments: &[&str]) -> Ended {
    world.ferry(&[&["template", "submit", "--quiet"], arguments].concat())
}

fn value(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"))
}

#[test]
fn the_approved_templates_of_the_database_are_submitted_with_the_texts_that_it_keeps() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    run(&world, "run");
    decide(&world, "notice_a", "approved");
    decide(&world, "notice_b", "rejected");
    let dry = submit(&world, &["--dry-run"]);
    assert!(dry.out.starts_with("criticality high: 1 template from "), "{dry:?}");
    assert!(sandbox.templates("42").is_empty());

    let first = submit(&world, &[]);
    expect![[r#"
        notice_a (en): APPROVED, UTILITY
        1 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
        not submitted: notice_b (en): rejected by ana
        not submitted: 1 template that no one has decided about: review them with `ferry scenario review`, or submit them with --undecided
    "#]]
    .assert_eq(&first.out);
    assert_eq!(first.code, 0, "{first:?}");
    let kept = texts(
        &format!("sqlite:{}", world.path("ferry.db").display()),
        "select body from template_version where name like 'notice_a%'",
    );
    let kept: Value = serde_json::from_str(&kept[0]).unwrap();
    let sent = sandbox.templates("42")[0].clone();
    assert_eq!(
        (&sent["components"], &sent["name"], &sent["category"]),
        (&kept["components"], &kept["name"], &kept["category"])
    );

    let json = value(&submit(&world, &["--format", "json"]));
    assert_eq!(json["templates"][0]["outcome"], "known");
    assert_eq!(json["left_out"].as_array().unwrap().len(), 2);

    // The same texts from files are known.
    let folder = format!("{}/translate", world.path("run").display());
    let of_files = submit(&world, &[&folder]);
    assert!(of_files.out.contains("2 submitted, 0 edited, 1 unchanged"), "{of_files:?}");
    let with_undecided = submit(&world, &["--undecided"]);
    assert!(with_undecided.out.contains("0 submitted, 0 edited, 2 unchanged"), "{with_undecided:?}");
}

#[test]
fn what_is_missing_or_has_an_error_is_named_and_not_submitted() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    run(&world, "run");
    decide(&world, "notice", "approved");
    write_notices(&world, &["Your order {{order}} is on its way to you.", "Your table {{table}} is free now."]);
    run(&world, "run-2");
    by_hand(
        &world,
        "update template_version set body = replace(body, 'is free now', 'is free {{7}} or later') where name like 'notice_b%'",
    );
    decide(&world, "notice_b", "approved");
    let refused = submit(&world, &["--undecided"]);
    expect![[r#"
        notice_a (en): APPROVED, UTILITY
        1 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
        not submitted: notice_b (en): variable-order[T305] {{7}} comes where {{2}} should
        not submitted: notice_c (en): its source no longer has it
    "#]]
    .assert_eq(&refused.out);
    assert_eq!(refused.code, 1);
}

#[test]
fn templates_are_listed_and_shown_as_they_would_look() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    let none = world.ferry(&["template", "show"]);
    assert!(none.err.contains("there is no database yet") && none.code == 1, "{none:?}");
    run(&world, "run");
    decide(&world, "notice_a", "approved");
    submit(&world, &[]);
    expect![[r#"
        notice_a                                 en     UTILITY        approved  APPROVED
        notice_b                                 en     UTILITY        undecided            not submitted
        notice_c                                 en     UTILITY        undecided            not submitted
        3 templates: 1 approved, 2 undecided
    "#]]
    .assert_eq(&world.ferry(&["template", "show"]).out);
    let shown = world.ferry(&["template", "show", "notice_a.en"]);
    let version = shown.out.lines().next().unwrap().split("(source, ").nth(1).unwrap().to_owned();
    let shown = shown.out.replace(&version, "RUN, TIME)");
    expect![[r#"
        notice_a (en): UTILITY, approved by ana on 2025-11-30 08:00 UTC, version 1 (source, RUN, TIME)
          scenario notice_a, APPROVED at WhatsApp
        ╭──────────────────────────────────────────╮
        │ Your order A1 is on its way to you.      │
        ╰──────────────────────────────────────────╯
    "#]]
    .assert_eq(&shown);
    let unknown = world.ferry(&["template", "show", "notice_z"]);
    assert!(
        unknown.err.contains("the database has no template notice_z: `ferry template show` lists all"),
        "{unknown:?}"
    );

    let of_folder = world.ferry(&["template", "show", "run/translate", "--variables"]);
    assert!(of_folder.out.contains("│ Your order {{1}} is on its way to you."), "{of_folder:?}");
    let json = value(&world.ferry(&["template", "show", "notice_a", "--format", "json"]));
    let shown = &json["templates"][0];
    assert_eq!((&shown["kept"]["decision"], &shown["kept"]["submitted"]), (&json!("approved"), &json!("same")));
    assert!(
        shown["with_examples"]["components"][0]["text"].as_str().unwrap().starts_with("Your order A1 is"),
        "{shown}"
    );
}

#[test]
fn a_later_text_of_the_source_is_shown_below_the_one_that_somebody_wrote() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    run(&world, "run");
    by_hand(
        &world,
        "update template_version set body = replace(body, 'way to you', 'way, *dear* friend') where name = 'notice_a'",
    );
    write_notices(&world, &["Your order {{order}} is at your door now."]);
    run(&world, "run-2");
    let listed = world.ferry(&["template", "show"]);
    let line = format!(
        "{:40} {:6} {:14} {:9} {:10} proposed text, not submitted\n",
        "notice_a", "en", "UTILITY", "undecided", ""
    );
    assert!(listed.out.starts_with(&line), "{listed:?}");
    assert!(listed.out.contains("its source no longer has it, not submitted\n"), "{listed:?}");
    let shown = world.ferry(&["template", "show", "notice_a"]);
    let boxes: Vec<&str> = shown.out.lines().filter(|it| it.starts_with('│')).collect();
    assert_eq!(
        boxes,
        [
            "│ Your order A1 is on its way, *dear*      │",
            "│ friend.                                  │",
            "│ Your order A1 is at your door now.       │"
        ]
    );
    assert!(shown.out.contains("version 2 (edit by database, "), "{shown:?}");
    assert!(shown.out.contains("\n  proposed by the source: version 3 (source, run "), "{shown:?}");
    // Nobody has taken the proposed text.
    submit(&world, &["--undecided"]);
    let sent = &sandbox.templates("42")[0]["components"][0]["text"];
    assert_eq!(sent, "Your order {{1}} is on its way, *dear* friend.");

    let without = world.read("plan.toml");
    world.write("plan.toml", without.split("[whatsapp]").next().unwrap());
    let listed = world.ferry(&["template", "show"]);
    assert!(listed.out.ends_with("\nthe plan has no [whatsapp]: what was submitted is not known\n"), "{listed:?}");
    let refused = world.ferry(&["template", "diff"]);
    assert!(
        refused.code == 1 && refused.err.contains("the plan has no [whatsapp]: name the account there"),
        "{refused:?}"
    );
}

#[test]
fn a_diff_says_what_differs_from_what_was_submitted_and_between_versions() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    run(&world, "run");
    decide(&world, "notice_a", "approved");
    decide(&world, "notice_b", "approved");
    submit(&world, &[]);
    let same = world.ferry(&["template", "diff", "notice_a", "--exit-code"]);
    assert_eq!(
        (same.code, same.out.as_str()),
        (0, "notice_a (en): submitted and the same\n0 differ, 1 the same, 0 not submitted, 0 gone\n")
    );
    write_notices(
        &world,
        &["Your order {{order}} is at the door.", "Your table {{table}} is free now.", "We are closed today."],
    );
    run(&world, "run-2");
    sandbox.call("DELETE", "/v25.0/42/message_templates?name=notice_b", "");
    world.ferry(&["template", "sync"]);
    let differs = world.ferry(&["template", "diff"]);
    expect![[r#"
        notice_a (en): differs from what was submitted
          body: Your order {{1}} is [-on its way to you.-]{+at the door.+}
        notice_b (en): gone: no longer in the account
        notice_c (en): not submitted
        1 differ, 0 the same, 1 not submitted, 1 gone
    "#]]
    .assert_eq(&differs.out);
    assert_eq!(differs.code, 0);
    assert_eq!(world.ferry(&["template", "diff", "--exit-code"]).code, 1);

    let versions = world.ferry(&["template", "diff", "notice_a", "--from", "1", "--to", "2"]);
    assert!(versions.out.contains("[-on its way-]{+at the door.+}") || versions.out.contains("body: "), "{versions:?}");
    let all = value(&world.ferry(&["template", "diff", "notice_a", "--versions", "--format", "json"]));
    let entry = &all["templates"][0];
    assert_eq!(
        (&entry["from"]["version"], &entry["to"]["version"], &entry["result"]),
        (&json!(1), &json!(2), &json!("differs"))
    );
    assert_eq!(entry["parts"][0]["after"].as_str().unwrap().split('.').next(), Some("Your order {{1}} is at the door"));
    let none = world.ferry(&["template", "diff", "notice_a", "--from", "9"]);
    assert!(none.err.contains("there is no version 9: there are 1, 2"), "{none:?}");
}

#[test]
fn amounts_need_a_rate_card_and_a_country_without_a_market_has_none() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    let plan = world.read("plan.toml");
    let source = "[[source]]\nname = \"sms\"\nchannel = \"sms\"\npath = \"sms.csv\"\nprofile = \"columns\"\n\
        [source.columns]\nphone = \"phone\"\nname = \"name\"\n";
    world.write("plan.toml", &format!("{plan}{source}"));
    world.write("sms.csv", "phone,name\n+33199000001,Ana\n+33199000002,Ben\n+12025550123,Dan\n+61491570006,Eva\n");
    run(&world, "run");
    by_hand(&world, crate::world::ALL_CONSENT);
    let without = world.ferry(&["template", "costs", "--on", "2026-10-01"]);
    expect![[r#"
        templates              all  WhatsApp        en
        UTILITY                  3         0         3

        country            people      consented      invitable
        AU                      1              1              0
        FR                      2              2              0
        US                      1              1              0
        all                     4              4              0
        no rate card: name one with [rates] path
          people: those who have consented to WhatsApp, have refused nothing and are not known to be without WhatsApp
    "#]]
    .assert_eq(&without.out);

    world.write("rates.csv", "Market;Currency;Marketing;Utility\nFrance;EUR;0,1234;0,02\nNorth America;EUR;0,2;n/a\n");
    world.write("plan.toml", &format!("{}[rates]\npath = \"rates.csv\"\n", world.read("plan.toml")));
    let with = world.ferry(&["template", "costs", "--on", "2026-10-01"]);
    expect![[r#"
        templates              all  WhatsApp        en
        UTILITY                  3         0         3

        country            people      consented      invitable      marketing        utility authentication
        AU                      1              1              0        no rate        no rate        no rate
        FR                      2              2              0         0.2468           0.04        no rate
        US                      1              1              0           0.20        no rate        no rate
        all                     4              4              0         0.4468           0.04           0.00
        the amount for marketing leaves out 1 of 4 people: their countries have no rate
        the amount for utility leaves out 2 of 4 people: their countries have no rate
        the amount for authentication leaves out 4 of 4 people: their countries have no rate
        amounts in EUR for one message to each person, by rates.csv
          people: those who have consented to WhatsApp, have refused nothing and are not known to be without WhatsApp
          rates: the latest that hold on 2026-10-01, per delivered message, as if every message is delivered
          volume tiers, free windows and fees of a provider are not considered
          regions: as Meta listed their countries on 2026-03-02, unless the card lists them
    "#]]
    .assert_eq(&with.out);
    let json = value(&world.ferry(&["template", "costs", "--on", "2026-10-01", "--format", "json"]));
    let total = &json["totals"][0];
    assert_eq!((&total["amount_micros"], &total["people_without_rate"]), (&json!(446_800), &json!(1)));
    world.write("rates.csv", "Market,Currency,Marketing\nFrance,EUR,\"1,234\"\n");
    let wrong = world.ferry(&["template", "costs"]);
    assert!(
        wrong.err.contains("the rate card rates.csv cannot be used: line 2: rate is \"1,234\": the comma may be"),
        "{wrong:?}"
    );
}
