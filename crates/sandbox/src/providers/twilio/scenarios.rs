//! `/v1/Content` and `/v2/Flows`: what the business wrote for its customers, the same under every seed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::meta::listed;
use super::{Twilio, account_of, sid};
use crate::Sandbox;
use crate::providers::{Answer, Asked, Call, Failure};

const LARGEST_PAGE: usize = 1_000;

pub(super) async fn contents(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let list = |call: &mut Call<'_>| listed(call, "contents", all_contents(call), LARGEST_PAGE);
    sandbox.provided(&Twilio, asked, list).await
}

pub(super) async fn content(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let show = |call: &mut Call<'_>| {
        let content = all_contents(call).into_iter().find(|it| it["sid"] == id.as_str());
        Answer::json(&content.ok_or(Failure::NotFound)?, 0)
    };
    sandbox.provided(&Twilio, asked, show).await
}

/// A list has flows without their definitions.
pub(super) async fn flows(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let list = |call: &mut Call<'_>| {
        let mut flows = all_flows(call);
        flows.iter_mut().for_each(|it| it["definition"] = Value::Null);
        listed(call, "flows", flows, LARGEST_PAGE)
    };
    sandbox.provided(&Twilio, asked, list).await
}

pub(super) async fn flow(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, asked: Asked) -> Response {
    let show = |call: &mut Call<'_>| {
        let flow = all_flows(call).into_iter().find(|it| it["sid"] == id.as_str());
        Answer::json(&flow.ok_or(Failure::NotFound)?, 0)
    };
    sandbox.provided(&Twilio, asked, show).await
}

fn all_contents(call: &Call<'_>) -> Vec<Value> {
    let contents = [
        (
            "order_shipped",
            "fr",
            json!({ "1": "Awa", "2": "1042" }),
            json!({ "twilio/text": { "body": "Bonjour {{1}}, votre commande {{2}} est en route." } }),
        ),
        (
            "appointment",
            "fr",
            json!({ "1": "mardi à 10 h" }),
            json!({
                "twilio/quick-reply": {
                    "body": "Votre rendez-vous est {{1}}. Est-ce que cela vous convient ?",
                    "actions": [{ "title": "Oui", "id": "yes" }, { "title": "Reporter", "id": "move" }],
                },
                "twilio/text": { "body": "Votre rendez-vous est {{1}}. Répondez OUI ou REPORTER." },
            }),
        ),
        (
            "catalogue",
            "en",
            json!({}),
            json!({
                "twilio/call-to-action": {
                    "body": "Our catalogue is here.",
                    "actions": [{ "type": "URL", "title": "Open", "url": "https://shop.example.com/catalogue" }],
                },
            }),
        ),
    ];
    let resource = |(n, (name, language, variables, types)): (u64, (&str, &str, Value, Value))| {
        let id = sid(call.world(), "HX", n);
        let url = format!("{}/v1/Content/{id}", call.asked.origin());
        json!({
            "sid": id, "account_sid": account_of(call), "friendly_name": name, "language": language,
            "variables": variables, "types": types, "url": url, "date_created": "2025-07-30T19:00:00Z",
            "date_updated": "2025-07-30T19:00:00Z",
            "links": { "approval_create": format!("{url}/ApprovalRequests/whatsapp"), "approval_fetch": format!("{url}/ApprovalRequests") },
        })
    };
    (0..).zip(contents).map(resource).collect()
}

fn all_flows(call: &Call<'_>) -> Vec<Value> {
    let resource = |(n, (name, status, definition)): (u64, (&str, &str, Value))| {
        let id = sid(call.world(), "FW", n);
        let url = format!("{}/v2/Flows/{id}", call.asked.origin());
        json!({
            "sid": id, "account_sid": account_of(call), "author_sid": null, "friendly_name": name, "status": status,
            "definition": definition, "revision": 3, "commit_message": null, "valid": true, "errors": [], "warnings": [],
            "date_created": "2025-11-06T12:00:00Z", "date_updated": "2026-01-06T12:00:00Z", "url": url,
            "webhook_url": format!("{}/v1/Accounts/{}/Flows/{id}", call.asked.origin(), account_of(call)),
            "links": { "revisions": format!("{url}/Revisions"), "executions": format!("{url}/Executions") },
        })
    };
    let flows = [("Suivi de commande", "published", order_flow()), ("Welcome", "draft", welcome_flow())];
    (0..).zip(flows).map(resource).collect()
}

/// Asks for the number of an order, and sends what is known of it.
fn order_flow() -> Value {
    json!({
        "description": "Suivi de commande",
        "initial_state": "Trigger",
        "flags": { "allow_concurrent_calls": true },
        "states": [
            state("Trigger", "trigger", &[("incomingMessage", Some("ask_order")), ("incomingCall", None)], json!({})),
            state(
                "ask_order",
                "send-and-wait-for-reply",
                &[("incomingMessage", Some("split_reply")), ("timeout", Some("too_late")), ("deliveryFailure", None)],
                message("Quel est le numéro de votre commande ?"),
            ),
            {
                "name": "split_reply",
                "type": "split-based-on",
                "transitions": [
                    { "event": "noMatch", "next": "say_status" },
                    {
                        "event": "match", "next": "to_agent",
                        "conditions": [{
                            "friendly_name": "agent", "type": "matches_any_of", "value": "conseiller, agent",
                            "arguments": ["{{widgets.ask_order.inbound.Body}}"],
                        }],
                    },
                ],
                "properties": { "input": "{{widgets.ask_order.inbound.Body}}", "offset": { "x": 0, "y": 400 } },
            },
            state(
                "say_status",
                "send-message",
                &[("sent", None), ("failed", None)],
                message("Votre commande {{widgets.ask_order.inbound.Body}} est en route."),
            ),
            state(
                "to_agent",
                "send-message",
                &[("sent", None), ("failed", None)],
                message("Un conseiller vous répond bientôt."),
            ),
            state(
                "too_late",
                "send-message",
                &[("sent", None), ("failed", None)],
                message("Nous n'avons pas reçu votre réponse."),
            ),
        ],
    })
}

fn welcome_flow() -> Value {
    json!({
        "description": "Welcome",
        "initial_state": "Trigger",
        "flags": { "allow_concurrent_calls": true },
        "states": [
            state("Trigger", "trigger", &[("incomingMessage", Some("welcome"))], json!({})),
            state("welcome", "send-message", &[("sent", None)], message("Welcome {{contact.name}}!")),
        ],
    })
}

fn state(name: &str, kind: &str, transitions: &[(&str, Option<&str>)], properties: Value) -> Value {
    let transition = |(event, next): &(&str, Option<&str>)| match next {
        Some(next) => json!({ "event": event, "next": next }),
        None => json!({ "event": event }),
    };
    let transitions: Vec<Value> = transitions.iter().map(transition).collect();
    json!({ "name": name, "type": kind, "transitions": transitions, "properties": properties })
}

fn message(body: &str) -> Value {
    json!({ "body": body, "from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}", "timeout": "3600" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::tests::Shown;

    #[tokio::test]
    async fn a_flow_has_its_definition_only_when_it_is_asked_for_by_its_id() {
        let shown = Shown::new();
        let flows = shown.get("AC", "/v2/Flows?PageSize=1").await.body;
        let flow = &flows["flows"][0];
        assert_eq!(flow["definition"], Value::Null);
        assert!(flows["meta"]["next_page_url"].is_string());
        let flow = shown.get("AC", &format!("/v2/Flows/{}", flow["sid"].as_str().unwrap())).await.body;
        assert_eq!(flow["definition"]["states"].as_array().unwrap().len(), 6);
    }

    #[tokio::test]
    async fn every_state_that_a_flow_leads_to_is_there() {
        let shown = Shown::new();
        let contents = shown.get("AC", "/v1/Content").await.body;
        assert_eq!(contents["contents"].as_array().unwrap().len(), 3);
        for definition in [order_flow(), welcome_flow()] {
            let states = definition["states"].as_array().unwrap();
            let names: Vec<&Value> = states.iter().map(|it| &it["name"]).collect();
            let transitions = states.iter().flat_map(|it| it["transitions"].as_array().unwrap());
            let next: Vec<&Value> = transitions.filter_map(|it| it.get("next")).collect();
            assert!(!next.is_empty() && next.iter().all(|it| names.contains(it)), "{next:?}");
        }
    }
}
