use super::*;
use crate::read::tests::PLAN;

/// The account is at the lines 19 to 21, the section at 22 to 24, so a key that is added is at line 25.
const ACCOUNT: &str = "[whatsapp]\naccount = \"1\"\nurl = \"http://127.0.0.1:8480/v25.0\"\n";
const SENDING: &str = "[sending]\nmode = \"sandbox\"\nnumber = \"106540352242922\"\n";
const META: &str = "[[webhook]]\nkind = \"meta\"\npath = \"/m\"\nsecrets_env = [\"X\"]\n";
const DIALOG: &str = "[[webhook]]\nkind = \"360dialog\"\npath = \"/d\"\nsecrets_env = [\"X\"]\n";
const TWILIO: &str =
    "[[webhook]]\nkind = \"twilio\"\npath = \"/t\"\nsecrets_env = [\"X\"]\npublic_url = \"https://example.com/t\"\n";

/// The plan with these sections, read; an error without the folder.
fn plan(sections: &str) -> Result<Plan, String> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("plan.toml");
    std::fs::write(&path, format!("{PLAN}{sections}")).unwrap();
    Plan::read(&path).map_err(|it| it.to_string().replace(&format!("{}/", home.path().display()), ""))
}

/// What a plan says of sending, with a key more.
fn sending(key: &str) -> PlanSending {
    plan(&format!("{ACCOUNT}{SENDING}{key}")).unwrap().sending().unwrap().clone()
}

/// The error about a plan with a key more.
fn error(key: &str) -> String {
    plan(&format!("{ACCOUNT}{SENDING}{key}")).err().unwrap_or_else(|| "fine".to_owned())
}

#[test]
fn a_plan_that_says_little_sends_slowly_by_day_and_leaves_all_risks_out() {
    let sending = sending("");
    assert_eq!((sending.mode, sending.number.as_str()), (SendingMode::Sandbox, "106540352242922"));
    assert_eq!((sending.per_second, sending.people_per_day), (None, None));
    assert_eq!((sending.hours.to_string().as_str(), &sending.zone), ("09:00-20:00", &None));
    assert_eq!((sending.timeout, &sending.webhook), (Duration::from_secs(5), &None));
    assert_eq!((sending.leave_out.as_slice(), sending.allows_us_marketing), (&Risk::ALL[..], false));
    let gates = SendingGates {
        min_delivered: 0.9,
        max_failed: 0.1,
        max_refusers: 0.03,
        max_not_registered: 0.05,
        max_stops: 0.03,
        test_wave: 150,
        watch: Duration::from_secs(1_800),
    };
    assert_eq!(sending.gates, gates);
}

#[test]
fn the_defaults_of_a_plan_are_those_of_the_table_of_limits() {
    let limits = rollout::Limits::default();
    assert_eq!((Some(PER_HOUR), HOURS), (limits.messages_per_hour, limits.hours.window.to_string().as_str()));
    assert_eq!(sending("").messages_per_hour, limits.messages_per_hour);
}

#[test]
fn what_a_plan_says_of_sending_is_read() {
    let sending = sending(
        "per_second = 1000\nper_hour = 0\npeople_per_day = 1\nhours = \"any\"\nzone = \"Europe/Paris\"\n\
         timeout_ms = 60000\nmin_delivered = 0.5\nmax_failed = 1.0\nmax_refusers = 0.0\nmax_not_registered = 0.2\n\
         max_stops = 0.01\ntest_wave = 0\nwatch_minutes = 5\nallow_us_marketing = true\n\
         leave_out = [\"reassigned\", \"never-delivered\", \"reassigned\"]\ntest_recipients = [\"+33199000001\"]\n",
    );
    assert_eq!((sending.per_second, sending.messages_per_hour, sending.people_per_day), (Some(1000), None, Some(1)));
    assert_eq!((sending.hours.to_string().as_str(), sending.zone.as_deref()), ("00:00-24:00", Some("Europe/Paris")));
    assert_eq!(sending.timeout, Duration::from_secs(60));
    assert_eq!((sending.gates.min_delivered, sending.gates.max_failed, sending.gates.max_refusers), (0.5, 1.0, 0.0));
    assert_eq!((sending.gates.max_not_registered, sending.gates.max_stops), (0.2, 0.01));
    assert_eq!((sending.gates.test_wave, sending.gates.watch), (0, Duration::from_secs(300)));
    assert_eq!((sending.leave_out, sending.allows_us_marketing), (vec![Risk::NeverDelivered, Risk::Reassigned], true));
    assert_eq!(sending.test_recipients, [PhoneNumber::from_e164("+33199000001").unwrap()]);
}

#[test]
fn the_log_of_sends_is_beside_the_contact_key_unless_the_plan_says_otherwise() {
    let log = |sections: &str| {
        let plan = plan(&format!("{ACCOUNT}{SENDING}{sections}")).unwrap();
        plan.sending().unwrap().log.strip_prefix(plan.folder()).unwrap().display().to_string()
    };
    assert_eq!(log(""), "sends.log");
    assert_eq!(log("[identity]\nkey_file = \"secrets/ferry.key\"\n"), "secrets/sends.log");
    assert_eq!(log("log = \"logs/a.log\"\n[identity]\nkey_file = \"secrets/ferry.key\"\n"), "logs/a.log");
}

#[test]
fn statuses_come_by_the_only_webhook_that_can_bring_them_or_the_one_that_the_plan_names() {
    let webhook = |key: &str, webhooks: &str| {
        let read = plan(&format!("{ACCOUNT}{SENDING}{key}{webhooks}"));
        read.map(|it| it.sending().unwrap().webhook.clone().unwrap_or_else(|| "none".to_owned()))
    };
    let right = |key: &str, webhooks: &str| webhook(key, webhooks).unwrap();
    let wrong = |key: &str, webhooks: &str| webhook(key, webhooks).unwrap_err();
    let both = format!("{META}{DIALOG}");
    assert_eq!(right("", TWILIO), "none");
    assert_eq!(right("", &format!("{TWILIO}{DIALOG}")), "360dialog");
    assert_eq!(right("webhook = \"meta\"\n", &both), "meta");
    assert_eq!(
        wrong("", &both),
        "plan.toml:23: the plan has several webhooks that can bring statuses (`meta`, `360dialog`): name one, such as \
         webhook = \"meta\""
    );
    assert_eq!(
        wrong("webhook = \"mets\"\n", &both),
        "plan.toml:25: unknown webhook `mets`, expected one of `meta`, `360dialog`; did you mean `meta`?"
    );
    assert_eq!(
        wrong("webhook = \"twilio\"\n", TWILIO),
        "plan.toml:25: the plan has no [[webhook]] \"twilio\" of kind \"meta\" or \"360dialog\": add it, or leave out webhook"
    );
}

#[test]
fn each_mode_says_what_it_needs() {
    let told = |account: &str, mode: &str, key: &str| {
        let section = SENDING.replace("\"sandbox\"", mode);
        plan(&format!("{account}{section}{key}")).err().unwrap_or_else(|| "fine".to_owned())
    };
    let platform = "[whatsapp]\naccount = \"1\"\n\n";
    let one = "test_recipients = [\"+33199000001\"]\n";
    assert_eq!(
        told("", "\"live\"", ""),
        "plan.toml:20: [sending] needs the account that sends: add [whatsapp] with account = \"…\""
    );
    assert_eq!(
        told(platform, "\"sandbox\"", ""),
        "plan.toml:23: mode = \"sandbox\" sends to this machine only: give [whatsapp] a url such as \
         \"http://127.0.0.1:8480/v25.0\", or choose mode = \"test\""
    );
    for address in ["http://localhost:1/v25.0", "http://[::1]:1/v25.0"] {
        assert_eq!(told(&ACCOUNT.replace("http://127.0.0.1:8480/v25.0", address), "\"sandbox\"", ""), "fine");
    }
    assert_eq!(
        told(platform, "\"test\"", ""),
        "plan.toml:23: mode = \"test\" sends to test_recipients only: add test_recipients = [\"+33…\"]"
    );
    assert_eq!(
        told(platform, "\"test\"", "test_recipients = []\n"),
        "plan.toml:25: mode = \"test\" sends to test_recipients only: add test_recipients = [\"+33…\"]"
    );
    assert_eq!(told(platform, "\"test\"", one), "fine");
    assert_eq!(told(platform, "\"live\"", ""), "fine");
    for mode in ["\"test\"", "\"live\""] {
        assert_eq!(
            told(platform, mode, &format!("{one}test_wave = 0\n")),
            "plan.toml:26: test_wave is 0: only mode = \"sandbox\" sends without a test wave, others from 100 to 200"
        );
    }
}

#[test]
fn a_wrong_recipient_is_named_by_its_place_and_not_by_its_digits() {
    let list = |numbers: &[String]| format!("test_recipients = [{}]\n", numbers.join(", "));
    for wrong in ["0199000002", "33199000002", "+0199000002", "+33", "+33 1 99", "+331990000020000000"] {
        let told = error(&list(&["\"+33199000001\"".to_owned(), format!("\n\"{wrong}\"")]));
        assert_eq!(
            told,
            "plan.toml:26: test_recipients: number 2 is not one such as +33199000001: write + and the country code"
        );
    }
    let many = |n: usize| (1..=n).map(|it| format!("\"+33199000{it:03}\"")).collect::<Vec<_>>();
    assert_eq!(error(&list(&many(200))), "fine");
    assert_eq!(error(&list(&many(201))), "plan.toml:25: test_recipients has 201 numbers: 200 are the most");
}

#[test]
fn a_wrong_value_of_sending_is_told_with_its_line_and_what_to_write() {
    for (key, expected) in [
        ("per_second = 0", "per_second is 0: it can be from 1 to 1000"),
        ("per_second = 1001", "per_second is 1001: it can be from 1 to 1000"),
        ("per_hour = -1", "invalid value: integer `-1`, expected u32"),
        ("people_per_day = 0", "people_per_day is 0: it can be from 1 to 4294967295"),
        ("timeout_ms = 0", "timeout_ms is 0: it can be from 1 to 60000"),
        ("timeout_ms = 60001", "timeout_ms is 60001: it can be from 1 to 60000"),
        ("min_delivered = 1.1", "min_delivered is 1.1: it can be from 0 to 1"),
        ("max_failed = -0.1", "max_failed is -0.1: it can be from 0 to 1"),
        ("max_refusers = nan", "max_refusers is NaN: it can be from 0 to 1"),
        ("max_not_registered = 2.0", "max_not_registered is 2: it can be from 0 to 1"),
        ("max_stops = inf", "max_stops is inf: it can be from 0 to 1"),
        ("test_wave = 99", "test_wave is 99: it can be from 100 to 200"),
        ("test_wave = 201", "test_wave is 201: it can be from 100 to 200"),
        ("watch_minutes = 1441", "watch_minutes is 1441: it can be from 0 to 1440"),
        (
            "hours = \"20:00-09:00\"",
            "hours \"20:00-09:00\": write them such as \"09:00-20:00\", the end after the start, or \"any\"",
        ),
        ("hours = \"9-20\"", "hours \"9-20\": write them such as \"09:00-20:00\", the end after the start, or \"any\""),
        (
            "zone = \"Europe/Pari\"",
            "\"Europe/Pari\" is not a time zone such as Europe/Paris; did you mean \"Europe/Paris\"?",
        ),
        ("confirm_stop = \" \"", "confirm_stop is empty: write what somebody reads who has said stop, or leave it out"),
        (
            "leave_out = [\"longsilent\"]",
            "unknown variant `longsilent`, expected one of `never-delivered`, `long-silent`, `reassigned`; did you mean \
             `long-silent`?",
        ),
        (
            "per_minute = 1",
            "unknown field `per_minute`, expected one of `mode`, `number`, `test_recipients`, `per_second`, `per_hour`, \
             `people_per_day`, `hours`, `zone`, `timeout_ms`, `webhook`, `log`, `min_delivered`, `max_failed`, \
             `max_refusers`, `max_not_registered`, `max_stops`, `test_wave`, `watch_minutes`, `leave_out`, \
             `allow_us_marketing`, `confirm_stop`; did you mean `per_hour`?",
        ),
    ] {
        assert_eq!(error(&format!("{key}\n")), format!("plan.toml:25: {expected}"), "{key}");
    }
    for (from, to, expected) in [
        (
            "\"sandbox\"",
            "\"sandbocks\"",
            "plan.toml:23: unknown variant `sandbocks`, expected one of `sandbox`, `test`, `live`; did you mean `sandbox`?",
        ),
        ("mode = \"sandbox\"\n", "", "plan.toml:22: missing field `mode`"),
        ("number = \"106540352242922\"\n", "", "plan.toml:22: missing field `number`"),
        (
            "106540352242922",
            "+33199000001",
            "plan.toml:24: number is the id of the number that sends, digits only: copy phone_number_id from the settings \
             of your account",
        ),
    ] {
        let told = plan(&format!("{ACCOUNT}{}", SENDING.replace(from, to))).err().unwrap();
        assert_eq!(told, expected, "{to}");
    }
}

#[test]
fn who_sends_without_the_section_is_told_what_to_add() {
    let plan = plan("").unwrap();
    let told = plan.sending().unwrap_err().to_string();
    assert!(
        told.ends_with(
            "plan.toml:1: the plan has no [sending]: add it with mode = \"sandbox\" and the number that sends"
        )
    );
}

#[test]
fn a_stop_is_confirmed_only_with_a_text_that_whatsapp_takes() {
    assert_eq!(sending("").confirm_stop, None);
    let text = |n: usize| format!("confirm_stop = \"{}\"\n", "é".repeat(n));
    assert_eq!(sending(&text(4_096)).confirm_stop.map(|it| it.chars().count()), Some(4_096));
    let told = error(&text(4_097));
    assert_eq!(told, "plan.toml:25: confirm_stop has 4097 characters: WhatsApp takes 4096 at the most");
}
