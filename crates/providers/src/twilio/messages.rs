//! `GET /2010-04-01/Accounts/{sid}/Messages.json`, newest first, by days of UTC.

use http::{CallError, path_of_link, path_segment};
use jiff::{Timestamp, tz::TimeZone};
use pages::Window;
use url::Url;

use super::{API, check};
use crate::json::{moment, next_link, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream};

pub(crate) struct Messages {
    base: Url,
    account: String,
}

impl Messages {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[API].clone(), account: connection.account.id.clone() }
    }
}

impl Stream for Messages {
    /// The filter takes a day of UTC. Those for spans, `DateSent>` and `DateSent<`, are told of in two ways: up to the last
    /// or up to the first moment of their day.
    fn first(&self, window: Option<Window>) -> Option<Call> {
        let filters = window.map_or(String::new(), |it| format!("DateSent={}&", day(it.since)));
        let account = path_segment(&self.account);
        Some(Call::get(format!("/2010-04-01/Accounts/{account}/Messages.json?{filters}PageSize=1000")))
    }

    fn is_newest_first(&self) -> bool {
        true
    }

    fn read(&self, _call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let rows = records(&page, "messages")?.iter().map(|it| {
            let at = ["date_sent", "date_created"].into_iter().find_map(|key| moment(&text(it, key)));
            Row { id: text(it, "sid"), at }
        });
        let next = next_link(&page, "next_page_uri")?.map(|it| path_of_link(&self.base, it)).transpose()?;
        Ok(PageRead { rows: rows.collect(), next: next.map(Call::get), ..PageRead::default() })
    }
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}
