//! `[replies]`: when an answer to a person is late.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Plan, PlanError};

/// The range of the hours.
const HOURS: std::ops::RangeInclusive<u32> = 1..=720;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RepliesSection {
    /// The hours within which a person who writes gets an answer. Later it is an alert of `ferry serve`. On WhatsApp a message
    /// without a template can be sent for 24 hours.
    #[schemars(range(min = 1, max = 720))]
    pub answer_within_hours: u32,
}

impl Default for RepliesSection {
    fn default() -> Self {
        Self { answer_within_hours: 24 }
    }
}

impl Plan {
    pub(crate) fn check_replies(&self) -> Result<(), PlanError> {
        let hours = self.replies.answer_within_hours;
        match HOURS.contains(&hours) {
            true => Ok(()),
            false => {
                let at = self.text.find("[replies]").unwrap_or(0);
                Err(self.wrong(at, format!("answer_within_hours is {hours}: it can be from 1 to 720")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Plan;
    use crate::read::tests::PLAN;

    fn hours(section: &str) -> Result<u32, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(&path, format!("{PLAN}{section}")).unwrap();
        let shown = |it: crate::PlanError| it.to_string().replace(&format!("{}/", home.path().display()), "");
        Plan::read(&path).map(|it| it.replies.answer_within_hours).map_err(shown)
    }

    #[test]
    fn people_get_an_answer_within_a_day_unless_the_plan_says_otherwise() {
        assert_eq!(hours(""), Ok(24));
        assert_eq!(hours("[replies]\nanswer_within_hours = 4\n"), Ok(4));
        for hours_given in [0, 721] {
            let told = hours(&format!("[replies]\nanswer_within_hours = {hours_given}\n")).unwrap_err();
            assert!(
                told.ends_with(&format!("answer_within_hours is {hours_given}: it can be from 1 to 720")),
                "{told}"
            );
        }
    }
}
