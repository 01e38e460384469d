//! Reads flows of Twilio Studio: `GET /v2/Flows/{sid}`, or the definition in it.

use std::sync::LazyLock;

use regex::Regex;
use scenario::{
    Accepts, Act, Branch, Call, Condition, Goal, Handover, Loss, Media, MediaKind, Message, Purpose, Question, Test,
    Text, Timeout, Trigger, Via,
};
use serde_json::Value;

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use crate::{File, Format, ImportError, Imported, placeholders};

/// Liquid expressions: `{{widgets.ask.inbound.Body}}`, with filters after a bar.
static LIQUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{\{-?\s*([^{}|]+?)\s*(\|[^{}]*?)?\s*-?\}\}").ok());
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{%-?.*?-?%\}").ok());

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let whole: Value = serde_json::from_slice(&file.bytes)
            .map_err(|it| ImportError::shape(file, "a flow of Twilio Studio", it))?;
        let definition = whole.get("definition").unwrap_or(&whole);
        let Some(states) = definition.get("states").and_then(Value::as_array) else {
            let why = "it has no states".to_owned();
            return Err(ImportError::Wrong { file: file.path.clone(), expected: "a flow of Twilio Studio", why });
        };
        let mut builder = ScenarioBuilder::default();
        let initial = definition.get("initial_state").and_then(Value::as_str).unwrap_or("Trigger");
        let mut started = None;
        for state in states {
            let name = state.get("name").and_then(Value::as_str).unwrap_or_default();
            match name == initial {
                true => started = Some(state),
                false => step(&mut builder, state, name),
            }
        }
        let start = ["incomingMessage", "incomingRequest", "incomingCall"];
        let way = started.and_then(|state| start.iter().find_map(|event| Some((*event, next(state, event)?))));
        let string = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let named = string(&whole, "friendly_name").or_else(|| string(definition, "description"));
        let name = named.filter(|it| !it.trim().is_empty()).unwrap_or_else(|| name_of(&builder.first_text()));
        let trigger = match way {
            Some(("incomingRequest", _)) => Trigger::Event { name: None },
            _ => Trigger::Message { phrases: Vec::new() },
        };
        let head = ScenarioHead {
            intent: &name,
            language: "",
            purpose: Purpose::Conversation,
            trigger,
            origin: origin(Format::TwilioStudio, &file.path, format!("{} states", states.len())),
        };
        imported.scenarios.push(builder.finish(head, way.map(|it| it.1).as_deref()));
    }
    Ok(())
}

/// The step that an event leads to.
fn next(state: &Value, event: &str) -> Goal {
    let transitions = state.get("transitions")?.as_array()?;
    let transition = transitions.iter().find(|it| it.get("event").and_then(Value::as_str) == Some(event))?;
    goal(transition.get("next"))
}

fn goal(value: Option<&Value>) -> Goal {
    Some(scenario::slot_name(value?.as_str().filter(|it| !it.is_empty())?))
}

fn step(builder: &mut ScenarioBuilder, state: &Value, name: &str) {
    let id = scenario::slot_name(name);
    let kind = state.get("type").and_then(Value::as_str).unwrap_or_default();
    let properties = state.get("properties").unwrap_or(&Value::Null);
    let property = |key: &str| properties.get(key).and_then(Value::as_str);
    let act = match kind {
        "send-message" => {
            let text = text(builder, property("body").unwrap_or_default(), name);
            let media = media(builder, property("media_url").or(property("media")), name);
            if let Some(content) = property("content_template_sid").or(property("content_sid")) {
                builder.record_loss(Loss::StepDropped, name, format!("the content template {content}: import it too"));
            }
            failure(builder, state, name);
            Act::Message(Message { text, media, next: next(state, "sent"), ..Message::default() })
        }
        "send-and-wait-for-reply" => {
            if media(builder, property("media_url"), name).is_some() {
                builder.record_loss(Loss::MediaKind, name, "the picture of a question");
            }
            failure(builder, state, name);
            let seconds = property("timeout").and_then(|it| it.parse().ok()).unwrap_or(0);
            let timeout = next(state, "timeout").map(|it| Timeout { seconds, next: Some(it) });
            Act::Question(Question {
                text: text(builder, property("body").unwrap_or_default(), name),
                slot: builder.slot(&format!("widgets.{name}.inbound.Body")),
                accepts: Accepts::Text,
                next: next(state, "incomingMessage"),
                timeout,
            })
        }
        "split-based-on" => split(builder, state, property("input").unwrap_or_default(), name),
        "set-variables" => return variables(builder, state, properties, &id, name),
        "make-http-request" => Act::Call(Call {
            system: format!("{} {}", property("method").unwrap_or("GET"), plain(property("url").unwrap_or_default())),
            next: next(state, "success"),
            on_failure: next(state, "failed"),
        }),
        "run-function" => {
            let system = property("url").map_or_else(|| format!("function {name}"), plain);
            Act::Call(Call { system, next: next(state, "success"), on_failure: next(state, "fail") })
        }
        "run-subflow" => Act::Call(Call {
            system: format!("flow {}", property("flow_sid").unwrap_or_default()),
            next: next(state, "completed"),
            on_failure: next(state, "failed"),
        }),
        "send-to-flex" | "enqueue-call" | "connect-call-to" => Act::Handover(Handover {
            via: if kind == "connect-call-to" { Via::Phone } else { Via::Agent },
            text: Text::default(),
            target: property("to").map(str::to_owned),
            next: next(state, "callComplete").or_else(|| next(state, "callCompleted")),
        }),
        other => return unknown(builder, state, &id, name, other),
    };
    builder.push(&id, act);
}

/// Adds a step for a voice widget or an unknown widget, and follows its first transition.
fn unknown(builder: &mut ScenarioBuilder, state: &Value, id: &str, name: &str, kind: &str) {
    builder.record_loss(Loss::StepDropped, name, format!("a widget of type {kind}"));
    let transitions = state.get("transitions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut goals = transitions.iter().map(|it| goal(it.get("next")));
    let next = goals.next().flatten();
    for lost in goals.flatten().filter(|it| Some(it) != next.as_ref()) {
        builder.record_loss(Loss::RouteDropped, name, format!("to {lost}"));
    }
    builder.push(id, Act::Call(Call { system: format!("{kind} {name}"), next, on_failure: None }));
}

/// Records the routes for failed messages as lost: WhatsApp reports a failure later, so no step can wait for it.
fn failure(builder: &mut ScenarioBuilder, state: &Value, name: &str) {
    for event in ["failed", "deliveryFailure"] {
        if let Some(to) = next(state, event) {
            builder.record_loss(Loss::RouteDropped, name, format!("when the message fails, to {to}"));
        }
    }
}

fn media(builder: &mut ScenarioBuilder, url: Option<&str>, name: &str) -> Option<Media> {
    let url = url.filter(|it| !it.is_empty())?;
    let kind = match MediaKind::of(url) {
        MediaKind::Other => MediaKind::Image,
        kind => kind,
    };
    Some(Media { kind, url: text(builder, url, name) })
}

fn split(builder: &mut ScenarioBuilder, state: &Value, input: &str, name: &str) -> Act {
    let (mut branches, mut otherwise) = (Vec::new(), None);
    for transition in state.get("transitions").and_then(Value::as_array).into_iter().flatten() {
        let next = goal(transition.get("next"));
        let conditions = transition.get("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if conditions.is_empty() {
            otherwise = next;
            continue;
        }
        // All conditions of a transition must hold, but the neutral form has room for one.
        for extra in conditions.iter().skip(1) {
            let what = format!("a second condition on {}", plain(argument(extra).unwrap_or(input)));
            builder.record_loss(Loss::RouteDropped, name, what);
        }
        let condition = &conditions[0];
        let string = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        let argument = argument(condition).unwrap_or(input);
        let slot = slot_of(builder, argument, name);
        let (test, value) = match string("type") {
            "equal_to" => (Test::Equals, string("value")),
            "matches_any_of" => (Test::OneOf, string("value")),
            "contains" => (Test::Contains, string("value")),
            "starts_with" => (Test::StartsWith, string("value")),
            "less_than" => (Test::Less, string("value")),
            "greater_than" => (Test::Greater, string("value")),
            "is_not_blank" => (Test::IsSet, ""),
            other => {
                builder.record_loss(Loss::RouteDropped, name, format!("the test {other} {}", string("value")));
                (Test::Other, string("value"))
            }
        };
        branches.push(Branch { slot, test, value: value.to_owned(), next });
    }
    Act::Condition(Condition { branches, otherwise })
}

fn argument(condition: &Value) -> Option<&str> {
    condition.get("arguments")?.as_array()?.first()?.as_str()
}

fn variables(builder: &mut ScenarioBuilder, state: &Value, properties: &Value, id: &str, name: &str) {
    let list = properties.get("variables").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let last = next(state, "next");
    let ids: Vec<String> =
        (0..list.len().max(1)).map(|n| if n == 0 { id.to_owned() } else { format!("{id}_{}", n + 1) }).collect();
    if list.is_empty() {
        return builder.push(id, Act::Wait { seconds: 0, next: last });
    }
    for (n, variable) in list.iter().enumerate() {
        let string = |key: &str| variable.get(key).and_then(Value::as_str).unwrap_or_default();
        let slot = builder.slot(&format!("flow.variables.{}", string("key")));
        let value = text(builder, string("value"), name);
        let next = ids.get(n + 1).cloned().or_else(|| last.clone());
        builder.push(&ids[n], Act::Set { slot, value, next });
    }
}

/// A text with Liquid in it.
fn text(builder: &mut ScenarioBuilder, raw: &str, place: &str) -> Text {
    let (Some(liquid), Some(tag)) = (LIQUID.as_ref(), TAG.as_ref()) else { return Text::plain(raw) };
    let plain = tag.replace_all(raw, |found: &regex::Captures<'_>| {
        builder.record_loss(Loss::ExpressionDropped, place, &found[0]);
        ""
    });
    for found in liquid.captures_iter(&plain).filter(|it| it.get(2).is_some()) {
        builder.record_loss(Loss::ExpressionDropped, place, &found[0]);
    }
    placeholders::parse_with(builder, &plain, liquid, |it| Some(it[1].to_owned()))
}

/// The slot of an argument such as `{{widgets.ask.inbound.Body}}`.
fn slot_of(builder: &mut ScenarioBuilder, argument: &str, place: &str) -> String {
    let parsed = text(builder, argument, place);
    let first = parsed.slots().next().map(str::to_owned);
    first.unwrap_or_else(|| builder.slot(argument))
}

/// Replaces the braces of Liquid: the address of a system is not a text with slots.
fn plain(text: &str) -> String {
    text.replace("{{", "{").replace("}}", "}")
}
