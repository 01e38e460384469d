//! Telnyx: people who have opted out, and the detail records of messages.
//!
//! Lists have numbered pages, and say how many records they have. Errors are `{"errors": [{"code", "title", "detail"}]}`.
//!
//! Facts: developers.telnyx.com, list-opt-outs and search-detail-records; read 2026-11-22. The rate, and how long records
//! are kept, are not documented.

mod messages;
mod opt_outs;

use std::time::Duration;

use http::{CallError, Credentials};
use model::Channel;
use serde_json::Value;

use crate::{Limit, Paging, ProviderSpec, StreamSpec, Windows};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

const OPT_OUTS: StreamSpec = StreamSpec {
    name: "opt-outs",
    title: "people who have opted out",
    profile: Some("telnyx-opt-outs"),
    channel: Channel::Sms,
    holds_refusals: true,
    windows: Windows::None,
    paging: Paging::Numbered,
    page_rows: opt_outs::PAGE_SIZE,
    limit: Limit {
        interval: Duration::from_millis(100),
        source: "no rate is documented at developers.telnyx.com, 2026-11-22: ten calls a second are modest",
    },
    price: None,
    consumes: false,
    gaps: &["dates have no zone"],
    needs: &[],
    open: |_| Box::new(opt_outs::OptOuts),
};

pub(crate) const TELNYX: ProviderSpec = ProviderSpec {
    name: "telnyx",
    title: "Telnyx",
    hosts: &["https://api.telnyx.com"],
    account: None,
    secret: "API key",
    auth: |it| Credentials::Bearer(it.account.secret.clone()),
    read_error: |status, body| error_of(status, &serde_json::from_slice(body).unwrap_or_default()),
    streams: &[
        OPT_OUTS,
        StreamSpec {
            name: "messages",
            title: "detail records of messages",
            profile: Some("telnyx-messages"),
            windows: Windows::Of {
                // How long records are kept is not known, so windows are long: a few hundred reach back to 1970.
                length: MONTH,
                kept: None,
                lag: Duration::from_secs(300),
                overlap: DAY,
            },
            page_rows: messages::PAGE_SIZE,
            gaps: &["detail records have no text, so words such as STOP are not in them: read opt-outs too"],
            open: |_| Box::new(messages::Messages),
            ..OPT_OUTS
        },
    ],
};

/// Makes the error of an answer. Codes are numbers in quotes.
fn error_of(status: u16, answer: &Value) -> CallError {
    let code = crate::json::text(&answer["errors"][0], "code").parse().ok();
    CallError::Refused { status, code }
}

/// Fails if a body with status 200 is an error.
fn check(page: &Value) -> Result<(), CallError> {
    if page["errors"].is_array() { Err(error_of(200, page)) } else { Ok(()) }
}

/// What a page says of its list. `n_rows` are its own records.
struct Meta {
    total: Option<u64>,
    has_next: bool,
}

impl Meta {
    /// The stated totals can be wrong. A list has ended where a page is empty or short, and the totals do not say that
    /// there is more.
    fn of(page: &Value, number: u64, asked: u32, n_rows: u64) -> Result<Self, CallError> {
        if !page["meta"].is_object() {
            return Err(CallError::Malformed);
        }
        let meta = |key: &str| page["meta"][key].as_u64();
        let size = meta("page_size").filter(|it| *it > 0).unwrap_or(u64::from(asked));
        let is_before_last = meta("total_pages").is_some_and(|it| number < it);
        let has_more_rows = meta("total_results").is_some_and(|it| (number - 1) * size + n_rows < it);
        let has_next = is_before_last || n_rows >= size || (n_rows > 0 && has_more_rows);
        Ok(Self { total: meta("total_results"), has_next })
    }
}
