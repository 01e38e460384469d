//! Runs WhatsApp's side: templates at any time, other messages only within 24 hours after the customer's last one.

mod number;

use scenario::{Act, Goal, Input, MediaKind, Scenario, Script, Shown};
use serde_json::Value;
use template::{Button, Card, SessionMessage, Template, variables};

use super::explain::Played;
use super::values::{MOST_SHOWN, MOST_STEPS, SlotValues, wanted_way};
use crate::Compiled;
use crate::compile::COPY_TITLE;
use crate::flow::{Awaits, FlowAct, FlowStep, Outgoing, Route, Sends, SentCard};
use crate::goal::known;
use crate::window::WINDOW_SECONDS;
pub(in crate::simulate) use number::run_number;

/// What is shown instead of a message that WhatsApp would refuse.
pub(super) const REFUSED: &str = "(refused: the 24-hour window is closed)";

/// The slot for answers that conditions compare with the phrases of intents.
const ANSWER_SLOT: &str = "customer_answer";

/// Limits the code of an authentication template, in characters (Cloud API, authentication templates).
const LONGEST_CODE: usize = 15;

/// Runs one scenario; what the customer wrote to begin it is no part of the script.
pub(super) fn run(scenario: &Scenario, compiled: &Compiled, script: &Script) -> Played {
    let mut run = Run::new(scenario, compiled, script);
    run.scenario();
    run.shown.truncate(MOST_SHOWN);
    Played { of: vec![0; run.shown.len()], silent: run.silent.into_iter().collect(), shown: run.shown }
}

struct Run<'a> {
    scenario: &'a Scenario,
    compiled: &'a Compiled,
    values: SlotValues<'a>,
    inputs: &'a [Input],
    /// Seconds that passed and that no timeout has used up.
    waited: u64,
    /// Seconds since the customer's last message.
    seconds: u64,
    /// Whether the last step led here by a route that the source does not have, such as the next page of a list.
    is_ours: bool,
    shown: Vec<Shown>,
    /// The entries after which the customer did not answer in time.
    silent: Vec<usize>,
    /// The ids of all scenarios of the number; empty if one runs alone.
    ids: Vec<&'a str>,
    /// The scenario that a step goes on in, by its place in `ids`.
    called: Option<usize>,
    /// The text of the customer that no choice and no condition has taken.
    unanswered: Option<&'a str>,
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario, compiled: &'a Compiled, script: &'a Script) -> Self {
        let seconds = if scenario.trigger.is_by_business() { WINDOW_SECONDS } else { 0 };
        let values = SlotValues::new(&script.slots);
        let inputs = &script.inputs;
        Self {
            scenario,
            compiled,
            values,
            inputs,
            waited: 0,
            seconds,
            is_ours: false,
            shown: Vec::new(),
            silent: Vec::new(),
            ids: Vec::new(),
            called: None,
            unanswered: None,
        }
    }

    /// Runs the scenario, and says whether it came to its end.
    fn scenario(&mut self) -> bool {
        let compiled = self.compiled;
        let mut at = Some(compiled.flow.start.clone());
        for _ in 0..MOST_STEPS {
            let Some(step) = known(&at).and_then(|it| compiled.flow.step(it)) else { return true };
            if self.shown.len() > MOST_SHOWN {
                break;
            }
            let Some(next) = self.step(step) else { break };
            at = next;
        }
        false
    }

    fn step(&mut self, step: &FlowStep) -> Option<Goal> {
        match &step.act {
            FlowAct::Send(sends) => {
                self.show(step, sends);
                self.is_ours = false;
                match &sends.awaits {
                    Some(awaits) => self.answer(awaits),
                    None => {
                        // The phone that the source asks for is known.
                        if self.inputs.first() == Some(&Input::Phone) {
                            self.inputs = &self.inputs[1..];
                        }
                        Some(sends.next.clone())
                    }
                }
            }
            FlowAct::Other(act) => Some(self.silent_step(act)),
        }
    }

    /// Runs a step that shows nothing.
    fn silent_step(&mut self, act: &Act) -> Goal {
        if let Act::Wait { seconds, .. } = act {
            self.seconds = self.seconds.saturating_add(*seconds);
        }
        self.called = number::called(act, &self.ids);
        if self.called.is_some() {
            self.unanswered = None;
            return None;
        }
        let way = wanted_way(&mut self.inputs, act, self.scenario, &mut self.values);
        let next = self.values.decide(self.scenario, act, way);
        let is_left_open = matches!(act, Act::Find(_)) || matches!(act, Act::Condition(_)) && known(&next).is_none();
        self.unanswered = self.unanswered.filter(|_| is_left_open);
        next
    }

    fn show(&mut self, step: &FlowStep, sends: &Sends) {
        self.unanswered = None;
        let goes_on = self.is_ours || step.id.starts_with(&format!("{}__", step.from));
        let mut shown = match self.shown.last() {
            Some(last) if goes_on && last.step == step.from => self.shown.pop().unwrap_or_default(),
            _ => Shown::at(&step.from),
        };
        for outgoing in &sends.sends {
            match outgoing {
                Outgoing::Template { name, parameters, buttons, header, cards, .. } => {
                    let template = self.compiled.templates.iter().find(|it| it.name == *name);
                    let in_header = scenario::Text::parse(header.as_deref().unwrap_or_default());
                    let slots = parameters.iter().chain(buttons.iter().map(|it| &it.1)).map(String::as_str);
                    let of_cards = cards.iter().flat_map(SentCard::slots);
                    let slots: Vec<&str> = slots.chain(in_header.slots()).chain(of_cards).collect();
                    if let Some(why) = template.and_then(|it| self.refusal(it, &slots)) {
                        shown.text(&why);
                    } else if let Some(template) = template {
                        self.template(&mut shown, template, parameters, buttons, header.as_deref());
                        for (card, sent) in template.cards().1.iter().zip(cards) {
                            self.card(&mut shown, card, sent);
                        }
                    }
                }
                Outgoing::Message(_) if self.seconds >= WINDOW_SECONDS => shown.text(REFUSED),
                Outgoing::Message(message) => self.message(&mut shown, message, goes_on),
            }
        }
        self.shown.push(shown);
    }

    fn fill(&self, text: &str) -> String {
        scenario::Text::parse(text).fill(|it| self.values.of(self.scenario, it))
    }

    fn template(
        &self,
        shown: &mut Shown,
        template: &Template,
        parameters: &[String],
        buttons: &[(usize, String)],
        header: Option<&str>,
    ) {
        if let Some(text) = template.header().and_then(|it| it.text.as_ref()) {
            let value = header.map(|it| self.fill(it)).unwrap_or_default();
            let variable = variables(text).0.first().map(|it| it.bytes);
            let mut text = text.clone();
            if let Some(variable) = variable {
                text.replace_range(variable.0..variable.1, &value);
            }
            shown.text(&text);
        } else if let (Some(value), Some(header)) = (header, template.header()) {
            match header.format.as_str() {
                "LOCATION" => shown.lines.push(format!("(location {value})")),
                "IMAGE" => shown.media(MediaKind::Image, &self.fill(value)),
                "VIDEO" => shown.media(MediaKind::Video, &self.fill(value)),
                _ => shown.media(MediaKind::Document, &self.fill(value)),
            }
        }
        if template.body().is_some_and(|it| it.text.is_none()) {
            let code = parameters.first().map(|it| self.values.of(self.scenario, it)).unwrap_or_default();
            shown.text(&format!("{code} is your verification code."));
        }
        shown.text(&self.filled(template.body_text(), parameters));
        shown.text(template.footer().unwrap_or_default());
        self.buttons(shown, template.buttons(), buttons);
    }

    fn card(&self, shown: &mut Shown, card: &Card, sent: &SentCard) {
        let is_video = card.header().is_some_and(|it| it.format == "VIDEO");
        shown.media(if is_video { MediaKind::Video } else { MediaKind::Image }, &self.fill(&sent.header));
        let body = self.filled(card.body_text().unwrap_or_default(), &sent.parameters);
        body.lines().for_each(|it| shown.text(it));
        self.buttons(shown, card.buttons(), &sent.buttons);
    }

    fn buttons(&self, shown: &mut Shown, all: &[Button], buttons: &[(usize, String)]) {
        for (n, button) in all.iter().enumerate() {
            let text = button.text.as_deref().unwrap_or(&button.kind);
            let end = buttons.iter().find(|it| it.0 == n).map(|it| self.values.of(self.scenario, &it.1));
            match (&button.url, &button.phone_number) {
                (Some(url), _) => shown.link(text, &url.replace("{{1}}", &end.unwrap_or_default())),
                (_, Some(number)) => shown.link(text, number),
                _ if button.is("COPY_CODE") => {
                    let example = || button.example.as_ref().and_then(Value::as_str).unwrap_or_default();
                    shown.link(COPY_TITLE, &end.unwrap_or_else(|| example().into()));
                }
                _ if button.is("FLOW") => {
                    shown.link(text, button.other.get("flow_id").and_then(Value::as_str).unwrap_or_default());
                }
                _ => shown.tap(text, None),
            }
        }
    }

    /// A body with the values of the slots that fill its variables.
    fn filled(&self, text: &str, parameters: &[String]) -> String {
        let (found, _) = variables(text);
        let mut names: Vec<&str> = Vec::new();
        let (mut filled, mut at) = (String::new(), 0);
        for variable in found {
            if !names.contains(&variable.name) {
                names.push(variable.name);
            }
            let n = names.iter().position(|it| *it == variable.name).unwrap_or_default();
            filled.push_str(&text[at..variable.bytes.0]);
            if let Some(slot) = parameters.get(n) {
                filled.push_str(&self.values.of(self.scenario, slot));
            }
            at = variable.bytes.1;
        }
        filled + &text[at..]
    }

    fn message(&self, shown: &mut Shown, message: &SessionMessage, goes_on: bool) {
        match message {
            SessionMessage::Media { media, link, .. } => shown.media(*media, &self.fill(link)),
            SessionMessage::Location { location } => shown.place(location),
            SessionMessage::Buttons { media: Some((kind, url)), .. }
            | SessionMessage::Link { media: Some((kind, url)), .. } => {
                shown.media(*kind, &self.fill(url));
            }
            _ => {}
        }
        // The next page repeats the text.
        if !goes_on || message.replies().is_empty() {
            let frame = message.frame();
            shown.text(&self.fill(frame.and_then(|it| it.header.as_deref()).unwrap_or_default()));
            shown.text(&self.fill(message.body()));
            shown.text(&self.fill(frame.and_then(|it| it.footer.as_deref()).unwrap_or_default()));
        }
        match message {
            SessionMessage::Products { products, .. } => shown.lines.push(format!("({} products)", products.len())),
            SessionMessage::Link { label, url, .. } => shown.link(label, &self.fill(url)),
            SessionMessage::Form { label, flow, .. } => shown.link(label, flow),
            _ => message.replies().iter().for_each(|it| shown.tap(&it.title, it.description.as_deref())),
        }
    }

    /// Why the Cloud API refuses the values of a template, if it does.
    fn refusal(&self, template: &Template, slots: &[&str]) -> Option<String> {
        let is_code = template.category == "AUTHENTICATION";
        slots.iter().find_map(|slot| {
            let value = self.values.of(self.scenario, slot);
            let why = match value {
                it if it.contains(['\n', '\r']) => "a line break",
                it if it.contains('\t') => "a tab",
                it if it.contains("     ") => "more than four spaces in a row",
                it if is_code && it.chars().count() > LONGEST_CODE => "a code of more than 15 characters",
                _ => return None,
            };
            Some(format!("(refused: error 132018, the value of {slot} has {why})"))
        })
    }

    fn answer(&mut self, awaits: &Awaits) -> Option<Goal> {
        loop {
            if let Some(next) = self.next_input(awaits)? {
                return Some(next);
            }
        }
    }

    /// Takes the next input. The inner value is none if it does not lead on, such as time that is not over.
    fn next_input(&mut self, awaits: &Awaits) -> Option<Option<Goal>> {
        let timeout = awaits.timeout.as_ref();
        if let Some(timeout) = timeout.filter(|it| self.waited >= it.seconds && self.waited > 0) {
            self.waited -= timeout.seconds;
            self.seconds = self.seconds.saturating_add(timeout.seconds);
            return Some(Some(timeout.next.clone()));
        }
        let (input, rest) = self.inputs.split_first()?;
        let ours = awaits.ways.iter().find(|it| it.is_ours && it.next.is_some());
        let ours = ours.filter(|it| self.leads_on(awaits, it, input));
        let asks = || awaits.ways.iter().find(|it| it.is_location).filter(|_| *input == Input::Location);
        if let Some(way) = ours.or_else(asks) {
            self.seconds = 0;
            self.is_ours = true;
            return Some(Some(way.next.clone()));
        }
        self.inputs = rest;
        if matches!(input, Input::Wait(_) | Input::NoAnswer) {
            self.silent.extend(self.shown.len().checked_sub(1));
        }
        match input {
            Input::Wait(seconds) => {
                self.waited = self.waited.saturating_add(*seconds);
                if timeout.is_none() {
                    self.seconds = self.seconds.saturating_add(*seconds);
                }
                return Some(None);
            }
            Input::Answer(_) => return Some(None),
            Input::NoAnswer => {
                self.seconds = self.seconds.saturating_add(timeout.map_or(0, |it| it.seconds));
                return Some(Some(timeout.and_then(|it| it.next.clone())));
            }
            _ => {}
        }
        (self.seconds, self.waited) = (0, 0);
        self.replied(awaits, input).map(Some)
    }

    /// Saves an answer of the customer and returns the next step.
    fn replied(&mut self, awaits: &Awaits, input: &'a Input) -> Option<Goal> {
        let slot = awaits.slot.as_ref();
        let text = match input {
            Input::Say(text) | Input::Press(text) | Input::PressPayload(text) | Input::Intent { text, .. } => text,
            Input::Location => {
                self.values.set(slot, "(location)");
                return Some(awaits.other.clone());
            }
            _ => return None,
        };
        let way = match input {
            Input::PressPayload(payload) => with_payload(awaits, payload),
            _ => {
                let mut meant: Vec<&Route> =
                    awaits.ways.iter().filter(|it| !it.is_ours && is_meant(it, text)).collect();
                // A location is sent, and not only tapped.
                meant.sort_by_key(|it| it.is_location);
                meant.first().copied()
            }
        };
        let is_open = way.is_none() && (known(&awaits.other).is_none() || slot.is_some_and(|it| it == ANSWER_SLOT));
        self.unanswered = is_open.then_some(text.as_str());
        self.values.set(slot, way.map_or(text.as_str(), |it| it.value.as_str()));
        Some(way.map_or_else(|| awaits.other.clone(), |it| it.next.clone()))
    }

    /// What the pages of the list wait for that a row leads to.
    fn pages(&self, way: &Route) -> impl Iterator<Item = &'a Awaits> {
        let steps = &self.compiled.flow.steps;
        let from = known(&way.next).and_then(|it| self.compiled.flow.step(it)).map(|it| &it.from);
        steps.iter().filter(move |it| Some(&it.from) == from).filter_map(|it| match &it.act {
            FlowAct::Send(sends) => sends.awaits.as_ref(),
            FlowAct::Other(_) => None,
        })
    }

    /// Whether a customer who wants `input` taps the row or button that leads on: always if the choices come later, and
    /// on a page that does not have the choice.
    fn leads_on(&self, awaits: &Awaits, way: &Route, input: &Input) -> bool {
        let is_answer = matches!(input, Input::Say(_) | Input::Press(_) | Input::Location);
        match input {
            Input::Press(text) if way.id != "continue" => {
                let has = |it: &Awaits| it.ways.iter().any(|it| !it.is_ours && is_meant(it, text));
                !has(awaits) && self.pages(way).any(has)
            }
            Input::Location if way.id != "continue" => {
                let asks = |it: &Awaits| it.ways.iter().any(|it| it.is_location);
                !asks(awaits) && self.pages(way).any(asks)
            }
            _ => is_answer && way.id == "continue",
        }
    }
}

fn is_meant(way: &Route, text: &str) -> bool {
    way.title.trim().eq_ignore_ascii_case(text.trim()) || way.value.trim().eq_ignore_ascii_case(text.trim())
}

/// The choice that sends this payload in the source, or that has a part of it as its value.
fn with_payload<'a>(awaits: &'a Awaits, payload: &str) -> Option<&'a Route> {
    let theirs = || awaits.ways.iter().filter(|it| !it.is_ours);
    let exact = theirs().find(|it| is_meant(it, payload));
    exact.or_else(|| theirs().filter(|it| payload.contains(&it.value)).max_by_key(|it| it.value.len()))
}
