use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry profiles`.
#[derive(Serialize, JsonSchema)]
pub struct ProfilesResult<'a> {
    /// The export formats that Ferry knows.
    pub profiles: Vec<ProfileEntry<'a>>,
}

/// An export format.
#[derive(Serialize, JsonSchema)]
pub struct ProfileEntry<'a> {
    /// The name in a plan.
    pub name: &'a str,
    pub title: &'a str,
    /// The page that documents the format.
    pub documented: &'a str,
}

/// The result of `ferry profiles NAME`.
#[derive(Serialize, JsonSchema)]
pub struct ProfileText<'a> {
    pub name: &'a str,
    /// The file of the profile, in TOML.
    pub text: &'a str,
}

/// The result of `ferry profiles`, with a name or without.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ProfilesOrOne<'a> {
    All(ProfilesResult<'a>),
    One(ProfileText<'a>),
}

/// The result of `ferry scenario graph`.
#[derive(Serialize, JsonSchema)]
pub struct GraphResult<'a> {
    /// The id of the scenario.
    pub scenario: &'a str,
    /// The picture, in Mermaid or SVG.
    pub graph: &'a str,
}

/// The result of `ferry scenario export`.
#[derive(Serialize, JsonSchema)]
pub struct PlatformExport<'a> {
    /// The platform, such as `rapidpro`.
    pub platform: &'a str,
    /// The file that was written; none is written without a flow.
    pub file: &'a str,
    pub flows: Vec<PlatformFlow<'a>>,
    /// Fields of contacts that the business fills before a flow starts.
    pub fields: Vec<PlatformField<'a>>,
    /// The names of the templates that the flows send.
    pub templates: &'a [String],
    /// Scenarios that could not be compiled, because of errors.
    pub not_exported: &'a [String],
}

/// A scenario as a flow of a bot platform.
#[derive(Serialize, JsonSchema)]
pub struct PlatformFlow<'a> {
    /// The id of the scenario.
    pub scenario: &'a str,
    pub language: &'a str,
    /// The name of the flow on the platform.
    pub name: &'a str,
    /// How many steps its WhatsApp side has.
    pub steps: u64,
    /// How many nodes the flow has.
    pub nodes: u64,
    /// What the format of the platform cannot express.
    pub losses: Vec<PlatformLoss<'a>>,
}

/// Something that an export leaves out.
#[derive(Serialize, JsonSchema)]
pub struct PlatformLoss<'a> {
    /// The code, such as L201.
    pub code: &'a str,
    pub name: &'a str,
    pub about: &'a str,
    /// The id of the step; empty if it is the whole scenario.
    pub step: &'a str,
    pub message: &'a str,
}

/// A field of a contact.
#[derive(Serialize, JsonSchema)]
pub struct PlatformField<'a> {
    /// The key on the platform.
    pub key: &'a str,
    /// The slot of the scenarios.
    pub slot: &'a str,
}

/// The result of `ferry template rules`.
#[derive(Serialize, JsonSchema)]
pub struct RulesResult<'a> {
    pub rules: Vec<RuleEntry<'a>>,
}

/// A rule for templates, messages or scenarios.
#[derive(Serialize, JsonSchema)]
pub struct RuleEntry<'a> {
    /// The code, such as T302.
    pub code: &'a str,
    pub name: &'a str,
    /// `error`, `loss`, `warning` or `note`.
    pub severity: &'a str,
    pub about: &'a str,
    /// Where WhatsApp says so.
    pub source: &'a str,
}

/// The result of `ferry template status`.
#[derive(Serialize, JsonSchema)]
pub struct TemplateStatusResult<'a> {
    /// Every submitted template.
    pub templates: Vec<TemplateStatus<'a>>,
}

/// A submitted template, as WhatsApp last reported it.
#[derive(Serialize, JsonSchema)]
pub struct TemplateStatus<'a> {
    pub name: &'a str,
    pub language: &'a str,
    pub status: &'a str,
    /// When it was first seen in this status.
    pub status_since: Option<Timestamp>,
    pub category: &'a str,
    /// The category before this one; null if it never changed.
    pub previous_category: Option<&'a str>,
    /// The category that WhatsApp is going to give it; null if none is announced.
    pub announced_category: Option<&'a str>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`; null if WhatsApp has not said it.
    pub quality: Option<&'a str>,
    /// Days until it is disabled at the latest; null unless it is flagged.
    pub days_left: Option<i64>,
    /// Why it was refused.
    pub reason: Option<&'a str>,
    /// What is wrong with it.
    pub alerts: Vec<TemplateAlertEntry>,
    /// Whether what was sent is known, so that it can be compared with what was approved.
    pub is_sent_known: bool,
    /// Where what was approved is not what was sent; null if both were never compared.
    pub differences: Option<Vec<TemplateDifference>>,
    /// The id of the scenario that it is part of.
    pub scenario: &'a str,
    /// The id that WhatsApp gave it.
    pub id: Option<&'a str>,
    pub changed_at: String,
    /// When the account was last listed.
    pub observed_at: Option<Timestamp>,
}

/// Something about a template that somebody should look at.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateAlertEntry {
    pub name: String,
    pub language: String,
    /// `flagged`, `disabled`, `paused`, `rejected`, `quality_dropped`, `category_changed`, `category_will_change`,
    /// `content_differs` or `gone`.
    pub alert: &'static str,
    /// `error` if it cannot be sent now, else `warning`.
    pub severity: &'static str,
    /// What is wrong, in words.
    pub message: String,
    /// What to do about it, in words.
    pub advice: &'static str,
    /// Since when it is flagged, disabled or paused.
    pub since: Option<Timestamp>,
    /// When it is disabled at the latest, when its pause ends, or when its category changes.
    pub until: Option<Timestamp>,
    /// The score or the category before.
    pub from: Option<String>,
    /// The score or the category now, or the one that is announced.
    pub to: Option<String>,
    /// Where what was approved is not what was sent.
    pub differences: Vec<TemplateDifference>,
}

/// A field in which the approved template differs from the one that was sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateDifference {
    /// In words, such as `body text` or `button 2 url`.
    pub field: String,
    pub sent: Option<String>,
    pub approved: Option<String>,
}

/// The result of `ferry template sync`.
#[derive(Serialize, JsonSchema)]
pub struct SyncResult {
    /// When the account was listed.
    pub at: Timestamp,
    /// A sentence for each template whose status, category or score changed.
    pub changed: Vec<String>,
    /// What is new to look at.
    pub alerts: Vec<TemplateAlertEntry>,
    /// Alerts that were told before and still hold. Those that nobody can act on, such as a disabled template, are left out.
    pub standing: Vec<TemplateAlertEntry>,
}

/// What is told of new alerts, or of the end of `ferry template sync` by an error.
#[derive(Serialize, JsonSchema)]
pub struct AlertsNotification {
    /// `template sync`.
    pub command: &'static str,
    /// `alerts`, or the name of the exit code of a command that failed.
    pub status: &'static str,
    /// The exit code: 3 with alerts.
    pub exit: u8,
    pub at: Timestamp,
    pub alerts: Vec<TemplateAlertEntry>,
    /// Why the command failed.
    pub error: Option<String>,
}
