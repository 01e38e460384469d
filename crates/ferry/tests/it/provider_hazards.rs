//! The hazards of providers' data, a row each: what comes in, and what must happen.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::sources::xlsx;
use crate::world::{Ended, Sandbox, World};

/// A hazard: its number, what comes in, and what must happen.
struct Hazard {
    number: u32,
    input: &'static str,
    must: &'static str,
    check: Check,
}

enum Check {
    /// Fails if that does not happen.
    Built(fn()),
    /// The part of Ferry that would meet it is not there.
    NotBuilt(&'static str),
}

use Check::{Built, NotBuilt};

const fn hazard(number: u32, input: &'static str, must: &'static str, check: Check) -> Hazard {
    Hazard { number, input, must, check }
}

const HAZARDS: [Hazard; 20] = [
    hazard(1, "one number in five forms, one of them a JSON integer", "one contact of five rows", Built(one_number)),
    hazard(2, "a masked number, a redacted text", "the number is a reject; both are counted", Built(masked)),
    hazard(
        3,
        "one moment in six forms, one of them with a fraction",
        "six times the same instant, with its fraction; the one without a zone is counted",
        Built(moments),
    ),
    hazard(
        4,
        "links of pages that are relative, absolute, repeated, and of another host",
        "the first two are followed; the third ends the reading; the last is refused before a call leaves",
        Built(links),
    ),
    hazard(5, "the key `DateSent>` of Twilio's filter", "no raw `>` in a path, and days of GMT", Built(filter_of_days)),
    hazard(
        6,
        "Infobip's inbox, which gives each message once",
        "not read without consume = true, and never by a dry run",
        Built(consuming),
    ),
    hazard(7, "Vonage is read twice", "what is read is not asked for again: it would be billed again", Built(billed)),
    hazard(
        8,
        "Plivo's two headers, and an unknown one",
        "two profiles; of the third, only its columns",
        Built(headers),
    ),
    hazard(
        9,
        "CSV with a byte order mark, semicolons, CRLF, a line break in a cell and a header in capitals",
        "it is read, and the delimiter is named",
        Built(odd_csv),
    ),
    hazard(10, "a message of MessageBird to three people", "one message for each of the three", Built(recipients)),
    hazard(
        11,
        "message tokens of Viber that are one number as a float",
        "they are two messages; one that comes again is not a third",
        Built(tokens),
    ),
    hazard(12, "a contact card on Viber that nobody asked for", "its number is not bound to the user", Built(card)),
    hazard(
        13,
        "a signature of Viber over JSON that was written anew",
        "refused",
        NotBuilt("Ferry receives no webhooks: it reads archives of them"),
    ),
    hazard(
        14,
        "status 200 with Viber's status 6, and with 12",
        "6 is a refusal of this user; 12 makes the reading wait and go on",
        Built(viber_status),
    ),
    hazard(15, "STOP and then START, in either order in the file", "opted in, whatever the order", Built(stop_start)),
    hazard(
        16,
        "a person of Infobip with two phones and a Viber id",
        "two contacts to check on WhatsApp, with one external id, and the Viber id is bound to neither phone alone",
        Built(two_phones),
    ),
    hazard(17, "the WhatsApp id FR.48150223907716344025", "it is kept as it is", Built(scoped_id)),
    hazard(
        18,
        "429 with Retry-After in seconds, as a date, and without",
        "each is waited for, for no less than it says, and the reading ends well",
        Built(too_many),
    ),
    hazard(
        19,
        "a partial failure of HubSpot, failed results of Salesforce",
        "an outcome for each row",
        NotBuilt("Ferry writes files for HubSpot and Salesforce, and calls neither"),
    ),
    hazard(20, "phone numbers in numeric cells of a workbook", "all digits, and no power of ten", Built(numeric_cells)),
];

#[test]
fn what_must_happen_at_each_hazard_of_the_providers_data_happens() {
    assert!(HAZARDS.iter().map(|it| it.number).eq(1..=20));
    let failed: Vec<String> = HAZARDS
        .par_iter()
        .filter_map(|it| {
            let Built(check) = it.check else { return None };
            let panic = catch_unwind(AssertUnwindSafe(check)).err()?;
            let why = panic.downcast_ref::<String>().cloned();
            let why = why.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned())).unwrap_or_default();
            Some(format!("{}. {}: {}\n{why}", it.number, it.input, it.must))
        })
        .collect();
    assert!(failed.is_empty(), "{} hazards\n\n{}", failed.len(), failed.join("\n\n"));
}

#[test]
fn hazards_of_what_is_not_built_are_counted_apart() {
    let not_built = HAZARDS.iter().filter_map(|it| match it.check {
        NotBuilt(why) => Some((it.number, why.is_empty())),
        Built(_) => None,
    });
    assert_eq!(not_built.collect::<Vec<_>>(), [(13, false), (19, false)]);
}

/// A world with one source of a file that a profile reads. `more` are further keys of the source.
fn world(file: &str, bytes: impl AsRef<[u8]>, channel: &str, profile: &str, more: &str) -> World {
    let world = World::empty();
    std::fs::write(world.path(file), bytes).unwrap();
    plan(&world, &format!("path = \"{file}\"\nchannel = \"{channel}\"\nprofile = \"{profile}\"\n{more}"));
    world
}

/// Writes a plan with one source `a` of these keys.
fn plan(world: &World, source: &str) {
    let plan = "[run]\nname = \"test\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[gates]\n\
        max_reject_rate = 1.0\nmax_unreadable = { date = 1.0, consent = 1.0 }\n[[source]]\nname = \"a\"\n";
    world.write("plan.toml", &format!("{plan}{source}\n"));
}

/// A world whose source `a` is read from a provider at this address.
fn provider(url: &str, source: &str) -> World {
    let world = World::empty();
    plan(&world, &format!("token_env = \"TOKEN\"\nurl = \"{url}\"\n{source}"));
    world
}

/// A command with the secret of the sandbox and an account, and rates of its own.
fn ferry(world: &World, arguments: &[&str]) -> Ended {
    let mut command = world.command(arguments);
    command.env("TOKEN", "sandbox-token").env("ACCOUNT", "AC0123456789abcdef0123456789abcdef");
    command.env("XDG_STATE_HOME", world.path("state"));
    crate::world::ended(command.output().unwrap())
}

/// A sandbox whose providers have thirty people and sixty messages, the newest twenty minutes old, and the options of
/// sources that read it.
fn sandbox(more: &[&str]) -> Sandbox {
    let at = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() - 1200).unwrap().to_string();
    let own = ["--people", "30", "--messages", "60", "--days", "2", "--no-rates", "--token-env", "SANDBOX_TOKEN"];
    Sandbox::with(&[&own, &["--starts-at", &at][..], more].concat())
}

/// The paths of the calls that a provider got.
fn calls(sandbox: &Sandbox, provider: &str) -> Vec<String> {
    let lines = sandbox.call("GET", "/sandbox/providers/calls", "");
    let calls = lines.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    calls.filter(|it| it["provider"] == provider).map(|it| it["path"].as_str().unwrap().to_owned()).collect()
}

/// Runs, and returns some columns of all contacts, sorted.
fn contacts(world: &World, columns: &[&str]) -> Vec<String> {
    let ended = world.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    exported(world, columns)
}

fn exported(world: &World, columns: &[&str]) -> Vec<String> {
    let ended = world.ferry(&["export", "contacts", "--exact", "--to", "contacts.csv"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut reader = csv::Reader::from_path(world.path("contacts.csv")).unwrap();
    let names = reader.headers().unwrap().clone();
    let place = |name: &&str| names.iter().position(|it| it == *name).unwrap_or_else(|| panic!("{name}: {names:?}"));
    let places: Vec<usize> = columns.iter().map(place).collect();
    let line = |it: csv::StringRecord| places.iter().map(|at| &it[*at]).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = reader.records().map(|it| line(it.unwrap())).collect();
    lines.sort();
    lines
}

/// The coverage of the source in the manifest.
fn coverage(world: &World) -> Value {
    let manifest: Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
    manifest["sources"][0]["coverage"].clone()
}

fn one_number() {
    let phones = [
        json!("33199000001"),
        json!("+33199000001"),
        json!(33_199_000_001_u64),
        json!("whatsapp:+33199000001"),
        json!("0199000001"),
    ];
    let lines: String = phones.iter().map(|it| json!({ "phone": it, "name": "Ana" }).to_string() + "\n").collect();
    let world = world("people.ndjson", lines, "sms", "columns", "[source.columns]\nphone = \"phone\"\nname = \"name\"");
    assert_eq!(contacts(&world, &["e164", "rows"]), ["+33199000001 5"]);
}

fn masked() {
    let log = "From,To,Body,Status,SentDate,Sid,Direction\n\
        +33199000***,+33199009999,Bonjour,received,2026-03-03T09:14:07Z,SM1,inbound\n\
        +33199000001,+33199009999,***Text Content Redacted***,received,2026-03-03T09:14:07Z,SM2,inbound\n";
    let world = world("log.csv", log, "sms", "twilio-messages", "own_numbers = [\"+33199009999\"]");
    assert_eq!(contacts(&world, &["e164", "messages"]), ["+33199000001 1"]);
    let rejects = world.rejects();
    assert!(rejects.len() == 1 && rejects[0].contains("E_MASKED"), "{rejects:?}");
    let coverage = coverage(&world);
    assert_eq!((&coverage["masked"], &coverage["redacted"]), (&json!(1), &json!(1)), "{coverage}");
}

fn moments() {
    let forms = [
        json!("Tue, 03 Mar 2026 09:14:07 +0000"),
        json!("2026-03-03T09:14:07+0000"),
        json!("2026-03-03 10:14:07.51947+01:00"),
        json!("2026-03-03T09:14:07"),
        json!(1_772_529_247_000_u64),
        json!(1_772_529_247_u64),
    ];
    let line = |(n, at): (usize, &Value)| json!({ "phone": format!("+3319900000{n}"), "at": at }).to_string() + "\n";
    let lines: String = forms.iter().enumerate().map(line).collect();
    let columns = "[source.columns]\nphone = \"phone\"\nlast_at = \"at\"";
    let world = world("people.ndjson", lines, "sms", "columns", columns);
    let mut expected = ["2026-03-03T09:14:07Z"; 6];
    expected[0] = "2026-03-03T09:14:07.51947Z";
    assert_eq!(contacts(&world, &["last_at"]), expected);
    assert_eq!(coverage(&world)["zoneless"], 1);
    assert!(world.read("run/report.html").contains("1 date has no time zone; it was read as UTC"));
}

fn links() {
    let sandbox = sandbox(&[]);
    for (name, source) in [("twilio", "account_env = \"ACCOUNT\""), ("messagebird", "stream = \"messages\"")] {
        let world = provider(&sandbox.url, &format!("provider = \"{name}\"\n{source}"));
        let read = ferry(&world, &["extract", "--source", "a"]);
        assert_eq!(read.code, 0, "{read:?}");
        let mut expected = ids(&sandbox.call("GET", &format!("/sandbox/providers/{name}/rows"), ""));
        let pages = std::fs::read(world.path("pages/a/000001.pages")).unwrap();
        let pages = String::from_utf8_lossy(&pages);
        expected.retain(|it| !pages.contains(it));
        assert_eq!(expected, [""; 0], "{name} was not read whole");
    }
    for (other, told) in [(false, "lead in a circle"), (true, "another host")] {
        let stranger = Server::start(|_| Reply::json(&json!({})));
        let elsewhere = stranger.url.clone();
        let server = Server::start(move |asked| {
            let next = if other { format!("{elsewhere}/2010-04-01/next") } else { asked.path.clone() };
            Reply::json(&json!({ "messages": [message(1)], "next_page_uri": next }))
        });
        let since = jiff::Timestamp::now().strftime("%Y-%m-%d");
        let source = format!("provider = \"twilio\"\naccount_env = \"ACCOUNT\"\nsince = \"{since}\"");
        let read = ferry(&provider(&server.url, &source), &["extract", "--source", "a"]);
        assert!([1, 75].contains(&read.code) && read.err.contains(told), "{read:?}");
        assert_eq!(stranger.asked().len(), 0, "a call left the host");
        assert!((1..4).contains(&server.asked().len()), "{:?}", server.asked().len());
    }
}

/// The ids of all messages in a ledger.
fn ids(ledger: &str) -> Vec<String> {
    let rows = ledger.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let ids: Vec<String> =
        rows.filter(|it| it["stream"] == "messages").map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    assert!(ids.len() >= 60);
    ids
}

/// A message of Twilio, of now.
fn message(n: u32) -> Value {
    let at = jiff::fmt::rfc2822::to_string(&jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
    json!({ "sid": format!("SM{n:032x}"), "from": "+33199000001", "to": "+33199009999", "direction": "inbound",
        "body": "a", "status": "received", "date_sent": at, "date_created": at, "api_version": "2010-04-01",
        "uri": "/2010-04-01/x", "error_code": null })
}

fn filter_of_days() {
    let sandbox = sandbox(&[]);
    let world = provider(&sandbox.url, "provider = \"twilio\"\naccount_env = \"ACCOUNT\"\nsince = \"2026-01-31\"");
    let read = ferry(&world, &["extract", "--source", "a"]);
    assert_eq!(read.code, 0, "{read:?}");
    let calls = calls(&sandbox, "twilio");
    assert!(calls.iter().any(|it| it.contains("DateSent=2026-01-31&")), "{calls:?}");
    let with_day = calls.iter().filter(|it| it.contains("DateSent")).count();
    assert!(with_day == calls.len() && !calls.iter().any(|it| it.contains('>')), "{calls:?}");
}

fn consuming() {
    let sandbox = sandbox(&[]);
    let world = provider(&sandbox.url, "provider = \"infobip\"\nstream = \"inbox\"");
    let refused = ferry(&world, &["extract", "--source", "a"]);
    assert!(refused.code == 2 && refused.err.contains("consume = true"), "{refused:?}");
    world.replan("stream = \"inbox\"", "stream = \"inbox\"\nconsume = true");
    ferry(&world, &["run", "--dry-run"]);
    assert_eq!(calls(&sandbox, "infobip"), [""; 0]);
    let read = ferry(&world, &["extract", "--source", "a"]);
    assert!(read.code == 0 && !calls(&sandbox, "infobip").is_empty(), "{read:?}");
}

fn billed() {
    let sandbox = sandbox(&[]);
    let day = |n: i64| jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() - n * 86_400).unwrap();
    let day = |n| day(n).strftime("%Y-%m-%d").to_string();
    let source = format!(
        "provider = \"vonage\"\nstream = \"sms\"\naccount_env = \"ACCOUNT\"\nsince = \"{}\"\nuntil = \"{}\"",
        day(2),
        day(1)
    );
    let world = provider(&sandbox.url, &source.replace("ACCOUNT", "KEY"));
    let read = |world: &World| {
        let mut command = world.command(&["extract", "--source", "a"]);
        command.env("TOKEN", "sandbox-token").env("KEY", "abcd1234").env("XDG_STATE_HOME", world.path("state"));
        let read = crate::world::ended(command.output().unwrap());
        assert_eq!(read.code, 0, "{read:?}");
        calls(&sandbox, "vonage")
    };
    let first = read(&world);
    assert!(first.len() >= 2);
    assert_eq!(read(&world), first, "what is read is not asked for again");
    // Another day is asked for, and only that.
    world.replan(&format!("until = \"{}\"", day(1)), &format!("until = \"{}\"", day(0)));
    let more = read(&world);
    let dates = |calls: &[String]| calls.iter().filter(|it| it.contains(&format!("date_start={}", day(2)))).count();
    assert!(more.len() > first.len() && dates(&more) == dates(&first), "{more:?}");
}

fn headers() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/plivo");
    let world = World::empty();
    world.write("other.csv", "Message UUID,Von,Nach,Richtung,Zeit\nab,33199000001,33199009999,inbound,2026-03-03\n");
    let inspected = |file: &str| -> Value {
        serde_json::from_str(&world.ferry(&["inspect", file, "--format", "json"]).out).unwrap()
    };
    for (file, profile) in [("download.csv", "plivo-messages"), ("mail.csv", "plivo-messages-mail")] {
        let told = inspected(&format!("{fixtures}/{file}"));
        assert_eq!(told["files"][0]["kind"]["profile"], profile, "{told}");
    }
    let other = inspected("other.csv");
    assert!(!other.to_string().contains("\"plivo-messages\""), "{other}");
    assert_eq!(other["files"][0]["columns"], json!(["Message UUID", "Von", "Nach", "Richtung", "Zeit"]));
}

fn odd_csv() {
    let file = "\u{feff}PHONE;Name;BODY\r\n+33199000001;Ana;\"a\r\nb\"\r\n+33199000002;Ben;c\r\n";
    let world = world("a.csv", file, "sms", "columns", "[source.columns]\nphone = \"phone\"\nname = \"name\"");
    let ended = world.run();
    assert!(ended.code == 0 && ended.err.contains("delimiter ';'"), "{ended:?}");
    assert_eq!(exported(&world, &["e164", "name"]), ["+33199000001 Ana", "+33199000002 Ben"]);
}

fn recipients() {
    let recipient = |n: u64| json!({ "recipient": 33_199_000_000_u64 + n, "status": "delivered" });
    let page = json!({ "offset": 0, "totalCount": 1, "links": { "next": null }, "items": [{
        "id": "m1", "href": "https://rest.messagebird.com/messages/m1", "direction": "mt", "originator": "MaMarque",
        "body": "Bonjour", "createdDatetime": "2026-03-03T09:14:07+00:00",
        "recipients": { "totalCount": 3, "items": [recipient(1), recipient(2), recipient(3)] },
    }] });
    let world = world("page.json", page.to_string(), "sms", "messagebird-messages", "");
    let expected = ["+33199000001 1", "+33199000002 1", "+33199000003 1"];
    assert_eq!(contacts(&world, &["e164", "messages"]), expected);
}

/// An event of a Viber bot's archive.
fn viber_message(token: u64, message: &Value) -> String {
    let sender = json!({ "id": "dmliZXJ1c2VyMDAwMDAw1A==", "name": "Ana" });
    let event = json!({ "event": "message", "timestamp": 1_772_529_247_000_u64, "message_token": token,
        "sender": sender, "message": message });
    event.to_string() + "\n"
}

fn tokens() {
    let text = json!({ "type": "text", "text": "Bonjour" });
    let (one, other) = (4_912_661_846_655_238_145, 4_912_661_846_655_238_146);
    assert!((one as f64).to_bits() == (other as f64).to_bits());
    let archive = [one, other, one].map(|it| viber_message(it, &text)).concat();
    let world = world("archive.ndjson", archive, "viber", "viber-webhooks", "");
    assert_eq!(contacts(&world, &["messages"]), ["2"]);
}

fn card() {
    let card = json!({ "type": "contact", "contact": { "name": "Un ami", "phone_number": "33199000002" } });
    let world = world("archive.ndjson", viber_message(7, &card), "viber", "viber-webhooks", "");
    assert_eq!(contacts(&world, &["e164", "viber_ids"]), [" a:dmliZXJ1c2VyMDAwMDAw1A=="]);
}

fn viber_status() {
    // Of the first user, 6; the call about who is online is refused once with 12.
    let refused = Arc::new(Mutex::new(false));
    let server = Server::start(move |asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let mut refused = refused.lock().unwrap();
        Reply::json(&match asked.path.as_str() {
            "/pa/get_online" if !std::mem::replace(&mut *refused, true) => {
                json!({ "status": 12, "status_message": "a" })
            }
            "/pa/get_online" => json!({ "status": 0, "users": [
                { "id": "a==", "online_status": 1 }, { "id": "b==", "online_status": 1 } ] }),
            _ if body["id"] == "a==" => json!({ "status": 6, "status_message": "receiverNotSubscribed" }),
            _ => json!({ "status": 0, "status_message": "ok", "user": { "id": body["id"], "api_version": 10 } }),
        })
    });
    let world =
        provider(&server.url, "provider = \"viber\"\nstream = \"details\"\nids_from = \"ids\"\nscope = \"bot\"");
    world.write("ids.csv", "viber_id,phone\na==,\nb==,\n");
    let online = format!(
        "[[source]]\nname = \"online\"\nprovider = \"viber\"\nids_from = \"ids\"\nscope = \"bot\"\n\
         token_env = \"TOKEN\"\nurl = \"{}\"\n[[source]]\nname = \"ids\"\npath = \"ids.csv\"\nchannel = \"viber\"\n\
         profile = \"viber-links\"\nscope = \"bot\"\n",
        server.url
    );
    world.write("plan.toml", &(world.read("plan.toml") + &online));
    let ended = ferry(&world, &["run", "--run-dir", "run"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(exported(&world, &["viber_ids", "consent"]), ["bot:a== stop", "bot:b== "]);
    assert_eq!(server.asked().iter().filter(|it| it.path == "/pa/get_online").count(), 2);
}

fn stop_start() {
    let (stop, start) = (
        "+33199000001,+33199009999,STOP,received,2026-03-03T09:14:07Z,SM1,inbound\n",
        "+33199000001,+33199009999,START,received,2026-03-04T09:14:07Z,SM2,inbound\n",
    );
    for lines in [[stop, start], [start, stop]] {
        let log = format!("From,To,Body,Status,SentDate,Sid,Direction\n{}", lines.concat());
        let world = world("log.csv", log, "sms", "twilio-messages", "own_numbers = [\"+33199009999\"]");
        assert_eq!(contacts(&world, &["consent", "consent_at"]), ["yes 2026-03-04T09:14:07Z"]);
    }
}

fn two_phones() {
    let page = json!({ "persons": [{ "id": 90210, "externalId": "CLI-00042", "firstName": "Awa",
        "createdAt": "2025-11-02T08:30:00", "contactInformation": {
            "phone": [{ "number": "33199000001" }, { "number": "33199000002" }],
            "viberBots": [{ "applicationId": "boutique-bot", "userId": "Zk9Qw==" }] } }], "totalCount": 1 });
    let world = world("people.json", page.to_string(), "sms", "infobip-people-api", "");
    let people = contacts(&world, &["e164", "external_ids", "viber_ids"]);
    let both = ["+33199000001 a:CLI-00042 a:Zk9Qw==", "+33199000002 a:CLI-00042 a:Zk9Qw=="];
    assert_eq!(people, both);
}

fn scoped_id() {
    let world = world("a.csv", "phone\n+33199000001\n", "sms", "columns", "[source.columns]\nphone = \"phone\"");
    world.write("answers.csv", "phone,answer,wa_id\n+33199000001,registered,FR.48150223907716344025\n");
    let plan =
        world.read("plan.toml").replace("[gates]", "[verify]\nadapter = \"file\"\npath = \"answers.csv\"\n[gates]");
    world.write("plan.toml", &plan);
    assert_eq!(contacts(&world, &["e164", "registration"]), ["+33199000001 registered"]);
    let database = format!("sqlite:{}", world.path("ferry.db").display());
    let ids = crate::world::texts(&database, "select coalesce(wa_id, '') from evidence");
    assert_eq!(ids, ["FR.48150223907716344025"]);
}

fn too_many() {
    let asked_at = Arc::new(Mutex::new(Vec::new()));
    let times = asked_at.clone();
    let server = Server::start(move |_| {
        let mut times = times.lock().unwrap();
        times.push(Instant::now());
        let in_two = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 2).unwrap();
        let date = in_two.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        match times.len() {
            1 => Reply { status: 429, headers: vec![("Retry-After", "1".to_owned())], body: "{}".to_owned() },
            2 => Reply { status: 429, headers: vec![("Retry-After", date)], body: "{}".to_owned() },
            3 => Reply { status: 429, headers: vec![], body: "{}".to_owned() },
            _ => Reply::json(&json!({ "messages": [message(1)], "next_page_uri": null })),
        }
    });
    let since = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let source = format!("provider = \"twilio\"\naccount_env = \"ACCOUNT\"\nsince = \"{since}\"");
    let read = ferry(&provider(&server.url, &source), &["extract", "--source", "a"]);
    assert_eq!(read.code, 0, "{read:?}");
    let times = asked_at.lock().unwrap();
    let waits: Vec<Duration> = times.windows(2).map(|it| it[1] - it[0]).collect();
    // A date has whole seconds, so two seconds ahead can be one.
    let least = [1000, 1000, 1].map(Duration::from_millis);
    assert!(waits.len() >= 3 && waits.iter().zip(least).all(|(it, least)| *it >= least), "{waits:?}");
}

fn numeric_cells() {
    let rows = br#"<row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c></row>
        <row r="2"><c r="A2"><v>33199000001</v></c></row>
        <row r="3"><c r="A3"><v>3.3199000002E10</v></c></row>"#;
    let world = world("people.xlsx", xlsx(rows), "sms", "columns", "[source.columns]\nphone = \"phone\"");
    assert_eq!(contacts(&world, &["e164"]), ["+33199000001", "+33199000002"]);
    assert_eq!(world.rejects(), [""; 0]);
}

/// A request that a server of a test got.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    body: String,
}

/// What it answers.
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    fn json(body: &Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.to_string() }
    }
}

/// A server on this machine that answers by a function. Its thread ends with the test.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || {
                    let Some(request) = read_request(&stream) else { return };
                    seen.lock().unwrap().push(request.clone());
                    send(stream, &answer(&request));
                });
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { path, body: String::from_utf8(body).ok()? })
}

fn send(mut stream: TcpStream, reply: &Reply) {
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (status, length) = (reply.status, reply.body.len());
    let head =
        format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}");
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{}", reply.body).as_bytes());
}
