//! `POST /v1/contacts`: which numbers are on WhatsApp.
//!
//! The last versions of the On-Premises API answered `valid` to every number. Some gateways that speak its protocol give
//! real answers; the caller has to find out which do.

use std::borrow::Cow;

use http::{CallError, Parameters, Request};
use model::WaId;
use phone::{E164, PhoneNumber};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Client;
use crate::answer::{CheckAnswer, CheckStatus, Entry, entry_answers, read_number};

impl Client {
    /// Checks numbers in one request. The answers come as the provider gave them, in its order; some may be missing,
    /// doubled or about other numbers.
    ///
    /// A blocking call is answered when all numbers have been looked up. Any other call is answered at once, with
    /// `processing` for the numbers that have not.
    pub async fn check(&self, numbers: &[PhoneNumber], is_blocking: bool) -> Result<Vec<CheckAnswer>, CallError> {
        let parameters = Parameters::json(&CheckRequest::new(numbers, is_blocking))?;
        self.0
            .send_retrying(Request { path: "v1/contacts", parameters, units: numbers.len() as u64 }, read_answers)
            .await
    }
}

#[derive(Serialize)]
struct CheckRequest {
    blocking: &'static str,
    contacts: Vec<E164>,
}

impl CheckRequest {
    fn new(numbers: &[PhoneNumber], is_blocking: bool) -> Self {
        let blocking = if is_blocking { "wait" } else { "no_wait" };
        Self { blocking, contacts: numbers.iter().map(|it| it.e164()).collect() }
    }
}

#[derive(Deserialize)]
struct CheckResponse<T> {
    contacts: Vec<T>,
}

#[derive(Deserialize)]
struct WireAnswer<'a> {
    #[serde(borrow)]
    input: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    wa_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(alias = "error", deserialize_with = "one_or_many")]
    errors: Vec<WireError>,
}

#[derive(Deserialize)]
struct WireError {
    code: i64,
}

/// Reads the answers. Some gateways report an error with status 200.
fn read_answers(body: &[u8]) -> Result<Vec<CheckAnswer>, CallError> {
    if let Ok(response) = serde_json::from_slice::<CheckResponse<WireAnswer>>(body) {
        return Ok(response.contacts.iter().map(check_answer).collect());
    }
    // Entry by entry takes longer, and is needed only where one is not what the protocol says.
    let entries = serde_json::from_slice::<CheckResponse<Entry<WireAnswer>>>(body).ok();
    entries.and_then(|it| entry_answers(it.contacts, check_answer)).ok_or_else(|| match error_code(body) {
        Some(code) => CallError::Refused { status: 200, code: Some(code) },
        None => CallError::Malformed,
    })
}

fn check_answer(WireAnswer { input, status, wa_id }: &WireAnswer) -> CheckAnswer {
    let number = read_number(input);
    let wa_id = wa_id.as_deref().filter(|it| !it.is_empty());
    let answer = CheckAnswer {
        number,
        wa_id: wa_id.zip(number).and_then(|(it, number)| WaId::read(it, number)),
        status: match &**status {
            "valid" => CheckStatus::Registered,
            "invalid" => CheckStatus::NotRegistered,
            "processing" => CheckStatus::Processing,
            _ => CheckStatus::Unknown,
        },
        raw: raw_status(status),
    };
    answer.bounded(wa_id)
}

/// Returns the status as the provider wrote it. Known statuses are not allocated.
fn raw_status(status: &str) -> Cow<'static, str> {
    let known = ["valid", "invalid", "processing", "failed"].into_iter().find(|it| *it == status);
    known.map_or_else(|| Cow::Owned(status.to_owned()), Cow::Borrowed)
}

/// Returns the code of an error body; `None` if the body is not one.
pub(crate) fn error_code(body: &[u8]) -> Option<i64> {
    serde_json::from_slice::<Errors>(body).ok()?.errors.first().map(|it| it.code)
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WireError>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(WireError),
        Many(Vec<WireError>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(error) => vec![error],
        OneOrMany::Many(errors) => errors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> String {
        match read_answers(body.as_bytes()) {
            Ok(answers) => {
                let words = answers.iter().map(|it| {
                    let number = it.number.map_or("nobody".to_owned(), |it| it.to_string());
                    format!("{number} {:?} {} {}", it.status, it.raw, it.wa_id.is_some())
                });
                words.collect::<Vec<_>>().join("; ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_request_is_that_of_v1_contacts() {
        let numbers = [12025550123, 12025550124].map(PhoneNumber::from_digits);
        let body = |numbers: &[PhoneNumber], is_blocking| {
            serde_json::to_string(&CheckRequest::new(numbers, is_blocking)).unwrap()
        };
        assert_eq!(body(&numbers, true), r#"{"blocking":"wait","contacts":["+12025550123","+12025550124"]}"#);
        assert_eq!(body(&[], false), r#"{"blocking":"no_wait","contacts":[]}"#);
    }

    #[test]
    fn an_answer_is_read_status_by_status() {
        let body = r#"{"contacts":[{"input":"+1","status":"valid","wa_id":"1"},{"input":"+2","status":"invalid"},
            {"input":"+3","status":"processing","wa_id":""},{"input":"+4","status":"failed"}],"meta":{"api_status":"stable"}}"#;
        assert_eq!(
            read(body),
            "+1 Registered valid true; +2 NotRegistered invalid false; +3 Processing processing false; +4 Unknown failed false"
        );
        assert_eq!(read(r#"{"contacts":[]}"#), "");
    }

    #[test]
    fn an_odd_answer_says_nothing_and_spoils_no_other() {
        let good = r#"{"input":"+1","status":"valid","wa_id":"1"}"#;
        let long = format!(r#"{{"input":"+2","status":"valid","wa_id":"{}"}}"#, "3".repeat(129));
        for odd in [
            r#"{"input":"+2","status":"valid\u0000","wa_id":"2"}"#,
            r#"{"input":"+2","status":"valid","wa_id":"33\u00006"}"#,
            &long,
        ] {
            let said = read(&format!(r#"{{"contacts":[{good},{odd}]}}"#));
            assert!(said.starts_with("+1 Registered valid true; +2 Odd valid"), "{odd}: {said}");
            assert!(said.ends_with(" false"), "{odd}: {said}");
        }
        for unreadable in ["5", "null", r#"{"input":"+2"}"#, r#"{"input":"+2","status":1}"#] {
            let said = read(&format!(r#"{{"contacts":[{good},{unreadable}]}}"#));
            assert_eq!(said, "+1 Registered valid true; nobody Odd  false", "{unreadable}");
        }
    }

    #[test]
    fn escapes_in_an_answer_are_read() {
        let body = r#"{"contacts":[{"input":"\u002b1","status":"\u0076alid","wa_id":"\u0031"},{"input":"+2","status":"in\/valid"}]}"#;
        assert_eq!(read(body), "+1 Registered valid true; +2 Unknown in/valid false");
    }

    #[test]
    fn what_is_not_taken_from_an_answer_may_be_broken_text() {
        let body = b"{\"contacts\":[{\"input\":\"+1\",\"status\":\"valid\"}],\"meta\":\"caf\xe9\"}";
        assert_eq!(read_answers(body).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let malformed = "the answer of the provider is not what its interface says";
        for body in [
            "",
            "<html>502</html>",
            "[]",
            "{}",
            r#"{"contacts":[{"input":"+1""#,
            r#"{"contacts":[{"input":"+1","input":"+2","status":"valid"}]}"#,
        ] {
            assert_eq!(read(body), malformed, "{body}");
        }
        assert_eq!(read(r#"{"errors":[{"code":1014,"title":"x"}]}"#), "the provider refused the call (200, code 1014)");
        assert_eq!(read(r#"{"error":{"code":190,"message":"x"}}"#), "the provider refused the call (200, code 190)");
    }
}
