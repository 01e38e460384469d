//! Runs a dialogue: which intent a text matches, what it asks for, and what it answers.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use scenario::{Input, MediaKind, Shown};

use super::Agent;
use super::agent::{Intent, Parameter, Part};
use super::answer::Answer;
use crate::player::{Player, Reply, Trace, something_else};

pub(super) fn run(agent: &Agent, player: Player<'_>) -> Trace {
    let mut run = Run { agent, player, contexts: BTreeMap::new(), buttons: Vec::new() };
    while run.player.goes_on() && run.turn().is_some() {}
    run.player.trace
}

type Values = BTreeMap<String, String>;

struct Run<'a> {
    agent: &'a Agent,
    player: Player<'a>,
    /// Active contexts: how many turns they live, and their parameters.
    contexts: BTreeMap<String, (i64, Values)>,
    /// The buttons of the last answer: labels and what they send.
    buttons: Vec<(String, String)>,
}

impl<'a> Run<'a> {
    fn turn(&mut self) -> Option<()> {
        let place = self.place();
        let inputs = if self.player.asks() { self.candidates() } else { Vec::new() };
        let reply = self.player.reply(&place, None, || inputs)?;
        let (intent, mut values) = match &reply {
            Reply::Intent { name, values, .. } => {
                let intent = self.agent.intents.iter().find(|it| it.name == *name)?;
                (Some(intent), values.clone())
            }
            reply => self.matched(&self.sent(reply)),
        };
        let Some(intent) = intent else { return Some(()) };
        self.player.takes(&place, &intent.name);
        self.fill(intent, &mut values)?;
        self.answer(intent, values)
    }

    fn place(&self) -> String {
        let names: Vec<&str> = self.contexts.keys().map(String::as_str).collect();
        if names.is_empty() { "start".to_owned() } else { names.join(" ") }
    }

    fn sent(&self, reply: &Reply) -> String {
        match reply {
            Reply::Tap(label) => {
                let button = self.buttons.iter().find(|it| it.0.trim() == label.trim());
                button.map_or(label.clone(), |it| it.1.clone())
            }
            reply => reply.text(),
        }
    }

    /// The intent of a text: one whose contexts are all active, the more of them the better; else a fallback.
    fn matched(&self, text: &str) -> (Option<&'a Intent>, Values) {
        let mut found: Vec<(&Intent, Values)> = Vec::new();
        for intent in self.agent.intents.iter().filter(|it| self.may(it) && !it.is_fallback && it.priority >= 0) {
            let values = intent.phrases.iter().find_map(|it| self.values_of(it, text));
            found.extend(values.map(|it| (intent, it)));
        }
        // The first of the best: `max_by_key` would return the last.
        let best = found.into_iter().rev().max_by_key(|it| (it.0.contexts.len(), it.0.priority));
        match best {
            Some((intent, values)) => (Some(intent), values),
            None => {
                let fallbacks = self.agent.intents.iter().filter(|it| it.is_fallback && self.may(it));
                (fallbacks.max_by_key(|it| it.contexts.len()), Values::new())
            }
        }
    }

    fn may(&self, intent: &Intent) -> bool {
        intent.contexts.iter().all(|it| self.contexts.contains_key(it))
    }

    /// The parameters of a text that is this phrase, where other values of the same entities may stand.
    fn values_of(&self, phrase: &[Part], text: &str) -> Option<Values> {
        // An expression is built only where all words of the phrase are in the text.
        let said = text.to_lowercase();
        let mut own = phrase.iter().filter(|it| it.parameter.is_none()).flat_map(|it| it.text.split_whitespace());
        if !own.all(|it| said.contains(it.to_lowercase().trim_end_matches(['.', '!', '?']))) {
            return None;
        }
        let mut pattern = String::new();
        let has_words = phrase.iter().any(|it| it.parameter.is_none() && it.text.chars().any(char::is_alphabetic));
        for part in phrase {
            let entity = part.parameter.as_ref().and(self.agent.entities.get(&part.kind));
            let mut words = vec![regex::escape(&part.text)];
            words.extend(entity.iter().flat_map(|it| it.iter()).flat_map(|it| &it.1).map(|it| regex::escape(it)));
            if part.parameter.is_some() && has_words {
                words.extend(system_value(&part.kind).map(str::to_owned));
            }
            pattern += &match &part.parameter {
                Some(_) => format!("({})", words.join("|")),
                None => words.remove(0),
            };
        }
        let pattern = format!(r"^\s*{}\s*[.!?]*\s*$", pattern.trim());
        let pattern = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(1 << 22).build().ok()?;
        let found = pattern.captures(text)?;
        let marked = phrase.iter().filter(|it| it.parameter.is_some()).zip(1..);
        let values = marked.filter_map(|(part, n)| {
            let said = found.get(n)?.as_str();
            Some((part.parameter.clone()?, self.canonical(&part.kind, said).unwrap_or_else(|| said.to_owned())))
        });
        Some(values.collect())
    }

    /// The value of an entity that a text is or holds as whole words.
    fn canonical(&self, kind: &str, text: &str) -> Option<String> {
        let plain = text.trim().to_lowercase();
        let entity = self.agent.entities.get(kind)?;
        let is_it = |it: &String| it.to_lowercase() == plain;
        let holds = |it: &String| {
            let word = format!(r"(?i)\b{}\b", regex::escape(it));
            regex::Regex::new(&word).is_ok_and(|it| it.is_match(text))
        };
        let exact = entity.iter().find(|it| it.1.iter().any(is_it));
        exact.or_else(|| entity.iter().find(|it| it.1.iter().any(holds))).map(|it| it.0.clone())
    }

    /// Asks for required parameters that have no value; none if the script ended.
    fn fill(&mut self, intent: &Intent, values: &mut Values) -> Option<()> {
        for parameter in &intent.parameters {
            if let Some((context, name)) = parameter.value.strip_prefix('#').and_then(|it| it.split_once('.')) {
                let known = self.contexts.get(&context.to_lowercase()).and_then(|it| it.1.get(name)).cloned();
                values.entry(parameter.name.clone()).or_insert(known.unwrap_or_default());
            }
            if !parameter.default.is_empty() {
                values.entry(parameter.name.clone()).or_insert(parameter.default.clone());
            }
            let is_empty = |values: &Values| values.get(&parameter.name).is_none_or(String::is_empty);
            while parameter.is_required && is_empty(values) && !parameter.prompts.is_empty() && self.player.goes_on() {
                let value = self.ask(intent, parameter, values)?;
                values.extend(value.map(|it| (parameter.name.clone(), it)));
            }
        }
        Some(())
    }

    /// One prompt and its answer: none if the script ended, an empty value if the answer is no such entity.
    fn ask(&mut self, intent: &Intent, parameter: &Parameter, values: &Values) -> Option<Option<String>> {
        let place = format!("{}.{}", intent.name, parameter.name);
        let mut shown = Shown::at(&place);
        let prompt = parameter.prompts.first().map(String::as_str).unwrap_or_default();
        shown.text(&self.filled(prompt, values));
        self.player.show(shown);
        let entity = self.agent.entities.get(&parameter.kind);
        let inputs = || {
            let known = entity.and_then(|it| it.first()).map(|it| it.0.clone());
            let mut inputs = vec![Input::Say(known.unwrap_or_else(|| "something".to_owned()))];
            inputs.extend(entity.map(|_| something_else()));
            inputs
        };
        let reply = self.player.reply(&place, None, inputs)?;
        let text = self.sent(&reply);
        self.player.takes(&place, if entity.is_some() { "entity" } else { "text" });
        Some(match entity {
            Some(_) => self.canonical(&parameter.kind, &text),
            None => Some(text),
        })
    }

    fn answer(&mut self, intent: &Intent, values: Values) -> Option<()> {
        if intent.resets {
            self.contexts.clear();
        }
        for context in self.contexts.values_mut() {
            context.0 -= 1;
        }
        self.contexts.retain(|_, it| it.0 > 0);
        for (name, lifespan) in &intent.sets {
            match lifespan {
                0 => self.contexts.remove(name),
                lifespan => {
                    let mut all = self.contexts.get(name).map(|it| it.1.clone()).unwrap_or_default();
                    all.extend(values.clone());
                    self.contexts.insert(name.clone(), (*lifespan, all))
                }
            };
        }
        let mut values = values;
        if intent.calls {
            let answer = self.player.answer(&intent.name, &intent.name)?;
            values.extend(answer.values);
            if answer.ok {
                // The webhook says what it wants; the answers of the intent are for when it fails.
                return Some(());
            }
        }
        if !intent.answers.is_empty() {
            self.buttons.clear();
        }
        for answer in &intent.answers {
            self.show(intent, answer, &values);
        }
        Some(())
    }

    fn show(&mut self, intent: &Intent, answer: &Answer, values: &Values) {
        let mut shown = Shown::at(&intent.name);
        if let Some(url) = &answer.image {
            shown.media(MediaKind::Image, url);
        }
        shown.text(&self.filled(&answer.text, values));
        for button in &answer.buttons {
            match button.sends.starts_with("http") {
                true => shown.link(&button.label, &button.sends),
                false => shown.tap(&button.label, None),
            }
            self.buttons.push((button.label.clone(), button.sends.clone()));
        }
        self.player.show(shown);
    }

    /// A text with the values of `$parameter`, `$parameter.original` and `#context.parameter`.
    fn filled(&mut self, text: &str, values: &Values) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(['$', '#']) {
            let after = &rest[at + 1..];
            let is_name = |it: char| it.is_alphanumeric() || "_-.".contains(it);
            let end = after.find(|it| !is_name(it)).unwrap_or(after.len());
            let name = after[..end].trim_end_matches(['.', '-']);
            let value = match rest[at..].starts_with('$') {
                true => self.parameter(name, values),
                false => name.split_once('.').and_then(|(context, name)| {
                    self.contexts.get(&context.to_lowercase()).and_then(|it| it.1.get(name)).cloned()
                }),
            };
            filled.push_str(&rest[..at]);
            match value {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&rest[at..at + 1 + name.len()]),
            }
            rest = &after[name.len()..];
        }
        plain(&(filled + rest))
    }

    fn parameter(&mut self, name: &str, values: &Values) -> Option<String> {
        if name.is_empty() || name.chars().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let plain = name.strip_suffix(".original").unwrap_or(name);
        let known = values.get(plain).cloned();
        Some(known.unwrap_or_else(|| self.player.value(plain)))
    }

    /// What a customer may do: press the buttons, say a phrase of each intent that these contexts allow, something else.
    fn candidates(&self) -> Vec<Input> {
        let mut inputs: Vec<Input> = self.buttons.iter().map(|it| Input::Press(it.0.clone())).collect();
        let is_start = self.contexts.is_empty();
        for intent in self.agent.intents.iter().filter(|it| self.may(it) && (is_start || !it.contexts.is_empty())) {
            let text = |it: &Vec<Part>| it.iter().map(|it| it.text.as_str()).collect::<String>();
            inputs.extend(intent.phrases.first().map(|it| Input::Say(text(it))));
            inputs.extend(intent.phrases.last().map(|it| Input::Say(text(it))).filter(|_| is_start));
        }
        inputs.push(something_else());
        inputs
    }
}

/// A text as web chats show it: a sign that Markdown would read as a mark may stand behind a backslash.
fn plain(text: &str) -> String {
    let (mut shown, mut signs) = (String::new(), text.chars().peekable());
    while let Some(sign) = signs.next() {
        match signs.peek() {
            Some(next) if sign == '\\' && next.is_ascii_punctuation() => {}
            _ => shown.push(sign),
        }
    }
    shown
}

/// The expression of the values of an entity of Dialogflow's own.
fn system_value(kind: &str) -> Option<&'static str> {
    match kind {
        "sys.any" | "sys.given-name" | "sys.last-name" | "sys.person" | "sys.location" | "sys.geo-city" => Some(".+?"),
        "sys.number" | "sys.number-integer" | "sys.cardinal" => Some(r"\d+(?:[.,]\d+)?"),
        _ => None,
    }
}
