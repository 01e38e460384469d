//! A folder with a plan and its files, and the commands to run in it.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use test_needs::Need;

pub(crate) const FERRY: &str = env!("CARGO_BIN_EXE_ferry");
/// All tests use one contact key, so that ids are the same wherever a test runs.
pub(crate) const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A separate folder for one test.
pub(crate) struct World {
    home: TempDir,
}

/// The exit code and the output of a command.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// The files of the demo, with the sandbox of the test as verifier.
    pub(crate) fn demo(sandbox: &Sandbox) -> Self {
        let world = Self::empty();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo");
        for name in ["sms.csv", "viber.csv"] {
            fs::copy(fixtures.join(name), world.path(name)).unwrap();
        }
        let plan = fs::read_to_string(fixtures.join("plan.toml")).unwrap();
        world.write("plan.toml", &plan.replace("http://127.0.0.1:8480", &sandbox.url));
        world
    }

    /// One SMS export `sms.csv` with the columns phone, region, name and last_at, and no verifier.
    pub(crate) fn with_sms(bytes: &[u8]) -> Self {
        let world = Self::empty();
        fs::write(world.path("sms.csv"), bytes).unwrap();
        world.write("plan.toml", SMS_PLAN);
        world
    }

    /// A world of up to 10,000 people. Every third has two rows, and every second is also on Viber, with a consent for
    /// each channel.
    pub(crate) fn crowd(n_people: usize) -> Self {
        let (mut sms, mut viber) = (String::from("phone,name,consent\n"), String::from("phone,user,consent\n"));
        for n in 0..n_people {
            sms += &format!("+3319900{n:04},Person {n},yes\n");
            if n % 3 == 0 {
                sms += &format!("01 99 00 {:02} {:02},Person {n},\n", n / 100, n % 100);
            }
            if n % 2 == 0 {
                viber += &format!("+3319900{n:04},user{n},{}\n", if n % 4 == 0 { "yes" } else { "no" });
            }
        }
        let world = Self::with_sms(sms.as_bytes());
        world.write("viber.csv", &viber);
        world.replan("name = \"name\"\n", &format!("name = \"name\"\nconsent = \"consent\"\n{VIBER_SOURCE}"));
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The folder of the latest run.
    pub(crate) fn latest_run(&self) -> String {
        let listed: serde_json::Value = serde_json::from_str(&self.ferry(&["runs", "--format", "json"]).out).unwrap();
        listed["runs"].as_array().unwrap().last().unwrap()["run_dir"].as_str().unwrap().to_owned()
    }

    /// Changes the plan.
    pub(crate) fn replan(&self, from: &str, to: &str) {
        let plan = self.read("plan.toml");
        assert!(plan.contains(from), "the plan has no {from}");
        self.write("plan.toml", &plan.replace(from, to));
    }

    /// A command in the folder, run folder `run`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(FERRY);
        command.args(arguments).current_dir(self.home.path()).env("FERRY_CONTACT_KEY", KEY).env_remove("FERRY_LOG");
        // Rates are shared by all processes of a user.
        command.env("XDG_STATE_HOME", self.path("state"));
        command
    }

    /// The environment in which commands run, for scripts that run Ferry.
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let command = self.command(&[]);
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
    }

    pub(crate) fn ferry(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).output().unwrap())
    }

    /// `ferry run` in the run folder `run`.
    pub(crate) fn run(&self) -> Ended {
        self.run_with(&[])
    }

    /// `ferry run` with more arguments, in the run folder `run`. A run of other exports that is there is set aside first,
    /// so `run` always holds the newest.
    pub(crate) fn run_with(&self, arguments: &[&str]) -> Ended {
        self.run_in("run", arguments)
    }

    /// The same in a run folder of another name.
    pub(crate) fn run_in(&self, dir: &str, arguments: &[&str]) -> Ended {
        let arguments = [&["run", "--run-dir", dir], arguments].concat();
        let ended = self.ferry(&arguments);
        if ended.code == 2 && ended.err.contains("which read other exports or had other rules") {
            self.set_aside(dir);
            return self.ferry(&arguments);
        }
        ended
    }

    /// A new run of the same exports in the run folder `run`.
    pub(crate) fn run_new(&self) -> Ended {
        self.set_aside("run");
        self.run()
    }

    fn set_aside(&self, dir: &str) {
        let aside = (1..).map(|it| self.path(&format!("{dir}-{it}"))).find(|it| !it.exists());
        fs::rename(self.path(dir), aside.unwrap()).unwrap();
    }

    /// The output of `ferry run --format json`.
    pub(crate) fn run_json(&self) -> serde_json::Value {
        let ended = self.run_with(&["--format", "json"]);
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"))
    }

    /// The contacts, exact, from the number to the registration.
    pub(crate) fn contacts(&self) -> String {
        let ended = self.ferry(&["export", "contacts", "--exact", "--to", "contacts.csv"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let mut reader = csv::Reader::from_path(self.path("contacts.csv")).unwrap();
        let mut lines: Vec<String> = reader
            .records()
            .map(|it| it.unwrap().iter().skip(1).take(11).collect::<Vec<_>>().join("|") + "\n")
            .collect();
        lines.sort();
        lines.concat()
    }

    /// Source, record, line and reason of the rejected rows.
    pub(crate) fn rejects(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("run/clean/rejects")).unwrap().map(|it| it.unwrap().path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        files.iter().flat_map(|it| rejects_in(it)).collect()
    }

    pub(crate) fn dump_sqlite(&self) -> String {
        dump(&format!("sqlite:{}", self.path("ferry.db").display()))
    }
}

const SMS_PLAN: &str = r#"[run]
name = "test"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "phone"
name = "name"

[gates]
max_reject_rate = 1.0
"#;

const VIBER_SOURCE: &str = r#"
[[source]]
name = "viber"
channel = "viber"
path = "viber.csv"
profile = "columns"
[source.columns]
phone = "phone"
external_id = "user"
consent = "consent"
"#;

pub(crate) fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A sandbox in a separate process; it ends with the test.
pub(crate) struct Sandbox {
    process: Child,
    pub(crate) url: String,
    home: TempDir,
}

impl Sandbox {
    pub(crate) fn start(faults: &[&str]) -> Self {
        let faults: Vec<&str> = faults.iter().flat_map(|it| ["--fault", it]).collect();
        Self::with(&faults)
    }

    /// A sandbox with more arguments. In its environment `SANDBOX_TOKEN` is `sandbox-token`, and `SANDBOX_LOGIN` is
    /// `ferry:Pass-word-1`.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let ledger = home.path().join("ledger.ndjson");
        let mut command = Command::new(FERRY);
        command.args(["sandbox", "--port", "0", "--seed", "3", "--ledger"]).arg(&ledger).args(arguments);
        command.env("SANDBOX_TOKEN", "sandbox-token").env("SANDBOX_LOGIN", "ferry:Pass-word-1");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("sandbox on ").unwrap().to_owned();
        Self { process, url, home }
    }

    /// Number and answer of every line of the ledger, canaries left out.
    pub(crate) fn ledger(&self) -> Vec<(String, String)> {
        let lines = self.ledger_lines().into_iter();
        let entries =
            lines.map(|it| (it["number"].as_str().unwrap().to_owned(), it["answer"].as_str().unwrap().to_owned()));
        entries.filter(|it| !verify::CANARIES.contains(&it.0.as_str())).collect()
    }

    /// Every line of the ledger: `request`, `wire`, `at` in milliseconds, `number`, `answer`.
    pub(crate) fn ledger_lines(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.home.path().join("ledger.ndjson")).unwrap_or_default();
        // The last line may be incomplete.
        let whole = text.rsplit_once('\n').map_or("", |it| it.0);
        whole.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    /// The current size of the ledger in bytes.
    pub(crate) fn ledger_bytes(&self) -> u64 {
        fs::metadata(self.home.path().join("ledger.ndjson")).map_or(0, |it| it.len())
    }

    /// Moves the clock of the sandbox, or changes its faults: `POST /sandbox/…`.
    pub(crate) fn control(&self, what: &str, body: &str) {
        self.call("POST", &format!("/sandbox/{what}"), body);
    }

    /// The templates of an account, as the Cloud API lists them.
    pub(crate) fn templates(&self, account: &str) -> Vec<serde_json::Value> {
        let answer = self.call("GET", &format!("/v25.0/{account}/message_templates?limit=1000"), "");
        let listing: serde_json::Value = serde_json::from_str(&answer).unwrap();
        listing["data"].as_array().unwrap().clone()
    }

    /// The body of an answer.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
        answer.split_once("\r\n\r\n").map_or(String::new(), |it| it.1.to_owned())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A PostgreSQL database for one test, in the cluster that `scripts/test` starts.
pub(crate) struct Postgres {
    pub(crate) url: String,
    cluster: String,
    name: String,
}

impl Postgres {
    /// Creates a database; none if the test has to be skipped because there is no PostgreSQL.
    pub(crate) fn create() -> Option<Self> {
        let cluster = Need::Postgres.find()?;
        let name = format!("t{}", uuid());
        on_cluster(&cluster, &format!("create database {name}"));
        Some(Self { url: cluster.replace("DATABASE", &name), cluster, name })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        on_cluster(&self.cluster, &format!("drop database if exists {} with (force)", self.name));
    }
}

fn on_cluster(cluster: &str, statement: &str) {
    let url = cluster.replace("DATABASE", "postgres");
    block_on(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    });
}

fn uuid() -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    hex::encode(bytes)
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What a program other than Ferry does to note that all contacts have consented to WhatsApp.
pub(crate) const ALL_CONSENT: &str = "insert into consent (contact_id, statement_id, channel, purpose, state, said_from, said_until, basis, words, \
     source_row, first_run, first_run_at) select contact_id, 1, 'whatsapp', 'messages', 'yes', 1, 1, 'record', 'yes', \
     'crm:1', 'crm', 1 from contact returning channel";

/// The content of the database, row by row, without timestamps and without the days in run names.
pub(crate) fn dump(url: &str) -> String {
    const TABLES: [(&str, &str); 11] = [
        ("run", "run_id, key_id, tool"),
        ("source", "run_id, name, channel, profile, sha256, n_rows"),
        ("reject_summary", "run_id, source, reason, n_rows"),
        ("batch", "run_id, number, n_contacts, digest"),
        ("receipt", "run_id, stage, batch, input, output, rows_in, kept, merged, rejected, suppressed, tool, adapter"),
        (
            "contact",
            "HEX, e164, region, line_type, name, email, language, first_at, last_at, last_inbound_at, last_outbound_at, \
            n_messages, reachable, tags, channels, n_rows, source_rows, value_rows, written_checksum",
        ),
        ("identity", "kind, scope, value, HEX"),
        ("consent_held", "HEX, statement_id, channel, purpose, state, said_from, said_until, basis, words, source_row"),
        ("consent_summary", "HEX, consent, consent_at, consent_channel, whatsapp_consent"),
        ("evidence", "HEX, method, variant, answer, price_micros, wa_id, raw_status"),
        ("decision", "HEX, decision, before"),
    ];
    let is_sqlite = url.starts_with("sqlite:");
    let mut lines = Vec::new();
    for (table, columns) in TABLES {
        let column = |name: &str| match (name.trim(), is_sqlite) {
            ("HEX", true) => "lower(hex(contact_id))".to_owned(),
            ("HEX", false) => "encode(contact_id, 'hex')".to_owned(),
            (name, _) => format!("coalesce(cast({name} as text), '~')"),
        };
        let columns: Vec<String> = columns.split(',').map(column).collect();
        let statement = format!("select '{table} ' || {} from {table}", columns.join(" || '|' || "));
        lines.extend(texts(url, &statement));
    }
    lines.sort();
    without_days(&lines.join("\n"))
}

/// Replaces the day in run names: `2026-11-28-demo` becomes `DAY-demo`, because a test can run over midnight.
fn without_days(text: &str) -> String {
    const DAY: &[u8] = b"0000-00-00-";
    let is_day =
        |bytes: &[u8]| bytes.iter().zip(DAY).all(|(it, day)| it == day || (*day == b'0' && it.is_ascii_digit()));
    let mut parts = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.as_bytes().windows(DAY.len()).position(is_day) {
        parts.push_str(&rest[..place]);
        parts.push_str("DAY-");
        rest = &rest[place + DAY.len()..];
    }
    parts + rest
}

/// The one text column of a statement.
pub(crate) fn texts(url: &str, statement: &str) -> Vec<String> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        let mut statement = connection.prepare(statement).unwrap();
        return match statement.column_count() {
            0 => statement.execute([]).map(|_| Vec::new()).unwrap(),
            _ => statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap(),
        };
    }
    block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(statement.to_owned())).fetch_all(&mut connection).await.unwrap();
        rows.into_iter().map(|it| it.0).collect()
    })
}

/// Record, line, reason and field of each row of a file of rejects.
fn rejects_in(path: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|it| it == name).unwrap();
    let places = ["_record", "_line", "_reason", "_field"].map(place);
    reader
        .records()
        .map(|it| it.unwrap())
        .map(|it| places.map(|place| it[place].to_owned()).join(" ").trim().to_owned())
        .collect()
}
