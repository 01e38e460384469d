//! Faults of providers: late, partial or repeated answers, or "valid" for every number.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};

use crate::world::{Sandbox, World, texts};

/// Short timeouts, so that a test does not wait for an answer that never comes.
fn impatient(sandbox: &Sandbox) -> World {
    let world = World::demo(sandbox);
    world.replan("batch = 100", "batch = 100\ntimeout_ms = 400\nattempts = 8\nbackoff_ms = 2\npolls = 2\npoll_ms = 5");
    world
}

fn answers(world: &World) -> BTreeMap<String, String> {
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    let statement =
        "select contact.e164 || ' ' || answer from evidence_view join contact_view contact using (contact_id)";
    texts(&url, statement)
        .into_iter()
        .map(|it| it.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap())
        .collect()
}

#[test]
fn the_database_holds_what_the_provider_answered() {
    let sandbox = Sandbox::start(&[]);
    let world = impatient(&sandbox);
    assert_eq!(world.run().code, 0);
    let ledger = sandbox.ledger();
    assert_eq!(ledger.len(), 316);
    for (number, word) in ledger {
        let expected = if word == "valid" { "registered" } else { "not_registered" };
        assert_eq!(answers(&world)[&number], expected);
    }
}

#[test]
fn passing_faults_are_outlived_and_every_contact_gets_its_answer() {
    let sound = {
        let sandbox = Sandbox::start(&[]);
        let world = impatient(&sandbox);
        world.run();
        answers(&world)
    };
    for fault in [
        "rate-limit=2",
        "server-error=3",
        "timeout-before=2",
        "timeout-after=2",
        "truncate=2",
        "html=2",
        "rate-limit:0.2",
    ] {
        let sandbox = Sandbox::start(&[fault]);
        let world = impatient(&sandbox);
        let ended = world.run();
        assert_eq!(ended.code, 0, "{fault}: {ended:?}");
        assert_eq!(answers(&world), sound, "{fault}");
    }
}

#[test]
fn a_provider_that_asks_to_wait_is_waited_for() {
    let sandbox = Sandbox::start(&["retry-after=1"]);
    let world = impatient(&sandbox);
    let started = std::time::Instant::now();
    assert_eq!(world.run().code, 0);
    assert!(started.elapsed().as_millis() >= 1000, "Retry-After: 1 was not kept");
}

#[test]
fn a_provider_that_asks_for_a_long_wait_is_said_at_once() {
    let sandbox = Sandbox::start(&[]);
    let world = impatient(&sandbox);
    // A server of our own: the sandbox asks for no long wait.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    world.replan(&sandbox.url, &format!("http://{}", listener.local_addr().unwrap()));
    let mut run = world.command(&["run", "--run-dir", "run"]);
    let mut run = run.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let refusal = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n";
    stream.read_exact(&mut [0; 1]).unwrap();
    stream.write_all(refusal.as_bytes()).unwrap();
    let lines = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.into_iter().find(|it| it.contains("to wait")).unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(
        told.starts_with("verify     the provider asks to wait 15 min, until ") && told.ends_with(" UTC"),
        "{told}"
    );
}

#[test]
fn a_provider_that_is_down_ends_the_run_with_try_again_and_what_is_done_is_kept() {
    let sandbox = Sandbox::start(&[]);
    let world = impatient(&sandbox);
    let url = sandbox.url.clone();
    drop(sandbox);
    let down = world.run();
    assert_eq!(down.code, 75, "{down:?}");
    assert!(down.err.contains("could not reach the provider at 127.0.0.1"), "{}", down.err);
    assert!(down.err.contains("finished work is kept; run the same command again later"), "{}", down.err);

    let back = Sandbox::start(&[]);
    world.replan(&url, &back.url);
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("clean      already done"), "{}", ended.err);
}

#[test]
fn a_provider_that_cannot_be_reached_costs_nothing_of_the_quota() {
    let sandbox = Sandbox::start(&[]);
    let world = impatient(&sandbox);
    world.replan("batch = 100", "batch = 100\ndaily_quota = 330");
    let url = sandbox.url.clone();
    drop(sandbox);
    let down = world.run();
    assert_eq!(down.code, 75, "{down:?}");
    assert!(down.err.contains("nothing new; 0 checks in 8 calls (7 retries); about 316 to go"), "{}", down.err);

    // 5 canaries and 316 contacts.
    let back = Sandbox::start(&[]);
    world.replan(&url, &back.url);
    assert_eq!(world.run().code, 0);
    assert_eq!(back.ledger_lines().len(), 321);
}

#[test]
fn a_provider_that_stays_broken_ends_the_run_with_try_again() {
    for fault in ["rate-limit", "server-error", "truncate", "html"] {
        let sandbox = Sandbox::start(&[fault]);
        let ended = impatient(&sandbox).run();
        assert_eq!(ended.code, 75, "{fault}: {ended:?}");
    }
}

#[test]
fn a_provider_that_refuses_us_is_not_asked_again() {
    let sandbox = Sandbox::start(&[]);
    let world = impatient(&sandbox);
    world.replan(&sandbox.url, &format!("{}/nowhere", sandbox.url));
    let ended = world.run();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("the provider refused the call (404)"), "{}", ended.err);
}

#[test]
fn a_provider_that_calls_everything_valid_is_found_out_before_anybody_is_asked_about() {
    let sandbox = Sandbox::start(&["always-valid"]);
    let world = impatient(&sandbox);
    let ended = world.run();
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.out.contains("WhatsApp   316 not_asked"), "{}", ended.out);
    assert!(ended.out.contains("the provider accepts numbers that cannot exist"), "{}", ended.out);
    assert!(ended.out.contains("cost       5 checks in 1 call, 0.01 USD"), "{}", ended.out);
    assert!(ended.out.contains("316 new"), "the contacts are loaded: {}", ended.out);
    assert_eq!(sandbox.ledger_lines().len(), 5, "the numbers that cannot exist");
    assert!(world.read("run/report.html").contains("the provider accepts numbers that cannot exist"));
    assert_eq!(world.run_json()["provider_is_informative"], false);

    // A reliable provider is then asked about all contacts.
    let better = Sandbox::start(&[]);
    world.replan(&sandbox.url, &better.url);
    assert_eq!(world.run().code, 0);
    assert_eq!(answers(&world).values().filter(|it| *it == "no_answer").count(), 0);
    assert_eq!(answers(&world).len(), 316);
}

#[test]
fn unfinished_missing_and_contradictory_answers_are_told_apart() {
    let count = |fault: &str| {
        let sandbox = Sandbox::start(&[fault]);
        let world = impatient(&sandbox);
        assert_eq!(world.run().code, 0);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for answer in answers(&world).into_values() {
            *counts.entry(answer).or_default() += 1;
        }
        assert_eq!(counts.values().sum::<u64>(), 316);
        counts
    };
    assert_eq!(count("missing").get("no_answer"), Some(&31));
    assert_eq!(count("contradict").get("contradictory"), Some(&31));
    // Half of each request is unfinished, so after two polls an eighth of each batch is left.
    let processing = count("processing");
    assert!((30..50).contains(&processing["no_answer"]), "{processing:?}");
    // Answers are unfinished only at first: every number has an answer in the end.
    assert_eq!(count("processing=4").get("no_answer"), None);
}

#[test]
fn a_token_is_sent_from_the_environment_and_never_printed() {
    let world = World::demo(&Sandbox::start(&[]));
    let mut sandbox = world.command(&["sandbox", "--port", "0", "--token-env", "SANDBOX_TOKEN"]);
    let mut process =
        sandbox.env("SANDBOX_TOKEN", "canary-token").stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.take().unwrap()), &mut line).unwrap();
    let plan = world.read("plan.toml");
    let old = plan.lines().find(|it| it.starts_with("url = \"http")).unwrap();
    world.replan(
        old,
        &format!("url = \"{}\"\ntoken_env = \"FERRY_VERIFY_TOKEN\"", line.trim().trim_start_matches("sandbox on ")),
    );

    let without = world.run();
    let mut command = world.command(&["run", "--run-dir", "run"]);
    let with = crate::world::ended(
        command.env("FERRY_VERIFY_TOKEN", "canary-token").env("FERRY_LOG", "trace").output().unwrap(),
    );
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!((without.code, with.code), (2, 0), "{without:?}");
    assert!(without.err.contains(": the environment has no FERRY_VERIFY_TOKEN: set it to the token"), "{without:?}");
    assert!(!without.err.contains("extract"), "it is told before a row is read: {without:?}");
    assert!(!with.err.contains("canary-token") && !with.out.contains("canary-token"));
}
