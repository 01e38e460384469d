//! `GET /sms/3/logs` and `GET /viber/2/logs`: what was sent in the last 48 hours.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Infobip, KEPT_HOURS, SENDER, moment_text, number};
use crate::Sandbox;
use crate::providers::{Answer, Asked, Call, Failure, Provider, Row, World, moment, token};

pub(super) async fn sms(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    sandbox.provided(&Infobip::NEW, asked, |call| logs(call, "sms-logs")).await
}

pub(super) async fn viber(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    sandbox.provided(&Infobip::NEW, asked, |call| logs(call, "viber-logs")).await
}

/// The newest first. An answer without rows may mean that they are older than 48 hours.
fn logs(call: &mut Call<'_>, stream: &'static str) -> Result<Answer, Failure> {
    let limit = number(call, "limit", (1, 1_000), 50)?;
    let since = moment_of(call, "sentSince")?.unwrap_or(Timestamp::MIN);
    let until = moment_of(call, "sentUntil")?.unwrap_or(Timestamp::MAX);
    let has_cursor = call.query("useCursor") == Some("true");
    let cursor = call.query("cursor").filter(|_| has_cursor);
    let from = cursor.map(|it| token::read(it).ok_or_else(|| Failure::BadRequest("cursor: is invalid".to_owned())));
    let since = since.max(moment::hours_before(call.now, KEPT_HOURS));
    let world = call.world();
    let is_among =
        |name: &str, value: &str| call.query(name).is_none_or(|it| it.split(',').any(|wanted| wanted == value));
    let is_wanted = |row: &Row| {
        is_among("messageId", &Infobip::NEW.row_id(world, row))
            && is_among("bulkId", &bulk(world, row))
            && is_among("sender", SENDER)
            && is_among("destination", &destination(world, row))
            && is_among("generalStatus", row.status)
    };
    let rows = call.between(stream, since, until.max(since));
    let page = call.page_before(rows, from.transpose()?, limit, is_wanted);
    let mut body = json!({ "results": page.rows.iter().map(|it| log(world, it)).collect::<Vec<_>>() });
    if has_cursor {
        body["cursor"] = json!({ "limit": call.given_size(limit), "nextCursor": page.next.map(|it| token::of(&it)) });
    }
    Answer::json(&body, page.rows.len())
}

fn log(world: &World, row: &Row) -> Value {
    let text = row.body.clone().unwrap_or_default();
    let mut log = sent(world, row);
    log["destination"] = destination(world, row).into();
    log["platform"] = json!({});
    log["content"] = match row.stream {
        "viber-logs" => json!({ "type": "TEXT", "text": text }),
        _ => json!({ "text": text }),
    };
    log
}

/// What logs and reports say alike of a message that was sent.
pub(super) fn sent(world: &World, row: &Row) -> Value {
    let seconds = 1 + (row.n % 4) as i64;
    let mut sent = json!({
        "sender": SENDER, "bulkId": bulk(world, row), "messageId": Infobip::NEW.row_id(world, row),
        "sentAt": moment_text(row.at), "doneAt": moment_text(moment::seconds_after(row.at, seconds)),
        "messageCount": 1, "price": { "pricePerMessage": 0.045, "currency": "EUR" },
        "status": status(row), "error": error(row),
    });
    if row.stream == "sms-logs" {
        let is_american = world.person(row.person).is_some_and(|it| it.is_american());
        sent["mccMnc"] = if is_american { "310260" } else { "20801" }.into();
    }
    sent
}

pub(super) fn destination(world: &World, row: &Row) -> String {
    world.person(row.person).map(|it| it.phone.to_string()).unwrap_or_default()
}

/// Messages that follow each other have one bulk.
fn bulk(world: &World, row: &Row) -> String {
    world.uuid("bulk", row.n / 3)
}

fn status(row: &Row) -> Value {
    let (group, id, name, description) = match row.status {
        "DELIVERED" => (3, 5, "DELIVERED_TO_HANDSET", "Message delivered to handset"),
        "PENDING" => (1, 26, "PENDING_ACCEPTED", "Message sent to next instance"),
        "EXPIRED" => (4, 15, "EXPIRED_EXPIRED", "Message expired"),
        "REJECTED" => (5, 14, "REJECTED_DESTINATION", "By request of the destination"),
        _ => (2, 9, "UNDELIVERABLE_NOT_DELIVERED", "Message sent not delivered"),
    };
    json!({ "groupId": group, "groupName": row.status, "id": id, "name": name, "description": description })
}

fn error(row: &Row) -> Value {
    let (group, group_name, id, name, description, is_permanent) = match row.error {
        Some(1) => (1, "HANDSET_ERRORS", 1, "EC_UNKNOWN_SUBSCRIBER", "Unknown Subscriber", true),
        Some(id) => (1, "HANDSET_ERRORS", id, "EC_ABSENT_SUBSCRIBER", "Absent Subscriber", false),
        None => (0, "OK", 0, "NO_ERROR", "No Error", false),
    };
    json!({
        "groupId": group, "groupName": group_name, "id": id, "name": name, "description": description,
        "permanent": is_permanent,
    })
}

fn moment_of(call: &Call<'_>, name: &str) -> Result<Option<Timestamp>, Failure> {
    let read = |text| {
        moment::with_offset(text)
            .ok_or_else(|| Failure::BadRequest(format!("{name}: must be yyyy-MM-dd'T'HH:mm:ss.SSSZ")))
    };
    call.query(name).map(read).transpose()
}
