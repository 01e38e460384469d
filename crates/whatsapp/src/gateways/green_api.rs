//! GREEN-API: `POST /waInstance{id}/checkWhatsapp/{token}`, one number per call. The token is part of the path, so its
//! addresses are never printed.

use http::{CallError, Parameters, Request, path_segment};
use phone::PhoneNumber;
use serde::Deserialize;
use serde_json::json;

use crate::Client;
use crate::answer::{CheckAnswer, exists_answer};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckResponse {
    exists_whatsapp: bool,
}

impl Client {
    /// Checks one number through an instance of GREEN-API.
    pub async fn check_by_green_api(
        &self,
        number: PhoneNumber,
        instance: &str,
        token: &str,
    ) -> Result<Vec<CheckAnswer>, CallError> {
        let body = json!({ "phoneNumber": number.digits() });
        let [instance, token] = [instance, token].map(path_segment);
        let path = format!("waInstance{instance}/checkWhatsapp/{token}");
        let request = Request { path: &path, parameters: Parameters::json(&body)?, units: 1 };
        self.0.send_retrying(request, |body| read_answer(number, body)).await
    }
}

fn read_answer(number: PhoneNumber, body: &[u8]) -> Result<Vec<CheckAnswer>, CallError> {
    let CheckResponse { exists_whatsapp } = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    Ok(vec![exists_answer(Some(number), exists_whatsapp, None)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CheckStatus;

    #[test]
    fn an_answer_is_a_yes_or_a_no() {
        let said = |body: &str| read_answer(PhoneNumber::from_digits(1), body.as_bytes()).map(|it| it[0].status).ok();
        assert_eq!(said(r#"{"existsWhatsapp":true}"#), Some(CheckStatus::Registered));
        assert_eq!(said(r#"{"existsWhatsapp":false}"#), Some(CheckStatus::NotRegistered));
        assert_eq!(said(r#"{"existsWhatsapp":"yes"}"#), None);
    }
}
