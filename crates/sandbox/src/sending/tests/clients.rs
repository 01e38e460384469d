//! The sending side as an independent client sees it: pywa 4.5.0, <https://pypi.org/project/pywa/>.

use std::process::Command;

use expect_test::expect;
use tokio::net::TcpListener;

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
