//! The REST API of Viber bots, `POST /pa/…`: it has no list of subscribers, and says failures with status 200.
//!
//! Rows: `subscribers`. Whoever knows an id can ask whether it is still one of a subscriber, a hundred at a time, and for
//! its details, twice in twelve hours. Written from creators.viber.com and the numbers in npm `viber-bot` 1.0.18.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Asked, Call, Failure, Person, Provider, Row, World};
use crate::Sandbox;

/// The most ids of one call.
const MOST_IDS: usize = 100;

/// Calls about the details of one user, in a time.
const DETAILS: usize = 2;
const DETAILS_IN: SignedDuration = SignedDuration::from_hours(12);

/// The stand-in of Viber.
pub(super) struct Viber;

impl Provider for Viber {
    fn name(&self) -> &'static str {
        "viber"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/pa/get_account_info", post(account_info))
            .route("/pa/get_online", post(online))
            .route("/pa/get_user_details", post(user_details))
    }

    /// The header, or a field of the body, as the client `viberbot` of PyPI has it.
    fn is_authorised(&self, asked: &Asked, _account: Option<&str>, secret: &str) -> bool {
        let body = || serde_json::from_slice::<Value>(&asked.body).is_ok_and(|it| it["auth_token"] == secret);
        asked.header("x-viber-auth-token") == Some(secret) || body()
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, message) = match failure {
            Failure::Unauthorised => (2, "invalidAuthToken"),
            Failure::BadRequest(_) => (3, "badData"),
            Failure::NotFound => (8, "notFound"),
            Failure::TooMany(_) => (12, "tooManyRequests"),
            Failure::Server => (99, "generalError"),
        };
        let code = if *failure == Failure::Server { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        let body = Json(json!({ "status": status, "status_message": message }));
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (code, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
            }
            _ => (code, body).into_response(),
        }
    }

    fn person_rows(&self, world: &World, person: &Person) -> Vec<Row> {
        let is_gone = world.draw("gone", u64::from(person.n)).share() < 0.15;
        let status = if is_gone { "unavailable" } else { "subscribed" };
        vec![Row { status, ..Row::new("subscribers", person.n, person.created_at) }]
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        world.person(row.person).map(|it| it.viber_id.clone()).unwrap_or_default()
    }

    fn has_messages(&self) -> bool {
        false
    }

    fn knows_viber_ids(&self) -> bool {
        true
    }
}

/// What the bot remembers of calls.
#[derive(Default)]
struct Remembered {
    /// When the details of each user were asked for.
    details: BTreeMap<String, Vec<Timestamp>>,
    /// The users about whom "try later" was said once.
    tried: BTreeSet<u32>,
}

async fn account_info(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let show = |call: &mut Call<'_>| {
        let world = call.world();
        let n_subscribers = call.rows("subscribers").filter(|it| it.status == "subscribed").count();
        let body = json!({
            "status": 0, "status_message": "ok", "id": format!("pa:{}", number(world, "bot", 0)), "name": "MaMarque",
            "uri": "mamarque", "icon": "https://bot.example.com/icon.jpg", "category": "Local Businesses",
            "country": "FR", "webhook": "https://bot.example.com/viber",
            "event_types": ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started", "message"],
            "subscribers_count": n_subscribers, "members": [],
        });
        Answer::json(&body, 0)
    };
    sandbox.provided(&Viber, asked, show).await
}

#[derive(Deserialize)]
struct Ids {
    ids: Vec<String>,
}

async fn online(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let show = |call: &mut Call<'_>| {
        let asked: Ids = read(call)?;
        if asked.ids.is_empty() || asked.ids.len() > MOST_IDS {
            return Err(Failure::BadRequest(format!("1 to {MOST_IDS} ids")));
        }
        let users: Vec<Value> = asked.ids.iter().map(|it| user_online(call, it)).collect::<Result<_, _>>()?;
        Answer::json(&json!({ "status": 0, "status_message": "ok", "users": users }), users.len())
    };
    sandbox.provided(&Viber, asked, show).await
}

/// Whether a user is online: 0 to 2 are said of subscribers, and 4 of those who are none or no users.
fn user_online(call: &mut Call<'_>, id: &str) -> Result<Value, Failure> {
    let row = subscriber(call, id).filter(|it| it.status == "subscribed").map(|it| it.person);
    let Some(person) = row else {
        return Ok(json!({ "id": id, "online_status": 4, "online_status_message": "unavailable" }));
    };
    let mut draw = call.world().draw("online", u64::from(person));
    let is_late = draw.share() < 0.05 && call.own::<Remembered>()?.tried.insert(person);
    Ok(match draw.share() {
        _ if is_late => json!({ "id": id, "online_status": 3, "online_status_message": "tryLater" }),
        share if share < 0.3 => json!({ "id": id, "online_status": 0, "online_status_message": "online" }),
        share if share < 0.8 => {
            let last = call.world().newest.as_millisecond() - (share * 86_400_000.0) as i64;
            json!({ "id": id, "online_status": 1, "online_status_message": "offline", "last_online": last })
        }
        _ => json!({ "id": id, "online_status": 2, "online_status_message": "undisclosed" }),
    })
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

async fn user_details(State(sandbox): State<Arc<Sandbox>>, asked: Asked) -> Response {
    let show = |call: &mut Call<'_>| {
        let Id { id } = read(call)?;
        let (now, is_unlimited) = (call.now, call.is_unlimited);
        let asked_at = call.own::<Remembered>()?.details.entry(id.clone()).or_default();
        asked_at.retain(|it| now.duration_since(*it) < DETAILS_IN);
        if asked_at.len() >= DETAILS && !is_unlimited {
            return Err(Failure::TooMany(None));
        }
        asked_at.push(now);
        match subscriber(call, &id) {
            None => Answer::json(&json!({ "status": 5, "status_message": "receiverNotRegistered" }), 0),
            Some(row) if row.status != "subscribed" => {
                Answer::json(&json!({ "status": 6, "status_message": "receiverNotSubscribed" }), 0)
            }
            Some(row) => Answer::json(&details(call.world(), row), 1),
        }
    };
    sandbox.provided(&Viber, asked, show).await
}

/// There is no number in them.
fn details(world: &World, row: &Row) -> Value {
    let person = world.person(row.person);
    let first_name = person.map(|it| it.first_name).unwrap_or_default();
    let last_name = person.and_then(|it| it.last_name);
    json!({
        "status": 0, "status_message": "ok", "message_token": number(world, "token", row.n),
        "user": {
            "id": Viber.row_id(world, row), "name": last_name.map_or(first_name.to_owned(), |it| format!("{first_name} {it}")),
            "avatar": "https://media.example.com/avatar.jpg", "language": person.map(|it| it.language),
            "country": if person.is_some_and(Person::is_american) { "US" } else { "FR" }, "api_version": 10,
            "primary_device_os": "android 14", "viber_version": "21.5.0", "mcc": 208, "mnc": 1, "device_type": "phone",
        },
    })
}

fn subscriber<'a>(call: &'a Call<'_>, id: &str) -> Option<&'a Row> {
    call.rows("subscribers").find(|it| call.world().person(it.person).is_some_and(|person| person.viber_id == id))
}

/// A number of 19 digits, which no floating point number can hold.
fn number(world: &World, purpose: &str, n: u64) -> u64 {
    let hex = world.hex(purpose, n);
    4_912_000_000_000_000_001 + u64::from_str_radix(hex.get(..12).unwrap_or_default(), 16).unwrap_or_default()
}

fn read<'a, T: Deserialize<'a>>(call: &Call<'a>) -> Result<T, Failure> {
    serde_json::from_slice(&call.asked.body).map_err(|error| Failure::BadRequest(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ProviderSettings;
    use crate::providers::tests::{SECRET, Shown};

    async fn post(shown: &Shown, path: &str, body: &Value) -> Value {
        let headers = [("x-viber-auth-token", SECRET.to_owned())];
        let told = shown.send("POST", &format!("/pa/{path}"), &headers, &body.to_string()).await;
        assert_eq!(told.status, 200);
        told.body
    }

    #[tokio::test]
    async fn who_is_still_subscribed_is_learnt_by_asking_for_a_hundred_ids_at_a_time() {
        let shown = Shown::with(ProviderSettings { seed: 3, people: 250, days: 30, ..ProviderSettings::default() });
        let rows = shown.rows("viber", "subscribers").await;
        let ids: Vec<&str> = rows.iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert!(ids.iter().all(|it| it.len() == 24 && it.ends_with("==")));
        let mut statuses: BTreeMap<u64, usize> = BTreeMap::new();
        for _ in 0..2 {
            statuses.clear();
            for ids in ids.chunks(100) {
                let users = post(&shown, "get_online", &json!({ "ids": ids })).await["users"].clone();
                for user in users.as_array().unwrap() {
                    *statuses.entry(user["online_status"].as_u64().unwrap()).or_default() += 1;
                }
            }
        }
        let n_gone = rows.iter().filter(|it| it["status"] == "unavailable").count();
        assert!(n_gone > 20);
        assert_eq!(statuses.remove(&4), Some(n_gone));
        assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), [0, 1, 2], "tryLater is said once");
        let info = post(&shown, "get_account_info", &json!({})).await;
        assert_eq!(info["subscribers_count"], 250 - n_gone);
        assert_eq!(post(&shown, "get_online", &json!({ "ids": vec!["a"; 101] })).await["status"], 3);
    }

    #[tokio::test]
    async fn the_details_of_a_user_are_told_twice_in_twelve_hours() {
        let shown = Shown::new();
        let rows = shown.rows("viber", "subscribers").await;
        let id = |status: &str| json!({ "id": rows.iter().find(|it| it["status"] == status).unwrap()["id"] });
        let mut statuses = Vec::new();
        for seconds in [0, 3_600, 3_600, 11 * 3_600] {
            shown.control("clock", &json!({ "advance_seconds": seconds })).await;
            statuses.push(post(&shown, "get_user_details", &id("subscribed")).await["status"].as_u64().unwrap());
        }
        assert_eq!(statuses, [0, 0, 12, 0]);
        assert_eq!(post(&shown, "get_user_details", &id("unavailable")).await["status"], 6);
        assert_eq!(post(&shown, "get_user_details", &json!({ "id": "nobody" })).await["status"], 5);
    }

    #[tokio::test]
    async fn a_wrong_token_and_a_wrong_body_are_told_with_status_200_and_a_token_can_be_in_the_body() {
        let shown = Shown::new();
        let told = shown.send("POST", "/pa/get_online", &[("x-viber-auth-token", "wrong".to_owned())], "{}").await;
        assert_eq!((told.status, told.body["status"].as_u64()), (200, Some(2)));
        assert_eq!(post(&shown, "get_online", &json!({ "id": 1 })).await["status"], 3);
        let told = shown.send("POST", "/pa/get_account_info", &[], &json!({ "auth_token": SECRET }).to_string()).await;
        assert_eq!(told.body["status"], 0);
    }
}
