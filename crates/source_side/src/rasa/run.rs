//! Runs a dialogue: a message, then actions until the bot listens.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Input, MediaKind, Shown};

use super::Bot;
use super::form::{fill_form, fill_slots};
use super::nlu::{Meaning, payload};
use super::tracker::{Event, Next, Tracker};
use crate::player::{Player, Reply, Trace, something_else};

/// Limits the phrases of an intent that are said at one place: those with other values.
const MOST_PHRASES: usize = 5;

/// Limits the actions of one turn.
const MOST_ACTIONS: usize = 30;

pub(super) fn run(bot: &Bot, player: Player<'_>) -> Trace {
    let mut run = Run { bot, player, tracker: Tracker::default(), buttons: Vec::new() };
    for slot in &bot.domain.slots {
        let value = run.player.given(&slot.name).map(str::to_owned).or_else(|| slot.initial.clone());
        run.tracker.slots.extend(value.map(|it| (slot.name.clone(), it)));
    }
    for (slot, values) in bot.decisive_slots() {
        if run.player.given(&slot).is_none() {
            run.player.decides("start", &slot, values);
        }
    }
    while run.player.goes_on() && run.turn().is_some() {}
    run.player.trace
}

struct Run<'a> {
    bot: &'a Bot,
    player: Player<'a>,
    tracker: Tracker,
    /// The buttons of the last message.
    buttons: Vec<(String, String)>,
}

impl Run<'_> {
    /// A message of the customer and what the bot does; none if the script ended.
    fn turn(&mut self) -> Option<()> {
        let place = self.tracker.place();
        let inputs = if self.player.asks() { self.candidates() } else { Vec::new() };
        let reply = self.player.reply(&place, None, || inputs)?;
        let meaning = self.meaning(reply);
        let intent = match &meaning.intent {
            Some(intent) => intent.clone(),
            None if self.bot.has_fallback => "nlu_fallback".to_owned(),
            None => String::new(),
        };
        self.player.takes(&place, &intent);
        fill_slots(self.bot, &mut self.tracker, &meaning);
        self.tracker.events.push(Event::User(intent, meaning.entities.clone()));
        if let Some(form) = self.tracker.active.clone() {
            fill_form(self.bot, &mut self.tracker, &form, &meaning);
            if self.answers_form() {
                self.tracker.events.pop();
                self.ask(&form);
                if self.tracker.active.is_some() {
                    return Some(());
                }
            }
        }
        self.act(&meaning)
    }

    fn meaning(&self, reply: Reply) -> Meaning {
        match reply {
            Reply::Tap(label) => {
                let button = self.buttons.iter().find(|it| it.0.trim() == label.trim());
                let sent = button.map_or(label.as_str(), |it| it.1.as_str());
                payload(sent).unwrap_or_else(|| self.bot.nlu.meaning(sent))
            }
            Reply::Payload(sent) => payload(&sent).unwrap_or_else(|| self.bot.nlu.meaning(&sent)),
            Reply::Intent { name, text, values } => Meaning { intent: Some(name), text, entities: values },
            reply => payload(&reply.text()).unwrap_or_else(|| self.bot.nlu.meaning(&reply.text())),
        }
    }

    /// Whether the slot that the form asked for is filled now.
    fn answers_form(&self) -> bool {
        let filled = |it: &String| self.tracker.slots.get(it).is_some_and(|it| !it.is_empty());
        self.tracker.requested.as_ref().is_none_or(filled)
    }

    /// Does what rules and stories say until the bot listens.
    fn act(&mut self, meaning: &Meaning) -> Option<()> {
        let mut has_acted = false;
        for _ in 0..MOST_ACTIONS {
            let next = self.tracker.next(self.bot);
            if let Some((next, path)) = &next {
                self.player.takes(path, &format!("{next:?}"));
            }
            match next {
                Some((Next::Action(name), _)) if name != "action_listen" => self.action(&name, meaning)?,
                None if !has_acted => {
                    self.say("utter_default");
                    return Some(());
                }
                _ => return Some(()),
            }
            has_acted = true;
            if self.tracker.requested.is_some() && matches!(self.tracker.events.last(), Some(Event::Loop(_))) {
                return Some(());
            }
        }
        Some(())
    }

    fn action(&mut self, name: &str, meaning: &Meaning) -> Option<()> {
        if self.bot.domain.form(name).is_some() {
            self.begin_form(name, meaning);
            return Some(());
        }
        self.tracker.events.push(Event::Action(name.to_owned()));
        match name {
            "action_deactivate_loop" | "action_deactivate_form" => self.end_form(),
            "action_restart" | "action_session_start" => self.tracker = Tracker::default(),
            "action_default_fallback" => self.say("utter_default"),
            "action_listen" | "action_back" | "action_unlikely_intent" | "action_extract_slots" => {}
            name if name.starts_with("utter_") || self.bot.domain.responses.contains_key(name) => self.say(name),
            name => {
                let answer = self.player.answer(&self.tracker.place(), name)?;
                self.tracker.slots.extend(answer.values);
            }
        }
        Some(())
    }

    fn begin_form(&mut self, name: &str, meaning: &Meaning) {
        let is_new = self.tracker.active.as_deref() != Some(name);
        self.tracker.events.push(Event::Action(name.to_owned()));
        self.tracker.active = Some(name.to_owned());
        self.tracker.events.push(Event::Loop(name.to_owned()));
        if is_new {
            self.tracker.requested = None;
            fill_form(self.bot, &mut self.tracker, name, meaning);
        }
        self.ask(name);
    }

    fn end_form(&mut self) {
        if let Some(form) = self.tracker.active.take() {
            self.tracker.events.push(Event::LoopEnded(form));
        }
        self.tracker.requested = None;
    }

    /// Asks for the first slot that has no value, or ends the form.
    fn ask(&mut self, name: &str) {
        let Some(form) = self.bot.domain.form(name) else { return };
        let is_empty = |it: &&(String, _)| self.tracker.slots.get(&it.0).is_none_or(String::is_empty);
        let Some(slot) = form.slots.iter().find(is_empty).map(|it| it.0.clone()) else {
            return self.end_form();
        };
        self.tracker.requested = Some(slot.clone());
        let own = format!("utter_ask_{name}_{slot}");
        let response = if self.bot.domain.responses.contains_key(&own) { own } else { format!("utter_ask_{slot}") };
        self.say(&response);
    }

    fn say(&mut self, name: &str) {
        let full = match self.tracker.events.iter().rev().find_map(|it| match it {
            Event::User(intent, _) => Some(intent),
            _ => None,
        }) {
            // The response of a retrieval intent has the name of the whole intent.
            Some(intent) if intent.split_once('/').map(|it| it.0) == name.strip_prefix("utter_") => {
                format!("utter_{intent}")
            }
            _ => name.to_owned(),
        };
        let slots = &self.tracker.slots;
        let Some(variation) = self.bot.domain.variation(&full, |it| slots.get(it).cloned()) else { return };
        let mut shown = Shown::at(&full);
        if let Some(image) = &variation.image {
            shown.media(MediaKind::Image, &self.filled(image));
        }
        shown.text(&self.filled(&variation.text));
        self.buttons.clear();
        for (title, payload) in &variation.buttons {
            let title = self.filled(title);
            shown.tap(&title, None);
            self.buttons.push((title, payload.clone()));
        }
        self.player.show(shown);
    }

    /// A text with the values of its slots, written `{name}`.
    fn filled(&self, text: &str) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}').map(|it| open + it) else { break };
            let name = rest[open + 1..close].trim();
            filled.push_str(&rest[..open]);
            match self.tracker.slots.get(name) {
                Some(value) => filled.push_str(value),
                // Rasa writes None; a value that nobody knows has the same mark on both sides.
                None if self.bot.domain.slot(name).is_some() => filled.push_str(&format!("‹{name}›")),
                None => filled.push_str(&rest[open..=close]),
            }
            rest = &rest[close + 1..];
        }
        filled + rest
    }

    /// What a customer may do: press the buttons, say a phrase of each intent that leads on, or something else.
    fn candidates(&self) -> Vec<Input> {
        let mut inputs: Vec<Input> = Vec::new();
        for (label, payload) in &self.buttons {
            inputs.push(Input::Press(label.clone()));
            inputs.push(Input::PressPayload(payload.clone()));
            inputs.push(Input::Say(label.clone()));
        }
        let is_start = self.tracker.events.is_empty();
        for intent in self.bot.nlu.intents() {
            let (mut n_said, mut tried) = (0, BTreeSet::new());
            for phrase in self.bot.nlu.phrases.iter().filter(|it| it.intent == intent) {
                let is_new = n_said < MOST_PHRASES && tried.insert(&phrase.entities);
                if is_new && (is_start || self.leads_on(intent, &phrase.entities)) {
                    n_said += 1;
                    inputs.push(Input::Say(phrase.text.clone()));
                }
            }
            let last = self.bot.nlu.phrases.iter().rfind(|it| it.intent == intent);
            inputs.extend(last.map(|it| Input::Say(it.text.clone())).filter(|it| is_start && !inputs.contains(it)));
        }
        inputs.push(something_else());
        inputs
    }

    /// Whether a story, or a rule about the active form, has this intent here.
    fn leads_on(&self, intent: &str, entities: &BTreeMap<String, String>) -> bool {
        let mut events = self.tracker.events.clone();
        events.push(Event::User(intent.to_owned(), entities.clone()));
        let (slots, active) = (self.tracker.slots.clone(), self.tracker.active.clone());
        let next = Tracker { events, slots, active, requested: self.tracker.requested.clone() };
        match self.tracker.active {
            Some(_) => next.next(self.bot).is_some(),
            None => next.of_story(self.bot).is_some(),
        }
    }
}
