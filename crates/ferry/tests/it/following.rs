//! Templates after their submission: what WhatsApp does to them is followed, told once, and compared with what was sent.

use std::process::Command;

use expect_test::expect;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::watch::Watch;
use crate::world::{Ended, Postgres, Sandbox, World, ended, texts};

/// A plan with an account in the sandbox, and the submitted template `one`.
fn submitted(sandbox: &Sandbox) -> World {
    let world = World::with_sms(b"phone,name\n");
    let plan = world.read("plan.toml");
    let whatsapp = format!("[whatsapp]\naccount = \"42\"\nurl = \"{}/v25.0\"\ntimeout_ms = 2000\n", sandbox.url);
    world.write("plan.toml", &format!("{plan}\n{whatsapp}"));
    write_template(&world, "Thank you.");
    submit(&world);
    world
}

/// Writes the template `one`, with a footer and buttons.
fn write_template(world: &World, words: &str) {
    let template = json!({ "name": "one", "language": "en", "category": "utility", "components": [
        { "type": "HEADER", "format": "TEXT", "text": "Your order" },
        { "type": "BODY", "text": format!("Your order {{{{1}}}} is on its way. {words}"), "example": { "body_text": [["A1"]] } },
        { "type": "FOOTER", "text": "The shop" },
        { "type": "BUTTONS", "buttons": [
            { "type": "QUICK_REPLY", "text": "Where is it?" },
            { "type": "URL", "text": "Track it", "url": "https://example.com/track/{{1}}", "example": ["A1"] },
        ] },
    ] });
    world.write("one.json", &template.to_string());
}

fn submit(world: &World) {
    let submitted = world.ferry(&["template", "submit", "one.json", "--quiet"]);
    assert_eq!(submitted.code, 0, "{submitted:?}");
}

/// What becomes of `one` from now on.
fn moderate(sandbox: &Sandbox, state: &Value) {
    let mut moderation = state.clone();
    moderation["name"] = json!("one");
    sandbox.control("moderation", &json!([moderation]).to_string());
}

fn sync(world: &World) -> Ended {
    world.ferry(&["template", "sync"])
}

fn status(world: &World) -> String {
    world.ferry(&["template", "status"]).out
}

fn in_json(world: &World, what: &str) -> Value {
    let ended = world.ferry(&["template", what, "--format", "json"]);
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"))
}

/// The text with the days and the times of this moment by name.
fn without_days(text: &str) -> String {
    let day = |n: i64| {
        let at = Timestamp::now() + SignedDuration::from_hours(24 * n);
        at.strftime("%Y-%m-%d").to_string()
    };
    let text = text.replace(&day(7), "IN A WEEK").replace(&day(0), "TODAY").replace(&day(-1), "TODAY");
    regex::Regex::new(r"TODAY \d\d:\d\d UTC").unwrap().replace_all(&text, "NOW").into_owned()
}

fn database(world: &World) -> String {
    format!("sqlite:{}", world.path("ferry.db").display())
}

#[test]
fn a_flag_and_its_end_are_told_once_each_on_both_databases() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let sandbox = Sandbox::start(&[]);
        let world = submitted(&sandbox);
        if url != "sqlite:ferry.db" {
            world.replan("sqlite:ferry.db", url);
            let submitted = world.ferry(&["template", "submit", "one.json", "--quiet", "--again"]);
            assert!(submitted.out.contains("refused"), "the account has it already: {submitted:?}");
            texts(
                url,
                "update account_template set status = 'APPROVED', template_id = '1', reason = null returning 'x'",
            );
        }
        let calm = sync(&world);
        assert_eq!((calm.code, calm.out.as_str()), (0, "nothing changed\n"), "{url}: {calm:?}");

        moderate(&sandbox, &json!({ "status": "FLAGGED", "quality": "RED" }));
        let flagged = sync(&world);
        expect![[r#"
            one (en): APPROVED → FLAGGED, quality RED
            new: one (en): flagged since TODAY: WhatsApp disables it on IN A WEEK at the latest (7 days left) unless people complain less
                 send it to fewer people, only to those who asked for it; prepare another text under a new name in time
            new: one (en): quality is RED
                 look at who gets it and how often: people block or report it, and WhatsApp pauses it if that goes on
        "#]]
        .assert_eq(&without_days(&flagged.out));
        assert_eq!(flagged.code, 3, "{flagged:?}");
        let still = sync(&world);
        expect![[r#"
            nothing changed
            still: one (en): flagged since TODAY: WhatsApp disables it on IN A WEEK at the latest (7 days left) unless people complain less
            still: one (en): quality is RED
        "#]]
        .assert_eq(&without_days(&still.out));
        assert_eq!(still.code, 3);
        expect![[r#"
            one                                      en     FLAGGED          UTILITY, quality RED
                flagged since TODAY: WhatsApp disables it on IN A WEEK at the latest (7 days left) unless people complain less
            1 FLAGGED
        "#]]
        .assert_eq(&without_days(&status(&world)));

        sandbox.control("clock", r#"{ "advance_seconds": 604800 }"#);
        let disabled = sync(&world);
        expect![[r#"
            one (en): FLAGGED → DISABLED
            new: one (en): disabled on TODAY: it can be neither sent nor edited any more
                 take it out of campaigns, and submit another text under a new name
            still: one (en): quality is RED
        "#]]
        .assert_eq(&without_days(&disabled.out));
        assert_eq!(disabled.code, 3);
        // Nobody can help a disabled template any more, so it does not hold the exit code.
        moderate(&sandbox, &json!({ "status": "DISABLED", "quality": "UNKNOWN" }));
        assert_eq!(sync(&world).code, 0);
        assert!(status(&world).contains("disabled on "));
    }
}

#[test]
fn a_template_that_is_reinstated_or_unpaused_is_well_again() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    for (bad, good) in [("FLAGGED", "REINSTATED"), ("PAUSED", "APPROVED"), ("FROZEN_BY_MAGIC", "UNARCHIVED")] {
        moderate(&sandbox, &json!({ "status": bad }));
        let was_bad = sync(&world);
        assert!(was_bad.out.contains(&format!(" → {bad}\n")), "{was_bad:?}");
        assert_eq!(was_bad.code, if bad == "FROZEN_BY_MAGIC" { 0 } else { 3 }, "{was_bad:?}");
        moderate(&sandbox, &json!({ "status": good }));
        let well = sync(&world);
        assert_eq!((well.code, well.out), (0, format!("one (en): {bad} → {good}\n")));
        assert_eq!(in_json(&world, "status")["templates"][0]["status"], good);
    }
}

#[test]
fn quality_and_category_are_followed() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    let mut lines = String::new();
    for state in [
        json!({ "quality": "GREEN" }),
        json!({ "quality": "YELLOW", "correct_category": "MARKETING" }),
        json!({ "quality": "GREEN", "correct_category": "MARKETING" }),
        json!({ "quality": "GREEN", "category": "MARKETING", "correct_category": "MARKETING" }),
        json!({ "quality": "GREEN", "category": "MARKETING" }),
    ] {
        moderate(&sandbox, &state);
        let synced = sync(&world);
        lines += &format!("{}{}\n", synced.out.replace("     ", "  "), synced.code);
    }
    expect![[r#"
        one (en): APPROVED, quality GREEN
        0
        one (en): APPROVED, quality GREEN → YELLOW, MARKETING is announced
        new: one (en): quality dropped from GREEN to YELLOW
          look at who gets it and how often: people block or report it, and WhatsApp pauses it if that goes on
        new: one (en): category changes to MARKETING soon, a day after WhatsApp's notice
          ask for a review in WhatsApp Manager before, or submit a text that fits its category under a new name
        3
        one (en): APPROVED, quality YELLOW → GREEN
        still: one (en): category changes to MARKETING soon, a day after WhatsApp's notice
        3
        one (en): APPROVED, MARKETING instead of UTILITY
        new: one (en): category changed from UTILITY to MARKETING
          expect the price and the rules of the new category; if it is wrong, ask for a review in WhatsApp Manager
        3
        nothing changed
        0
    "#]]
    .assert_eq(&lines);
    let told = in_json(&world, "status")["templates"][0].clone();
    let kept = ["category", "previous_category", "announced_category", "quality"].map(|it| told[it].clone());
    assert_eq!(kept, [json!("MARKETING"), json!("UTILITY"), Value::Null, json!("GREEN")]);
}

#[test]
fn what_was_approved_is_compared_with_what_was_sent() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    assert_eq!(sync(&world).out, "nothing changed\n");
    assert_eq!(in_json(&world, "status")["templates"][0]["differences"], json!([]));

    moderate(&sandbox, &json!({ "text": "Your order {{1}} has been shipped." }));
    let altered = sync(&world);
    expect![[r#"
        new: one (en): approved otherwise than it was sent: body text, sent “Your order {{1}} is on its way. Thank you.”, approved “Your order {{1}} has been shipped.”
             read what people get now; edit the template if that is wrong, or take the new text over into the scenario
    "#]]
    .assert_eq(&altered.out);
    assert_eq!(altered.code, 3);
    let told = in_json(&world, "status")["templates"][0]["differences"].clone();
    assert_eq!(told[0]["field"], "body text");

    // An edit sends another text, and what is approved then is the same.
    moderate(&sandbox, &json!({}));
    write_template(&world, "See you soon.");
    submit(&world);
    assert_eq!(in_json(&world, "status")["templates"][0]["differences"], Value::Null);
    let edited = sync(&world);
    assert_eq!((edited.code, edited.out.as_str()), (0, "one (en): PENDING → APPROVED\n"));
    assert_eq!(in_json(&world, "status")["templates"][0]["differences"], json!([]));
}

#[test]
fn a_template_whose_text_is_not_known_is_not_compared_and_status_says_so() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    texts(&database(&world), "update account_template set sent_body = null returning 'x'");
    moderate(&sandbox, &json!({ "text": "Another text." }));
    assert_eq!((sync(&world).code, sync(&world).out.as_str()), (0, "nothing changed\n"));
    assert!(status(&world).contains("it is not known what was sent, so it is not compared"), "{}", status(&world));
    assert_eq!(in_json(&world, "status")["templates"][0]["is_sent_known"], false);
}

#[test]
fn a_sync_that_is_killed_while_it_tells_tells_again_and_one_that_has_told_does_not() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    moderate(&sandbox, &json!({ "status": "PAUSED" }));
    let killed = world.ferry(&["template", "sync", "--notify", "kill -KILL $PPID"]);
    assert_eq!(killed.code, -1, "{killed:?}");
    // Alerts of later syncs join those that nobody was told of.
    moderate(&sandbox, &json!({ "status": "DISABLED" }));
    let killed = world.ferry(&["template", "sync", "--notify", "kill -KILL $PPID"]);
    assert_eq!(killed.code, -1, "{killed:?}");
    for is_told in [false, true] {
        let again = sync(&world);
        let are_new = ["paused since ", "disabled on "].map(|it| again.out.contains(&format!("new: one (en): {it}")));
        assert_eq!((are_new, again.code), ([!is_told; 2], if is_told { 0 } else { 3 }), "{again:?}");
    }
}

#[test]
fn an_alert_is_notified_and_comes_again_while_the_notification_does_not_arrive() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    moderate(&sandbox, &json!({ "status": "REJECTED", "reason": "SCAM" }));
    let failed = world.ferry(&["template", "sync", "--notify", "exit 7"]);
    assert!(failed.code == 3 && failed.err.contains("the notification command ended with"), "{failed:?}");
    let command = "(cat; echo; echo \"$FERRY_EXIT $FERRY_STATUS\") > told.txt";
    world.replan("name = \"test\"", &format!("name = \"test\"\nnotify = '{command}'"));
    let told = sync(&world);
    assert!(told.out.starts_with("new: one (en): rejected: SCAM\n"), "{told:?}");
    let (body, variables) = world.read("told.txt").split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((variables.as_str(), &body["command"]), ("3 alerts\n", &json!("template sync")));
    let alert = &body["alerts"][0];
    assert_eq!([&alert["name"], &alert["alert"], &alert["severity"]], ["one", "rejected", "error"]);
    std::fs::remove_file(world.path("told.txt")).unwrap();
    assert_eq!(sync(&world).code, 3);
    assert!(!world.path("told.txt").exists(), "what was told is not notified again");
}

#[test]
fn a_deleted_template_is_told_once() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    sandbox.call("DELETE", "/v25.0/42/message_templates?name=one", "");
    let gone = sync(&world);
    expect![[r#"
        one (en): APPROVED → GONE
        new: one (en): it was deleted, and its name cannot be used for 30 days
             submit the text under a new name if it is still needed
    "#]]
    .assert_eq(&gone.out);
    assert_eq!((gone.code, sync(&world).code), (3, 0));
}

#[test]
fn a_sync_that_goes_on_survives_a_failure_that_passes_and_ends_at_ctrl_c() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    let mut watch = Watch::start(world.command(&["template", "sync", "--every", "1s"]));
    watch.line("nothing changed");
    sandbox.control("faults", r#"["server-error"]"#);
    assert!(watch.err_line("; asking again at ").starts_with("warning: could not list the templates"));
    sandbox.control("faults", "[]");
    moderate(&sandbox, &json!({ "status": "PAUSED" }));
    watch.line("new: one (en): paused since ");
    let pid = watch.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ended = watch.end();
    assert_eq!((ended.code, ended.err.lines().last()), (3, Some("stopped: what was found is in the database")));
    assert!(!sync(&world).out.contains("new: "), "it was told");
}

#[test]
fn a_sync_that_goes_on_ends_when_the_token_is_refused() {
    let sandbox = Sandbox::start(&[]);
    let world = submitted(&sandbox);
    let command = "(cat; echo) > told.txt";
    let mut watch = Watch::start(world.command(&["template", "sync", "--every", "1s", "--notify", command]));
    watch.line("nothing changed");
    sandbox.control("faults", r#"["expired-token"]"#);
    let ended = watch.end();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("the provider refused the call (401, code 190)"), "{ended:?}");
    let told: Value = serde_json::from_str(&world.read("told.txt")).unwrap();
    assert_eq!((&told["status"], &told["exit"]), (&json!("failed"), &json!(1)));
    assert!(told["error"].as_str().unwrap().starts_with("could not list the templates: "), "{told}");
}

#[test]
fn a_time_between_two_requests_is_written_as_people_do() {
    for time in ["0s", "8days", "soon", "-1m"] {
        let refused =
            ended(World::empty().command(&["template", "sync", &format!("--every={time}")]).output().unwrap());
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("write a time from 1s to 7days, such as 15m or 1h"), "{refused:?}");
    }
}
