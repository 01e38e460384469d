//! The people of a plan, and whose turn it is.

use jiff::{SignedDuration, Timestamp};
use phone::Region;

use crate::limit_table::LimitName;
use crate::usage::{Candidate, Recipient, Usage, Verdict};

/// People of one country in one step, who are all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Groups of the same audience are the same people: a second step writes to them again, and is spaced.
    pub audience: u32,
    pub step: u32,
    pub n_people: u32,
    pub country: Option<Region>,
    pub is_marketing: bool,
    /// Whether it is a marketing message or a notice.
    pub is_spaced: bool,
    /// Whether it is outside an open conversation.
    pub opens: bool,
    pub due: Due,
}

/// When the people of a group are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Now,
    /// Each at a moment of their own, in order. Whoever has none is due now.
    At(Vec<Timestamp>),
    /// Each so long after the message to the same person of an earlier group, which is named by its place in the plan and has
    /// the same audience.
    After {
        group: usize,
        wait: SignedDuration,
    },
}

/// The age of the messages of a test wave at which it is judged.
pub const JUDGED_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// What comes next.
pub(super) enum Turn {
    Send {
        group: usize,
        slot: Timestamp,
    },
    /// The limit is none if nobody is due before the moment.
    Wait {
        until: Timestamp,
        limit: Option<LimitName>,
    },
}

/// Where each group stands.
pub(super) struct Queue<'a> {
    groups: Vec<Place<'a>>,
    tests: Vec<Test>,
}

/// The test wave of a step.
struct Test {
    step: u32,
    n_left: u32,
    /// When the others may follow; `None` until the last of the wave has gone.
    judged_at: Option<Timestamp>,
}

struct Place<'a> {
    group: &'a Group,
    n_sent: u32,
    /// When each message went, if a later group waits for it.
    sent_at: Option<Vec<Timestamp>>,
    /// The last verdict of a wait. It holds until its moment: what is sent meanwhile only makes it later.
    wait: Option<(Timestamp, Option<LimitName>)>,
    never: Option<LimitName>,
}

impl Place<'_> {
    fn is_open(&self) -> bool {
        self.never.is_none() && self.n_sent < self.group.n_people
    }

    fn recipient(&self) -> Recipient {
        let mut recipient = [0; 32];
        recipient[..4].copy_from_slice(&self.group.audience.to_be_bytes());
        recipient[4..8].copy_from_slice(&self.n_sent.to_be_bytes());
        recipient
    }
}

impl<'a> Queue<'a> {
    pub(super) fn new(groups: &'a [Group], test_waves: &[(u32, u32)]) -> Self {
        let is_waited_for =
            |index| groups.iter().any(|it| matches!(it.due, Due::After { group, .. } if group == index));
        let place = |(index, group)| {
            let sent_at = is_waited_for(index).then(Vec::new);
            Place { group, n_sent: 0, sent_at, wait: None, never: None }
        };
        let test = |&(step, n_left): &(u32, u32)| Test { step, n_left, judged_at: None };
        Self { groups: groups.iter().enumerate().map(place).collect(), tests: test_waves.iter().map(test).collect() }
    }

    /// When the next person of a group is due; `None` if that is not known yet.
    fn due_at(&self, index: usize) -> Option<Timestamp> {
        let test = self.tests.iter().find(|it| it.step == self.groups[index].group.step);
        let after_test = test.and_then(|it| it.judged_at).unwrap_or(Timestamp::MIN);
        Some(self.person_due_at(index)?.max(after_test))
    }

    fn person_due_at(&self, index: usize) -> Option<Timestamp> {
        let place = &self.groups[index];
        let person = place.n_sent as usize;
        match &place.group.due {
            Due::Now => Some(Timestamp::MIN),
            Due::At(moments) => Some(moments.get(person).copied().unwrap_or(Timestamp::MIN)),
            Due::After { group, wait } => {
                let sent_at = self.groups.get(*group)?.sent_at.as_ref()?.get(person)?;
                Some(sent_at.saturating_add(*wait).unwrap_or(Timestamp::MAX))
            }
        }
    }

    /// Who is next, or how long all wait and for what; `None` if nobody is left.
    pub(super) fn turn(&mut self, now: Timestamp, usage: &mut Usage) -> Option<Turn> {
        let mut shortest: Option<(Timestamp, Option<LimitName>)> = None;
        // A limit of all people of a kind holds for each of them: who comes after need not be asked.
        let (mut all_wait, mut opening_wait) = (false, false);
        for index in 0..self.groups.len() {
            let place = &self.groups[index];
            if !place.is_open() || all_wait || (opening_wait && place.group.opens) {
                continue;
            }
            let Some(due_at) = self.due_at(index) else { continue };
            let place = &mut self.groups[index];
            if due_at > now {
                place.wait = Some((due_at, None));
            } else if place.wait.is_none_or(|it| it.0 <= now) {
                match verdict(place, now, usage) {
                    Verdict::At(slot) => return Some(Turn::Send { group: index, slot }),
                    Verdict::Later { not_before, limit } => place.wait = Some((not_before, Some(limit))),
                    Verdict::Never { limit } => place.never = Some(limit),
                }
            }
            let Some(wait) = place.wait.filter(|_| place.is_open()) else { continue };
            all_wait |= wait.1 == Some(LimitName::MessagesPerHour);
            opening_wait |= wait.1 == Some(LimitName::PeoplePerDay);
            if shortest.is_none_or(|it| wait.0 < it.0) {
                shortest = Some(wait);
            }
        }
        shortest.map(|(until, limit)| Turn::Wait { until, limit })
    }

    /// Takes the next person of a group, whose message goes at `slot`.
    pub(super) fn take(&mut self, group: usize, slot: Timestamp) -> (Recipient, &'a Group) {
        let place = &mut self.groups[group];
        let recipient = place.recipient();
        place.n_sent += 1;
        if let Some(sent_at) = &mut place.sent_at {
            sent_at.push(slot);
        }
        let step = place.group.step;
        if let Some(test) = self.tests.iter_mut().find(|it| it.step == step && it.n_left > 0) {
            test.n_left -= 1;
            test.judged_at = (test.n_left == 0).then(|| slot.saturating_add(JUDGED_AFTER).unwrap_or(slot));
        }
        (recipient, place.group)
    }

    /// Asks again about everybody who waits for a limit that has become wider.
    pub(super) fn forget_waits(&mut self, limit: LimitName) {
        for place in self.groups.iter_mut().filter(|it| it.wait.is_some_and(|it| it.1 == Some(limit))) {
            place.wait = None;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.iter().all(|it| it.n_sent == it.group.n_people)
    }

    pub(super) fn never(&self) -> Vec<(usize, LimitName)> {
        let never = |(index, it): (usize, &Place<'_>)| it.never.map(|limit| (index, limit));
        self.groups.iter().enumerate().filter_map(never).collect()
    }
}

fn verdict(place: &Place<'_>, now: Timestamp, usage: &mut Usage) -> Verdict {
    let &Group { country, is_marketing, is_spaced, opens, .. } = place.group;
    let recipient = place.recipient();
    usage.verdict(now, &Candidate { recipient, is_marketing, is_spaced, opens, template: "", country, zone: None })
}
