//! The stories that events tell, four events each: a message and its answer, a talk, a call, a change of numbers.
//!
//! An event follows from the seed and its number alone, so any of them can be made at any time, twice if it has to be.

use jiff::Timestamp;

use crate::webhooks::cast::{MOST_PEOPLE, SENDERS, Someone};
use crate::webhooks::dice::Dice;
use crate::webhooks::people::{Telling, call, key_changed, moved, preference};
use crate::webhooks::profile::Profile;
use crate::webhooks::scene::{Item, Scene};
use crate::webhooks::statuses::{State, group_status, status};
use crate::webhooks::{business, messages};

/// The events of a story.
const STEPS: u64 = 4;

/// The days that the latest events are late.
const MOST_DAYS_LATE: u64 = 8;

const DAY: i64 = 86_400;

/// All events of a seed.
pub(super) struct Stories {
    pub(super) seed: u64,
    pub(super) profile: Profile,
    /// The number of all events, from which follow the number of people and the beginning.
    pub(super) n_events: u64,
    /// When the last story is told.
    pub(super) starts_at: Timestamp,
    /// The share of stories that are told days after they happened.
    pub(super) late: f64,
}

#[derive(Clone, Copy)]
enum Plot {
    Delivery,
    Talk,
    Group,
    Choices,
    Calls,
    Move,
    Business,
    Kept,
}

impl Stories {
    /// The event with a number, from 0 on.
    pub(super) fn event(&self, n: u64) -> Item {
        let (story, step) = (n / STEPS, n % STEPS);
        let mut dice = Dice::new(self.seed, "story", story);
        let plot = dice.weighed(&[
            (Plot::Delivery, 45),
            (Plot::Talk, 32),
            (Plot::Group, 2),
            (Plot::Choices, 5),
            (Plot::Calls, 4),
            (Plot::Move, 2),
            (Plot::Business, 7),
            (Plot::Kept, 3),
        ]);
        let scene = self.scene(story, &mut dice);
        match plot {
            Plot::Delivery => delivery(&scene, step, &mut dice),
            Plot::Talk => messages::message(&scene, step),
            Plot::Group => self.group(&scene, step, &mut dice),
            Plot::Choices => match step {
                0 | 2 => preference(&scene, step),
                _ => messages::message(&scene, step),
            },
            Plot::Calls => call(&scene, step),
            Plot::Move => self.change(scene, step, &mut dice),
            Plot::Business => business::event(&scene, step),
            Plot::Kept => business::kept(&scene, step),
        }
    }

    /// The days that the story of an event is late; 0 for most.
    pub(super) fn days_late(&self, n: u64) -> u64 {
        let mut dice = Dice::new(self.seed, "late", n / STEPS);
        if dice.chance(self.late) { 1 + dice.below(MOST_DAYS_LATE) } else { 0 }
    }

    pub(super) fn n_people(&self) -> u64 {
        (self.n_events / 25).clamp(50, u64::from(MOST_PEOPLE))
    }

    /// A story begins each second. One that is late began whole days before, so that no two begin at one moment unless
    /// there are more stories than a day has seconds.
    fn scene(&self, story: u64, dice: &mut Dice) -> Scene {
        let n_stories = self.n_events.div_ceil(STEPS);
        let before = n_stories as i64 - story as i64 + self.days_late(story * STEPS) as i64 * DAY;
        Scene {
            seed: self.seed,
            profile: self.profile,
            story,
            sender: &SENDERS[dice.below(SENDERS.len() as u64) as usize],
            someone: Someone::new(self.seed, dice.below(self.n_people()) as u32),
            at: self.starts_at.as_second() - before,
        }
    }

    /// A message to a group: one id, and a status for each of its members.
    fn group(&self, scene: &Scene, step: u64, dice: &mut Dice) -> Item {
        let first = dice.below(self.n_people()) as u32;
        let member = |n: u32| Someone::new(self.seed, (first + n) % self.n_people() as u32);
        match step {
            0 => group_status(scene, &member(0), State::Sent, 0),
            1 => group_status(scene, &member(0), State::Delivered, 1),
            2 => group_status(scene, &member(1), State::Delivered, 1),
            _ => group_status(scene, &member(1), State::Read, 3),
        }
    }

    /// Someone writes, changes the number or only the key of the phone, and writes again.
    fn change(&self, scene: Scene, step: u64, dice: &mut Dice) -> Item {
        if dice.chance(0.3) {
            return match step {
                1 => key_changed(&scene, step),
                _ => messages::message(&scene, step),
            };
        }
        let telling = dice.pick(&[Telling::Number, Telling::UserId, Telling::Update]);
        let (before, after) = Someone::moving(self.seed, scene.story);
        let as_before = Scene { someone: before, ..scene };
        match step {
            0 => messages::message(&as_before, step),
            1 => moved(&as_before, step, &after, telling),
            2 => messages::said_text(&Scene { someone: after, ..as_before }, step, "Voici mon nouveau numéro"),
            _ => status(&Scene { someone: after, ..as_before }, step, State::Delivered, 5),
        }
    }
}

/// A message of the business on one of its ways, and what the person answers.
fn delivery(scene: &Scene, step: u64, dice: &mut Dice) -> Item {
    use State::{Delivered, Failed, Held, Played, Read, Sent};
    let way: [Option<State>; 4] = dice.weighed(&[
        ([Some(Sent), Some(Delivered), Some(Read), None], 50),
        ([Some(Sent), Some(Delivered), None, None], 15),
        // `delivered` is left out if the message is read at once.
        ([Some(Sent), Some(Read), None, None], 8),
        ([Some(Sent), Some(Failed), None, None], 10),
        ([Some(Failed), None, None, None], 6),
        // Another phone of the person takes the message.
        ([Some(Sent), Some(Failed), Some(Delivered), Some(Read)], 4),
        ([Some(Held), Some(Sent), Some(Delivered), Some(Read)], 4),
        ([Some(Sent), Some(Delivered), Some(Played), None], 3),
    ]);
    match way[step as usize] {
        Some(state) => status(scene, 0, state, step as i64),
        None => messages::message(scene, step),
    }
}
