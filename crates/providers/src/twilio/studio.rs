//! `GET /v2/Flows`, and `GET /v2/Flows/{sid}` for each: the list has no definitions.

use http::{CallError, path_segment};
use pages::Window;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{STUDIO, check, next_page};
use crate::json::{moment, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream, Then};

pub(crate) struct Studio {
    base: Url,
}

/// What comes behind a flow.
#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    /// The flows that are not read yet, the next one last.
    left: Vec<String>,
    /// The path of the next page of the list.
    more: Option<String>,
}

impl Studio {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[STUDIO].clone() }
    }
}

fn list(path: String) -> Call {
    Call { host: STUDIO, then: Then::Step, ..Call::get(path) }
}

/// The call for the next flow, else for the next page of the list.
fn next_flow(mut state: State) -> Option<Call> {
    match state.left.pop() {
        Some(sid) => {
            let path = format!("/v2/Flows/{}", path_segment(&sid));
            let state = serde_json::to_value(state).unwrap_or_default();
            Some(Call { host: STUDIO, state, ..Call::get(path) })
        }
        None => state.more.map(list),
    }
}

impl Stream for Studio {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(list("/v2/Flows?PageSize=100".to_owned()))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        if call.then == Then::Step {
            let left = records(&page, "flows")?.iter().rev().map(|it| text(it, "sid")).collect();
            let state = State { left, more: next_page(&page, &self.base)? };
            return Ok(PageRead { next: next_flow(state), ..PageRead::default() });
        }
        if !page["definition"].is_object() {
            return Err(CallError::Malformed);
        }
        let row = Row { id: text(&page, "sid"), at: moment(&text(&page, "date_updated")) };
        let state = serde_json::from_value(call.state.clone()).map_err(|_| CallError::Malformed)?;
        Ok(PageRead { rows: vec![row], next: next_flow(state), ..PageRead::default() })
    }

    /// A flow that was deleted meanwhile.
    fn missing(&self, call: &Call) -> Option<PageRead> {
        let state = serde_json::from_value(call.state.clone()).ok()?;
        (call.then == Then::Page).then(|| PageRead { next: next_flow(state), ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::{connection, shown};

    #[test]
    fn each_flow_of_the_list_is_read_with_its_definition() {
        let stream = Studio::new(&connection("twilio", "https://studio.twilio.com"));
        let first = stream.first(None).unwrap();
        let page = br#"{"flows":[{"sid":"FW01"},{"sid":"FW02"}],
            "meta":{"next_page_url":"https://studio.twilio.com/v2/Flows?PageSize=100&Page=1"}}"#;
        let read = stream.read(&first, page);
        shown(&first, &read).assert(expect![[r#"
            GET /v2/Flows?PageSize=100
            then GET /v2/Flows/FW01
        "#]]);
        let one = read.unwrap().next.unwrap();
        let flow = br#"{"sid":"FW01","friendly_name":"orders","date_updated":"2026-03-03T09:14:07Z",
            "definition":{"states":[],"initial_state":"Trigger"}}"#;
        let read = stream.read(&one, flow);
        shown(&one, &read).assert(expect![[r#"
            GET /v2/Flows/FW01
            FW01 2026-03-03T09:14:07Z
            then GET /v2/Flows/FW02
        "#]]);
        let two = read.unwrap().next.unwrap();
        assert_eq!(stream.missing(&two).unwrap().next.unwrap().path, "/v2/Flows?PageSize=100&Page=1");
        assert!(stream.read(&two, br#"{"sid":"FW02"}"#).is_err(), "a flow without a definition");
    }
}
