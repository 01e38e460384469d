//! `--notify`: an address or a command is told when a run has ended.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use crate::world::{Sandbox, World};

const ROWS: &[u8] = b"phone,name\n+33199000001,Ana Arias\n+33199000002,Ben\n";

/// A server that answers one request with this status.
struct Server {
    address: SocketAddr,
    served: JoinHandle<(String, Value)>,
}

impl Server {
    /// The first line and the body of the request. Without any the test fails, because the server reads an empty one.
    fn told(self) -> (String, Value) {
        let _ = TcpStream::connect(self.address);
        self.served.join().unwrap()
    }
}

fn server(status: &'static str) -> (String, Server) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first).unwrap();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim().to_lowercase().strip_prefix("content-length:") {
                Some(n) => length = n.trim().parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        (first, serde_json::from_slice(&body).unwrap())
    });
    (format!("http://{address}"), Server { address, served })
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn an_address_gets_the_counts_of_a_run_and_nothing_about_people() {
    let (url, server) = server("204 No Content");
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let run = world.run_with(&["--notify", &format!("{url}/hooks/T0-secret?token=s3cret")]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.err.contains("secret") && !run.err.contains("s3cret") && !run.err.contains("warning"), "{run:?}");
    let (request, told) = server.told();
    assert_eq!(request, "POST /hooks/T0-secret?token=s3cret HTTP/1.1\r\n");
    for (key, expected) in [
        ("schema_version", json!(1)),
        ("command", json!("run")),
        ("status", json!("done")),
        ("exit", json!(0)),
        ("dry_run", json!(false)),
        ("rows", json!({"rows_in": 600, "kept": 316, "merged": 261, "rejected": 23, "suppressed": 0})),
        ("main_numbers", json!({"can_be_invited": 146, "have_consented": 0, "without_proof": 0, "said_no": 129})),
        ("warnings", json!(1)),
    ] {
        assert_eq!(told[key], expected, "{key}: {told:#}");
    }
    assert!(told["run_id"].as_str().unwrap().ends_with("-demo"), "{told:#}");
    assert!(told["seconds"].as_f64().unwrap() > 0.0 && told["stage_seconds"]["load"].is_number(), "{told:#}");
    assert!(told["report"].as_str().unwrap().ends_with("/run/report.html"), "{told:#}");
    assert!(!told.to_string().contains("+33") && !told.to_string().contains("Ana"), "{told:#}");
}

#[test]
fn a_command_gets_the_summary_of_a_run_that_failed_too() {
    let world = World::with_sms(ROWS);
    world.replan("sms.csv", "gone.csv");
    let command = "(cat; echo; echo \"$FERRY_EXIT $FERRY_STATUS [$FERRY_RUN_ID]\") > told.txt; echo no result";
    let failed = world.run_with(&["--notify", command]);
    assert_eq!((failed.code, failed.out.as_str()), (1, ""), "{failed:?}");
    let told = world.read("told.txt");
    let (body, variables) = told.split_once('\n').unwrap();
    assert_eq!(variables, "1 failed []\n");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!([&body["status"], &body["run_id"], &body["rows"]], [&json!("failed"), &Value::Null, &Value::Null]);

    world.write("gone.csv", "phone,name\n+33199000001,Ana\n");
    let run = world.run_with(&["--notify", command]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = world.read("told.txt");
    assert!(told.lines().nth(1).unwrap().starts_with("0 done [2"), "{told}");

    for again in [
        ["verify", "--run-dir", "run", "--notify", command].as_slice(),
        &["rerun", "--batch", "1", "--from", "load", "--run-dir", "run", "--notify", command],
    ] {
        let ended = world.ferry(again);
        let told = world.read("told.txt");
        assert!(told.contains(&format!("\"command\":\"{}\"", again[0])), "{told}");
        assert!(told.lines().nth(1).unwrap().starts_with(&format!("{} ", ended.code)), "{told} {ended:?}");
    }
}

#[test]
fn a_notification_that_does_not_arrive_is_a_warning_and_changes_no_exit_code() {
    let world = World::with_sms(ROWS);
    let (refusing, server) = server("403 Forbidden");
    for (target, warning) in [
        (format!("{}/secret", nobody()), "warning: 127.0.0.1 could not be notified: it cannot be reached\n"),
        (format!("{refusing}/secret"), "warning: 127.0.0.1 could not be notified: it answered 403\n"),
        ("exit 7 # secret".to_owned(), "warning: the notification command ended with exit status: 7\n"),
    ] {
        let run = world.run_with(&["--notify", &target]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.err.ends_with(warning), "{run:?}");
        assert!(!run.err.contains("secret") && !run.out.contains("secret"), "{run:?}");
    }
    server.told();
    let said = world.run_with(&["--log-format", "json", "--notify", "echo 'no route\u{1b}[2J' >&2; exit 7"]);
    let lines: Vec<Value> = said.err.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let messages: Vec<&str> = lines.iter().filter_map(|it| it["message"].as_str()).collect();
    assert!(messages.contains(&"the notification command wrote:\nno route\\u{1b}[2J"), "{messages:#?}");
    let wrong = world.run_with(&["--notify", "https://"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.starts_with("ferry: --notify: the address is not a URL with a host\nhint: "), "{wrong:?}");
}

#[test]
fn a_plan_names_what_is_told_and_the_command_line_comes_first() {
    let world = World::with_sms(ROWS);
    world.replan("name = \"test\"\n", "name = \"test\"\nnotify = \"cat > of_plan.txt\"\n");
    assert_eq!(world.run().code, 0);
    assert!(world.read("of_plan.txt").contains("\"status\":\"done\""));
    std::fs::remove_file(world.path("of_plan.txt")).unwrap();
    assert_eq!(world.run_with(&["--notify", "cat > of_line.txt"]).code, 0);
    assert!(world.path("of_line.txt").exists() && !world.path("of_plan.txt").exists());

    world.replan("notify = \"cat > of_plan.txt\"", "notify_env = \"TELL\"");
    let unset = world.run();
    assert_eq!(unset.code, 2, "{unset:?}");
    assert!(unset.err.contains("plan.toml:3: the environment has no TELL: set it to the address or the command"));
    let mut command = world.command(&["run", "--run-dir", "run"]);
    assert!(command.env("TELL", "cat > of_variable.txt").status().unwrap().success());
    assert!(world.path("of_variable.txt").exists());
}

#[test]
fn an_address_without_its_beginning_is_refused_before_the_run_and_not_printed() {
    const WRONG: &str = "the address must begin with https://";
    let world = World::with_sms(ROWS);
    for value in ["hooks.example.com/services/T0/SEKRIT", "ftp://hooks.example.com/SEKRIT", "https:SEKRIT"] {
        let of_line = world.run_with(&["--notify", value]);
        assert!(of_line.err.starts_with(&format!("ferry: --notify: {WRONG}\nhint: ")), "{of_line:?}");

        let plan = world.read("plan.toml");
        world.replan("name = \"test\"\n", &format!("name = \"test\"\nnotify = \"{value}\"\n"));
        let (of_plan, checked) = (world.run(), world.ferry(&["check"]));
        assert!(of_plan.err.contains(&format!("plan.toml:3: notify: {WRONG}")), "{of_plan:?}");
        assert!(checked.out.contains(&format!("plan.toml:3: notify: {WRONG}")), "{checked:?}");

        world.replan(&format!("notify = \"{value}\""), "notify_env = \"TELL\"");
        let of_variable = world.command(&["run", "--run-dir", "run"]).env("TELL", value).output().unwrap();
        let of_variable = crate::world::ended(of_variable);
        assert!(of_variable.err.contains(&format!("plan.toml:3: TELL: {WRONG}")), "{of_variable:?}");
        for ended in [of_line, of_plan, checked, of_variable] {
            assert_eq!(ended.code, 2, "{ended:?}");
            assert!(!ended.err.contains("SEKRIT") && !ended.out.contains("SEKRIT"), "{ended:?}");
        }
        assert!(!world.path("run").exists() && !world.path("ferry.db").exists());
        world.write("plan.toml", &plan);
    }
}
