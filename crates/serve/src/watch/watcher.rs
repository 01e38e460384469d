//! Compares what is seen with what was told. Pure: it reads no clock and no database.

use std::collections::BTreeMap;

use crm::{ForwardCounts, PlatformFacts, StoppedTemplate, Unanswered, UnknownKinds};
use jiff::{SignedDuration, Timestamp};
use model::cleaned;
use sync::{PlatformAlertKind, platform_alerts};

use super::notice::{Notice, NoticeKind};

/// A program that takes nothing for so long is told of. A restart takes less.
const LATE: SignedDuration = SignedDuration::from_mins(15);
/// The looks in a row at which the server is ill, or well again, before that is told: a queue can be full for a moment.
const LOOKS: u32 = 2;
/// The most characters of a platform's word.
const MAX_WORD: usize = 64;

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub now: Timestamp,
    /// Why the server is ill; none if it is well.
    pub illness: Option<&'static str>,
    pub facts: PlatformFacts,
    /// All unknown kinds of events so far.
    pub unknown_kinds: UnknownKinds,
    pub unanswered: Unanswered,
    /// By webhook.
    pub forward: BTreeMap<String, ForwardCounts>,
}

/// Knows what was told.
#[derive(Default)]
pub struct Watcher {
    /// What was told and is not over, with its text.
    told: BTreeMap<(NoticeKind, String), String>,
    last: Seen,
    has_looked: bool,
    /// The looks in a row at which the server was otherwise than told.
    n_otherwise: u32,
}

impl Watcher {
    /// What was seen last.
    pub fn last(&self) -> &Seen {
        &self.last
    }

    /// Takes in what is seen, and returns what has begun and ended since. Each is told once, until it is over.
    pub fn look(&mut self, seen: Seen) -> Vec<Notice> {
        let mut now = conditions(&seen);
        self.steady(&mut now);
        let mut notices = Vec::new();
        self.told.retain(|(kind, subject), text| {
            let is_there = kind.is_news() || now.contains_key(&(*kind, subject.clone()));
            if !is_there {
                let text = format!("over: {text}");
                notices.push(Notice { kind: *kind, subject: subject.clone(), text, is_over: true });
            }
            is_there
        });
        for ((kind, subject), text) in now {
            if self.told.insert((kind, subject.clone()), text.clone()).is_some() {
                continue;
            }
            // What was there before the start was told before.
            if self.has_looked || !kind.is_news() {
                notices.push(Notice { kind, subject, text, is_over: false });
            }
        }
        (self.last, self.has_looked) = (seen, true);
        notices
    }

    /// Keeps the health as it was told, until it has been otherwise for some looks.
    fn steady(&mut self, now: &mut BTreeMap<(NoticeKind, String), String>) {
        let key = (NoticeKind::Ill, String::new());
        let (was_told, is_ill) = (self.told.get(&key).cloned(), now.contains_key(&key));
        if was_told.is_some() == is_ill {
            self.n_otherwise = 0;
            return;
        }
        self.n_otherwise += 1;
        if self.n_otherwise >= LOOKS {
            self.n_otherwise = 0;
            return;
        }
        match was_told {
            Some(text) => drop(now.insert(key, text)),
            None => drop(now.remove(&key)),
        }
    }
}

/// All that is to be told of what is seen, with its text.
fn conditions(seen: &Seen) -> BTreeMap<(NoticeKind, String), String> {
    let mut found = BTreeMap::new();
    let mut add = |kind: NoticeKind, subject: &str, text: String| drop(found.insert((kind, subject.to_owned()), text));
    if let Some(illness) = seen.illness {
        add(NoticeKind::Ill, "", format!("the server is ill: {illness}. {}", cure(illness)));
    }
    if seen.facts.n_dead > 0 {
        let text = format!("parts of bodies that cannot be read: {}; ferry events dead lists them", seen.facts.n_dead);
        add(NoticeKind::DeadLetters, "", text);
    }
    for (field, kind) in &seen.unknown_kinds {
        let name = format!("{} {}", cleaned(field, MAX_WORD), cleaned(kind, MAX_WORD)).trim_end().to_owned();
        let text =
            format!("the platform tells of {name}, which Ferry does not know: ferry events stats shows its form");
        add(NoticeKind::UnknownKind, &name, text);
    }
    for code in seen.facts.failed_codes.iter().filter(|it| !whatsapp::error_of_status(Some(**it)).is_known) {
        let text =
            format!("a message failed with code {code}, which Ferry does not know: its campaign treats it with care");
        add(NoticeKind::UnknownCode, &code.to_string(), text);
    }
    if seen.unanswered.n_conversations > 0 {
        add(NoticeKind::Unanswered, "", unanswered(seen));
    }
    for (webhook, counts) in &seen.forward {
        if counts.oldest_at.is_some_and(|it| seen.now.duration_since(it) > LATE) {
            let n = counts.n_waiting;
            let text =
                format!("bodies of {webhook} that wait to be handed on: {n}; look whether the program of forward runs");
            add(NoticeKind::NotHandedOn, webhook, text);
        }
        if counts.n_given_up > 0 {
            let n = counts.n_given_up;
            let text = format!("bodies of {webhook} that were given up: {n}; ferry webhook retry hands them on again");
            add(NoticeKind::GivenUp, webhook, text);
        }
    }
    found.extend(of_platform(&seen.facts));
    found
}

/// What the platform says of numbers, accounts and templates.
fn of_platform(facts: &PlatformFacts) -> BTreeMap<(NoticeKind, String), String> {
    let mut found = BTreeMap::new();
    let mut add = |kind: NoticeKind, subject: &str, text: String| drop(found.insert((kind, subject.to_owned()), text));
    for (subject, said) in &facts.said {
        // A limit that changes is no alarm.
        let alarms = platform_alerts(subject, said).into_iter().filter(|it| it.kind != PlatformAlertKind::LimitChanged);
        for alert in alarms {
            let who = if subject.sender.is_empty() { &subject.account } else { &subject.sender };
            add(NoticeKind::Platform, &format!("{who} {}", said.word.event), alert.text);
        }
    }
    for StoppedTemplate { account, name, language, status } in &facts.stopped_templates {
        let text = format!("the template {name} ({language}) of account {account} is {status}: pause its campaigns");
        add(NoticeKind::Template, &format!("{account} {name} {language} {status}"), text);
    }
    found
}

fn cure(illness: &str) -> &'static str {
    match illness {
        "database gone" => "Platforms send again what is not stored; look at the database",
        "queue full" => "More comes in than the database takes",
        _ => "Stored events are read too slowly",
    }
}

fn unanswered(seen: &Seen) -> String {
    let n = seen.unanswered.n_conversations;
    let since = seen.unanswered.oldest_at.map(|it| it.strftime("%FT%TZ").to_string()).unwrap_or_default();
    format!("conversations that wait for an answer for longer than the plan says: {n}, the oldest since {since}")
}
