//! Third-party clients against the sandbox, so that the protocol is not only our own reading of it.

use std::collections::BTreeSet;
use std::process::Command;

use test_needs::Need;

use crate::world::{Sandbox, World};

/// The output of a Python script that uses the packages that `scripts/test` installs; none if the test has to be skipped
/// because there is no Python.
pub(crate) fn python(script: &str, arguments: &[&str]) -> Option<String> {
    let python = Need::Python.find()?;
    let output = Command::new(python).args(["-c", script]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// `turn-python` 1.0.0 speaks `POST /v1/contacts`: <https://pypi.org/project/turn-python/>.
#[test]
fn the_client_of_turn_gets_the_ids_that_the_ledger_has() {
    let sandbox = Sandbox::with(&["--token-env", "SANDBOX_TOKEN"]);
    let script = r#"
import sys
import turn.request_types as wire
from turn import TurnClient
from turn.exceptions import WhatsAppContactNotFoundError, WhatsAppUnknownError

wire.TurnRequest.base_url = sys.argv[1] + "/v1/"
client = TurnClient(token="sandbox-token")
for number in range(12):
    number = f"+331990{number:05}"
    try:
        print(number, client.contacts.get_whatsapp_id(number))
    except WhatsAppContactNotFoundError:
        print(number, "nobody")
try:
    TurnClient(token="wrong").contacts.get_whatsapp_id("+33199000000")
except WhatsAppUnknownError as error:
    print(error)
"#;
    let Some(told) = python(script, &[&sandbox.url]) else { return };
    let mut expected: Vec<String> = sandbox
        .ledger()
        .into_iter()
        .map(|(number, word)| match word.as_str() {
            "valid" => format!("{number} {}", &number[1..]),
            _ => format!("{number} nobody"),
        })
        .collect();
    assert_eq!(expected.len(), 12);
    assert!(expected.iter().any(|it| it.ends_with("nobody")) && expected.iter().any(|it| !it.ends_with("nobody")));
    expected.push("Access denied".to_owned());
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
}

/// `pywa` 4.5.0 checks templates in its own classes and submits them: <https://pypi.org/project/pywa/>.
#[test]
fn the_client_of_pywa_takes_every_template_that_comes_out_of_the_fixtures() {
    let sandbox = Sandbox::start(&[]);
    let script = r#"
import json, sys, httpx
from pywa import WhatsApp
from pywa.types.templates import Template

class Here(httpx.HTTPTransport):
    def handle_request(self, request):
        here = httpx.URL(sys.argv[1])
        request.url = request.url.copy_with(scheme=here.scheme, host=here.host, port=here.port)
        return super().handle_request(request)

def handle(kind):
    path = "/v25.0/7/uploads?file_name=a&file_length=1&file_type=" + kind
    session = httpx.post(sys.argv[1] + path, headers={"Authorization": "OAuth token"}).json()["id"]
    headers = {"Authorization": "OAuth token", "file_offset": "0"}
    return httpx.post(sys.argv[1] + "/v25.0/" + session, headers=headers, content=b"x").json()["h"]

handles = {"IMAGE": handle("image/png"), "VIDEO": handle("video/mp4"), "DOCUMENT": handle("application/pdf")}
# Each new one reads all certificates there are.
here = Here(verify=False)

def with_samples(components):
    for component in components:
        if component.get("format") in handles:
            component["example"] = {"header_handle": [handles[component["format"]]]}
        for card in component.get("cards", []):
            with_samples(card["components"])

def uploaded(components, ours):
    for component, given in zip(components, ours):
        if hasattr(component, "_handle"):
            component._handle = handles[given["format"]]
        for card, card_given in zip(getattr(component, "cards", []), given.get("cards", [])):
            uploaded(card.components, card_given["components"])

for number, file in enumerate(sys.argv[2:]):
    ours = json.load(open(file))
    with_samples(ours["components"])
    template = Template.from_dict(ours)
    uploaded(template.components, ours["components"])
    client = WhatsApp(token="token", session=httpx.Client(transport=here), waba_id=str(number // 90))
    created = client.create_template(template)
    theirs = json.loads(template.to_json())
    same = theirs["components"] == ours["components"] and theirs.get("parameter_format", "").lower() == ours.get("parameter_format", "").lower()
    print(file, created.category.value == ours["category"], same)
"#;
    for named in [&[][..], &["--named"]] {
        let world = World::empty();
        let mut lint: Vec<String> = ["template", "lint", "--as", "json"].map(str::to_owned).into();
        let mut files = Vec::new();
        for (n, (name, _)) in crate::scenarios::SCENARIOS.iter().enumerate() {
            let (from, to) = (crate::scenarios::path(name), format!("out{n}"));
            let mut arguments = vec!["translate", &from, "--to", &to];
            arguments.extend(named);
            world.ferry(&arguments);
            let folder = world.path(&format!("{to}/templates"));
            let paths = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
            files.extend(paths.map(|it| it.to_str().unwrap().to_owned()));
            lint.push(folder.to_str().unwrap().to_owned());
        }
        // A template with lint errors would be refused. The script adds the handles of samples (T502).
        let lint = world.ferry(&lint.iter().map(String::as_str).collect::<Vec<_>>());
        let findings: serde_json::Value = serde_json::from_str(&lint.out).unwrap();
        let errors = findings["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["severity"] == "error" && it["code"] != "T502");
        let refused: BTreeSet<&str> = errors.map(|it| it["file"].as_str().unwrap()).collect();
        files.retain(|it| !refused.contains(it.as_str()));
        assert!(files.len() > 50, "{}", files.len());
        let arguments: Vec<&str> = [sandbox.url.as_str()].into_iter().chain(files.iter().map(String::as_str)).collect();
        let Some(told) = python(script, &arguments) else { return };
        let wrong: Vec<&str> = told.lines().filter(|it| !it.ends_with(" True True")).collect();
        assert!(wrong.is_empty() && told.lines().count() == files.len(), "{wrong:?}");
        for account in ["0", "1"] {
            let name = |it: &serde_json::Value| it["name"].as_str().unwrap().to_owned();
            let names: BTreeSet<String> = sandbox.templates(account).iter().map(name).collect();
            for name in names {
                sandbox.call("DELETE", &format!("/v25.0/{account}/message_templates?name={name}"), "");
            }
        }
        sandbox.control("clock", r#"{ "advance_seconds": 9999999 }"#);
    }
}

/// The scenarios that importers write match the published schema, by `jsonschema` 4.26.0.
#[test]
fn every_imported_scenario_is_valid_by_the_published_schema() {
    let world = World::empty();
    let script = r#"
import json, sys
from jsonschema import Draft202012Validator
validator = Draft202012Validator(json.load(open(sys.argv[1])))
for file in sys.argv[2:]:
    for scenario in json.load(open(file))["scenarios"]:
        for error in validator.iter_errors(scenario):
            print(file, scenario["id"], error.json_path, error.message)
        assert list(validator.iter_errors({**scenario, "steps": [{"id": "a", "type": "dance"}]}))
"#;
    let mut arguments = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenario.schema.json").to_owned()];
    for (n, (name, _)) in crate::scenarios::SCENARIOS.iter().enumerate() {
        let to = format!("{n}.json");
        assert_eq!(world.ferry(&["scenario", "import", &crate::scenarios::path(name), "--to", &to]).code, 0);
        arguments.push(world.path(&to).to_str().unwrap().to_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert!(python(script, &arguments).is_none_or(|it| it.is_empty()));
}
