//! The bodies as two independent clients read them: pywa 4.5.0, <https://pypi.org/project/pywa/>, and kapso 0.3.0,
//! <https://pypi.org/project/kapso-whatsapp-cloud-api/>.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};

use super::*;

/// Reads each body as pywa does when a request comes, and counts what it made of them.
const PYWA: &str = r#"
import logging, warnings
from pywa import WhatsApp, utils
from pywa.types.base_update import RawUpdate
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
client = WhatsApp(phone_id="1", token="x", filter_updates=False, server=None)

def is_signed(body, signature):
    return utils.webhook_updates_validator(app_secret=secret, request_body=body.encode(), x_hub_signature=signature)

def read(body):
    raw = RawUpdate(body.encode(), hmac_header=None, update_hash="x")
    handler = client._get_handler_type(raw)
    if handler is None:
        return [f"not read: {raw.field}"]
    try:
        return [type(client._handlers_to_updates[handler].from_update(client=client, update=raw)).__name__]
    except Exception as error:
        return [f"{handler.__name__} failed: {error!r}"]
"#;

/// The same of kapso, which reads whole bodies.
const KAPSO: &str = r#"
from kapso_whatsapp.webhooks import normalize_webhook, verify_signature

def is_signed(body, signature):
    return verify_signature(app_secret=secret, raw_body=body.encode(), signature_header=signature)

def read(body):
    found = normalize_webhook(body)
    lists = ("messages", "statuses", "calls", "identity_events")
    return ["body"] + [f"in {name}" for name in lists for _ in getattr(found, name)]
"#;

/// What both do with requests on standard input: a name for what is special, the body, and the signature.
const COUNT: &str = r#"
told = collections.Counter()
for trick, body, signature in json.load(sys.stdin):
    told[f"{trick}: signature {'right' if is_signed(body, signature) else 'wrong'}"] += 1
    if trick == "good":
        told.update(read(body))
print("".join(f"{n} {name}\n" for name, n in sorted(told.items())), end="")
"#;

fn check(client: &str, profile: Profile, expected: Expect) {
    let Some(python) = test_needs::Need::Python.find() else { return };
    let settings = TrafficSettings { profile, events: 6_000, late: 0.1, forged: 0.05, ..settings() };
    let requests: Vec<[String; 3]> = traffic(WebhookKind::Meta, settings).map(|it| request(&it)).collect();
    let script = format!("import collections, json, sys\nsecret = sys.argv[1]\n{client}{COUNT}");
    let mut client = Command::new(python)
        .args(["-c", &script, SECRET])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(&serde_json::to_vec(&requests).unwrap()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
    expected.assert_eq(&String::from_utf8(output.stdout).unwrap());
}

/// Several headers of one name reach Python as one, with commas.
fn request(webhook: &Webhook) -> [String; 3] {
    let signatures = webhook.headers.iter().filter(|it| it.0 == "X-Hub-Signature-256");
    let signature = signatures.map(|it| it.1.as_str()).collect::<Vec<_>>().join(",");
    [webhook.trick.name().to_owned(), String::from_utf8(webhook.body.to_vec()).unwrap(), signature]
}

#[test]
fn pywa_reads_every_body_of_its_profile() {
    check(
        PYWA,
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
            300 forged: signature wrong
            6000 good: signature right
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
        PYWA,
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
            99 forged: signature wrong
            1987 good: signature right
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

#[test]
fn kapso_reads_what_meta_documents() {
    check(
        KAPSO,
        Profile::MetaDoc,
        expect![[r#"
            1987 body
            99 forged: signature wrong
            1987 good: signature right
            186 in calls
            11 in identity_events
            3151 in messages
            2051 in statuses
        "#]],
    );
}
