//! `GET /workspaces/{id}/contacts`, and `GET …/contacts/{id}/identifiers` for each contact without a phone.
//!
//! The list shows a few identifiers of a contact (`featuredIdentifiers`) and counts all (`identifierCount`), so the phone
//! can be missing. All pages are kept in the shape of the list, so that one profile reads them:
//!
//! - Of a page of contacts, those whose identifiers are asked for move from `results` to `asked`. They come again with
//!   their identifiers, and one person must not be a reject first.
//! - The identifiers of a contact become a record of that contact. An identifier whose key comes again, such as a second
//!   phone, becomes another record with the same id.

use http::{CallError, path_segment};
use pages::Window;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::json::{link, moment, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

/// The key of phone numbers.
const PHONE: &str = "phonenumber";
/// What is kept of a contact until its identifiers come.
const KEPT: [&str; 3] = ["id", "computedDisplayName", "createdAt"];
const KEPT_ATTRIBUTES: [&str; 3] = ["preferredLanguage", "language", "country"];

pub(crate) struct Contacts {
    /// `/workspaces/{id}/contacts`
    path: String,
}

/// Where the reading is; nothing while it reads the list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    /// The contact whose identifiers are read.
    contact: Value,
    /// Identifiers of it that came before.
    #[serde(default)]
    n_before: usize,
    /// Contacts whose identifiers come next, the next one last.
    left: Vec<Value>,
    /// The call for the next page of contacts.
    more: Option<String>,
}

impl Contacts {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { path: format!("/workspaces/{}/contacts", path_segment(&connection.account.id)) }
    }

    /// The call for the next contact, else for the next page of contacts.
    fn next_contact(&self, mut state: State) -> Option<Call> {
        match state.left.pop() {
            Some(contact) => Some(self.identifiers(State { contact, n_before: 0, ..state }, "")),
            None => state.more.map(Call::get),
        }
    }

    fn identifiers(&self, state: State, token: &str) -> Call {
        let contact = path_segment(&text(&state.contact, "id"));
        let path = format!("{}/{contact}/identifiers?limit=100{}", self.path, page_token(token));
        Call { state: serde_json::to_value(state).unwrap_or_default(), ..Call::get(path) }
    }

    fn read_contacts(&self, page: &Value) -> Result<PageRead, CallError> {
        let rows = records(page, "results")?;
        let rows = rows.iter().map(|it| Row { id: text(it, "id"), at: moment(&text(it, "createdAt")) }).collect();
        let more = link(page, "nextPageToken").map(|it| format!("{}?limit=100{}", self.path, page_token(it)));
        let asked = page.get("asked").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let left = asked.iter().rev().map(short).collect();
        let next = self.next_contact(State { left, more, ..State::default() });
        Ok(PageRead { rows, next, ..PageRead::default() })
    }

    fn read_identifiers(&self, state: State, page: &Value) -> Result<PageRead, CallError> {
        let records = records(page, "results")?;
        let id = text(&state.contact, "id");
        let at = moment(&text(&state.contact, "createdAt"));
        let row = |n: usize| Row { id: if n == 0 { id.clone() } else { format!("{id}/{n}") }, at };
        let n_before = state.n_before + records.len();
        let rows = (state.n_before..n_before).map(row).collect();
        let next = match link(page, "nextPageToken") {
            Some(token) => Some(self.identifiers(State { n_before, ..state }, token)),
            None => self.next_contact(state),
        };
        Ok(PageRead { rows, next, ..PageRead::default() })
    }
}

impl Stream for Contacts {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(Call::get(format!("{}?limit=100", self.path)))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        match state_of(call)? {
            None => self.read_contacts(&page),
            Some(state) => self.read_identifiers(state, &page),
        }
    }

    fn kept(&self, call: &Call, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let mut page = parse(&body)?;
        let records =
            std::mem::take(page.get_mut("results").and_then(Value::as_array_mut).ok_or(CallError::Malformed)?);
        match state_of(call)? {
            None => {
                let (asked, shown): (Vec<Value>, Vec<Value>) = records.into_iter().partition(lacks_phone);
                if asked.is_empty() {
                    return Ok(body);
                }
                kept_page(shown, asked, page)
            }
            Some(state) => kept_page(with_identifiers(&state.contact, records), Vec::new(), page),
        }
    }

    /// A contact that was deleted meanwhile has no identifiers.
    fn missing(&self, call: &Call) -> Option<PageRead> {
        let state = state_of(call).ok()??;
        Some(PageRead { next: self.next_contact(state), ..PageRead::default() })
    }
}

/// Writes a page that is kept.
fn kept_page(results: Vec<Value>, asked: Vec<Value>, page: Value) -> Result<Vec<u8>, CallError> {
    /// The records come first, because readers look for them in the first bytes.
    #[derive(Serialize)]
    struct Kept {
        results: Vec<Value>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        asked: Vec<Value>,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }
    let Value::Object(mut rest) = page else { return Err(CallError::Malformed) };
    rest.remove("results");
    serde_json::to_vec(&Kept { results, asked, rest }).map_err(|_| CallError::Malformed)
}

fn state_of(call: &Call) -> Result<Option<State>, CallError> {
    serde_json::from_value(call.state.clone()).map_err(|_| CallError::Malformed)
}

fn page_token(token: &str) -> String {
    if token.is_empty() { String::new() } else { format!("&pageToken={}", path_segment(token)) }
}

/// Whether a contact has identifiers that the list does not show, and no phone among those that it does.
fn lacks_phone(contact: &Value) -> bool {
    let shown = contact["featuredIdentifiers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_phone = shown.iter().any(|it| it["key"] == PHONE);
    let has_more = contact["identifierCount"].as_u64().is_none_or(|it| it > shown.len() as u64);
    !has_phone && has_more
}

/// Returns what a record needs of its contact.
fn short(contact: &Value) -> Value {
    let pick = |from: &Value, keys: &[&str]| -> Map<String, Value> {
        keys.iter().filter_map(|it| Some(((*it).to_owned(), from.get(it)?.clone()))).collect()
    };
    let mut short = pick(contact, &KEPT);
    short.insert("attributes".into(), pick(&contact["attributes"], &KEPT_ATTRIBUTES).into());
    short.into()
}

/// Returns records of a contact in the shape of the list: one, and another for each time that a key comes again.
fn with_identifiers(contact: &Value, identifiers: Vec<Value>) -> Vec<Value> {
    let mut groups: Vec<Vec<Value>> = vec![Vec::new()];
    for identifier in identifiers {
        let has_key = |group: &Vec<Value>| group.iter().any(|it| it["key"] == identifier["key"]);
        match groups.iter().position(|it| !has_key(it)) {
            Some(n) => groups[n].push(identifier),
            None => groups.push(vec![identifier]),
        }
    }
    let record = |group: Vec<Value>| {
        let mut record = contact.clone();
        record["featuredIdentifiers"] = json!(group);
        record
    };
    groups.into_iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::{Served, connection, shown};

    fn contacts() -> Contacts {
        Contacts::new(&connection("bird", "https://api.bird.com"))
    }

    fn contact(id: &str, identifiers: &[(&str, &str)], n_identifiers: u32) -> Value {
        let identifiers: Vec<Value> =
            identifiers.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        json!({"id": id, "computedDisplayName": "Awa", "createdAt": "2025-06-01T10:00:00.123Z", "attributes": {"x": 1},
            "featuredIdentifiers": identifiers, "identifierCount": n_identifiers, "listIds": []})
    }

    fn page() -> Vec<u8> {
        let results = [
            contact("b1", &[("phonenumber", "+33199000001")], 3),
            contact("b2", &[("emailaddress", "awa@example.com")], 2),
            contact("b3", &[("emailaddress", "ben@example.com")], 1),
        ];
        serde_json::to_vec(&json!({"results": results, "nextPageToken": "p/2"})).unwrap()
    }

    #[test]
    fn a_contact_without_a_phone_is_asked_about_before_the_next_page() {
        let first = contacts().first(None).unwrap();
        let kept = contacts().kept(&first, page()).unwrap();
        assert!(kept.starts_with(br#"{"results":[{"#));
        let read = contacts().read(&first, &kept);
        shown(&first, &read).assert(expect![[r#"
            GET /workspaces/acct/contacts?limit=100
            b1 2025-06-01T10:00:00.123Z
            b3 2025-06-01T10:00:00.123Z
            then GET /workspaces/acct/contacts/b2/identifiers?limit=100
        "#]]);

        let asks = read.unwrap().next.unwrap();
        let identifiers = json!({"results": [{"key": "phonenumber", "value": "+33199000002"},
            {"key": "emailaddress", "value": "awa@example.com"}, {"key": "phonenumber", "value": "+33199000003"}]});
        let kept = contacts().kept(&asks, serde_json::to_vec(&identifiers).unwrap()).unwrap();
        shown(&asks, &contacts().read(&asks, &kept)).assert(expect![[r#"
            GET /workspaces/acct/contacts/b2/identifiers?limit=100
            b2 2025-06-01T10:00:00.123Z
            b2/1 2025-06-01T10:00:00.123Z
            then GET /workspaces/acct/contacts?limit=100&pageToken=p%2F2
        "#]]);
        expect![[r#"{"results":[{"attributes":{},"computedDisplayName":"Awa","createdAt":"2025-06-01T10:00:00.123Z","featuredIdentifiers":[{"key":"phonenumber","value":"+33199000002"},{"key":"emailaddress","value":"awa@example.com"}],"id":"b2"},{"attributes":{},"computedDisplayName":"Awa","createdAt":"2025-06-01T10:00:00.123Z","featuredIdentifiers":[{"key":"phonenumber","value":"+33199000003"}],"id":"b2"}]}"#]]
            .assert_eq(&String::from_utf8(kept).unwrap());
    }

    #[test]
    fn a_page_with_all_phones_is_kept_as_it_came() {
        let body = serde_json::to_vec_pretty(&json!({"results": [contact("b3", &[], 0)]})).unwrap();
        assert_eq!(contacts().kept(&contacts().first(None).unwrap(), body.clone()).unwrap(), body);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_contact_that_is_deleted_before_its_identifiers_are_read_does_not_end_the_reading() {
        let served = Served::start(|asked| match asked.path.as_str() {
            "/workspaces/acct/contacts?limit=100" => (200, String::from_utf8(page()).unwrap()),
            "/workspaces/acct/contacts/b2/identifiers?limit=100" => (404, "{}".to_owned()),
            "/workspaces/acct/contacts?limit=100&pageToken=p%2F2" => (200, r#"{"results":[]}"#.to_owned()),
            other => panic!("{other}"),
        });
        let served = served.await;
        let pulled = served.pull("bird", "contacts").await.unwrap();
        assert!(pulled.coverage.is_complete);
        assert_eq!(Vec::from_iter(served.kept("bird", "contacts")), ["b1", "b3"]);
        assert!(served.asked().iter().all(|it| it.authorization == "AccessKey secret"));
    }
}
