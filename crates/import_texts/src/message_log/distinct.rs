//! Messages with the same words, counted once.

use std::collections::HashMap;

use super::button::ButtonStats;

/// The masked texts of a log, and what is known about the messages of each.
pub(super) type DistinctMessages = HashMap<String, MessageStats>;

/// Counts and examples of all messages with the same masked text.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageStats {
    pub(super) n_messages: u64,
    /// The latest time, in seconds since 1970; none if the log says none that can be read.
    pub(super) last: Option<i64>,
    /// The phone number that they went to, none if the log says none.
    recipient: Option<String>,
    /// Whether they went to several phone numbers.
    pub(super) has_several_recipients: bool,
    /// An instruction how to stop SMS that was taken out of the text.
    pub(super) opt_out: Option<String>,
    pub(super) buttons: ButtonStats,
    /// One range for each masked word, in order.
    pub(super) values: Vec<ValueRange>,
}

/// The values that a masked word had.
#[derive(Clone, Debug)]
pub(super) struct ValueRange {
    pub(super) least: String,
    pub(super) greatest: String,
    pub(super) longest: u32,
}

impl MessageStats {
    pub(super) fn of_one(
        last: Option<i64>,
        recipient: Option<String>,
        opt_out: Option<String>,
        buttons: ButtonStats,
        values: &[String],
    ) -> Self {
        let values = values.iter().map(|it| ValueRange::of(it)).collect();
        Self { n_messages: 1, last, recipient, has_several_recipients: false, opt_out, buttons, values }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.join_counts(&other);
        if self.values.is_empty() {
            self.values = other.values;
        } else {
            for (value, other) in self.values.iter_mut().zip(other.values) {
                value.join(other);
            }
        }
    }

    /// Joins everything but the values, which belong to other words.
    pub(super) fn join_counts(&mut self, other: &Self) {
        self.n_messages += other.n_messages;
        self.last = self.last.max(other.last);
        self.has_several_recipients |= other.has_several_recipients
            || matches!((&self.recipient, &other.recipient), (Some(one), Some(another)) if one != another);
        self.opt_out = match (self.opt_out.take(), &other.opt_out) {
            (Some(one), Some(other)) => Some(one.min(other.clone())),
            (one, other) => one.or_else(|| other.clone()),
        };
        self.buttons.join(&other.buttons);
        if self.recipient.is_none() {
            self.recipient.clone_from(&other.recipient);
        }
    }

    /// Whether all went to one phone number, so that nothing tells a person's data from the text.
    pub(super) fn has_one_recipient(&self) -> bool {
        self.recipient.is_some() && !self.has_several_recipients
    }
}

impl ValueRange {
    fn of(value: &str) -> Self {
        Self { least: value.to_owned(), greatest: value.to_owned(), longest: length(value) }
    }

    fn join(&mut self, other: Self) {
        if other.least < self.least {
            self.least = other.least;
        }
        if other.greatest > self.greatest {
            self.greatest = other.greatest;
        }
        self.longest = self.longest.max(other.longest);
    }
}

/// The length of a text in characters.
pub(super) fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
