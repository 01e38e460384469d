//! The messages of 24 hours, and the people who count for the day.

use std::collections::{BTreeSet, VecDeque};

use super::Recipient;
use crate::moment::Micros;

/// The messages of 24 hours in order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    messages: VecDeque<(Micros, u64, Recipient)>,
}

impl Log {
    /// Adds a message; most come in order of time.
    pub(super) fn insert(&mut self, at: Micros, number: u64, recipient: Recipient) {
        let place = match self.messages.back() {
            Some(last) if (last.0, last.1) > (at, number) => self.place(at, number),
            _ => self.messages.len(),
        };
        self.messages.insert(place, (at, number, recipient));
    }

    /// When the n-th latest message was, n from 1.
    pub(super) fn latest(&self, n: usize) -> Option<Micros> {
        let place = self.messages.len().checked_sub(n)?;
        self.messages.get(place).map(|it| it.0)
    }

    pub(super) fn recipient(&self, at: Micros, number: u64) -> Option<Recipient> {
        let found = self.messages.get(self.place(at, number))?;
        (found.1 == number).then_some(found.2)
    }

    /// Takes the first message out, if it was not later than a moment.
    pub(super) fn take_until(&mut self, past: Micros) -> Option<(u64, Recipient)> {
        let first = self.messages.pop_front_if(|it| it.0 <= past)?;
        Some((first.1, first.2))
    }

    fn place(&self, at: Micros, number: u64) -> usize {
        self.messages.partition_point(|it| (it.0, it.1) < (at, number))
    }
}

/// The people who were written to outside an open conversation, by the last time that counts.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenedPeople {
    people: BTreeSet<(Micros, Recipient)>,
    /// The last answer of [`OpenedPeople::at_most`], which counts through all who are too many.
    known: Option<(usize, Option<Micros>)>,
}

impl OpenedPeople {
    pub(super) fn len(&self) -> usize {
        self.people.len()
    }

    pub(super) fn moved(&mut self, recipient: Recipient, from: Option<Micros>, to: Option<Micros>) {
        if from == to {
            return;
        }
        self.known = None;
        if let Some(at) = from {
            self.people.remove(&(at, recipient));
        }
        if let Some(at) = to {
            self.people.insert((at, recipient));
        }
    }

    /// The message that has to leave the window before at most `n` people are left; none if there are not more.
    pub(super) fn at_most(&mut self, n: usize) -> Option<Micros> {
        if let Some((_, known)) = self.known.filter(|it| it.0 == n) {
            return known;
        }
        let n_over = self.people.len().saturating_sub(n);
        let last = n_over.checked_sub(1).and_then(|it| self.people.iter().nth(it)).map(|it| it.0);
        self.known = Some((n, last));
        last
    }
}
