//! `GET /v1/projects/{project}/apps/{app}/consents/{list}` for each of the three lists, at most fifty a page.
//!
//! A page does not name its list, so each record that is kept has it: `{"identity": …, "list": "OPT_OUT_MARKETING"}`.
//! Nobody is on a list that is missing: Sinch makes it for the first person.

use http::CallError;
use pages::Window;
use serde_json::{Value, json};

use super::{check, segment, with_token};
use crate::json::{link, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

const LISTS: [&str; 3] = ["OPT_OUT_ALL", "OPT_OUT_MARKETING", "OPT_OUT_NOTIFICATION"];

pub(crate) struct OptOuts {
    /// `/v1/projects/{project}/apps/{app}/consents/`
    path: String,
}

impl OptOuts {
    pub(crate) fn new(connection: &Connection) -> Self {
        let (project, app) = (segment(connection, "project"), segment(connection, "app"));
        Self { path: format!("/v1/projects/{project}/apps/{app}/consents/") }
    }

    fn path_of(&self, list: &str) -> String {
        format!("{}{list}?page_size=50", self.path)
    }

    /// The call for a list; none behind the last one.
    fn list(&self, number: usize) -> Option<Call> {
        let list = LISTS.get(number)?;
        Some(Call { state: json!(number), ..Call::get(self.path_of(list)) })
    }
}

/// Returns the number of the list that a call reads, and its name.
fn list_of(call: &Call) -> Result<(usize, &'static str), CallError> {
    let number = call.state.as_u64().and_then(|it| usize::try_from(it).ok());
    number.and_then(|it| Some((it, *LISTS.get(it)?))).ok_or(CallError::Malformed)
}

impl Stream for OptOuts {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        self.list(0)
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let (number, list) = list_of(call)?;
        let row = |it: &Value| Row { id: format!("{list}/{}", text(it, "identity")), at: None };
        let rows = records(&page, "identities")?.iter().map(row).collect();
        let next = match link(&page, "next_page_token") {
            Some(token) => Some(Call { path: with_token(&self.path_of(list), token), ..call.clone() }),
            None => self.list(number + 1),
        };
        Ok(PageRead { rows, next, ..PageRead::default() })
    }

    fn kept(&self, call: &Call, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let mut page = parse(&body)?;
        let (_, list) = list_of(call)?;
        let Some(identities) = page["identities"].as_array_mut() else { return Ok(body) };
        for identity in identities.iter_mut().filter_map(Value::as_object_mut) {
            identity.insert("list".into(), list.into());
        }
        serde_json::to_vec(&page).map_err(|_| CallError::Malformed)
    }

    fn missing(&self, call: &Call) -> Option<PageRead> {
        let (number, _) = list_of(call).ok()?;
        Some(PageRead { next: self.list(number + 1), ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::{Asked, Served, connection, shown};

    #[test]
    fn each_record_that_is_kept_has_the_name_of_its_list() {
        let stream = OptOuts::new(&connection("sinch", "https://eu.conversation.api.sinch.com"));
        let first = stream.first(None).unwrap();
        let kept =
            stream.kept(&first, br#"{"identities":[{"identity":"33199000001"}],"next_page_token":"t"}"#.to_vec());
        let kept = kept.unwrap();
        expect![[r#"{"identities":[{"identity":"33199000001","list":"OPT_OUT_ALL"}],"next_page_token":"t"}"#]]
            .assert_eq(std::str::from_utf8(&kept).unwrap());
        let read = stream.read(&first, &kept);
        shown(&first, &read).assert(expect![[r#"
            GET /v1/projects/proj/apps/app1/consents/OPT_OUT_ALL?page_size=50
            OPT_OUT_ALL/33199000001
            then GET /v1/projects/proj/apps/app1/consents/OPT_OUT_ALL?page_size=50&page_token=t
        "#]]);
        let second = read.unwrap().next.unwrap();
        shown(&second, &stream.read(&second, br#"{"identities":[],"next_page_token":""}"#)).assert(expect![[r#"
            GET /v1/projects/proj/apps/app1/consents/OPT_OUT_ALL?page_size=50&page_token=t
            then GET /v1/projects/proj/apps/app1/consents/OPT_OUT_MARKETING?page_size=50
        "#]]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_that_is_missing_is_empty() {
        let served = Served::start(|asked: &Asked| match asked.path.split('?').next().unwrap() {
            "/oauth2/token" => (200, r#"{"access_token":"one"}"#.to_owned()),
            path if path.ends_with("OPT_OUT_NOTIFICATION") => {
                (200, r#"{"identities":[{"identity":"33199000009"}],"next_page_token":""}"#.to_owned())
            }
            _ => (404, r#"{"error":{"code":404,"message":"does not exist","status":"NOT_FOUND"}}"#.to_owned()),
        });
        let served = served.await;
        let pulled = served.pull("sinch", "opt-outs").await.unwrap();
        assert!(pulled.coverage.is_complete);
        assert_eq!(Vec::from_iter(served.kept("sinch", "opt-outs")), ["OPT_OUT_NOTIFICATION/33199000009"]);
    }
}
