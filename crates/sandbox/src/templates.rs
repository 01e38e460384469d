//! Templates as the Cloud API keeps them: created, listed, edited and deleted, with rules of this stand-in's own and
//! moderation that tests can script.
//!
//! - `POST /{version}/{account}/message_templates`, and `GET` and `DELETE` there; `POST /{version}/{template}` edits.
//! - `POST /sandbox/moderation [{"name": …, "status": "REJECTED", "reason": …, "category": …, "after_seconds": …}]` says what
//!   becomes of templates; without it they are approved at once. The name `*` means all others.

mod rules;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{FaultKind, Sandbox};

/// Created in any hour, for one account (Meta, templates overview).
const CREATED_AN_HOUR: usize = 100;
/// Of an account whose business is not verified (Meta, templates overview).
const MOST_TEMPLATES: usize = 250;
/// For so long the name of a deleted template cannot be used (Meta, template management).
const LOCKED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the stand-in knows of templates.
#[derive(Default)]
pub struct Templates(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    templates: Vec<Template>,
    /// Names that were deleted, by account.
    locked: BTreeMap<(String, String), Timestamp>,
    created: Vec<(String, Timestamp)>,
    moderation: Vec<Moderation>,
}

struct Template {
    id: String,
    account: String,
    body: Value,
    submitted_at: Timestamp,
    edits: Vec<Timestamp>,
}

/// What becomes of templates.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moderation {
    name: String,
    #[serde(default = "approved")]
    status: String,
    reason: Option<String>,
    category: Option<String>,
    #[serde(default)]
    after_seconds: i64,
}

fn approved() -> String {
    "APPROVED".to_owned()
}

/// An error in the shape of the Graph API.
pub(crate) struct Refusal {
    status: StatusCode,
    code: u32,
    subcode: u32,
    told: String,
}

impl Refusal {
    fn new(subcode: u32, told: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: 100, subcode, told: told.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, code, subcode, told } = self;
        let error = json!({
            "message": format!("(#{code}) Invalid parameter"), "type": "OAuthException", "code": code,
            "error_subcode": subcode, "is_transient": false, "error_user_title": "Invalid", "error_user_msg": told,
            "fbtrace_id": "sandbox",
        });
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl Kept {
    fn moderation_of(&self, name: &str) -> Option<&Moderation> {
        let of = |wanted: &str| self.moderation.iter().find(|it| it.name == wanted);
        of(name).or_else(|| of("*"))
    }

    /// The state of a template now: status, reason, category.
    fn state(&self, template: &Template, now: Timestamp) -> (String, Option<String>, String) {
        let asked = text(&template.body, "category").to_uppercase();
        let Some(moderation) = self.moderation_of(text(&template.body, "name")) else {
            return (approved(), None, asked);
        };
        let category = moderation.category.clone().unwrap_or(asked);
        let decided_at = template.submitted_at.saturating_add(SignedDuration::from_secs(moderation.after_seconds));
        match decided_at.is_ok_and(|it| it <= now) {
            true => (moderation.status.clone(), moderation.reason.clone(), category),
            false => ("PENDING".to_owned(), None, category),
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn kept(sandbox: &Sandbox) -> MutexGuard<'_, Kept> {
    sandbox.templates.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Faults and tokens, as for every other wire.
async fn admitted(sandbox: &Sandbox, headers: &HeaderMap) -> Result<bool, Response> {
    let n = sandbox.n_requests.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let faults = sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let strikes = |kind| faults.iter().any(|it| it.kind == kind && it.strikes(&sandbox.world, n));
    let bearer = headers.get("authorization").and_then(|it| it.to_str().ok()).and_then(|it| it.strip_prefix("Bearer "));
    if sandbox.token.as_deref().is_some_and(|it| Some(it) != bearer) || strikes(FaultKind::ExpiredToken) {
        let told = "the token is not valid".to_owned();
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, code: 190, subcode: 463, told }.into_response());
    }
    if strikes(FaultKind::RateLimit) || strikes(FaultKind::RetryAfter) {
        return Err(StatusCode::TOO_MANY_REQUESTS.into_response());
    }
    if strikes(FaultKind::ServerError) {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    }
    if strikes(FaultKind::TimeoutBefore) {
        std::future::pending::<()>().await;
    }
    Ok(strikes(FaultKind::TimeoutAfter))
}

/// Carries an order out and answers, unless the answer is to be lost.
async fn carry_out(sandbox: &Sandbox, headers: &HeaderMap, work: impl FnOnce() -> Result<Value, Refusal>) -> Response {
    let is_lost = match admitted(sandbox, headers).await {
        Ok(is_lost) => is_lost,
        Err(refused) => return refused,
    };
    let done = work();
    if is_lost {
        std::future::pending::<()>().await;
    }
    match done {
        Ok(value) => Json(value).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

pub(crate) async fn create(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, account)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    carry_out(&sandbox, &headers, || create_one(&sandbox, &account, body)).await
}

fn create_one(sandbox: &Sandbox, account: &str, body: Value) -> Result<Value, Refusal> {
    rules::check(&body)?;
    let (now, mut kept) = (sandbox.clock.now(), kept(sandbox));
    let an_hour_ago = now - SignedDuration::from_hours(1);
    if kept.created.iter().filter(|it| it.0 == account && it.1 > an_hour_ago).count() >= CREATED_AN_HOUR {
        let told = "this account has created too many templates in the last hour".to_owned();
        return Err(Refusal { status: StatusCode::BAD_REQUEST, code: 80007, subcode: 0, told });
    }
    let (name, language) = (text(&body, "name").to_owned(), text(&body, "language").to_owned());
    if kept.locked.get(&(account.to_owned(), name.clone())).is_some_and(|it| *it > now) {
        return Err(Refusal::new(2_388_023, "a template of this name was deleted: it can be used again after 30 days"));
    }
    let ours = || kept.templates.iter().filter(|it| it.account == account);
    if ours().any(|it| text(&it.body, "name") == name && text(&it.body, "language") == language) {
        return Err(Refusal::new(2_388_024, "there is a template of this name in this language"));
    }
    if ours().count() >= MOST_TEMPLATES {
        return Err(Refusal::new(2_388_019, "the account has 250 templates"));
    }
    if ours().any(|it| rules::says_the_same(&it.body, &body)) {
        return Err(Refusal::new(2_388_041, "another template has the same body and footer"));
    }
    let id = format!("{}", 1_000_000_000_000 + kept.created.len());
    kept.created.push((account.to_owned(), now));
    kept.templates.push(Template {
        id: id.clone(),
        account: account.to_owned(),
        body,
        submitted_at: now,
        edits: Vec::new(),
    });
    let (status, _, category) =
        kept.templates.last().map(|it| kept.state(it, now)).unwrap_or_else(|| (approved(), None, String::new()));
    // Whatever it becomes, it is looked at first.
    let status = if status == "REJECTED" { "PENDING".to_owned() } else { status };
    Ok(json!({ "id": id, "status": status, "category": category }))
}

#[derive(Deserialize)]
pub(crate) struct Listing {
    limit: Option<usize>,
    after: Option<usize>,
    name: Option<String>,
}

pub(crate) async fn list(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, account)): Path<(String, String)>,
    Query(listing): Query<Listing>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = admitted(&sandbox, &headers).await {
        return refused;
    }
    let (now, kept) = (sandbox.clock.now(), kept(&sandbox));
    let (start, limit) = (listing.after.unwrap_or(0), listing.limit.unwrap_or(25).clamp(1, 1000));
    let is_meant = |it: &&Template| {
        it.account == account && listing.name.as_deref().is_none_or(|name| text(&it.body, "name") == name)
    };
    let all: Vec<&Template> = kept.templates.iter().filter(is_meant).collect();
    let page: Vec<Value> = all.iter().skip(start).take(limit).map(|it| shown(&kept, it, now)).collect();
    let mut answer = json!({ "data": page });
    if start + limit < all.len() {
        answer["paging"] = json!({ "cursors": { "after": (start + limit).to_string() }, "next": "more" });
    }
    Json(answer).into_response()
}

fn shown(kept: &Kept, template: &Template, now: Timestamp) -> Value {
    let (status, reason, category) = kept.state(template, now);
    let mut shown = template.body.clone();
    shown["id"] = json!(template.id);
    shown["status"] = json!(status);
    shown["category"] = json!(category);
    shown["rejected_reason"] = json!(reason.unwrap_or_else(|| "NONE".to_owned()));
    shown
}

pub(crate) async fn edit(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    carry_out(&sandbox, &headers, || edit_one(&sandbox, &id, &body)).await
}

/// Only approved, rejected and paused ones; approved ones once a day and ten times in thirty days (Meta, template management).
fn edit_one(sandbox: &Sandbox, id: &str, body: &Value) -> Result<Value, Refusal> {
    let (now, mut kept) = (sandbox.clock.now(), kept(sandbox));
    let at = kept.templates.iter().position(|it| it.id == id);
    let at = at.ok_or_else(|| Refusal::new(33, "there is no such template"))?;
    let (status, _, category) = kept.state(&kept.templates[at], now);
    let within = |hours: i64| {
        kept.templates[at].edits.iter().filter(|it| **it > now - SignedDuration::from_hours(hours)).count()
    };
    if !["APPROVED", "REJECTED", "PAUSED"].contains(&status.as_str()) {
        return Err(Refusal::new(2_593_002, format!("a template that is {status} cannot be edited")));
    }
    if status == "APPROVED" && (within(24) >= 1 || within(30 * 24) >= 10) {
        return Err(Refusal::new(2_593_003, "it was edited too often"));
    }
    if status == "APPROVED" && body.get("category").is_some_and(|it| it.as_str() != Some(&category)) {
        return Err(Refusal::new(2_593_004, "the category of an approved template cannot change"));
    }
    let mut changed = kept.templates[at].body.clone();
    for key in ["category", "components", "parameter_format", "message_send_ttl_seconds"] {
        if let Some(value) = body.get(key) {
            changed[key] = value.clone();
        }
    }
    rules::check(&changed)?;
    let template = &mut kept.templates[at];
    template.body = changed;
    template.submitted_at = now;
    template.edits.push(now);
    Ok(json!({ "success": true }))
}

#[derive(Deserialize)]
pub(crate) struct Deleted {
    name: String,
}

pub(crate) async fn delete(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, account)): Path<(String, String)>,
    Query(deleted): Query<Deleted>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = admitted(&sandbox, &headers).await {
        return refused;
    }
    let (now, mut kept) = (sandbox.clock.now(), kept(&sandbox));
    let before = kept.templates.len();
    kept.templates.retain(|it| it.account != account || text(&it.body, "name") != deleted.name);
    if kept.templates.len() == before {
        return Refusal::new(2_593_002, "there is no such template").into_response();
    }
    kept.locked.insert((account, deleted.name), now + LOCKED);
    Json(json!({ "success": true })).into_response()
}

pub(crate) async fn moderate(
    State(sandbox): State<Arc<Sandbox>>,
    Json(moderation): Json<Vec<Moderation>>,
) -> StatusCode {
    kept(&sandbox).moderation = moderation;
    StatusCode::NO_CONTENT
}
