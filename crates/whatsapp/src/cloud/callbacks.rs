//! Where Meta sends webhooks: the address of an app, and the addresses that stand in for it for an account or a number.
//!
//! For messages and calls the address of the number counts, or else that of the account, or else that of the app. Events of
//! templates and of the account always go to the address of the app. Source: Meta, Webhook overrides, 2026-06-28.

use http::{CallError, Parameters, Request, path_segment};
use model::{MAX_WA_ID, cleaned};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::templates::{read_outcome, with_unknown};
use crate::{Client, PostOutcome};

/// The most characters of an address that Meta takes in place of that of an app.
pub const MOST_CALLBACK_CHARS: usize = 200;
/// Numbers per page of a listing.
const PAGE: &str = "100";
/// Pages of a listing.
const MOST_PAGES: usize = 20;
const FIELDS: &str = "id,webhook_configuration";
/// The most characters of an address or a name that are kept.
const MAX_TEXT: usize = 2000;

/// An app that gets the webhooks of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribedApp {
    pub id: String,
    pub name: String,
    /// The address that stands in for that of the app, for this account.
    pub callback: Option<String>,
}

/// The addresses to which Meta sends what happens to a number. They are those of the app of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberCallbacks {
    /// The id of the number.
    pub id: String,
    pub of_number: Option<String>,
    pub of_account: Option<String>,
    pub of_app: Option<String>,
}

impl NumberCallbacks {
    /// The address that gets the messages of the number; none if nothing gets them.
    pub fn messages_go_to(&self) -> Option<&str> {
        self.of_number.as_deref().or(self.of_account.as_deref()).or(self.of_app.as_deref())
    }
}

impl Client {
    /// The apps that get the webhooks of an account.
    pub async fn subscribed_apps(&self, account: &str) -> Result<Vec<SubscribedApp>, CallError> {
        let path = format!("{}/subscribed_apps", path_segment(account));
        let request = Request { path: &path, parameters: Parameters::Query(&[]), units: 0 };
        let read = |body: &[u8]| serde_json::from_slice::<Apps>(body).map_err(|_| CallError::Malformed);
        let apps = self.0.send_retrying(request, read).await?;
        Ok(apps.data.into_iter().map(App::named).collect())
    }

    /// The addresses of all numbers of an account.
    pub async fn number_callbacks(&self, account: &str) -> Result<Vec<NumberCallbacks>, CallError> {
        let path = format!("{}/phone_numbers", path_segment(account));
        let (mut numbers, mut after) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let mut query = vec![("fields", FIELDS), ("limit", PAGE)];
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let request = Request { path: &path, parameters: Parameters::Query(&query), units: 0 };
            let read = |body: &[u8]| serde_json::from_slice::<Numbers>(body).map_err(|_| CallError::Malformed);
            let page = self.0.send_retrying(request, read).await?;
            numbers.extend(page.data.into_iter().map(Number::callbacks));
            let next = page.paging.pointer("/cursors/after").and_then(Value::as_str).map(str::to_owned);
            match next.filter(|it| page.paging.get("next").is_some() && *it != after) {
                Some(next) => after = next,
                None => return Ok(numbers),
            }
        }
        Err(CallError::Malformed)
    }

    /// Lets an address stand in for that of the app, for an account. Meta calls it with the token before it takes it.
    pub async fn set_account_callback(
        &self,
        account: &str,
        url: &str,
        verify_token: &str,
    ) -> Result<PostOutcome<()>, CallError> {
        let path = format!("{}/subscribed_apps", path_segment(account));
        self.set(&path, &json!({ "override_callback_uri": url, "verify_token": verify_token })).await
    }

    /// The same for a number.
    pub async fn set_number_callback(
        &self,
        number: &str,
        url: &str,
        verify_token: &str,
    ) -> Result<PostOutcome<()>, CallError> {
        let configuration = json!({ "override_callback_uri": url, "verify_token": verify_token });
        self.set(&path_segment(number), &json!({ "webhook_configuration": configuration })).await
    }

    async fn set(&self, path: &str, body: &Value) -> Result<PostOutcome<()>, CallError> {
        Ok(match with_unknown(self.0.post_once(path, body, read_outcome::<Value>).await)? {
            PostOutcome::Accepted(_) => PostOutcome::Accepted(()),
            PostOutcome::Refused { code, subcode, message } => PostOutcome::Refused { code, subcode, message },
            PostOutcome::Unknown => PostOutcome::Unknown,
        })
    }
}

#[derive(Deserialize)]
struct Apps {
    data: Vec<App>,
}

#[derive(Deserialize)]
struct App {
    whatsapp_business_api_data: AppData,
    #[serde(default, deserialize_with = "address")]
    override_callback_uri: Option<String>,
}

#[derive(Deserialize)]
struct AppData {
    id: String,
    #[serde(default)]
    name: String,
}

impl App {
    fn named(self) -> SubscribedApp {
        let AppData { id, name } = self.whatsapp_business_api_data;
        let (id, name) = (cleaned(&id, MAX_WA_ID), cleaned(&name, MAX_TEXT));
        SubscribedApp { id, name, callback: self.override_callback_uri }
    }
}

#[derive(Deserialize)]
struct Numbers {
    data: Vec<Number>,
    #[serde(default)]
    paging: Value,
}

#[derive(Deserialize)]
struct Number {
    id: String,
    #[serde(default)]
    webhook_configuration: Configuration,
}

#[derive(Default, Deserialize)]
struct Configuration {
    #[serde(default, deserialize_with = "address")]
    phone_number: Option<String>,
    #[serde(default, deserialize_with = "address")]
    whatsapp_business_account: Option<String>,
    #[serde(default, deserialize_with = "address")]
    application: Option<String>,
}

impl Number {
    fn callbacks(self) -> NumberCallbacks {
        let Configuration { phone_number, whatsapp_business_account, application } = self.webhook_configuration;
        NumberCallbacks {
            id: cleaned(&self.id, MAX_WA_ID),
            of_number: phone_number,
            of_account: whatsapp_business_account,
            of_app: application,
        }
    }
}

/// An address; none if it is empty or no text.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_str().map(|it| cleaned(it, MAX_TEXT)).filter(|it| !it.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_the_address_of_the_number_or_the_account_or_the_app() {
        let page = r#"{"data":[
            {"id":"1","webhook_configuration":{"phone_number":"https://n","whatsapp_business_account":"https://w","application":"https://a"}},
            {"id":"2","webhook_configuration":{"phone_number":"","whatsapp_business_account":"https://w","application":"https://a"}},
            {"id":"3","webhook_configuration":{"application":"https://a"}},
            {"id":"4"}]}"#;
        let numbers: Numbers = serde_json::from_str(page).unwrap();
        let go_to: Vec<String> =
            numbers.data.into_iter().map(|it| it.callbacks().messages_go_to().unwrap_or("nobody").to_owned()).collect();
        assert_eq!(go_to, ["https://n", "https://w", "https://a", "nobody"]);
    }

    #[test]
    fn an_app_is_read_with_and_without_an_address_of_the_account() {
        let body = r#"{"data":[{"whatsapp_business_api_data":{"link":"x","name":"Shop","id":"67"},"override_callback_uri":"https://w"},
            {"whatsapp_business_api_data":{"id":"68"}}]}"#;
        let apps: Apps = serde_json::from_str(body).unwrap();
        let apps: Vec<SubscribedApp> = apps.data.into_iter().map(App::named).collect();
        let app = |id: &str, name: &str, callback: Option<&str>| SubscribedApp {
            id: id.to_owned(),
            name: name.to_owned(),
            callback: callback.map(str::to_owned),
        };
        assert_eq!(apps, [app("67", "Shop", Some("https://w")), app("68", "", None)]);
    }
}
