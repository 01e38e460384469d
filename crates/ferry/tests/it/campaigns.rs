//! Campaigns from the plan to the proof, against the sandbox with a clock that stands still.

use std::fs;

use crate::world::{Sandbox, World};

/// A Monday.
const BEGIN: &str = "2026-03-02T09:00:00Z";
const ACCOUNT: &str = "400000000000033";
const LOG: &str = "sandbox.log";

const PLAN: &str = r#"[run]
name = "test"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[[wording]]
name = "news"
version = "1"
language = "en"
text = "Yes, send me offers on WhatsApp."
purposes = ["marketing"]

[[source]]
name = "people"
channel = "sms"
path = "people.csv"
profile = "columns"
consent_channel = "whatsapp"
wording = "news@1"
[source.columns]
phone = "phone"
name = "name"
language = "language"
consent = "consent"
consent_at = "consent date"

[[segment]]
name = "french"
where = "region = 'FR'"

[verify]
adapter = "contacts"
url = "SANDBOX"

[whatsapp]
account = "400000000000033"
url = "SANDBOX/v25.0"

[sending]
mode = "sandbox"
number = "500000000000301"
test_wave = 0
max_refusers = 1.0

[[campaign]]
name = "welcome"
segment = "french"
not_after = "2026-12-30"

[[campaign.step]]
name = "invite"
template = "welcome_offer"
language = "en"
[campaign.step.parameters]
1 = "name or text:friend"
"#;

const TEMPLATE: &str = r#"[{"name": "welcome_offer", "language": "en", "category": "MARKETING", "components": [
  {"type": "BODY", "text": "Hello {{1}}, here is our welcome offer for you.", "example": {"body_text": [["Ana"]]}},
  {"type": "FOOTER", "text": "To get no more of them: Stop promos"},
  {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop promos"}]}]}]"#;

const PEOPLE: &str = "\
phone,name,language,consent,consent date
+33199000001,Ana,en,yes,2026-01-05
+33199000002,Ben,en,yes,2026-01-05
+33199000003,,en,yes,2026-01-05
+33199000004,Dan,en,no,2026-01-05
";

/// A sandbox whose clock stands still, and a world that can start the campaign.
pub(crate) fn ready() -> (Sandbox, World) {
    let world = World::empty();
    let log = world.path(LOG);
    let arguments =
        ["--frozen-clock", "--starts-at", BEGIN, "--registered", "1.0", "--sends-log", log.to_str().unwrap()];
    let sandbox = Sandbox::with(&arguments);
    world.write("plan.toml", &PLAN.replace("SANDBOX", &sandbox.url));
    world.write("people.csv", PEOPLE);
    world.write("templates.json", TEMPLATE);
    for arguments in [&["run"][..], &["template", "submit", "templates.json"], &["template", "sync"]] {
        let ended = world.ferry(arguments);
        assert_eq!(ended.code, 0, "{arguments:?} {ended:?}");
    }
    assert_eq!(sandbox.templates(ACCOUNT)[0]["status"], "APPROVED");
    (sandbox, world)
}

/// How many messages the sandbox took.
fn n_taken(world: &World) -> usize {
    let log = fs::read_to_string(world.path(LOG)).unwrap_or_default();
    log.lines().filter(|it| it.contains(r#""outcome":"accepted""#)).count()
}

#[test]
fn each_person_with_consent_gets_a_step_once_however_often_it_is_started() {
    let (_sandbox, world) = ready();
    let planned = world.ferry(&["campaign", "plan", "welcome", "--rehearse"]);
    assert!(planned.code == 0 && planned.out.contains("step invite: 3 people now"), "{planned:?}");
    assert_eq!(n_taken(&world), 0);
    let started = world.ferry(&["campaign", "start", "welcome", "--rehearse"]);
    let expected = "welcome finished: 3 accepted, 0 refused, 0 unknown\n";
    assert_eq!((started.code, started.out.as_str()), (0, expected), "{started:?}");
    let again = world.ferry(&["campaign", "start", "welcome", "--rehearse"]);
    assert!(again.code == 4 && again.err.contains("nothing was sent"), "{again:?}");
    let proven = world.ferry(&["campaign", "prove", "welcome", "--sandbox-log", LOG]);
    assert!(proven.code == 0 && proven.out.starts_with("doubled 0, after a stop 0\n"), "{proven:?}");
    assert_eq!(n_taken(&world), 3);
}

#[test]
fn a_restored_database_sends_nothing_before_it_has_learned_from_the_log_what_was_sent() {
    let (_sandbox, world) = ready();
    fs::copy(world.path("ferry.db"), world.path("monday.db")).unwrap();
    assert_eq!(world.ferry(&["campaign", "start", "welcome", "--rehearse"]).code, 0);
    // The clock of the sandbox may have moved into the night: the copy is of before.
    fs::copy(world.path("monday.db"), world.path("ferry.db")).unwrap();
    let refused = world.ferry(&["campaign", "start", "welcome", "--rehearse"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("BAD  log") && refused.err.contains("3 messages in the log of sends"), "{refused:?}");
    let settled = world.ferry(&["campaign", "settle", "welcome", "--from-log"]);
    assert!(
        settled.code == 0 && settled.out.starts_with("3 messages of the log of sends added as unknown\n"),
        "{settled:?}"
    );
    world.write("people.csv", &format!("{PEOPLE}+33199000005,Eva,en,yes,2026-01-05\n"));
    assert_eq!(world.ferry(&["run"]).code, 0);
    let started = world.ferry(&["campaign", "start", "welcome", "--rehearse"]);
    assert!(started.code == 0 && started.out.contains("1 accepted"), "{started:?}");
    assert_eq!(n_taken(&world), 4);
}

#[test]
fn a_campaign_of_the_sandbox_and_a_rehearsal_stay_on_this_machine() {
    let (sandbox, world) = ready();
    world.replan(&format!("{}/v25.0", sandbox.url), "https://graph.example.com/v25.0");
    let refused = world.ferry(&["campaign", "plan", "welcome"]);
    assert!(refused.code != 0 && refused.err.contains("sends to this machine only"), "{refused:?}");
    world.replan("mode = \"sandbox\"", "mode = \"live\"");
    world.replan("test_wave = 0", "");
    let refused = world.ferry(&["campaign", "start", "welcome", "--rehearse"]);
    assert!(refused.code != 0 && refused.err.contains("a rehearsal needs the sandbox on this machine"), "{refused:?}");
}
