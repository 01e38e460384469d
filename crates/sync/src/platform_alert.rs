//! What an operator should hear of a number or an account.

use model::Severity;

use crate::last_word::{Said, Subject};

/// Something about a number or an account that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformAlert {
    pub subject: Subject,
    pub kind: PlatformAlertKind,
    pub severity: Severity,
    /// What it means and what to do next.
    pub text: String,
}

/// The kinds of [`PlatformAlert`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlatformAlertKind {
    NumberFlagged,
    NumberRestricted,
    NumberBlocked,
    NameDeclined,
    LimitChanged,
    AccountRestricted,
    AccountViolation,
    AccountClosed,
    AccountOffboarded,
}

use PlatformAlertKind as Kind;

/// The words that ask for something, with what to do next. Words of numbers and of accounts do not overlap.
const TABLE: &[(&str, Kind, Severity, &str)] = &[
    (
        "FLAGGED",
        Kind::NumberFlagged,
        Severity::Warning,
        "People block or report this number. Send less marketing, and only to people who have written or consented lately.",
    ),
    (
        "RESTRICTED",
        Kind::NumberRestricted,
        Severity::Error,
        "The number has reached its limit while its quality was low. It can answer people, but start no conversations, until the restriction ends. Pause its campaigns.",
    ),
    (
        "RATE_LIMITED",
        Kind::NumberRestricted,
        Severity::Error,
        "The number may not send for now. Pause its campaigns and look at it in WhatsApp Manager.",
    ),
    (
        "BANNED",
        Kind::NumberBlocked,
        Severity::Error,
        "The number is banned. Stop its campaigns and ask for a review in WhatsApp Manager.",
    ),
    (
        "DISCONNECTED",
        Kind::NumberBlocked,
        Severity::Error,
        "The number is not connected and cannot send. Register it again in WhatsApp Manager.",
    ),
    ("DELETED", Kind::NumberBlocked, Severity::Error, "The number is no longer in the account. Stop its campaigns."),
    (
        "MIGRATED",
        Kind::NumberBlocked,
        Severity::Error,
        "The number belongs to another account now. Stop its campaigns here.",
    ),
    (
        "DECLINED",
        Kind::NameDeclined,
        Severity::Warning,
        "The display name was declined. Choose another one in WhatsApp Manager.",
    ),
    (
        "ACCOUNT_RESTRICTION",
        Kind::AccountRestricted,
        Severity::Error,
        "The account is restricted. Pause its campaigns, and read in Business Support Home what is restricted and until when.",
    ),
    (
        "ACCOUNT_VIOLATION",
        Kind::AccountViolation,
        Severity::Error,
        "Meta says that the account breaks a rule. Read which one in Business Support Home, and stop what breaks it before Meta restricts the account.",
    ),
    (
        "DISABLED_UPDATE",
        Kind::AccountClosed,
        Severity::Error,
        "Meta has disabled the account or is about to. Stop all sending and ask for a review in Business Support Home.",
    ),
    ("ACCOUNT_DELETED", Kind::AccountClosed, Severity::Error, "The account was deleted. Nothing can be sent from it."),
    (
        "ACCOUNT_OFFBOARDED",
        Kind::AccountOffboarded,
        Severity::Error,
        "The account was taken off the platform. Connect it again before anything is sent.",
    ),
    (
        "PARTNER_REMOVED",
        Kind::AccountOffboarded,
        Severity::Error,
        "The account is no longer shared with this app, so nothing can be sent from it. Share it again.",
    ),
];

/// The fields whose limit is that of the business.
const LIMIT_WORDS: [&str; 2] = ["business_capability_update", "phone_number_quality_update"];

/// What is to be looked at as long as the last word on a subject is this one. A limit is told with each word that names it;
/// who notifies tells one only if it differs from the last one.
pub fn platform_alerts(subject: &Subject, said: &Said) -> Vec<PlatformAlert> {
    let alert = |kind, severity, text: String| PlatformAlert { subject: subject.clone(), kind, severity, text };
    let word = said.word.event.to_ascii_uppercase();
    let of_word = TABLE.iter().find(|it| it.0 == word).map(|it| alert(it.1, it.2, format!("{}{}", it.3, until(said))));
    let of_limit = said.limit.filter(|_| LIMIT_WORDS.contains(&subject.about.as_str())).map(|it| {
        let people = match it.limit {
            limit if limit < 0 => "any number of people".to_owned(),
            limit => format!("{limit} people"),
        };
        let text =
            format!("The business may begin conversations with {people} in 24 hours now. Plan its waves by that.");
        alert(Kind::LimitChanged, Severity::Warning, text)
    });
    of_word.into_iter().chain(of_limit).collect()
}

/// What a restriction says of its end.
fn until(said: &Said) -> String {
    let end = said.word.rest.iter().find(|it| it.0.ends_with("expiration"));
    end.map_or(String::new(), |it| format!(" It ends at {}.", it.1))
}
