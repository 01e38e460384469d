//! The official clients of providers read the sandbox, so that the stand-ins are not only our own reading of documents.

use std::path::Path;
use std::process::Command;

use test_needs::Need;

use crate::world::Sandbox;

/// What `scripts/check_providers.py` prints after it compared what a client read with the ledger of the sandbox; none if
/// the test has to be skipped.
fn checked(arguments: &[&str]) -> Option<String> {
    checked_with(&[], arguments)
}

/// The same, of a sandbox with more options.
fn checked_with(options: &[&str], arguments: &[&str]) -> Option<String> {
    let python = Need::Python.find()?;
    let own = [
        "--people",
        "200",
        "--messages",
        "1200",
        "--token-env",
        "SANDBOX_TOKEN",
        "--starts-at",
        "2026-03-03T09:14:07Z",
    ];
    let sandbox = Sandbox::with(&[&own, options].concat());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/check_providers.py");
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args([&sandbox.url, "sandbox-token"]).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// `twilio` 9.13.0: <https://pypi.org/project/twilio/>.
#[test]
fn the_client_of_twilio_reads_the_rows_that_the_ledger_has() {
    let Some(told) = checked(&["twilio"]) else { return };
    assert_eq!(told, "twilio calls 307 rows 2773\n");
}

/// Prism 5.16.0 with the documents in npm `@twilio-alpha/mcp` 0.7.0. Of what it finds, only that the links of pages are
/// relative is allowed; it finds a wrong call that is made on purpose for each document.
#[test]
fn calls_and_answers_are_what_the_documents_of_twilio_say() {
    let Some(prism) = Need::Prism.find() else { return };
    let Some(told) = checked(&["--prism", &prism, "twilio"]) else { return };
    assert_eq!(told, "twilio calls 312 rows 2773\n");
}

/// `viberbot` 1.0.12: <https://pypi.org/project/viberbot/>.
#[test]
fn the_client_of_viber_tells_subscribers_from_others_as_the_ledger_does() {
    let Some(told) = checked(&["viber"]) else { return };
    assert_eq!(told, "viber calls 9 rows 200\n");
}

/// `plivo` 4.63.0: <https://pypi.org/project/plivo/>. It is refused at the 21st call of
/// a minute, and moves the clock of the sandbox.
#[test]
fn the_client_of_plivo_reads_twenty_rows_a_call_and_twenty_calls_a_minute() {
    let Some(told) = checked(&["plivo"]) else { return };
    assert_eq!(told, "plivo calls 66 rows 1240\n");
}

/// `vonage` 4.9.1, `infobip-api-python-client` 6.0.0, `messagebird` 2.2.0, `telnyx` 4.189.0, `sinch` 2.3.0, `boto3` 1.44.8,
/// all from PyPI. There is no client of Bird's workspaces.
#[test]
fn the_clients_of_other_providers_read_the_rows_that_the_ledger_has() {
    let providers = ["vonage", "infobip", "messagebird", "telnyx", "sinch", "aws"];
    let Some(told) = checked_with(&["--no-rates"], &providers) else { return };
    let expected = "\
vonage calls 129 rows 1741
infobip calls 28 rows 358
messagebird calls 37 rows 1676
telnyx calls 17 rows 1223
sinch calls 17 rows 232
aws calls 7 rows 34
";
    assert_eq!(told, expected);
}
