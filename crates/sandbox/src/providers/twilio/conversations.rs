//! `GET /v1/Conversations` and the participants of each: the customer, and on every third an agent without a number.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::meta::Wanted;
use super::{Twilio, account_of, sid};
use crate::Sandbox;
use crate::providers::person::OWN_NUMBER;
use crate::providers::{Asked, Call, Failure, Person, Provider, Row};

/// The most rows on a page of both lists.
const LARGEST_PAGE: usize = 100;

/// The participant that a person leaves: every second person once had a conversation.
pub(super) fn participant(person: &Person) -> Option<Row> {
    person.n.is_multiple_of(2).then(|| Row::new("participants", person.n, person.created_at))
}

pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let list = |call: &mut Call<'_>| {
        let wanted = Wanted::of(call, LARGEST_PAGE)?;
        let rows = call.between("participants", Timestamp::MIN, Timestamp::MAX);
        let page = call.page_before(rows, wanted.from, wanted.size, |_| true);
        let items = page.rows.iter().map(|it| conversation(call, it)).collect();
        wanted.answer(call, "conversations", items, page.next, 0)
    };
    sandbox.provided(&Twilio, asked, list).await
}

pub(super) async fn participants(
    State(sandbox): State<Arc<Sandbox>>,
    Path(conversation): Path<String>,
    asked: Asked,
) -> Response {
    let list = |call: &mut Call<'_>| {
        let wanted = Wanted::of(call, LARGEST_PAGE)?;
        let of = |it: &&Row| sid(call.world(), "CH", it.n) == conversation;
        let row = call.rows("participants").find(of).ok_or(Failure::NotFound)?;
        let mut items = vec![customer(call, row)];
        items.extend(row.n.is_multiple_of(3).then(|| agent(call, row)));
        let n_rows = 1;
        wanted.answer(call, "participants", items, None, n_rows)
    };
    sandbox.provided(&Twilio, asked, list).await
}

fn conversation(call: &Call<'_>, row: &Row) -> Value {
    let id = sid(call.world(), "CH", row.n);
    let url = format!("{}/v1/Conversations/{id}", call.asked.origin());
    json!({
        "sid": id, "account_sid": account_of(call), "chat_service_sid": sid(call.world(), "IS", 0),
        "messaging_service_sid": sid(call.world(), "MG", 0), "friendly_name": format!("Client {}", row.n),
        "unique_name": null, "attributes": "{}", "date_created": row.at.to_string(), "date_updated": row.at.to_string(),
        "state": if row.n.is_multiple_of(4) { "closed" } else { "active" }, "timers": {}, "bindings": {}, "url": url,
        "links": { "participants": format!("{url}/Participants"), "messages": format!("{url}/Messages") },
    })
}

fn customer(call: &Call<'_>, row: &Row) -> Value {
    let address = call.world().person(row.person).map(Person::e164).unwrap_or_default();
    let (kind, prefix) = if row.n % 5 == 3 { ("whatsapp", "whatsapp:") } else { ("sms", "") };
    let binding = json!({
        "type": kind, "address": format!("{prefix}{address}"), "proxy_address": format!("{prefix}+{OWN_NUMBER}"),
    });
    resource(call, row, &Twilio.row_id(call.world(), row), json!(null), binding)
}

fn agent(call: &Call<'_>, row: &Row) -> Value {
    resource(call, row, &sid(call.world(), "MB-agent", row.n).replace("-agent", ""), json!("agent"), json!(null))
}

fn resource(call: &Call<'_>, row: &Row, id: &str, identity: Value, binding: Value) -> Value {
    let conversation = sid(call.world(), "CH", row.n);
    json!({
        "sid": id, "account_sid": account_of(call), "conversation_sid": conversation, "identity": identity,
        "attributes": "{}", "messaging_binding": binding, "role_sid": sid(call.world(), "RL", 0),
        "date_created": row.at.to_string(), "date_updated": row.at.to_string(), "last_read_message_index": null,
        "last_read_timestamp": null,
        "url": format!("{}/v1/Conversations/{conversation}/Participants/{id}", call.asked.origin()),
    })
}

#[cfg(test)]
mod tests {
    use crate::providers::tests::Shown;

    #[tokio::test]
    async fn the_participants_of_all_conversations_are_those_of_the_ledger() {
        let shown = Shown::new();
        let mut next = Some("/v1/Conversations?PageSize=7".to_owned());
        let (mut n_pages, mut ids, mut n_agents) = (0, Vec::new(), 0);
        while let Some(path) = next {
            let page = shown.get("AC", &path).await.body;
            n_pages += 1;
            for conversation in page["conversations"].as_array().unwrap() {
                let path = format!("/v1/Conversations/{}/Participants", conversation["sid"].as_str().unwrap());
                let people = shown.get("AC", &path).await.body;
                for person in people["participants"].as_array().unwrap() {
                    match person["messaging_binding"]["address"].as_str() {
                        Some(_) => ids.push(person["sid"].as_str().unwrap().to_owned()),
                        None => n_agents += 1,
                    }
                }
            }
            next = page["meta"]["next_page_url"].as_str().map(str::to_owned);
            assert!(next.as_ref().is_none_or(|it| it.starts_with("http://sandbox.example/v1/Conversations?")));
        }
        ids.sort();
        assert_eq!((n_pages, n_agents), (3, 7));
        assert_eq!(ids, shown.ids("twilio", "participants").await);
    }

    #[tokio::test]
    async fn a_page_of_conversations_has_at_most_100() {
        assert_eq!(Shown::new().get("AC", "/v1/Conversations?PageSize=101").await.status, 400);
    }
}
