//! `GET /sms/3/reports` and `GET /sms/1/inbox/reports`: each row is returned once and never again, whether it arrived or
//! not.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::logs::{destination, sent};
use super::{Infobip, KEPT_HOURS, moment_text, number};
use crate::Sandbox;
use crate::providers::person::OWN_NUMBER;
use crate::providers::{Answer, Asked, Call, Failure, Provider, Row, World, moment};

/// What was returned: streams with the places of rows in them.
#[derive(Default)]
struct Returned(BTreeSet<(&'static str, u64)>);

pub(super) async fn reports(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let reports = |call: &mut Call<'_>| {
        let (rows, _) = take(call, "sms-logs")?;
        let world = call.world();
        let report = |row: &Row| {
            let mut report = sent(world, row);
            report["to"] = destination(world, row).into();
            report
        };
        let results: Vec<Value> = rows.iter().map(report).collect();
        Answer::json(&json!({ "results": results }), rows.len())
    };
    sandbox.provided(&Infobip::NEW, asked, reports).await
}

pub(super) async fn inbox(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let inbox = |call: &mut Call<'_>| {
        let (rows, n_left) = take(call, "inbox")?;
        let world = call.world();
        let results: Vec<Value> = rows.iter().map(|it| received(world, it)).collect();
        let body = json!({ "results": results, "messageCount": rows.len(), "pendingMessageCount": n_left });
        Answer::json(&body, rows.len())
    };
    sandbox.provided(&Infobip::OLD, asked, inbox).await
}

/// Takes the oldest rows that were not returned yet, and says how many are left. A message that is still on its way has no
/// report.
fn take(call: &mut Call<'_>, stream: &'static str) -> Result<(Vec<Row>, usize), Failure> {
    let limit = number(call, "limit", (1, 1_000), 50)?;
    let limit = call.given_size(limit);
    let since = moment::hours_before(call.now, KEPT_HOURS);
    let returned = call.own::<Returned>()?.0.clone();
    let rows = call.between(stream, since, Timestamp::MAX).iter();
    let is_left = |it: &&Row| !it.is_deleted && it.status != "PENDING" && !returned.contains(&(stream, it.n));
    let mut rows: Vec<Row> = rows.filter(is_left).cloned().collect();
    let left = rows.split_off(limit.min(rows.len()));
    call.own::<Returned>()?.0.extend(rows.iter().map(|it| (stream, it.n)));
    Ok((rows, left.len()))
}

fn received(world: &World, row: &Row) -> Value {
    let text = row.body.clone().unwrap_or_default();
    let keyword = ["STOP", "START"].into_iter().find(|it| text.eq_ignore_ascii_case(it));
    let mut received = json!({
        "messageId": Infobip::NEW.row_id(world, row), "from": destination(world, row), "to": OWN_NUMBER.to_string(),
        "text": text, "cleanText": if keyword.is_some() { "" } else { &text },
        "receivedAt": moment_text(row.at), "smsCount": 1,
        "price": { "pricePerMessage": 0, "currency": "EUR" },
    });
    if let Some(keyword) = keyword {
        received["keyword"] = keyword.into();
    }
    received
}
