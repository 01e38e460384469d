//! The steps of one intent: questions for its parameters, its webhook, its messages, the way to a person.

use scenario::{Accepts, Act, Branch, Call, Condition, Handover, Loss, Message, Question, Test, Text, Via};
use serde_json::Value;

use super::agent::{Intent, in_language};
use super::said::is_always_said;
use super::{answers, payloads, platform};
use import_base::scenario_builder::ScenarioBuilder;

/// A step that is not in the scenario yet: the name that its id is made of, and what it does.
pub(super) type Part = (String, Act);

/// Limits the line below the answers of a message, in characters (Cloud API, interactive messages).
const MAX_LINE: usize = 60;

/// The steps of an intent in a language, in their order. They do not lead to each other yet.
pub(super) fn parts(builder: &mut ScenarioBuilder, intent: &Intent, language: &str, own: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for parameter in intent.parameters() {
        let Some(part) = parameter_part(builder, intent, parameter, language, own) else { continue };
        parts.extend(known_part(builder, intent, parameter, language).filter(|_| matches!(part.1, Act::Question(_))));
        parts.push(part);
    }
    parts.extend(webhook(builder, intent));
    let chosen = platform::messages(builder, intent, language, own);
    let mut said = answers::read(builder, &chosen, &intent.name);
    let is_person = is_handover(intent) || chosen.iter().any(|it| payloads::is_handover(it));
    let is_silent = chosen.iter().all(|it| payloads::is_private(it));
    if said.is_empty() && !is_silent && !is_person {
        // The answer is one that only the source's channel knows: a message without a text is an error.
        said.push(Message::default());
    }
    let said = waiting_last(builder, said, &intent.name);
    let n_said = said.len();
    for (message, n) in said.into_iter().zip(1..) {
        let suffix = if n_said > 1 { format!(" {n}") } else { String::new() };
        parts.push((format!("{} says{suffix}", intent.name), Act::Message(message)));
    }
    if is_person {
        let person = Handover { via: Via::Agent, text: Text::default(), target: None, next: None };
        parts.push((format!("{} person", intent.name), Act::Handover(person)));
    }
    parts
}

/// Dialogflow sends all messages of an intent at once. A message with answers waits, so it comes last, and has the
/// answers of all. Pictures after it are sent with it.
fn waiting_last(builder: &mut ScenarioBuilder, said: Vec<Message>, place: &str) -> Vec<Message> {
    let Some(last) = said.iter().rposition(Message::waits) else { return said };
    let (mut before, mut after, mut waiting) = (Vec::new(), Vec::new(), Message::default());
    let mut moved = Vec::new();
    for (n, mut message) in said.into_iter().enumerate() {
        if n == last {
            waiting = message;
        } else if n > last && after.is_empty() && message.text.is_empty() && message.choices.is_empty() {
            waiting.then.extend(message.media);
        } else if n > last {
            after.push(message);
        } else {
            let (answers, others) =
                std::mem::take(&mut message.choices).into_iter().partition(|it| it.next().is_some());
            message.choices = others;
            moved.extend::<Vec<_>>(answers);
            before.push(message);
        }
    }
    if waiting.footer.is_empty()
        && let [line] = after.as_slice()
        && is_line(line)
    {
        waiting.footer = after.remove(0).text;
    }
    if !after.is_empty() {
        let what = format!("“{}” and its answers come after the messages that follow them", waiting.text);
        builder.record_loss(Loss::RouteDropped, place, what);
    }
    for choice in moved {
        match waiting.choices.iter().any(|it| it.title().eq_ignore_ascii_case(choice.title())) {
            true => {
                let what = format!("a second button “{}”", choice.title());
                builder.record_loss(Loss::ButtonDropped, place, what);
            }
            false => waiting.choices.push(choice),
        }
    }
    before.into_iter().chain(after).chain([waiting]).collect()
}

/// Whether a message is a short line that can stand below the answers of another.
fn is_line(message: &Message) -> bool {
    let text = &message.text;
    let is_short = text.slots().next().is_none() && text.to_string().chars().count() <= MAX_LINE;
    is_short && !text.to_string().contains('\n') && message.media.is_none() && message.choices.is_empty()
}

/// The decision not to ask for a parameter that is known: phrases of the intent hold values of it. Its branch leads to
/// the step after the question.
fn known_part(builder: &mut ScenarioBuilder, intent: &Intent, parameter: &Value, language: &str) -> Option<Part> {
    let name = parameter.get("name").and_then(Value::as_str)?;
    let is_named = intent.pieces(language).iter().flatten().any(|it| it.1.as_deref() == Some(name));
    let branch = Branch { slot: builder.slot(name), test: Test::IsSet, value: String::new(), next: None };
    let condition = Condition { branches: vec![branch], otherwise: None };
    is_named.then(|| (format!("{} knows {name}", intent.name), Act::Condition(condition)))
}

/// The question for a parameter that is required, or the value of one that is fixed.
fn parameter_part(
    builder: &mut ScenarioBuilder,
    intent: &Intent,
    parameter: &Value,
    language: &str,
    own: &str,
) -> Option<Part> {
    let string = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = Some(string("name")).filter(|it| !it.is_empty())?;
    if parameter.get("required").and_then(Value::as_bool) != Some(true) {
        return fixed_value(builder, intent, name, string("value"));
    }
    let prompts = in_language(parameter.get("prompts"), language, own);
    let prompts = prompts.iter().filter_map(|it| it.get("value")?.as_str()).filter(|it| !it.trim().is_empty());
    let Some(prompt) = prompts.clone().next() else {
        let what = format!("{name} is required, and no prompt asks for it in {language}");
        builder.record_loss(Loss::FormDropped, &intent.name, what);
        return None;
    };
    if is_always_said(intent, name, language) {
        let what = format!("“{prompt}” is never asked: every phrase has {name}");
        builder.record_loss(Loss::FormDropped, &intent.name, what);
        return None;
    }
    answers::alternatives(builder, prompts, &intent.name);
    let kind = string("dataType");
    let is_list = parameter.get("isList").and_then(Value::as_bool) == Some(true);
    // What becomes of an entity of the agent is said where its answer is read.
    if is_list || kind.starts_with("@sys.") && kind != "@sys.any" {
        let list = if is_list { "a list of " } else { "" };
        builder.record_loss(Loss::FormDropped, &intent.name, format!("that {name} is {list}{kind}"));
    }
    let accepts = if kind.contains("phone") { Accepts::Phone } else { Accepts::Text };
    let slot = builder.slot(name);
    let text = answers::html_text(builder, prompt.trim(), &intent.name);
    let question = Question { text, slot, accepts, next: None, timeout: None };
    Some((format!("{} asks {name}", intent.name), Act::Question(question)))
}

/// A parameter with a value of its own, such as `premium` or `#order.number`.
fn fixed_value(builder: &mut ScenarioBuilder, intent: &Intent, name: &str, value: &str) -> Option<Part> {
    let text = answers::text(builder, value.trim());
    let slot = builder.slot(name);
    if text.is_empty() || text.to_string() == format!("{{{{{slot}}}}}") {
        return None;
    }
    Some((format!("{} sets {name}", intent.name), Act::Set { slot, value: text, next: None }))
}

fn webhook(builder: &mut ScenarioBuilder, intent: &Intent) -> Option<Part> {
    if !intent.is_set("webhookUsed") {
        return None;
    }
    let what = "the webhook's own answer is not in the export: its texts are sent if the webhook fails";
    builder.record_loss(Loss::StepDropped, &intent.name, what);
    let action = intent.response().get("action").and_then(Value::as_str).filter(|it| !it.is_empty());
    let system = format!("webhook {}", action.unwrap_or(&intent.name));
    Some((format!("{} webhook", intent.name), Act::Call(Call { system, next: None, on_failure: None })))
}

fn is_handover(intent: &Intent) -> bool {
    let action = intent.response().get("action").and_then(Value::as_str).unwrap_or_default();
    let words = format!("{} {action}", intent.name).to_lowercase();
    intent.is_set("liveAgentHandoff")
        || ["handoff", "handover", "live agent", "liveagent", "human", "escalat"].iter().any(|it| words.contains(it))
}
