//! What must be in order before messages are sent: the number, the account and the token.
//!
//! Meta adds words and members, so words are kept as they came, and what is missing or odd is none.

use http::{CallError, Parameters, Request, path_segment};
use jiff::Timestamp;
use model::{MAX_STATUS, cleaned};
use serde_json::Value;

use super::sending::Sending;

/// The longest explanation that is kept, in characters.
const MAX_REASON: usize = 500;
const NUMBER_FIELDS: &str = "id,status,name_status,quality_rating,throughput,platform_type,account_mode,\
    whatsapp_business_manager_messaging_limit,health_status";
const ACCOUNT_FIELDS: &str = "id,name,account_review_status,business_verification_status,\
    marketing_messages_onboarding_status,marketing_messages_lite_api_status,disable_marketing_messages_on_cloud_api,\
    health_status";

/// A number that sends, as the platform has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendingNumber {
    /// Only a `CONNECTED` number can send.
    pub status: Option<String>,
    /// `APPROVED` or `AVAILABLE_WITHOUT_REVIEW` if the name is in order.
    pub name_status: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN` or `NA`.
    pub quality_rating: Option<String>,
    /// `STANDARD` for 80 messages a second, `HIGH` for 1,000.
    pub throughput: Option<String>,
    /// `SANDBOX` for a number that reaches only people on its list.
    pub account_mode: Option<String>,
    /// People a day who may be written to first, of the whole portfolio.
    pub people_a_day: Option<PeopleLimit>,
    pub health: Vec<Health>,
}

/// How many people may be written to first in 24 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeopleLimit {
    Most(u32),
    Unlimited,
    /// A tier that we do not know.
    Other(String),
}

/// An account, as the platform has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendingAccount {
    pub review: Option<String>,
    pub business_verification: Option<String>,
    /// Whether marketing goes to `marketing_messages`: `ONBOARDED` if it does.
    pub marketing_onboarding: Option<String>,
    /// Whether `messages` refuses marketing, with code 131063.
    pub refuses_marketing_on_messages: Option<bool>,
    pub health: Vec<Health>,
}

/// Whether a part of what is needed lets messages be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `PHONE_NUMBER`, `WABA`, `BUSINESS`, `APP` or `MESSAGE_TEMPLATE`.
    pub entity: String,
    /// `AVAILABLE`, `LIMITED` or `BLOCKED`.
    pub can_send: String,
    pub errors: Vec<HealthError>,
    /// What is told beside errors, such as that a name is not approved yet.
    pub notes: Vec<String>,
}

/// Why messages cannot be sent, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthError {
    pub code: Option<i64>,
    pub description: String,
    pub solution: String,
}

/// The code with which an account without a valid way to pay is blocked. Source: Meta, Health status.
const PAYMENT_CODES: [i64; 2] = [141_006, 131_042];

/// What is known of an access token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenState {
    pub is_valid: Option<bool>,
    /// None if it does not expire, or if nothing is said of it.
    pub expires_at: Option<Timestamp>,
    /// When access to data ends although the token does not.
    pub data_access_expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
}

impl SendingAccount {
    /// Whether the account is blocked or limited because it cannot pay.
    pub fn lacks_payment(&self) -> bool {
        let mut errors = self.health.iter().flat_map(|it| &it.errors);
        errors.any(|it| it.code.is_some_and(|it| PAYMENT_CODES.contains(&it)))
    }
}

impl Sending {
    /// Asks about a number that sends.
    pub async fn number(&self, number: &str) -> Result<SendingNumber, CallError> {
        self.read(&path_segment(number), NUMBER_FIELDS, read_number).await
    }

    /// Asks about an account.
    pub async fn account(&self, account: &str) -> Result<SendingAccount, CallError> {
        self.read(&path_segment(account), ACCOUNT_FIELDS, read_account).await
    }

    /// Asks about the token itself; none if there is no bearer token, as with a partner of Meta.
    pub async fn token(&self) -> Result<Option<TokenState>, CallError> {
        let Some(token) = &self.token else { return Ok(None) };
        let query = [("input_token", token.0.as_str())];
        let request = Request { path: "debug_token", parameters: Parameters::Query(&query), units: 0 };
        self.reads.0.send_retrying(request, |body| read_token(&object(body)?)).await.map(Some)
    }

    async fn read<T>(&self, path: &str, fields: &str, read: fn(&Value) -> T) -> Result<T, CallError> {
        let query = [("fields", fields)];
        let request = Request { path, parameters: Parameters::Query(&query), units: 0 };
        self.reads.0.send_retrying(request, |body| object(body).map(|it| read(&it))).await
    }
}

fn object(body: &[u8]) -> Result<Value, CallError> {
    serde_json::from_slice(body).ok().filter(Value::is_object).ok_or(CallError::Malformed)
}

fn read_number(value: &Value) -> SendingNumber {
    SendingNumber {
        status: word(value, "/status"),
        name_status: word(value, "/name_status"),
        quality_rating: word(value, "/quality_rating"),
        throughput: word(value, "/throughput/level"),
        account_mode: word(value, "/account_mode"),
        people_a_day: word(value, "/whatsapp_business_manager_messaging_limit").map(|it| people_limit(&it)),
        health: health(value),
    }
}

fn read_account(value: &Value) -> SendingAccount {
    let onboarding = word(value, "/marketing_messages_onboarding_status");
    SendingAccount {
        review: word(value, "/account_review_status"),
        business_verification: word(value, "/business_verification_status"),
        // Its name until 2026.
        marketing_onboarding: onboarding.or_else(|| word(value, "/marketing_messages_lite_api_status")),
        refuses_marketing_on_messages: value.get("disable_marketing_messages_on_cloud_api").and_then(Value::as_bool),
        health: health(value),
    }
}

fn read_token(value: &Value) -> Result<TokenState, CallError> {
    let data = value.get("data").filter(|it| it.is_object()).ok_or(CallError::Malformed)?;
    // 0 means never.
    let at = |key: &str| data.get(key)?.as_i64().filter(|it| *it > 0).and_then(|it| Timestamp::from_second(it).ok());
    let scopes = data.get("scopes").and_then(Value::as_array).into_iter().flatten();
    Ok(TokenState {
        is_valid: data.get("is_valid").and_then(Value::as_bool),
        expires_at: at("expires_at"),
        data_access_expires_at: at("data_access_expires_at"),
        scopes: scopes.filter_map(Value::as_str).map(|it| cleaned(it, MAX_STATUS)).collect(),
    })
}

/// Reads a tier such as `TIER_2K`.
fn people_limit(tier: &str) -> PeopleLimit {
    let other = || PeopleLimit::Other(tier.to_owned());
    let Some(most) = tier.strip_prefix("TIER_") else { return other() };
    let people = match most.strip_suffix('K') {
        Some(thousands) => thousands.parse::<u32>().ok().and_then(|it| it.checked_mul(1000)),
        None if most == "UNLIMITED" => return PeopleLimit::Unlimited,
        None => most.parse().ok(),
    };
    people.map_or_else(other, PeopleLimit::Most)
}

fn health(value: &Value) -> Vec<Health> {
    let entities = value.pointer("/health_status/entities").and_then(Value::as_array).into_iter().flatten();
    entities
        .map(|it| Health {
            entity: word(it, "/entity_type").unwrap_or_default(),
            can_send: word(it, "/can_send_message").unwrap_or_default(),
            errors: list(it, "errors").map(health_error).collect(),
            notes: list(it, "additional_info").filter_map(Value::as_str).map(|it| cleaned(it, MAX_REASON)).collect(),
        })
        .collect()
}

fn health_error(value: &Value) -> HealthError {
    let text = |key: &str| cleaned(value.get(key).and_then(Value::as_str).unwrap_or_default(), MAX_REASON);
    HealthError {
        code: value.get("error_code").and_then(Value::as_i64),
        description: text("error_description"),
        solution: text("possible_solution"),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn word(value: &Value, place: &str) -> Option<String> {
    let word = value.pointer(place)?.as_str()?;
    (!word.is_empty()).then(|| cleaned(word, MAX_STATUS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A health status as Meta's page on it shows one.
    const BLOCKED: &str = r#""health_status":{"can_send_message":"BLOCKED","entities":[
        {"entity_type":"PHONE_NUMBER","id":"1","can_send_message":"LIMITED","additional_info":["The name is not approved."]},
        {"entity_type":"WABA","id":"2","can_send_message":"BLOCKED","errors":[{"error_code":141006,
        "error_description":"There is an error with the payment method.","possible_solution":"Add one."}]}]}"#;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_number_says_whether_and_how_much_it_may_send() {
        let number = read_number(&value(
            r#"{"id":"1","status":"CONNECTED","name_status":"APPROVED","quality_rating":"GREEN",
                "throughput":{"level":"STANDARD"},"account_mode":"LIVE",
                "whatsapp_business_manager_messaging_limit":"TIER_2K"}"#,
        ));
        let expected = SendingNumber {
            status: some("CONNECTED"),
            name_status: some("APPROVED"),
            quality_rating: some("GREEN"),
            throughput: some("STANDARD"),
            account_mode: some("LIVE"),
            people_a_day: Some(PeopleLimit::Most(2000)),
            health: Vec::new(),
        };
        assert_eq!(number, expected);
    }

    #[test]
    fn a_tier_is_a_number_of_people_and_a_new_one_is_kept() {
        let limit = |tier: &str| people_limit(tier);
        assert_eq!((limit("TIER_250"), limit("TIER_100K")), (PeopleLimit::Most(250), PeopleLimit::Most(100_000)));
        assert_eq!(limit("TIER_UNLIMITED"), PeopleLimit::Unlimited);
        for tier in ["TIER_NOT_SET", "2000", "TIER_", "TIER_9999999999K", "TIER_9999999K"] {
            assert_eq!(limit(tier), PeopleLimit::Other(tier.to_owned()));
        }
    }

    #[test]
    fn an_account_that_cannot_pay_says_so_in_its_health() {
        let account = read_account(&value(&format!(
            r#"{{"account_review_status":"APPROVED","marketing_messages_onboarding_status":"ONBOARDED",
                "disable_marketing_messages_on_cloud_api":true,{BLOCKED}}}"#
        )));
        assert_eq!((&account.review, &account.marketing_onboarding), (&some("APPROVED"), &some("ONBOARDED")));
        assert_eq!((account.lacks_payment(), account.refuses_marketing_on_messages), (true, Some(true)));
        assert_eq!(account.health[0].notes, ["The name is not approved."]);
        assert_eq!((account.health[1].can_send.as_str(), account.health[1].errors[0].code), ("BLOCKED", Some(141_006)));
        assert!(!read_account(&value("{}")).lacks_payment());
        let old = read_account(&value(r#"{"marketing_messages_lite_api_status":"ELIGIBLE"}"#));
        assert_eq!(old.marketing_onboarding, some("ELIGIBLE"));
    }

    #[test]
    fn new_words_are_kept_and_odd_members_are_none() {
        let number =
            read_number(&value(r#"{"status":"ASLEEP","name_status":7,"throughput":"HIGH","quality_rating":null}"#));
        assert_eq!(number, SendingNumber { status: some("ASLEEP"), ..SendingNumber::default() });
        let account =
            read_account(&value(r#"{"account_review_status":[],"health_status":{"entities":[7,{"errors":{}}]}}"#));
        assert_eq!((account.review, account.health.len(), account.health[1].errors.len()), (None, 2, 0));
    }

    #[test]
    fn a_token_says_how_long_it_lives() {
        let token = |text: &str| read_token(&value(text)).unwrap();
        let good = token(
            r#"{"data":{"is_valid":true,"expires_at":1793527200,"data_access_expires_at":0,
                "scopes":["whatsapp_business_messaging",7]}}"#,
        );
        let expected = TokenState {
            is_valid: Some(true),
            expires_at: Some("2026-11-01T10:00:00Z".parse().unwrap()),
            data_access_expires_at: None,
            scopes: vec!["whatsapp_business_messaging".into()],
        };
        assert_eq!(good, expected);
        assert_eq!(token(r#"{"data":{}}"#), TokenState::default());
        assert!(read_token(&value(r#"{"scopes":[]}"#)).is_err());
    }
}
