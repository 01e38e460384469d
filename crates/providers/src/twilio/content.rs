//! `GET /v1/Content`: content templates, which are scenarios.

use http::CallError;
use pages::Window;
use url::Url;

use super::{CONTENT, check, next_page};
use crate::json::{moment, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

pub(crate) struct Content {
    base: Url,
}

impl Content {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[CONTENT].clone() }
    }
}

fn get(path: String) -> Call {
    Call { host: CONTENT, ..Call::get(path) }
}

impl Stream for Content {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(get("/v1/Content?PageSize=100".to_owned()))
    }

    fn read(&self, _call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let row = |it| Row { id: text(it, "sid"), at: moment(&text(it, "date_created")) };
        let rows = records(&page, "contents")?.iter().map(row).collect();
        Ok(PageRead { rows, next: next_page(&page, &self.base)?.map(get), ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::{connection, shown};

    #[test]
    fn templates_come_page_by_page_from_their_own_host() {
        let stream = Content::new(&connection("twilio", "https://content.twilio.com"));
        let first = stream.first(None).unwrap();
        assert_eq!(first.host, CONTENT);
        let page = br#"{"contents":[{"sid":"HX01","friendly_name":"welcome","language":"fr","variables":{"1":"Awa"},
            "types":{"twilio/text":{"body":"Bonjour {{1}}"}},"date_created":"2026-03-03T09:14:07Z"}],
            "meta":{"next_page_url":"https://content.twilio.com/v1/Content?PageSize=100&PageToken=t","key":"contents"}}"#;
        shown(&first, &stream.read(&first, page)).assert(expect![[r#"
            GET /v1/Content?PageSize=100
            HX01 2026-03-03T09:14:07Z
            then GET /v1/Content?PageSize=100&PageToken=t
        "#]]);
        assert_eq!(stream.read(&first, br#"{"contents":[],"meta":{"next_page_url":null}}"#).unwrap().next, None);
    }
}
