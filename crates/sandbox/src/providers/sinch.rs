//! Sinch, the Conversation API: contacts, and lists of people who refuse everything, marketing or notifications.
//!
//! Rows: `contacts` and `consents`, whose status is the list. Tokens of OAuth are valid for an hour of the sandbox's clock.
//! Written from Sinch's reference, what its Python client sends, and reports of what its lists really answer: a list in which
//! nobody ever was does not exist, and identities have no plus sign and no date.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Asked, Call, Failure, Message, Person, Provider, Rate, Row, World, token};
use crate::Sandbox;

const LISTS: [&str; 3] = ["OPT_OUT_ALL", "OPT_OUT_MARKETING", "OPT_OUT_NOTIFICATION"];
/// Seconds for which a token is valid.
const VALID_SECONDS: i64 = 3_599;

/// The stand-in of Sinch.
pub(super) struct Sinch;

impl Provider for Sinch {
    fn name(&self) -> &'static str {
        "sinch"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/oauth2/token", post(log_in))
            .route("/v1/projects/{project}/contacts", get(contacts))
            .route("/v1/projects/{project}/apps/{app}/consents/{list}", get(consents_of_app))
            .route("/v1/projects/{project}/consents/{list}", get(consents))
    }

    /// With the key and the secret of the project, or a token that was issued for them. Whether the token is still valid is
    /// asked later, and so is the secret of who asks for a token.
    fn is_authorised(&self, asked: &Asked, _account: Option<&str>, secret: &str) -> bool {
        let is_basic = asked.basic().is_some_and(|it| it.1 == secret);
        is_basic || asked.uri.path() == "/oauth2/token" || valid_until(asked, secret).is_some()
    }

    /// The word `expired` makes Sinch's own clients ask for a new token.
    fn failure(&self, failure: &Failure) -> Response {
        let (status, name, message) = match failure {
            Failure::Unauthorised => (401, "UNAUTHENTICATED", "The token is expired or not valid"),
            Failure::NotFound => (404, "NOT_FOUND", "The resource does not exist"),
            Failure::BadRequest(what) => (400, "INVALID_ARGUMENT", what.as_str()),
            Failure::TooMany(_) => (429, "RESOURCE_EXHAUSTED", "The quota of requests is exceeded"),
            Failure::Server => (500, "INTERNAL", "Internal error"),
        };
        let body = Json(error(status, name, message));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
            }
            Failure::Unauthorised => {
                let why = "Bearer error=\"invalid_token\", error_description=\"token expired\"";
                (status, [(header::WWW_AUTHENTICATE, why)], body).into_response()
            }
            _ => (status, body).into_response(),
        }
    }

    /// Messages are not listed; a person who refuses is in one of the lists.
    fn message_rows(&self, world: &World, message: &Message) -> Vec<Row> {
        let list = match world.draw("list", message.n).share() {
            share if share < 0.5 => "OPT_OUT_ALL",
            share if share < 0.8 => "OPT_OUT_MARKETING",
            _ => "OPT_OUT_NOTIFICATION",
        };
        message.is_stop.then(|| Row::of_message("consents", message, list, None)).into_iter().collect()
    }

    fn person_rows(&self, _world: &World, person: &Person) -> Vec<Row> {
        vec![Row::new("contacts", person.n, person.created_at)]
    }

    /// Contacts have ids like those of ULID.
    fn row_id(&self, world: &World, row: &Row) -> String {
        let hex = world.hex(row.stream, row.n).to_uppercase();
        format!("01{}", hex.get(..24).unwrap_or_default())
    }

    fn has_messages(&self) -> bool {
        false
    }

    fn refusals(&self) -> &'static [&'static str] {
        &["consents"]
    }

    fn rates(&self) -> &'static [Rate] {
        &[Rate { path: "/v1/projects/", calls: 800, seconds: 1 }]
    }
}

/// `POST /oauth2/token`
async fn log_in(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let secret = sandbox.token.clone();
    let log_in = |call: &mut Call<'_>| {
        let is_known = secret.as_ref().is_none_or(|secret| call.asked.basic().is_some_and(|it| it.1 == *secret));
        let (status, body) = match call.asked.form().iter().find(|it| it.0 == "grant_type") {
            _ if !is_known => {
                (401, json!({ "error": "invalid_client", "error_description": "Bad client credentials" }))
            }
            Some((_, kind)) if kind == "client_credentials" => {
                let until = call.now.as_second() + VALID_SECONDS;
                let token = issued(until, secret.as_deref().unwrap_or_default());
                (
                    200,
                    json!({ "access_token": token, "expires_in": VALID_SECONDS, "scope": "", "token_type": "bearer" }),
                )
            }
            _ => {
                let what = "Missing or unsupported grant_type";
                (400, json!({ "error": "unsupported_grant_type", "error_description": what }))
            }
        };
        Ok(Answer::json(&body, 0)?.with_status(StatusCode::from_u16(status).unwrap_or_default()))
    };
    sandbox.provided(&Sinch, asked, log_in).await
}

/// A token says until when it is valid, and proves that it was issued.
fn issued(until: i64, secret: &str) -> String {
    let digest = Sha256::new().chain_update(secret).chain_update(until.to_le_bytes()).finalize();
    format!("eyJ.{until}.{}", BASE64_URL_SAFE_NO_PAD.encode(digest))
}

fn valid_until(asked: &Asked, secret: &str) -> Option<i64> {
    let token = asked.authorization("Bearer")?;
    let until = token.split('.').nth(1)?.parse().ok()?;
    (token == issued(until, secret)).then_some(until)
}

async fn contacts(State(sandbox): State<Arc<Sandbox>>, Path(project): Path<String>, asked: Asked) -> Response {
    let known = Known::of(&sandbox);
    let contacts = |call: &mut Call<'_>| {
        known.check(call, &project)?;
        let size = page_size(call, 20)?;
        let world = call.world();
        let is_wanted = |row: &Row| is_wanted(call, world, row);
        let rows = call.between("contacts", Timestamp::MIN, Timestamp::MAX);
        let page = call.page_before(rows, place(call)?, size, is_wanted);
        let contacts: Vec<Value> = page.rows.iter().map(|it| contact(world, it)).collect();
        let next = page.next.map(|it| token::of(&it)).unwrap_or_default();
        Answer::json(&json!({ "contacts": contacts, "next_page_token": next }), page.rows.len())
    };
    sandbox.provided(&Sinch, asked, contacts).await
}

async fn consents(
    State(sandbox): State<Arc<Sandbox>>,
    Path((project, list)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let known = Known::of(&sandbox);
    sandbox.provided(&Sinch, asked, |call| identities(call, &known, &project, &list)).await
}

async fn consents_of_app(
    State(sandbox): State<Arc<Sandbox>>,
    Path((project, _app, list)): Path<(String, String, String)>,
    asked: Asked,
) -> Response {
    let known = Known::of(&sandbox);
    sandbox.provided(&Sinch, asked, |call| identities(call, &known, &project, &list)).await
}

fn identities(call: &mut Call<'_>, known: &Known, project: &str, list: &str) -> Result<Answer, Failure> {
    known.check(call, project)?;
    if !LISTS.contains(&list) {
        return Err(Failure::BadRequest(format!("{list} is not a type of consent list")));
    }
    let size = page_size(call, 50)?;
    let rows = call.between("consents", Timestamp::MIN, Timestamp::MAX);
    if !rows.iter().any(|it| it.status == list) {
        let what = format!("ListType for projectId '{project}' and type '{list}' does not exist");
        let body = error(404, "NOT_FOUND", &what);
        return Ok(Answer::json(&body, 0)?.with_status(StatusCode::NOT_FOUND));
    }
    let world = call.world();
    let page = call.page_before(rows, place(call)?, size, |it| it.status == list);
    let identity = |row: &&Row| json!({ "identity": world.person(row.person).map(|it| it.phone.to_string()) });
    let identities: Vec<Value> = page.rows.iter().map(identity).collect();
    let next = page.next.map(|it| token::of(&it)).unwrap_or_default();
    Answer::json(&json!({ "identities": identities, "next_page_token": next }), page.rows.len())
}

/// What the sandbox was given: its secret and its project.
struct Known {
    secret: Option<String>,
    project: Option<String>,
}

impl Known {
    fn of(sandbox: &Sandbox) -> Self {
        Self { secret: sandbox.token.clone(), project: sandbox.providers.account().map(str::to_owned) }
    }

    /// Whether the project is the caller's and the token, if there is one, is still valid.
    fn check(&self, call: &Call<'_>, project: &str) -> Result<(), Failure> {
        let until = valid_until(call.asked, self.secret.as_deref().unwrap_or_default());
        if until.is_some_and(|it| it <= call.now.as_second()) {
            return Err(Failure::Unauthorised);
        }
        let is_own = self.project.as_ref().is_none_or(|it| it == project);
        if is_own { Ok(()) } else { Err(Failure::NotFound) }
    }
}

fn place(call: &Call<'_>) -> Result<Option<super::Key>, Failure> {
    let wrong = || Failure::BadRequest("page_token is not valid".to_owned());
    let text = call.query("page_token").filter(|it| !it.is_empty());
    text.map(|it| token::read(it).ok_or_else(wrong)).transpose()
}

fn page_size(call: &Call<'_>, largest: usize) -> Result<usize, Failure> {
    let Some(text) = call.query("page_size") else { return Ok(10) };
    let wrong = || Failure::BadRequest(format!("page_size must be between 1 and {largest}"));
    text.parse().ok().filter(|it| (1..=largest).contains(it)).ok_or_else(wrong)
}

fn is_wanted(call: &Call<'_>, world: &World, row: &Row) -> bool {
    if call.filters(&["external_id", "channel", "identity"]).is_empty() {
        return true;
    }
    let contact = contact(world, row);
    let identities = contact["channel_identities"].as_array();
    let has = |channel: &str, identity: &str| {
        identities.into_iter().flatten().any(|it| it["channel"] == channel && it["identity"] == identity)
    };
    call.query("external_id").is_none_or(|it| contact["external_id"] == it)
        && call.query("channel").zip(call.query("identity")).is_none_or(|(channel, it)| has(channel, it))
}

fn contact(world: &World, row: &Row) -> Value {
    let Some(person) = world.person(row.person) else { return Value::Null };
    let phone = person.phone.to_string();
    let channels: &[&str] = match row.n % 3 {
        0 => &["SMS", "VIBERBM"],
        1 => &["SMS", "WHATSAPP"],
        _ => &["SMS"],
    };
    let identity = |channel: &&str| json!({ "channel": channel, "identity": phone, "app_id": "" });
    let name = [Some(person.first_name), person.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    json!({
        "id": Sinch.row_id(world, row), "channel_identities": channels.iter().map(identity).collect::<Vec<_>>(),
        "channel_priority": channels, "display_name": name,
        "email": if row.n.is_multiple_of(4) { format!("client{}@example.com", person.n) } else { String::new() },
        "external_id": if row.n.is_multiple_of(2) { format!("CLI-{:05}", person.n) } else { String::new() },
        "metadata": "", "language": person.language.to_uppercase(),
    })
}

fn error(code: u16, status: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "status": status, "details": [] } })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::ProviderSettings;
    use crate::providers::tests::{Shown, Told, basic};

    async fn token(shown: &Shown) -> String {
        let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let told = shown.send("POST", "/oauth2/token", &[basic("key"), form], "grant_type=client_credentials").await;
        assert_eq!((told.status, &told.body["expires_in"]), (200, &json!(3_599)));
        format!("Bearer {}", told.body["access_token"].as_str().unwrap())
    }

    async fn get(shown: &Shown, token: &str, path: &str) -> Told {
        shown.send("GET", path, &[("authorization", token.to_owned())], "").await
    }

    async fn all(shown: &Shown, path: &str, items: &str) -> Vec<Value> {
        let token = token(shown).await;
        let (mut all, mut next) = (Vec::new(), String::new());
        loop {
            let told = get(shown, &token, &format!("{path}?page_size=20&page_token={next}")).await;
            assert_eq!(told.status, 200, "{told:?}");
            all.extend(told.body[items].as_array().unwrap().clone());
            next = told.body["next_page_token"].as_str().unwrap().to_owned();
            if next.is_empty() {
                return all;
            }
        }
    }

    #[tokio::test]
    async fn contacts_are_those_of_the_ledger() {
        let shown = Shown::new();
        let contacts = all(&shown, "/v1/projects/p/contacts", "contacts").await;
        let mut ids: Vec<&str> = contacts.iter().map(|it| it["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, shown.ids("sinch", "contacts").await);
        assert_eq!(contacts[0]["channel_identities"][0]["channel"], "SMS");
    }

    #[tokio::test]
    async fn refusals_are_split_into_three_lists_of_numbers_without_dates() {
        let settings = ProviderSettings { seed: 3, people: 200, messages: 3_000, days: 30, ..Default::default() };
        let shown = Shown::with(settings);
        let rows = shown.lines("sinch/rows").await;
        for list in LISTS {
            let is_listed =
                |it: &&Value| it["stream"] == "consents" && it["status"] == list && it["state"] == "present";
            let expected: BTreeSet<&str> =
                rows.iter().filter(is_listed).map(|it| it["phone"].as_str().unwrap().trim_start_matches('+')).collect();
            assert!(expected.len() > 5, "{list}");
            for path in ["/v1/projects/p/consents", "/v1/projects/p/apps/a/consents"] {
                let read = all(&shown, &format!("{path}/{list}"), "identities").await;
                assert_eq!(read.len(), expected.len());
                assert!(read.iter().all(|it| expected.contains(it["identity"].as_str().unwrap())));
                assert_eq!(read[0].as_object().unwrap().len(), 1);
            }
        }
    }

    #[tokio::test]
    async fn a_list_in_which_nobody_ever_was_does_not_exist() {
        let shown = Shown::with(ProviderSettings { seed: 3, people: 5, days: 30, ..Default::default() });
        let token = token(&shown).await;
        let told = get(&shown, &token, "/v1/projects/p/apps/a/consents/OPT_OUT_ALL").await;
        assert_eq!((told.status, &told.body["error"]["status"]), (404, &json!("NOT_FOUND")));
        // A first refusal makes one list.
        let phone = shown.lines("sinch/rows").await[0]["phone"].clone();
        shown.control("providers/sinch/change", &json!({ "stop": phone })).await;
        let mut statuses = Vec::new();
        for list in LISTS {
            statuses.push(get(&shown, &token, &format!("/v1/projects/p/apps/a/consents/{list}")).await.status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404, 404]);
        assert_eq!(get(&shown, &token, "/v1/projects/p/apps/a/consents/OPT_IN").await.status, 400);
    }

    #[tokio::test]
    async fn a_token_expires_after_an_hour_and_none_is_valid_that_was_not_issued() {
        let shown = Shown::new();
        let old = token(&shown).await;
        let status = async |token: &str| get(&shown, token, "/v1/projects/p/contacts").await.status;
        assert_eq!([status(&old).await, status("Bearer eyJ.9999999999.x").await, status("").await], [200, 401, 401]);
        shown.control("clock", &json!({ "advance_seconds": 3_600 })).await;
        assert_eq!([status(&old).await, status(&token(&shown).await).await], [401, 200]);
        let wrong = [("authorization", "Basic a2V5Om5v".to_owned())];
        let told = shown.send("POST", "/oauth2/token", &wrong, "grant_type=client_credentials").await;
        assert_eq!((told.status, &told.body["error"]), (401, &json!("invalid_client")));
    }

    #[tokio::test]
    async fn pages_have_twenty_contacts_at_most_and_may_be_of_one_number() {
        let shown = Shown::new();
        let token = token(&shown).await;
        assert_eq!(get(&shown, &token, "/v1/projects/p/contacts?page_size=21").await.status, 400);
        let contact = get(&shown, &token, "/v1/projects/p/contacts").await.body["contacts"][3].clone();
        let identity = contact["channel_identities"][0]["identity"].as_str().unwrap();
        let path = format!("/v1/projects/p/contacts?channel=SMS&identity={identity}");
        assert_eq!(get(&shown, &token, &path).await.body["contacts"], json!([contact]));
    }
}
