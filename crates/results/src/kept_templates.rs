//! Templates that the database keeps: how they look, what differs, and what they cost.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The result of `ferry template show`.
#[derive(Serialize, JsonSchema)]
pub struct TemplateShowResult {
    pub templates: Vec<ShownTemplate>,
}

/// A template of the database or of a file.
#[derive(Serialize, JsonSchema)]
pub struct ShownTemplate {
    /// The name that the translation gave it. The template itself can have another.
    pub name: String,
    pub language: String,
    pub category: String,
    /// The file, if it is of a file.
    pub file: Option<String>,
    /// What the database says of it; none if it is of a file.
    pub kept: Option<KeptState>,
    /// The template in the JSON of WhatsApp; none if its text is not a template.
    pub template: Option<Value>,
    /// The same with the example values in place of the variables.
    pub with_examples: Option<Value>,
    /// A later text of the source, which is not submitted: a person has to take it first.
    pub proposed: Option<Value>,
}

/// What the database says of a template.
#[derive(Serialize, JsonSchema)]
pub struct KeptState {
    pub scenario: String,
    pub version: TemplateVersionEntry,
    /// The number of the proposed version.
    pub proposed_version: Option<u32>,
    /// `approved`, `rejected` or `undecided`.
    pub decision: &'static str,
    pub decided_by: Option<String>,
    pub decided_at: Option<String>,
    pub comment: String,
    /// Whether its source no longer has it.
    pub is_missing: bool,
    /// How the text relates to the one that was submitted: `not_submitted`, `same`, `differs`, `gone`, `unknown` or
    /// `unreadable`.
    pub submitted: &'static str,
    /// The status at WhatsApp.
    pub status: Option<String>,
    /// The category that WhatsApp has given it.
    pub whatsapp_category: Option<String>,
}

/// A version of a template.
#[derive(Serialize, JsonSchema)]
pub struct TemplateVersionEntry {
    /// From 1.
    pub version: u32,
    /// `source` for a translation, `edit` for a text of a person.
    pub origin: &'static str,
    /// The person, or the version of Ferry.
    pub made_by: String,
    pub made_at: String,
    /// The run that made it; empty for an edit.
    pub run_id: String,
}

/// The result of `ferry template diff`.
#[derive(Serialize, JsonSchema)]
pub struct TemplateDiffResult {
    /// `submitted` if the kept text is compared with the submitted one, `versions` if versions are compared.
    pub compared: &'static str,
    pub templates: Vec<TemplateDiffEntry>,
    /// How many of them differ.
    pub n_different: u64,
}

/// A template and what differs.
#[derive(Serialize, JsonSchema)]
pub struct TemplateDiffEntry {
    pub name: String,
    pub language: String,
    /// `same`, `differs`, `not_submitted`, `gone` (no longer in the account), `unknown`, `unreadable`, or `not_kept`
    /// (submitted, and not in the database).
    pub result: &'static str,
    /// The version before, if versions are compared.
    pub from: Option<TemplateVersionEntry>,
    /// The version after, or the one that would be submitted.
    pub to: Option<TemplateVersionEntry>,
    /// The parts that differ.
    pub parts: Vec<PartDiffEntry>,
}

/// A part of a template that differs.
#[derive(Serialize, JsonSchema)]
pub struct PartDiffEntry {
    /// Such as `body` or `button 2`.
    pub part: String,
    pub before: String,
    pub after: String,
    pub words: Vec<DiffWordsEntry>,
}

/// Words of both texts or of one.
#[derive(Serialize, JsonSchema)]
pub struct DiffWordsEntry {
    /// `same`, `added` or `removed`.
    pub change: &'static str,
    pub text: String,
}

/// The result of `ferry template costs`.
#[derive(Serialize, JsonSchema)]
pub struct TemplateCostsResult {
    /// The day whose rates are used.
    pub on: String,
    /// `consented`, or `invited` if those who can be invited are counted too.
    pub people: &'static str,
    /// The rate card; none without one, and then there are no amounts.
    pub rate_card: Option<RateCardEntry>,
    pub countries: Vec<CountryCostsEntry>,
    pub totals: Vec<CategoryTotalEntry>,
    pub templates: Vec<CategoryTemplatesEntry>,
    /// What the amounts assume.
    pub assumptions: Vec<String>,
}

/// A rate card.
#[derive(Serialize, JsonSchema)]
pub struct RateCardEntry {
    pub path: String,
    pub currency: String,
    /// Markets of the card that no country is counted to.
    pub unknown_markets: Vec<String>,
}

/// The people of a country, and the cost of one message to each of those who are counted.
#[derive(Serialize, JsonSchema)]
pub struct CountryCostsEntry {
    /// The two-letter code; none for people whose country is not known.
    pub country: Option<String>,
    /// People who have consented to WhatsApp.
    pub consented: u64,
    /// People who can be invited.
    pub invitable: u64,
    /// How many of them are counted.
    pub people: u64,
    pub costs: Vec<CostEntry>,
}

/// The cost of one message of a category to each person of a country.
#[derive(Serialize, JsonSchema)]
pub struct CostEntry {
    /// `marketing`, `utility` or `authentication`.
    pub category: &'static str,
    /// The market of the card.
    pub market: Option<String>,
    /// The price of a message in millionths of the currency; none if there is no rate.
    pub rate_micros: Option<u128>,
    /// The first day of the rate.
    pub since: Option<String>,
    /// The price of all messages in millionths of the currency.
    pub amount_micros: Option<u128>,
}

/// The cost of one message of a category to everyone who is counted.
#[derive(Serialize, JsonSchema)]
pub struct CategoryTotalEntry {
    pub category: &'static str,
    /// Of the people with a rate, in millionths of the currency; none without a rate card.
    pub amount_micros: Option<u128>,
    pub people_with_rate: u64,
    pub people_without_rate: u64,
}

/// How many templates there are of a category and a language.
#[derive(Serialize, JsonSchema)]
pub struct CategoryTemplatesEntry {
    pub category: String,
    pub language: String,
    pub templates: u64,
    /// Those among them that WhatsApp has put into the category.
    pub of_whatsapp: u64,
}
