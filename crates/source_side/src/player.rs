//! The parts that every interpreter shares: the inputs of a script, what was shown, and which way was taken.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Answer, Input, Script, Shown, value_named};

/// Limits the steps and the messages of one run: a longer run is a loop.
pub(crate) const MOST_STEPS: usize = 5_000;
const MOST_SHOWN: usize = 1_000;

/// The record of one run.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) shown: Vec<Shown>,
    /// The transitions that were taken.
    pub(crate) transitions: BTreeSet<String>,
    /// The answer that the flow waits for at the end of the script.
    pub(crate) ask: Option<Ask>,
    /// The values of the business that decided something.
    pub(crate) decisions: Vec<Decision>,
    /// The values of the business that were shown and that the script does not give.
    pub(crate) reads: BTreeSet<String>,
}

/// A place that waits, and inputs that cover its transitions.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) place: String,
    pub(crate) inputs: Vec<Input>,
}

/// A decision by a value that the script may give.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// The answer of the customer.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Text(String),
    /// A text that stands for an intent, with the entities in it.
    Intent {
        name: String,
        text: String,
        values: BTreeMap<String, String>,
    },
    /// A tap, by its label.
    Tap(String),
    Payload(String),
    Location,
    Phone,
    TimedOut,
}

impl Reply {
    /// The text that a channel of plain messages delivers.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Tap(text) | Self::Payload(text) | Self::Intent { text, .. } => text.clone(),
            Self::Location => "(location)".to_owned(),
            Self::Phone => "(phone)".to_owned(),
            Self::TimedOut => String::new(),
        }
    }
}

/// A run of a script.
pub(crate) struct Player<'a> {
    slots: &'a BTreeMap<String, String>,
    inputs: &'a [Input],
    is_exploring: bool,
    /// Seconds that passed and that no timeout has used up.
    waited: u64,
    n_steps: usize,
    pub(crate) trace: Trace,
}

impl<'a> Player<'a> {
    pub(crate) fn new(script: &'a Script, is_exploring: bool) -> Self {
        let trace = Trace::default();
        Self { slots: &script.slots, inputs: &script.inputs, is_exploring, waited: 0, n_steps: 0, trace }
    }

    pub(crate) fn show(&mut self, shown: Shown) {
        if !shown.lines.is_empty() && self.trace.shown.len() < MOST_SHOWN {
            self.trace.shown.push(shown);
        }
    }

    /// Counts a step, and says whether the run may go on.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.n_steps += 1;
        self.n_steps <= MOST_STEPS && self.trace.shown.len() < MOST_SHOWN
    }

    pub(crate) fn takes(&mut self, place: &str, transition: &str) {
        self.trace.transitions.insert(format!("{place} → {transition}"));
    }

    pub(crate) fn has_inputs(&self) -> bool {
        !self.inputs.is_empty()
    }

    /// Whether the run ends here with the question what the customer can do: no input of the script is an answer.
    pub(crate) fn asks(&self) -> bool {
        let is_answer =
            |it: &Input| !matches!(it, Input::Wait(_) | Input::NoAnswer | Input::Route(_) | Input::Answer(_));
        self.is_exploring && !self.inputs.iter().any(is_answer)
    }

    /// Whether the customer writes next.
    pub(crate) fn is_written_to(&self) -> bool {
        matches!(
            self.inputs.first(),
            Some(Input::Say(_) | Input::Intent { .. } | Input::Press(_) | Input::PressPayload(_))
        )
    }

    /// A value that the script gives.
    pub(crate) fn given(&self, name: &str) -> Option<&'a str> {
        value_named(self.slots, name)
    }

    /// A value of the business to show; `‹name›` if the script does not give it.
    pub(crate) fn value(&mut self, name: &str) -> String {
        match self.given(name) {
            Some(value) => value.to_owned(),
            None => {
                self.trace.reads.insert(name.to_owned());
                format!("‹{name}›")
            }
        }
    }

    /// Notes that a value of the business decides; `values` lead different ways.
    pub(crate) fn decides(&mut self, place: &str, name: &str, values: Vec<String>) {
        self.trace.decisions.push(Decision { place: place.to_owned(), name: name.to_owned(), values });
    }

    /// Takes the next answer of the customer; none if the script has no more.
    pub(crate) fn reply(
        &mut self,
        place: &str,
        timeout: Option<u64>,
        inputs: impl FnOnce() -> Vec<Input>,
    ) -> Option<Reply> {
        loop {
            if let Some(timeout) = timeout.filter(|it| self.waited >= *it) {
                self.waited -= timeout;
                return Some(Reply::TimedOut);
            }
            let Some((first, rest)) = self.inputs.split_first() else {
                self.trace.ask = Some(Ask { place: place.to_owned(), inputs: inputs() });
                return None;
            };
            self.inputs = rest;
            if !matches!(first, Input::Wait(_) | Input::NoAnswer | Input::Route(_) | Input::Answer(_)) {
                self.waited = 0;
            }
            match first {
                Input::Say(text) => return Some(Reply::Text(text.clone())),
                Input::Press(label) => return Some(self.pressed(label)),
                Input::PressPayload(payload) => return Some(Reply::Payload(payload.clone())),
                Input::Intent { name, text, values } => {
                    return Some(Reply::Intent { name: name.clone(), text: text.clone(), values: values.clone() });
                }
                Input::Location => return Some(Reply::Location),
                Input::Phone => return Some(Reply::Phone),
                Input::NoAnswer if timeout.is_some() => return Some(Reply::TimedOut),
                Input::Wait(seconds) => self.waited = self.waited.saturating_add(*seconds),
                Input::NoAnswer | Input::Route(_) | Input::Answer(_) => {}
            }
        }
    }

    /// A tap. Where no button has this label, a line of a menu may: then the customer types its number.
    fn pressed(&self, label: &str) -> Reply {
        let label = label.trim();
        let lines = || self.trace.shown.iter().rev().take(3).flat_map(|it| &it.lines);
        let is_button = |line: &String| line.starts_with('[') && line[1..].starts_with(label);
        if lines().any(is_button) {
            return Reply::Tap(label.to_owned());
        }
        let number = lines().find_map(|line| number_before(line, label));
        number.map_or_else(|| Reply::Tap(label.to_owned()), Reply::Text)
    }

    /// Takes the answer of another system. Without one in the script it is good; an explorer is asked.
    pub(crate) fn answer(&mut self, place: &str, system: &str) -> Option<Answer> {
        match self.inputs.split_first() {
            Some((Input::Answer(answer), rest)) => {
                self.inputs = rest;
                Some(answer.clone())
            }
            Some((Input::Route(route), rest)) => {
                self.inputs = rest;
                Some(Answer { call: system.to_owned(), ok: *route == 0, values: BTreeMap::new() })
            }
            None if self.is_exploring => {
                let answer = |ok| Input::Answer(Answer { call: system.to_owned(), ok, values: BTreeMap::new() });
                self.trace.ask = Some(Ask { place: place.to_owned(), inputs: vec![answer(true), answer(false)] });
                None
            }
            _ => Some(Answer { call: system.to_owned(), ok: true, values: BTreeMap::new() }),
        }
    }

    /// Takes one of several routes that the source chooses by chance: the first, unless the script says which.
    pub(crate) fn chance(&mut self, place: &str, n_routes: usize) -> Option<usize> {
        match self.inputs.split_first() {
            Some((Input::Route(route), rest)) => {
                self.inputs = rest;
                Some((*route).min(n_routes.saturating_sub(1)))
            }
            None if self.is_exploring => {
                let inputs = (0..n_routes).map(Input::Route).collect();
                self.trace.ask = Some(Ask { place: place.to_owned(), inputs });
                None
            }
            _ => Some(0),
        }
    }
}

/// The number or letter of the menu line `1 label`, `2. label` or `A) label` in a text.
fn number_before(text: &str, label: &str) -> Option<String> {
    let at = text.to_lowercase().find(&label.to_lowercase()).filter(|it| *it > 0)?;
    let before = text.get(..at)?.trim_end_matches(|it: char| !it.is_alphanumeric());
    let mark = before.rsplit(|it: char| !it.is_alphanumeric()).next()?;
    let is_mark = mark.chars().all(|it| it.is_ascii_digit()) || mark.chars().count() == 1;
    (is_mark && !mark.is_empty()).then(|| mark.to_owned())
}

/// What a customer may type so that a text is there: the text, a sentence with it, and a word that it is a part of.
pub(crate) fn typed(text: &str) -> [Input; 3] {
    let text = text.trim();
    [Input::Say(text.to_owned()), Input::Say(format!("zz {text} zz")), Input::Say(format!("zz{text}zz"))]
}

/// A text that matches nothing.
pub(crate) fn something_else() -> Input {
    Input::Say("zzz something else".to_owned())
}
