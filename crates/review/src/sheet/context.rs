//! The scenario that a row is part of.

use crm::{KeptMessage, KeptScenario};
use scenario::Scenario;

use super::KeptTexts;

/// The scenario of a row.
pub(super) struct Context<'a> {
    pub(super) kept: &'a KeptTexts,
    pub(super) row: &'a KeptScenario,
    /// None if the text in the database is damaged.
    pub(super) scenario: Option<Scenario>,
}

pub(super) fn parsed(it: &KeptScenario) -> Option<Scenario> {
    crate::kept::scenario(it).ok()
}

impl Context<'_> {
    /// The text of a step as the source has it.
    pub(super) fn source_text(&self, step: &str) -> Option<String> {
        let step = self.scenario.as_ref()?.steps.iter().find(|it| it.id == step)?;
        step.act.text().map(ToString::to_string)
    }

    /// The steps that send a template.
    pub(super) fn steps_of(&self, template: &str) -> Vec<&KeptMessage> {
        let sends = |it: &&KeptMessage| {
            it.template == template && it.scenario == self.row.id && it.language == self.row.language && !it.is_missing
        };
        self.kept.messages.iter().filter(sends).collect()
    }
}
