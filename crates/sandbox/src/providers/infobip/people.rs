//! `GET /people/2/persons`: pages that are counted from 1, with filters and orders.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Infobip, number};
use crate::Sandbox;
use crate::providers::person::phone_of;
use crate::providers::{Answer, Asked, Call, Failure, Person, Provider, Row, World, moment};

pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    sandbox.provided(&Infobip::OLD, asked, persons).await
}

fn persons(call: &mut Call<'_>) -> Result<Answer, Failure> {
    if let Some(identifier) = call.query("identifier") {
        return by_identifier(call, identifier);
    }
    let limit = number(call, "limit", (1, 1_000), 20)?;
    let n_page = number(call, "page", (1, usize::MAX), 1)?;
    let order = call.query("orderBy").unwrap_or("id:asc");
    let filter = call.query("filter").map(serde_json::from_str::<Value>).transpose();
    let filter = filter.map_err(|_| Failure::BadRequest("filter: must be JSON".to_owned()))?;
    let world = call.world();
    let is_wanted = |row: &&Row| filter.as_ref().is_none_or(|it| is_met(it, &person(world, row)));
    let mut rows: Vec<&Row> = call.rows("persons").filter(is_wanted).collect();
    match order {
        "id:asc" => rows.sort_by_key(|it| it.n),
        "id:desc" => rows.sort_by_key(|it| std::cmp::Reverse(it.n)),
        "createdAt:asc" => {}
        "createdAt:desc" => rows.reverse(),
        "modifiedAt:asc" => rows.sort_by_key(|it| (modified_at(world, it), it.n)),
        "modifiedAt:desc" => rows.sort_by_key(|it| std::cmp::Reverse((modified_at(world, it), it.n))),
        _ => return Err(Failure::BadRequest("orderBy: must be a field, a colon and asc or desc".to_owned())),
    }
    let page = call.page_of_number(rows.into_iter(), n_page - 1, limit);
    let mut body = json!({
        "currentPage": n_page, "limit": call.given_size(limit), "orderBy": order,
        "persons": page.rows.iter().map(|it| person(world, it)).collect::<Vec<_>>(),
    });
    if call.query("includeTotalCount") == Some("true") {
        body["totalCount"] = page.total.into();
    }
    Answer::json(&body, page.rows.len())
}

/// One person, who is the whole answer.
fn by_identifier(call: &Call<'_>, identifier: &str) -> Result<Answer, Failure> {
    let world = call.world();
    let is_it = |row: &&Row| {
        let person = person(world, row);
        match call.query("type") {
            Some("PHONE") => phones(world, row).iter().any(|it| it == identifier.trim_start_matches('+')),
            Some("EXTERNAL_ID") => person["externalId"] == identifier,
            _ => person["id"].as_u64() == identifier.parse().ok(),
        }
    };
    let row = call.rows("persons").find(is_it).ok_or(Failure::NotFound)?;
    Answer::json(&person(world, row), 1)
}

fn person(world: &World, row: &Row) -> Value {
    let Some(known) = world.person(row.person) else { return Value::Null };
    let id: u64 = Infobip::OLD.row_id(world, row).parse().unwrap_or(0);
    let mut body = json!({
        "id": id, "firstName": known.first_name, "type": if row.n % 5 == 4 { "LEAD" } else { "CUSTOMER" },
        "createdAt": civil(row.at), "modifiedAt": civil(modified_at(world, row)),
        "preferredLanguage": if row.n.is_multiple_of(2) { known.language.to_owned() } else { format!("{}-FR", known.language) },
        "tags": if row.n.is_multiple_of(3) { json!(["fidelite"]) } else { json!([]) },
        "contactInformation": addresses(world, row, known),
    });
    if let Some(name) = known.last_name {
        body["lastName"] = name.into();
    }
    if row.n % 4 != 3 {
        body["externalId"] = format!("CLI-{:05}", known.n).into();
    }
    if row.n.is_multiple_of(2) {
        body["customAttributes"] =
            json!({ "optin_sms": !row.n.is_multiple_of(8), "optin_date": day(row.at), "points": row.n % 90 });
    }
    body
}

/// Some people have two numbers, the id of a Viber bot, or a WhatsApp id that is no number.
fn addresses(world: &World, row: &Row, person: &Person) -> Value {
    let phones: Vec<Value> = phones(world, row).iter().map(|it| json!({ "number": it })).collect();
    let mut addresses = json!({ "phone": phones });
    if row.n.is_multiple_of(3) {
        addresses["viberBots"] = json!([{ "applicationId": "boutique-bot", "userId": person.viber_id }]);
    }
    if row.n % 7 == 3 {
        let id = format!("FR.{}", 48_150_223_907_716_344_025_u128 + u128::from(row.n));
        addresses["whatsapp"] = json!([{ "applicationId": "boutique", "userId": id }]);
    }
    if row.n.is_multiple_of(4) {
        addresses["email"] = json!([{ "address": format!("client{}@example.com", person.n) }]);
    }
    addresses
}

/// The digits of a person's numbers, without a plus sign.
fn phones(world: &World, row: &Row) -> Vec<String> {
    let Some(person) = world.person(row.person) else { return Vec::new() };
    // Numbers of the end of the world, which is fuller at its beginning.
    let second = (row.n % 6 == 2).then(|| phone_of(world.seed, 9_998_u32.saturating_sub(person.n)));
    std::iter::once(person.phone).chain(second).map(|it| it.to_string()).collect()
}

/// Up to ten days after the person was first known.
fn modified_at(world: &World, row: &Row) -> Timestamp {
    moment::seconds_after(row.at, world.draw("modified", row.n).below(864_000) as i64)
}

/// `2026-02-27T17:05:12`: there is no zone.
fn civil(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Whether a person meets a filter: `{"#and": […]}`, `{"#or": […]}` or a comparison such as
/// `{"#gte": {"modifiedAt": "2026-02-01T00:00:00"}}`. Moments of this form are in the order of their texts.
fn is_met(filter: &Value, person: &Value) -> bool {
    let Some((operator, operand)) = filter.as_object().and_then(|it| it.iter().next()) else { return true };
    let parts = || operand.as_array().into_iter().flatten();
    match operator.as_str() {
        "#and" => parts().all(|it| is_met(it, person)),
        "#or" => parts().any(|it| is_met(it, person)),
        _ => operand.as_object().into_iter().flatten().all(|(name, value)| {
            let known = person.get(name).unwrap_or(&Value::Null);
            compares(operator, &text(known), &text(value))
        }),
    }
}

fn compares(operator: &str, known: &str, value: &str) -> bool {
    match operator {
        "#eq" => known == value,
        "#ne" => known != value,
        "#gt" => known > value,
        "#gte" => known >= value,
        "#lt" => known < value,
        "#lte" => known <= value,
        "#contains" => known.contains(value),
        "#notContain" => !known.contains(value),
        "#startsWith" => known.starts_with(value),
        "#endsWith" => known.ends_with(value),
        _ => false,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
