//! Submission of templates to an account: each is submitted once, followed, and edited within the limits.

use std::collections::BTreeMap;
use std::process::Stdio;

use expect_test::expect;
use serde_json::{Value, json};

use crate::world::{Ended, Postgres, Sandbox, World, ended, texts};

/// A plan with an account in the sandbox.
fn world(sandbox: &Sandbox) -> World {
    let world = World::with_sms(b"phone,name\n");
    let plan = world.read("plan.toml");
    world.write("plan.toml", &format!("{plan}\n[whatsapp]\naccount = \"42\"\nurl = \"{}/v25.0\"\n", sandbox.url));
    world
}

/// Writes a template whose body ends with `words`.
fn template(world: &World, name: &str, words: &str) {
    let body = json!({ "type": "BODY", "text": format!("Your order {{{{1}}}} is on its way. {words}"), "example": { "body_text": [["A1"]] } });
    let template = json!({ "name": name, "language": "en", "category": "UTILITY", "components": [body] });
    std::fs::create_dir_all(world.path("t")).unwrap();
    world.write(&format!("t/{name}.json"), &template.to_string());
}

fn submit(world: &World) -> Ended {
    world.ferry(&["template", "submit", "t", "--quiet"])
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    sandbox.templates("42").iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn templates_are_submitted_once_on_both_databases() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let sandbox = Sandbox::start(&[]);
        let world = world(&sandbox);
        world.replan("sqlite:ferry.db", url);
        template(&world, "one", "Thank you.");
        template(&world, "two", "See you soon.");
        let dry = world.ferry(&["template", "submit", "t", "--dry-run"]);
        assert!(dry.out.contains("criticality normal: 2 templates from "), "{dry:?}");
        assert!(names(&sandbox).is_empty());

        let first = submit(&world);
        assert_eq!(first.code, 0, "{first:?}");
        expect![[r#"
            one (en): APPROVED, UTILITY
            two (en): APPROVED, UTILITY
            2 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
        "#]]
        .assert_eq(&first.out);
        let again = submit(&world);
        assert_eq!(again.out, "0 submitted, 0 edited, 2 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached\n");
        assert_eq!(names(&sandbox), ["one", "two"]);
        let status = world.ferry(&["template", "status"]);
        assert!(status.out.ends_with("2 APPROVED\n"), "{status:?}");
    }
}

/// A plan with an account in the sandbox, in this database, and a short timeout.
fn impatient(sandbox: &Sandbox, url: &str) -> World {
    let world = world(sandbox);
    world.replan("sqlite:ferry.db", url);
    world.replan("account = \"42\"", "account = \"42\"\ntimeout_ms = 300");
    world
}

/// Moves all orders without an answer so far into the past that they can be settled.
fn their_time_is_over(world: &World, url: &str) {
    let url = match url {
        "sqlite:ferry.db" => format!("sqlite:{}", world.path("ferry.db").display()),
        url => url.to_owned(),
    };
    texts(
        &url,
        "update account_template set unknown_until = unknown_until - 3600000000 where holder <> '' returning 'x'",
    );
}

#[test]
fn two_submissions_at_once_order_each_template_once() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let sandbox = Sandbox::start(&[]);
        let world = world(&sandbox);
        world.replan("sqlite:ferry.db", url);
        // The first submission makes the database.
        template(&world, "first", "Thank you.");
        assert_eq!(submit(&world).code, 0);
        for n in 0..30 {
            template(&world, &format!("t{n:02}"), &format!("Word {n} of many."));
        }
        let start = || world.command(&["template", "submit", "t", "--format", "json"]).stdout(Stdio::piped()).spawn();
        let both = [start().unwrap(), start().unwrap()];
        let both = both.map(|it| ended(it.wait_with_output().unwrap()));
        let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
        for ended in &both {
            let told: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
            for template in told["templates"].as_array().unwrap() {
                *outcomes.entry(template["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        assert_eq!((outcomes["submitted"], outcomes.get("refused")), (30, None), "{url}: {both:?}");
        assert_eq!(outcomes.values().sum::<usize>(), 62);
        let status = world.ferry(&["template", "status"]);
        assert!(status.out.ends_with("\n31 APPROVED\n"), "{status:?}");
    }
}

#[test]
fn an_order_without_an_answer_is_not_given_again_before_its_time_is_long_over() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        // The first order never arrives, but Ferry cannot know that: WhatsApp may be slow.
        let sandbox = Sandbox::start(&["timeout-before=1"]);
        let world = impatient(&sandbox, url);
        template(&world, "one", "Thank you.");
        for _ in 0..2 {
            let unknown = submit(&world);
            assert!(unknown.out.contains("one (en): the answer was lost"), "{unknown:?}");
            assert_eq!(unknown.code, 75, "{unknown:?}");
            assert!(names(&sandbox).is_empty());
            assert_eq!(world.ferry(&["template", "sync"]).out, "nothing changed\n");
        }
        their_time_is_over(&world, url);
        assert_eq!(world.ferry(&["template", "sync"]).out, "one (en): SENDING → NOT_SENT\n");
        let again = submit(&world);
        assert!(again.out.starts_with("one (en): APPROVED, UTILITY\n"), "{again:?}");
        assert_eq!(names(&sandbox), ["one"]);
    }
}

#[test]
fn what_was_approved_is_not_left_as_refused_because_a_second_order_was_refused() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        for by in ["sync", "submit"] {
            let sandbox = Sandbox::start(&["timeout-after=1"]);
            let world = impatient(&sandbox, url);
            template(&world, by, "Thank you.");
            assert_eq!(submit(&world).code, 75);
            // The answer of the second order came after all.
            let database = url.replace("sqlite:ferry.db", &format!("sqlite:{}", world.path("ferry.db").display()));
            let refused =
                "update account_template set status = 'REFUSED', reason = 'there is one', holder = '' returning 'x'";
            texts(&database, refused);
            let again = match by {
                "sync" => world.ferry(&["template", "sync"]),
                _ => submit(&world),
            };
            assert_eq!(again.code, 0, "{again:?}");
            let status = world.ferry(&["template", "status"]).out;
            let line = status.lines().find(|it| it.starts_with(by)).unwrap();
            assert!(line.contains("APPROVED"), "{by}: {status}");
            let unchanged = "0 submitted, 0 edited, 1 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached\n";
            assert_eq!(submit(&world).out, unchanged);
            texts(&database, "delete from account_template returning 'x'");
        }
    }
}

#[test]
fn an_answer_that_was_lost_is_settled_and_nothing_is_submitted_twice() {
    let sandbox = Sandbox::start(&["timeout-after=1"]);
    let world = impatient(&sandbox, "sqlite:ferry.db");
    template(&world, "one", "Thank you.");
    let first = submit(&world);
    assert!(first.out.contains("one (en): the answer was lost"), "{first:?}");
    assert_eq!(first.code, 75);
    assert_eq!(names(&sandbox), ["one"]);
    let again = submit(&world);
    assert_eq!(again.out, "0 submitted, 0 edited, 1 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached\n");
    assert_eq!(names(&sandbox), ["one"]);
}

#[test]
fn what_moderation_decides_is_told() {
    let sandbox = Sandbox::start(&[]);
    sandbox.control(
        "moderation",
        r#"[{ "name": "sale", "category": "MARKETING" },
            { "name": "bad", "status": "REJECTED", "reason": "TAG_CONTENT_MISMATCH", "after_seconds": 3600 },
            { "name": "slow", "after_seconds": 7200 }, { "name": "odd", "status": "LIMIT_EXCEEDED", "after_seconds": 60 }]"#,
    );
    let world = world(&sandbox);
    for (name, words) in [("bad", "A."), ("odd", "B."), ("sale", "C."), ("slow", "D.")] {
        template(&world, name, words);
    }
    expect![[r#"
        bad (en): PENDING, UTILITY
        odd (en): PENDING, UTILITY
        sale (en): APPROVED, but WhatsApp changed the category to MARKETING
        slow (en): PENDING, UTILITY
        4 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
    "#]]
    .assert_eq(&submit(&world).out);
    sandbox.control("clock", r#"{ "advance_seconds": 3700 }"#);
    expect![[r#"
        bad (en): PENDING → REJECTED: TAG_CONTENT_MISMATCH
        odd (en): PENDING → LIMIT_EXCEEDED
        new: bad (en): rejected: TAG_CONTENT_MISMATCH
             change the text and run `ferry template submit` again, or appeal in WhatsApp Manager
    "#]]
    .assert_eq(&world.ferry(&["template", "sync"]).out);
    let again = world.ferry(&["template", "sync"]).out;
    assert_eq!(again, "nothing changed\nstill: bad (en): rejected: TAG_CONTENT_MISMATCH\n");
    // An unknown status is kept unchanged; a rejected template is not submitted again unchanged.
    let again = submit(&world);
    assert_eq!(again.out, "0 submitted, 0 edited, 4 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached\n");
    template(&world, "bad", "It is better now.");
    template(&world, "slow", "It is better now, too.");
    let edited = submit(&world);
    assert!(edited.out.contains("bad (en): edited; it is reviewed again\n"), "{edited:?}");
    assert!(
        edited.out.contains("slow (en): waits: it changed, but cannot be edited while it is PENDING"),
        "{edited:?}"
    );
    assert_eq!(edited.code, 75);
}

#[test]
fn an_approved_template_is_edited_once_a_day() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    template(&world, "one", "First.");
    submit(&world);
    template(&world, "one", "Second.");
    assert!(submit(&world).out.starts_with("one (en): edited"));
    world.ferry(&["template", "sync"]);
    template(&world, "one", "Third.");
    let third = submit(&world);
    assert!(
        third.out.starts_with("one (en): waits: it was edited 1 times in 24 hours; the next edit is possible at "),
        "{third:?}"
    );
    assert_eq!(third.code, 75);
    let body = |it: &Value| it["components"][0]["text"].as_str().unwrap().to_owned();
    assert!(body(&sandbox.templates("42")[0]).ends_with("Second."));
}

#[test]
fn a_hundred_templates_an_hour_and_the_rest_later() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    for n in 0..102 {
        template(&world, &format!("t{n:03}"), &format!("Word {n} of many."));
    }
    let first = submit(&world);
    assert_eq!(first.code, 75, "{}", first.out);
    assert!(
        first.out.contains("t101 (en): waits: 100 were submitted in the last hour; the next is possible at "),
        "{}",
        first.out
    );
    assert!(first.out.ends_with("100 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 2 wait, 0 not reached\n"));
    assert_eq!(names(&sandbox).len(), 100);
    // An hour later.
    let database = format!("sqlite:{}", world.path("ferry.db").display());
    texts(&database, "update template_order set at = at - 3600000000");
    sandbox.control("clock", r#"{ "advance_seconds": 3600 }"#);
    let later = submit(&world);
    assert!(
        later.out.ends_with("2 submitted, 0 edited, 100 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached\n"),
        "{}",
        later.out
    );
}

#[test]
fn names_that_are_taken_or_locked_are_refused_and_not_tried_again() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    template(&world, "mine", "Mine.");
    let theirs = json!({ "name": "theirs", "language": "en", "category": "UTILITY", "components": [{ "type": "BODY", "text": "Hello there." }] });
    sandbox.call("POST", "/v25.0/42/message_templates", &theirs.to_string());
    submit(&world);
    template(&world, "theirs", "Ours.");
    let refused = submit(&world);
    assert!(
        refused
            .out
            .starts_with("theirs (en): refused: there is a template of this name in this language (100/2388024)\n"),
        "{refused:?}"
    );
    assert_eq!(refused.code, 1);
    let again = submit(&world);
    assert!(again.out.contains("(earlier; change it, or submit it again with --again)"), "{again:?}");

    sandbox.call("DELETE", "/v25.0/42/message_templates?name=mine", "");
    let synced = world.ferry(&["template", "sync"]);
    assert!(synced.out.starts_with("mine (en): APPROVED → GONE\nnew: mine (en): it was deleted, "), "{synced:?}");
    let locked = submit(&world);
    assert!(locked.out.contains("mine (en): refused: a template of this name was deleted"), "{locked:?}");
    sandbox.control("clock", r#"{ "advance_seconds": 2592001 }"#);
    assert!(submit(&world).out.contains("mine (en): refused: a template of this name was deleted"));
    let again = world.ferry(&["template", "submit", "t", "--quiet", "--again"]);
    assert!(again.out.contains("mine (en): APPROVED, UTILITY\n"), "{again:?}");
}

#[test]
fn what_the_linter_refuses_is_not_submitted_and_a_wrong_token_stops() {
    let sandbox = Sandbox::with(&["--token-env", "SANDBOX_TOKEN"]);
    let world = world(&sandbox);
    template(&world, "bad", "{{2}}");
    template(&world, "good", "Thank you.");
    let refused =
        world.command(&["template", "submit", "t"]).env("FERRY_WHATSAPP_TOKEN", "wrong-secret").output().unwrap();
    let refused = crate::world::ended(refused);
    assert!(
        refused.code == 1
            && refused.err.contains("could not submit good: the provider refused the call (401, code 190)"),
        "{refused:?}"
    );
    assert!(!refused.err.contains("wrong-secret") && !refused.out.contains("wrong-secret"));
    let taken =
        world.command(&["template", "submit", "t"]).env("FERRY_WHATSAPP_TOKEN", "sandbox-token").output().unwrap();
    let taken = crate::world::ended(taken);
    assert!(taken.out.contains("good (en): APPROVED, UTILITY\n"), "{taken:?}");
    assert!(taken.out.contains("not submitted: t/bad.json: "), "{taken:?}");
    assert_eq!(taken.code, 1);
}

#[test]
fn what_is_not_critical_goes_first() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    let scenario = |id: &str, criticality: &str| {
        json!({ "id": id, "intent": id, "language": "en", "purpose": "notification", "criticality": criticality,
            "trigger": { "type": "event" }, "start": "a",
            "steps": [{ "id": "a", "type": "message", "text": format!("This is about {id}.") }] })
    };
    let scenarios = [scenario("a_payment", "high"), scenario("b_order", "normal"), scenario("c_news", "low")];
    world.write("all.json", &json!({ "scenarios": scenarios }).to_string());
    assert_eq!(world.ferry(&["translate", "all.json", "--to", "out"]).code, 0);
    let dry = world.ferry(&["template", "submit", "out", "--dry-run"]).out;
    let waves: Vec<&str> = dry.lines().filter_map(|it| it.strip_prefix("criticality ")?.split(':').next()).collect();
    assert_eq!(waves, ["low", "normal", "high"]);
    assert_eq!(world.ferry(&["template", "submit", "out", "--quiet"]).code, 0);
    assert_eq!(names(&sandbox), ["c_news", "b_order", "a_payment"]);
}

#[test]
fn without_an_account_the_plan_is_told_what_it_lacks() {
    let world = World::with_sms(b"phone,name\n");
    template(&world, "one", "Thank you.");
    let ended = submit(&world);
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (1, "ferry: the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"\n")
    );
}

#[test]
fn a_kill_between_order_and_answer_loses_and_doubles_nothing() {
    let sandbox = Sandbox::start(&["timeout-after"]);
    let world = world(&sandbox);
    template(&world, "one", "Thank you.");
    template(&world, "two", "See you.");
    let mut submitting = world.command(&["template", "submit", "t", "--quiet"]).spawn().unwrap();
    // The answer to the first submission is lost, so Ferry does not know that the template exists.
    while names(&sandbox).is_empty() {
        std::thread::yield_now();
    }
    submitting.kill().unwrap();
    submitting.wait().unwrap();
    assert!(world.ferry(&["template", "status"]).out.ends_with("1 SENDING\n"));
    sandbox.control("faults", "[]");
    let again = submit(&world);
    expect![[r#"
        two (en): APPROVED, UTILITY
        1 submitted, 0 edited, 1 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
    "#]]
    .assert_eq(&again.out);
    assert_eq!(names(&sandbox), ["one", "two"]);
}

/// The linter and the sandbox were written independently: the sandbox accepts every template that the linter passes.
#[test]
fn what_the_linter_passes_the_sandbox_takes() {
    let mut state = 11u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let pieces = [
        "Bonjour",
        "{{nom}}",
        "votre commande",
        "{{numero}}",
        "est prête.",
        "Profitez de",
        "-20 %",
        "https://example.com/a/{{numero}}",
        "https://example.com/b",
        "\n",
        "à bientôt",
        "!",
        "{{heure}}",
        "merci",
        "*gras*",
        "☎",
        "casino",
        "et",
        "votre rendez-vous",
        "demain",
    ];
    let purposes = ["notification", "promotion", "authentication", "conversation"];
    let mut scenarios = Vec::new();
    for n in 0..95 {
        let text: Vec<&str> = (0..1 + random(14)).map(|_| pieces[random(pieces.len() as u64) as usize]).collect();
        let choices: Vec<Value> = (0..random(13))
            .map(|k| match random(5) {
                0 => json!({ "action": "link", "title": format!("Lien {k}"), "url": "https://example.com/{{numero}}" }),
                1 => json!({ "action": "phone", "title": format!("Appeler {k}"), "number": "+33199000001" }),
                2 => json!({ "action": "copy_code", "title": format!("Code {k}"), "code": "{{numero}}" }),
                _ => json!({ "action": "reply", "title": format!("Une réponse qui est longue {k}") }),
            })
            .collect();
        let media = match random(6) {
            0 => json!({ "kind": "image", "url": "https://example.com/a.png" }),
            1 => json!({ "kind": "audio", "url": "https://example.com/a.mp3" }),
            _ => Value::Null,
        };
        scenarios.push(json!({
            "id": format!("s{n}"), "intent": "x", "language": "fr", "purpose": purposes[random(4) as usize], "trigger": { "type": "event" },
            "start": "a", "slots": [{ "name": "numero", "examples": ["A12"] }, { "name": "nom" }, { "name": "heure" }],
            "steps": [{ "id": "a", "type": "message", "text": format!("{n} {}", text.join(" ")), "choices": choices, "media": media }]
        }));
    }
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox);
    world.write("all.json", &json!({ "scenarios": scenarios }).to_string());
    world.ferry(&["translate", "all.json", "--to", "out"]);
    let submitted = world.ferry(&["template", "submit", "out", "--quiet", "--format", "json"]);
    let told: Value = serde_json::from_str(&submitted.out).unwrap_or_else(|_| panic!("{submitted:?}"));
    let templates = told["templates"].as_array().unwrap();
    let refused: Vec<&Value> = templates.iter().filter(|it| it["outcome"] != "submitted").collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(templates.len() > 40, "{} of 95 passed the linter", templates.len());
}
