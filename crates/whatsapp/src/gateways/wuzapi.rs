//! wuzapi: `POST /user/check`, many numbers per call.

use http::{CallError, Parameters, Request};
use phone::PhoneNumber;
use serde::Deserialize;
use serde_json::json;

use crate::Client;
use crate::answer::{CheckAnswer, Entry, entry_answers, exists_answer, read_number};

/// The header with the token of a wuzapi user.
pub const WUZAPI_KEY: &str = "Token";

#[derive(Deserialize)]
struct CheckResponse {
    success: bool,
    code: i64,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    users: Vec<Entry<User>>,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "Query")]
    query: String,
    #[serde(rename = "IsInWhatsapp")]
    is_in_whatsapp: bool,
    #[serde(rename = "JID", default)]
    jid: Option<String>,
}

impl Client {
    /// Checks numbers through a wuzapi server.
    pub async fn check_by_wuzapi(&self, numbers: &[PhoneNumber]) -> Result<Vec<CheckAnswer>, CallError> {
        let body = json!({ "Phone": numbers.iter().map(|it| it.digits().to_string()).collect::<Vec<_>>() });
        let parameters = Parameters::json(&body)?;
        self.0
            .send_retrying(Request { path: "user/check", parameters, units: numbers.len() as u64 }, read_answers)
            .await
    }
}

fn read_answers(body: &[u8]) -> Result<Vec<CheckAnswer>, CallError> {
    let CheckResponse { success, code, data } = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    match data {
        Some(data) if success && data.users.is_empty() => Ok(Vec::new()),
        Some(data) if success => {
            let answer = |it: &User| exists_answer(read_number(&it.query), it.is_in_whatsapp, it.jid.as_deref());
            entry_answers(data.users, answer).ok_or(CallError::Malformed)
        }
        _ => Err(CallError::Refused { status: 200, code: Some(code) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CheckStatus;

    #[test]
    fn answers_name_the_query() {
        let body = br#"{"code":200,"data":{"Users":[
            {"IsInWhatsapp":true,"JID":"33199000001@s.whatsapp.net","Query":"33199000001","VerifiedName":"x"},
            {"IsInWhatsapp":false,"JID":"","Query":"33199000002"}]},"success":true}"#;
        let said: Vec<_> =
            read_answers(body).unwrap().iter().map(|it| (it.number.unwrap().digits(), it.status)).collect();
        assert_eq!(said, [(33199000001, CheckStatus::Registered), (33199000002, CheckStatus::NotRegistered)]);
        let refused = read_answers(br#"{"code":500,"error":"no session","success":false}"#).unwrap_err();
        assert_eq!(refused.to_string(), "the provider refused the call (200, code 500)");
    }
}
