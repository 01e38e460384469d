//! Messages with the same words, counted once.

use std::collections::HashMap;

/// The masked texts of a log, and what is known about the messages of each.
pub(super) type DistinctMessages = HashMap<String, MessageStats>;

/// Counts and examples of all messages with the same masked text.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageStats {
    pub(super) n_messages: u64,
    /// The latest date, as the log writes it.
    pub(super) last: String,
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
    pub(super) fn join(&mut self, other: Self) {
        self.n_messages += other.n_messages;
        self.last = std::mem::take(&mut self.last).max(other.last);
        if self.values.is_empty() {
            self.values = other.values;
        } else {
            for (value, other) in self.values.iter_mut().zip(other.values) {
                value.join(other);
            }
        }
    }
}

impl ValueRange {
    pub(super) fn of(value: &str) -> Self {
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
