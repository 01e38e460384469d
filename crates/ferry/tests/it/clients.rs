//! Clients that others wrote, pointed at the sandbox, so that it is not only our own opinion of the wire.

use std::process::Command;

use crate::world::Sandbox;

/// What a Python script prints, with the packages that `scripts/test` installs.
fn python(script: &str, arguments: &[&str]) -> String {
    let python = std::env::var("FERRY_TEST_PYTHON")
        .expect("FERRY_TEST_PYTHON is not set: run the tests with scripts/test, which installs the packages");
    let output = Command::new(python).args(["-c", script]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
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
    let told = python(script, &[&sandbox.url]);
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
