//! `ferry serve` as platforms and operators see it.

mod handing_on;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::{Postgres, World, texts};

pub(crate) const SECRET: &str = "an app secret";
const WEBHOOK: &str = "\n[[webhook]]\nkind = \"meta\"\npath = \"/webhooks/meta\"\nsecrets_env = [\"TEST_META_SECRET\"]\n\
    verify_token_env = \"TEST_META_VERIFY\"\n";

/// A server in a process of its own; it ends with the test.
pub(crate) struct Server {
    process: Child,
    /// Its log, which has to stay open.
    lines: BufReader<std::process::ChildStderr>,
    address: String,
}

impl Server {
    pub(crate) fn start(world: &World) -> Self {
        let mut process =
            serve(world, &["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap());
        let first = line_of(&mut lines);
        let address = first.strip_prefix("receiving webhooks on http://").unwrap_or_else(|| panic!("{first}"));
        Self { process, address: address.to_owned(), lines }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The status and the body of the answer to a signed request.
    fn post(&self, body: &str) -> (u16, String) {
        self.post_signed(body, &signature(body, SECRET))
    }

    fn post_signed(&self, body: &str, signature: &str) -> (u16, String) {
        let length = body.len();
        self.call(&format!(
            "POST /webhooks/meta HTTP/1.1\r\nHost: ferry\r\nX-Hub-Signature-256: {signature}\r\nContent-Type: \
             application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }

    fn call(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map_or_else(String::new, |it| it.1.to_owned()))
    }

    /// Ends the server as systemd does, and gives the last line that it printed.
    pub(crate) fn stop(mut self) -> String {
        let ended = Command::new("kill").arg("-TERM").arg(self.process.id().to_string()).status().unwrap();
        assert!(ended.success());
        let mut text = String::new();
        self.lines.read_to_string(&mut text).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0), "{text}");
        text.lines().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(&["serve"]);
    command.args(arguments).env("TEST_META_SECRET", SECRET).env("TEST_META_VERIFY", "a token");
    command
}

fn line_of(lines: &mut impl BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn signature(body: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// The body of a change of messages.
fn messages(value: Value) -> String {
    let mut value = value;
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "12025550100", "phone_number_id": "1"});
    let changes = json!([{"field": "messages", "value": value}]);
    json!({"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": changes}]}).to_string()
}

fn text_of_ana(id: &str, text: &str) -> String {
    let message =
        json!({"from": "33199000001", "id": id, "timestamp": "1790000000", "type": "text", "text": {"body": text}});
    messages(json!({"contacts": [{"wa_id": "33199000001"}], "messages": [message]}))
}

fn status(id: &str, status: &str, at: u64) -> String {
    let status = json!({"id": id, "status": status, "timestamp": at.to_string(), "recipient_id": "33199000001"});
    messages(json!({"statuses": [status]}))
}

/// A world in which Ana, +33199000001, has said yes by SMS.
fn world_of_ana() -> World {
    let world = World::with_sms(b"phone,region,name,last_at,consent\n+33199000001,FR,Ana,2026-01-01,yes\n");
    world.replan("name = \"name\"\n", "name = \"name\"\nconsent = \"consent\"\n");
    assert_eq!(world.run().code, 0);
    let plan = world.read("plan.toml");
    world.write("plan.toml", &(plan + WEBHOOK));
    world
}

fn on_postgres(world: &World, postgres: &Postgres) {
    world.replan("url = \"sqlite:ferry.db\"", &format!("url = \"{}\"", postgres.url));
}

pub(crate) fn stats(world: &World) -> Value {
    serde_json::from_str(&world.ferry(&["events", "stats", "--format", "json"]).out).unwrap()
}

#[test]
fn what_is_answered_with_200_is_stored_once_and_nothing_else_is() {
    let world = world_of_ana();
    let server = Server::start(&world);
    let hello = text_of_ana("wamid.1", "hello");
    assert_eq!(server.post(&hello), (200, String::new()));
    assert_eq!(server.post(&hello).0, 200);
    assert_eq!(server.post_signed(&hello, &signature(&hello, "another secret")).0, 401);
    assert_eq!(server.post_signed(&hello, "sha256=00").0, 401);
    assert_eq!(server.post("no json").0, 200);
    let handshake = "GET /webhooks/meta?hub.mode=subscribe&hub.verify_token=a+token&hub.challenge=77 HTTP/1.1\r\nHost: \
        ferry\r\nConnection: close\r\n\r\n";
    assert_eq!(server.call(handshake), (200, "77".to_owned()));
    let health = "GET /health HTTP/1.1\r\nHost: ferry\r\nConnection: close\r\n\r\n";
    assert_eq!(server.call(health), (200, "ok\n".to_owned()));
    assert_eq!(server.stop(), "stopped: everything that was answered with 200 is stored");
    let counted = stats(&world);
    assert_eq!(
        [&counted["bodies"], &counted["events"], &counted["duplicates"], &counted["dead"]].map(Value::as_u64),
        [Some(3), Some(1), Some(1), Some(1)]
    );
    let dead = world.ferry(&["events", "dead"]).out;
    assert!(dead.contains("the whole body: this is not the body of a WhatsApp webhook"), "{dead}");
    assert!(world.ferry(&["events", "drop", "1"]).out.contains("1 dead letter dropped"));
    assert_eq!(stats(&world)["dead"], 0);
}

#[test]
fn a_stop_that_was_answered_counts_at_once() {
    let world = world_of_ana();
    let server = Server::start(&world);
    assert_eq!(server.post(&text_of_ana("wamid.1", "STOP")).0, 200);
    let shown = world.ferry(&["consent", "show", "+33199000001"]).out;
    assert!(shown.contains("stop"), "{shown}");
    let events = world.ferry(&["events", "show", "+33199000001"]).out;
    assert!(events.contains("message text") && events.contains("read as stop"), "{events}");
    assert!(!events.contains("33199000001"), "{events}");
    server.stop();
}

#[test]
fn a_replay_gives_the_same_state_whatever_the_order_was() {
    let world = world_of_ana();
    replayed(&world, "sqlite:ferry.db");
}

#[test]
fn a_replay_gives_the_same_state_on_postgresql() {
    let Some(postgres) = Postgres::create() else { return };
    let world = World::with_sms(b"phone,region,name,last_at\n+33199000001,FR,Ana,2026-01-01\n");
    on_postgres(&world, &postgres);
    let plan = world.read("plan.toml");
    world.write("plan.toml", &(plan + WEBHOOK));
    replayed(&world, &postgres.url);
}

fn replayed(world: &World, url: &str) {
    let url =
        url.strip_prefix("sqlite:").map_or_else(|| url.to_owned(), |it| format!("sqlite:{}", world.path(it).display()));
    let server = Server::start(world);
    for body in [
        status("wamid.9", "read", 1_790_000_030),
        status("wamid.9", "sent", 1_790_000_010),
        status("wamid.9", "delivered", 1_790_000_020),
        text_of_ana("wamid.1", "hello"),
        status("wamid.9", "sent", 1_790_000_010),
    ] {
        assert_eq!(server.post(&body).0, 200);
    }
    server.stop();
    let replayed: Value = serde_json::from_str(&world.ferry(&["serve", "--replay", "--format", "json"]).out).unwrap();
    assert_eq!(replayed["events"], 4);
    let delivery = "select cast(sent_at as text) || ' ' || cast(delivered_at as text) || ' ' || cast(read_at as text) from delivery";
    let conversation = "select cast(last_inbound_at as text) from conversation";
    let state = || [texts(&url, delivery), texts(&url, conversation)];
    let once = state();
    assert_eq!(once[0], ["1790000010000000 1790000020000000 1790000030000000"]);
    assert_eq!(once[1], ["1790000000000000"]);
    assert_eq!(world.ferry(&["serve", "--replay"]).code, 0);
    assert_eq!(state(), once);
    assert_eq!(stats(world)["waiting"], 0);
}

#[test]
fn a_server_without_a_secret_or_in_clear_text_does_not_start() {
    let world = world_of_ana();
    let ended = world.ferry(&["serve"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("the environment has no TEST_META_SECRET"), "{ended:?}");
    let ended = crate::world::ended(serve(&world, &["--listen", "0.0.0.0:0"]).output().unwrap());
    assert!(ended.code != 0 && ended.err.contains("--certificate"), "{ended:?}");
}
