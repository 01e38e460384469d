//! Bird's workspaces: contacts with tokens, and the identifiers of each contact on a path of its own.
//!
//! Rows: `contacts`. A third of the contacts do not show their number among the featured identifiers. Written from Bird's
//! reference of contacts (2025).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Asked, Call, Failure, Person, Provider, Row, World, moment, token};
use crate::Sandbox;

/// The stand-in of Bird.
pub(super) struct Bird;

impl Provider for Bird {
    fn name(&self) -> &'static str {
        "bird"
    }

    fn routes(&self) -> Router<Arc<Sandbox>> {
        Router::new()
            .route("/workspaces/{workspace}/contacts", get(contacts))
            .route("/workspaces/{workspace}/contacts/{contact}/identifiers", get(identifiers))
    }

    fn is_authorised(&self, asked: &Asked, _account: Option<&str>, secret: &str) -> bool {
        asked.authorization("AccessKey") == Some(secret)
    }

    fn failure(&self, failure: &Failure) -> Response {
        let (status, code, message) = match failure {
            Failure::Unauthorised => (401, "Unauthorized", "the access key is not valid"),
            Failure::NotFound => (404, "NotFound", "the contact or workspace was not found"),
            Failure::BadRequest(what) => (422, "InvalidPayload", what.as_str()),
            Failure::TooMany(_) => (429, "TooManyRequests", "too many requests"),
            Failure::Server => (500, "InternalError", "internal error"),
        };
        let body = Json(json!({ "code": code, "message": message }));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        match failure {
            Failure::TooMany(Some(seconds)) => {
                (status, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
            }
            _ => (status, body).into_response(),
        }
    }

    fn person_rows(&self, _world: &World, person: &Person) -> Vec<Row> {
        vec![Row::new("contacts", person.n, person.created_at)]
    }

    fn row_id(&self, world: &World, row: &Row) -> String {
        world.uuid(row.stream, row.n)
    }

    fn has_messages(&self) -> bool {
        false
    }
}

async fn contacts(State(sandbox): State<Arc<Sandbox>>, Path(workspace): Path<String>, asked: Asked) -> Response {
    let set = sandbox.providers.account().map(str::to_owned);
    let contacts = |call: &mut Call<'_>| {
        is_known(&workspace, set.as_deref())?;
        let limit = limit(call)?;
        let from = call.query("pageToken").map(|it| token::read(it).ok_or_else(|| wrong("pageToken"))).transpose()?;
        let page = call.page_before(call.between("contacts", Timestamp::MIN, Timestamp::MAX), from, limit, |_| true);
        let world = call.world();
        let results: Vec<Value> = page.rows.iter().map(|it| contact(world, it, &workspace)).collect();
        let mut body = json!({ "results": results });
        if let Some(next) = &page.next {
            body["nextPageToken"] = token::of(next).into();
        }
        Answer::json(&body, page.rows.len())
    };
    sandbox.provided(&Bird, asked, contacts).await
}

async fn identifiers(
    State(sandbox): State<Arc<Sandbox>>,
    Path((workspace, id)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let set = sandbox.providers.account().map(str::to_owned);
    let identifiers = |call: &mut Call<'_>| {
        is_known(&workspace, set.as_deref())?;
        limit(call)?;
        let world = call.world();
        let row = call.rows("contacts").find(|it| Bird.row_id(world, it) == id).ok_or(Failure::NotFound)?;
        let created_at = milliseconds(row.at);
        let identifier = |(key, value): (&str, String)| json!({ "contactId": id, "key": key, "value": value, "properties": {}, "createdAt": created_at });
        let results: Vec<Value> = all_identifiers(world, row).into_iter().map(identifier).collect();
        Answer::json(&json!({ "results": results }), 0)
    };
    sandbox.provided(&Bird, asked, identifiers).await
}

/// A workspace has an id of 36 characters, or is the one that was set.
fn is_known(workspace: &str, set: Option<&str>) -> Result<(), Failure> {
    let is_known = set.map_or(workspace.len() == 36, |it| it == workspace);
    if is_known { Ok(()) } else { Err(Failure::NotFound) }
}

fn limit(call: &Call<'_>) -> Result<usize, Failure> {
    let Some(text) = call.query("limit") else { return Ok(10) };
    text.parse().ok().filter(|it| (1..=100).contains(it)).ok_or_else(|| wrong("limit"))
}

fn wrong(parameter: &str) -> Failure {
    Failure::BadRequest(format!("parameter \"{parameter}\" is not valid"))
}

fn contact(world: &World, row: &Row, workspace: &str) -> Value {
    let Some(person) = world.person(row.person) else { return Value::Null };
    let identifiers = all_identifiers(world, row);
    let is_featured = |it: &&(&str, String)| row.n % 3 != 1 || it.0 != "phonenumber";
    let featured: Vec<Value> =
        identifiers.iter().filter(is_featured).map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let name = [Some(person.first_name), person.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    json!({
        "id": Bird.row_id(world, row), "computedDisplayName": name, "createdAt": milliseconds(row.at),
        "updatedAt": milliseconds(moment::seconds_after(row.at, 3_600)), "workspaceId": workspace,
        "featuredIdentifiers": featured, "identifierCount": identifiers.len(), "accountIds": [],
        "attributes": {
            "firstName": person.first_name, "lastName": person.last_name, "preferredLanguage": person.language,
            "labels": if row.n.is_multiple_of(4) { json!(["A", "B"]) } else { json!([]) }, "rating": 9.6,
        },
        "listIds": if row.n.is_multiple_of(2) { json!([world.uuid("list", 0)]) } else { json!([]) },
    })
}

/// The number of a contact, and the e-mail address that some have.
fn all_identifiers(world: &World, row: &Row) -> Vec<(&'static str, String)> {
    let Some(person) = world.person(row.person) else { return Vec::new() };
    let address = (row.n % 3 != 2).then(|| ("emailaddress", format!("client{}@example.com", person.n)));
    address.into_iter().chain([("phonenumber", person.e164())]).collect()
}

/// `2025-06-30T18:03:44.000Z`
fn milliseconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::tests::{SECRET, Shown, Told};

    const CONTACTS: &str = "/workspaces/a1405560-c8d3-4b1a-877d-3f449ad95352/contacts";

    async fn get(shown: &Shown, path: &str) -> Told {
        shown.send("GET", path, &[("authorization", format!("AccessKey {SECRET}"))], "").await
    }

    async fn contacts(shown: &Shown, limit: usize) -> Vec<Value> {
        let (mut contacts, mut token) = (Vec::new(), String::new());
        loop {
            let told = get(shown, &format!("{CONTACTS}?limit={limit}{token}")).await;
            assert_eq!(told.status, 200, "{told:?}");
            contacts.extend(told.body["results"].as_array().unwrap().clone());
            let Some(next) = told.body["nextPageToken"].as_str() else { return contacts };
            token = format!("&pageToken={next}");
        }
    }

    #[tokio::test]
    async fn tokens_go_through_all_contacts_whatever_comes_and_goes() {
        let shown = Shown::new();
        shown.control("providers/bird/change", &json!({ "delete_at_call": 2, "n": 6 })).await;
        shown.control("providers/bird/change", &json!({ "append_at_call": 3, "n": 6 })).await;
        let read: Vec<String> =
            contacts(&shown, 6).await.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        let rows = shown.lines("bird/rows").await;
        let kept = rows.iter().filter(|it| it["state"] == "present" && it["appended"] == false);
        assert_eq!(kept.clone().count(), 34);
        assert!(kept.into_iter().all(|it| read.contains(&it["id"].as_str().unwrap().to_owned())));
        assert_eq!(rows.len(), 46);
    }

    #[tokio::test]
    async fn a_number_that_is_not_featured_is_among_the_identifiers() {
        let shown = Shown::new();
        let contacts = contacts(&shown, 100).await;
        let is_number = |it: &Value| it["key"] == "phonenumber";
        let has_number = |it: &Value| it["featuredIdentifiers"].as_array().unwrap().iter().any(is_number);
        let hidden: Vec<&Value> = contacts.iter().filter(|it| !has_number(it)).collect();
        assert_eq!(hidden.len(), 13);
        let path = format!("{CONTACTS}/{}/identifiers", hidden[0]["id"].as_str().unwrap());
        let identifiers = get(&shown, &path).await.body["results"].clone();
        let identifiers = identifiers.as_array().unwrap();
        assert_eq!(hidden[0]["identifierCount"], identifiers.len());
        assert!(identifiers.iter().find(|it| is_number(it)).unwrap()["value"].as_str().unwrap().starts_with("+"));
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused() {
        let shown = Shown::new();
        for (path, status) in [
            (format!("{CONTACTS}?limit=101"), 422),
            (format!("{CONTACTS}?pageToken=x"), 422),
            (format!("{CONTACTS}/none/identifiers"), 404),
            ("/workspaces/none/contacts".to_owned(), 404),
        ] {
            assert_eq!(get(&shown, &path).await.status, status, "{path}");
        }
        assert_eq!(shown.send("GET", CONTACTS, &[], "").await.status, 401);
    }
}
