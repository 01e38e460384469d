//! The bodies of three independent clients: pywa 4.5.0 and kapso 0.3.0 from PyPI, whatsapp-api-js 6.3.0 from npm.
//!
//! Each is asked for the same messages, and sends them to a server of this test. What it sends has to be what we send, but
//! for what the documentation leaves open ([`DIFFERENCES`]). The table in `docs/sending-wire.md` shows what was compared.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use test_needs::Need;

use super::*;

const PAGE: &str = include_str!("../../../../../../docs/sending-wire.md");

/// What may differ: a letter for the table, what it is, and how the body of another client becomes ours.
type Difference = (&'static str, &'static str, fn(&mut Value));

const DIFFERENCES: [Difference; 8] = [
    ("a", "says `preview_url: false`, which is the default", |body| {
        if let Some(text) = body.get_mut("text").and_then(Value::as_object_mut) {
            text.retain(|key, value| key != "preview_url" || *value != json!(false));
        }
    }),
    ("b", "leaves out `recipient_type`, whose default is `individual`", |body| {
        body.as_object_mut().unwrap().entry("recipient_type").or_insert_with(|| "individual".into());
    }),
    ("c", "says `components: []`", |body| {
        if let Some(template) = body.get_mut("template").and_then(Value::as_object_mut) {
            template.retain(|key, value| key != "components" || *value != json!([]));
        }
    }),
    ("d", "writes the types of components and buttons in capitals; case does not matter", |body| {
        for component in components(body) {
            for key in ["type", "sub_type"] {
                if let Some(word) = component.get(key).and_then(Value::as_str).map(str::to_lowercase) {
                    component[key] = word.into();
                }
            }
        }
    }),
    ("e", "writes the index of a button as a number; both are taken", |body| {
        for component in components(body) {
            if let Some(index) = component.get("index").and_then(Value::as_u64) {
                component["index"] = index.to_string().into();
            }
        }
    }),
    ("f", "says `flow_action_data: null`, which is optional", |body| {
        for component in components(body) {
            if let Some(action) = component.pointer_mut("/parameters/0/action").and_then(Value::as_object_mut) {
                action.retain(|_, value| !value.is_null());
            }
        }
    }),
    ("g", "says `policy: deterministic` of the language, the only policy there is", |body| {
        if let Some(language) = body.pointer_mut("/template/language").and_then(Value::as_object_mut) {
            language.retain(|key, value| key != "policy" || value != "deterministic");
        }
    }),
    ("h", "leaves out `product_policy`, whose default is `CLOUD_API_FALLBACK`", |body| {
        if body.get("message_activity_sharing").is_some() {
            body.as_object_mut().unwrap().entry("product_policy").or_insert_with(|| "CLOUD_API_FALLBACK".into());
        }
    }),
];

fn components(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    body.pointer_mut("/template/components").and_then(Value::as_array_mut).into_iter().flatten()
}

/// Every kind of message, by its name in the table.
fn kinds() -> Vec<(&'static str, OutgoingMessage)> {
    let to_user = |message| OutgoingMessage {
        recipient: Recipient::UserId(Personal("FR.13491208655302741918".into())),
        ..message
    };
    let named = |name: &str, text: &str| TextParameter { name: Some(name.into()), text: Personal(text.into()) };
    let header = |header| with_template(|it| it.header = Some(header));
    let button = |index, value| with_template(|it| it.buttons = vec![ButtonParameter { index, value }]);
    let file = || Media::Id("77".into());
    let link = Media::Link(Personal("https://example.com/a.jpg".into()));
    let preview = MessageContent::Text { body: Personal("https://example.com".into()), preview_url: true };
    let marketing =
        Endpoint::MarketingMessages { product_policy: ProductPolicy::CloudApiFallback, shares_activity: Some(false) };
    vec![
        ("text", text("Bonjour\nAna")),
        ("text with a preview", OutgoingMessage { content: preview, ..template() }),
        ("text to a user id", to_user(text("Bonjour"))),
        ("template", with_template(|it| it.body.clear())),
        ("numbered variables", template()),
        ("named variables", with_template(|it| it.body = vec![named("name", "Ana"), named("order", "A-17")])),
        ("template to a user id", to_user(template())),
        ("header text", header(HeaderParameter::Text(TextParameter { name: None, text: Personal("Ana".into()) }))),
        ("header image by id", header(HeaderParameter::Image(file()))),
        ("header image by link", header(HeaderParameter::Image(link))),
        ("header video", header(HeaderParameter::Video(file()))),
        ("header document", header(HeaderParameter::Document { media: file(), filename: Some("offre.pdf".into()) })),
        ("quick reply button", button(0, ButtonValue::QuickReply { payload: "STOP".into() })),
        ("url button", button(1, ButtonValue::Url { suffix: Personal("a?b=1".into()) })),
        ("code button", button(2, ButtonValue::CopyCode { code: Personal("NOEL25".into()) })),
        ("flow button", button(0, ButtonValue::Flow { token: Some("t".into()) })),
        ("marketing", OutgoingMessage { endpoint: marketing, ..template() }),
    ]
}

/// Runs a client, which prints the name of each kind that it builds, and returns the path and body of each request.
fn requests(mut client: Command, n_most: usize) -> Vec<(String, String, Value)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let Some(request) = serve(&stream) else { return requests };
            requests.push(request);
            assert!(requests.len() <= n_most, "a client repeats requests");
        }
        requests
    });
    let output = client.arg(port.to_string()).stderr(Stdio::inherit()).output().unwrap();
    // An empty request ends the server.
    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let requests = serving.join().unwrap();
    assert!(output.status.success());
    let names: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(names.len(), requests.len(), "{names:?}");
    names.into_iter().zip(requests).map(|(name, (path, body))| (name, path, body)).collect()
}

/// Answers one request; none if the connection carries none.
fn serve(mut stream: &TcpStream) -> Option<(String, Value)> {
    const ANSWER: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"33199000001","wa_id":"33199000001"}],"messages":[{"id":"wamid.1"}]}"#;
    let mut reader = BufReader::new(stream);
    let lines: Vec<String> = reader.by_ref().lines().map(Result::unwrap).take_while(|it| !it.is_empty()).collect();
    let path = lines.first()?.split(' ').nth(1).unwrap().to_owned();
    let length = |line: &String| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
    let mut body = vec![0; lines.iter().find_map(length).unwrap()];
    reader.read_exact(&mut body).unwrap();
    let length = ANSWER.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close");
    write!(stream, "{head}\r\n\r\n{ANSWER}").unwrap();
    Some((path, serde_json::from_slice(&body).unwrap()))
}

/// Compares what a client sends with what we send, and that with a column of the table.
fn check(column: usize, client: Command, allowed: &str) {
    let kinds = kinds();
    let requests = requests(client, kinds.len());
    let mut used = BTreeSet::new();
    let mut cells = Vec::new();
    for (kind, message) in &kinds {
        let Some((_, path, theirs)) = requests.iter().find(|it| it.0 == *kind) else {
            cells.push((*kind, "not built".to_owned()));
            continue;
        };
        let prepared = message.prepare().unwrap();
        // The version stands before it.
        assert_eq!(path.split_once("/v").unwrap().1.split_once('/').unwrap().1, prepared.path, "{kind}");
        let (mut theirs, ours) = (theirs.clone(), serde_json::from_slice::<Value>(&prepared.body).unwrap());
        let mut letters = Vec::new();
        for (letter, _, change) in DIFFERENCES.iter().filter(|it| allowed.contains(it.0)) {
            let before = theirs.clone();
            change(&mut theirs);
            if theirs != before {
                letters.push(*letter);
            }
        }
        assert_eq!(theirs, ours, "{kind}");
        used.extend(letters.iter().copied());
        cells.push((
            *kind,
            if letters.is_empty() { "equal".into() } else { format!("equal but {}", letters.join(" ")) },
        ));
    }
    assert_eq!(used.into_iter().collect::<String>(), allowed, "a difference that does not occur is not allowed");
    let rows = PAGE.lines().filter_map(|it| it.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<Vec<&str>> = rows.map(|it| it.split(" | ").map(str::trim).collect()).collect();
    for (kind, cell) in cells {
        let row = rows.iter().find(|it| it[0] == kind).unwrap_or_else(|| panic!("docs/sending-wire.md lacks {kind}"));
        assert_eq!(row[column], cell, "docs/sending-wire.md, {kind}");
    }
}

#[test]
fn pywa_sends_the_same() {
    let Some(python) = Need::Python.find() else { return };
    let mut client = Command::new(python);
    client.args(["-c", include_str!("clients/pywa.py")]);
    check(1, client, "acdefh");
}

#[test]
fn kapso_sends_the_same() {
    let Some(python) = Need::Python.find() else { return };
    let mut client = Command::new(python);
    client.args(["-c", include_str!("clients/kapso.py")]);
    check(2, client, "abe");
}

#[test]
fn whatsapp_api_js_sends_the_same() {
    let Some(folder) = Need::NodeClients.find() else { return };
    let mut client = Command::new("node");
    client.current_dir(folder).args(["--input-type=module", "-e", include_str!("clients/whatsapp_api_js.mjs"), "--"]);
    check(3, client, "eg");
}

#[test]
fn the_documentation_names_every_difference() {
    for (letter, text, _) in DIFFERENCES {
        assert!(PAGE.contains(&format!("- **{letter}**: {text}.\n")), "{letter}: {text}");
    }
}
