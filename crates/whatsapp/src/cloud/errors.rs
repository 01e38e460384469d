//! What the errors of the Cloud API mean for a message: the table `errors.tsv`, and its reader.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// What an error means for a message, and for what else is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorRule {
    pub codes: RangeInclusive<i64>,
    pub phase: ErrorPhase,
    pub scope: ErrorScope,
    /// Whether the message may have gone out all the same. It is never sent again by itself then.
    pub may_have_gone_out: bool,
    pub retry: Retry,
    pub hold: ErrorHold,
    /// Whether sending within the scope stops until an operator acts.
    pub stops: bool,
    pub exclude: Exclude,
    /// What it means and what to do next.
    pub text: &'static str,
    /// The day of the source, as `2026-09-11`.
    pub date: &'static str,
    /// The key of the source.
    pub source: &'static str,
}

/// Where an error comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorPhase {
    Answer,
    /// In a status of a message that was accepted.
    Webhook,
    Both,
}

/// What an error is about, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorScope {
    Request,
    /// A sender with a person.
    Pair,
    Person,
    Template,
    Number,
    Account,
    Portfolio,
}

/// Whether a message is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Once, after the hold.
    Wait,
    /// After 4^n seconds, n from 0.
    Backoff,
}

/// How long nothing of the kind is sent within the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorHold {
    No,
    Minutes(u32),
    /// Until a person or the platform ends it.
    Open,
}

/// What a person gets no more of on WhatsApp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclude {
    No,
    /// The rest of the campaign. Another channel may be used.
    Campaign,
    /// Marketing, until the person resumes it.
    Marketing,
    Always,
}

/// What an error of a send means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorMeaning {
    pub rule: &'static ErrorRule,
    /// Whether the table has the code. If it has not, an operator is told.
    pub is_known: bool,
    /// Whether the message may have gone out: by the rule, or because the server failed.
    pub may_have_gone_out: bool,
}

impl ErrorMeaning {
    /// Whether the message is sent again. What may have gone out never is.
    pub fn retry(&self) -> Retry {
        if self.may_have_gone_out { Retry::Never } else { self.rule.retry }
    }
}

const TABLE: &str = include_str!("errors.tsv");

/// The rule of a code that nobody knows: one attempt, and an operator is told.
static UNKNOWN: ErrorRule = ErrorRule {
    codes: i64::MIN..=i64::MAX,
    phase: ErrorPhase::Both,
    scope: ErrorScope::Request,
    may_have_gone_out: true,
    retry: Retry::Never,
    hold: ErrorHold::No,
    stops: false,
    exclude: Exclude::No,
    text: "This code is not in our table. Read the details of the answer. The message is not sent again by itself.",
    date: "",
    source: "",
};

static RULES: LazyLock<Vec<ErrorRule>> = LazyLock::new(|| lines().filter_map(read_line).collect());

/// All rules, in the order of the table. Of two that hold a code the first counts.
pub fn error_rules() -> &'static [ErrorRule] {
    &RULES
}

/// What the error of a `failed` status means; `code` is none if the status gives none.
pub fn error_of_status(code: Option<i64>) -> ErrorMeaning {
    let rule = code.and_then(|code| RULES.iter().find(|it| it.codes.contains(&code)));
    // A message that failed after it was accepted is not out, unless the code says so.
    meaning(rule)
}

/// What the answer to a send means that is no success: its HTTP status, and the code of its error if it has one. A server
/// that failed may have sent the message, whatever its code.
pub fn error_of_answer(http_status: u16, code: Option<i64>) -> ErrorMeaning {
    let meaning = error_of_status(code);
    ErrorMeaning { may_have_gone_out: meaning.may_have_gone_out || http_status >= 500, ..meaning }
}

fn meaning(rule: Option<&'static ErrorRule>) -> ErrorMeaning {
    let is_known = rule.is_some();
    let rule = rule.unwrap_or(&UNKNOWN);
    ErrorMeaning { rule, is_known, may_have_gone_out: rule.may_have_gone_out }
}

/// The lines of the table that are rules.
fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|it| !it.starts_with('#'))
}

/// Reads a line of the table. A test reads all.
fn read_line(line: &'static str) -> Option<ErrorRule> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [codes, phase, scope, gone, retry, hold, stops, exclude, text, date, source] = columns[..] else { return None };
    Some(ErrorRule {
        codes: read_codes(codes)?,
        phase: read_word(phase, &PHASES)?,
        scope: read_word(scope, &SCOPES)?,
        may_have_gone_out: read_word(gone, &YES_NO)?,
        retry: read_word(retry, &RETRIES)?,
        hold: read_hold(hold)?,
        stops: read_word(stops, &YES_NO)?,
        exclude: read_word(exclude, &EXCLUDES)?,
        text,
        date,
        source,
    })
}

const YES_NO: [(&str, bool); 2] = [("yes", true), ("no", false)];
const PHASES: [(&str, ErrorPhase); 3] =
    [("answer", ErrorPhase::Answer), ("webhook", ErrorPhase::Webhook), ("both", ErrorPhase::Both)];
const SCOPES: [(&str, ErrorScope); 7] = [
    ("request", ErrorScope::Request),
    ("pair", ErrorScope::Pair),
    ("person", ErrorScope::Person),
    ("template", ErrorScope::Template),
    ("number", ErrorScope::Number),
    ("account", ErrorScope::Account),
    ("portfolio", ErrorScope::Portfolio),
];
const RETRIES: [(&str, Retry); 3] = [("never", Retry::Never), ("wait", Retry::Wait), ("backoff", Retry::Backoff)];
const EXCLUDES: [(&str, Exclude); 4] = [
    ("no", Exclude::No),
    ("campaign", Exclude::Campaign),
    ("marketing", Exclude::Marketing),
    ("always", Exclude::Always),
];

fn read_word<T: Copy>(word: &str, words: &[(&str, T)]) -> Option<T> {
    words.iter().find(|it| it.0 == word).map(|it| it.1)
}

fn read_codes(text: &str) -> Option<RangeInclusive<i64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

fn read_hold(text: &str) -> Option<ErrorHold> {
    match (text, text.split_at_checked(text.len().checked_sub(1)?)?) {
        ("no", _) => Some(ErrorHold::No),
        ("open", _) => Some(ErrorHold::Open),
        (_, (n, "h")) => Some(ErrorHold::Minutes(n.parse::<u32>().ok()? * 60)),
        (_, (n, "m")) => Some(ErrorHold::Minutes(n.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of our facts, with their corrections.
    const FACTS: &str = "0 190 3 10 200 250 299 131005 1 2 4 33 100 368 131031 613 80007 130403 130429 130472 130497 131000 \
        131008 131009 131016 131020 131041 131021 131026 131030 131037 131042 131045 131047 131048 131049 131050 131051 \
        131052 131053 131056 131057 131059 131062 131063 131064 131201 131202 131203 131204 131205 131206 131207 131208 \
        131209 131210 131211 131212 131213 131214 131215 132000 132001 132005 132007 132008 132012 132015 132016 132018 \
        132068 132069 133004 133010 133016 134100 134101 134102 135000 137000 139100 139101 139102 139103 147001 147002 \
        147003 147004 147005 2388019 2388039 2388040 2388047 2388072 2388073 2388293 2388299 2494164 2494170 2494179 1005 \
        131055 131061 133015 134011 136024 139200 2494100 2593107 2593108 2593109";

    const PAGE: &str = "\
# Errors of WhatsApp

What the error codes of the Cloud API mean for a message, and what Ferry does. The table is `errors.tsv` of the crate `whatsapp`;
this page is made from it.

- **phase**: the answer to a send, a `failed` status that a webhook brings, or both.
- **about**: what the error is about. A pair is a sender with a person.
- **out**: whether the message may have gone out all the same. It is `unknown` then, and never sent again by itself: a status
  settles it. An answer with an HTTP status of 500 or more is treated so whatever its code.
- **retry**: `backoff` waits 4^n seconds, n from 0, and only what the error is about waits. `wait` is once, after the hold.
- **hold**: how long nothing of the kind is sent to what the error is about; `open` until a person or Meta ends it.
- **stop**: whether sending stops there until somebody acts.
- **exclude**: what the person gets no more of on WhatsApp: the rest of the `campaign`, `marketing` until they resume it, or
  anything (`always`).

A code that is not here gets one attempt, and the message may have gone out.

| code | phase | about | out | retry | hold | stop | exclude | what to do | as of |
|---|---|---|---|---|---|---|---|---|---|
";

    #[test]
    fn every_line_of_the_table_is_read() {
        let unread: Vec<&str> = lines().filter(|it| read_line(it).is_none()).collect();
        assert_eq!(unread, Vec::<&str>::new());
        for rule in error_rules() {
            assert!(rule.text.ends_with('.') && rule.text.len() > 20, "{:?}", rule.codes);
            assert!(rule.date.parse::<jiff::civil::Date>().is_ok(), "{:?}", rule.codes);
            assert!(["ERR", "CL", "GRP", "PW", "FAR"].contains(&rule.source), "{:?}", rule.codes);
        }
    }

    #[test]
    fn every_code_of_the_facts_is_in_the_table() {
        let is_missing = |it: &&str| !error_of_status(it.parse().ok()).is_known;
        assert_eq!(FACTS.split_whitespace().filter(is_missing).collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn no_line_is_hidden_by_one_before_it() {
        for (n, rule) in error_rules().iter().enumerate() {
            let hidden = |code| error_rules()[..n].iter().any(|it| it.codes.contains(&code));
            assert!(!rule.codes.clone().all(hidden), "{:?}", rule.codes);
        }
    }

    #[test]
    fn a_message_may_have_gone_out_where_meta_failed_and_is_not_sent_again_then() {
        for code in [131_000, 131_016, 133_004, 2] {
            assert!(error_of_answer(400, Some(code)).may_have_gone_out, "{code}");
        }
        for (status, code) in [(500, None), (502, None), (503, Some(131_056)), (500, Some(100)), (504, Some(4))] {
            let meaning = error_of_answer(status, code);
            assert_eq!((meaning.may_have_gone_out, meaning.retry()), (true, Retry::Never), "{status} {code:?}");
        }
        for code in [100, 131_026, 131_047, 131_056, 130_429, 190] {
            assert!(!error_of_answer(400, Some(code)).may_have_gone_out, "{code}");
        }
        for rule in error_rules().iter().filter(|it| it.may_have_gone_out) {
            assert_eq!(rule.retry, Retry::Never, "{:?}", rule.codes);
        }
    }

    #[test]
    fn a_code_that_nobody_knows_gets_one_attempt_and_an_operator_is_told() {
        for meaning in [error_of_answer(400, Some(999_999)), error_of_answer(400, None), error_of_status(None)] {
            assert_eq!((meaning.is_known, meaning.retry(), meaning.may_have_gone_out), (false, Retry::Never, true));
        }
    }

    #[test]
    fn an_error_slows_or_stops_what_it_is_about_and_nothing_else() {
        let of = |code| error_of_answer(400, Some(code)).rule;
        assert_eq!((of(131_056).scope, of(131_056).retry), (ErrorScope::Pair, Retry::Backoff));
        assert_eq!((of(131_049).scope, of(131_049).hold), (ErrorScope::Person, ErrorHold::Minutes(1440)));
        assert_eq!((of(131_050).exclude, of(130_403).exclude), (Exclude::Marketing, Exclude::Always));
        assert_eq!((of(131_048).scope, of(131_048).stops), (ErrorScope::Number, true));
        assert_eq!((of(190).scope, of(190).stops), (ErrorScope::Account, true));
        assert_eq!((of(132_015).scope, of(132_015).hold), (ErrorScope::Template, ErrorHold::Open));
        assert_eq!((of(134_101).retry, of(134_101).hold), (Retry::Wait, ErrorHold::Minutes(10)));
        assert_eq!((of(131_026).exclude, of(130_472).exclude), (Exclude::Campaign, Exclude::Campaign));
    }

    /// The page of the documentation that shows the table.
    fn page() -> String {
        let mut page = String::from(PAGE);
        for line in lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let [codes, phase, scope, gone, retry, hold, stops, exclude, text, date, _] = columns[..] else {
                panic!("{line}")
            };
            page += &format!(
                "| {codes} | {phase} | {scope} | {gone} | {retry} | {hold} | {stops} | {exclude} | {text} | {date} |\n"
            );
        }
        page
    }

    #[test]
    fn the_documentation_shows_the_table() {
        expect_test::expect_file!["../../../../docs/whatsapp-errors.md"].assert_eq(&page());
    }
}
