//! `ferry sandbox webhooks` against `ferry serve`.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::receiving::{SECRET, Server, stats};
use crate::world::{Ended, World, ended};

const WEBHOOKS: &str = r#"
[[webhook]]
kind = "meta"
path = "/webhooks/meta"
secrets_env = ["TEST_META_SECRET"]
verify_token_env = "TEST_META_SECRET"

[[webhook]]
kind = "360dialog"
path = "/webhooks/360dialog"
secrets_env = ["TEST_META_SECRET"]

[[webhook]]
kind = "twilio"
path = "/webhooks/twilio"
public_url = "https://hooks.example.com/webhooks/twilio"
secrets_env = ["TEST_META_SECRET"]
"#;

fn with_secret(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("TEST_META_SECRET", SECRET);
    command
}

fn world() -> World {
    let world = World::with_sms(b"phone,region,name,last_at\n+33199000001,FR,Ana,2026-01-01\n");
    let plan = world.read("plan.toml");
    world.write("plan.toml", &(plan + WEBHOOKS));
    world
}

/// Sends webhooks to a path of the server.
fn send(world: &World, server: &Server, path: &str, arguments: &[&str]) -> Ended {
    let to = server.url(path);
    let mut command = with_secret(world, &["sandbox", "webhooks", "--to", &to, "--secret-env", "TEST_META_SECRET"]);
    ended(command.args(arguments).output().unwrap())
}

fn result(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn what_is_acknowledged_is_stored_and_nothing_that_is_forged() {
    let world = world();
    let server = Server::start(&world);
    let sent = result(&send(
        &world,
        &server,
        "/webhooks/meta",
        &[
            "--events",
            "1500",
            "--doubled",
            "20",
            "--forged",
            "5",
            "--truncated",
            "2",
            "--cut-off",
            "2",
            "--late",
            "5",
            "--large",
            "1",
            "--shuffled",
            "--log",
            "log.jsonl",
            "--format",
            "json",
        ],
    ));
    server.stop();
    assert_eq!((&sent["forged_accepted"], &sent["given_up"]), (&json!(0), &json!(0)));
    let n = |name: &str| sent[name].as_u64().unwrap();
    let of_kind = |name: &str| sent["kinds"][name].as_u64().unwrap();
    let counted = stats(&world);
    assert_eq!(counted["bodies"], n("acknowledged"));
    assert_eq!(counted["events"], 2_500, "1,500 and a thousand of the large body");
    assert_eq!(counted["duplicates"], n("acknowledged_events") - 2_500);
    assert_eq!(counted["dead"], of_kind("truncated"));
    assert_eq!(n("acknowledged"), n("webhooks") - of_kind("forged"));
    let log = world.read("log.jsonl");
    let lines: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len() as u64, n("requests"));
    let answered = |kind: &str| {
        let of_kind =
            lines.iter().filter(|it| it["kind"] == kind && it["manner"] == "whole").map(|it| it["status"].to_string());
        of_kind.collect::<BTreeSet<_>>()
    };
    assert_eq!(answered("forged"), BTreeSet::from(["401".to_owned()]));
    assert_eq!(answered("truncated"), BTreeSet::from(["200".to_owned()]));
}

#[test]
fn the_other_kinds_are_accepted_too_and_a_file_of_requests_is_sent_again() {
    let world = world();
    let server = Server::start(&world);
    let json = ["--events", "200", "--format", "json"];
    let twilio = ["--kind", "twilio", "--public-url", "https://hooks.example.com/webhooks/twilio", "--forged", "10"];
    let sent = result(&send(&world, &server, "/webhooks/twilio", &[&json[..], &twilio].concat()));
    assert_eq!((&sent["acknowledged"], &sent["answers"]["401"]), (&json!(200), &json!(20)));
    let dialog = ["--kind", "360dialog", "--profile", "pywa-compat", "--forged", "10", "--bodies", "bodies.jsonl"];
    let sent = result(&send(&world, &server, "/webhooks/360dialog", &[&json[..], &dialog].concat()));
    assert_eq!((&sent["acknowledged"], &sent["answers"]["401"]), (&json!(200), &json!(20)));
    assert_eq!(stats(&world)["events"], 400);
    let again = ["sandbox", "webhooks", "--to", &server.url(""), "--from", "bodies.jsonl", "--format", "json"];
    let again = result(&world.ferry(&again));
    assert_eq!((&again["kinds"], &again["acknowledged"]), (&sent["kinds"], &json!(200)));
    server.stop();
    let counted = stats(&world);
    assert_eq!((&counted["events"], &counted["duplicates"]), (&json!(400), &json!(200)));
}

#[test]
fn the_summary_is_for_people_and_a_server_that_accepts_nothing_ends_it_with_1() {
    let world = world();
    let server = Server::start(&world);
    let told = send(&world, &server, "/webhooks/meta", &["--events", "50", "--forged", "10"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("with 200") && told.out.contains("with 401"), "{told:?}");
    let told = send(&world, &server, "/nothing", &["--events", "5", "--retry-for", "0"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains("given up     "), "{told:?}");
    let remote = ["sandbox", "webhooks", "--to", "http://hooks.example.com/", "--secret-env", "TEST_META_SECRET"];
    let told = world.ferry(&remote);
    assert!(told.code == 2 && told.err.contains("add --allow-remote"), "{told:?}");
    assert_eq!(world.ferry(&["sandbox", "webhooks", "--to", &server.url("")]).code, 2);
}
