//! What becomes of each key.

use super::*;

/// The treatment that a key must have.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Carried,
    Lost,
    NoMeaning,
}

/// Every key of actions, with a value, by the specification of RapidPro 13 and 14 and the actions of Glific.
const KEYS: &[(&str, &str, &str, Fate)] = &[
    ("send_msg", "text", r#""Look here""#, Fate::Carried),
    ("send_msg", "quick_replies", r#"["Yes, here"]"#, Fate::Carried),
    ("send_msg", "attachments", r#"["image:https://example.com/here.png"]"#, Fate::Carried),
    ("send_msg", "all_urns", "true", Fate::Lost),
    ("send_msg", "topic", r#""account""#, Fate::Lost),
    ("send_msg", "template", r#"{"name":"welcome"}"#, Fate::Lost),
    ("send_msg", "template_variables", r#"["x"]"#, Fate::Lost),
    ("send_msg", "templating", r#"{"template":{"name":"welcome"}}"#, Fate::Lost),
    ("send_msg", "labels", r#"[{"name":"L"}]"#, Fate::Lost),
    ("send_broadcast", "text", r#""Here to others""#, Fate::Lost),
    ("send_broadcast", "groups", r#"[{"name":"G"}]"#, Fate::Lost),
    ("send_broadcast", "contacts", r#"[{"name":"G"}]"#, Fate::Lost),
    ("send_broadcast", "contact_query", r#""age > 3""#, Fate::Lost),
    ("send_broadcast", "legacy_vars", r#"["x"]"#, Fate::Lost),
    ("send_broadcast", "urns", r#"["tel:+1"]"#, Fate::Lost),
    ("send_broadcast", "quick_replies", r#"["x"]"#, Fate::Lost),
    ("send_broadcast", "attachments", r#"["x"]"#, Fate::Lost),
    ("set_contact_field", "field", r#"{"key":"here"}"#, Fate::Carried),
    ("set_contact_field", "value", r#""here""#, Fate::Carried),
    ("set_contact_name", "name", r#""here""#, Fate::Carried),
    ("set_contact_language", "language", r#""here""#, Fate::Carried),
    ("set_contact_timezone", "timezone", r#""here""#, Fate::Carried),
    ("set_contact_status", "status", r#""here""#, Fate::Carried),
    ("set_contact_channel", "channel", r#"{"name":"here"}"#, Fate::Carried),
    ("set_run_result", "name", r#""here""#, Fate::Carried),
    ("set_run_result", "value", r#""here""#, Fate::Carried),
    ("set_run_local", "local", r#""here""#, Fate::Carried),
    ("set_run_local", "value", r#""here""#, Fate::Carried),
    ("set_run_local", "operation", r#""increment""#, Fate::Lost),
    ("add_contact_groups", "groups", r#"[{"name":"here"}]"#, Fate::Carried),
    ("remove_contact_groups", "groups", r#"[{"name":"here"}]"#, Fate::Carried),
    ("remove_contact_groups", "all_groups", "true", Fate::Carried),
    ("add_contact_urn", "scheme", r#""here""#, Fate::Carried),
    ("add_contact_urn", "path", r#""here""#, Fate::Carried),
    ("add_input_labels", "labels", r#"[{"name":"here"}]"#, Fate::Carried),
    ("call_webhook", "url", r#""https://example.com/here""#, Fate::Carried),
    ("call_webhook", "method", r#""here""#, Fate::Carried),
    ("call_webhook", "headers", r#"{"A":"b"}"#, Fate::Lost),
    ("call_webhook", "body", r#""x""#, Fate::Lost),
    ("call_webhook", "result_name", r#""x""#, Fate::NoMeaning),
    ("call_resthook", "resthook", r#""here""#, Fate::Carried),
    ("call_classifier", "classifier", r#"{"name":"here"}"#, Fate::Carried),
    ("call_classifier", "input", r#""@input.text""#, Fate::Lost),
    ("call_llm", "llm", r#"{"name":"here"}"#, Fate::Carried),
    ("call_llm", "instructions", r#""Be kind""#, Fate::Lost),
    ("call_llm", "input", r#""x""#, Fate::Lost),
    ("transfer_airtime", "amounts", r#"{"RWF":"here"}"#, Fate::Carried),
    ("open_ticket", "topic", r#"{"name":"here"}"#, Fate::Carried),
    ("open_ticket", "note", r#""x""#, Fate::Lost),
    ("open_ticket", "body", r#""x""#, Fate::Lost),
    ("open_ticket", "assignee", r#"{"name":"x"}"#, Fate::Lost),
    ("enter_flow", "flow", r#"{"name":"here"}"#, Fate::Carried),
    ("start_session", "flow", r#"{"name":"here"}"#, Fate::Carried),
    ("start_session", "groups", r#"[{"name":"x"}]"#, Fate::Lost),
    ("start_session", "contacts", r#"[{"name":"x"}]"#, Fate::Lost),
    ("start_session", "contact_query", r#""x""#, Fate::Lost),
    ("start_session", "exclusions", r#"{"in_a_flow":true}"#, Fate::Lost),
    ("start_session", "create_contact", "true", Fate::Lost),
    ("send_email", "subject", r#""here""#, Fate::Carried),
    ("send_email", "addresses", r#"["a@example.com"]"#, Fate::Lost),
    ("send_email", "body", r#""x""#, Fate::Lost),
    ("request_optin", "optin", r#"{"name":"here"}"#, Fate::Carried),
    ("say_msg", "text", r#""x""#, Fate::Lost),
    ("say_msg", "audio_url", r#""x""#, Fate::Lost),
    ("play_audio", "audio_url", r#""x""#, Fate::Lost),
    ("wait_for_time", "delay", r#""3600""#, Fate::Carried),
    ("link_google_sheet", "name", r#""here""#, Fate::Carried),
    ("link_google_sheet", "row", r#"{"a":"b"}"#, Fate::Lost),
    ("anything_new", "key", r#""x""#, Fate::Lost),
];

#[test]
fn each_key_of_an_action_is_carried_or_lost_by_name() {
    for (kind, key, value, fate) in KEYS {
        let value: Value = serde_json::from_str(value).unwrap();
        let mut action = json!({ "uuid": "a", "type": kind });
        if *kind == "send_msg" {
            action["text"] = json!("Hello");
        }
        let one = |action: &Value| read(&flow("F", json!([[[say("Hi"), action], null, []]])));
        let without = one(&action).scenarios.remove(0);
        action[key] = value;
        let with = one(&action);
        let with = &with.scenarios[0];
        let is_carried = with.steps != without.steps;
        let is_lost = with.losses.iter().any(|it| !without.losses.contains(it));
        let found = match (is_carried, is_lost) {
            (_, true) if *fate == Fate::Lost => Fate::Lost,
            (true, _) => Fate::Carried,
            (false, true) => Fate::Lost,
            (false, false) => Fate::NoMeaning,
        };
        assert_eq!(found, *fate, "{key} of {kind}: {:#?} {:#?}", with.steps, with.losses);
    }
}

/// Every key of an export beside those of actions, by the specification of RapidPro 13 and 14: its object, as a pointer into
/// [`whole`], the key, a value, and its treatment.
const OTHER_KEYS: &[(&str, &str, &str, Fate)] = &[
    ("", "version", r#""14""#, Fate::NoMeaning),
    ("", "site", r#""https://x.org""#, Fate::NoMeaning),
    ("", "fields", r#"[{"key":"age","name":"Age","type":"number"}]"#, Fate::NoMeaning),
    ("", "groups", r#"[{"uuid":"g","name":"G"}]"#, Fate::NoMeaning),
    ("", "groups", r#"[{"uuid":"g","name":"G","query":"age > 3"}]"#, Fate::Lost),
    ("", "labels", r#"[{"name":"L"}]"#, Fate::Lost),
    ("", "triggers", r#"[{"trigger_type":"K","keywords":["other"],"flow":{"uuid":"F"}}]"#, Fate::Carried),
    ("/flows/0", "name", r#""Named""#, Fate::Carried),
    ("/flows/0", "uuid", r#""F""#, Fate::NoMeaning),
    ("/flows/0", "language", r#""fra""#, Fate::Carried),
    ("/flows/0", "type", r#""messaging_background""#, Fate::NoMeaning),
    ("/flows/0", "revision", "4", Fate::NoMeaning),
    ("/flows/0", "spec_version", r#""14.3""#, Fate::NoMeaning),
    ("/flows/0", "_ui", r#"{"nodes":{}}"#, Fate::NoMeaning),
    ("/flows/0", "expire_after_minutes", "60", Fate::Lost),
    ("/flows/0", "ignore_triggers", "true", Fate::Lost),
    ("/flows/0/nodes/0", "uuid", r#""n0""#, Fate::NoMeaning),
    ("/flows/0/nodes/0", "anything_new", r#""x""#, Fate::Lost),
    ("/flows/0/nodes/0/exits/0", "destination_uuid", "null", Fate::Carried),
    ("/flows/0/nodes/0/exits/0", "anything_new", r#""x""#, Fate::Lost),
    ("/flows/0/nodes/0/router", "type", r#""random""#, Fate::Lost),
    ("/flows/0/nodes/0/router", "operand", r#""@fields.age""#, Fate::Carried),
    ("/flows/0/nodes/0/router", "result_name", r#""Other""#, Fate::Carried),
    ("/flows/0/nodes/0/router", "default_category_uuid", r#""Yes""#, Fate::Carried),
    ("/flows/0/nodes/0/router", "wait", "null", Fate::Carried),
    ("/flows/0/nodes/0/router", "anything_new", r#""x""#, Fate::Lost),
    ("/flows/0/nodes/0/router/wait", "type", r#""dial""#, Fate::Lost),
    ("/flows/0/nodes/0/router/wait", "phone", r#""+1""#, Fate::Lost),
    ("/flows/0/nodes/0/router/wait", "dial_limit_seconds", "5", Fate::Lost),
    ("/flows/0/nodes/0/router/wait", "call_limit_seconds", "5", Fate::Lost),
    ("/flows/0/nodes/0/router/wait", "hint", r#"{"type":"location"}"#, Fate::Carried),
    ("/flows/0/nodes/0/router/wait", "hint", r#"{"type":"digits","count":4}"#, Fate::Lost),
    ("/flows/0/nodes/0/router/wait/timeout", "seconds", "7", Fate::Carried),
    ("/flows/0/nodes/0/router/wait/timeout", "category_uuid", r#""Yes""#, Fate::Carried),
    ("/flows/0/nodes/0/router/wait/timeout", "anything_new", r#""x""#, Fate::Lost),
    ("/flows/0/nodes/0/router/cases/0", "type", r#""has_phrase""#, Fate::Carried),
    ("/flows/0/nodes/0/router/cases/0", "arguments", r#"["ok"]"#, Fate::Carried),
    ("/flows/0/nodes/0/router/cases/0", "category_uuid", r#""Other""#, Fate::Carried),
    ("/flows/0/nodes/0/router/cases/0", "anything_new", r#""x""#, Fate::Lost),
    ("/flows/0/nodes/0/router/categories/0", "name", r#""Good""#, Fate::Carried),
    ("/flows/0/nodes/0/router/categories/0", "exit_uuid", r#""x0_1""#, Fate::Carried),
    ("/flows/0/nodes/0/router/categories/0", "anything_new", r#""x""#, Fate::Lost),
    ("/flows/0/localization/spa/Well?", "text", r#"["¿Bien?"]"#, Fate::Carried),
    ("/flows/0/localization/spa/Well?", "quick_replies", r#"["Sí"]"#, Fate::Carried),
    ("/flows/0/localization/spa/Well?", "attachments", r#"["image:https://a.b/c.png"]"#, Fate::Carried),
    ("/flows/0/localization/spa/Well?", "_ui", r#"{"auto_translated":["text"]}"#, Fate::NoMeaning),
    ("/flows/0/localization/spa/Well?", "template_variables", r#"["x"]"#, Fate::Lost),
    ("/flows/0/localization/spa/Well?", "subject", r#"["x"]"#, Fate::Lost),
    ("/flows/0/localization/spa/Well?", "body", r#"["x"]"#, Fate::Lost),
    ("/flows/0/localization/spa/Well?", "audio_url", r#"["x"]"#, Fate::Lost),
    ("/flows/0/localization/spa/case", "arguments", r#"["sí"]"#, Fate::Carried),
    ("/flows/0/localization/spa/Yes", "name", r#"["Claro"]"#, Fate::Carried),
    ("/triggers/0", "trigger_type", r#""S""#, Fate::Carried),
    ("/triggers/0", "trigger_type", r#""M""#, Fate::Lost),
    ("/triggers/0", "keywords", r#"["start"]"#, Fate::Carried),
    ("/triggers/0", "keyword", r#""start""#, Fate::Carried),
    ("/triggers/0", "match_type", r#""F""#, Fate::Lost),
    ("/triggers/0", "groups", r#"[{"name":"G"}]"#, Fate::Lost),
    ("/triggers/0", "exclude_groups", r#"[{"name":"G"}]"#, Fate::Lost),
    ("/triggers/0", "contacts", r#"[{"name":"G"}]"#, Fate::Lost),
    ("/triggers/0", "channel", r#"{"name":"C"}"#, Fate::Lost),
    ("/triggers/0", "referrer_id", r#""x""#, Fate::Lost),
    ("/triggers/1/schedule", "repeat_period", r#""D""#, Fate::Lost),
    ("/triggers/1/schedule", "repeat_days_of_week", r#""MW""#, Fate::Lost),
    ("/campaigns/0", "name", r#""Other""#, Fate::Carried),
    ("/campaigns/0", "group", r#"{"name":"Others"}"#, Fate::Lost),
    ("/campaigns/0", "anything_new", r#""x""#, Fate::Lost),
    ("/campaigns/0/events/0", "offset", "3", Fate::Lost),
    ("/campaigns/0/events/0", "unit", r#""H""#, Fate::Lost),
    ("/campaigns/0/events/0", "delivery_hour", "9", Fate::Lost),
    ("/campaigns/0/events/0", "relative_to", r#"{"key":"born"}"#, Fate::Lost),
    ("/campaigns/0/events/0", "event_type", r#""M""#, Fate::NoMeaning),
    ("/campaigns/0/events/0", "start_mode", r#""S""#, Fate::Lost),
    ("/campaigns/0/events/0/message/eng", "text", r#""Hello there""#, Fate::Carried),
    ("/campaigns/0/events/0/message/eng", "attachments", r#"["image:https://a.b/c.png"]"#, Fate::Lost),
    ("/campaigns/0/events/0/message/eng", "quick_replies", r#"["Yes"]"#, Fate::Lost),
];

/// An export with one of everything.
fn whole() -> Value {
    let mut wait = ask("Mood", &[("has_any_word", &["yes"], "Yes")], "Other");
    wait["wait"]["timeout"] = json!({ "seconds": 60, "category_uuid": "Other" });
    wait["cases"][0]["uuid"] = json!("case");
    let mut flow = flow(
        "F",
        json!([[[say("Well?")], wait, [1, 2]], [[say("@results.mood.category")], null, []], [[say("No")], null, []],]),
    );
    let spanish = json!({ "Well?": { "text": ["¿Qué tal?"] }, "No": { "text": ["No"] }, "case": {}, "Yes": {} });
    flow["localization"] = json!({ "spa": spanish });
    let reference = json!({ "uuid": "F", "name": "F" });
    json!({ "flows": [flow],
        "triggers": [
            { "trigger_type": "K", "flow": reference, "keywords": ["go"] },
            { "trigger_type": "S", "flow": { "uuid": "none" }, "schedule": { "repeat_period": "W" } },
        ],
        "campaigns": [{ "name": "Visits", "group": { "name": "All" }, "events": [
            { "offset": 1, "unit": "D", "relative_to": { "key": "visit" }, "message": { "eng": { "text": "Hello" } } }] }] })
}

#[test]
fn each_key_of_an_export_is_carried_or_lost_by_name() {
    let carried = |it: &Imported| {
        let shown = |it: &scenario::Scenario| json!([it.id, it.language, it.trigger, it.start, it.steps]).to_string();
        it.scenarios.iter().map(shown).collect::<String>()
    };
    let lost = |it: &Imported| {
        let losses: Vec<_> = it.scenarios.iter().flat_map(|it| it.losses.clone()).collect();
        (losses, it.skipped.clone())
    };
    let mut wrong = Vec::new();
    for (object, key, value, fate) in OTHER_KEYS {
        let mut export = whole();
        // The schedule must start the flow to be read.
        if object.contains("schedule") {
            export["triggers"][1]["flow"] = json!({ "uuid": "F" });
        }
        let without = read(&export);
        export.pointer_mut(object).unwrap()[key] = serde_json::from_str(value).unwrap();
        let with = read(&export);
        let is_lost = lost(&with) != lost(&without);
        let found = match (carried(&with) != carried(&without), is_lost) {
            (_, true) if *fate == Fate::Lost => Fate::Lost,
            (true, _) => Fate::Carried,
            (false, true) => Fate::Lost,
            (false, false) => Fate::NoMeaning,
        };
        if found != *fate {
            wrong.push(format!("{key} of {object}: {found:?}, not {fate:?}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
