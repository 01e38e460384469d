//! `POST /pa/get_online` for a hundred ids a call, and `POST /pa/get_user_details` for one.

use std::time::Duration;

use http::CallError;
use pages::Window;
use serde_json::{Value, json};

use super::check;
use crate::json::{parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

/// `get_online` takes at most a hundred ids.
const MOST_IDS: usize = 100;

pub(crate) struct Online {
    ids: Vec<String>,
}

impl Online {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { ids: connection.ids.clone() }
    }

    /// The call about the ids from `from` on.
    fn call(&self, from: usize) -> Option<Call> {
        let ids: Vec<&String> = self.ids.iter().skip(from).take(MOST_IDS).collect();
        if ids.is_empty() {
            return None;
        }
        Some(Call { state: json!(from), ..Call::post("/pa/get_online", json!({ "ids": ids })) })
    }
}

impl Stream for Online {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        self.call(0)
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let rows: Vec<Row> = records(&page, "users")?.iter().map(|it| Row { id: text(it, "id"), at: None }).collect();
        let from = call.state.as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let next = self.call(from + MOST_IDS);
        Ok(PageRead { rows, next, total: Some(self.ids.len() as u64), ..PageRead::default() })
    }
}

pub(crate) struct Details {
    ids: Vec<String>,
}

impl Details {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { ids: connection.ids.clone() }
    }

    fn call(&self, number: usize) -> Option<Call> {
        let id = self.ids.get(number)?;
        Some(Call { state: json!(number), ..Call::post("/pa/get_user_details", json!({ "id": id })) })
    }
}

impl Stream for Details {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        self.call(0)
    }

    /// Viber gives details of a user twice in 12 hours.
    fn rest(&self) -> Option<Duration> {
        Some(Duration::from_secs(12 * 3600))
    }

    /// An answer that the user is not subscribed does not say who: the id is put in, where the details would have it.
    fn kept(&self, call: &Call, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let mut page = parse(&body)?;
        if page["status"] == 6 && page.get("user").is_none() {
            page["user"] = json!({ "id": call.body["id"] });
            return serde_json::to_vec(&page).map_err(|_| CallError::Malformed);
        }
        Ok(body)
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        let number = call.state.as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let next = self.call(number + 1);
        match page.get("status").and_then(Value::as_i64) {
            // 6: not subscribed.
            Some(6) => {
                let id = call.body["id"].as_str().unwrap_or_default().to_owned();
                Ok(PageRead { rows: vec![Row { id, at: None }], next, ..PageRead::default() })
            }
            // 5: not registered; 12: asked about twice in 12 hours. That is about this user alone.
            Some(5 | 12) => Ok(PageRead { next, is_dropped: true, ..PageRead::default() }),
            _ => {
                check(&page)?;
                let user = page.get("user").ok_or(CallError::Malformed)?;
                Ok(PageRead { rows: vec![Row { id: text(user, "id"), at: None }], next, ..PageRead::default() })
            }
        }
    }
}
