//! What customers type to an intent: phrases, the values in them, and the steps that save these.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use scenario::{Act, Branch, Condition, Find, Goal, Loss, Test, Text};
use serde_json::Value;

use super::agent::Intent;
use super::build::{Bot, IntentBuilder};
use super::entities::{ANY_TEXT, Entities, EntityValue};
use import_base::phrases::{Captured, Piece, branches, has_words};

/// Limits the texts that the phrases of an intent become by other words of their entities.
const MAX_TEXTS: usize = 2_000;

/// Limits the values of an entity whose synonyms become the value.
const MAX_VALUES: usize = 50;

/// The phrases of an intent in a language, by what they need.
#[derive(Default)]
struct Phrases {
    /// Phrases without values.
    plain: Vec<String>,
    /// Phrases with other words around their values.
    captured: Vec<Vec<Piece>>,
    /// Phrases that are nothing but values.
    alone: Vec<Vec<Piece>>,
}

/// The order in which an answer is compared with phrases: those without values come first, then those with most words of
/// their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Plain,
    Captured(Reverse<usize>),
    Alone,
}

/// The type of a parameter, such as `@size`.
pub(super) fn kind<'i>(intent: &'i Intent, parameter: &str) -> &'i str {
    let named = |it: &&Value| it.get("name").and_then(Value::as_str) == Some(parameter);
    let found = intent.parameters().iter().find(named);
    found.and_then(|it| it.get("dataType")?.as_str()).unwrap_or_default()
}

/// The parameters of an intent whose values matter: the agent asks for them, says them, or sends them to a webhook.
fn used<'i>(bot: &Bot<'_>, intent: &'i Intent) -> Vec<&'i str> {
    let messages = intent.response().get("messages").map(Value::to_string).unwrap_or_default();
    let parameters = intent.parameters().iter().filter_map(|it| Some((it.get("name")?.as_str()?, it)));
    let is_used = |(name, it): &(&str, &Value)| {
        let is_required = it.get("required").and_then(Value::as_bool) == Some(true);
        let is_said = messages.contains(&format!("${name}")) || bot.shared.contains(*name);
        is_required || is_said || intent.is_set("webhookUsed")
    };
    parameters.filter(is_used).map(|it| it.0).collect()
}

/// The texts that mean an intent, in small letters: its phrases, also with other words of their entities.
pub(super) fn texts(intent: &Intent, entities: &Entities, language: &str) -> Vec<String> {
    let mut texts: Vec<String> = intent.phrases(language).iter().map(|it| it.to_lowercase()).collect();
    let most = texts.len() + MAX_TEXTS;
    for pieces in intent.pieces(language) {
        let Some((before, name, after)) = around(pieces) else { continue };
        let values = entities.values(kind(intent, name), language).unwrap_or_default();
        let words = values.iter().flat_map(|it| &it.words);
        texts.extend(words.map(|it| format!("{before}{it}{after}").trim().to_lowercase()).take(most - texts.len()));
    }
    texts
}

/// The words before and after the only value of a phrase, and its parameter.
fn around(pieces: &[Piece]) -> Option<(String, &str, String)> {
    let mut named = pieces.iter().enumerate().filter_map(|(n, it)| Some((n, it.1.as_deref()?)));
    let (at, name) = named.next().filter(|_| named.next().is_none())?;
    let text = |it: &[Piece]| it.iter().map(|it| it.0.as_str()).collect::<String>();
    Some((text(&pieces[..at]), name, text(&pieces[at + 1..])))
}

/// Whether every phrase of an intent holds a value of the parameter, so that it is never asked for.
pub(super) fn is_always_said(intent: &Intent, parameter: &str, language: &str) -> bool {
    let pieces = intent.pieces(language);
    let holds = |it: &Vec<Piece>| it.iter().any(|it| it.1.as_deref() == Some(parameter));
    !pieces.is_empty() && intent.events().is_empty() && !intent.is_set("fallbackIntent") && pieces.iter().all(holds)
}

/// The words of a phrase.
fn words(pieces: &[Piece]) -> String {
    pieces.iter().map(|it| it.0.as_str()).collect::<String>().trim().to_owned()
}

impl Phrases {
    fn of(bot: &Bot<'_>, intent: &Intent) -> Self {
        let mut phrases = Self::default();
        let names = used(bot, intent);
        for pieces in intent.pieces(bot.language) {
            // A mark without a parameter fills nothing.
            let named = |it: &Piece| (it.0.clone(), it.1.clone().filter(|it| names.contains(&it.as_str())));
            let pieces: Vec<Piece> = pieces.iter().map(named).collect();
            if pieces.iter().all(|it| it.1.is_none()) {
                phrases.plain.push(words(&pieces));
            } else if has_words(&pieces) {
                phrases.captured.push(pieces);
            } else {
                phrases.alone.push(pieces);
            }
        }
        phrases
    }
}

impl IntentBuilder<'_, '_> {
    /// The branches to a place that follows, by what is typed in the slot `within`.
    ///
    /// `is_alone` tells that no other intent follows: then a phrase that is any text alone takes any text.
    pub(super) fn branches_to(&mut self, follower: usize, within: &str, is_alone: bool) -> Vec<(Order, Branch)> {
        let Some(next) = self.enter(follower) else { return Vec::new() };
        if let Some(known) = self.branches.get(&(follower, is_alone)) {
            return known.clone();
        }
        let all = self.ways_to(self.intent_at(follower), within, is_alone, next);
        self.branches.insert((follower, is_alone), all.clone());
        all
    }

    /// The branches that lead to `next` if the answer means an intent.
    pub(super) fn ways_to(
        &mut self,
        intent: usize,
        within: &str,
        is_alone: bool,
        next: String,
    ) -> Vec<(Order, Branch)> {
        let bot = self.bot;
        let read = &bot.intents[intent];
        let mut phrases = Phrases::of(bot, read);
        let plain = |it: Vec<Branch>| it.into_iter().map(|it| (Order::Plain, it)).collect::<Vec<_>>();
        let mut all = plain(branches(within, &phrases.plain, &next));
        let (of_kind, literal): (Vec<_>, Vec<_>) =
            std::mem::take(&mut phrases.alone).into_iter().partition(|it| self.is_known(read, it, is_alone));
        for said in literal.iter().map(|it| words(it)) {
            let next = self.values_of(intent, &said.to_lowercase(), Some(next.clone()));
            all.extend(next.into_iter().flat_map(|it| plain(branches(within, std::slice::from_ref(&said), &it))));
        }
        self.lose_kinds(read, &literal);
        for (is_alone, phrases) in [(false, phrases.captured), (true, of_kind)] {
            if phrases.is_empty() {
                continue;
            }
            let captured = Captured { phrases };
            let next = self.canonical(read, &captured.slots(), Some(next.clone()));
            let value = |name: &str| match is_alone {
                true => bot.entities.alone(kind(read, name), bot.language).unwrap_or_default(),
                false => bot.entities.expression(kind(read, name), bot.language),
            };
            let Some(found) = captured.finds(&mut self.scenario, within, &value, next) else { continue };
            let order = |n_words| if is_alone { Order::Alone } else { Order::Captured(Reverse(n_words)) };
            all.extend(captured.branches(within, &value, &found).into_iter().map(|(n, it)| (order(n), it)));
        }
        all
    }

    /// Whether the values of a phrase that is nothing but values have forms that tell them from other texts. Any text is
    /// one only where no other intent follows.
    fn is_known(&self, intent: &Intent, pieces: &[Piece], is_alone: bool) -> bool {
        let bot = self.bot;
        let form = |name: &str| bot.entities.alone(kind(intent, name), bot.language);
        let mut forms = pieces.iter().filter_map(|it| it.1.as_deref()).map(form);
        forms.all(|it| it.is_some_and(|it| is_alone || it != ANY_TEXT))
    }

    /// Names the values that only Dialogflow's model knows from other texts.
    fn lose_kinds(&mut self, intent: &Intent, literal: &[Vec<Piece>]) {
        let mut kinds: Vec<&str> =
            literal.iter().flatten().filter_map(|it| Some(kind(intent, it.1.as_deref()?))).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            let what = format!("only the values in its phrases are known, not every {}", kinds.join(", "));
            self.scenario.record_loss(Loss::ConditionDropped, &intent.name, what);
        }
    }

    /// Reads the answer to the question at a place: a word of the parameter's entity, or the question comes again.
    pub(super) fn read_answer_of(&mut self, intent: &Intent, at: usize) {
        let step = &self.scenario.steps[at];
        let Act::Question(question) = &step.act else { return };
        let (asks, within, next) = (step.id.clone(), question.slot.clone(), question.next.clone());
        let mut names = intent.parameters().iter().filter_map(|it| it.get("name")?.as_str());
        let Some(name) = names.find(|it| self.scenario.known_slot(it) == Some(within.as_str())) else { return };
        let kind = kind(intent, name);
        if kind.is_empty() || kind.starts_with("@sys.") {
            return;
        }
        let Some(words) = self.bot.entities.closed_words(kind, self.bot.language) else {
            self.scenario.record_loss(Loss::FormDropped, &intent.name, format!("that {name} is {kind}"));
            return;
        };
        let next = self.canonical(intent, &[name], next);
        let finds = self.scenario.free_id(&format!("find {name}"));
        let find = |test: &str| match words.chars().any(is_joined) {
            true => test.to_owned(),
            false => format!(r"(?:^|\W){test}(?:\W|$)"),
        };
        let (slot, test) = (within.clone(), Test::Pattern);
        let found = Find { within, test, value: find(&format!("({words})")), in_group: true, slot: slot.clone(), next };
        self.scenario.push(&finds, Act::Find(found));
        let id = self.scenario.free_id(&format!("{} reads {name}", intent.name));
        let branch = Branch { slot, test, value: find(&format!("(?:{words})")), next: Some(finds) };
        self.scenario.push(&id, Act::Condition(Condition { branches: vec![branch], otherwise: Some(asks) }));
        if let Act::Question(question) = &mut self.scenario.steps[at].act {
            question.next = Some(id);
        }
    }

    /// Steps that turn synonyms into the values that they stand for, then go on.
    pub(super) fn canonical(&mut self, intent: &Intent, parameters: &[&str], next: Goal) -> Goal {
        let bot = self.bot;
        let mut goal = next;
        for name in parameters.iter().rev() {
            let Some(values) = bot.entities.values(kind(intent, name), bot.language) else { continue };
            let with_synonyms: Vec<_> = values.iter().filter(|it| !it.synonyms().is_empty()).collect();
            if with_synonyms.is_empty() {
                continue;
            }
            if with_synonyms.len() > MAX_VALUES {
                let what = format!("the synonyms of {} more values of {name}", with_synonyms.len() - MAX_VALUES);
                self.scenario.record_loss(Loss::FormDropped, &intent.name, what);
            }
            let slot = self.scenario.slot(name);
            let mut condition = Condition { branches: Vec::new(), otherwise: goal.clone() };
            for value in with_synonyms.into_iter().take(MAX_VALUES) {
                let id = self.scenario.free_id(&format!("set {name}"));
                condition.branches.extend(branches(&slot, &value.synonyms(), &id));
                let set = Act::Set { slot: slot.clone(), value: Text::plain(&value.value), next: goal.clone() };
                self.scenario.push(&id, set);
            }
            let id = self.scenario.free_id(&format!("{name} means"));
            self.scenario.push(&id, Act::Condition(condition));
            goal = Some(id);
        }
        goal
    }

    /// Steps that save what the first message tells, then go on: phrases that are nothing but values, and synonyms.
    pub(super) fn first_values(&mut self, intent: usize, start: String) -> Goal {
        let bot = self.bot;
        let read = &bot.intents[intent];
        let matters = used(bot, read);
        let (mut names, mut alone): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
        for pieces in read.pieces(bot.language) {
            let known = |it: &&str| matters.contains(it) && self.scenario.known_slot(it).is_some();
            let said: Vec<&str> = pieces.iter().filter_map(|it| it.1.as_deref()).filter(known).collect();
            names.extend(said.iter().filter(|it| !names.contains(it)).copied().collect::<Vec<_>>());
            if !said.is_empty() && !has_words(pieces) && alone.len() < MAX_VALUES {
                alone.push(pieces.iter().map(|it| it.0.as_str()).collect::<String>().trim().to_lowercase());
            }
        }
        let start = self.canonical(read, &names, Some(start));
        if alone.is_empty() {
            return start;
        }
        let slot = self.scenario.slot("customer message");
        let mut condition = Condition { branches: Vec::new(), otherwise: start.clone() };
        for phrase in alone {
            if let Some(next) = self.values_of(intent, &phrase, start.clone()) {
                condition.branches.extend(branches(&slot, &[phrase], &next));
            }
        }
        self.scenario.first_message = Some(slot);
        let id = self.scenario.free_id(&format!("{} hears", read.name));
        self.scenario.push(&id, Act::Condition(condition));
        Some(id)
    }

    /// Steps that save the values in a text that means an intent, then go on.
    pub(super) fn values_of(&mut self, intent: usize, said: &str, next: Goal) -> Goal {
        let bot = self.bot;
        let values = values_in(bot, &bot.intents[intent], said);
        let mut goal = next?;
        for (name, value) in values.into_iter().rev() {
            let id = self.scenario.free_id(&format!("set {name}"));
            let slot = self.scenario.slot(name);
            self.scenario.push(&id, Act::Set { slot, value: Text::plain(&value), next: Some(goal) });
            goal = id;
        }
        Some(goal)
    }
}

/// The values that matter in a text that means an intent, by parameter.
fn values_in<'i>(bot: &Bot<'_>, intent: &'i Intent, said: &str) -> BTreeMap<&'i str, String> {
    let names = used(bot, intent);
    let entity = |name: &str| bot.entities.values(kind(intent, name), bot.language).unwrap_or_default();
    let word = |name: &str, words: &str| {
        let is_word = |it: &&EntityValue| it.words.iter().any(|it| it.to_lowercase() == words.to_lowercase());
        entity(name).iter().find(is_word).map(|it| it.value.clone())
    };
    let of_pieces = |it: &[Piece]| it.iter().map(|it| it.0.as_str()).collect::<String>().trim().to_lowercase();
    let pieces = intent.pieces(bot.language);
    let mut values = BTreeMap::new();
    if let Some(phrase) = pieces.iter().find(|it| of_pieces(it) == said) {
        for (words, name) in phrase {
            if let Some(name) = names.iter().find(|it| name.as_deref() == Some(**it)) {
                values.insert(*name, word(name, words).unwrap_or_else(|| words.trim().to_owned()));
            }
        }
        return values;
    }
    for (before, name, after) in pieces.iter().filter_map(|it| around(it)) {
        let (before, after) = (before.trim_start().to_lowercase(), after.trim_end().to_lowercase());
        let words = said.strip_prefix(before.as_str()).and_then(|it| it.strip_suffix(after.as_str()));
        let value = words.and_then(|it| word(name, it));
        if let Some((name, value)) = names.iter().find(|it| **it == name).zip(value) {
            values.insert(*name, value);
            break;
        }
    }
    values
}

/// Whether a letter is of a script that writes no spaces between words, or joins other words to them: those of Thailand and
/// its neighbours, China, Japan, Korea.
fn is_joined(letter: char) -> bool {
    matches!(u32::from(letter), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF
        | 0x3400..=0x9FFF | 0xAC00..=0xD7AF)
}
