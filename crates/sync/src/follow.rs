//! From what is known and what is said now to what is known then.

use jiff::Timestamp;

use crate::alert::{Alert, of_status};
use crate::known::Known;
use crate::observation::{CategorySeen, Observation, StatusSeen};

/// What an observation has made of what was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    pub now: Known,
    /// What somebody should hear of once.
    pub alerts: Vec<Alert>,
}

/// Takes an observation into what is known.
///
/// - **An older observation changes nothing.** Status, score, category and content each have their own time, and a part
///   is taken if it is at least as new as the known one.
/// - **The same observation twice is the same as once**, and raises no second alert.
/// - **The order of arrival does not matter for words**: status, score, category and announced category are those of the
///   newest observation in any order. Of two with one time the graver word wins, so that nothing bad is overlooked.
/// - What is said beside a word (a reason, a pause, a day) is kept while the word stays, even if a newer observation does
///   not repeat it. It is missing if the observation that says it arrives late. `status_since` and `previous_category`
///   are about the order in which we heard.
/// - An alert is raised when something begins: never by an observation that changes nothing.
pub fn follow(known: &Known, seen: &Observation) -> Followed {
    let mut now = known.clone();
    let mut alerts = Vec::new();
    if let Some(status) = &seen.status {
        alerts.extend(follow_status(&mut now, status, seen.at));
    }
    if let Some(quality) = &seen.quality {
        alerts.extend(follow_quality(&mut now, quality, seen.at));
    }
    if let Some(category) = &seen.category {
        alerts.extend(follow_category(&mut now, category, seen.at));
    }
    if let Some(content) = &seen.content
        && (seen.at, content) > (known.content_at, known.content.as_ref().unwrap_or(&Vec::new()))
    {
        let is_news = known.content.as_ref() != Some(content) && !content.is_empty();
        (now.content, now.content_at) = (Some(content.clone()), seen.at);
        alerts.extend(is_news.then(|| Alert::ContentDiffers { differences: content.clone() }));
    }
    Followed { now, alerts }
}

fn follow_status(now: &mut Known, seen: &StatusSeen, at: Timestamp) -> Option<Alert> {
    let is_newer = (at, gravity(&seen.status), &seen.status) >= (now.status_at, gravity(&now.status), &now.status);
    if !is_newer {
        return None;
    }
    let is_same = now.status == seen.status;
    now.status_at = at;
    if is_same {
        // An observation without a reason or a date leaves the known ones.
        now.reason = seen.reason.clone().or(now.reason.take());
        now.disable_at = seen.disable_at.or(now.disable_at);
        now.pause = seen.pause.clone().or(now.pause.take());
        return None;
    }
    let StatusSeen { status, reason, disable_at, pause } = seen.clone();
    (now.status, now.status_since) = (status, at);
    (now.reason, now.disable_at, now.pause) = (reason, disable_at, pause);
    of_status(now)
}

/// Which of two statuses wins that apply to the same moment.
fn gravity(status: &str) -> usize {
    const GRAVE: [&str; 5] = ["FLAGGED", "REJECTED", "PAUSED", "DISABLED", crate::GONE];
    GRAVE.iter().position(|it| it.eq_ignore_ascii_case(status)).map_or(0, |it| it + 1)
}

fn follow_quality(now: &mut Known, seen: &str, at: Timestamp) -> Option<Alert> {
    let order = |it: &str| std::cmp::Reverse(score(it).unwrap_or(u8::MAX));
    if (at, order(seen), seen) < (now.quality_at, order(&now.quality), now.quality.as_str()) {
        return None;
    }
    let before = std::mem::replace(&mut now.quality, seen.to_owned());
    now.quality_at = at;
    let is_lower = match (score(&before), score(seen)) {
        (Some(before), Some(seen)) => seen < before,
        // A first score is a drop only if it is the lowest.
        (None, Some(seen)) => seen == LOWEST,
        (_, None) => false,
    };
    let from = Some(before).filter(|it| score(it).is_some());
    is_lower.then(|| Alert::QualityDropped { from, to: seen.to_owned() })
}

const LOWEST: u8 = 0;

/// A score as a number; none for `UNKNOWN` and for words that are not known.
fn score(word: &str) -> Option<u8> {
    match word.to_ascii_uppercase().as_str() {
        "GREEN" => Some(2),
        "YELLOW" => Some(1),
        "RED" => Some(LOWEST),
        _ => None,
    }
}

fn follow_category(now: &mut Known, seen: &CategorySeen, at: Timestamp) -> Vec<Alert> {
    let announced_word = now.announced.as_ref().map(|it| it.category.clone());
    let seen_word = seen.announced.as_ref().map(|it| it.category.clone()).filter(|it| *it != seen.category);
    if (at, &seen.category, &seen_word) < (now.category_at, &now.category, &announced_word) {
        return Vec::new();
    }
    now.category_at = at;
    let mut alerts = Vec::new();
    if now.category != seen.category {
        let from = std::mem::replace(&mut now.category, seen.category.clone());
        if !from.is_empty() {
            now.previous_category = from.clone();
            alerts.push(Alert::CategoryChanged { from, to: seen.category.clone() });
        }
    }
    // An announcement of the category that it has is carried out.
    let said = seen.announced.clone().filter(|it| it.category != seen.category);
    let kept_at = now.announced.take().filter(|it| Some(&it.category) == seen_word.as_ref()).and_then(|it| it.at);
    now.announced = said.map(|mut it| {
        it.at = it.at.or(kept_at);
        it
    });
    if announced_word != seen_word
        && let Some(it) = &now.announced
    {
        alerts.push(Alert::CategoryWillChange { to: it.category.clone(), at: it.at });
    }
    alerts
}
