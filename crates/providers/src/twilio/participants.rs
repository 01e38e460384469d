//! Participants of conversations: a list of conversations, and a list of participants for each.

use http::{CallError, path_segment};
use pages::Window;
use serde_json::{Value, json};
use url::Url;

use super::{CONVERSATIONS, check, next_page};
use crate::json::{moment, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream, Then};

/// Both lists give at most 100 a page.
const PAGE_SIZE: u32 = 100;

pub(crate) struct Participants {
    base: Url,
}

impl Participants {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[CONVERSATIONS].clone() }
    }

    fn get(&self, path: String, then: Then, state: Value) -> Call {
        Call { host: CONVERSATIONS, then, state, ..Call::get(path) }
    }

    /// The call for the next conversation of a page, else for the next page of conversations.
    fn next_conversation(&self, mut left: Vec<Value>, more: Value) -> Option<Call> {
        match left.pop() {
            Some(sid) => {
                let sid = path_segment(sid.as_str().unwrap_or_default());
                let path = format!("/v1/Conversations/{sid}/Participants?PageSize={PAGE_SIZE}");
                Some(self.get(path, Then::Page, json!({ "left": left, "more": more })))
            }
            None => more.as_str().map(|it| self.get(it.to_owned(), Then::Step, Value::Null)),
        }
    }
}

impl Stream for Participants {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(self.get(format!("/v1/Conversations?PageSize={PAGE_SIZE}"), Then::Step, Value::Null))
    }

    /// A conversation that was deleted meanwhile.
    fn missing(&self, call: &Call) -> Option<PageRead> {
        let left = call.state["left"].as_array().cloned().unwrap_or_default();
        let next = || self.next_conversation(left, call.state["more"].clone());
        (call.then == Then::Page).then(|| PageRead { next: next(), ..PageRead::default() })
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let more = next_page(&page, &self.base)?;
        if call.then == Then::Step {
            // From the last to the first, because the next one is taken from the end.
            let left = records(&page, "conversations")?.iter().rev().map(|it| text(it, "sid").into()).collect();
            return Ok(PageRead { next: self.next_conversation(left, more.into()), ..PageRead::default() });
        }
        let rows = records(&page, "participants")?;
        let rows = rows.iter().map(|it| Row { id: text(it, "sid"), at: moment(&text(it, "date_created")) }).collect();
        let next = match more {
            Some(path) => Some(self.get(path, Then::Page, call.state.clone())),
            None => {
                let left = call.state["left"].as_array().cloned().unwrap_or_default();
                self.next_conversation(left, call.state["more"].clone())
            }
        };
        Ok(PageRead { rows, next, ..PageRead::default() })
    }
}
