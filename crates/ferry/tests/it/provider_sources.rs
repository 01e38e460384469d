//! Sources that are read from the APIs of providers, against the sandbox that plays them.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::watch::Watch;
use crate::world::{Ended, Sandbox, World, texts};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// A sandbox whose clock stands at 2026-03-20.
fn sandbox(arguments: &[&str]) -> Sandbox {
    let own = ["--token-env", "SANDBOX_TOKEN", "--provider-account", ACCOUNT, "--no-rates"];
    Sandbox::with(&[&own, arguments].concat())
}

/// A plan with some sources, each as its provider, its stream and further keys.
fn world(sandbox: &Sandbox, sources: &[(&str, &str, &str)]) -> World {
    let world = World::empty();
    let mut plan = "[run]\nname = \"live\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n".to_owned();
    for (provider, stream, keys) in sources {
        let account = if *provider == "viber" { "" } else { "account_env = \"LIVE_ACCOUNT\"\n" };
        plan += &format!(
            "[[source]]\nname = \"{provider}-{stream}\"\nprovider = \"{provider}\"\nstream = \"{stream}\"\n{account}\
             token_env = \"LIVE_TOKEN\"\nurl = \"{}\"\n{keys}\n",
            sandbox.url
        );
    }
    world.write("plan.toml", &plan);
    world
}

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("LIVE_ACCOUNT", ACCOUNT).env("LIVE_TOKEN", "sandbox-token");
    command
}

fn ferry(world: &World, arguments: &[&str]) -> Ended {
    crate::world::ended(command(world, arguments).output().unwrap())
}

/// The rows that a stand-in holds or has held.
fn rows(sandbox: &Sandbox, provider: &str, stream: &str) -> Vec<Value> {
    let text = sandbox.call("GET", &format!("/sandbox/providers/{provider}/rows"), "");
    let rows = text.lines().filter(|it| it.starts_with('{')).map(|it| serde_json::from_str::<Value>(it).unwrap());
    rows.filter(|it| it["stream"] == stream).collect()
}

fn phones_of(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|it| it["phone"].as_str().unwrap().to_owned()).collect()
}

fn phones_in(world: &World) -> BTreeSet<String> {
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    texts(&url, "select e164 from contact_view order by 1").into_iter().collect()
}

const OWN: &str = "own_numbers = [\"+33199009999\"]";

#[test]
fn everybody_in_the_log_of_twilio_is_in_the_database_and_nobody_else() {
    let sandbox = sandbox(&["--people", "120", "--messages", "900"]);
    let world = world(&sandbox, &[("twilio", "messages", OWN)]);
    let ran = ferry(&world, &["run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let expected = rows(&sandbox, "twilio", "messages");
    assert_eq!(phones_in(&world), phones_of(&expected));
    assert!(ran.out.contains("900 rows"), "{}", ran.out);
    let calls = || sandbox.call("GET", "/sandbox/providers/calls", "").lines().count();
    let n_calls = calls();
    let again = ferry(&world, &["run"]);
    assert!(again.out.contains("nothing changed") && again.err.contains("already read"), "{again:?}");
    assert_eq!(calls(), n_calls, "a second run asks for nothing");
    assert_eq!(ferry(&world, &["audit"]).code, 0);
}

#[test]
fn faults_of_pages_and_kills_lose_and_double_nothing() {
    let faults = ["cut-page:0.02", "small-page:0.2"];
    let faults: Vec<&str> = faults.iter().flat_map(|it| ["--fault", it]).collect();
    let sandbox = sandbox(&[&["--people", "100", "--messages", "800", "--days", "20"], faults.as_slice()].concat());
    let expected = rows(&sandbox, "twilio", "messages");
    let mut n_cut = 0;
    for kill in 0..4_u64 {
        let world = world(&sandbox, &[("twilio", "messages", OWN)]);
        // Killed again and again, each time a little later.
        for n in 0..3 {
            let mut process = command(&world, &["extract", "--source", "twilio-messages"]);
            let mut process = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let until = Instant::now() + Duration::from_millis(60 + 70 * kill + 90 * n);
            while Instant::now() < until && process.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            n_cut += u64::from(process.try_wait().unwrap().is_none());
            process.kill().unwrap();
            process.wait().unwrap();
        }
        let ran = ferry(&world, &["run"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("800 rows"), "{}", ran.out);
        assert_eq!(phones_in(&world), phones_of(&expected));
    }
    assert!(n_cut > 2, "only {n_cut} readings were killed at work");
}

#[test]
fn what_has_come_since_is_read_on_and_what_was_deleted_is_told() {
    let sandbox = sandbox(&["--people", "50", "--messages", "300", "--days", "3"]);
    let world = world(&sandbox, &[("twilio", "messages", OWN)]);
    assert_eq!(ferry(&world, &["run"]).code, 0);
    sandbox.control("providers/twilio/change", r#"{"append": 20}"#);
    sandbox.control("providers/twilio/change", r#"{"delete": 60}"#);
    let ran = ferry(&world, &["run", "--since", "last"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("of an earlier reading are deleted at the provider"), "{}", ran.err);
    assert_eq!(phones_in(&world), phones_of(&rows(&sandbox, "twilio", "messages")));
}

#[test]
fn two_readings_of_one_account_have_the_same_coverage() {
    let sandbox = sandbox(&["--people", "50", "--messages", "300"]);
    let coverage = || {
        let world = world(&sandbox, &[("twilio", "messages", "until = \"2026-11-01\"")]);
        let read = ferry(&world, &["extract", "--source", "twilio-messages", "--format", "json"]);
        serde_json::from_str::<Value>(&read.out).unwrap()["sources"][0]["coverage"]["content"].clone()
    };
    assert_eq!(coverage(), coverage());
}

#[test]
fn a_source_that_fails_stops_no_other_and_an_optional_one_no_run() {
    let sandbox = sandbox(&["--people", "40", "--messages", "200"]);
    let sources = [("twilio", "messages", OWN), ("telnyx", "opt-outs", "url = \"http://127.0.0.1:1\"")];
    let world = world(&sandbox, &sources);
    let plan = world.read("plan.toml").replace(&format!("url = \"{}\"\nurl", sandbox.url), "url");
    world.write("plan.toml", &plan);
    let ran = ferry(&world, &["run"]);
    assert_eq!(ran.code, 75, "{ran:?}");
    assert!(ran.err.contains("source \"telnyx-opt-outs\" could not be read from Telnyx"), "{}", ran.err);
    assert!(world.path("pages/twilio-messages/coverage.json").exists(), "the other source is read");

    world.write("plan.toml", &format!("{plan}optional = true\n"));
    let ran = ferry(&world, &["run"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.out.contains("1 source could not be read from its provider"), "{}", ran.out);
    let export = ferry(&world, &["export", "segment", "undecided", "--to", "people.csv"]);
    assert_eq!(export.code, 4, "nobody is to be written to without the refusals: {export:?}");
    assert_eq!(ferry(&world, &["export", "contacts", "--to", "all.csv"]).code, 0);
}

#[test]
fn a_check_says_what_can_be_read_and_asks_nothing_that_costs() {
    let sandbox = sandbox(&["--people", "40", "--messages", "200"]);
    let world = world(&sandbox, &[("twilio", "messages", OWN), ("vonage", "sms", "")]);
    let checked = ferry(&world, &["sources", "check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.out.contains("127.0.0.1 accepts the credentials"), "{}", checked.out);
    assert!(checked.out.contains("asked for nothing"), "{}", checked.out);
    let calls = sandbox.call("GET", "/sandbox/providers/calls", "");
    assert!(!calls.contains("\"vonage\""), "{calls}");
    assert!(!world.path("pages").exists(), "nothing is kept");

    let refused = command(&world, &["sources", "check"]).env("LIVE_TOKEN", "wrong-token").output().unwrap();
    let refused = crate::world::ended(refused);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.out.contains("does not accept the credentials (401): check LIVE_ACCOUNT and LIVE_TOKEN"));
    assert!(!refused.out.contains("wrong-token") && !refused.err.contains("wrong-token"));
}

#[test]
fn following_a_provider_a_stop_counts_at_once() {
    let sandbox = sandbox(&["--people", "30", "--messages", "150"]);
    let world = world(&sandbox, &[("twilio", "messages", OWN)]);
    let mut watch = Watch::start(command(&world, &["extract", "--follow", "--every", "1s"]));
    watch.line("next  ");
    let person = rows(&sandbox, "twilio", "messages").iter().find_map(|it| {
        let phone = it["phone"].as_str()?;
        let url = format!("sqlite:{}", world.path("ferry.db").display());
        let consent = texts(&url, &format!("select coalesce(consent, '-') from contact_view where e164 = '{phone}'"));
        (consent == ["-"]).then(|| phone.to_owned())
    });
    sandbox.control("providers/twilio/change", &format!(r#"{{"stop": "{}"}}"#, person.unwrap()));
    watch.err_line("1 contact suppressed: they have refused since the last run");
    let pid = watch.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = watch.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("stopped: received pages are kept"), "{}", ended.err);
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    assert_eq!(texts(&url, "select cast(count(*) as text) from suppressed"), ["1"]);
}

#[test]
fn scenarios_of_a_provider_are_translated_in_the_run() {
    let sandbox = sandbox(&["--people", "10", "--messages", "20"]);
    let world = world(&sandbox, &[("twilio", "studio", ""), ("twilio", "content", "")]);
    let scenarios = "[[scenario]]\nname = \"flows\"\nsource = \"twilio-studio\"\n\
                     [[scenario]]\nname = \"contents\"\nsource = \"twilio-content\"\n";
    world.write("plan.toml", &(world.read("plan.toml") + scenarios));
    assert_eq!(ferry(&world, &["check"]).code, 0);
    let ran = ferry(&world, &["run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("5 scenarios"), "{}", ran.out);
    assert_eq!(ferry(&world, &["audit"]).code, 0);
}

#[test]
fn secrets_are_nowhere_but_in_the_environment() {
    let sandbox = sandbox(&["--people", "20", "--messages", "60"]);
    let world = world(&sandbox, &[("twilio", "messages", OWN), ("messagebird", "contacts", "")]);
    let ran = command(&world, &["run", "-vv"]).output().unwrap();
    let ran = crate::world::ended(ran);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("sandbox-token") && !ran.err.contains("sandbox-token"));
    let found = Command::new("grep").args(["-rl", "sandbox-token", "."]).current_dir(world.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "", "files with the secret");
}
