//! Runs WhatsApp's side: templates at any time, other messages only within 24 hours after the customer's last one.

use scenario::{Act, Goal, MediaKind, Scenario};
use serde_json::Value;
use template::{SessionMessage, Template, variables};

use super::script::{Input, Script};
use super::shown::Shown;
use super::values::{MOST_SHOWN, MOST_STEPS, SlotValues, wanted_way};
use crate::Compiled;
use crate::check::known;
use crate::flow::{Awaits, FlowAct, FlowStep, Outgoing, Route, Sends};
use crate::window::WINDOW_SECONDS;

/// What is shown instead of a message that WhatsApp would refuse.
pub(super) const REFUSED: &str = "(refused: the 24-hour window is closed)";

pub(super) fn run(scenario: &Scenario, compiled: &Compiled, script: &Script) -> Vec<Shown> {
    let seconds = if scenario.trigger.is_by_business() { WINDOW_SECONDS } else { 0 };
    let values = SlotValues::default();
    let mut run =
        Run { scenario, compiled, values, inputs: &script.inputs, seconds, is_ours: false, shown: Vec::new() };
    let mut at = Some(compiled.flow.start.clone());
    for _ in 0..MOST_STEPS {
        let Some(step) = known(&at).and_then(|it| compiled.flow.step(it)) else { break };
        if run.shown.len() > MOST_SHOWN {
            break;
        }
        let Some(next) = run.step(step) else { break };
        at = next;
    }
    run.shown.truncate(MOST_SHOWN);
    run.shown
}

struct Run<'a> {
    scenario: &'a Scenario,
    compiled: &'a Compiled,
    values: SlotValues,
    inputs: &'a [Input],
    /// Seconds since the customer's last message.
    seconds: u64,
    /// Whether the last step led here by a route that the source does not have, such as the next page of a list.
    is_ours: bool,
    shown: Vec<Shown>,
}

impl Run<'_> {
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
            FlowAct::Other(act) => {
                if let Act::Wait { seconds, .. } = act {
                    self.seconds = self.seconds.saturating_add(*seconds);
                }
                let way = wanted_way(&mut self.inputs, act);
                Some(self.values.decide(self.scenario, act, way))
            }
        }
    }

    fn show(&mut self, step: &FlowStep, sends: &Sends) {
        let goes_on = self.is_ours || step.id.starts_with(&format!("{}__", step.from));
        let mut shown = match self.shown.last() {
            Some(last) if goes_on && last.step == step.from => self.shown.pop().unwrap_or_default(),
            _ => Shown::at(&step.from),
        };
        for outgoing in &sends.sends {
            match outgoing {
                Outgoing::Template { name, parameters, buttons, header, .. } => {
                    let template = self.compiled.templates.iter().find(|it| it.name == *name);
                    if let Some(template) = template {
                        self.template(&mut shown, template, parameters, buttons, header.as_deref());
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
        shown.text(&self.filled_body(template, parameters));
        shown.text(template.footer().unwrap_or_default());
        for (n, button) in template.buttons().iter().enumerate() {
            let text = button.text.as_deref().unwrap_or(&button.kind);
            let end = buttons.iter().find(|it| it.0 == n).map(|it| self.values.of(self.scenario, &it.1));
            match (&button.url, &button.phone_number) {
                (Some(url), _) => shown.link(text, &url.replace("{{1}}", &end.unwrap_or_default())),
                (_, Some(number)) => shown.link(text, number),
                _ if button.is("FLOW") => {
                    shown.link(text, button.other.get("flow_id").and_then(Value::as_str).unwrap_or_default());
                }
                _ => shown.tap(text, None),
            }
        }
    }

    /// The body of a template with the values of the slots that fill its variables.
    fn filled_body(&self, template: &Template, parameters: &[String]) -> String {
        let text = template.body_text();
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

    fn answer(&mut self, awaits: &Awaits) -> Option<Goal> {
        let (input, rest) = self.inputs.split_first()?;
        let ours = awaits.ways.iter().find(|it| it.is_ours && it.next.is_some());
        if let Some(way) = ours.filter(|it| self.leads_on(awaits, it, input)) {
            self.seconds = 0;
            self.is_ours = true;
            return Some(way.next.clone());
        }
        let asks = awaits.ways.iter().find(|it| it.is_location).filter(|_| *input == Input::Location);
        if let Some(way) = asks {
            self.seconds = 0;
            self.is_ours = true;
            return Some(way.next.clone());
        }
        self.inputs = rest;
        if *input == Input::NoAnswer {
            let timeout = awaits.timeout.as_ref();
            self.seconds = self.seconds.saturating_add(timeout.map_or(0, |it| it.seconds));
            return Some(timeout.and_then(|it| it.next.clone()));
        }
        self.seconds = 0;
        let slot = awaits.slot.as_ref();
        match input {
            Input::Say(text) | Input::Choose(text) => {
                let way = awaits.ways.iter().find(|it| !it.is_ours && is_meant(it, text));
                self.values.set(slot, way.map_or(text.as_str(), |it| it.value.as_str()));
                Some(way.map_or_else(|| awaits.other.clone(), |it| it.next.clone()))
            }
            Input::Location => {
                self.values.set(slot, "(location)");
                Some(awaits.other.clone())
            }
            Input::Phone | Input::NoAnswer | Input::Route(_) => None,
        }
    }

    /// Whether a customer who wants `input` taps the row or button that leads on: always if the choices come later, and
    /// on a page that does not have the choice.
    fn leads_on(&self, awaits: &Awaits, way: &Route, input: &Input) -> bool {
        let is_answer = matches!(input, Input::Say(_) | Input::Choose(_) | Input::Location);
        match input {
            Input::Choose(text) if way.id != "continue" => {
                awaits.ways.iter().all(|it| it.is_ours || !is_meant(it, text))
            }
            _ => is_answer && way.id == "continue",
        }
    }
}

fn is_meant(way: &Route, text: &str) -> bool {
    way.title.trim().eq_ignore_ascii_case(text.trim()) || way.value.trim().eq_ignore_ascii_case(text.trim())
}
