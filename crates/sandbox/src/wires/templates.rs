//! Templates as the Cloud API keeps them: create, list, edit and delete, with rules of the sandbox's own and moderation
//! that tests can script.
//!
//! - `POST /{version}/{account}/message_templates`, and `GET` and `DELETE` there; `POST /{version}/{template}` edits.
//! - `POST /sandbox/moderation [{"name": …, "status": "REJECTED", "reason": …, "category": …, "after_seconds": …}]` sets what
//!   becomes of templates; without it they are approved at once. The name `*` stands for all others. `quality` and
//!   `correct_category` are said in listings, and `text` or `components` are what is approved in place of what was sent.
//!   What is `FLAGGED` is `DISABLED` seven days later. Another moderation pauses, reinstates, and so on.

pub(crate) mod lookup;
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

use super::uploads;
use crate::{FaultKind, Sandbox};

/// Templates that an account can create in an hour (Meta, templates overview).
const CREATED_AN_HOUR: usize = 100;
/// Templates of an account whose business is not verified (Meta, templates overview).
const MOST_TEMPLATES: usize = 250;
/// How long the name of a deleted template cannot be used (Meta, template management).
const LOCKED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a template stays flagged before it is disabled.
const FLAGGED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How calls about templates show their token.
const BEARER: [&str; 1] = ["Bearer "];

/// The templates of all accounts.
#[derive(Default)]
pub struct Templates(Mutex<Store>);

#[derive(Default)]
struct Store {
    templates: Vec<Template>,
    /// The names of deleted templates, by account, and until when they are locked.
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

/// The moderation of one template or of all others.
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
    quality: Option<String>,
    /// The category that is announced.
    correct_category: Option<String>,
    /// The text of the body that is approved.
    text: Option<String>,
    /// All components that are approved.
    components: Option<Value>,
    /// When the moderation was set.
    #[serde(skip)]
    set_at: Timestamp,
}

fn approved() -> String {
    "APPROVED".to_owned()
}

/// An error in the shape of the Graph API.
pub(crate) struct Refusal {
    status: StatusCode,
    code: u32,
    subcode: u32,
    message: String,
}

impl Refusal {
    pub(super) fn new(subcode: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: 100, subcode, message: message.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, code, subcode, message } = self;
        let error = json!({
            "message": format!("(#{code}) Invalid parameter"), "type": "OAuthException", "code": code,
            "error_subcode": subcode, "is_transient": false, "error_user_title": "Invalid", "error_user_msg": message,
            "fbtrace_id": "sandbox",
        });
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl Store {
    fn moderation_of(&self, name: &str) -> Option<&Moderation> {
        let of = |wanted: &str| self.moderation.iter().find(|it| it.name == wanted);
        of(name).or_else(|| of("*"))
    }

    /// Returns the status, the reason and the category of a template at a moment.
    fn state(&self, template: &Template, now: Timestamp) -> (String, Option<String>, String) {
        let submitted = text(&template.body, "category").to_uppercase();
        let Some(moderation) = self.moderation_of(text(&template.body, "name")) else {
            return (approved(), None, submitted);
        };
        let category = moderation.category.clone().unwrap_or(submitted);
        let decided_at = template.submitted_at.saturating_add(SignedDuration::from_secs(moderation.after_seconds));
        match decided_at.as_ref().is_ok_and(|it| *it <= now) {
            true => {
                let since = decided_at.unwrap_or(now).max(moderation.set_at);
                let is_over = moderation.status == "FLAGGED" && now >= since + FLAGGED;
                let status = if is_over { "DISABLED".to_owned() } else { moderation.status.clone() };
                (status, moderation.reason.clone(), category)
            }
            false => ("PENDING".to_owned(), None, category),
        }
    }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn lock(sandbox: &Sandbox) -> MutexGuard<'_, Store> {
    sandbox.templates.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Applies tokens, which come with one of these schemes, and faults. Returns whether the answer is to be lost after the
/// work is done.
pub(super) async fn admit(sandbox: &Sandbox, headers: &HeaderMap, schemes: &[&str]) -> Result<bool, Response> {
    let n = sandbox.n_requests.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let faults = sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let occurs = |kind| faults.iter().any(|it| it.kind == kind && it.occurs(&sandbox.population, n));
    let given = headers.get("authorization").and_then(|it| it.to_str().ok());
    let given = given.and_then(|given| schemes.iter().find_map(|it| given.strip_prefix(it)));
    if sandbox.token.as_deref().is_some_and(|it| Some(it) != given) || occurs(FaultKind::ExpiredToken) {
        let message = "the token is not valid".to_owned();
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, code: 190, subcode: 463, message }.into_response());
    }
    if occurs(FaultKind::RateLimit) || occurs(FaultKind::RetryAfter) {
        return Err(StatusCode::TOO_MANY_REQUESTS.into_response());
    }
    if occurs(FaultKind::ServerError) {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    }
    if occurs(FaultKind::TimeoutBefore) {
        std::future::pending::<()>().await;
    }
    Ok(occurs(FaultKind::TimeoutAfter))
}

/// Does the work and answers, unless the answer is to be lost.
async fn carry_out(sandbox: &Sandbox, headers: &HeaderMap, work: impl FnOnce() -> Result<Value, Refusal>) -> Response {
    let is_lost = match admit(sandbox, headers, &BEARER).await {
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
    let faults = sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if faults.iter().any(|it| it.kind == FaultKind::TimeoutTemplates) {
        std::future::pending::<()>().await;
    }
    carry_out(&sandbox, &headers, || create_one(&sandbox, &account, body)).await
}

fn create_one(sandbox: &Sandbox, account: &str, body: Value) -> Result<Value, Refusal> {
    rules::check(&body)?;
    let now = sandbox.clock.now();
    uploads::check_sample(sandbox, &body, now)?;
    let mut store = lock(sandbox);
    let an_hour_ago = now - SignedDuration::from_hours(1);
    if store.created.iter().filter(|it| it.0 == account && it.1 > an_hour_ago).count() >= CREATED_AN_HOUR {
        let message = "this account has created too many templates in the last hour".to_owned();
        return Err(Refusal { status: StatusCode::BAD_REQUEST, code: 80007, subcode: 0, message });
    }
    let (name, language) = (text(&body, "name").to_owned(), text(&body, "language").to_owned());
    if store.locked.get(&(account.to_owned(), name.clone())).is_some_and(|it| *it > now) {
        return Err(Refusal::new(2_388_023, "a template of this name was deleted: it can be used again after 30 days"));
    }
    let ours = || store.templates.iter().filter(|it| it.account == account);
    if ours().any(|it| text(&it.body, "name") == name && text(&it.body, "language") == language) {
        return Err(Refusal::new(2_388_024, "there is a template of this name in this language"));
    }
    if ours().count() >= MOST_TEMPLATES {
        return Err(Refusal::new(2_388_019, "the account has 250 templates"));
    }
    if ours().any(|it| rules::has_same_text(&it.body, &body)) {
        return Err(Refusal::new(2_388_041, "another template has the same body and footer"));
    }
    let id = format!("{}", 1_000_000_000_000 + store.created.len());
    store.created.push((account.to_owned(), now));
    store.templates.push(Template {
        id: id.clone(),
        account: account.to_owned(),
        body,
        submitted_at: now,
        edits: Vec::new(),
    });
    let (status, _, category) =
        store.templates.last().map(|it| store.state(it, now)).unwrap_or_else(|| (approved(), None, String::new()));
    // A template that will be rejected is pending first.
    let status = if status == "REJECTED" { "PENDING".to_owned() } else { status };
    Ok(json!({ "id": id, "status": status, "category": category }))
}

#[derive(Deserialize)]
pub(crate) struct Listing {
    limit: Option<usize>,
    after: Option<usize>,
    name: Option<String>,
    fields: Option<String>,
}

pub(crate) async fn list(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, account)): Path<(String, String)>,
    Query(listing): Query<Listing>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = admit(&sandbox, &headers, &BEARER).await {
        return refused;
    }
    let (now, store) = (sandbox.clock.now(), lock(&sandbox));
    let (start, limit) = (listing.after.unwrap_or(0), listing.limit.unwrap_or(25).clamp(1, 1000));
    let is_meant = |it: &&Template| {
        it.account == account && listing.name.as_deref().is_none_or(|name| text(&it.body, "name") == name)
    };
    let all: Vec<&Template> = store.templates.iter().filter(is_meant).collect();
    let page: Vec<Value> =
        all.iter().skip(start).take(limit).map(|it| listed(&store, it, listing.fields.as_deref(), now)).collect();
    let mut answer = json!({ "data": page });
    if start + limit < all.len() {
        answer["paging"] = json!({ "cursors": { "after": (start + limit).to_string() }, "next": "more" });
    }
    Json(answer).into_response()
}

/// A template as a listing has it, with the fields that were asked for.
fn listed(store: &Store, template: &Template, fields: Option<&str>, now: Timestamp) -> Value {
    let (status, reason, category) = store.state(template, now);
    let moderation = store.moderation_of(text(&template.body, "name"));
    let mut value = template.body.clone();
    value["id"] = json!(template.id);
    value["parameter_format"] = json!(text(&value, "parameter_format").to_uppercase());
    if value["parameter_format"] == "" {
        value["parameter_format"] = json!("POSITIONAL");
    }
    let is_reviewed = !["PENDING", "REJECTED"].contains(&status.as_str());
    if let Some(moderation) = moderation.filter(|_| is_reviewed) {
        alter(&mut value["components"], moderation);
    }
    value["components"].as_array_mut().into_iter().flatten().for_each(with_address);
    value["status"] = json!(status);
    value["category"] = json!(category);
    value["rejected_reason"] = json!(reason.unwrap_or_else(|| "NONE".to_owned()));
    let quality = moderation.and_then(|it| it.quality.clone()).unwrap_or_else(|| "UNKNOWN".to_owned());
    value["quality_score"] = json!({ "score": quality, "date": now.as_second() });
    if let Some(correct) = moderation.and_then(|it| it.correct_category.clone()) {
        value["correct_category"] = json!(correct);
    }
    let wanted: Option<Vec<&str>> = fields.map(|it| it.split(',').collect());
    if let (Some(object), Some(wanted)) = (value.as_object_mut(), wanted) {
        object.retain(|key, _| key == "id" || wanted.contains(&key.as_str()));
    }
    value
}

/// Puts what was approved in place of what was sent.
fn alter(components: &mut Value, moderation: &Moderation) {
    if let Some(approved) = &moderation.components {
        *components = approved.clone();
    }
    let Some(words) = &moderation.text else { return };
    for component in components.as_array_mut().into_iter().flatten() {
        if text(component, "type").eq_ignore_ascii_case("BODY") {
            component["text"] = json!(words);
        }
    }
}

/// Puts an address in place of the handle of a sample.
fn with_address(component: &mut Value) {
    if let Some(handle) = component.pointer_mut("/example/header_handle/0") {
        *handle = json!("https://scontent.example/sample");
    }
}

pub(crate) async fn edit(
    State(sandbox): State<Arc<Sandbox>>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    carry_out(&sandbox, &headers, || edit_one(&sandbox, &id, &body)).await
}

/// Edits an approved, rejected or paused template; an approved one once a day and ten times in thirty days (Meta,
/// template management).
fn edit_one(sandbox: &Sandbox, id: &str, body: &Value) -> Result<Value, Refusal> {
    let (now, mut store) = (sandbox.clock.now(), lock(sandbox));
    let at = store.templates.iter().position(|it| it.id == id);
    let at = at.ok_or_else(|| Refusal::new(33, "there is no such template"))?;
    let (status, _, category) = store.state(&store.templates[at], now);
    let within = |hours: i64| {
        store.templates[at].edits.iter().filter(|it| **it > now - SignedDuration::from_hours(hours)).count()
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
    let mut changed = store.templates[at].body.clone();
    for key in ["category", "components", "parameter_format", "message_send_ttl_seconds"] {
        if let Some(value) = body.get(key) {
            changed[key] = value.clone();
        }
    }
    rules::check(&changed)?;
    uploads::check_sample(sandbox, &changed, now)?;
    let template = &mut store.templates[at];
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
    if let Err(refused) = admit(&sandbox, &headers, &BEARER).await {
        return refused;
    }
    let (now, mut store) = (sandbox.clock.now(), lock(&sandbox));
    let is_meant = |it: &&Template| it.account == account && text(&it.body, "name") == deleted.name;
    if store.templates.iter().filter(is_meant).any(|it| store.state(it, now).0 == "DISABLED") {
        return Refusal::new(2_593_002, "a template that is DISABLED cannot be deleted").into_response();
    }
    let before = store.templates.len();
    store.templates.retain(|it| it.account != account || text(&it.body, "name") != deleted.name);
    if store.templates.len() == before {
        return Refusal::new(2_593_002, "there is no such template").into_response();
    }
    store.locked.insert((account, deleted.name), now + LOCKED);
    Json(json!({ "success": true })).into_response()
}

pub(crate) async fn moderate(
    State(sandbox): State<Arc<Sandbox>>,
    Json(mut moderation): Json<Vec<Moderation>>,
) -> StatusCode {
    moderation.iter_mut().for_each(|it| it.set_at = sandbox.clock.now());
    lock(&sandbox).moderation = moderation;
    StatusCode::NO_CONTENT
}
