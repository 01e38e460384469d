//! `[[campaign]]`: messages to the people of a segment, in steps.

mod moment;
mod parameter;
mod step;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use model::{CONFIRM_STOP, Segment};
use rates::Money;
use rollout::Window;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use self::moment::{MomentText, Reading};
pub use self::parameter::{ParameterPlace, ParameterSource, ParameterValue};
pub(crate) use self::step::StepSection;
pub use self::step::{PlanStep, StepCondition, StepContent};
use crate::error::nearest;
use crate::sections::sending;
use crate::{Plan, PlanError};

/// The letters of a currency by ISO 4217.
const CURRENCY_LETTERS: usize = 3;

/// A campaign as the plan has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignSection {
    /// The name of the campaign, of the same form as the name of a run. Whoever got a step of it gets that step never again,
    /// so a new campaign has a new name.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    name: Spanned<String>,
    /// The `[[segment]]` of this plan whose people get the messages. Each wave reads it again.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    segment: Spanned<String>,
    /// The last day, such as `2026-12-24`, or a moment, such as `2026-12-24T18:00:00+01:00`. After it no message leaves,
    /// whatever waits.
    #[schemars(with = "String")]
    not_after: Spanned<MomentText>,
    /// The first day or a moment, as in `not_after`. Default: at once.
    #[schemars(with = "Option<String>")]
    not_before: Option<Spanned<MomentText>>,
    /// The most people who get messages of this campaign. Default: all of the segment.
    #[schemars(with = "Option<u64>", range(min = 1))]
    max_people: Option<Spanned<u64>>,
    /// The most that the messages may cost, by the rate card of `[rates]`: an amount and a currency, such as `500 EUR`.
    #[schemars(with = "Option<String>", regex(pattern = r"^\d+(\.\d{1,6})? [A-Z]{3}$"))]
    max_spend: Option<Spanned<String>>,
    /// The hours of the day, instead of those of `[sending]`.
    #[schemars(with = "Option<String>", regex(pattern = r"^(any|\d{2}:\d{2}-\d{2}:\d{2})$"))]
    hours: Option<Spanned<String>>,
    /// A message of the campaign. Repeat the section for each step, in their order: at most 20.
    #[serde(default)]
    #[schemars(length(min = 1, max = 20))]
    step: Vec<StepSection>,
}

/// A campaign, checked, with all defaults.
#[derive(Clone, Debug)]
pub struct PlanCampaign {
    pub name: String,
    /// The name of a segment of the plan.
    pub segment: String,
    /// The first moment at which no message leaves any more.
    pub not_after: Timestamp,
    /// Before this moment no message leaves.
    pub not_before: Option<Timestamp>,
    pub max_people: Option<u64>,
    pub max_spend: Option<Spend>,
    /// The hours of the day: its own, or those of `[sending]`.
    pub hours: Window,
    /// From 1 to 20, in their order.
    pub steps: Vec<PlanStep>,
    /// The place of the section in the plan.
    at: usize,
}

/// An amount of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    pub amount: Money,
    /// Three capital letters, such as `EUR`.
    pub currency: String,
}

impl PlanCampaign {
    /// Finds a step by its name.
    pub fn step(&self, name: &str) -> Option<&PlanStep> {
        self.steps.iter().find(|it| it.name == name)
    }
}

impl Plan {
    /// Finds a campaign by its name. The error has the nearest name that the plan has.
    pub fn campaign(&self, name: &str) -> Result<&PlanCampaign, PlanError> {
        self.campaigns.iter().find(|it| it.name == name).ok_or_else(|| {
            let hint = did_you_mean(name, self.campaigns.iter().map(|it| it.name.as_str()));
            self.wrong(0, format!("the plan has no [[campaign]] \"{name}\"{hint}"))
        })
    }

    /// Returns an error about a campaign, with its line.
    pub fn wrong_campaign(&self, campaign: &PlanCampaign, message: &str) -> PlanError {
        self.wrong(campaign.at, format!("campaign \"{}\": {message}", campaign.name))
    }

    /// Returns an error about a step of a campaign, with its line.
    pub fn wrong_step(&self, step: &PlanStep, message: &str) -> PlanError {
        self.wrong(step.at, format!("step \"{}\": {message}", step.name))
    }

    /// Checks the campaigns. The segments and `[sending]` have been read before.
    pub(crate) fn read_campaigns(&self, sections: Vec<CampaignSection>) -> Result<Vec<PlanCampaign>, PlanError> {
        let mut campaigns: Vec<PlanCampaign> = Vec::new();
        for section in sections {
            self.check_name("a campaign", &section.name)?;
            let name = section.name.get_ref();
            if name == CONFIRM_STOP {
                let message = format!("\"{name}\" names the confirmations of stops: choose another name");
                return Err(self.wrong(section.name.span().start, message));
            }
            if campaigns.iter().any(|it| it.name == *name) {
                return Err(self.wrong(section.name.span().start, format!("two campaigns are named \"{name}\"")));
            }
            campaigns.push(section.read(self)?);
        }
        Ok(campaigns)
    }
}

impl CampaignSection {
    fn read(self, plan: &Plan) -> Result<PlanCampaign, PlanError> {
        self.check_segment(plan)?;
        if let Some(most) = &self.max_people {
            plan.check_range("max_people", most, 1..=u64::MAX)?;
        }
        let reading = Reading::new(plan);
        let not_after = reading.end(plan, "not_after", &self.not_after)?;
        let not_before = self.not_before.as_ref().map(|it| reading.start(plan, "not_before", it)).transpose()?;
        if let Some(given) = self.not_before.as_ref().filter(|_| not_before.is_some_and(|it| it >= not_after)) {
            let message = "not_before is after not_after, so nothing would be sent: exchange them".to_owned();
            return Err(plan.wrong(given.span().start, message));
        }
        let hours = match (&self.hours, &plan.sending) {
            (Some(given), _) => sending::hours(plan, given)?,
            (None, Some(sending)) => sending.hours,
            (None, None) => sending::default_hours(),
        };
        let max_spend = self.max_spend.as_ref().map(|it| spend(plan, it)).transpose()?;
        let at = self.name.span().start;
        let name = self.name.into_inner();
        Ok(PlanCampaign {
            steps: step::read_steps(plan, &name, at, self.step)?,
            segment: self.segment.into_inner(),
            max_people: self.max_people.map(Spanned::into_inner),
            name,
            not_after,
            not_before,
            max_spend,
            hours,
            at,
        })
    }

    fn check_segment(&self, plan: &Plan) -> Result<(), PlanError> {
        let name = self.segment.get_ref();
        if plan.segment(name).is_some() {
            return Ok(());
        }
        let message = match Segment::from_name(name) {
            Some(_) => format!(
                "\"{name}\" is a segment that Ferry makes: add a [[segment]] with where = \"segment = '{name}'\", and name it"
            ),
            None => {
                let hint = did_you_mean(name, plan.segments.iter().map(|it| it.name.as_str()));
                format!("the plan has no [[segment]] \"{name}\"{hint}")
            }
        };
        Err(plan.wrong(self.segment.span().start, message))
    }
}

/// Reads an amount of a currency.
fn spend(plan: &Plan, given: &Spanned<String>) -> Result<Spend, PlanError> {
    let (amount, currency) = given.get_ref().split_once(' ').unwrap_or((given.get_ref(), ""));
    let is_currency = currency.len() == CURRENCY_LETTERS && currency.bytes().all(|it| it.is_ascii_uppercase());
    match Money::parse(amount) {
        Ok(amount) if is_currency => {
            check_prices(plan, given.span().start, currency)?;
            Ok(Spend { amount, currency: currency.to_owned() })
        }
        _ => {
            let message =
                format!("max_spend \"{}\": write an amount and a currency, such as \"500 EUR\"", given.get_ref());
            Err(plan.wrong(given.span().start, message))
        }
    }
}

/// Fails if the plan has no prices in a currency: an amount without them would limit nothing.
fn check_prices(plan: &Plan, at: usize, currency: &str) -> Result<(), PlanError> {
    match plan.rates.as_ref().map(|it| it.currency.as_deref()) {
        None => {
            let message = "max_spend needs prices: add [rates] with path = \"…\", or leave out max_spend";
            Err(plan.wrong(at, message.into()))
        }
        Some(Some(other)) if other != currency => {
            Err(plan.wrong(at, format!("max_spend is in {currency} and [rates] in {other}: write it in {other}")))
        }
        Some(_) => Ok(()),
    }
}

/// The end of a message about a name that is not there.
fn did_you_mean<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(given, names).map_or(String::new(), |it| format!("; did you mean \"{it}\"?"))
}
