//! Templates of an account: submit, list, edit.
//!
//! No submission or edit is sent twice: if its answer is lost, it may have been carried out, and its outcome is
//! [`PostOutcome::Unknown`]. A listing settles it, because name and language are unique in an account.

use http::{CallError, Parameters, Request, path_segment};
use model::{MAX_STATUS, MAX_WA_ID, cleaned};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::Client;

/// Templates per page of a listing.
const PAGE: &str = "100";
/// Pages of a listing. An account has at most 6,000 templates, so it has fewer.
const MOST_PAGES: usize = 100;

/// What a listing is asked for (Meta, WhatsApp Business HSM).
const FIELDS: &str = "id,name,language,status,category,rejected_reason,quality_score,correct_category,parameter_format,\
    message_send_ttl_seconds,components";

/// A template as the account has it. Meta adds states, categories and scores, so they are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TemplateState {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub name: String,
    pub language: String,
    #[serde(default, deserialize_with = "word")]
    pub status: String,
    #[serde(default, deserialize_with = "word")]
    pub category: String,
    /// `NONE` unless it was rejected.
    #[serde(default, deserialize_with = "reason")]
    pub rejected_reason: Option<String>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`; none if the listing does not say it.
    #[serde(default, deserialize_with = "score")]
    pub quality_score: Option<String>,
    /// The category that WhatsApp holds for right, and is going to give it.
    #[serde(default, deserialize_with = "opt_word")]
    pub correct_category: Option<String>,
    #[serde(default, deserialize_with = "opt_word")]
    pub parameter_format: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    pub message_send_ttl_seconds: Option<i64>,
    /// The text as it was approved; none if the listing does not hold it.
    #[serde(default, deserialize_with = "list")]
    pub components: Option<Vec<Value>>,
}

/// The longest reason that is kept, in characters. Meta's are a sentence or two.
const MAX_REASON: usize = 1000;

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|it| cleaned(&it, MAX_WA_ID))
}

fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|it| cleaned(&it, MAX_STATUS))
}

// What a listing says beside the state is left out if it has another form: the state is worth more.

fn opt_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_str().map(|it| cleaned(it, MAX_STATUS)).filter(|it| !it.is_empty()))
}

/// A score is an object with its date. A word alone is one too.
fn score<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let word = value.as_str().or_else(|| value.get("score").and_then(Value::as_str));
    Ok(word.map(|it| cleaned(it, MAX_STATUS)).filter(|it| !it.is_empty()))
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Value::deserialize(deserializer).map(|it| it.as_i64())
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Value>>, D::Error> {
    Value::deserialize(deserializer).map(|it| it.as_array().cloned())
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|it| it.map(|it| cleaned(&it, MAX_REASON)))
}

/// The outcome of a submission or an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostOutcome<T> {
    Accepted(T),
    /// It was not carried out. Meta's message is about the template and holds no personal data.
    Refused {
        code: i64,
        subcode: i64,
        message: String,
    },
    /// The answer was lost: it may have been carried out.
    Unknown,
}

/// Meta's answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Submitted {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default, deserialize_with = "word")]
    pub status: String,
    #[serde(default, deserialize_with = "word")]
    pub category: String,
}

/// Error codes of rate limits: calls of the application (4), calls of the account (80007). Source: Meta, error codes.
const RATE_CODES: [i64; 2] = [4, 80007];

impl Client {
    /// Submits a template. `Err` means that it was not carried out for a reason that concerns all templates, such as a
    /// refused token or a limit.
    pub async fn submit_template(&self, account: &str, template: &Value) -> Result<PostOutcome<Submitted>, CallError> {
        let path = format!("{}/message_templates", path_segment(account));
        with_unknown(self.0.post_once(&path, template, read_outcome).await)
    }

    /// Edits the components of a template, and its category unless it is approved.
    pub async fn edit_template(&self, id: &str, template: &Value) -> Result<PostOutcome<()>, CallError> {
        let mut change = serde_json::json!({ "components": template["components"], "category": template["category"] });
        for key in ["parameter_format", "message_send_ttl_seconds"] {
            if let Some(value) = template.get(key) {
                change[key] = value.clone();
            }
        }
        let edited = with_unknown(self.0.post_once(&path_segment(id), &change, read_outcome::<Value>).await)?;
        Ok(match edited {
            PostOutcome::Accepted(_) => PostOutcome::Accepted(()),
            PostOutcome::Refused { code, subcode, message } => PostOutcome::Refused { code, subcode, message },
            PostOutcome::Unknown => PostOutcome::Unknown,
        })
    }

    /// Lists all templates of an account.
    pub async fn templates(&self, account: &str) -> Result<Vec<TemplateState>, CallError> {
        let path = format!("{}/message_templates", path_segment(account));
        let (mut templates, mut after) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let mut query = vec![("fields", FIELDS), ("limit", PAGE)];
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let request = Request { path: &path, parameters: Parameters::Query(&query), units: 0 };
            let read = |body: &[u8]| serde_json::from_slice::<Page>(body).map_err(|_| CallError::Malformed);
            let page = self.0.send_retrying(request, read).await?;
            templates.extend(page.data);
            let next = page.paging.filter(|it| it.next.is_some()).and_then(|it| it.cursors).and_then(|it| it.after);
            match next {
                // If the cursor does not move, the listing would never end.
                Some(next) if next != after => after = next,
                _ => return Ok(templates),
            }
        }
        Err(CallError::Malformed)
    }
}

#[derive(Deserialize)]
struct Page {
    data: Vec<TemplateState>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

#[derive(Deserialize)]
struct Failed {
    error: GraphError,
}

/// An error of the Graph API. `error_user_msg` says what is wrong with a template.
#[derive(Deserialize)]
struct GraphError {
    code: i64,
    #[serde(default)]
    error_subcode: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_user_msg: String,
}

/// Makes a lost answer an outcome: it is no error, because a listing settles it.
pub(super) fn with_unknown<T>(outcome: Result<PostOutcome<T>, CallError>) -> Result<PostOutcome<T>, CallError> {
    match outcome {
        Err(CallError::OutcomeUnknown { .. }) => Ok(PostOutcome::Unknown),
        known => known,
    }
}

pub(super) fn read_outcome<T: for<'de> Deserialize<'de>>(
    status: u16,
    body: &[u8],
) -> Result<PostOutcome<T>, CallError> {
    if (200..300).contains(&status) {
        // A broken answer says that something was done, but not what.
        return Ok(serde_json::from_slice(body).map_or(PostOutcome::Unknown, PostOutcome::Accepted));
    }
    let Ok(Failed { error }) = serde_json::from_slice::<Failed>(body) else {
        return Err(CallError::Refused { status, code: None });
    };
    let GraphError { code, error_subcode, message, error_user_msg } = error;
    match code {
        _ if RATE_CODES.contains(&code) => Err(CallError::RateLimited { retry_after: None }),
        // Tokens and permissions concern all templates.
        0 | 10 | 190 | 200..=299 => Err(CallError::Refused { status, code: Some(code) }),
        _ => {
            let message = cleaned(if error_user_msg.is_empty() { &message } else { &error_user_msg }, MAX_REASON);
            Ok(PostOutcome::Refused { code, subcode: error_subcode, message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_became_of_a_submission() {
        let read = |status: u16, body: &str| read_outcome::<Submitted>(status, body.as_bytes());
        let accepted = Submitted { id: "1".into(), status: "PENDING".into(), category: "MARKETING".into() };
        assert_eq!(
            read(200, r#"{"id":"1","status":"PENDING","category":"MARKETING"}"#).unwrap(),
            PostOutcome::Accepted(accepted)
        );
        assert_eq!(read(200, r#"{"id":"1","#).unwrap(), PostOutcome::Unknown);
        let lost = CallError::OutcomeUnknown { source: Box::new(CallError::TimedOut) };
        assert_eq!(with_unknown::<Submitted>(Err(lost)).unwrap(), PostOutcome::Unknown);
        let refused = r#"{"error":{"code":100,"error_subcode":2388299,"message":"m","error_user_msg":"variable"}}"#;
        assert_eq!(
            read(400, refused).unwrap(),
            PostOutcome::Refused { code: 100, subcode: 2_388_299, message: "variable".into() }
        );
        let odd = format!(r#"{{"id":"1\u0000","status":"{}","category":"A\u001bB"}}"#, "x".repeat(70));
        let cleaned = Submitted { id: "1\u{fffd}".into(), status: "x".repeat(64), category: "A\u{fffd}B".into() };
        assert_eq!(read(200, &odd).unwrap(), PostOutcome::Accepted(cleaned));
        assert!(matches!(read(400, r#"{"error":{"code":80007}}"#), Err(CallError::RateLimited { .. })));
        assert!(matches!(read(401, r#"{"error":{"code":190}}"#), Err(CallError::Refused { code: Some(190), .. })));
    }

    #[test]
    fn a_listing_says_the_state_and_what_else_it_can() {
        let read = |body: &str| serde_json::from_str::<TemplateState>(body).unwrap();
        let full = read(
            r#"{"id":"1","name":"n","language":"en","status":"APPROVED","category":"UTILITY","rejected_reason":"NONE",
                "quality_score":{"score":"YELLOW","date":1760711433},"correct_category":"MARKETING",
                "parameter_format":"NAMED","message_send_ttl_seconds":60,"components":[{"type":"BODY","text":"Hi."}]}"#,
        );
        assert_eq!(
            (full.quality_score.as_deref(), full.correct_category.as_deref()),
            (Some("YELLOW"), Some("MARKETING"))
        );
        assert_eq!((full.parameter_format.as_deref(), full.message_send_ttl_seconds), (Some("NAMED"), Some(60)));
        assert_eq!(full.components.unwrap()[0]["text"], "Hi.");
        let bare = read(r#"{"id":"1","name":"n","language":"en"}"#);
        let odd = read(
            r#"{"id":"1","name":"n","language":"en","quality_score":null,"correct_category":7,"components":{},
                "message_send_ttl_seconds":"60","parameter_format":""}"#,
        );
        assert_eq!(odd, bare);
        assert_eq!((bare.quality_score, bare.correct_category, bare.components), (None, None, None));
    }
}
