//! WAHA: `GET /api/contacts/check-exists`, one number per call.

use http::{CallError, Parameters, Request};
use phone::PhoneNumber;
use serde::Deserialize;

use crate::Client;
use crate::answer::{CheckAnswer, exists_answer};

/// The header with the key of a WAHA server.
pub const WAHA_KEY: &str = "X-Api-Key";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckResponse {
    number_exists: bool,
    #[serde(default)]
    chat_id: Option<String>,
}

impl Client {
    /// Checks one number through a session of a WAHA server.
    pub async fn check_by_waha(&self, number: PhoneNumber, session: &str) -> Result<Vec<CheckAnswer>, CallError> {
        let digits = number.digits().to_string();
        let parameters = Parameters::Query(&[("phone", &digits), ("session", session)]);
        let request = Request { path: "api/contacts/check-exists", parameters, units: 1 };
        self.0.send_retrying(request, |body| read_answer(number, body)).await
    }
}

fn read_answer(number: PhoneNumber, body: &[u8]) -> Result<Vec<CheckAnswer>, CallError> {
    let CheckResponse { number_exists, chat_id } = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    Ok(vec![exists_answer(Some(number), number_exists, chat_id.as_deref())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::WaId;

    use crate::CheckStatus;

    #[test]
    fn an_answer_says_whether_the_number_exists() {
        let number = PhoneNumber::from_digits(33199000001);
        let there = read_answer(number, br#"{"numberExists":true,"chatId":"33199000001@c.us"}"#).unwrap().remove(0);
        assert_eq!((there.number, there.status), (Some(number), CheckStatus::Registered));
        assert_eq!(there.wa_id, Some(WaId("33199000001".to_owned().into())));
        let not = read_answer(number, br#"{"numberExists":false}"#).unwrap().remove(0);
        assert_eq!((not.status, not.wa_id), (CheckStatus::NotRegistered, None));
        assert!(read_answer(number, b"{}").is_err());
    }
}
