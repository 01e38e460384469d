//! `GET /platform/1/blocklists`: who must not be written to, and how it became known. Pages are counted from 0.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ACCOUNT_KEY, Infobip, number, paging};
use crate::Sandbox;
use crate::providers::person::OWN_NUMBER;
use crate::providers::{Answer, Asked, Call, Failure, Row, World};

pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    sandbox.provided(&Infobip::OLD, asked, page).await
}

fn page(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let size = number(call, "size", (1, 1_000), 100)?;
    let n_page = number(call, "page", (0, usize::MAX), 0)?;
    let (since, until) = window(call)?;
    let world = call.world();
    let filters = call.filters(&["sender", "destination", "channel", "sourceType", "accountKey"]);
    let is_wanted = |row: &&Row| {
        since <= row.at && row.at < until && filters.iter().all(|(name, value)| record(world, row)[*name] == *value)
    };
    let rows = ["blocklist", "blocklist-manual", "blocklist-urn"].into_iter().flat_map(|it| call.rows(it));
    let page = call.page_of_number(rows.filter(is_wanted), n_page, size);
    let body = json!({
        "results": page.rows.iter().map(|it| record(world, it)).collect::<Vec<_>>(),
        "paging": paging(n_page, call.given_size(size), page.total),
    });
    Answer::json(&body, page.rows.len())
}

/// Both dates or none.
fn window(call: &Call<'_>) -> Result<(Timestamp, Timestamp), Failure> {
    let text = |name: &str| call.query(name).map(str::parse::<Timestamp>);
    match (text("createdDateFrom"), text("createdDateTo")) {
        (None, None) => Ok((Timestamp::MIN, Timestamp::MAX)),
        (Some(Ok(since)), Some(Ok(until))) if since < until => Ok((since, until)),
        _ => {
            let what = "created dates must be in supported format, both present and valid (`from` must be before `to`)";
            Err(Failure::BadRequest(format!("request: {what}")))
        }
    }
}

fn record(world: &World, row: &Row) -> Value {
    let phone = world.person(row.person).map(|it| it.phone.to_string()).unwrap_or_default();
    let is_urn = row.stream == "blocklist-urn";
    let urn = format!("urn:mbid:{}", BASE64_STANDARD.encode(world.draw("urn", row.n).bytes()));
    let channel = match row.n % 4 {
        _ if is_urn => "APPLE_MB",
        _ if row.stream == "blocklist" => "SMS",
        0 => "VIBER",
        1 => "WHATSAPP",
        _ => "SMS",
    };
    json!({
        "sender": OWN_NUMBER.to_string(), "destination": if is_urn { urn } else { phone }, "sourceType": row.status,
        "channel": channel, "accountKey": ACCOUNT_KEY,
        "createdDate": row.at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
    })
}
