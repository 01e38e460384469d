//! MessageBird, as it was before it became Bird: contacts, groups and messages, by offset and with absolute links.
//!
//! Rows: `contacts` and `messages`. A message may have several recipients: each is a row, and rows of one message share its
//! id. Numbers are numbers of JSON. Written from the examples of MessageBird's Go client; the largest page is not documented
//! and is 200 here. The codes of errors of recipients are from its reference.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::page::Page;
use super::person::OWN_NUMBER;
use super::{
    Answer, Asked, Call, Direction, Failure, Message, Next, Outcome, Person, Provider, Row, World, link, moment,
};
use crate::Sandbox;

/// Items on a page without `limit`, and the most of them: who asks for more is given so many.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 200;

/// Names of groups, and which of so many contacts are in each.
const GROUPS: [(&str, u64); 3] = [("Fidélité", 2), ("Newsletter", 3), ("VIP", 7)];

/// The stand-in of MessageBird.
pub(super) struct MessageBird;

impl Provider for MessageBird {
    fn name(&self) -> &'static str {
        "messagebird"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/contacts", get(contacts))
            .route("/groups", get(groups))
            .route("/groups/{group}/contacts", get(group_contacts))
            .route("/messages", get(messages))
    }

    fn is_authorised(&self, asked: &Asked, _account: Option<&str>, secret: &str) -> bool {
        asked.authorization("AccessKey") == Some(secret)
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, code, description) = match failure {
            Failure::Unauthorised => (401, 2, "Request not allowed (incorrect access_key)"),
            Failure::NotFound => (404, 20, "message not found"),
            Failure::BadRequest(what) => (422, 9, what.as_str()),
            Failure::TooMany(_) => (429, 429, "Too many requests"),
            Failure::Server => (500, 99, "Internal error"),
        };
        let parameter = match failure {
            Failure::Unauthorised => json!("access_key"),
            Failure::BadRequest(what) => what.split(' ').next().into(),
            _ => Value::Null,
        };
        let body = Json(json!({ "errors": [{ "code": code, "description": description, "parameter": parameter }] }));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
            }
            _ => (status, body).into_response(),
        }
    }

    /// Every fifth message of the business goes to three people, if there are as many.
    fn message_rows(&self, world: &World, message: &Message) -> Vec<Row> {
        let (status, error) = match message.outcome {
            Outcome::Received => ("received", None),
            Outcome::Delivered => ("delivered", None),
            Outcome::Sent => ("sent", None),
            Outcome::Unreachable => ("expired", Some(27)),
            Outcome::UnknownNumber => ("delivery_failed", Some(1)),
            // "EC_SUBSCRIBER_OPTEDOUT"
            Outcome::Stopped => ("delivery_failed", Some(103)),
        };
        let first = Row::of_message("messages", message, status, error);
        let n_people = world.people.len() as u32;
        let is_for_many = message.direction == Direction::Outbound && message.n % 5 == 2 && n_people > 3;
        let others = if is_for_many { 1..3 } else { 0..0 };
        let also = others.map(|it| Row {
            person: (first.person + it) % n_people,
            status: "sent",
            error: None,
            ..first.clone()
        });
        let also: Vec<Row> = also.collect();
        std::iter::once(first).chain(also).collect()
    }

    fn person_rows(&self, _world: &World, person: &Person) -> Vec<Row> {
        vec![Row::new("contacts", person.n, person.created_at)]
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        let hex = world.hex(row.stream, row.message.unwrap_or(row.n));
        hex.get(..32).unwrap_or_default().to_owned()
    }
}

async fn contacts(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let contacts = |call: &mut Call<'_>| {
        let (offset, limit) = place(call)?;
        let page = call.page_at(call.rows("contacts").rev(), offset, limit);
        let items = page.rows.iter().map(|it| contact(call, it)).collect();
        listed(call, &page, (offset, limit), items, page.rows.len())
    };
    sandbox.provided(&MessageBird, asked, contacts).await
}

async fn groups(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let groups = |call: &mut Call<'_>| {
        let (offset, limit) = place(call)?;
        let origin = call.asked.origin();
        let items: Vec<Value> = (0..GROUPS.len()).map(|n| group(call, n, &origin)).collect();
        let items: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
        let n_items = items.len();
        let after = Some(offset + n_items).filter(|it| *it < GROUPS.len());
        let next = after.map(|it| Next { from: Some(it), marker: None, host: None });
        let page = Page { rows: Vec::new(), next, total: GROUPS.len() };
        listed(call, &page, (offset, limit), items, n_items)
    };
    sandbox.provided(&MessageBird, asked, groups).await
}

async fn group_contacts(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let contacts = |call: &mut Call<'_>| {
        let (offset, limit) = place(call)?;
        let n = (0..GROUPS.len()).find(|n| group_id(call.world(), *n) == id).ok_or(Failure::NotFound)?;
        let page = call.page_at(call.rows("contacts").rev().filter(|it| is_in(n, it)), offset, limit);
        let items = page.rows.iter().map(|it| contact(call, it)).collect();
        listed(call, &page, (offset, limit), items, page.rows.len())
    };
    sandbox.provided(&MessageBird, asked, contacts).await
}

async fn messages(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let messages = |call: &mut Call<'_>| {
        let (offset, limit) = place(call)?;
        let status = call.query("status");
        // The newest first; the recipients of one message follow each other.
        let rows: Vec<&Row> = call.rows("messages").rev().collect();
        let recipients: Vec<&[&Row]> = rows.chunk_by(|a, b| a.message == b.message).collect();
        let is_wanted = |it: &&&[&Row]| status.is_none_or(|status| it.iter().any(|row| row.status == status));
        let heads = recipients.iter().filter(is_wanted).filter_map(|it| it.first().copied());
        let page = call.page_at(heads, offset, limit);
        let by_head: BTreeMap<u64, &[&Row]> = recipients.iter().filter_map(|it| Some((it.first()?.n, *it))).collect();
        let of = |head: &&Row| by_head.get(&head.n).copied();
        let shown: Vec<&[&Row]> = page.rows.iter().filter_map(of).collect();
        let items = shown.iter().map(|it| message(call, it)).collect();
        listed(call, &page, (offset, limit), items, shown.iter().map(|it| it.len()).sum())
    };
    sandbox.provided(&MessageBird, asked, messages).await
}

/// The offset and the limit of a page.
fn place(call: &Call<'_>) -> Result<(usize, usize), Failure> {
    let number = |name: &str, otherwise: usize| {
        let read = |it: &str| it.parse().map_err(|_| Failure::BadRequest(format!("{name} is invalid")));
        call.query(name).map_or(Ok(otherwise), read)
    };
    let limit: usize = number("limit", PAGE)?;
    if limit == 0 {
        return Err(Failure::BadRequest("limit is invalid".to_owned()));
    }
    Ok((number("offset", 0)?, limit.min(LARGEST_PAGE)))
}

fn listed(
    call: &Call<'_>,
    page: &Page<'_, usize>,
    (offset, limit): (usize, usize),
    items: Vec<Value>,
    n_rows: usize,
) -> Result<Answer, Failure> {
    let path = call.asked.uri.path();
    let origin = call.asked.origin();
    let link_to = |host: &str, offset: usize, marker: Option<u64>| {
        let mut parameters = vec![("offset", offset.to_string()), ("limit", limit.to_string())];
        parameters.extend(call.query("status").map(|it| ("status", it.to_owned())));
        parameters.extend(marker.map(|it| ("request", it.to_string())));
        format!("{host}{path}?{}", link::query(&parameters))
    };
    let next = page.next.map(|it| link_to(it.host.unwrap_or(&origin), it.from.unwrap_or(0), it.marker));
    let last = page.total.saturating_sub(1) / limit * limit;
    let body = json!({
        "offset": offset, "limit": call.given_size(limit), "count": items.len(), "totalCount": page.total,
        "links": {
            "first": link_to(&origin, 0, None),
            "previous": (offset > 0).then(|| link_to(&origin, offset.saturating_sub(limit), None)),
            "next": next, "last": link_to(&origin, last, None),
        },
        "items": items,
    });
    Answer::json(&body, n_rows)
}

fn contact(call: &Call<'_>, row: &Row) -> Value {
    let (world, origin) = (call.world(), call.asked.origin());
    let Some(person) = world.person(row.person) else { return Value::Null };
    let id = MessageBird.row_id(world, row);
    let href = format!("{origin}/contacts/{id}");
    let n_groups = (0..GROUPS.len()).filter(|n| is_in(*n, row)).count();
    let consent = (row.n.is_multiple_of(2)).then(|| format!("optin-{}", row.at.strftime("%Y")));
    json!({
        "id": id, "href": href, "msisdn": person.phone, "firstName": person.first_name, "lastName": person.last_name,
        "customDetails": { "custom1": consent, "custom2": person.language, "custom3": null, "custom4": null },
        "groups": { "totalCount": n_groups, "href": format!("{href}/groups") },
        "messages": { "totalCount": 0, "href": format!("{href}/messages") },
        "createdDatetime": moment::rfc_3339(row.at),
        "updatedDatetime": (row.n.is_multiple_of(3)).then(|| zulu(moment::seconds_after(row.at, 86_400))),
    })
}

fn group(call: &Call<'_>, n: usize, origin: &str) -> Value {
    let world = call.world();
    let href = format!("{origin}/groups/{}", group_id(world, n));
    let n_contacts = call.rows("contacts").filter(|it| is_in(n, it)).count();
    json!({
        "id": group_id(world, n), "href": href, "name": GROUPS.get(n).map(|it| it.0),
        "contacts": { "totalCount": n_contacts, "href": format!("{href}/contacts") },
        "createdDatetime": moment::rfc_3339(world.oldest), "updatedDatetime": null,
    })
}

fn group_id(world: &World, n: usize) -> String {
    world.hex("group", n as u64).get(..32).unwrap_or_default().to_owned()
}

fn is_in(n: usize, row: &Row) -> bool {
    GROUPS.get(n).is_some_and(|it| row.n.is_multiple_of(it.1))
}

/// A message with its recipients.
fn message(call: &Call<'_>, recipients: &[&Row]) -> Value {
    let (world, origin) = (call.world(), call.asked.origin());
    let Some(row) = recipients.first() else { return Value::Null };
    let id = MessageBird.row_id(world, row);
    let phone = |row: &Row| world.person(row.person).map_or(0, |it| it.phone);
    let is_inbound = row.direction == Some(Direction::Inbound);
    let originator = match is_inbound {
        true => phone(row).to_string(),
        false if row.message.is_some_and(|it| it.is_multiple_of(2)) => "MaMarque".to_owned(),
        false => OWN_NUMBER.to_string(),
    };
    let count = |statuses: &[&str]| recipients.iter().filter(|it| statuses.contains(&it.status)).count();
    let recipient = |row: &&Row| {
        json!({
            "recipient": if is_inbound { OWN_NUMBER } else { phone(row) }, "status": row.status,
            "statusDatetime": zulu(moment::seconds_after(row.at, 3)), "statusErrorCode": row.error,
            "price": { "amount": 0.065, "currency": "EUR" },
            "mccmnc": if phone(row) < 20_000_000_000 { "310260" } else { "20801" }, "messagePartCount": 1,
        })
    };
    json!({
        "id": id, "href": format!("{origin}/messages/{id}"), "direction": if is_inbound { "mo" } else { "mt" },
        "type": "sms", "originator": originator, "body": row.body, "reference": null, "validity": null, "gateway": 10,
        "typeDetails": {}, "datacoding": "plain", "mclass": 1, "scheduledDatetime": null,
        "createdDatetime": moment::rfc_3339(row.at),
        "recipients": {
            "totalCount": recipients.len(), "totalSentCount": recipients.len(),
            "totalDeliveredCount": count(&["delivered"]),
            "totalDeliveryFailedCount": count(&["delivery_failed", "expired"]),
            "items": recipients.iter().map(recipient).collect::<Vec<_>>(),
        },
    })
}

/// `2026-03-03T09:14:07Z`: both forms are met.
fn zulu(at: jiff::Timestamp) -> String {
    at.to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::tests::{SECRET, Shown, Told};

    async fn get(shown: &Shown, path: &str) -> Told {
        shown.send("GET", path, &[("authorization", format!("AccessKey {SECRET}"))], "").await
    }

    async fn items(shown: &Shown, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let told = get(shown, &path).await;
            assert_eq!(told.status, 200, "{told:?}");
            assert_eq!(told.body["count"], told.body["items"].as_array().unwrap().len());
            items.extend(told.body["items"].as_array().unwrap().clone());
            let link = told.body["links"]["next"].as_str();
            next = link.map(|it| it.strip_prefix("http://sandbox.example").unwrap().to_owned());
        }
        items
    }

    fn sorted(items: &[Value], field: &str) -> Vec<String> {
        let mut texts: Vec<String> = items.iter().map(|it| it[field].to_string().replace('"', "")).collect();
        texts.sort();
        texts
    }

    #[tokio::test]
    async fn contacts_are_those_of_the_ledger_and_their_numbers_are_numbers() {
        let shown = Shown::new();
        let contacts = items(&shown, "/contacts?limit=7").await;
        assert_eq!(sorted(&contacts, "id"), shown.ids("messagebird", "contacts").await);
        let ledger: BTreeSet<String> = shown
            .lines("messagebird/rows")
            .await
            .iter()
            .filter(|it| it["stream"] == "contacts")
            .map(|it| it["phone"].as_str().unwrap()[1..].to_owned())
            .collect();
        assert_eq!(sorted(&contacts, "msisdn").into_iter().collect::<BTreeSet<_>>(), ledger);
        assert!(contacts.iter().all(|it| it["msisdn"].is_u64()));
        let updated: BTreeSet<bool> = contacts.iter().map(|it| it["updatedDatetime"].is_null()).collect();
        assert_eq!(updated.len(), 2);
        assert!(contacts[0]["createdDatetime"].as_str().unwrap().ends_with("+00:00"));
    }

    #[tokio::test]
    async fn each_recipient_of_a_message_is_a_row_of_the_ledger() {
        let shown = Shown::new();
        let messages = items(&shown, "/messages").await;
        let mut read = Vec::new();
        for message in &messages {
            for recipient in message["recipients"]["items"].as_array().unwrap() {
                let phone = match message["direction"].as_str() {
                    Some("mo") => message["originator"].as_str().unwrap().to_owned(),
                    _ => recipient["recipient"].as_u64().unwrap().to_string(),
                };
                read.push(format!("{} +{phone}", message["id"].as_str().unwrap()));
            }
        }
        let rows = shown.lines("messagebird/rows").await;
        let rows = rows.iter().filter(|it| it["stream"] == "messages");
        let mut ledger: Vec<String> =
            rows.map(|it| format!("{} {}", it["id"].as_str().unwrap(), it["phone"].as_str().unwrap())).collect();
        ledger.sort();
        read.sort();
        assert_eq!(read, ledger);
        assert_eq!(messages.len(), 500);
        assert!(ledger.len() > 580, "{}", ledger.len());
        let newest = &messages[0]["createdDatetime"];
        assert_eq!(newest, "2026-03-03T09:14:07+00:00");
    }

    #[tokio::test]
    async fn groups_name_their_contacts() {
        let shown = Shown::new();
        let groups = items(&shown, "/groups?limit=2").await;
        assert_eq!(sorted(&groups, "name"), ["Fidélité", "Newsletter", "VIP"]);
        // Every second, third and seventh of 40.
        let sizes: Vec<u64> = groups.iter().map(|it| it["contacts"]["totalCount"].as_u64().unwrap()).collect();
        assert_eq!(sizes, [20, 14, 6]);
        for group in groups {
            let path = format!("/groups/{}/contacts?limit=3", group["id"].as_str().unwrap());
            let contacts = items(&shown, &path).await;
            assert_eq!(group["contacts"]["totalCount"], contacts.len());
            assert!(contacts.iter().all(|it| it["groups"]["totalCount"].as_u64() > Some(0)));
        }
        assert_eq!(get(&shown, "/groups/none/contacts").await.status, 404);
    }

    #[tokio::test]
    async fn who_asks_for_too_much_is_given_less_and_told_so() {
        let shown = Shown::new();
        let told = get(&shown, "/messages?limit=1000").await;
        assert_eq!([&told.body["limit"], &told.body["count"]], [&json!(200), &json!(200)]);
        let wrong = get(&shown, "/messages?limit=x").await;
        assert_eq!((wrong.status, &wrong.body["errors"][0]["parameter"]), (422, &json!("limit")));
        let wrong = shown.send("GET", "/contacts", &[("authorization", "AccessKey no".to_owned())], "").await;
        assert_eq!((wrong.status, &wrong.body["errors"][0]["code"]), (401, &json!(2)));
    }
}
