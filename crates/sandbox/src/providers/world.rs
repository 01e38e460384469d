//! The people and messages of one provider, from the seed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::draw::Draw;
use super::{Person, ProviderSettings, texts};

/// People of the whole world: there are no more numbers for fiction.
const PLACES: u32 = 9_999;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// From a person.
    Received,
    Delivered,
    /// It left, and nothing was heard of it.
    Sent,
    /// The phone could not be reached this time.
    Unreachable,
    /// There is no such number.
    UnknownNumber,
    /// The person had written STOP.
    Stopped,
}

/// A message between the business and a person.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The place among the messages of the provider, from the oldest.
    pub(crate) n: u64,
    /// The person's place.
    pub(crate) person: u32,
    pub(crate) direction: Direction,
    /// A whole second.
    pub(crate) at: Timestamp,
    pub(crate) body: String,
    pub(crate) outcome: Outcome,
    /// Whether a person refuses by it.
    pub(crate) is_stop: bool,
    /// Whether a person agrees again by it.
    pub(crate) is_start: bool,
}

/// The people and messages of one provider.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) provider: &'static str,
    pub(crate) people: Vec<Person>,
    /// The moment of the oldest message.
    pub(crate) oldest: Timestamp,
    /// The moment of the newest message, where the clock starts.
    pub(crate) newest: Timestamp,
    n_people: u32,
    /// Messages that were made, deleted ones included.
    n_messages: u64,
    /// The people whose newest word is STOP.
    stopped: BTreeSet<u32>,
}

impl World {
    pub(crate) fn new(settings: &ProviderSettings, provider: &'static str, starts_at: Timestamp) -> Self {
        let newest = Timestamp::from_second(starts_at.as_second()).unwrap_or(starts_at);
        let span = SignedDuration::from_hours(24 * i64::from(settings.days));
        let oldest = newest.saturating_sub(span).unwrap_or(newest);
        let n_people = settings.people;
        let people = (0..n_people).map(|it| Person::new(settings.seed, provider, it, n_people, oldest)).collect();
        Self {
            seed: settings.seed,
            provider,
            people,
            oldest,
            newest,
            n_people,
            n_messages: 0,
            stopped: BTreeSet::new(),
        }
    }

    /// The messages that are there at the start, from the oldest.
    pub(crate) fn first_messages(&mut self, n_messages: u32) -> Vec<Message> {
        let seconds = self.newest.duration_since(self.oldest).as_secs() as f64;
        let last = f64::from(n_messages.saturating_sub(1)).max(1.0);
        let message = |it: u32| {
            let after = SignedDuration::from_secs((seconds * f64::from(it) / last) as i64);
            // A single message is the newest.
            let at =
                if n_messages == 1 { self.newest } else { self.oldest.saturating_add(after).unwrap_or(self.newest) };
            self.next_message(at)
        };
        (0..n_messages).filter_map(message).collect()
    }

    /// A new message of somebody; none if nobody is there.
    pub(crate) fn next_message(&mut self, at: Timestamp) -> Option<Message> {
        let mut draw = self.draw("message", self.n_messages);
        let person = u32::try_from(draw.below(self.people.len())).ok()?;
        self.people.get(person as usize)?;
        let is_inbound = draw.share() < 0.4;
        let word = draw.share();
        let (body, direction) = match is_inbound {
            true if word < 0.06 => (draw.pick(&texts::STOP_WORDS), Direction::Inbound),
            true if word < 0.08 => (draw.pick(&texts::START_WORDS), Direction::Inbound),
            true => (draw.pick(&texts::INBOUND), Direction::Inbound),
            false => (draw.pick(&texts::OUTBOUND), Direction::Outbound),
        };
        let body = body.copied().unwrap_or_default().replace('#', &(1_000 + draw.below(9_000)).to_string());
        let outcome = match (direction, draw.share()) {
            (Direction::Inbound, _) => Outcome::Received,
            _ if self.stopped.contains(&person) => Outcome::Stopped,
            (_, share) if share < 0.86 => Outcome::Delivered,
            (_, share) if share < 0.90 => Outcome::Sent,
            (_, share) if share < 0.95 => Outcome::Unreachable,
            _ => Outcome::UnknownNumber,
        };
        Some(self.add(person, direction, at, body, outcome))
    }

    /// A word of consent from the person with this number; none if there is no such person.
    pub(crate) fn word_of(&mut self, phone: u64, word: &str, at: Timestamp) -> Option<Message> {
        let person = self.people.iter().find(|it| it.phone == phone)?.n;
        Some(self.add(person, Direction::Inbound, at, word.to_owned(), Outcome::Received))
    }

    fn add(&mut self, person: u32, direction: Direction, at: Timestamp, body: String, outcome: Outcome) -> Message {
        let n = self.n_messages;
        self.n_messages += 1;
        let is_inbound = direction == Direction::Inbound;
        let is_stop = is_inbound && texts::STOP_WORDS.contains(&body.as_str());
        let is_start = is_inbound && texts::START_WORDS.contains(&body.as_str());
        if is_stop {
            self.stopped.insert(person);
        }
        if is_start {
            self.stopped.remove(&person);
        }
        Message { n, person, direction, at, body, outcome, is_stop, is_start }
    }

    /// A person who was not there before, as long as numbers are left.
    pub(crate) fn next_person(&mut self, at: Timestamp) -> Option<Person> {
        let n = u32::try_from(self.people.len()).ok()?;
        let people = self.n_people..PLACES;
        let mut people = people.map(|place| Person::at_place(self.seed, self.provider, n, place, self.oldest));
        let mut person = people.find(|it| self.people.iter().all(|known| known.phone != it.phone))?;
        person.created_at = at;
        self.people.push(person.clone());
        Some(person)
    }

    /// The person of a row.
    pub(crate) fn person(&self, n: u32) -> Option<&Person> {
        self.people.get(n as usize)
    }

    /// Chances for something about the n-th row, person or message.
    pub(crate) fn draw(&self, purpose: &str, n: u64) -> Draw {
        Draw::new(self.seed, &[self.provider, purpose], n)
    }

    /// 64 hexadecimal digits that are unique to a purpose and a number, to cut ids from.
    pub(crate) fn hex(&self, purpose: &str, n: u64) -> String {
        hex::encode(self.draw(purpose, n).bytes())
    }

    /// An id such as `0f4c1a52-….`.
    pub(crate) fn uuid(&self, purpose: &str, n: u64) -> String {
        let hex = self.hex(purpose, n);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A world of 40 people whose clock starts at 2026-03-03T09:14:07Z.
    pub(crate) fn world(provider: &'static str) -> World {
        let settings = ProviderSettings { seed: 3, people: 40, days: 30, ..ProviderSettings::default() };
        World::new(&settings, provider, "2026-03-03T09:14:07.5Z".parse().unwrap())
    }

    #[test]
    fn the_newest_message_is_of_the_start_of_the_clock_and_the_oldest_of_its_days_before() {
        let mut world = world("twilio");
        let messages = world.first_messages(500);
        let at = |it: Option<&Message>| it.unwrap().at.to_string();
        assert_eq!(at(messages.first()), "2026-02-01T09:14:07Z");
        assert_eq!(at(messages.last()), "2026-03-03T09:14:07Z");
        assert!(messages.is_sorted_by_key(|it| it.at));
    }

    #[test]
    fn nothing_is_delivered_to_who_wrote_stop() {
        let mut world = world("twilio");
        let messages = world.first_messages(3_000);
        let mut stopped = BTreeSet::new();
        for message in &messages {
            if message.is_stop {
                stopped.insert(message.person);
            } else if message.is_start {
                stopped.remove(&message.person);
            } else if message.direction == Direction::Outbound {
                assert_eq!(message.outcome == Outcome::Stopped, stopped.contains(&message.person), "{message:?}");
            }
        }
        assert!(messages.iter().any(|it| it.outcome == Outcome::Stopped));
        assert!(messages.iter().any(|it| it.is_start));
    }

    #[test]
    fn new_people_have_new_numbers() {
        let mut world = world("twilio");
        for _ in 0..200 {
            world.next_person(Timestamp::UNIX_EPOCH).unwrap();
        }
        let phones: BTreeSet<u64> = world.people.iter().map(|it| it.phone).collect();
        assert_eq!((phones.len(), world.people.len()), (240, 240));
        assert!(world.people.iter().enumerate().all(|(n, it)| it.n as usize == n));
    }
}
