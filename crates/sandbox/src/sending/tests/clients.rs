//! The sending side as an independent client sees it: pywa 4.5.0, <https://pypi.org/project/pywa/>.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::expect;
use tokio::net::TcpListener;

use super::clocks::{receiver, webhooks};
use super::*;

/// Sends with pywa, whose host is changed below it, and prints what it read.
const PYWA: &str = r#"
import logging, sys, warnings
import httpx
from pywa import WhatsApp, errors
from pywa.types import Button
from pywa.types.templates import BodyText, TemplateLanguage
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
port, token, number, account = sys.argv[1:]

class Here(httpx.HTTPTransport):
    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=int(port))
        return super().handle_request(request)

def client(token):
    return WhatsApp(phone_id=number, token=token, server=None, session=httpx.Client(transport=Here()))

def told(what, sent):
    status = getattr(sent, "status", None)
    print(what, sent.id.startswith("wamid."), sent.to, status.value if status else None)

def refused(what, send):
    try:
        send()
        print(what, "was sent")
    except errors.WhatsAppError as error:
        print(what, type(error).__name__, error.code)

here = client(token)
told("text", here.send_message(to="33199000001", text="Bonjour", tracker="id-1"))
told("buttons", here.send_message(to="33199000001", text="Alors ?", buttons=[Button("Oui", "1"), Button("Non", "2")]))

def template(name, **more):
    return here.send_template(
        to="33199000002", name=name, language=TemplateLanguage.FRENCH, params=[BodyText.params("Ana")], **more)

told("template", template("rappel"))
told("held template", template("rappel"))
told("marketing", template("offre", use_mm_lite_api=True))
refused("absent", lambda: template("absent"))
refused("utility as marketing", lambda: template("rappel", use_mm_lite_api=True))
refused("token", lambda: client("other").send_message(to="33199000001", text="Bonjour"))
refused("media", lambda: here.send_image(to="33199000001", image="https://example.com/a.jpg"))
about = here.get_business_phone_number()
print("number", about.status, about.name_status, about.throughput, about.health_status["can_send_message"])
"#;

#[tokio::test(flavor = "multi_thread")]
async fn pywa_sends_texts_and_templates_and_reads_every_answer() {
    let Some(python) = test_needs::Need::Python.find() else { return };
    let pace = json!({ "template": { "first": 1, "seconds": 60.0, "verdict": "released" } });
    let shore = Shore::new(json!({ "pacing": pace, "limits": { "marketing_sync_seconds": 0 } }));
    shore.template("rappel", "UTILITY").await;
    shore.template("offre", "MARKETING").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    tokio::spawn(crate::serve_shared(Arc::clone(&shore.sandbox), listener));
    let run = move || Command::new(python).args(["-c", PYWA, &port, TOKEN, NUMBER, ACCOUNT]).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    expect![[r#"
        text True 33199000001 None
        buttons True 33199000001 None
        template True 33199000002 accepted
        held template True 33199000002 held_for_quality_assessment
        marketing True 33199000002 accepted
        absent TemplateNotExists 132001
        utility as marketing WhatsAppError 134100
        token ExpiredAccessToken 190
        media UnsupportedMessageType 131051
        number CONNECTED APPROVED {'level': 'STANDARD'} AVAILABLE
    "#]]
    .assert_eq(&String::from_utf8(output.stdout).unwrap());
    let sent = shore.lines("n");
    let accepted: Vec<&Value> = sent.iter().filter(|it| it["outcome"] != "refused").map(|it| &it["type"]).collect();
    assert_eq!(accepted, ["text", "interactive", "template", "template", "template"]);
}

/// Reads the bodies on standard input as pywa does when a request comes.
const PYWA_READS: &str = r#"
import collections, json, logging, sys, warnings
from pywa import WhatsApp
from pywa.types.base_update import RawUpdate
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
client = WhatsApp(phone_id="1", token="x", filter_updates=False, server=None)
read = collections.Counter()
for body in json.load(sys.stdin):
    raw = RawUpdate(json.dumps(body).encode(), hmac_header=None, update_hash="x")
    handler = client._get_handler_type(raw)
    update = client._handlers_to_updates[handler].from_update(client=client, update=raw)
    more = f" {update.status.value} {update.tracker}" if hasattr(update, "tracker") else ""
    error = f" {update.error.code}" if getattr(update, "error", None) else ""
    read[type(update).__name__ + more + error] += 1
print("".join(f"{n} {name}\n" for name, n in sorted(read.items())), end="")
"#;

/// All kinds of webhooks that the sending side sends of people.
async fn told(profile: &str) -> Vec<Value> {
    let (address, received) = receiver(0).await;
    let answer = |does: Value, n: u32| json!({ "does": does, "after": [1.0, 1.0], "when": { "to": [person(n)] } });
    let answers =
        [answer(json!({ "writes": "STOP" }), 1), answer(json!({ "presses": "Stop" }), 2), answer(json!("stops"), 3)];
    let shore = Shore::new(json!({
        "webhooks": webhooks(address, json!({})), "answers": answers, "people": { "unregistered": [person(4)] },
        "statuses": { "profile": profile, "read": 1.0 },
    }));
    shore.template("rappel", "UTILITY").await;
    for n in 1..5 {
        shore.send(template("rappel", &person(n), "id")).await;
    }
    shore.at("12:00:00").await;
    received.bodies.lock().unwrap().clone()
}

#[tokio::test]
async fn pywa_reads_what_becomes_of_its_messages() {
    let Some(python) = test_needs::Need::Python.find() else { return };
    let bodies = serde_json::to_vec(&told("pywa-compat").await).unwrap();
    let client = Command::new(python).args(["-c", PYWA_READS]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut client = client.unwrap();
    client.stdin.take().unwrap().write_all(&bodies).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
    expect![[r#"
        1 CallbackButton
        1 Message
        3 MessageStatus delivered id
        1 MessageStatus failed id 131026
        3 MessageStatus read id
        3 MessageStatus sent id
        1 UserMarketingPreferences
    "#]]
    .assert_eq(&String::from_utf8(output.stdout).unwrap());
}

#[tokio::test]
async fn the_receiver_reads_what_becomes_of_messages() {
    let bodies = told("meta-doc").await;
    assert_eq!(bodies.len(), 13);
    for body in bodies {
        let read = whatsapp::read_events(body.to_string().as_bytes()).unwrap();
        assert_eq!((read.events.len(), read.broken.len()), (1, 0), "{body}");
    }
}
