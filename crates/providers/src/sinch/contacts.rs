//! `GET /v1/projects/{project}/contacts`, at most twenty a page.

use http::CallError;
use pages::Window;

use super::{check, segment, with_token};
use crate::json::{link, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

pub(crate) struct Contacts {
    path: String,
}

impl Contacts {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { path: format!("/v1/projects/{}/contacts?page_size=20", segment(connection, "project")) }
    }
}

impl Stream for Contacts {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(Call::get(self.path.clone()))
    }

    fn read(&self, _call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let rows = records(&page, "contacts")?.iter().map(|it| Row { id: text(it, "id"), at: None }).collect();
        let next = link(&page, "next_page_token").map(|it| Call::get(with_token(&self.path, it)));
        Ok(PageRead { rows, next, ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect;
    use serde_json::{Value, json};

    use super::*;
    use crate::served::{Asked, Served, connection, shown};

    #[test]
    fn the_token_of_a_page_leads_to_the_next_one_and_an_empty_token_ends_the_list() {
        let contacts = Contacts::new(&connection("sinch", "https://eu.conversation.api.sinch.com"));
        let first = contacts.first(None).unwrap();
        let page = br#"{"contacts":[{"id":"01AA","display_name":"Awa","external_id":"","channel_identities":
            [{"channel":"SMS","identity":"33199000001","app_id":""}]}],"next_page_token":"a/b="}"#;
        shown(&first, &contacts.read(&first, page)).assert(expect![[r#"
            GET /v1/projects/proj/contacts?page_size=20
            01AA
            then GET /v1/projects/proj/contacts?page_size=20&page_token=a%2Fb%3D
        "#]]);
        assert_eq!(contacts.read(&first, br#"{"contacts":[],"next_page_token":""}"#).unwrap().next, None);
        let error = contacts.read(&first, br#"{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}"#);
        assert!(matches!(error, Err(CallError::Refused { status: 404, .. })), "{error:?}");
    }

    fn page(from: usize, next: Option<usize>) -> String {
        let contacts: Vec<Value> = (from..from + 2).map(|it| json!({"id": format!("c{it}")})).collect();
        let token = next.map_or(String::new(), |it| it.to_string());
        json!({"contacts": contacts, "next_page_token": token}).to_string()
    }

    fn expected(n: usize) -> BTreeSet<String> {
        (0..n).map(|it| format!("c{it}")).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_token_that_expires_in_the_middle_is_renewed_and_nothing_is_lost() {
        let served = Served::start(|asked: &Asked| {
            // The first token is accepted for two pages.
            let login = |token: &str| (200, json!({"access_token": token, "expires_in": 3600}).to_string());
            match (asked.path.split('?').next().unwrap(), asked.number) {
                ("/oauth2/token", 0) => login("one"),
                ("/oauth2/token", _) => login("two"),
                (_, 1 | 2) => assert_eq_then(&asked.authorization, "Bearer one", asked),
                _ if asked.authorization == "Bearer one" => (401, "{}".to_owned()),
                _ => assert_eq_then(&asked.authorization, "Bearer two", asked),
            }
        });
        let served = served.await;
        let pulled = served.pull("sinch", "contacts").await.unwrap();
        assert!(pulled.coverage.is_complete);
        assert_eq!((served.kept("sinch", "contacts"), pulled.coverage.rows), (expected(8), 8));
        let logins: Vec<Asked> = served.asked().into_iter().filter(|it| it.path == "/oauth2/token").collect();
        assert_eq!(logins.len(), 2);
        for login in logins {
            assert_eq!(
                (login.authorization.as_str(), login.body.as_str()),
                ("Basic YWNjdDpzZWNyZXQ=", "grant_type=client_credentials")
            );
        }
    }

    fn assert_eq_then(given: &str, expected: &str, asked: &Asked) -> (u16, String) {
        assert_eq!(given, expected);
        let from = asked.number_of("page_token");
        (200, page(from, (from < 6).then_some(from + 2)))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_empty_page_in_the_middle_is_not_the_end() {
        let served = Served::start(|asked: &Asked| match (asked.path.as_str(), asked.number_of("page_token")) {
            ("/oauth2/token", _) => (200, r#"{"access_token":"one"}"#.to_owned()),
            (_, 2) => (200, r#"{"contacts":[],"next_page_token":"3"}"#.to_owned()),
            (_, 3) => (200, page(2, None)),
            (_, from) => (200, page(from, Some(from + 2))),
        });
        let served = served.await;
        let pulled = served.pull("sinch", "contacts").await.unwrap();
        assert_eq!((served.kept("sinch", "contacts"), pulled.coverage.pages), (expected(4), 3));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_that_comes_again_under_a_new_token_is_read_and_counted_and_the_reading_goes_on() {
        let served = Served::start(|asked: &Asked| match (asked.path.as_str(), asked.number_of("page_token")) {
            ("/oauth2/token", _) => (200, r#"{"access_token":"one"}"#.to_owned()),
            (_, 0) => (200, page(0, Some(1))),
            (_, 1) => (200, page(0, Some(2))),
            (_, from) => (200, page(from, None)),
        });
        let served = served.await;
        let pulled = served.pull("sinch", "contacts").await.unwrap();
        assert_eq!((served.kept("sinch", "contacts"), pulled.coverage.rows), (expected(4), 6));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_token_that_leads_back_ends_the_reading_with_what_was_kept() {
        let served = Served::start(|asked: &Asked| match asked.path.as_str() {
            "/oauth2/token" => (200, r#"{"access_token":"one"}"#.to_owned()),
            _ => (200, page(asked.number_of("page_token"), Some(2 - asked.number_of("page_token")))),
        });
        let served = served.await;
        let error = served.pull("sinch", "contacts").await.unwrap_err();
        assert!(matches!(error, crate::PullError::Circle { pages: 3 }), "{error:?}");
        assert_eq!(served.kept("sinch", "contacts"), expected(4));
    }
}
