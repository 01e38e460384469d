//! Text of alerts: what is wrong with a template, and what to do next.

use jiff::{SignedDuration, Timestamp};
use sync::{Alert, Difference};

use crate::{day, minute};

/// What an alert says, without the name of the template.
pub fn message(alert: &Alert, now: Timestamp) -> String {
    match alert {
        Alert::Flagged { since, disabled_on } => format!(
            "flagged since {}: WhatsApp disables it on {} at the latest ({}) unless people complain less",
            day(*since),
            day(*disabled_on),
            days_left(*disabled_on, now)
        ),
        Alert::Disabled { since } => format!("disabled on {}: it can be neither sent nor edited any more", day(*since)),
        Alert::Paused { since, until: Some(until), .. } => {
            format!("paused since {}, until {}: it cannot be sent before", minute(*since), minute(*until))
        }
        Alert::Paused { since, pause, until: None } => {
            let which = pause.as_ref().map_or(String::new(), |it| format!(" ({it})"));
            format!("paused since {}{which}: it cannot be sent", minute(*since))
        }
        Alert::Rejected { reason: Some(reason) } => format!("rejected: {reason}"),
        Alert::Rejected { reason: None } => "rejected, without a reason".to_owned(),
        Alert::QualityDropped { from: Some(from), to } => format!("quality dropped from {from} to {to}"),
        Alert::QualityDropped { from: None, to } => format!("quality is {to}"),
        Alert::CategoryChanged { from, to } => format!("category changed from {from} to {to}"),
        Alert::CategoryWillChange { to, at } => {
            let when = at.map_or("soon, a day after WhatsApp's notice".to_owned(), |it| format!("at {}", minute(it)));
            format!("category changes to {to} {when}")
        }
        Alert::ContentDiffers { differences } => {
            let parts: Vec<String> = differences.iter().map(difference).collect();
            format!("approved otherwise than it was sent: {}", parts.join("; "))
        }
        Alert::Gone => "it was deleted, and its name cannot be used for 30 days".to_owned(),
    }
}

/// What to do about an alert.
pub fn advice(alert: &Alert) -> &'static str {
    match alert {
        Alert::Flagged { .. } => {
            "send it to fewer people, only to those who asked for it; prepare another text under a new name in time"
        }
        Alert::Disabled { .. } => "take it out of campaigns, and submit another text under a new name",
        Alert::Paused { pause: Some(pause), .. } if pause == "RATE_LIMITING_PAUSE" => {
            "unpause it in WhatsApp Manager, and send it more slowly"
        }
        Alert::Paused { .. } => {
            "stop campaigns with it, and edit its text: a first pause takes 3 hours, a second 6, and a third disables it"
        }
        Alert::Rejected { .. } => {
            "change the text and run `ferry template submit` again, or appeal in WhatsApp Manager"
        }
        Alert::QualityDropped { .. } => {
            "look at who gets it and how often: people block or report it, and WhatsApp pauses it if that goes on"
        }
        Alert::CategoryChanged { .. } => {
            "expect the price and the rules of the new category; if it is wrong, ask for a review in WhatsApp Manager"
        }
        Alert::CategoryWillChange { .. } => {
            "ask for a review in WhatsApp Manager before, or submit a text that fits its category under a new name"
        }
        Alert::ContentDiffers { .. } => {
            "read what people get now; edit the template if that is wrong, or take the new text over into the scenario"
        }
        Alert::Gone => "submit the text under a new name if it is still needed",
    }
}

/// A field and both of its values.
fn difference(difference: &Difference) -> String {
    let Difference { field, sent, approved } = difference;
    match (sent, approved) {
        (Some(sent), Some(approved)) => format!("{field}, sent “{sent}”, approved “{approved}”"),
        (Some(sent), None) => format!("{field}, sent “{sent}”, is missing"),
        (None, approved) => format!("{field}, “{}”, was not sent", approved.as_deref().unwrap_or_default()),
    }
}

fn days_left(at: Timestamp, now: Timestamp) -> String {
    match n_days_left(at, now) {
        0 => "today".to_owned(),
        1 => "1 day left".to_owned(),
        n => format!("{n} days left"),
    }
}

/// Days until then, begun ones counted; 0 once it is past.
pub fn n_days_left(at: Timestamp, now: Timestamp) -> i64 {
    let left = at.duration_since(now);
    if left <= SignedDuration::ZERO { 0 } else { (left.as_secs() + 24 * 3600 - 1) / (24 * 3600) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_alert_says_what_is_wrong_and_until_when() {
        let now = at("2026-12-05T12:00:00Z");
        let flagged = Alert::Flagged { since: at("2026-11-30T08:00:00Z"), disabled_on: at("2026-12-07T08:00:00Z") };
        let both = |field: &str, sent: Option<&str>, approved: Option<&str>| Difference {
            field: field.to_owned(),
            sent: sent.map(str::to_owned),
            approved: approved.map(str::to_owned),
        };
        let differences = vec![
            both("body text", Some("a"), Some("b")),
            both("footer", Some("c"), None),
            both("header", None, Some("d")),
        ];
        let since = now;
        let until = Some(at("2026-12-05T15:00:00Z"));
        let all = [
            flagged,
            Alert::Disabled { since },
            Alert::Paused { since, pause: Some("FIRST_PAUSE".into()), until },
            Alert::Paused { since, pause: Some("RATE_LIMITING_PAUSE".into()), until: None },
            Alert::Paused { since, pause: None, until: None },
            Alert::QualityDropped { from: Some("GREEN".into()), to: "YELLOW".into() },
            Alert::CategoryWillChange { to: "MARKETING".into(), at: until },
            Alert::CategoryWillChange { to: "MARKETING".into(), at: None },
            Alert::ContentDiffers { differences },
        ];
        expect_test::expect![[r#"
            flagged since 2026-11-30: WhatsApp disables it on 2026-12-07 at the latest (2 days left) unless people complain less
            disabled on 2026-12-05: it can be neither sent nor edited any more
            paused since 2026-12-05 12:00 UTC, until 2026-12-05 15:00 UTC: it cannot be sent before
            paused since 2026-12-05 12:00 UTC (RATE_LIMITING_PAUSE): it cannot be sent
            paused since 2026-12-05 12:00 UTC: it cannot be sent
            quality dropped from GREEN to YELLOW
            category changes to MARKETING at 2026-12-05 15:00 UTC
            category changes to MARKETING soon, a day after WhatsApp's notice
            approved otherwise than it was sent: body text, sent “a”, approved “b”; footer, sent “c”, is missing; header, “d”, was not sent"#]]
        .assert_eq(&all.map(|it| message(&it, now)).join("\n"));
    }

    #[test]
    fn a_day_that_has_begun_counts() {
        let now = at("2026-12-05T12:00:00Z");
        let left = ["2026-12-05T11:00:00Z", "2026-12-05T12:00:01Z", "2026-12-06T12:00:00Z", "2026-12-12T12:00:00Z"];
        assert_eq!(left.map(|it| n_days_left(at(it), now)), [0, 1, 1, 7]);
    }
}
