//! The bodies as pywa 4.5.0 reads them: <https://pypi.org/project/pywa/>.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};

use super::*;

/// Reads each body as pywa does when a request comes, and prints what it made of them.
const SCRIPT: &str = r#"
import collections, json, logging, sys, warnings
from pywa import WhatsApp, utils
from pywa.types.base_update import RawUpdate
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
client = WhatsApp(phone_id="1", token="x", filter_updates=False, server=None)
told = collections.Counter()
for body, signature in json.load(sys.stdin):
    if not utils.webhook_updates_validator(app_secret=sys.argv[1], request_body=body.encode(), x_hub_signature=signature):
        told["a wrong signature"] += 1
    raw = RawUpdate(body.encode(), hmac_header=signature, update_hash="x")
    handler = client._get_handler_type(raw)
    if handler is None:
        told[f"not read: {raw.field}"] += 1
        continue
    try:
        told[type(client._handlers_to_updates[handler].from_update(client=client, update=raw)).__name__] += 1
    except Exception as error:
        told[f"{handler.__name__} failed: {error!r}"] += 1
print("".join(f"{n:5} {name}\n" for name, n in sorted(told.items())), end="")
"#;

fn check(profile: Profile, expected: Expect) {
    let Some(python) = test_needs::Need::Python.find() else { return };
    let settings = TrafficSettings { profile, events: 6_000, late: 0.1, ..settings() };
    let bodies: Vec<[String; 2]> = traffic(WebhookKind::Meta, settings)
        .map(|it| [String::from_utf8(it.body.to_vec()).unwrap(), it.headers[1].1.clone()])
        .collect();
    let mut pywa =
        Command::new(python).args(["-c", SCRIPT, SECRET]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    pywa.stdin.take().unwrap().write_all(&serde_json::to_vec(&bodies).unwrap()).unwrap();
    let output = pywa.wait_with_output().unwrap();
    assert!(output.status.success());
    expected.assert_eq(&String::from_utf8(output.stdout).unwrap());
}

#[test]
fn pywa_reads_every_body_of_its_profile() {
    check(
        Profile::PywaCompat,
        expect![[r#"
               21 AccountUpdate
               62 CallConnect
               56 CallPermissionUpdate
               62 CallStatus
              124 CallTerminate
              424 CallbackButton
               69 CallbackSelection
               26 DeletedMessage
               28 EditedMessage
               60 FlowCompletion
              140 GroupMessageStatuses
               10 IdentityChange
             2360 Message
             1849 MessageStatus
               52 OutgoingMessage
               14 PhoneNumberChange
               65 TemplateCategoryUpdate
               29 TemplateComponentsUpdate
               34 TemplateQualityUpdate
               60 TemplateStatusUpdate
              124 UserMarketingPreferences
               17 not read: account_alerts
               31 not read: account_review_update
               25 not read: business_capability_update
               14 not read: group_participants_update
               52 not read: hologram_update
               18 not read: messaging_handovers
               38 not read: phone_number_name_update
               34 not read: phone_number_quality_update
               22 not read: security
               52 not read: standby
               20 not read: user_actions
                8 not read: user_id_update
        "#]],
    );
}

#[test]
fn pywa_cannot_read_all_that_meta_documents() {
    check(
        Profile::MetaDoc,
        expect![[r#"
                8 AccountUpdate
               22 CallConnect
               15 CallPermissionUpdate
               17 CallStatusHandler failed: KeyError('contacts')
               34 CallTerminate
              140 CallbackButton
               24 CallbackSelection
                8 DeletedMessage
               11 EditedMessage
               25 FlowCompletion
               47 GroupMessageStatuses
                2 GroupMessageStatusesHandler failed: KeyError('recipient_participant_user_id')
                2 IdentityChangeHandler failed: KeyError('contacts')
                1 IdentityChangeHandler failed: KeyError('identity')
              788 Message
              553 MessageStatus
               48 MessageStatusHandler failed: KeyError('contacts')
               20 OutgoingMessageHandler failed: KeyError('contacts')
                3 PhoneNumberChange
               23 TemplateCategoryUpdate
               11 TemplateComponentsUpdate
                5 TemplateQualityUpdate
               23 TemplateStatusUpdate
                1 TemplateStatusUpdateHandler failed: KeyError('event')
               42 UserMarketingPreferences
                7 not read: account_alerts
               11 not read: account_review_update
                5 not read: business_capability_update
                5 not read: group_participants_update
               19 not read: hologram_update
                6 not read: messaging_handovers
               19 not read: phone_number_name_update
               11 not read: phone_number_quality_update
                5 not read: security
               19 not read: standby
                6 not read: user_actions
                1 not read: user_id_update
        "#]],
    );
}
