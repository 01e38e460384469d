//! The traffic of a seed: which bodies are sent, in which order, and what is wrong with some.

use jiff::Timestamp;

use crate::webhooks::body::{assemble, in_ascii};
use crate::webhooks::dice::Dice;
use crate::webhooks::profile::Profile;
use crate::webhooks::signature::{Headers, Signer, WebhookKind};
use crate::webhooks::stories::Stories;
use crate::webhooks::twilio;
use crate::webhooks::webhook::{Manner, OK, Trick, UNAUTHORIZED, Webhook};

/// What the traffic is made of. Shares are from 0 to 1.
#[derive(Clone, Debug)]
pub struct TrafficSettings {
    /// Decides everything that is invented but the times.
    pub seed: u64,
    pub profile: Profile,
    /// The events of good bodies. Large bodies have more.
    pub events: u32,
    /// When the last event happened.
    pub starts_at: Timestamp,
    /// The path of good bodies.
    pub path: String,
    /// The share of bodies that are sent again, as they are or among others.
    pub doubled: f64,
    /// The share of bodies that are sent at any time, earlier or later.
    pub shuffled: f64,
    /// The share of stories that are told up to 8 days after they happened.
    pub late: f64,
    /// Forged requests, as a share of the good bodies.
    pub forged: f64,
    /// Truncated bodies, as a share of the good ones.
    pub truncated: f64,
    /// The share of bodies whose connection ends before they do.
    pub cut_off: f64,
    /// The share of bodies whose bytes trickle.
    pub slow: f64,
    /// Bodies of nearly 3 MB.
    pub large: u32,
}

/// The events of a large body, the most that Meta puts into one.
const LARGE_EVENTS: u32 = 1_000;

/// The size of a large body. Meta sends up to 3 MB.
const LARGE_BYTES: usize = 2_950_000;

/// A request that is to be made.
#[derive(Clone, Copy)]
enum Planned {
    /// The good body with a number.
    Body(u32),
    Again(u32),
    /// Events of other bodies. The number counts such requests.
    Regrouped(u32),
    Forged(u32),
    Truncated(u32),
    Large(u32),
}

/// Makes the requests one by one, in the order of sending.
pub struct Traffic {
    settings: TrafficSettings,
    signer: Signer,
    stories: Stories,
    /// The first event of each good body, and the end.
    starts: Vec<u32>,
    order: Vec<Planned>,
    next: usize,
}

impl Traffic {
    /// Plans the traffic.
    pub fn new(settings: TrafficSettings, signer: Signer) -> Self {
        let is_alone = settings.profile == Profile::PywaCompat || signer.kind() == WebhookKind::Twilio;
        let starts = if is_alone { (0..=settings.events).collect() } else { starts(&settings) };
        let order = order(&settings, starts.len() as u32 - 1);
        let is_extra = |it: &&Planned| matches!(it, Planned::Forged(_) | Planned::Truncated(_));
        let n_extra = 2 * order.iter().filter(is_extra).count() as u64;
        let stories = Stories {
            seed: settings.seed,
            profile: settings.profile,
            n_events: u64::from(settings.events + settings.large * LARGE_EVENTS) + n_extra,
            starts_at: settings.starts_at,
            late: settings.late,
        };
        Self { settings, signer, stories, starts, order, next: 0 }
    }

    /// The number of requests.
    pub fn n_requests(&self) -> usize {
        self.order.len()
    }

    /// The number of different events in bodies that must be accepted.
    pub fn n_events(&self) -> u64 {
        u64::from(self.settings.events) + u64::from(self.settings.large) * u64::from(LARGE_EVENTS)
    }

    fn make(&self, planned: Planned) -> Webhook {
        match planned {
            Planned::Body(n) => self.good(Trick::Good, self.events_of(n).collect()),
            Planned::Again(n) => self.good(Trick::Doubled, self.events_of(n).collect()),
            Planned::Regrouped(n) => self.good(Trick::Regrouped, self.regrouped(n)),
            Planned::Large(n) => self.large(n),
            Planned::Forged(n) => self.forged(n),
            Planned::Truncated(n) => self.truncated(n),
        }
    }

    fn events_of(&self, body: u32) -> std::ops::Range<u32> {
        let at = |n: u32| self.starts.get(n as usize).copied().unwrap_or(self.settings.events);
        at(body)..at(body + 1)
    }

    /// One to four events of anywhere. Alone where a body holds one.
    fn regrouped(&self, n: u32) -> Vec<u32> {
        let mut dice = Dice::new(self.settings.seed, "regrouped", u64::from(n));
        let is_alone = self.starts.len() as u32 == self.settings.events + 1;
        let n_events = if is_alone { 1 } else { 1 + dice.below(4) };
        (0..n_events).map(|_| dice.below(u64::from(self.settings.events)) as u32).collect()
    }

    fn good(&self, trick: Trick, events: Vec<u32>) -> Webhook {
        let (query, body) = self.body(&events);
        let headers = self.signer.headers(&query, &body);
        let is_late = self.signer.kind() != WebhookKind::Twilio
            && events.iter().any(|it| self.stories.days_late(u64::from(*it)) > 0);
        let n_events = events.len() as u32;
        Webhook { is_late, n_events, ..self.webhook(trick, &query, headers, body) }
    }

    /// The query and the body of events.
    fn body(&self, events: &[u32]) -> (String, String) {
        if self.signer.kind() == WebhookKind::Twilio {
            let n = events.first().copied().unwrap_or_default();
            let callback = twilio::callback(self.settings.seed, self.stories.n_people(), u64::from(n));
            return (callback.query, callback.form);
        }
        let items = events.iter().map(|it| self.stories.event(u64::from(*it))).collect();
        let body = assemble(items);
        // 360dialog hands on what it has read and written anew.
        let is_of_meta = self.signer.kind() == WebhookKind::Meta;
        (String::new(), if is_of_meta { in_ascii(&body) } else { body.to_string() })
    }

    /// A body of a thousand events, filled with spaces, which JSON allows between its parts.
    fn large(&self, n: u32) -> Webhook {
        let first = self.settings.events + n * LARGE_EVENTS;
        let is_form = self.signer.kind() == WebhookKind::Twilio;
        let events: Vec<u32> = (first..first + if is_form { 1 } else { LARGE_EVENTS }).collect();
        let (query, mut body) = self.body(&events);
        let n_missing = LARGE_BYTES.saturating_sub(body.len());
        match is_form {
            true => body.push_str(&format!("&Fill={}", "x".repeat(n_missing))),
            false => body.insert_str(1, &" ".repeat(n_missing)),
        }
        let headers = self.signer.headers(&query, &body);
        Webhook { n_events: events.len() as u32, ..self.webhook(Trick::Large, &query, headers, body) }
    }

    /// A request whose event is nowhere else, with a wrong signature.
    fn forged(&self, n: u32) -> Webhook {
        let mut dice = Dice::new(self.settings.seed, "forged", u64::from(n));
        let (query, body) = self.body(&[self.first_extra() + 2 * n]);
        let (headers, body) = self.signer.forged(&query, body, &mut dice);
        let forged = self.webhook(Trick::Forged, &query, headers, body);
        Webhook { n_events: 1, expected: UNAUTHORIZED, ..forged }
    }

    /// The first part of a body whose event is nowhere else. The part is signed: it is kept, and nothing can be read of it.
    fn truncated(&self, n: u32) -> Webhook {
        let mut dice = Dice::new(self.settings.seed, "truncated", u64::from(n));
        let (query, mut body) = self.body(&[self.first_extra() + 2 * n + 1]);
        let mut end = 1 + dice.below(body.len() as u64 - 1) as usize;
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        body.truncate(end);
        let headers = self.signer.headers(&query, &body);
        self.webhook(Trick::Truncated, &query, headers, body)
    }

    fn webhook(&self, trick: Trick, query: &str, headers: Headers, body: String) -> Webhook {
        Webhook {
            path: format!("{}{query}", self.settings.path),
            headers,
            body: body.into(),
            trick,
            manner: Manner::Whole,
            is_late: false,
            n_events: 0,
            expected: OK,
        }
    }

    /// The number of the first event that is in no good body.
    fn first_extra(&self) -> u32 {
        self.settings.events + self.settings.large * LARGE_EVENTS
    }
}

impl Iterator for Traffic {
    type Item = Webhook;

    fn next(&mut self) -> Option<Webhook> {
        let planned = *self.order.get(self.next)?;
        let mut dice = Dice::new(self.settings.seed, "manner", self.next as u64);
        self.next += 1;
        let mut webhook = self.make(planned);
        if webhook.trick != Trick::Forged && dice.chance(self.settings.cut_off) {
            webhook.manner = Manner::CutOff;
        } else if dice.chance(self.settings.slow) {
            webhook.manner = Manner::Slow;
        }
        Some(webhook)
    }
}

/// Cuts the events into bodies: most alone, some with a few others, one of a hundred with many.
fn starts(settings: &TrafficSettings) -> Vec<u32> {
    let mut dice = Dice::new(settings.seed, "sizes", 0);
    let (mut starts, mut at) = (vec![0], 0);
    while at < settings.events {
        let size = match dice.below(100) {
            0..76 => 1,
            76..95 => 2 + dice.below(4) as u32,
            95..99 => 6 + dice.below(24) as u32,
            _ => 40 + dice.below(80) as u32,
        };
        at = settings.events.min(at + size);
        starts.push(at);
    }
    starts
}

/// The share of doubled requests that have their events among others.
const REGROUPED: f64 = 0.3;

/// Puts all requests in order. A copy comes close behind its body, which can be at the same time, or any time later.
fn order(settings: &TrafficSettings, n_bodies: u32) -> Vec<Planned> {
    let n = f64::from(n_bodies);
    let mut dice = Dice::new(settings.seed, "order", 0);
    let mut placed: Vec<(f64, Planned)> = Vec::new();
    for body in 0..n_bodies {
        let place = if dice.chance(settings.shuffled) { dice.share() * n } else { f64::from(body) };
        placed.push((place, Planned::Body(body)));
        if dice.chance(settings.doubled) {
            let later = if dice.chance(0.5) { dice.share() * 4.0 } else { dice.share() * (n - place) };
            let is_regrouped = dice.chance(REGROUPED);
            placed.push((place + later, if is_regrouped { Planned::Regrouped(body) } else { Planned::Again(body) }));
        }
    }
    let mut scatter = |n_requests: f64, planned: fn(u32) -> Planned| {
        placed.extend((0..n_requests.round() as u32).map(|number| (dice.share() * n, planned(number))));
    };
    scatter(n * settings.forged, Planned::Forged);
    scatter(n * settings.truncated, Planned::Truncated);
    scatter(f64::from(settings.large), Planned::Large);
    placed.sort_by(|one, other| one.0.total_cmp(&other.0));
    placed.into_iter().map(|it| it.1).collect()
}
