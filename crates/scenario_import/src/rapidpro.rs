//! Flows of RapidPro and TextIt, specification 13 or 14: an export of several, or one definition.
//!
//! Each language that a flow is translated into becomes a scenario of its own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use scenario::{
    Accepts, Act, Branch, Call, Choice, Condition, Goal, Handover, Loss, Media, MediaKind, Message, Purpose, Question,
    Test, Text, Timeout, Trigger, Via,
};
use serde_json::Value;

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use crate::{File, Format, ImportError, Imported, Skipped, placeholders};

/// `@contact.name`, `@(upper(contact.name))`; `@@` is one `@`.
static EXPRESSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"@\(((?:[^()]|\([^()]*\))*)\)|@((?:contact|fields|results|run|parent|child|urns|globals|trigger|input|legacy_extra|webhook|resume|node|ticket)(?:\.[A-Za-z0-9_]+)*)").ok()
});

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let export: Value =
            serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "flows of RapidPro", it))?;
        let list = export.get("flows").unwrap_or(&export);
        let one = std::slice::from_ref(list);
        let triggers = export.get("triggers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (definition, n) in list.as_array().map_or(one, Vec::as_slice).iter().zip(1..) {
            let name = string(definition, "name").map_or_else(|| format!("flow {n}"), str::to_owned);
            if definition.get("nodes").is_none() {
                let why = match definition.get("action_sets") {
                    Some(_) => "it is in the old format with action sets: export it again".to_owned(),
                    None => "it has no nodes".to_owned(),
                };
                imported.skipped.push(Skipped { file: file.path.clone(), place: name, why });
                continue;
            }
            let base = string(definition, "language").unwrap_or("und");
            let mut languages = vec![base];
            let others = definition.get("localization").and_then(Value::as_object);
            languages.extend(others.into_iter().flat_map(|it| it.keys().map(String::as_str)).filter(|it| *it != base));
            for language in languages {
                imported.scenarios.push(scenario(definition, &name, language, triggers, file));
            }
        }
    }
    Ok(())
}

fn string<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// RapidPro names languages by three letters.
fn two_letters(language: &str) -> Option<&'static str> {
    let known = [
        ("eng", "en"),
        ("fra", "fr"),
        ("fre", "fr"),
        ("spa", "es"),
        ("por", "pt"),
        ("ind", "id"),
        ("deu", "de"),
        ("ita", "it"),
        ("nld", "nl"),
        ("ara", "ar"),
        ("swa", "sw"),
        ("hin", "hi"),
        ("zho", "zh"),
        ("rus", "ru"),
        ("tur", "tr"),
    ];
    known.iter().find(|it| it.0 == language).map(|it| it.1)
}

struct FlowReader<'a> {
    builder: ScenarioBuilder,
    /// Translations by the uuid of what they translate.
    translated: Option<&'a Value>,
    /// The id of the first step of each node, by its uuid.
    first: BTreeMap<&'a str, String>,
}

fn scenario(definition: &Value, name: &str, language: &str, triggers: &[Value], file: &File) -> scenario::Scenario {
    let translated = definition.get("localization").and_then(|it| it.get(language));
    let mut reader = FlowReader { builder: ScenarioBuilder::default(), translated, first: BTreeMap::new() };
    let nodes = list(definition, "nodes");
    for (n, node) in nodes.iter().enumerate() {
        if let Some(uuid) = string(node, "uuid") {
            reader.first.insert(uuid, format!("node_{}", n + 1));
        }
    }
    for (n, node) in nodes.iter().enumerate() {
        reader.node(node, &format!("node_{}", n + 1));
    }
    let language = two_letters(language).unwrap_or_default();
    let of_flow = |it: &&Value| it.get("flow").and_then(|it| string(it, "uuid")) == string(definition, "uuid");
    let keywords = triggers.iter().filter(of_flow).flat_map(|it| {
        let several = list(it, "keywords").iter().filter_map(Value::as_str);
        several.chain(string(it, "keyword")).map(str::to_owned).collect::<Vec<_>>()
    });
    let phrases: Vec<String> = keywords.collect();
    let waits = reader.builder.steps.iter().any(|it| it.act.waits());
    let head = ScenarioHead {
        intent: name,
        language,
        purpose: if waits { Purpose::Conversation } else { Purpose::Notification },
        // Without a keyword somebody starts it for people.
        trigger: if phrases.is_empty() { Trigger::Event { name: None } } else { Trigger::Message { phrases } },
        origin: origin(Format::RapidPro, &file.path, name),
    };
    reader.builder.finish(head, None)
}

impl<'a> FlowReader<'a> {
    /// A node: its actions one after the other, then its router.
    fn node(&mut self, node: &'a Value, id: &str) {
        let actions = list(node, "actions");
        let router = node.get("router");
        let waits = router.is_some_and(|it| it.get("wait").is_some_and(|it| !it.is_null()));
        let n_steps = actions.len() + usize::from(router.is_some());
        let step_id = |n: usize| if n == 0 { id.to_owned() } else { format!("{id}_{}", n + 1) };
        let exit = list(node, "exits").first().and_then(|it| self.goal(it));
        if n_steps == 0 {
            return self.builder.push(id, Act::Wait { seconds: 0, next: exit });
        }
        for (n, action) in actions.iter().enumerate() {
            let is_last = n + 1 == actions.len();
            let next = if n + 1 < n_steps { Some(step_id(n + 1)) } else { exit.clone() };
            // The message before a wait is the question.
            let asks = is_last && waits && string(action, "type") == Some("send_msg");
            let act = self.action(action, &step_id(n), next);
            match (act, router) {
                (Act::Message(message), Some(router)) if asks => {
                    self.ask(message, router, node, (&step_id(n), &step_id(n + 1)));
                    return;
                }
                (act, _) => self.builder.push(&step_id(n), act),
            }
        }
        if let Some(router) = router {
            let last = step_id(n_steps - 1);
            if waits {
                // A wait without a question before it.
                let message = Message { text: Text::plain("…"), ..Message::default() };
                let condition = format!("{last}_answer");
                self.ask(message, router, node, (&last, &condition));
            } else {
                let condition = self.condition(router, node, None, &last);
                self.builder.push(&last, Act::Condition(condition));
            }
        }
    }

    fn goal(&self, exit: &Value) -> Goal {
        self.first.get(string(exit, "destination_uuid")?).cloned()
    }

    fn exit_of(&self, node: &Value, router: &Value, category: &str) -> Goal {
        let category = list(router, "categories").iter().find(|it| string(it, "uuid") == Some(category))?;
        let exit = list(node, "exits").iter().find(|it| string(it, "uuid") == string(category, "exit_uuid"))?;
        self.goal(exit)
    }

    fn ask(&mut self, message: Message, router: &Value, node: &Value, (id, condition_id): (&str, &str)) {
        let result = string(router, "result_name").map_or_else(|| format!("{id} answer"), str::to_owned);
        // Results are known by the plain form of their names.
        let slot = self.builder.slot(&scenario::slot_name(&result));
        let condition = self.condition(router, node, Some(&slot), id);
        let wait = router.get("wait").unwrap_or(&Value::Null);
        let timeout = wait.get("timeout").and_then(|it| {
            let seconds = it.get("seconds").and_then(Value::as_u64)?;
            Some(Timeout { seconds, next: self.exit_of(node, router, string(it, "category_uuid").unwrap_or_default()) })
        });
        let accepts = match wait.get("hint").and_then(|it| string(it, "type")) {
            Some("location") => Accepts::Location,
            Some("image" | "audio" | "video") => Accepts::Media,
            _ => Accepts::Text,
        };
        // Where every answer goes the same way there is nothing to decide.
        let next = match condition.branches.is_empty() {
            true => condition.otherwise.clone(),
            false => Some(condition_id.to_owned()),
        };
        if message.choices.is_empty() {
            let Message { text, media, .. } = message;
            if media.is_some() {
                self.builder.record_loss(Loss::MediaKind, id, "the picture of a question");
            }
            self.builder.push(id, Act::Question(Question { text, slot, accepts, next, timeout }));
        } else {
            self.builder.push(id, Act::Message(Message { slot: Some(slot), next, timeout, ..message }));
        }
        if !condition.branches.is_empty() {
            self.builder.push(condition_id, Act::Condition(condition));
        }
    }

    fn condition(&mut self, router: &Value, node: &Value, slot: Option<&str>, place: &str) -> Condition {
        let operand = string(router, "operand").unwrap_or("@input.text");
        if string(router, "type") == Some("random") {
            let mut goals = list(router, "categories")
                .iter()
                .map(|it| self.exit_of(node, router, string(it, "uuid").unwrap_or_default()));
            let otherwise = goals.next().flatten();
            let others: Vec<String> = goals.flatten().collect();
            self.builder.record_loss(
                Loss::RouteDropped,
                place,
                format!("a random choice, also to {}", others.join(", ")),
            );
            return Condition { branches: Vec::new(), otherwise };
        }
        let slot = match slot {
            Some(slot) => slot.to_owned(),
            None => self.slot_of(operand, place),
        };
        let mut branches = Vec::new();
        for case in list(router, "cases") {
            let arguments: Vec<&str> = list(case, "arguments").iter().filter_map(Value::as_str).collect();
            let (test, value) = match string(case, "type").unwrap_or_default() {
                "has_any_word" => {
                    (Test::Contains, arguments.join(" ").split_whitespace().collect::<Vec<_>>().join(","))
                }
                "has_only_phrase" | "has_phrase" | "has_only_text" | "has_category" | "has_number_eq" => {
                    (Test::Equals, arguments.join(" "))
                }
                "has_all_words" | "has_text_contains" => (Test::Contains, arguments.join(" ")),
                "has_beginning" => (Test::StartsWith, arguments.join(" ")),
                "has_number_lt" => (Test::Less, arguments.join(" ")),
                "has_number_gt" => (Test::Greater, arguments.join(" ")),
                "has_text" | "has_value" => (Test::IsSet, String::new()),
                other => {
                    let what = format!("the test {other} {}", arguments.join(" "));
                    self.builder.record_loss(Loss::RouteDropped, place, &what);
                    (Test::Other, format!("{other} {}", arguments.join(" ")).trim().to_owned())
                }
            };
            let next = self.exit_of(node, router, string(case, "category_uuid").unwrap_or_default());
            branches.push(Branch { slot: slot.clone(), test, value, next });
        }
        let default = string(router, "default_category_uuid").unwrap_or_default();
        Condition { branches, otherwise: self.exit_of(node, router, default) }
    }

    fn action(&mut self, action: &'a Value, id: &str, next: Goal) -> Act {
        let kind = string(action, "type").unwrap_or_default();
        match kind {
            "send_msg" => Act::Message(self.message(action, id, next)),
            "set_run_result" | "set_contact_field" | "set_contact_name" | "set_contact_language" => {
                let field = action.get("field").and_then(|it| string(it, "name"));
                let name = string(action, "name").filter(|_| kind == "set_run_result").or(field).unwrap_or(kind);
                let value = string(action, "value").or(string(action, "name")).or(string(action, "language"));
                let slot = self.builder.slot(&scenario::slot_name(name));
                let value = self.text(value.unwrap_or_default(), id);
                Act::Set { slot, value, next }
            }
            "call_webhook" => Act::Call(Call {
                system: format!(
                    "{} {}",
                    string(action, "method").unwrap_or("GET"),
                    string(action, "url").unwrap_or_default()
                ),
                on_failure: next.clone(),
                next,
            }),
            "open_ticket" => Act::Handover(Handover { via: Via::Agent, text: Text::default(), target: None, next }),
            "enter_flow" => {
                let name = action.get("flow").and_then(|it| string(it, "name")).unwrap_or_default();
                Act::Call(Call { system: format!("flow {name}"), on_failure: next.clone(), next })
            }
            "say_msg" | "play_audio" | "send_broadcast" | "start_session" | "set_contact_channel" => {
                self.builder.record_loss(Loss::StepDropped, id, format!("the action {kind}"));
                Act::Call(Call { system: kind.to_owned(), on_failure: next.clone(), next })
            }
            // What a system does beside: groups, labels, e-mails, look-ups.
            _ => Act::Call(Call { system: kind.to_owned(), on_failure: next.clone(), next }),
        }
    }

    /// A text in the language of the scenario.
    fn local(&self, action: &'a Value, key: &str) -> Option<&'a Value> {
        let translated = self.translated.and_then(|it| it.get(string(action, "uuid")?)?.get(key));
        translated.filter(|it| it.as_array().is_none_or(|it| !it.is_empty())).or_else(|| action.get(key))
    }

    fn message(&mut self, action: &'a Value, id: &str, next: Goal) -> Message {
        let raw = match self.local(action, "text") {
            Some(Value::Array(texts)) => texts.first().and_then(Value::as_str).unwrap_or_default(),
            Some(text) => text.as_str().unwrap_or_default(),
            None => "",
        };
        let text = self.text(raw, id);
        let replies =
            self.local(action, "quick_replies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let choices = replies.iter().filter_map(|it| {
            // Specification 14 has objects, with a type.
            let title = it.as_str().or_else(|| string(it, "text"));
            match string(it, "type") {
                Some("location") => {
                    Some(Choice::ShareLocation { title: title.unwrap_or("…").to_owned(), next: None })
                }
                _ => {
                    let description = string(it, "extra").filter(|it| !it.is_empty()).map(str::to_owned);
                    Some(Choice::Reply { title: title?.to_owned(), description, value: None, next: None })
                }
            }
        });
        let choices = choices.collect();
        let attachments =
            self.local(action, "attachments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let media = attachments.first().and_then(Value::as_str).and_then(|it| it.split_once(':'));
        let media = media.map(|(kind, url)| Media { kind: MediaKind::of(kind), url: self.text(url, id) });
        if attachments.len() > 1 {
            self.builder.record_loss(Loss::MediaKind, id, format!("{} more attachments", attachments.len() - 1));
        }
        if action.get("template").is_some_and(|it| !it.is_null())
            || action.get("templating").is_some_and(|it| !it.is_null())
        {
            self.builder.record_loss(Loss::StepDropped, id, "the WhatsApp template that it names");
        }
        Message { text, media, choices, next, ..Message::default() }
    }

    fn text(&mut self, raw: &str, place: &str) -> Text {
        let Some(pattern) = EXPRESSION.as_ref() else { return Text::plain(raw) };
        for found in pattern.captures_iter(raw) {
            let simple = |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'.' || it == b'_');
            if found.get(1).is_some_and(|it| !simple(it.as_str())) {
                self.builder.record_loss(Loss::ExpressionDropped, place, &found[0]);
            }
        }
        let text = placeholders::parse_with(&mut self.builder, raw, pattern, |it| {
            let name = it.get(1).or_else(|| it.get(2))?.as_str().trim_end_matches('.');
            Some(name.strip_prefix("results.").or_else(|| name.strip_prefix("contact.")).unwrap_or(name).to_owned())
        });
        text.map_plain(|it| it.replace("@@", "@"))
    }

    fn slot_of(&mut self, operand: &str, place: &str) -> String {
        let text = self.text(operand, place);
        let first = text.slots().next().map(str::to_owned);
        first.unwrap_or_else(|| self.builder.slot(operand))
    }
}
