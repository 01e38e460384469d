//! The action `DescribeOptedOutNumbers`.

use http::CallError;
use jiff::Timestamp;
use pages::Window;
use serde_json::{Value, json};

use super::check;
use crate::json::{link, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

/// The list of an account that has made no other.
const DEFAULT_LIST: &str = "Default";

pub(crate) struct OptOuts {
    list: String,
}

impl OptOuts {
    pub(crate) fn new(connection: &Connection) -> Self {
        let list = connection.settings.get("opt_out_list").map_or(DEFAULT_LIST, String::as_str);
        Self { list: list.to_owned() }
    }
}

fn row(record: &Value) -> Row {
    // Seconds since 1970, with or without a fraction.
    let seconds = record["OptedOutTimestamp"].as_f64();
    #[allow(clippy::cast_possible_truncation, reason = "a moment of the last or the next centuries")]
    let at = seconds.and_then(|it| Timestamp::from_millisecond((it * 1000.0).round() as i64).ok());
    Row { id: text(record, "OptedOutNumber"), at }
}

impl Stream for OptOuts {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(Call::post("/", json!({ "OptOutListName": self.list, "MaxResults": 100 })))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let rows = records(&page, "OptedOutNumbers")?.iter().map(row).collect();
        let next = link(&page, "NextToken").map(|token| {
            let mut next = call.clone();
            next.body["NextToken"] = token.into();
            next
        });
        Ok(PageRead { rows, next, ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::{Asked, Served, connection, shown};

    #[test]
    fn the_token_of_a_page_is_in_the_body_of_the_next_call() {
        let stream = OptOuts::new(&connection("aws", "https://sms-voice.eu-west-1.amazonaws.com"));
        let first = stream.first(None).unwrap();
        let page = br#"{"OptOutListName":"Default","NextToken":"abc","OptedOutNumbers":[
            {"OptedOutNumber":"+33199000001","OptedOutTimestamp":1772529247.638,"EndUserOptedOut":true},
            {"OptedOutNumber":"+33199000002","OptedOutTimestamp":1772529248,"EndUserOptedOut":false}]}"#;
        let read = stream.read(&first, page);
        shown(&first, &read).assert(expect![[r#"
            POST / {"MaxResults":100,"OptOutListName":"Default"}
            +33199000001 2026-03-03T09:14:07.638Z
            +33199000002 2026-03-03T09:14:08Z
            then POST / {"MaxResults":100,"NextToken":"abc","OptOutListName":"Default"}
        "#]]);
        let next = read.unwrap().next.unwrap();
        assert_eq!(stream.read(&next, br#"{"OptedOutNumbers":[]}"#).unwrap().next, None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_call_is_signed_and_a_throttled_one_is_made_again() {
        let served = Served::start(|asked: &Asked| match (asked.number, asked.body.contains("NextToken")) {
            (0, _) => {
                (400, r#"{"__type":"com.amazonaws.smsvoice#ThrottlingException","Message":"Rate exceeded"}"#.to_owned())
            }
            (_, false) => {
                (200, r#"{"NextToken":"t","OptedOutNumbers":[{"OptedOutNumber":"+33199000001"}]}"#.to_owned())
            }
            (_, true) => (200, r#"{"OptedOutNumbers":[{"OptedOutNumber":"+33199000002"}]}"#.to_owned()),
        });
        let served = served.await;
        served.pull("aws", "opt-outs").await.unwrap();
        assert_eq!(Vec::from_iter(served.kept("aws", "opt-outs")), ["+33199000001", "+33199000002"]);
        for asked in served.asked() {
            assert_eq!(asked.target, "PinpointSMSVoiceV2.DescribeOptedOutNumbers");
            let scope = "/eu-west-1/sms-voice/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, ";
            assert!(asked.authorization.starts_with("AWS4-HMAC-SHA256 Credential=acct/"), "{}", asked.authorization);
            assert!(asked.authorization.contains(scope), "{}", asked.authorization);
        }
    }
}
