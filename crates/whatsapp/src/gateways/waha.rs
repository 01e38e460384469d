//! WAHA: `GET /api/contacts/check-exists`, one number a call.

use http::{CallError, Parameters, Request};
use phone::PhoneNumber;
use serde::Deserialize;

use crate::Client;
use crate::answer::{CheckAnswer, existing};

/// The header that carries the key of a WAHA server.
pub const WAHA_KEY: &str = "X-Api-Key";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    number_exists: bool,
    #[serde(default)]
    chat_id: Option<String>,
}

impl Client {
    /// Asks a WAHA server, through one of its sessions, about one number.
    pub async fn check_by_waha(&self, number: PhoneNumber, session: &str) -> Result<Vec<CheckAnswer>, CallError> {
        let digits = number.digits().to_string();
        let parameters = Parameters::Query(&[("phone", &digits), ("session", session)]);
        let request = Request { path: "api/contacts/check-exists", parameters, units: 1 };
        self.0.send_retrying(request, |body| answer(number, body)).await
    }
}

fn answer(number: PhoneNumber, body: &[u8]) -> Result<Vec<CheckAnswer>, CallError> {
    let Checked { number_exists, chat_id } = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    Ok(vec![existing(Some(number), number_exists, chat_id.as_deref())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::WaId;

    use crate::CheckStatus;

    #[test]
    fn an_answer_says_whether_the_number_exists() {
        let number = PhoneNumber::from_digits(33199000001);
        let there = answer(number, br#"{"numberExists":true,"chatId":"33199000001@c.us"}"#).unwrap().remove(0);
        assert_eq!((there.number, there.status), (Some(number), CheckStatus::Registered));
        assert_eq!(there.wa_id, Some(WaId("33199000001".to_owned().into())));
        let not = answer(number, br#"{"numberExists":false}"#).unwrap().remove(0);
        assert_eq!((not.status, not.wa_id), (CheckStatus::NotRegistered, None));
        assert!(answer(number, b"{}").is_err());
    }
}
