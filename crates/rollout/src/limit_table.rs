//! The limits of sending: the table `limits.tsv`, and its reader.

use std::fmt;
use std::sync::LazyLock;

use jiff::SignedDuration;

use crate::hours::Window;

/// A limit by its stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitName {
    NumberRate,
    PairRate,
    PeoplePerDay,
    AccountCalls,
    PersonPerDay,
    PersonSpacing,
    Hours,
    MessagesPerHour,
    ReleasedRows,
    Hold,
}

const NAMES: [(&str, LimitName); 10] = [
    ("number-rate", LimitName::NumberRate),
    ("pair-rate", LimitName::PairRate),
    ("people-per-day", LimitName::PeoplePerDay),
    ("account-calls", LimitName::AccountCalls),
    ("person-per-day", LimitName::PersonPerDay),
    ("person-spacing", LimitName::PersonSpacing),
    ("hours", LimitName::Hours),
    ("messages-per-hour", LimitName::MessagesPerHour),
    ("released-rows", LimitName::ReleasedRows),
    ("hold", LimitName::Hold),
];

impl LimitName {
    /// All limits, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|it| it.1)
    }

    /// The stable name, such as `people-per-day`.
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|it| it.1 == self).map_or("", |it| it.0)
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        read_word(name, &NAMES)
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One line of the table: a limit in one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRule {
    pub name: LimitName,
    /// Which of several values, such as `upgraded` or `TIER_2K`. The names of tiers are those of the platform.
    pub case: &'static str,
    pub scope: LimitScope,
    pub kind: LimitKind,
    pub amount: Amount,
    /// The window of a count, the distance of two messages, or the length of a hold.
    pub period: Option<SignedDuration>,
    pub whose: Whose,
    /// What it means and what to do.
    pub text: &'static str,
    /// The day of the source, as `2026-09-11`.
    pub date: &'static str,
    /// The key of the source.
    pub source: &'static str,
}

/// What a limit is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitScope {
    Number,
    /// A sender with a person.
    Pair,
    Template,
    Portfolio,
    Account,
    Person,
    Country,
    Campaign,
}

/// How a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    Rate,
    /// Messages ahead of the rate.
    Burst,
    /// Different people in a window.
    People,
    /// Messages in a window.
    Messages,
    /// Time between two messages.
    Apart,
    Hours,
    Rows,
    Hold,
}

/// How much a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Number(u32),
    Hours(Window),
    /// No limit; for a hold, no end of its own.
    Open,
}

/// Who enforces a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Platform,
    /// Our own choice; the plan can change it.
    Ours,
}

const TABLE: &str = include_str!("limits.tsv");

static RULES: LazyLock<Vec<LimitRule>> = LazyLock::new(|| lines().filter_map(read_line).collect());

/// All limits, in the order of the table.
pub fn limit_rules() -> &'static [LimitRule] {
    &RULES
}

/// The limit of a name in a case, such as `TIER_2K` of `people-per-day`.
pub fn limit_rule(name: LimitName, case: &str) -> Option<&'static LimitRule> {
    RULES.iter().find(|it| it.name == name && it.case == case)
}

/// The lines of the table that are limits.
fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|it| !it.starts_with('#'))
}

/// Reads a line of the table. A test reads all.
fn read_line(line: &'static str) -> Option<LimitRule> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, case, scope, kind, amount, period, whose, text, date, source] = columns[..] else { return None };
    Some(LimitRule {
        name: read_word(name, &NAMES)?,
        case,
        scope: read_word(scope, &SCOPES)?,
        kind: read_word(kind, &KINDS)?,
        amount: read_amount(amount)?,
        period: read_period(period)?,
        whose: read_word(whose, &[("platform", Whose::Platform), ("ours", Whose::Ours)])?,
        text,
        date,
        source,
    })
}

const SCOPES: [(&str, LimitScope); 8] = [
    ("number", LimitScope::Number),
    ("pair", LimitScope::Pair),
    ("template", LimitScope::Template),
    ("portfolio", LimitScope::Portfolio),
    ("account", LimitScope::Account),
    ("person", LimitScope::Person),
    ("country", LimitScope::Country),
    ("campaign", LimitScope::Campaign),
];
const KINDS: [(&str, LimitKind); 8] = [
    ("rate", LimitKind::Rate),
    ("burst", LimitKind::Burst),
    ("people", LimitKind::People),
    ("messages", LimitKind::Messages),
    ("apart", LimitKind::Apart),
    ("hours", LimitKind::Hours),
    ("rows", LimitKind::Rows),
    ("hold", LimitKind::Hold),
];

fn read_word<T: Copy>(word: &str, words: &[(&str, T)]) -> Option<T> {
    words.iter().find(|it| it.0 == word).map(|it| it.1)
}

fn read_amount(text: &str) -> Option<Amount> {
    match text {
        "-" => Some(Amount::Open),
        _ if text.contains(':') => Window::parse(text).map(Amount::Hours),
        _ => text.parse().ok().map(Amount::Number),
    }
}

fn read_period(text: &str) -> Option<Option<SignedDuration>> {
    let (n, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    match unit {
        "-" => Some(None),
        "h" => n.parse().ok().map(|n| Some(SignedDuration::from_hours(n))),
        "s" => n.parse().ok().map(|n| Some(SignedDuration::from_secs(n))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Limits of sending

How much may be sent, and what Ferry does about it. The table is `limits.tsv` of the crate `rollout`; this page is made from it.
All limits hold together. Wherever a message waits, the limit that decides when it goes is named.

- **case**: which of several values holds: what the platform says of the number or the portfolio, or what the plan chooses.
- **for**: what is counted. A pair is a sender with a person.
- **kind**: a `rate` is kept evenly; a `burst` goes ahead of the rate; `people` are different people and `messages` all messages
  in any window of that length; `apart` is the time between two messages; `rows` are messages that wait; a `hold` lets nothing
  go until it ends.
- **amount**, **in**: how much, in any window of that length. Windows slide: there is no hour or midnight at which a count
  begins anew. `-` is no limit; for a hold it means that the hold has no end of its own.
- **whose**: Meta enforces the limits of the `platform`. Limits that are `ours` can be changed in the plan.

A person counts for `people-per-day` from the moment when the message is about to be sent, and is given back when it fails.

| limit | case | for | kind | amount | in | whose | what it means | as of |
|---|---|---|---|---|---|---|---|---|
";

    const HOURS: &str = "
## Hours by country

A moment is allowed if the clock allows it in every time zone of the person's country, or in the person's own zone if that is
known. People whose country is not known are not written to, unless the plan names a zone for them. These countries allow less
than the plan:

";

    #[test]
    fn every_line_of_the_table_is_read() {
        let unread: Vec<&str> = lines().filter(|it| read_line(it).is_none()).collect();
        assert_eq!(unread, Vec::<&str>::new());
        for rule in limit_rules() {
            assert!(rule.text.ends_with('.') && rule.text.len() > 20, "{rule:?}");
            assert!(rule.date.parse::<jiff::civil::Date>().is_ok(), "{rule:?}");
            assert!(["THR", "ABOUT", "LIM", "PUL", "FAR", "REQ"].contains(&rule.source), "{rule:?}");
            assert_eq!(limit_rule(rule.name, rule.case), Some(rule), "a case stands once");
        }
    }

    #[test]
    fn every_limit_has_a_name_and_a_line() {
        for name in LimitName::all() {
            assert_eq!(LimitName::from_name(name.as_str()), Some(name));
            assert!(limit_rules().iter().any(|it| it.name == name), "{name}");
        }
    }

    #[test]
    fn a_number_that_no_design_text_confirms_says_so() {
        for rule in limit_rules().iter().filter(|it| it.source == "REQ" && it.name != LimitName::ReleasedRows) {
            assert!(rule.text.contains("(unconfirmed)"), "{rule:?}");
        }
    }

    /// The page of the documentation that shows the table, and the hours of countries.
    fn page() -> String {
        let mut page = String::from(PAGE);
        for line in lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let [name, case, scope, kind, amount, period, whose, text, date, _] = columns[..] else { panic!("{line}") };
            page +=
                &format!("| {name} | {case} | {scope} | {kind} | {amount} | {period} | {whose} | {text} | {date} |\n");
        }
        page += HOURS;
        for rule in crate::hours::hour_rules() {
            page += &format!(
                "- {} ({}, {}) {}\n",
                rule.country,
                rule.window,
                rule.date,
                [rule.text, rule.doubt].join(" ").trim()
            );
        }
        page
    }

    #[test]
    fn the_documentation_shows_the_table() {
        expect_test::expect_file!["../../../docs/sending-limits.md"].assert_eq(&page());
    }
}
