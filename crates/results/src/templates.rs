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
    pub category: &'a str,
    /// Why it was refused.
    pub reason: Option<&'a str>,
    /// The id of the scenario that it is part of.
    pub scenario: &'a str,
    /// The id that WhatsApp gave it.
    pub id: Option<&'a str>,
    pub changed_at: String,
}

/// The result of `ferry template sync`.
#[derive(Serialize, JsonSchema)]
pub struct SyncResult {
    /// A sentence for each template whose status or category changed.
    pub changed: Vec<String>,
}
