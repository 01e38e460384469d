//! `/v1/Content` and `/v2/Flows`: what the business wrote for its customers, in `scenarios.json`, the same under every seed.

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
    let written = written("contents");
    let resource = |(n, content): (u64, Value)| {
        let id = sid(call.world(), "HX", n);
        let url = format!("{}/v1/Content/{id}", call.asked.origin());
        let approval = format!("{url}/ApprovalRequests");
        with(
            content,
            json!({
                "sid": id, "account_sid": account_of(call), "url": url, "date_created": "2025-07-30T19:00:00Z",
                "date_updated": "2025-07-30T19:00:00Z",
                "links": { "approval_create": format!("{approval}/whatsapp"), "approval_fetch": approval },
            }),
        )
    };
    (0..).zip(written).map(resource).collect()
}

fn all_flows(call: &Call<'_>) -> Vec<Value> {
    let written = written("flows");
    let resource = |(n, flow): (u64, Value)| {
        let (id, account) = (sid(call.world(), "FW", n), account_of(call));
        let url = format!("{}/v2/Flows/{id}", call.asked.origin());
        with(
            flow,
            json!({
                "sid": id, "account_sid": account, "author_sid": null, "revision": 3, "commit_message": null,
                "valid": true, "errors": [], "warnings": [], "date_created": "2025-11-06T12:00:00Z",
                "date_updated": "2026-01-06T12:00:00Z", "url": url,
                "webhook_url": format!("{}/v1/Accounts/{account}/Flows/{id}", call.asked.origin()),
                "links": { "revisions": format!("{url}/Revisions"), "executions": format!("{url}/Executions") },
            }),
        )
    };
    (0..).zip(written).map(resource).collect()
}

/// What the business wrote of a kind.
fn written(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("scenarios.json")).unwrap_or_default();
    all[kind].as_array().cloned().unwrap_or_default()
}

/// A resource with more fields.
fn with(mut resource: Value, more: Value) -> Value {
    if let (Value::Object(resource), Value::Object(more)) = (&mut resource, more) {
        resource.extend(more);
    }
    resource
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
        for flow in written("flows") {
            let states = flow["definition"]["states"].as_array().unwrap();
            let names: Vec<&Value> = states.iter().map(|it| &it["name"]).collect();
            let transitions = states.iter().flat_map(|it| it["transitions"].as_array().unwrap());
            let next: Vec<&Value> = transitions.filter_map(|it| it.get("next")).collect();
            assert!(!next.is_empty() && next.iter().all(|it| names.contains(it)), "{next:?}");
        }
    }
}
