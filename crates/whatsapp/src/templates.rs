//! Templates of an account in the Cloud API: submitted, listed, edited.
//!
//! Nothing here is sent twice by itself: an order whose answer is lost may have been carried out, and comes back as
//! [`Ordered::Unknown`]. Listing settles it, because name and language are unique in an account.

use serde::Deserialize;
use serde_json::Value;

use crate::call::{Parameters, Question};
use crate::url::segment;
use crate::{CallError, Client};

/// Templates on a page of a listing.
const PAGE: &str = "200";
/// More pages than any account has: 6,000 templates.
const MOST_PAGES: usize = 100;

/// A template as the account has it. States and categories are an open set, kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TemplateState {
    pub id: String,
    pub name: String,
    pub language: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub category: String,
    /// `NONE` unless it was rejected.
    #[serde(default)]
    pub rejected_reason: Option<String>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ordered<T> {
    Taken(T),
    /// It was not carried out. What Meta says is about the template and holds no personal data.
    Refused {
        code: i64,
        subcode: i64,
        told: String,
    },
    /// The answer was lost: it may have been carried out.
    Unknown,
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Submitted {
    pub id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub category: String,
}

/// Codes that ask to wait: the application's calls, the account's calls (Meta, error codes).
const RATE_CODES: [i64; 2] = [4, 80007];

impl Client {
    /// Submits a template. `Err` means that it was certainly not carried out, or that nobody may go on: a token that is not
    /// taken, a limit.
    pub async fn submit_template(&self, account: &str, template: &Value) -> Result<Ordered<Submitted>, CallError> {
        let path = format!("{}/message_templates", segment(account));
        ordered(self.order(&path, template).await)
    }

    /// Edits a template: its components, and its category unless it is approved.
    pub async fn edit_template(&self, id: &str, template: &Value) -> Result<Ordered<()>, CallError> {
        let mut change = serde_json::json!({ "components": template["components"], "category": template["category"] });
        for key in ["parameter_format", "message_send_ttl_seconds"] {
            if let Some(value) = template.get(key) {
                change[key] = value.clone();
            }
        }
        let edited: Ordered<Value> = ordered(self.order(&segment(id), &change).await)?;
        Ok(match edited {
            Ordered::Taken(_) => Ordered::Taken(()),
            Ordered::Refused { code, subcode, told } => Ordered::Refused { code, subcode, told },
            Ordered::Unknown => Ordered::Unknown,
        })
    }

    /// All templates of an account.
    pub async fn templates(&self, account: &str) -> Result<Vec<TemplateState>, CallError> {
        let path = format!("{}/message_templates", segment(account));
        let (mut templates, mut after) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let mut query = vec![("fields", "id,name,language,status,category,rejected_reason"), ("limit", PAGE)];
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let question = Question { path: &path, parameters: Parameters::Query(&query), n_numbers: 0 };
            let page: Page =
                self.ask(question, |body| serde_json::from_slice(body).map_err(|_| CallError::Malformed)).await?;
            templates.extend(page.data);
            let next = page.paging.filter(|it| it.next.is_some()).and_then(|it| it.cursors).and_then(|it| it.after);
            match next {
                // A cursor that does not move would never end.
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

/// The error of the Graph API; what says what is wrong with a template is `error_user_msg`.
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

fn ordered<T: for<'de> Deserialize<'de>>(answer: Result<(u16, Vec<u8>), CallError>) -> Result<Ordered<T>, CallError> {
    let (status, body) = match answer {
        Ok(answer) => answer,
        // The connection was not made: nothing was ordered.
        Err(error @ (CallError::Unreachable { .. } | CallError::RateLimited { .. } | CallError::Setup { .. })) => {
            return Err(error);
        }
        Err(_) => return Ok(Ordered::Unknown),
    };
    if (200..300).contains(&status) {
        return Ok(serde_json::from_slice(&body).map_or(Ordered::Unknown, Ordered::Taken));
    }
    let Ok(Failed { error }) = serde_json::from_slice::<Failed>(&body) else {
        return Err(CallError::Refused { status, code: None });
    };
    let GraphError { code, error_subcode, message, error_user_msg } = error;
    match code {
        _ if RATE_CODES.contains(&code) => Err(CallError::RateLimited { retry_after: None }),
        // Tokens and permissions are nothing of this template's.
        0 | 10 | 190 | 200..=299 => Err(CallError::Refused { status, code: Some(code) }),
        _ => {
            let told = if error_user_msg.is_empty() { message } else { error_user_msg };
            Ok(Ordered::Refused { code, subcode: error_subcode, told })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_means_for_an_order() {
        let read = |status: u16, body: &str| ordered::<Submitted>(Ok((status, body.as_bytes().to_vec())));
        let taken = Submitted { id: "1".into(), status: "PENDING".into(), category: "MARKETING".into() };
        assert_eq!(
            read(200, r#"{"id":"1","status":"PENDING","category":"MARKETING"}"#).unwrap(),
            Ordered::Taken(taken)
        );
        // Half an answer says that something was done, not what.
        assert_eq!(read(200, r#"{"id":"1","#).unwrap(), Ordered::Unknown);
        assert_eq!(ordered::<Submitted>(Err(CallError::TimedOut)).unwrap(), Ordered::Unknown);
        let refused = r#"{"error":{"code":100,"error_subcode":2388299,"message":"m","error_user_msg":"variable"}}"#;
        assert_eq!(
            read(400, refused).unwrap(),
            Ordered::Refused { code: 100, subcode: 2_388_299, told: "variable".into() }
        );
        assert!(matches!(read(400, r#"{"error":{"code":80007}}"#), Err(CallError::RateLimited { .. })));
        assert!(matches!(read(401, r#"{"error":{"code":190}}"#), Err(CallError::Refused { code: Some(190), .. })));
    }
}
