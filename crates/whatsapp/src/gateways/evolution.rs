//! Evolution API: `POST /chat/whatsappNumbers/{instance}`, many numbers per call.

use http::{CallError, Parameters, Request, path_segment};
use phone::PhoneNumber;
use serde::Deserialize;
use serde_json::json;

use crate::Client;
use crate::answer::{CheckAnswer, Entry, entry_answers, exists_answer, read_number};

/// The header with the key of an Evolution server.
pub const EVOLUTION_KEY: &str = "apikey";

#[derive(Deserialize)]
struct CheckResponse {
    exists: bool,
    /// The number as we wrote it.
    number: String,
    #[serde(default)]
    jid: Option<String>,
}

impl Client {
    /// Checks numbers through an instance of an Evolution server.
    pub async fn check_by_evolution(
        &self,
        numbers: &[PhoneNumber],
        instance: &str,
    ) -> Result<Vec<CheckAnswer>, CallError> {
        let body = json!({ "numbers": numbers.iter().map(|it| it.digits().to_string()).collect::<Vec<_>>() });
        let path = format!("chat/whatsappNumbers/{}", path_segment(instance));
        let parameters = Parameters::json(&body)?;
        self.0.send_retrying(Request { path: &path, parameters, units: numbers.len() as u64 }, read_answers).await
    }
}

fn read_answers(body: &[u8]) -> Result<Vec<CheckAnswer>, CallError> {
    let checked: Vec<Entry<CheckResponse>> = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    if checked.is_empty() {
        return Ok(Vec::new());
    }
    let answer = |it: &CheckResponse| exists_answer(read_number(&it.number), it.exists, it.jid.as_deref());
    entry_answers(checked, answer).ok_or(CallError::Malformed)
}

#[cfg(test)]
mod tests {
    use model::WaId;

    use super::*;

    #[test]
    fn answers_name_the_number_that_was_asked_and_the_one_that_whatsapp_knows() {
        let body = br#"[{"jid":"525500000001@s.whatsapp.net","exists":true,"number":"5215500000001","name":"x"},
            {"jid":"33199000002@s.whatsapp.net","exists":false,"number":"33199000002"}]"#;
        let answers = read_answers(body).unwrap();
        assert_eq!(answers[0].number, Some(PhoneNumber::from_digits(5215500000001)));
        assert_eq!(answers[0].wa_id, Some(WaId("525500000001".to_owned().into())));
        assert_eq!(answers[1].wa_id, None);
        assert!(read_answers(br#"{"status":404}"#).is_err());
        assert!(read_answers(br#"[{"exists":"perhaps"}]"#).is_err());
        let one_is_odd = read_answers(br#"[{"exists":true,"number":"33199000001"},{"exists":1}]"#).unwrap();
        assert_eq!(one_is_odd.iter().map(|it| it.number.is_some()).collect::<Vec<_>>(), [true, false]);
    }
}
