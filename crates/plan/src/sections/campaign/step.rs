//! `[[campaign.step]]`: a message of a campaign.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::did_you_mean;
use super::parameter::{self, ParameterPlace, ParameterValue, Parameters};
use crate::error::with_nearest;
use crate::{Plan, PlanError};

const MOST_STEPS: usize = 20;
/// Limits the name of a template and a text, in characters (Meta).
const MOST_NAME: usize = 512;
const MOST_TEXT: usize = 4096;
/// Limits the wait between two steps.
const MOST_WAIT_DAYS: i64 = 365;

/// A step as the plan has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepSection {
    /// The name of the step, of the same form as the name of a run.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    name: Spanned<String>,
    /// The name of an approved template. The language is that of the person.
    #[schemars(with = "Option<String>", regex(pattern = "^[a-z0-9_]{1,512}$"))]
    template: Option<Spanned<String>>,
    /// A text without a template, instead of `template`. It goes only to people who have written in the last 24 hours.
    #[schemars(with = "Option<String>", length(min = 1, max = 4096))]
    text: Option<Spanned<String>>,
    /// The language of the template for people whose own language has no approved template, or is not known: a code such as `fr`
    /// or `pt_BR`. Without it these people are left out.
    #[schemars(with = "Option<String>", regex(pattern = "^[a-z]{2,3}(_[A-Z]{2,3})?$"))]
    language: Option<Spanned<String>>,
    /// Who gets the step, by what became of an earlier one: `consented in STEP`, `not consented in STEP`, `delivered in STEP` or
    /// `not delivered in STEP`; those with `not` need `wait`. Consented is who has agreed, since that message, to the purpose of this
    /// one. Default: all people of the segment.
    #[schemars(with = "Option<String>", regex(pattern = "^(not )?(consented|delivered) in [a-z0-9][a-z0-9-]{0,63}$"))]
    only: Option<Spanned<String>>,
    /// The time after the step of `only`, or else after the step before, such as `3 days` or `6 hours`. Default: none.
    #[schemars(with = "Option<String>", regex(pattern = "^[1-9][0-9]* (hours?|days?)$"))]
    wait: Option<Spanned<String>>,
    /// What the variables of the template say. The key is the place: the number or the name of a variable of the body, `header`
    /// for that of a header, `header_link` for the address of its file, `"button.0"` for the end of a button's address. The
    /// value is `first_name`, `last_name`, `name`, `email`, `language`, `attributes.NAME` or `text:TEXT`, and after `or` what
    /// it is if the person has none: `first_name or text:friend`. People for whom a variable is empty are left out.
    #[serde(default)]
    #[schemars(schema_with = "super::parameter::schema")]
    parameters: Parameters,
}

/// A step of a campaign, checked.
#[derive(Clone, Debug)]
pub struct PlanStep {
    pub name: String,
    pub content: StepContent,
    /// The language of the template for people whose own language has no approved template.
    pub language: Option<String>,
    /// Who gets the step; none for all people of the segment.
    pub only: Option<StepCondition>,
    /// The time after the step [`PlanStep::after`].
    pub wait: SignedDuration,
    /// The earlier step from which the wait counts: that of the condition, or else the step before. None for the first step.
    pub after: Option<String>,
    /// In the order of their places. A text has none.
    pub parameters: BTreeMap<ParameterPlace, ParameterValue>,
    /// The place of the step in the plan.
    pub(super) at: usize,
}

/// What a step says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepContent {
    Template { name: String },
    Text { text: String },
}

/// Who gets a step, by what became of the message of an earlier step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepCondition {
    ConsentedIn { step: String },
    NotConsentedIn { step: String },
    DeliveredIn { step: String },
    NotDeliveredIn { step: String },
}

impl StepCondition {
    const WORDS: [&str; 4] = ["consented", "not consented", "delivered", "not delivered"];

    /// The earlier step.
    pub fn step(&self) -> &str {
        match self {
            Self::ConsentedIn { step }
            | Self::NotConsentedIn { step }
            | Self::DeliveredIn { step }
            | Self::NotDeliveredIn { step } => step,
        }
    }

    /// The words of the plan, such as `consented in invite`.
    pub fn words(&self) -> String {
        let place = match self {
            Self::ConsentedIn { .. } => 0,
            Self::NotConsentedIn { .. } => 1,
            Self::DeliveredIn { .. } => 2,
            Self::NotDeliveredIn { .. } => 3,
        };
        format!("{} in {}", Self::WORDS[place], self.step())
    }

    fn of_words(words: &str, step: &str) -> Option<Self> {
        let step = step.to_owned();
        match words {
            "consented" => Some(Self::ConsentedIn { step }),
            "not consented" => Some(Self::NotConsentedIn { step }),
            "delivered" => Some(Self::DeliveredIn { step }),
            "not delivered" => Some(Self::NotDeliveredIn { step }),
            _ => None,
        }
    }
}

/// Reads and checks the steps of a campaign, whose place in the plan is `at`.
pub(super) fn read_steps(
    plan: &Plan,
    campaign: &str,
    at: usize,
    sections: Vec<StepSection>,
) -> Result<Vec<PlanStep>, PlanError> {
    let message = match sections.len() {
        0 => format!("campaign \"{campaign}\" has no step: add [[campaign.step]] with a name and a template"),
        n if n > MOST_STEPS => format!("campaign \"{campaign}\" has {n} steps: {MOST_STEPS} are the most"),
        _ => String::new(),
    };
    if !message.is_empty() {
        return Err(plan.wrong(at, message));
    }
    let mut steps: Vec<PlanStep> = Vec::new();
    for section in sections {
        plan.check_name("a step", &section.name)?;
        let name = section.name.get_ref();
        if steps.iter().any(|it| it.name == *name) {
            let message = format!("two steps of campaign \"{campaign}\" are named \"{name}\"");
            return Err(plan.wrong(section.name.span().start, message));
        }
        steps.push(section.read(plan, &steps)?);
    }
    Ok(steps)
}

impl StepSection {
    fn read(self, plan: &Plan, earlier: &[PlanStep]) -> Result<PlanStep, PlanError> {
        let content = self.read_content(plan)?;
        self.check_language(plan)?;
        let only = self.only.as_ref().map(|it| condition(plan, it, earlier)).transpose()?;
        let after = only.as_ref().map(|it| it.step().to_owned()).or_else(|| earlier.last().map(|it| it.name.clone()));
        Ok(PlanStep {
            content,
            language: self.language.as_ref().map(|it| it.get_ref().clone()),
            wait: self.read_wait(plan, after.is_some())?,
            only,
            after,
            parameters: parameter::read(plan, &self.parameters)?,
            at: self.name.span().start,
            name: self.name.into_inner(),
        })
    }

    fn read_content(&self, plan: &Plan) -> Result<StepContent, PlanError> {
        let name = self.name.get_ref();
        let wrong = |at: usize, message: String| Err(plan.wrong(at, message));
        match (&self.template, &self.text) {
            (None, None) => {
                wrong(self.name.span().start, format!("step \"{name}\" says nothing: give it a template or a text"))
            }
            (Some(_), Some(text)) => {
                wrong(text.span().start, format!("step \"{name}\" has template and text: give one"))
            }
            (Some(template), None) => {
                let at = template.span().start;
                let template = template.get_ref();
                let is_usual = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
                match (1..=MOST_NAME).contains(&template.len()) && template.bytes().all(is_usual) {
                    true => Ok(StepContent::Template { name: template.clone() }),
                    false => wrong(
                        at,
                        format!(
                            "\"{template}\" cannot name a template: it has small letters, digits and _, without a language"
                        ),
                    ),
                }
            }
            (None, Some(text)) => self.read_text(plan, text),
        }
    }

    fn read_text(&self, plan: &Plan, given: &Spanned<String>) -> Result<StepContent, PlanError> {
        let (text, at) = (given.get_ref().trim(), given.span().start);
        let length = text.chars().count();
        if !(1..=MOST_TEXT).contains(&length) {
            let message = format!("the text has {length} characters: it can have from 1 to {MOST_TEXT}");
            return Err(plan.wrong(at, message));
        }
        if text.contains("{{") {
            let message = "a text is sent as it is, so people would read {{: use a template for variables".to_owned();
            return Err(plan.wrong(at, message));
        }
        let of_template = self.language.as_ref().map(|it| ("language", it.span().start));
        let of_template = of_template.or_else(|| Some(("parameters", self.parameters.keys().next()?.span().start)));
        if let Some((key, at)) = of_template {
            return Err(plan.wrong(at, format!("{key} belongs to a template: a text is sent as it is")));
        }
        Ok(StepContent::Text { text: text.to_owned() })
    }

    fn check_language(&self, plan: &Plan) -> Result<(), PlanError> {
        let Some(given) = &self.language else { return Ok(()) };
        let (language, region) = given.get_ref().split_once('_').unwrap_or((given.get_ref(), "FR"));
        let is_language = (2..=3).contains(&language.len())
            && language.bytes().all(|it| it.is_ascii_lowercase())
            && clean::language(language).is_some();
        let is_region = (2..=3).contains(&region.len()) && region.bytes().all(|it| it.is_ascii_uppercase());
        match is_language && is_region {
            true => Ok(()),
            false => {
                let message = format!(
                    "\"{}\" is not a language of templates: write its code, such as fr or pt_BR",
                    given.get_ref()
                );
                Err(plan.wrong(given.span().start, message))
            }
        }
    }

    fn read_wait(&self, plan: &Plan, follows: bool) -> Result<SignedDuration, PlanError> {
        let Some(given) = &self.wait else {
            let is_negative = |it: &&Spanned<String>| it.get_ref().trim_start().starts_with("not ");
            let Some(only) = self.only.as_ref().filter(is_negative) else { return Ok(SignedDuration::ZERO) };
            let message =
                format!("only \"{}\" is true of everybody at first: add wait, such as \"3 days\"", only.get_ref());
            return Err(plan.wrong(only.span().start, message));
        };
        let wrong = |message: String| Err(plan.wrong(given.span().start, message));
        if !follows {
            return wrong("the first step has nothing to wait for: use not_before of the campaign".to_owned());
        }
        let text = given.get_ref();
        let hours = text.split_once(' ').and_then(|(number, unit)| {
            let number: i64 = Some(number).filter(|it| it.bytes().all(|it| it.is_ascii_digit()))?.parse().ok()?;
            match unit {
                "hour" | "hours" => Some(number),
                "day" | "days" => number.checked_mul(24),
                _ => None,
            }
        });
        match hours {
            Some(hours) if (1..=24 * MOST_WAIT_DAYS).contains(&hours) => Ok(SignedDuration::from_hours(hours)),
            Some(_) => wrong(format!("wait \"{text}\": it can be from 1 hour to {MOST_WAIT_DAYS} days")),
            None => wrong(format!("wait \"{text}\": write it such as \"3 days\" or \"6 hours\"")),
        }
    }
}

/// Reads who gets a step, by an earlier step.
fn condition(plan: &Plan, given: &Spanned<String>, earlier: &[PlanStep]) -> Result<StepCondition, PlanError> {
    let wrong = |message: String| Err(plan.wrong(given.span().start, message));
    let text = given.get_ref();
    let Some((words, step)) = text.split_once(" in ") else {
        return wrong(format!(
            "only = \"{text}\": write it such as \"consented in STEP\", with the name of an earlier step"
        ));
    };
    let (words, step) = (words.trim(), step.trim());
    let Some(condition) = StepCondition::of_words(words, step) else {
        let known = StepCondition::WORDS.map(|it| format!("`{it}`")).join(", ");
        return wrong(with_nearest(&format!("unknown condition `{words}`, expected one of {known}")));
    };
    match earlier.iter().any(|it| it.name == step) {
        true => Ok(condition),
        false => {
            let hint = did_you_mean(step, earlier.iter().map(|it| it.name.as_str()));
            wrong(format!("no step before this one is named \"{step}\"{hint}"))
        }
    }
}
