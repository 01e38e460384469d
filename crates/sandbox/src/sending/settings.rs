//! The settings of the sending side: one JSON object, of which everything can be left out.

mod check;
mod faults;
mod people;

pub use check::SettingsError;
pub use faults::{Chosen, FaultSettings, SendFault};
pub use people::{Answer, AnswerSettings, Failure, PeopleSettings, StatusProfile, StatusSettings};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sending::tier::Tier;

/// All settings of the sending side. `ferry sandbox --sending FILE` reads them, and `POST /sandbox/sending` replaces them
/// while the sandbox runs: what people did and what counts against limits stays.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendingSettings {
    /// Portfolios by their id. One that an account names and that is not here has the settings by default.
    pub portfolios: BTreeMap<String, PortfolioSettings>,
    /// WhatsApp Business Accounts by their id.
    pub accounts: BTreeMap<String, AccountSettings>,
    /// Numbers of the business by their id.
    pub numbers: BTreeMap<String, NumberSettings>,
    pub token: TokenSettings,
    pub limits: LimitSettings,
    pub pacing: PacingSettings,
    pub people: PeopleSettings,
    pub statuses: StatusSettings,
    /// What people do when they have got a message. The first that occurs is done.
    pub answers: Vec<AnswerSettings>,
    /// What goes wrong with requests. The first that occurs is done.
    pub faults: Vec<FaultSettings>,
    /// Where webhooks go. Without it events happen, and no webhook tells of them.
    pub webhooks: Option<WebhookSettings>,
}

/// The portfolio of accounts that name none.
pub(super) const PORTFOLIO: &str = "600000000000001";

impl Default for SendingSettings {
    /// One number, +33 1 99 00 99 99, of one account, both as the webhooks of the sandbox have them.
    fn default() -> Self {
        let number = NumberSettings { account: "400000000000033".to_owned(), ..NumberSettings::default() };
        Self {
            portfolios: BTreeMap::new(),
            accounts: BTreeMap::from([(number.account.clone(), AccountSettings::default())]),
            numbers: BTreeMap::from([("500000000000301".to_owned(), number)]),
            token: TokenSettings::default(),
            limits: LimitSettings::default(),
            pacing: PacingSettings::default(),
            people: PeopleSettings::default(),
            statuses: StatusSettings::default(),
            answers: Vec::new(),
            faults: Vec::new(),
            webhooks: None,
        }
    }
}

/// A business portfolio.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct PortfolioSettings {
    pub tier: Tier,
    /// People a day in place of those of the tier, for small tests.
    pub people_a_day: Option<u32>,
}

/// A WhatsApp Business Account.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    pub name: String,
    pub portfolio: String,
    pub account_review_status: String,
    /// `ONBOARDED` if the account can send by `/marketing_messages`.
    pub marketing_messages_onboarding_status: String,
    /// Whether `/messages` refuses marketing: `disable_marketing_messages_on_cloud_api`.
    pub disable_marketing_on_messages: bool,
    /// Without a way to pay templates are refused with 131042.
    pub has_payment: bool,
    /// A locked account is refused with 131031.
    pub is_locked: bool,
    /// In place of what follows from the rest.
    pub health_status: Option<Value>,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            name: "Sandbox".to_owned(),
            portfolio: PORTFOLIO.to_owned(),
            account_review_status: "APPROVED".to_owned(),
            marketing_messages_onboarding_status: "ONBOARDED".to_owned(),
            disable_marketing_on_messages: false,
            has_payment: true,
            is_locked: false,
            health_status: None,
        }
    }
}

/// A number of the business.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberSettings {
    /// The account that it belongs to.
    pub account: String,
    pub display_phone_number: String,
    pub verified_name: String,
    /// Only `CONNECTED` can send.
    pub status: String,
    pub name_status: String,
    pub quality_rating: String,
    pub code_verification_status: String,
    /// Messages in any second: 80, 1,000 after an upgrade, 20 for a number that is used in the app too.
    pub messages_a_second: u32,
    /// In place of what follows from the rest.
    pub health_status: Option<Value>,
}

impl Default for NumberSettings {
    fn default() -> Self {
        Self {
            account: String::new(),
            display_phone_number: "+33 1 99 00 99 99".to_owned(),
            verified_name: "Sandbox".to_owned(),
            status: "CONNECTED".to_owned(),
            name_status: "APPROVED".to_owned(),
            quality_rating: "GREEN".to_owned(),
            code_verification_status: "VERIFIED".to_owned(),
            messages_a_second: 80,
            health_status: None,
        }
    }
}

impl NumberSettings {
    /// The digits of the number.
    pub(super) fn digits(&self) -> String {
        self.display_phone_number.chars().filter(char::is_ascii_digit).collect()
    }
}

/// What is known of the token. `--token-env` has its text.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSettings {
    pub is_valid: bool,
    /// None if the token does not expire.
    pub expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
    pub app_id: String,
    pub application: String,
}

impl Default for TokenSettings {
    fn default() -> Self {
        let scopes = ["whatsapp_business_management", "whatsapp_business_messaging"];
        Self {
            is_valid: true,
            expires_at: None,
            scopes: scopes.map(str::to_owned).to_vec(),
            app_id: "700000000000001".to_owned(),
            application: "Sandbox".to_owned(),
        }
    }
}

/// Whether a refusal comes at once or later.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    Answer,
    Status,
}

/// The limits of the platform that are not of one number or portfolio.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Seconds between messages of a number to one person. 0 lifts the limit.
    pub pair_seconds: f64,
    /// Messages to one person in such a time, if the following times stay empty.
    pub pair_burst: u32,
    /// Whether messages of people count against the number's messages a second, as Meta says that they do. Off by default:
    /// a sender cannot know of them beforehand.
    pub number_counts_inbound: bool,
    /// The code of the status that tells of people over the limit of the portfolio. Meta documents none.
    pub portfolio_over_code: u32,
    /// Marketing messages that a person gets, of all numbers of the sandbox. Meta publishes no number.
    pub marketing_cap: Option<Cap>,
    /// How 131047 is told, which Meta documents both ways.
    pub closed_window_by: ToldBy,
    /// Seconds for which `/marketing_messages` does not know a template that is new or has slept for a week.
    pub marketing_sync_seconds: i64,
    /// Whether the limit of a portfolio grows by itself.
    pub auto_scale: bool,
    /// Hours until it has grown.
    pub auto_scale_hours: i64,
    /// Numbers that can be sent to, as with a test number of Meta. Others are refused with 131030.
    pub allowed: Option<Vec<String>>,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            pair_seconds: 6.0,
            pair_burst: 45,
            number_counts_inbound: false,
            portfolio_over_code: 131_048,
            marketing_cap: None,
            closed_window_by: ToldBy::Status,
            marketing_sync_seconds: 600,
            auto_scale: true,
            auto_scale_hours: 6,
            allowed: None,
        }
    }
}

/// The most marketing messages of a person.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    pub most: u32,
    pub hours: i64,
    /// Whether it also counts for people in countries where Meta has no such limit.
    #[serde(default)]
    pub everywhere: bool,
}

/// When messages are held until somebody has judged the first of them. None by default.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PacingSettings {
    /// Of each template that is not of quality `GREEN`.
    pub template: Option<Pace>,
    /// Of all templates of a portfolio.
    pub portfolio: Option<Pace>,
}

/// The first messages go, and the others are held.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    pub first: u32,
    /// Seconds from the first message that is held to the judgement.
    pub seconds: f64,
    pub verdict: Verdict,
}

/// The judgement of what was held.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Released,
    /// All fail with 132015. The template is paused; a portfolio can send no templates any more.
    Failed,
}

/// Where webhooks go, and how.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// An address on this machine, such as `http://127.0.0.1:8443/webhooks/meta`.
    pub to: String,
    /// Connections. 1 by default if the clock is frozen, so that webhooks come in their order; 64 if it runs.
    #[serde(default)]
    pub connections: Option<usize>,
    /// The most events in a body; Meta sends up to 1,000.
    #[serde(default = "one")]
    pub events_in_a_body: usize,
    /// The longest time that an answer is waited for.
    #[serde(default = "twenty")]
    pub answer_seconds: f64,
    /// How long a webhook is sent again that is not answered with 200. Meta does so for 7 days.
    #[serde(default = "sixty")]
    pub retry_seconds: f64,
}

fn one() -> usize {
    1
}

fn twenty() -> f64 {
    20.0
}

fn sixty() -> f64 {
    60.0
}
