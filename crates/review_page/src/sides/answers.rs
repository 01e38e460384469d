//! The answers that a step of WhatsApp waits for, and the buttons that give them.

use std::collections::HashSet;

use scenario::Goal;
use translate::{Awaits, Route};

use crate::input::Reviewed;
use crate::markup::{Markup, filled};
use crate::values::Values;
use crate::view::{Goals, Tap};
use crate::words::{Words, fill};

/// What the WhatsApp side of a scenario is made of.
pub(super) struct WhatsApp<'a> {
    pub(super) reviewed: &'a Reviewed<'a>,
    pub(super) goals: &'a Goals<'a>,
    pub(super) values: &'a Values,
    pub(super) w: &'static Words,
}

/// The answers that a step waits for, and which of them have a button.
pub(super) struct Answers<'a> {
    goals: &'a Goals<'a>,
    ways: &'a [Route],
    other: Option<&'a Goal>,
    used: HashSet<usize>,
}

impl WhatsApp<'_> {
    /// A text of a session message with the values of its slots.
    pub(super) fn filled(&self, text: &str) -> Markup {
        filled(text, &|it| self.values.in_text(it))
    }
}

impl<'a> Answers<'a> {
    pub(super) fn new(goals: &'a Goals<'a>, awaits: Option<&'a Awaits>) -> Self {
        let ways = awaits.map_or(&[][..], |it| it.ways.as_slice());
        Self { goals, ways, other: awaits.map(|it| &it.other), used: HashSet::new() }
    }

    /// A button or a row that sends `id`; without a route the scenario does not go on by it.
    pub(super) fn tap(&mut self, id: &str, title: &str, description: Option<&str>) -> Tap {
        let at = self.ways.iter().position(|it| it.id == id);
        self.routed(at, title, description)
    }

    /// The same for a quick reply whose text somebody has edited: the route of the button that was in its place.
    pub(super) fn tap_or_nth(&mut self, id: &str, title: &str, nth: Option<usize>) -> Tap {
        let at = self.ways.iter().position(|it| it.id == id);
        self.routed(at.or(nth.filter(|it| *it < self.ways.len())), title, None)
    }

    fn routed(&mut self, at: Option<usize>, title: &str, description: Option<&str>) -> Tap {
        let mut tap = Tap {
            label: title.to_owned(),
            value: title.to_owned(),
            description: description.unwrap_or_default().to_owned(),
            note: fill(self.goals.w.leads_nowhere, &[title]),
            ..Tap::default()
        };
        if let Some(at) = at {
            self.used.insert(at);
            let (next, to) = self.goals.of(&self.ways[at].next);
            tap.value.clone_from(&self.ways[at].value);
            (tap.next, tap.to) = (Some(next), to);
        }
        tap
    }

    /// The button that sends a location, which is an answer like any other.
    pub(super) fn location(&self, label: &str) -> Tap {
        let mut tap = Tap { icon: "location", label: label.to_owned(), ..Tap::default() };
        if let Some(other) = self.other {
            let (next, to) = self.goals.of(other);
            (tap.next, tap.to) = (Some(next), to);
        }
        tap
    }

    pub(super) fn n_ways(&self) -> usize {
        self.ways.len()
    }

    /// The answers that no button gives.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'a Route> {
        self.ways.iter().enumerate().filter(|it| !self.used.contains(&it.0)).map(|it| it.1)
    }
}
