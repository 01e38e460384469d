//! Triggers and campaigns, which say who begins a flow.

use scenario::{Loss, Trigger};
use serde_json::Value;

use super::export::{Export, Flow, list, names, string};
use super::first_message;
use super::flow::several;
use super::losses::unknown;

/// A text that a campaign sends by itself.
pub(super) struct CampaignMessage<'a> {
    pub(super) name: String,
    pub(super) when: String,
    /// What it says that has no place.
    pub(super) lost: Vec<String>,
    /// The languages and their texts.
    pub(super) texts: Vec<(&'a str, &'a str)>,
}

/// Whether a trigger, a campaign or a keyword begins the flow.
pub(super) fn has_start(export: &Export<'_>, flow: &Flow<'_>) -> bool {
    !flow.keywords.is_empty() || triggers(export, flow).next().is_some() || !events(export, flow).is_empty()
}

/// The trigger of a flow, and the losses of its triggers.
///
/// Without a trigger, somebody of the business starts the flow for customers. Where both sides can begin it, the business
/// does: templates may be sent at any time. Where the export has templates of WhatsApp, a flow that nothing starts and that
/// begins with none of them speaks within the window.
pub(super) fn of(export: &Export<'_>, flow: &Flow<'_>) -> (Trigger, Vec<(Loss, String)>) {
    let mut losses = Vec::new();
    let mut phrases: Vec<String> = flow.keywords.iter().map(|it| (*it).to_owned()).collect();
    let mut by_customer = !phrases.is_empty();
    let mut by_business = None;
    for trigger in triggers(export, flow) {
        conditions(trigger, &mut losses);
        losses.extend(unknown("trigger", trigger).into_iter().map(|it| (Loss::FieldDropped, it)));
        match string(trigger, "trigger_type").unwrap_or("K") {
            "S" => {
                losses.push((Loss::FieldDropped, format!("the schedule that starts it: {}", schedule(trigger))));
                by_business = Some(Trigger::Campaign);
            }
            "T" => by_business = by_business.or(Some(Trigger::Event { name: Some("ticket closed".to_owned()) })),
            kind => {
                let about = match kind {
                    "M" | "V" => Some("a telephone call begins it"),
                    "R" => Some("a link or an advertisement begins it"),
                    "O" => Some("an opt-in begins it"),
                    "P" => Some("an opt-out begins it"),
                    _ => None,
                };
                losses.extend(about.map(|it| (Loss::ConditionDropped, it.to_owned())));
                let words: Vec<String> = keywords(trigger).map(str::to_owned).collect();
                match_type(trigger, &words, &mut losses);
                phrases.extend(words);
                by_customer = true;
            }
        }
    }
    for (campaign, event) in events(export, flow) {
        losses.push((Loss::FieldDropped, when(campaign, event)));
        losses.extend(of_event(campaign, event).into_iter().map(|it| (Loss::FieldDropped, it)));
        by_business = Some(Trigger::Campaign);
    }
    if first_message::is_template(flow) {
        by_business = by_business.or(Some(Trigger::Event { name: None }));
    }
    match by_business {
        Some(trigger) => {
            if by_customer {
                let words =
                    if phrases.is_empty() { String::new() } else { format!(" “{}”", phrases.join("”, “")) };
                losses.push((Loss::FieldDropped, format!("it also begins when the customer writes{words}")));
            }
            (trigger, losses)
        }
        None if by_customer => (Trigger::Message { phrases }, losses),
        None if export.has_templates => {
            let what = "no trigger starts it, and it begins without a template, unlike other flows of the file: taken as an \
                        answer within the window";
            losses.push((Loss::BeginAssumed, what.to_owned()));
            (Trigger::Message { phrases }, losses)
        }
        None => (Trigger::Event { name: None }, losses),
    }
}

fn triggers<'a>(export: &Export<'a>, flow: &Flow<'a>) -> impl Iterator<Item = &'a Value> {
    let (uuid, name) = (flow.uuid, flow.name.clone());
    list(export.json, "triggers").iter().filter(move |it| it.get("flow").is_some_and(|it| is_meant(it, uuid, &name)))
}

fn is_meant(reference: &Value, uuid: Option<&str>, name: &str) -> bool {
    match (string(reference, "uuid"), uuid) {
        (Some(wanted), Some(uuid)) => wanted == uuid,
        _ => string(reference, "name") == Some(name),
    }
}

fn keywords(trigger: &Value) -> impl Iterator<Item = &str> {
    let several = list(trigger, "keywords").iter().filter_map(Value::as_str);
    several.chain(string(trigger, "keyword")).filter(|it| !it.trim().is_empty())
}

fn match_type(trigger: &Value, words: &[String], losses: &mut Vec<(Loss, String)>) {
    let how = match string(trigger, "match_type") {
        Some("F") => "as the first word of a message",
        Some("O") => "as the only word of a message",
        _ => return,
    };
    if !words.is_empty() {
        losses.push((Loss::FieldDropped, format!("“{}” begins it {how}", words.join("”, “"))));
    }
}

/// Names the people and channels that a trigger is limited to.
fn conditions(trigger: &Value, losses: &mut Vec<(Loss, String)>) {
    for (key, about) in [("groups", "in"), ("exclude_groups", "not in"), ("contacts", "who are")] {
        let some = names(trigger, key);
        if !some.is_empty() {
            losses.push((Loss::ConditionDropped, format!("it begins for contacts {about} {}", some.join(", "))));
        }
    }
    if let Some(channel) = trigger.get("channel").filter(|it| !it.is_null()) {
        let name = string(channel, "name").or(channel.as_str()).unwrap_or("one channel");
        losses.push((Loss::ConditionDropped, format!("it begins on {name} only")));
    }
}

fn schedule(trigger: &Value) -> String {
    let schedule = trigger.get("schedule").unwrap_or(&Value::Null);
    let period = match string(schedule, "repeat_period") {
        Some("D") => "every day",
        Some("W") => "every week",
        Some("M") => "every month",
        Some("Y") => "every year",
        _ => "once",
    };
    let more = unknown("schedule", schedule);
    if more.is_empty() { period.to_owned() } else { format!("{period} ({})", more.join(", ")) }
}

/// What a campaign and one of its events say that has no place.
fn of_event(campaign: &Value, event: &Value) -> Vec<String> {
    let mut lost = [unknown("campaign", campaign), unknown("event", event)].concat();
    for message in event.get("message").and_then(Value::as_object).into_iter().flat_map(|it| it.values()) {
        lost.extend(unknown("campaign message", message));
    }
    lost
}

/// The events of campaigns that start the flow.
fn events<'a>(export: &Export<'a>, flow: &Flow<'_>) -> Vec<(&'a Value, &'a Value)> {
    let all =
        list(export.json, "campaigns").iter().flat_map(|it| list(it, "events").iter().map(move |event| (it, event)));
    all.filter(|it| it.1.get("flow").is_some_and(|it| is_meant(it, flow.uuid, &flow.name))).collect()
}

/// The texts that campaigns send without a flow.
pub(super) fn messages<'a>(export: &Export<'a>) -> Vec<CampaignMessage<'a>> {
    let all =
        list(export.json, "campaigns").iter().flat_map(|it| list(it, "events").iter().map(move |event| (it, event)));
    let mut messages = Vec::new();
    for (campaign, event) in all.filter(|it| it.1.get("message").is_some_and(|it| !it.is_null())) {
        let base = string(event, "base_language").unwrap_or_default();
        let texts: Vec<(&str, &str)> = match &event["message"] {
            Value::Object(texts) => {
                let text = |it: &'a Value| it.as_str().or(string(it, "text"));
                texts.iter().filter_map(|(language, it)| Some((language.as_str(), text(it)?))).collect()
            }
            text => text.as_str().into_iter().map(|it| (base, it)).collect(),
        };
        let name = string(campaign, "name").unwrap_or("campaign").to_owned();
        let (when, lost) = (when(campaign, event), of_event(campaign, event));
        messages.push(CampaignMessage { name, when, lost, texts });
    }
    messages
}

/// When a campaign does something, in words.
fn when(campaign: &Value, event: &Value) -> String {
    let name = string(campaign, "name").unwrap_or_default();
    let offset = event.get("offset").and_then(Value::as_i64).unwrap_or_default();
    let unit = match string(event, "unit") {
        Some("M") => "minute",
        Some("H") => "hour",
        Some("W") => "week",
        _ => "day",
    };
    let field =
        event.get("relative_to").and_then(|it| string(it, "label").or(string(it, "name")).or(string(it, "key")));
    let field = field.map_or_else(|| "a date".to_owned(), |it| format!("“{it}”"));
    let side = if offset < 0 { "before" } else { "after" };
    let hour = event.get("delivery_hour").and_then(Value::as_i64).filter(|it| (0..24).contains(it));
    let hour = hour.map_or_else(String::new, |it| format!(" at {it}:00"));
    let group = campaign.get("group").and_then(|it| string(it, "name"));
    let group = group.map_or_else(String::new, |it| format!(" for “{it}”"));
    format!("the campaign “{name}” starts it {} {side} {field}{hour}{group}", several(offset.unsigned_abs(), unit))
}
