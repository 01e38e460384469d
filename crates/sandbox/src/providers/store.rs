//! The rows that a provider holds or has held.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Direction, Key, Message, Provider, World};

/// Rows of one moment under the fault `tied-times`: all of six hours.
const TIED: SignedDuration = SignedDuration::from_hours(6);

/// A row of a stream of a provider.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Such as `messages`.
    pub(crate) stream: &'static str,
    /// The place among the rows of the stream that were ever made. Set by the store.
    pub(crate) n: u64,
    /// The place of the person.
    pub(crate) person: u32,
    /// The message that left the row: rows of one message share it.
    pub(crate) message: Option<u64>,
    pub(crate) direction: Option<Direction>,
    /// What the provider says of when, to the second.
    pub(crate) at: Timestamp,
    pub(crate) body: Option<String>,
    /// In the word of the provider.
    pub(crate) status: &'static str,
    /// The provider's code.
    pub(crate) error: Option<i64>,
    /// Whether it was deleted, or taken back by START.
    pub(crate) is_deleted: bool,
    /// Whether it came after the start.
    pub(crate) is_appended: bool,
}

impl Row {
    /// A row of a stream about a person.
    pub(crate) fn new(stream: &'static str, person: u32, at: Timestamp) -> Self {
        let (n, message, direction, body, status, error) = (0, None, None, None, "", None);
        Self { stream, n, person, message, direction, at, body, status, error, is_deleted: false, is_appended: false }
    }

    /// A row about a message.
    pub(crate) fn of_message(
        stream: &'static str,
        message: &Message,
        status: &'static str,
        error: Option<i64>,
    ) -> Self {
        let row = Self::new(stream, message.person, message.at);
        let (direction, body) = (Some(message.direction), Some(message.body.clone()));
        Self { message: Some(message.n), direction, body, status, error, ..row }
    }
}

/// The rows of one provider, and what it keeps besides.
pub(crate) struct Store {
    pub(crate) world: World,
    /// By stream. The rows of each are in the order of their moments, then of `n`.
    streams: BTreeMap<&'static str, Vec<Row>>,
    pending: Vec<Pending>,
    /// The calls that count against a rate: the place of the rate and the moment.
    pub(super) recent: Vec<(usize, Timestamp)>,
    own: HashMap<TypeId, Box<dyn Any + Send>>,
    is_tied: bool,
}

/// A change that happens after so many more calls.
struct Pending {
    calls_left: u64,
    change: Change,
}

/// A change of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// So many new rows.
    Append(u64),
    /// So many new people.
    AppendPeople(u64),
    /// So many rows of a stream, or of any, are deleted.
    Delete(u64, Option<String>),
    /// The person with these digits writes a word.
    Word(u64, String),
}

impl Store {
    /// The rows that are there at the start.
    pub(super) fn new(provider: &dyn Provider, mut world: World, n_messages: u32, is_tied: bool) -> Self {
        let messages = world.first_messages(n_messages);
        let mut rows: Vec<Row> = Vec::new();
        for person in &world.people {
            rows.extend(provider.person_rows(&world, person));
        }
        let (streams, pending, recent, own) = Default::default();
        let mut store = Self { world, streams, pending, recent, own, is_tied };
        rows.into_iter().for_each(|it| store.insert(it));
        for message in &messages {
            store.add_message(provider, message, false);
        }
        store
    }

    /// The rows of a stream that are there, the oldest first.
    pub(crate) fn rows(&self, stream: &str) -> impl DoubleEndedIterator<Item = &Row> {
        self.streams.get(stream).into_iter().flatten().filter(|it| !it.is_deleted)
    }

    /// The rows of a stream with `since <= at < until`, deleted ones too, the oldest first.
    pub(crate) fn between(&self, stream: &str, since: Timestamp, until: Timestamp) -> &[Row] {
        let rows = self.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let before = |moment| rows.partition_point(|it| it.at < moment);
        rows.get(before(since)..before(until)).unwrap_or_default()
    }

    /// What the provider keeps besides rows, by its type.
    pub(crate) fn own<T: Default + Send + 'static>(&mut self) -> Option<&mut T> {
        self.own.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default())).downcast_mut()
    }

    /// Makes a change now.
    pub(super) fn change(&mut self, provider: &dyn Provider, change: &Change, now: Timestamp) {
        match change {
            Change::Append(n) if provider.has_messages() => (0..*n).for_each(|_| {
                if let Some(message) = self.world.next_message(whole_second(now)) {
                    self.add_message(provider, &message, true);
                }
            }),
            Change::Append(n) | Change::AppendPeople(n) => (0..*n).for_each(|_| {
                if let Some(person) = self.world.next_person(whole_second(now)) {
                    let rows = provider.person_rows(&self.world, &person);
                    rows.into_iter().for_each(|it| self.insert(Row { is_appended: true, ..it }));
                }
            }),
            Change::Delete(n, stream) => self.delete(*n, stream.as_deref()),
            Change::Word(phone, word) => {
                if let Some(message) = self.world.word_of(*phone, word, whole_second(now)) {
                    self.add_message(provider, &message, true);
                }
            }
        }
    }

    /// Makes a change after `calls` more calls.
    pub(super) fn change_later(&mut self, calls: u64, change: Change) {
        self.pending.push(Pending { calls_left: calls, change });
    }

    /// Notes that a call was answered, and makes the changes that waited for it.
    pub(super) fn after_call(&mut self, provider: &dyn Provider, now: Timestamp) {
        self.pending.iter_mut().for_each(|it| it.calls_left = it.calls_left.saturating_sub(1));
        let due = self.pending.extract_if(.., |it| it.calls_left == 0).map(|it| it.change).collect::<Vec<_>>();
        due.iter().for_each(|it| self.change(provider, it, now));
    }

    /// From now on all rows of six hours are of one moment.
    pub(super) fn tie(&mut self) {
        if !self.is_tied {
            self.is_tied = true;
            for rows in self.streams.values_mut() {
                rows.iter_mut().for_each(|it| it.at = tied(it.at));
                rows.sort_by_key(Key::of);
            }
        }
    }

    fn add_message(&mut self, provider: &dyn Provider, message: &Message, is_appended: bool) {
        if message.is_start {
            for stream in provider.refusals() {
                let rows = self.streams.get_mut(stream).into_iter().flatten();
                rows.filter(|it| it.person == message.person).for_each(|it| it.is_deleted = true);
            }
        }
        for row in provider.message_rows(&self.world, message) {
            let is_set = provider.refusals().contains(&row.stream);
            if !is_set || !self.rows(row.stream).any(|it| (it.person, it.status) == (row.person, row.status)) {
                self.insert(Row { is_appended, ..row });
            }
        }
    }

    fn insert(&mut self, mut row: Row) {
        if self.is_tied {
            row.at = tied(row.at);
        }
        let rows = self.streams.entry(row.stream).or_default();
        row.n = rows.len() as u64;
        let place = rows.partition_point(|it| it.at <= row.at);
        rows.insert(place, row);
    }

    /// Deletes rows that the seed chooses.
    fn delete(&mut self, n: u64, stream: Option<&str>) {
        for _ in 0..n {
            let is_here = |it: &&mut Row| !it.is_deleted && stream.is_none_or(|wanted| it.stream == wanted);
            let mut present: Vec<&mut Row> = self.streams.values_mut().flatten().filter(is_here).collect();
            let place = self.world.draw("delete", present.len() as u64).below(present.len());
            if let Some(row) = present.get_mut(place) {
                row.is_deleted = true;
            }
        }
    }

    /// Every row that there is or was, as the ledger has it.
    pub(super) fn ledger(&self, provider: &dyn Provider) -> impl Iterator<Item = Value> {
        self.streams.values().flatten().map(|row| {
            let person = self.world.person(row.person);
            let mut line = json!({
                "stream": row.stream, "id": provider.row_id(&self.world, row), "at": row.at.to_string(),
                "direction": row.direction.map(Direction::name), "body": row.body, "status": row.status,
                "error": row.error, "state": if row.is_deleted { "deleted" } else { "present" },
                "appended": row.is_appended,
            });
            match provider.knows_viber_ids() {
                true => line["viber_id"] = person.map(|it| it.viber_id.clone()).into(),
                false => line["phone"] = person.map(|it| it.e164()).into(),
            }
            line
        })
    }
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn tied(at: Timestamp) -> Timestamp {
    let seconds = TIED.as_secs();
    Timestamp::from_second(at.as_second().div_euclid(seconds) * seconds).unwrap_or(at)
}
