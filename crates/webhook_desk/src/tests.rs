//! Addresses at a platform that is a server on loopback.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::found::{Messages, Place, Registered};
use crate::register::change;

const OURS: &str = "https://hooks.example.com/webhooks/meta";
const HELPDESK: &str = "https://helpdesk.example.com/hook";

/// What is registered at Meta: at the app, at the account 42, and at the numbers 106 and 107.
#[derive(Default)]
struct Graph {
    of_app: Option<String>,
    of_account: Option<String>,
    of_number: [Option<String>; 2],
    /// The address at 360dialog, and the headers that go with it.
    of_channel: Value,
    /// All that was posted.
    posted: Vec<String>,
    refuses: bool,
}

type Shared = Arc<Mutex<Graph>>;

struct Platform {
    url: String,
    graph: Shared,
}

impl Platform {
    async fn start(graph: Graph) -> Self {
        let graph = Arc::new(Mutex::new(graph));
        let router = Router::new()
            .route("/v25.0/42/subscribed_apps", get(apps).post(set_account))
            .route("/v25.0/42/phone_numbers", get(numbers))
            .route("/v25.0/{number}", post(set_number))
            .route("/v1/configs/webhook", get(channel).post(set_channel))
            .with_state(Arc::clone(&graph));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, graph }
    }

    /// A plan with a webhook of Meta with these lines, and one of 360dialog with a secret path.
    fn plan(&self, more: &str) -> Plan {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        let plan = format!(
            "[crm]\nurl = \"sqlite:ferry.db\"\n[whatsapp]\naccount = \"42\"\nurl = \"{url}/v25.0\"\n\
             [[webhook]]\nkind = \"meta\"\npath = \"/webhooks/meta\"\nsecrets_file = \"secrets\"\n\
             verify_token_env = \"CARGO_PKG_NAME\"\npublic_url = \"{OURS}\"\n{more}\n\
             [[webhook]]\nkind = \"360dialog\"\npath = \"/webhooks/d41d8cd98f00b204e980\"\nbasic_env = \"BASIC\"\n\
             public_url = \"https://hooks.example.com/webhooks/d41d8cd98f00b204e980\"\napi_url = \"{url}\"\n\
             api_key_env = \"CARGO_PKG_NAME\"\n\
             [[webhook]]\nkind = \"360dialog\"\nname = \"signed\"\npath = \"/webhooks/signed\"\nsecrets_file = \"secrets\"\n\
             public_url = \"https://hooks.example.com/webhooks/signed\"\napi_url = \"{url}\"\napi_key_env = \"CARGO_PKG_NAME\"\n\
             [[webhook]]\nkind = \"twilio\"\npath = \"/webhooks/twilio\"\nsecrets_file = \"secrets\"\n\
             public_url = \"https://hooks.example.com/webhooks/twilio\"\n",
            url = self.url
        );
        std::fs::write(&path, plan).unwrap();
        Plan::read(&path).unwrap()
    }

    async fn show(&self, more: &str, name: &str) -> String {
        show(&self.plan(more), Some(name)).await.unwrap().1
    }

    /// What registering answers: the question and the outcome, or why it is refused.
    async fn register(&self, more: &str, name: &str, options: RegisterOptions) -> String {
        let plan = self.plan(more);
        let registering = match Registering::prepare(&plan, Some(name), &options).await {
            Ok(registering) => registering,
            Err(error) => return format!("refused: {error:#}\n"),
        };
        let question = registering.question();
        if !registering.is_needed() {
            return format!("{question}there already\n");
        }
        match registering.carry_out().await {
            Ok(value) => format!("{question}{} of {} is {}\n", value.place, value.id, value.address),
            Err(error) => format!("{question}failed: {error:#}\n"),
        }
    }

    fn posted(&self) -> String {
        self.graph.lock().unwrap().posted.join("\n")
    }
}

async fn apps(State(graph): State<Shared>) -> Json<Value> {
    let graph = graph.lock().unwrap();
    let data = json!({ "whatsapp_business_api_data": { "id": "67", "name": "Shop" }, "override_callback_uri": graph.of_account });
    Json(json!({ "data": [data] }))
}

async fn numbers(State(graph): State<Shared>) -> Json<Value> {
    let graph = graph.lock().unwrap();
    let number = |id: &str, own: &Option<String>| {
        let configuration =
            json!({ "phone_number": own, "whatsapp_business_account": graph.of_account, "application": graph.of_app });
        json!({ "id": id, "webhook_configuration": configuration })
    };
    Json(json!({ "data": [number("106", &graph.of_number[0]), number("107", &graph.of_number[1])] }))
}

async fn set_account(State(graph): State<Shared>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut graph = graph.lock().unwrap();
    graph.posted.push(format!("account {body}"));
    if graph.refuses {
        let error = json!({ "code": 100, "message": "The callback did not answer." });
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    }
    graph.of_account = body["override_callback_uri"].as_str().map(str::to_owned);
    (StatusCode::OK, Json(json!({ "success": true })))
}

async fn set_number(State(graph): State<Shared>, Path(number): Path<String>, Json(body): Json<Value>) -> Json<Value> {
    let mut graph = graph.lock().unwrap();
    graph.posted.push(format!("{number} {body}"));
    let url = body["webhook_configuration"]["override_callback_uri"].as_str().map(str::to_owned);
    graph.of_number[usize::from(number == "107")] = url;
    Json(json!({ "success": true }))
}

async fn channel(State(graph): State<Shared>) -> Json<Value> {
    Json(graph.lock().unwrap().of_channel.clone())
}

async fn set_channel(State(graph): State<Shared>, request: Request) -> Json<Value> {
    let key = request.headers()["d360-api-key"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut graph = graph.lock().unwrap();
    graph.posted.push(format!("{key} {body}"));
    graph.of_channel = body.clone();
    Json(body)
}

fn some(url: &str) -> Option<String> {
    Some(url.to_owned())
}

fn with_forward() -> String {
    format!("forward = \"{HELPDESK}\"")
}

fn number(id: &str) -> RegisterOptions {
    RegisterOptions { number: some(id), may_replace: false }
}

fn replace() -> RegisterOptions {
    RegisterOptions { number: None, may_replace: true }
}

#[tokio::test]
async fn it_is_shown_who_gets_the_messages_of_each_number_today() {
    let graph = Graph { of_app: some(HELPDESK), of_number: [None, some(OURS)], ..Graph::default() };
    let platform = Platform::start(graph).await;
    expect![[r#"
        meta (meta)
          address of the plan  https://hooks.example.com/webhooks/meta
          handed on to         nobody: the webhook has no forward
          app 67               https://helpdesk.example.com/hook  (not the address of the plan)
          account 42           none
          number 106           none
          number 107           https://hooks.example.com/webhooks/meta  (as in the plan)
          messages of 106 go to https://helpdesk.example.com/hook  (not the address of the plan)
          messages of 107 go to https://hooks.example.com/webhooks/meta  (as in the plan)
    "#]]
    .assert_eq(&platform.show("", "meta").await);
}

#[tokio::test]
async fn a_secret_path_is_not_shown_and_twilio_is_done_by_hand() {
    let ours = "https://hooks.example.com/webhooks/d41d8cd98f00b204e980";
    let graph = Graph { of_channel: json!({ "url": ours, "headers": {} }), ..Graph::default() };
    let platform = Platform::start(graph).await;
    let shown = platform.show("", "360dialog").await;
    assert!(
        shown.contains("messages go to https://hooks.example.com/… (the path is a secret: see the plan)"),
        "{shown}"
    );
    assert!(!shown.contains("d41d8cd98f00b204e980"), "{shown}");
    let shown = platform.show("", "twilio").await;
    assert!(shown.contains("enter https://hooks.example.com/webhooks/twilio in the Twilio Console"), "{shown}");
    let refused = platform.register("", "twilio", RegisterOptions::default()).await;
    assert!(refused.starts_with("refused: Ferry does not register addresses at Twilio: enter "), "{refused}");
}

#[tokio::test]
async fn a_helpdesk_is_cut_off_only_if_somebody_says_so() {
    let platform = Platform::start(Graph { of_app: some(HELPDESK), ..Graph::default() }).await;
    let refused = platform.register("", "meta", RegisterOptions::default()).await;
    expect![[r#"
        refused: today https://helpdesk.example.com/hook gets the messages, and would get nothing any more: add forward = "https://helpdesk.example.com/hook" to the webhook, and Ferry hands all on; or give --replace if nobody needs it
    "#]]
    .assert_eq(&refused);
    assert_eq!(platform.posted(), "");
    let replaced = platform.register("", "meta", replace()).await;
    expect![[r#"
        address of account 42: none -> https://hooks.example.com/webhooks/meta
        https://helpdesk.example.com/hook gets no messages any more
        note: events of templates and of the account go to the address of the app, https://helpdesk.example.com/hook: enter https://hooks.example.com/webhooks/meta in the App Dashboard at WhatsApp > Configuration if Ferry is to get them too
        account of 42 is https://hooks.example.com/webhooks/meta
    "#]]
    .assert_eq(&replaced);
}

#[tokio::test]
async fn an_address_is_registered_with_its_token_and_read_back_and_once() {
    let platform = Platform::start(Graph { of_app: some(HELPDESK), ..Graph::default() }).await;
    let registered = platform.register(&with_forward(), "meta", RegisterOptions::default()).await;
    assert!(
        registered.contains("https://helpdesk.example.com/hook gets messages from Ferry from now on"),
        "{registered}"
    );
    let expected =
        r#"account {"override_callback_uri":"https://hooks.example.com/webhooks/meta","verify_token":"webhook_desk"}"#;
    assert_eq!(platform.posted(), expected);
    let again = platform.register(&with_forward(), "meta", RegisterOptions::default()).await;
    assert!(again.ends_with("there already\n"), "{again}");
    assert_eq!(platform.posted(), expected);
}

#[tokio::test]
async fn a_number_has_an_address_of_its_own() {
    let platform = Platform::start(Graph { of_account: some(HELPDESK), ..Graph::default() }).await;
    let registered = platform.register(&with_forward(), "meta", number("107")).await;
    assert!(registered.ends_with("number of 107 is https://hooks.example.com/webhooks/meta\n"), "{registered}");
    assert_eq!(
        platform.posted(),
        r#"107 {"webhook_configuration":{"override_callback_uri":"https://hooks.example.com/webhooks/meta","verify_token":"webhook_desk"}}"#
    );
    let unknown = platform.register(&with_forward(), "meta", number("108")).await;
    assert_eq!(unknown, "refused: the account has no number with the id 108: it has 106, 107\n");
    // The other number still has the address of the account.
    let shown = platform.show("", "meta").await;
    assert!(shown.contains("messages of 106 go to https://helpdesk.example.com/hook"), "{shown}");
}

#[tokio::test]
async fn what_the_platform_refuses_or_forgets_is_said() {
    let platform = Platform::start(Graph { refuses: true, ..Graph::default() }).await;
    let failed = platform.register("", "meta", RegisterOptions::default()).await;
    expect![[r#"
        address of account 42: none -> https://hooks.example.com/webhooks/meta
        failed: Meta did not take the address (code 100): The callback did not answer.
        Meta calls it before it takes it: `ferry serve` must run, and be reached at https://hooks.example.com/webhooks/meta
    "#]]
    .assert_eq(&failed);
}

#[tokio::test]
async fn at_360dialog_the_key_names_the_number() {
    let platform = Platform::start(Graph { of_channel: json!({ "url": HELPDESK }), ..Graph::default() }).await;
    let refused = platform.register("", "signed", RegisterOptions::default()).await;
    assert!(refused.starts_with("refused: today https://helpdesk.example.com/hook gets the messages"), "{refused}");
    assert!(platform.register("", "signed", number("1")).await.starts_with("refused: --number is for kind = \"meta\""));
    let registered = platform.register("", "signed", replace()).await;
    assert!(registered.ends_with("channel of  is https://hooks.example.com/webhooks/signed\n"), "{registered}");
    assert_eq!(platform.posted(), r#"webhook_desk {"url":"https://hooks.example.com/webhooks/signed"}"#);
}

/// What a registration at the account changes.
fn judged(messages: &[(&str, Place, Option<&str>)], forward: Option<&str>, expected: Expect) {
    let of = |(number, by, url): &(&str, Place, Option<&str>)| Messages {
        number: (*number).to_owned(),
        by: *by,
        url: url.map(str::to_owned),
    };
    let registered = vec![Registered { place: Place::Account, id: "42".to_owned(), url: None }];
    let found = Found { registered, messages: messages.iter().map(of).collect() };
    let shown = match change(&found, Place::Account, "42", OURS, forward, false) {
        Ok(change) => {
            format!("needed {}\nreplaced {:?}\nnotes {:?}\n", change.is_needed, change.replaced, change.notes)
        }
        Err(error) => format!("refused: {error}\n"),
    };
    expected.assert_eq(&shown);
}

#[test]
fn only_numbers_that_follow_the_account_are_replaced() {
    judged(
        &[("106", Place::App, Some(OURS)), ("107", Place::Number, Some(HELPDESK))],
        None,
        expect![[r#"
            needed false
            replaced []
            notes ["number 107 keeps an address of its own: register it with --number 107"]
        "#]],
    );
    judged(
        &[("106", Place::App, Some(HELPDESK)), ("107", Place::App, None)],
        Some("https://other.example.com/"),
        expect![[r#"
            needed true
            replaced ["https://helpdesk.example.com/hook"]
            notes ["forward names https://other.example.com/, and https://helpdesk.example.com/hook gets nothing any more"]
        "#]],
    );
    judged(
        &[],
        None,
        expect![[r#"
        needed true
        replaced []
        notes []
    "#]],
    );
    judged(
        &[],
        Some(OURS),
        expect![[r#"
        refused: forward is the address of Ferry itself: name the program that answers people
    "#]],
    );
}
