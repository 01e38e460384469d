//! Registration on WhatsApp by every adapter, and the rules that resolve contradictory answers.

use std::collections::{BTreeMap, HashMap};
use std::process::Stdio;

use crate::world::{Ended, Postgres, Sandbox, World, ended, texts};

/// The `[verify]` section for the demo, with short waits.
fn replan(world: &World, verify: &str) {
    let plan = world.read("plan.toml");
    let (before, after) = plan.split_once("[verify]").unwrap();
    let after = after.split_once("[gates]").unwrap().1;
    world.write("plan.toml", &format!("{before}[verify]\n{verify}\nbackoff_ms = 2\n\n[gates]{after}"));
}

fn run(world: &World) -> Ended {
    let mut command = world.command(&["run", "--run-dir", "run"]);
    command.env("GATEWAY_TOKEN", "sandbox-token").env("GATEWAY_LOGIN", "ferry:Pass-word-1").env("FERRY_LOG", "trace");
    ended(command.output().unwrap())
}

/// Number and registration of all contacts.
fn registrations(world: &World) -> BTreeMap<String, String> {
    let line = |it: &str| {
        let cells: Vec<String> = it.split('|').map(str::to_owned).collect();
        (cells[0].clone(), cells[10].clone())
    };
    world.contacts().lines().map(line).collect()
}

fn count(answers: &BTreeMap<String, String>, answer: &str) -> usize {
    answers.values().filter(|it| *it == answer).count()
}

fn sql(world: &World, statement: &str) -> Vec<String> {
    texts(&format!("sqlite:{}", world.path("ferry.db").display()), statement)
}

/// People without a phone of their own, by number: `+33199000000` and on.
fn list(n: usize) -> String {
    let rows: Vec<String> = (0..n).map(|it| format!("+331990{it:05},Ana\n")).collect();
    format!("phone,name\n{}", rows.concat())
}

fn with_list(rows: &str, verify: &str) -> World {
    let world = World::with_sms(rows.as_bytes());
    let plan = world.read("plan.toml").replace("[gates]", &format!("[verify]\n{verify}\nbackoff_ms = 2\n\n[gates]"));
    world.write("plan.toml", &plan);
    world
}

/// Moves the recorded usage of the quota in time.
fn move_usage(world: &World, seconds: i64) {
    let statement = format!("update usage set at = at + {seconds} * 1000000 returning cast(at as text)");
    assert!(!sql(world, &statement).is_empty());
}

fn a_day_passes(world: &World) {
    move_usage(world, -86_400 - 60);
}

fn rerun(world: &World, only: &str) -> Ended {
    world.ferry(&["rerun", "--run-dir", "run", "--only", only])
}

#[test]
fn every_adapter_finds_out_the_same_of_everybody_and_prints_no_secret() {
    let sandbox = Sandbox::with(&["--token-env", "SANDBOX_TOKEN", "--login-env", "SANDBOX_LOGIN"]);
    let token = "token_env = \"GATEWAY_TOKEN\"";
    let unofficial = "i_accept_unofficial = true\ndaily_quota = 5000";
    let url = &sandbox.url;
    let mut expected = None;
    for verify in [
        format!("adapter = \"contacts\"\nurl = \"{url}\"\n{token}"),
        format!("adapter = \"contacts\"\nurl = \"{url}\"\nlogin_env = \"GATEWAY_LOGIN\"\nblocking = false"),
        format!("adapter = \"waha\"\nurl = \"{url}\"\n{token}\n{unofficial}"),
        format!("adapter = \"evolution\"\ninstance = \"main 1\"\nurl = \"{url}\"\n{token}\n{unofficial}"),
        format!("adapter = \"wuzapi\"\nurl = \"{url}\"\n{token}\n{unofficial}"),
        format!("adapter = \"green-api\"\ninstance = \"1101\"\nurl = \"{url}\"\n{token}\n{unofficial}"),
    ] {
        let world = World::demo(&sandbox);
        replan(&world, &verify);
        let ended = run(&world);
        assert_eq!(ended.code, 0, "{verify}: {ended:?}");
        for secret in ["sandbox-token", "Pass-word-1"] {
            assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{verify} shows {secret}");
        }
        let number = sandbox.ledger().iter().map(|it| it.0[1..].to_owned()).find(|it| ended.err.contains(it.as_str()));
        assert_eq!(number, None, "{verify} logs numbers");
        let found = registrations(&world);
        assert_eq!(count(&found, "registered") + count(&found, "not_registered"), 316, "{verify}");
        assert_eq!(&found, expected.get_or_insert_with(|| found.clone()), "{verify}");
    }
}

#[test]
fn a_gateway_through_a_linked_phone_is_off_unless_the_plan_accepts_it_and_the_run_says_why() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let waha = format!("adapter = \"waha\"\nurl = \"{}\"", sandbox.url);
    replan(&world, &waha);
    let refused = world.run();
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("plan.toml:41: `waha` is off unless the plan says i_accept_unofficial = true: it speaks the protocol of the consumer application"), "{}", refused.err);
    replan(&world, &format!("{waha}\ni_accept_unofficial = true"));
    let accepted = world.run();
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(accepted.err.contains("waha is unofficial: it speaks the protocol"), "{}", accepted.err);
    let help = world.ferry(&["verify", "--help"]);
    assert!(help.out.contains("policy: unofficial: needs i_accept_unofficial = true"), "{}", help.out);
}

#[test]
fn a_session_that_expires_is_opened_again() {
    let sandbox = Sandbox::with(&["--login-env", "SANDBOX_LOGIN", "--fault", "expired-token=2"]);
    let world = World::demo(&sandbox);
    replan(&world, &format!("adapter = \"contacts\"\nurl = \"{}\"\nlogin_env = \"GATEWAY_LOGIN\"", sandbox.url));
    // Two refusals mean a wrong password, not an expired token.
    assert_eq!(run(&world).code, 1);
    assert_eq!(run(&world).code, 0);
}

#[test]
fn numbers_that_nobody_waits_for_are_polled_to_the_end() {
    let sandbox = Sandbox::with(&["--lookup-seconds", "3600"]);
    let world = World::demo(&sandbox);
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\nblocking = false\npolls = 2\npoll_ms = 5", sandbox.url);
    replan(&world, &verify);
    assert_eq!(run(&world).code, 0);
    assert_eq!(count(&registrations(&world), "no_answer"), 316, "nothing was looked up within the hour");

    sandbox.control("clock", r#"{"advance_seconds": 3600}"#);
    let again = rerun(&world, "no_answer");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(count(&registrations(&world), "no_answer"), 0);
    assert!(again.out.contains("321 checks in 2 calls"), "{}", again.out);
}

#[test]
fn what_a_verification_costs_is_what_was_estimated_also_where_contacts_have_no_phone_or_have_their_answer() {
    let sandbox = Sandbox::start(&[]);
    let world = with_list(&list(30), &format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url));
    let viber = "\n[[source]]\nname = \"viber\"\nchannel = \"viber\"\npath = \"viber.csv\"\nprofile = \"columns\"\n\
        [source.columns]\nviber_id = \"id\"\nphone = \"phone\"\n\n[verify]";
    world.replan("\n[verify]", viber);
    let people = |n: usize| (0..n).map(|it| format!("user{it},\n")).collect::<String>();
    world.write("viber.csv", &format!("id,phone\n{}", people(20)));
    let first = world.run();
    assert!(first.err.contains("will check about 30 numbers and 5 test numbers in 2 calls, 0.04 USD"), "{first:?}");
    assert!(first.out.contains("cost       35 checks in 2 calls, 0.04 USD"), "{first:?}");

    world.write("sms.csv", &list(40));
    let dry = world.ferry(&["run", "--run-dir", "dry", "--dry-run"]);
    assert!(dry.out.contains("would check about 10 numbers and 5 test numbers in 2 calls, 0.01 USD"), "{dry:?}");
    let later = world.ferry(&["run", "--run-dir", "later"]);
    assert!(later.out.contains("cost       15 checks in 2 calls, 0.01 USD"), "{later:?}");
}

#[test]
fn odd_words_of_a_provider_cost_their_own_answer_and_no_other_on_both_databases() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let sandbox = Sandbox::start(&["odd"]);
        let world = with_list(&list(100), &format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url));
        world.replan("sqlite:ferry.db", url);
        let ended = world.run();
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.err.contains("; 10 answers not readable ("), "{}", ended.err);
        let found = registrations(&world);
        assert_eq!((count(&found, "no_answer"), found.len()), (10, 100), "{url}");
    }
}

#[test]
fn one_whatsapp_id_for_all_numbers_is_not_believed_and_nobody_is_ready() {
    let sandbox = Sandbox::start(&["one-id"]);
    let world = with_list(&list(100), &format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url));
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let found = registrations(&world);
    let n = count(&found, "contradictory");
    assert!(n > 40 && count(&found, "registered") == 0, "{found:?}");
    let told = format!("; {n} answers not believed: one WhatsApp id for several numbers (");
    assert!(ended.err.contains(&told), "{}", ended.err);
    assert_eq!(sql(&world, "select cast(count(*) as text) from segment_view where segment = 'ready'"), ["0"]);
}

#[test]
fn a_provider_that_knows_nobody_is_found_out() {
    let sandbox = Sandbox::start(&["always-invalid"]);
    let world = World::demo(&sandbox);
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\nbatch = 100\nconcurrency = 1", sandbox.url);
    // No number is registered: this is a list of strangers, or the phone is no longer linked. Without a number that is
    // known to be registered Ferry cannot tell which, so it stops.
    replan(&world, &verify);
    let ended = run(&world);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.err.contains("1 batch not counted: every answer was not_registered"), "{}", ended.err);
    assert!(
        ended.out.contains("the provider gave all numbers the same answer, so no more calls were made"),
        "{}",
        ended.out
    );
    assert_eq!(count(&registrations(&world), "no_answer"), 100);
    let asked = sandbox.ledger_lines().len();
    assert_eq!(asked, 105, "a batch, and five numbers that cannot exist");

    let world = World::demo(&sandbox);
    replan(&world, &format!("{verify}\nknown_registered = [\"+33 1 99 00 00 01\"]"));
    let ended = run(&world);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.out.contains("the provider does not know numbers that are on WhatsApp"), "{}", ended.out);
    assert_eq!(sandbox.ledger_lines().len() - asked, 6, "five numbers that cannot exist, and one that does");
}

#[test]
fn answers_that_do_not_match_the_question_are_refused_number_by_number() {
    for (fault, no_answer, finding) in [
        ("doubled", 31, Some("\"doubled_answers\": 31")),
        ("missing", 31, Some("\"missing_answers\": 31")),
        ("unasked", 0, Some("\"unasked_answers\": 4")),
        ("reordered", 0, None),
    ] {
        let sandbox = Sandbox::start(&[fault]);
        let world = World::demo(&sandbox);
        assert_eq!(world.run().code, 0, "{fault}");
        assert_eq!(count(&registrations(&world), "no_answer"), no_answer, "{fault}");
        let manifest = world.read("run/manifest.json");
        assert!(finding.is_none_or(|it| manifest.contains(it)), "{fault}: {manifest}");
    }
}

#[test]
fn a_quota_holds_beyond_a_run_and_a_restart() {
    let sandbox = Sandbox::start(&[]);
    let url = &sandbox.url;
    let world =
        with_list(&list(300), &format!("adapter = \"contacts\"\nurl = \"{url}\"\nbatch = 100\ndaily_quota = 205"));
    let first = world.run();
    assert_eq!(first.code, 75, "{first:?}");
    assert!(
        first.err.contains("the quota of 205 checks in 24 hours is used up; some of it comes back at 20"),
        "{}",
        first.err
    );
    assert_eq!(
        sql(&world, "select cast(count(*) as text) from contact_view"),
        ["300"],
        "all contacts are loaded anyway"
    );
    let asked = sandbox.ledger_lines().len();
    assert_eq!(asked, 205, "canaries count too");
    assert_eq!(sql(&world, "select cast(sum(n_checks) as text) from usage"), ["205"], "unchecked numbers do not count");
    for _ in 0..2 {
        assert_eq!(world.run().code, 75);
        assert_eq!(sandbox.ledger_lines().len(), asked, "no more checks were made");
    }
    // A clock that is set back does not give the quota back; a day later the quota is free again.
    move_usage(&world, 7 * 86_400);
    assert_eq!(world.run().code, 75);
    assert_eq!(sandbox.ledger_lines().len(), asked);
    move_usage(&world, -7 * 86_400);
    a_day_passes(&world);
    let later = world.run();
    assert_eq!(later.code, 0, "{later:?}");
    assert!(later.err.contains("will check about 100 numbers and 5 test numbers in 2 calls"), "{}", later.err);
    assert_eq!(sandbox.ledger_lines().len(), asked + 105);
}

#[test]
fn a_quota_that_is_smaller_than_a_batch_is_used_up_day_by_day() {
    let sandbox = Sandbox::start(&[]);
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\ndaily_quota = 205", sandbox.url);
    let world = with_list(&list(300), &verify);
    let first = world.run();
    assert_eq!(first.code, 75, "{first:?}");
    assert!(
        first.err.contains("will check about 300 numbers and 5 test numbers in 2 calls, 0.30 USD, 2 days at 205 a day"),
        "{}",
        first.err
    );
    assert!(first.err.contains("205 checks in 2 calls, 0.20 USD; about 100 to go"), "{}", first.err);
    assert_eq!(sandbox.ledger().len(), 200);
    assert_eq!(sql(&world, "select cast(count(*) as text) from evidence_view"), ["200"]);

    a_day_passes(&world);
    let second = world.run();
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(sandbox.ledger().len(), 300, "no number was checked twice");
    let report = world.read("run/report.html");
    // Checks, calls, retries, known already, price.
    for numbers in [["205", "2", "0", "0", "0.20"], ["105", "2", "0", "200", "0.10"], ["310", "4", "0", "–", "0.31"]]
    {
        let cells = numbers.map(|it| format!("<td class=\"n\">{it}")).join("</td>");
        assert!(report.contains(&cells), "{cells}");
    }
}

#[test]
fn two_verifications_at_once_keep_within_one_quota_also_where_one_is_killed() {
    const QUOTA: usize = 1_000;
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite", &postgres.url] {
        let sandbox = Sandbox::start(&[]);
        let home = tempfile::tempdir().unwrap();
        let url = url.replace("sqlite", &format!("sqlite:{}", home.path().join("shared.db").display()));
        let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\nbatch = 10\ndaily_quota = {QUOTA}", sandbox.url);
        let worlds = [0, 1_000].map(|first| {
            let rows: String = (first..first + 1_000).map(|it| format!("+331990{it:05},Ana\n")).collect();
            let world = with_list(&format!("phone,name\n{rows}"), &verify);
            world.replan("sqlite:ferry.db", &url);
            for stage in ["extract", "clean"] {
                assert_eq!(world.ferry(&[stage, "--run-dir", "run"]).code, 0);
            }
            world
        });
        // The database is there before both come.
        assert_eq!(worlds[0].ferry(&["load", "--run-dir", "run"]).code, 0);
        let start = |world: &World| {
            let mut command = world.command(&["verify", "--run-dir", "run"]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let [mut killed, mut other] = [start(&worlds[0]), start(&worlds[1])];
        while sandbox.ledger_bytes() < 10_000 && killed.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        start(&worlds[0]).wait().unwrap();
        other.wait().unwrap();
        for world in &worlds {
            let ended = world.ferry(&["verify", "--run-dir", "run"]);
            assert_eq!(ended.code, 75, "{url}: {ended:?}");
        }
        let asked = sandbox.ledger_lines().len();
        assert!((QUOTA / 2..=QUOTA).contains(&asked), "{url}: {asked} of {QUOTA} checks were made");
        let noted: usize = texts(&url, "select cast(sum(n_checks) as text) from usage")[0].parse().unwrap();
        assert!((asked..=QUOTA).contains(&noted), "{url}: {noted} were noted, {asked} were made");
    }
}

#[test]
fn a_quota_is_not_spent_on_one_spelling_of_people_who_have_two() {
    let sandbox = Sandbox::start(&[]);
    let rows: String = (0..60).map(|it| format!("{},Ana\n", brazilian(it)[0])).collect();
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\ndaily_quota = 45", sandbox.url);
    let world = with_list(&format!("phone,name\n{rows}"), &verify);
    let mut n_days = 1;
    while world.run().code == 75 {
        n_days += 1;
        assert!(n_days < 5, "a quota of forty is spent without an answer for anybody");
        a_day_passes(&world);
    }
    let asked = sandbox.ledger();
    let numbers: HashMap<String, String> = asked.iter().cloned().collect();
    assert_eq!(numbers.len(), asked.len(), "no spelling was checked twice");
    assert_eq!(count(&registrations(&world), "no_answer"), 0);
}

#[test]
fn what_was_answered_is_kept_where_the_quota_does_not_do_for_what_is_still_looked_up() {
    // Half of the canaries and half of the batch are still being looked up.
    let sandbox = Sandbox::start(&["processing=2"]);
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\ndaily_quota = 110\npoll_ms = 5", sandbox.url);
    let world = with_list(&list(100), &verify);
    let first = world.run();
    assert_eq!(first.code, 75, "{first:?}");
    assert!(first.err.contains("about 50 to go"), "{}", first.err);
    assert_eq!(sql(&world, "select cast(count(*) as text) from evidence_view"), ["50"]);

    a_day_passes(&world);
    let second = world.run();
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(sandbox.ledger().len(), 150, "numbers with an answer were not checked again");
}

#[test]
fn checks_are_kept_in_proportion_to_messages() {
    let sandbox = Sandbox::start(&[]);
    let url = &sandbox.url;
    let verify =
        format!("adapter = \"contacts\"\nurl = \"{url}\"\nbatch = 100\nmessages = 210\nchecks_per_message = 0.5");
    let world = with_list(&list(300), &verify);
    let first = world.run();
    assert_eq!(first.code, 75);
    let used =
        "what the messages of the plan allow, 105 checks in thirty days, is used up; some of it comes back at 20";
    assert!(first.err.contains(used), "{}", first.err);
    assert_eq!(sandbox.ledger_lines().len(), 105);
    let gate = world.run();
    assert_eq!(gate.code, 4, "{gate:?}");
    assert!(
        gate.err.contains("105 numbers were checked in thirty days, and the messages of the plan allow 105"),
        "{}",
        gate.err
    );
}

#[test]
fn a_provider_that_has_enough_for_today_ends_the_run_and_is_asked_the_rest_tomorrow() {
    let sandbox = Sandbox::with(&["--numbers-a-day", "40"]);
    let verify = format!(
        "adapter = \"green-api\"\ninstance = \"1\"\ntoken_env = \"GATEWAY_TOKEN\"\nurl = \"{}\"\ni_accept_unofficial = true",
        sandbox.url
    );
    let world = with_list(&list(60), &verify);
    let today = run(&world);
    assert_eq!(today.code, 75, "{}", today.err);
    assert!(today.err.contains("the provider says that its quota is used up"), "{}", today.err);
    assert_eq!(sql(&world, "select cast(count(*) as text) from evidence_view"), ["35"], "what was answered is kept");

    sandbox.control("clock", r#"{"advance_seconds": 86400}"#);
    let tomorrow = run(&world);
    assert_eq!(tomorrow.code, 0, "{}", tomorrow.err);
    assert_eq!(sandbox.ledger().len(), 60, "no number was checked twice");
    assert!(tomorrow.out.contains("30 checks in 30 calls; 35 already known, which saved 35 calls"), "{}", tomorrow.out);
}

#[test]
fn no_second_has_more_calls_than_the_plan_allows() {
    let sandbox = Sandbox::with(&["--calls-a-second", "60"]);
    let verify = format!("adapter = \"waha\"\nurl = \"{}\"\ni_accept_unofficial = true\nper_second = 50", sandbox.url);
    let world = with_list(&list(40), &verify);
    let ended = run(&world);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(!ended.out.contains("retries"), "{}", ended.out);
    let at: Vec<i64> = sandbox.ledger_lines().iter().map(|it| it["at"].as_i64().unwrap()).collect();
    let most = at.iter().map(|start| at.iter().filter(|it| (*start..start + 200).contains(*it)).count()).max();
    // Ten calls are allowed within a fifth of a second; late calls may arrive together with the next ones.
    assert!(most.unwrap() <= 14, "{most:?}");
}

#[test]
fn only_those_are_asked_about_again_of_whom_nothing_is_known() {
    let sandbox = Sandbox::start(&["missing"]);
    let world = World::demo(&sandbox);
    assert_eq!(world.run().code, 0);
    assert_eq!(count(&registrations(&world), "no_answer"), 31);
    sandbox.control("faults", "[]");
    let n_before = sandbox.ledger().len();
    let again = rerun(&world, "no_answer");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(sandbox.ledger().len() - n_before, 31);
    assert!(again.out.contains("285 already known"), "{}", again.out);
    assert_eq!(count(&registrations(&world), "no_answer"), 0);

    // Nothing has expired, and no batch has failed.
    for only in ["expired", "failed", "no_answer"] {
        let n_before = sandbox.ledger().len();
        assert_eq!(rerun(&world, only).code, 0, "{only}");
        assert_eq!(sandbox.ledger().len(), n_before, "{only}");
    }
    sql(&world, "update evidence set expires_at = checked_at returning 'x'");
    let n_expired = count(&registrations(&world), "no_answer");
    assert_eq!(n_expired, 316);
    let n_before = sandbox.ledger().len();
    assert_eq!(rerun(&world, "expired").code, 0);
    assert_eq!(sandbox.ledger().len() - n_before, n_expired);
    assert_eq!(count(&registrations(&world), "no_answer"), 0);
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
}

#[test]
fn a_later_run_asks_only_about_people_who_are_new() {
    let sandbox = Sandbox::start(&[]);
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url);
    let world = with_list(&list(100), &verify);
    assert_eq!(world.run().code, 0);
    world.write("sms.csv", &list(130));
    let later = world.ferry(&["run", "--run-dir", "later"]);
    assert_eq!(later.code, 0, "{later:?}");
    assert!(later.err.contains("will check about 30 numbers and 5 test numbers in 2 calls, 0.04 USD"), "{}", later.err);
    assert!(later.out.contains("35 checks in 2 calls, 0.04 USD; 100 already known"), "{}", later.out);
    assert_eq!(sandbox.ledger().len(), 130);
}

#[test]
fn methods_that_disagree_are_shown_and_the_trace_says_who_said_what() {
    let sandbox = Sandbox::start(&[]);
    let world = with_list(&list(30), &format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url));
    assert_eq!(world.run().code, 0);
    let registered = sandbox.ledger().into_iter().find(|it| it.1 == "valid").unwrap().0;

    // The answer of the other tool is the newer one.
    sql(&world, "update evidence set checked_at = 1767000000000000, expires_at = null returning 'x'");
    world.write("answers.csv", &format!("number,exists,checked_at\n{registered},false,2026-01-02\n"));
    let plan = world
        .read("plan.toml")
        .replace("adapter = \"contacts\"", "adapter = \"file\"\nvalid_days = 36500\npath = \"answers.csv\"");
    world.write("plan.toml", &plan);
    assert_eq!(world.run().code, 0);
    assert_eq!(registrations(&world)[&registered], "contradictory");
    let trace = world.ferry(&["trace", "--run-dir", "run", &registered]).out;
    for line in [
        "WhatsApp         contradictory, by file at 2026-01-02T00:00:00Z",
        "evidence         not_registered by file at 2026-01-02",
        "evidence         registered by contacts at 2025-12-29",
        "for 0.001 USD (status: valid)",
    ] {
        assert!(trace.contains(line), "{line}: {trace}");
    }
    let json = world.ferry(&["trace", "--run-dir", "run", &registered, "--format", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["contacts"][0]["registration"]["answer"], "contradictory");
}

fn webhook(value: &str) -> String {
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"1\",\"changes\":[{{\"field\":\"messages\",\"value\":{value}}}]}}]}}\n"
    )
}

fn status(number: usize, status: &str, at: i64, more: &str) -> String {
    webhook(&format!(
        "{{\"statuses\":[{{\"id\":\"wamid.1\",\"status\":\"{status}\",\"timestamp\":\"{at}\",\"recipient_id\":\"331990{number:05}\"{more}}}]}}"
    ))
}

#[test]
fn deliveries_and_messages_are_proof_and_policy_failures_say_nothing() {
    let world = with_list(&list(10), "adapter = \"passive\"\npath = \"events.ndjson\"\nvalid_days = 36500");
    let failed = |number, code| status(number, "failed", 1_767_000_000, &format!(",\"errors\":[{{\"code\":{code}}}]"));
    let events = [
        status(0, "delivered", 1_767_000_000, ""),
        status(1, "read", 1_767_000_000, ""),
        webhook(
            "{\"messages\":[{\"from\":\"33199000002\",\"id\":\"wamid.2\",\"timestamp\":\"1767000000\",\"type\":\"text\"}]}",
        ),
        status(3, "sent", 1_767_000_000, ""),
        failed(4, 131_026),
        failed(5, 131_049),
        failed(6, 131_050),
        failed(7, 130_472),
        // A message was delivered, and then the number changed owner.
        status(8, "delivered", 1_767_000_000, ""),
        webhook(
            "{\"messages\":[{\"from\":\"33199000008\",\"timestamp\":\"1767000009\",\"type\":\"system\",\"system\":{\"type\":\"user_changed_number\"}}]}",
        ),
        "{\"not\": \"a webhook\"}\n".to_owned(),
    ];
    world.write("events.ndjson", &events.concat());
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.err.contains("11 lines, 5 numbers known, 4 events that say nothing, 1 rejected: see verify/rejects.csv"),
        "{}",
        ended.err
    );
    assert!(
        world.read("run/verify/rejects.csv").contains("events.ndjson,11,this is not the body of a WhatsApp webhook")
    );
    let found = registrations(&world);
    let of = |number: usize| found[&format!("+331990{number:05}")].as_str();
    assert_eq!([0, 1, 2].map(of), ["registered"; 3]);
    assert_eq!([4, 8].map(of), ["no_answer"; 2]);
    assert_eq!([3, 5, 6, 7, 9].map(of), [""; 5], "there are no answers for them");

    // The same events give the same answers, and later events are read too.
    let dump = world.dump_sqlite();
    assert_eq!(world.run().code, 0);
    assert_eq!(world.dump_sqlite(), dump);
    world.write("events.ndjson", &(events.concat() + &status(9, "delivered", 1_767_000_001, "")));
    assert_eq!(world.run().code, 0);
    assert_eq!(registrations(&world)["+33199000009"], "registered");
}

#[test]
fn answers_of_another_tool_are_read_from_a_file() {
    let world = with_list(&list(6), "adapter = \"file\"\npath = \"answers.csv\"\nvalid_days = 36500");
    world.write(
        "answers.csv",
        "Phone;Status;Checked_at;wa_id\n01 99 00 00 00;valid;2026-03-01;33199000000\n+33199000001;INVALID;2026-03-01;\n\
         +33199000002;unknown;2026-03-01;\n+33199000003;perhaps;2026-03-01;\nnobody;valid;2026-03-01;\n\
         +33199000004;yes;soon;\n+33199000005;yes;2099-01-01;\n=HYPERLINK(1);yes;;\n",
    );
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(
        registrations(&world).into_values().collect::<Vec<_>>(),
        ["registered", "not_registered", "no_answer", "", "", ""]
    );
    let rejects = world.read("run/verify/rejects.csv");
    for reason in [
        "5,the answer is neither a yes nor a no",
        "6,the phone number has letters in it",
        "7,the date cannot be read",
        "8,the answer is dated in the future",
        // A spreadsheet would run the cell.
        "9,the phone number has letters in it,\"'=HYPERLINK(1),yes,,\"",
    ] {
        assert!(rejects.contains(reason), "{rejects}");
    }
    world.write("answers.csv", "name,answer\nAna,yes\n");
    let ended = world.run();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("it has no column with numbers: name one `phone`"), "{}", ended.err);
}

/// Both spellings of mobile numbers of Brazil.
fn brazilian(n: usize) -> [String; 2] {
    [format!("+5511960000{n:03}"), format!("+551160000{n:03}")]
}

#[test]
fn a_number_is_asked_about_under_its_other_spelling_and_recorded() {
    let sandbox = Sandbox::with(&["--registered", "1"]);
    let rows: String = (0..100).map(|it| format!("{},Ana\n", brazilian(it)[0])).collect();
    let world =
        with_list(&format!("phone,name\n{rows}"), &format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url));
    assert_eq!(world.run().code, 0);
    let found = registrations(&world);
    assert_eq!(count(&found, "registered"), 100, "an account that is known under the old spelling only is found");
    let asked: HashMap<String, String> = sandbox.ledger().into_iter().collect();
    let n_second = (0..100).filter(|it| asked.contains_key(&brazilian(*it)[1])).count();
    assert!((10..50).contains(&n_second), "only numbers that were not found were checked again: {n_second}");
    let statement = "select variant || ' ' || answer from evidence_view where variant <> '' order by 1";
    let recorded = sql(&world, statement);
    assert_eq!(recorded.len(), n_second);
    assert!(recorded.iter().all(|it| it.starts_with("+551160000") && it.ends_with(" registered")), "{recorded:?}");
}

#[test]
fn two_spellings_are_one_contact_only_where_whatsapp_has_one_account() {
    let sandbox = Sandbox::with(&["--registered", "1"]);
    // In Argentina both spellings are valid numbers: a mobile number and a fixed line.
    let pair = |n: usize| [format!("+5491100000{n:03}"), format!("+541100000{n:03}")];
    let rows: String = (0..40).flat_map(pair).map(|it| format!("{it},Ana\n")).collect();
    let world =
        with_list(&format!("phone,name\n{rows}"), &format!("adapter = \"contacts\"\nurl = \"{}\"", sandbox.url));
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.err.contains("40 contacts merged: WhatsApp treats both spellings of their numbers as one"),
        "{}",
        ended.err
    );
    assert_eq!(registrations(&world).len(), 40);
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
    // The next run uses the merge, makes no calls, and merges no contact again.
    let n_before = sandbox.ledger().len();
    let again = world.run_new();
    assert!(again.out.contains("80 in = 40 kept + 40 merged"), "{}", again.out);
    assert!(!again.err.contains("contacts merged"), "{}", again.err);
    assert_eq!(sandbox.ledger().len(), n_before);
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);

    // Two numbers without an id from the gateway may be two people.
    let gateway = format!(
        "adapter = \"green-api\"\ninstance = \"1\"\ntoken_env = \"GATEWAY_TOKEN\"\nurl = \"{}\"\ni_accept_unofficial = true",
        sandbox.url
    );
    let world = with_list(&format!("phone,name\n{rows}"), &gateway);
    let ended = run(&world);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(registrations(&world).len(), 80);
}

#[test]
fn quotas_expiry_and_spellings_are_the_same_on_postgresql() {
    let sandbox = Sandbox::with(&["--registered", "1"]);
    let Some(postgres) = Postgres::create() else { return };
    let rows: String = (0..20).map(|it| format!("+54{}1100000{:03},Ana\n", ["9", ""][it % 2], it / 2)).collect();
    let verify = format!("adapter = \"contacts\"\nurl = \"{}\"\nbatch = 10\ndaily_quota = 30", sandbox.url);
    let world = with_list(&format!("phone,name\n{rows}"), &verify);
    world.replan("sqlite:ferry.db", &postgres.url);
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("10 contacts merged"), "{}", ended.err);
    assert_eq!(count(&registrations(&world), "registered"), 10);

    texts(&postgres.url, "update evidence set expires_at = checked_at returning 'x'");
    assert_eq!(count(&registrations(&world), "no_answer"), 10);
    let used = rerun(&world, "expired");
    assert_eq!(used.code, 75, "{used:?}");
    assert!(used.err.contains("the quota of 30 checks in 24 hours is used up"), "{}", used.err);
    texts(&postgres.url, "update usage set at = at - 86500000000 returning 'x'");
    assert_eq!(rerun(&world, "expired").code, 0);
    assert_eq!(count(&registrations(&world), "registered"), 10);
}

#[test]
fn everybody_is_in_one_segment_and_a_segment_can_be_written() {
    let sandbox = Sandbox::start(&["missing"]);
    let world = World::demo(&sandbox);
    let summary = world.run_json();
    let mut ids = Vec::new();
    for (name, registration) in [
        ("ready", "registered"),
        ("re-engage", "not_registered"),
        ("undecided", "no_answer"),
        ("opted-out", ""),
        ("unclear", ""),
    ] {
        let ended = world.ferry(&["export", "segment", name, "--exact", "--to", "segment.csv"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let mut reader = csv::Reader::from_path(world.path("segment.csv")).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(summary["segments"][name], rows.len(), "{name}");
        assert!(rows.len() > 5, "{name}");
        for row in &rows {
            assert!(registration.is_empty() || &row[8] == registration, "{row:?}");
            assert_eq!(name == "opted-out", ["no", "stop"].contains(&&row[6]), "{row:?}");
            assert_eq!(name == "unclear", &row[6] == "unclear", "{row:?}");
        }
        ids.extend(rows.iter().map(|it| it[0].to_owned()));
    }
    assert_eq!(ids.len(), 316);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 316);
    let unknown = world.ferry(&["export", "segment", "loyal", "--to", "x.csv"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains(
            "there is no segment loyal: there are ready, re-engage, undecided, opted-out, suppressed, held, unclear"
        ),
        "{}",
        unknown.err
    );
}

#[test]
fn a_kill_costs_at_most_one_batch_for_each_call_in_flight() {
    const CONCURRENCY: usize = 4;
    const BATCH: usize = 20;
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let sandbox = Sandbox::start(&[]);
        let verify =
            format!("adapter = \"contacts\"\nurl = \"{}\"\nbatch = {BATCH}\nconcurrency = {CONCURRENCY}", sandbox.url);
        let world = with_list(&list(6_000), &verify);
        world.replan("sqlite:ferry.db", url);
        for stage in ["extract", "clean"] {
            assert_eq!(world.ferry(&[stage, "--run-dir", "run"]).code, 0);
        }
        let kills = [1, 3, 6, 9, 14];
        for kill in kills {
            let before = sandbox.ledger_bytes();
            let mut process = world
                .command(&["verify", "--run-dir", "run"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            while sandbox.ledger_bytes() < before + kill * 20_000 && process.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            process.kill().unwrap();
            process.wait().unwrap();
        }
        let ended = world.ferry(&["verify", "--run-dir", "run"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let repeated = sandbox.ledger().len() - 6_000;
        assert!(repeated <= kills.len() * CONCURRENCY * BATCH, "{url}: {repeated} numbers were checked twice");
    }
}

#[test]
fn a_hundred_thousand_are_verified_through_faults_and_kills_and_no_number_is_checked_too_often() {
    const KILLS: u64 = 20;
    // The approximate size of the ledger for a thousand numbers.
    const BATCH_BYTES: u64 = 85_000;
    const ATTEMPTS: usize = 8;
    let faults = ["rate-limit:0.03", "timeout-after:0.01", "truncate:0.01"];
    let sandbox = Sandbox::start(&faults);
    let verify = format!(
        "adapter = \"contacts\"\nurl = \"{}\"\ntimeout_ms = 1000\nattempts = {ATTEMPTS}\nper_second = 40",
        sandbox.url
    );
    let world = with_list(&list(100_000), &verify);
    for stage in ["extract", "clean"] {
        assert_eq!(world.ferry(&[stage, "--run-dir", "run"]).code, 0);
    }
    for kill in 0..KILLS {
        let before = sandbox.ledger_bytes();
        let mut process =
            world.command(&["verify", "--run-dir", "run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Each kill waits until more batches were sent, so that it falls among the calls.
        let more = BATCH_BYTES * (1 + kill % 4);
        while sandbox.ledger_bytes() < before + more && process.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let found = registrations(&world);
    assert_eq!(found.len(), 100_000);
    assert_eq!(count(&found, "registered") + count(&found, "not_registered"), 100_000);

    let mut times: HashMap<String, usize> = HashMap::new();
    for (number, _) in sandbox.ledger() {
        *times.entry(number).or_default() += 1;
    }
    let most = times.values().max().unwrap();
    let total: usize = times.values().sum();
    assert_eq!(times.len(), 100_000);
    // On a busy machine a kill can come before any answer is written, so each kill can cost a number one more check.
    assert!(*most <= ATTEMPTS + KILLS as usize, "a number was checked {most} times");
    // A kill costs one batch for each of the four calls in flight. Faults repeat some calls.
    let lost = KILLS as usize * 4 * 1_000;
    assert!(total <= 100_000 + lost + 10_000, "{total}");
    let n_before = sandbox.ledger().len();
    assert_eq!(world.run().code, 0);
    assert_eq!(sandbox.ledger().len(), n_before, "a second run asks nothing");
}
