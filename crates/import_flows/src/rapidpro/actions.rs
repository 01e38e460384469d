//! Actions: what a node says, saves and does.

use scenario::{Act, Call, Handover, Loss, Text, Via};
use serde_json::Value;

use super::export::{names, string};
use super::flow::FlowReader;
use super::results::Way;
use super::router::snake;
use super::values::result_key;

/// A part of a node.
#[expect(clippy::large_enum_variant, reason = "nearly all parts are acts")]
pub(super) enum Part {
    Act(Act),
    /// A flow that is joined into this one.
    Enter {
        flow: usize,
        terminal: bool,
    },
}

impl Part {
    /// Whether the customer does not see it.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::Act(Act::Set { .. } | Act::Call(_)))
    }
}

/// Whether the customer sees nothing of an action.
pub(super) fn is_silent(action: &Value) -> bool {
    const SPOKEN: [&str; 6] =
        ["send_msg", "send_interactive_msg", "enter_flow", "open_ticket", "wait_for_time", "wait_for_result"];
    !string(action, "type").is_some_and(|it| SPOKEN.contains(&it))
}

impl<'a> FlowReader<'a> {
    /// Reads an action.
    pub(super) fn action(&mut self, action: &'a Value, id: &str, parts: &mut Vec<Part>) {
        let kind = string(action, "type").unwrap_or_default();
        self.name_unknown(kind, action, id);
        match kind {
            "send_msg" => parts.extend(self.message(action, id).into_iter().map(|it| Part::Act(Act::Message(it)))),
            "send_interactive_msg" => parts.extend(self.interactive(action, id).map(|it| Part::Act(Act::Message(it)))),
            "set_contact_field" | "set_wa_group_field" => {
                let field = action.get("field").and_then(|it| string(it, "key").or(string(it, "name")));
                parts.extend(self.set(&format!("fields.{}", field.unwrap_or("field")), action, "value", id));
            }
            "set_contact_name" => parts.extend(self.set("contact.name", action, "name", id)),
            "set_contact_language" => {
                let what = format!("from here on it speaks {}", string(action, "language").unwrap_or_default());
                self.builder.record_loss(Loss::StepDropped, id, what);
                parts.extend(self.set("contact.language", action, "language", id));
            }
            "set_run_result" => {
                let name = snake(string(action, "name").unwrap_or("result"));
                let key = result_key(self.runs[self.run].flow, &name);
                self.note_category(Some(&key), id, Way::Next, string(action, "category").unwrap_or_default());
                parts.extend(self.set(&format!("results.{name}"), action, "value", id));
            }
            "set_run_local" => parts.extend(self.set_local(action, id)),
            "wait_for_time" | "wait_for_result" => parts.push(self.pause(kind, action, id)),
            "enter_flow" => parts.push(self.enter_action(action, id)),
            "open_ticket" => {
                parts.push(Part::Act(Act::Handover(Handover {
                    via: Via::Agent,
                    text: Text::default(),
                    target: action.get("topic").and_then(|it| string(it, "name")).map(str::to_owned),
                    next: None,
                })));
            }
            _ => parts.push(self.call(kind, action, id)),
        }
    }

    fn set(&mut self, path: &str, action: &Value, key: &str, id: &str) -> Option<Part> {
        let value = self.text(string(action, key).unwrap_or_default(), id);
        let slot = self.slot(path);
        // The value is the slot itself, as in a field that is set from a result of its name.
        Some(Part::Act(Act::Set { slot, value, next: None }))
    }

    fn set_local(&mut self, action: &Value, id: &str) -> Option<Part> {
        let local = string(action, "local").unwrap_or("local");
        match string(action, "operation") {
            Some("increment") => {
                let by = string(action, "value").unwrap_or_default().trim();
                let by = by.strip_prefix('@').unwrap_or(by);
                let value = self.text(&format!("@(locals.{local} + {by})"), id);
                let slot = self.slot(&format!("locals.{local}"));
                Some(Part::Act(Act::Set { slot, value, next: None }))
            }
            Some("clear") => {
                let slot = self.slot(&format!("locals.{local}"));
                Some(Part::Act(Act::Set { slot, value: Text::default(), next: None }))
            }
            _ => self.set(&format!("locals.{local}"), action, "value", id),
        }
    }

    /// Glific: time passes, or the result of another flow is waited for.
    fn pause(&mut self, kind: &str, action: &Value, id: &str) -> Part {
        let delay = action.get("delay");
        let seconds = delay.and_then(|it| it.as_u64().or(it.as_str().and_then(|it| it.trim().parse().ok())));
        if kind == "wait_for_result" {
            self.builder.record_loss(Loss::StepDropped, id, "the wait for the result of another flow");
        }
        Part::Act(Act::Wait { seconds: seconds.unwrap_or_default(), next: None })
    }

    fn enter_action(&mut self, action: &Value, id: &str) -> Part {
        let flow = action.get("flow").unwrap_or(&Value::Null);
        let terminal = action.get("terminal").and_then(Value::as_bool).unwrap_or_default();
        match self.export.find(flow) {
            Some(flow) => Part::Enter { flow, terminal },
            None => {
                let name = string(flow, "name").unwrap_or_default();
                self.builder.record_loss(Loss::StepDropped, id, format!("the flow “{name}”, which is not in the file"));
                system(format!("flow {name}"))
            }
        }
    }

    /// A call of another system.
    fn call(&mut self, kind: &str, action: &'a Value, id: &str) -> Part {
        let name = |key: &str| action.get(key).and_then(|it| it.as_str().or(string(it, "name"))).unwrap_or_default();
        let what = match kind {
            "call_webhook" => format!("{} {}", string(action, "method").unwrap_or("GET"), name("url")),
            "call_resthook" => format!("resthook {}", name("resthook")),
            "call_classifier" => format!("classifier {}", name("classifier")),
            "call_llm" => format!("language model {}", name("llm")),
            "transfer_airtime" => format!("airtime {}", amounts(action)),
            "add_contact_groups" => format!("add to {}", names(action, "groups").join(", ")),
            "remove_contact_groups" if action.get("all_groups") == Some(&Value::Bool(true)) => {
                "remove from all groups".to_owned()
            }
            "remove_contact_groups" => format!("remove from {}", names(action, "groups").join(", ")),
            "add_input_labels" => format!("label {}", names(action, "labels").join(", ")),
            "add_contact_urn" => format!("add address {} {}", name("scheme"), name("path")),
            "send_email" => format!("e-mail {}", name("subject")),
            "start_session" => format!("start {}", name("flow")),
            "request_optin" | "send_optin" => format!("opt-in {}", name("optin")),
            "set_contact_status" => format!("status {}", name("status")),
            "set_contact_timezone" => format!("time zone {}", name("timezone")),
            "set_contact_channel" => format!("channel {}", name("channel")),
            "set_contact_profile" => format!("profile {} {}", name("profile_type"), name("value")),
            "link_google_sheet" => format!("sheet {} {}", name("action_type"), name("name")),
            "send_broadcast" => "broadcast".to_owned(),
            "say_msg" | "play_audio" => "telephone call".to_owned(),
            other => other.to_owned(),
        };
        self.name_call(kind, action, id);
        system(self.text(&what, id).to_string().trim().to_owned())
    }

    /// Names what of a call cannot be done, or reaches customers by another way.
    fn name_call(&mut self, kind: &str, action: &'a Value, id: &str) {
        let text = string(action, "text").unwrap_or_default();
        let (loss, what) = match kind {
            "send_broadcast" | "say_msg" => (Loss::UnusedText, format!("the text of {kind}: “{text}”")),
            "call_llm" => (Loss::UnusedText, "what the language model answers".to_owned()),
            "start_session" => (Loss::StepDropped, "other contacts are started in a flow".to_owned()),
            "set_contact_profile" => {
                let what = "the profile of the contact: WhatsApp has none, and a system outside keeps it";
                (Loss::StepDropped, what.to_owned())
            }
            "set_contact_channel" | "request_optin" | "send_optin" | "play_audio" => {
                (Loss::StepDropped, format!("the action {kind}"))
            }
            _ if !super::losses::KNOWN.iter().any(|it| it.0 == kind) => {
                (Loss::StepDropped, format!("the action {kind}"))
            }
            _ => return,
        };
        self.builder.record_loss(loss, id, what);
    }
}

fn system(system: String) -> Part {
    Part::Act(Act::Call(Call { system, next: None, on_failure: None }))
}

/// The amounts of a transfer, in the order of their currencies.
fn amounts(action: &Value) -> String {
    let amounts = action.get("amounts").and_then(Value::as_object);
    let shown = amounts.into_iter().flatten().map(|(currency, amount)| format!("{amount} {currency}"));
    shown.collect::<Vec<_>>().join(", ")
}

/// The first of the texts, or the text.
pub(super) fn first_text(value: Option<&Value>) -> &str {
    match value {
        Some(Value::Array(texts)) => texts.first().and_then(Value::as_str).unwrap_or_default(),
        Some(text) => text.as_str().unwrap_or_default(),
        None => "",
    }
}

/// The texts of a list.
pub(super) fn texts(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The name of the template that a message refers to.
pub(super) fn template(action: &Value) -> Option<&str> {
    let of = |key: &str| action.get(key).filter(|it| !it.is_null());
    let template = of("template").or_else(|| of("templating").and_then(|it| it.get("template")))?;
    Some(template.as_str().or(string(template, "name")).unwrap_or("without a name"))
}
