//! What the answer to a send says.

use std::time::Duration;

use http::AnswerHeaders;
use jiff::Timestamp;
use model::{MAX_STATUS, MAX_WA_ID, Personal, cleaned, is_plain};
use serde::Deserialize;
use serde_json::Value;

use crate::{ErrorMeaning, error_of_answer};

/// The longest details that are kept, in characters. Meta's are a sentence or two.
const MAX_DETAILS: usize = 500;
/// The longest id of a message that is kept. Those of 2026 have about 60 characters.
const MAX_MESSAGE_ID: usize = 512;
/// As many digits can be a phone number without its area code. Codes of errors of a send have at most 6.
const PHONE_DIGITS: usize = 7;

/// A whole answer to a send, and what its headers say beside.
#[derive(Clone, Debug, PartialEq)]
pub struct SendReply {
    pub answer: SendAnswer,
    pub status: u16,
    /// The clock of the platform.
    pub date: Option<Timestamp>,
    /// The wait that the platform asks for.
    pub retry_after: Option<Duration>,
    /// How much of its calls the account has used; none if the answer does not say.
    pub usage: Option<AccountUsage>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum SendAnswer {
    Accepted(AcceptedMessage),
    /// It did not go out.
    Refused(SendFailure),
    /// It may have gone out, so it is not sent again by itself. The failure is none if the answer cannot be read.
    Unknown(Option<SendFailure>),
}

/// A message that the platform has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMessage {
    /// The id that statuses name (`wamid…`). It holds the phone number in base64.
    pub message: Personal<String>,
    /// The WhatsApp id; none if the message went to a user id.
    pub wa_id: Option<Personal<String>>,
    /// The user id; none if the message went to a phone number.
    pub user_id: Option<Personal<String>>,
    pub status: Acceptance,
}

/// What the platform does with a message that it has taken. Only answers about templates say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    Accepted,
    /// It is kept until a sample of the template or of the portfolio was judged (`held_for_quality_assessment`).
    Held,
    Paused,
    /// A word that we do not know.
    Other(String),
}

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendFailure {
    pub meaning: ErrorMeaning,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// The platform's own words, without anything that can be a phone number.
    pub details: String,
    /// By what Meta finds the call (`fbtrace_id`).
    pub trace: Option<String>,
}

/// How much of its calls an account has used, from `X-Business-Use-Case-Usage`. The largest share counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountUsage {
    pub percent: u16,
    /// After how many minutes calls are allowed again; 0 if they are.
    pub minutes_to_regain: u32,
}

/// Reads the answer to a send.
///
/// Only a success with the id of a message is an acceptance. Only an answer below 500 whose code says that nothing went out
/// is a refusal; all else is unknown, also a code that we do not know. Two statuses say by themselves that nothing was
/// done, whatever the body: 401 counts as code 190, and 429 as code 130429.
pub fn read_send_answer(status: u16, headers: &AnswerHeaders, body: &[u8]) -> SendReply {
    SendReply {
        answer: answer(status, body),
        status,
        date: headers.date,
        retry_after: headers.retry_after,
        usage: headers.business_use_case_usage.as_deref().and_then(usage),
    }
}

fn answer(status: u16, body: &[u8]) -> SendAnswer {
    let is_success = (200..300).contains(&status);
    if let (true, Some(accepted)) = (is_success, accepted(body)) {
        return SendAnswer::Accepted(accepted);
    }
    let error = serde_json::from_slice::<Failed>(body).map(|it| it.error).ok();
    let Some(code) = error.as_ref().and_then(|it| it.code).or(code_of_status(status)) else {
        // A success that names no message, and a page of something on the way to Meta.
        let failure = (!is_success || error.is_some()).then(|| failure(status, None, error));
        return SendAnswer::Unknown(failure);
    };
    let failure = failure(status, Some(code), error);
    match failure.meaning.may_have_gone_out {
        true => SendAnswer::Unknown(Some(failure)),
        false => SendAnswer::Refused(failure),
    }
}

/// The code that a status stands for if the body has none.
fn code_of_status(status: u16) -> Option<i64> {
    match status {
        401 => Some(190),
        429 => Some(130_429),
        _ => None,
    }
}

fn accepted(body: &[u8]) -> Option<AcceptedMessage> {
    let Taken { messages, contacts } = serde_json::from_slice(body).ok()?;
    let message = messages.into_iter().next()?;
    if message.id.is_empty() || !is_plain(&message.id, MAX_MESSAGE_ID) {
        return None;
    }
    let of_person = |key: &str| {
        let id = contacts.get(0)?.get(key)?.as_str()?;
        (!id.is_empty() && is_plain(id, MAX_WA_ID)).then(|| Personal(id.to_owned()))
    };
    let status = match message.message_status.as_ref().and_then(Value::as_str) {
        None | Some("accepted") => Acceptance::Accepted,
        Some("held_for_quality_assessment") => Acceptance::Held,
        Some("paused") => Acceptance::Paused,
        Some(other) => Acceptance::Other(cleaned(other, MAX_STATUS)),
    };
    Some(AcceptedMessage {
        message: Personal(message.id),
        wa_id: of_person("wa_id"),
        user_id: of_person("user_id"),
        status,
    })
}

fn failure(status: u16, code: Option<i64>, error: Option<GraphError>) -> SendFailure {
    let error = error.unwrap_or_default();
    let details = error.error_data.get("details").and_then(Value::as_str).filter(|it| !it.is_empty());
    let details = details.or_else(|| error.message.as_str()).unwrap_or_default();
    let trace = error.fbtrace_id.as_str().filter(|it| is_plain(it, MAX_STATUS)).map(str::to_owned);
    SendFailure {
        meaning: error_of_answer(status, code),
        code,
        subcode: error.error_subcode.as_i64(),
        details: without_numbers(&cleaned(details, MAX_DETAILS)),
        trace,
    }
}

/// The text with `…` in place of whatever can be a phone number or a user id, however it is grouped.
fn without_numbers(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|it| it.trim_end());
    let mut shown: Vec<String> = Vec::new();
    // Words that are only digits and signs belong to the one before: `+33 1 99 00 00 01`.
    let mut group = String::new();
    for word in words {
        if is_of_number(word) {
            group = if group.is_empty() { word.to_owned() } else { format!("{group} {word}") };
            continue;
        }
        shown.extend(shown_group(&mut group));
        shown.push(if n_digits(word) >= PHONE_DIGITS { "…".to_owned() } else { word.to_owned() });
    }
    shown.extend(shown_group(&mut group));
    shown.join(" ")
}

fn shown_group(group: &mut String) -> Option<String> {
    let group = std::mem::take(group);
    match n_digits(&group) {
        _ if group.is_empty() => None,
        n if n >= PHONE_DIGITS => Some("…".to_owned()),
        _ => Some(group),
    }
}

fn is_of_number(word: &str) -> bool {
    n_digits(word) > 0 && word.chars().all(|it| it.is_numeric() || "+-()./,;:".contains(it))
}

fn n_digits(text: &str) -> usize {
    text.chars().filter(|it| it.is_numeric()).count()
}

/// Reads a usage header: a list per account, an entry per kind of call, with shares in percent.
fn usage(header: &str) -> Option<AccountUsage> {
    let value: Value = serde_json::from_str(header).ok()?;
    let entries = value.as_object()?.values().filter_map(Value::as_array).flatten();
    entries.filter_map(usage_of_entry).reduce(|a, b| AccountUsage {
        percent: a.percent.max(b.percent),
        minutes_to_regain: a.minutes_to_regain.max(b.minutes_to_regain),
    })
}

fn usage_of_entry(entry: &Value) -> Option<AccountUsage> {
    let number = |key: &str| entry.get(key).and_then(Value::as_f64).map(|it| it.ceil().clamp(0.0, 10_000.0) as u16);
    let percent = ["call_count", "total_cputime", "total_time"].into_iter().filter_map(number).max()?;
    let minutes_to_regain = number("estimated_time_to_regain_access").unwrap_or(0).into();
    Some(AccountUsage { percent, minutes_to_regain })
}

#[derive(Deserialize)]
struct Taken {
    messages: Vec<TakenMessage>,
    #[serde(default)]
    contacts: Value,
}

#[derive(Deserialize)]
struct TakenMessage {
    id: String,
    message_status: Option<Value>,
}

#[derive(Deserialize)]
struct Failed {
    error: GraphError,
}

#[derive(Default, Deserialize)]
struct GraphError {
    code: Option<i64>,
    #[serde(default)]
    error_subcode: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    error_data: Value,
    #[serde(default)]
    fbtrace_id: Value,
}
