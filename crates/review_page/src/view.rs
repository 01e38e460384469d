//! What the template of the page writes: steps, bubbles and what can be tapped.

use std::collections::HashMap;

use scenario::{END, Goal};

use crate::markup::Markup;
use crate::words::{Words, fill};

/// A step on one side.
#[derive(Default)]
pub(crate) struct StepView {
    pub(crate) id: String,
    /// Its number, such as `4`, or `4b` for the second of several steps that come from one step of the source.
    pub(crate) number: String,
    /// What happens without a message.
    pub(crate) notes: Vec<String>,
    pub(crate) bubbles: Vec<Bubble>,
    /// Ways on besides those of the bubbles.
    pub(crate) ways: Vec<Way>,
    /// The step that follows at once; only for a step without ways.
    pub(crate) next: String,
    /// The number of that step.
    pub(crate) to: String,
    /// The slot that an answer is saved in; empty if there is none.
    pub(crate) saves: String,
    pub(crate) marks: Vec<Mark>,
    /// That something of this step is lost on the other side; empty if nothing is.
    pub(crate) flag: String,
}

/// A message.
#[derive(Default)]
pub(crate) struct Bubble {
    /// What kind of message it is, and its name.
    pub(crate) label: String,
    pub(crate) badges: Vec<Badge>,
    pub(crate) media: Option<MediaView>,
    pub(crate) header: Option<Line>,
    pub(crate) body: Option<Line>,
    pub(crate) footer: Option<Line>,
    /// Something about the text itself, such as that WhatsApp writes it.
    pub(crate) remark: String,
    pub(crate) taps: Vec<Tap>,
    pub(crate) sheet: Option<Sheet>,
    pub(crate) cards: Vec<CardView>,
    /// Whether it is of the WhatsApp side, where lines carry what is submitted.
    pub(crate) is_submitted: bool,
}

/// A card of a carousel.
pub(crate) struct CardView {
    pub(crate) label: String,
    pub(crate) media: Option<MediaView>,
    pub(crate) body: Option<Line>,
    pub(crate) taps: Vec<Tap>,
}

/// A list that a button opens.
pub(crate) struct Sheet {
    pub(crate) button: String,
    pub(crate) rows: Vec<Tap>,
}

/// A text, shown with its values, and as it is submitted.
pub(crate) struct Line {
    pub(crate) shown: Markup,
    pub(crate) exact: Markup,
}

/// A placeholder for media, a place or products.
pub(crate) struct MediaView {
    /// The name of its icon.
    pub(crate) icon: &'static str,
    pub(crate) label: String,
    /// The address or the place; empty if there is none.
    pub(crate) target: Markup,
}

/// A button or a row.
#[derive(Default)]
pub(crate) struct Tap {
    /// The name of its icon; empty for an answer.
    pub(crate) icon: &'static str,
    pub(crate) label: String,
    /// The value that is saved.
    pub(crate) value: String,
    pub(crate) description: String,
    /// What it opens; empty if it opens nothing.
    pub(crate) target: Markup,
    /// The step that follows, empty for the end; none if the scenario does not go on by it.
    pub(crate) next: Option<String>,
    pub(crate) to: String,
    /// What a tap does that the scenario does not go on by.
    pub(crate) note: String,
}

/// A way on that is no button: another answer, time that passes, a branch.
pub(crate) struct Way {
    pub(crate) kind: WayKind,
    pub(crate) label: String,
    pub(crate) next: String,
    pub(crate) to: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayKind {
    /// The customer answers.
    Answer,
    /// Time passes, or something else decides.
    Event,
}

impl WayKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Event => "event",
        }
    }
}

/// A short remark in a frame, with a class for its colour.
#[derive(Clone)]
pub(crate) struct Badge {
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

/// Findings of one rule at one place.
#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) severity: &'static str,
    /// The severity in words.
    pub(crate) label: &'static str,
    pub(crate) code: &'static str,
    /// The rule in words.
    pub(crate) about: String,
    /// What was found, and how to mend it.
    pub(crate) found: Vec<Found>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The number of the step; empty where the place shows it.
    pub(crate) step: String,
    pub(crate) message: String,
    pub(crate) fix: String,
}

/// Where the steps of a side lead.
pub(crate) struct Goals<'a> {
    pub(crate) w: &'static Words,
    numbers: HashMap<&'a str, String>,
}

impl<'a> Goals<'a> {
    pub(crate) fn new(w: &'static Words, numbers: HashMap<&'a str, String>) -> Self {
        Self { w, numbers }
    }

    /// The number of a step; empty if there is no such step.
    pub(crate) fn number(&self, id: &str) -> String {
        self.numbers.get(id).cloned().unwrap_or_default()
    }

    /// The id of the next step, empty if the scenario ends, and a word for it.
    pub(crate) fn of(&self, goal: &Goal) -> (String, String) {
        match goal.as_deref().filter(|it| *it != END).and_then(|it| self.numbers.get_key_value(it)) {
            Some((id, number)) => ((*id).to_owned(), fill(self.w.to_step, &[number])),
            None => (String::new(), self.w.to_end.to_owned()),
        }
    }

    pub(crate) fn way(&self, kind: WayKind, label: String, goal: &Goal) -> Way {
        let (next, to) = self.of(goal);
        Way { kind, label, next, to }
    }
}
