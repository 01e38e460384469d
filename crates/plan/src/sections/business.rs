//! `[business]`: what scenarios say in the name of the business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::{Plan, PlanError};

/// The business, as its customers know it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessSection {
    /// The name of the business. Templates use it as the example value of a variable for the business's name.
    pub name: Option<String>,
    /// The language of texts that are too short to recognise, such as `fr`. A region, as in `pt_PT`, holds for all
    /// texts in that language. `--language` does the same.
    pub language: Option<String>,
    /// The footer of templates that have no footer of their own.
    #[schemars(with = "Option<String>", length(min = 1, max = 60))]
    footer: Option<Spanned<String>>,
    /// How a customer reaches a person, such as a phone number. With it, no scenario is reported for having no way to a
    /// person (S108).
    pub contact: Option<String>,
    /// The wording with which customers stop marketing messages, for each language, such as
    /// `[business.opt_out.fr]`. Ferry has a wording of its own in 15 languages.
    #[serde(default)]
    pub opt_out: BTreeMap<String, OptOutSection>,
}

/// The wording of an opt-out in one language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptOutSection {
    /// The text of the quick reply that stops marketing messages.
    #[schemars(with = "String", length(min = 1, max = 20))]
    button: Spanned<String>,
    /// The footer that names the quick reply.
    #[schemars(with = "String", length(min = 1, max = 60))]
    line: Spanned<String>,
}

impl BusinessSection {
    pub fn footer(&self) -> Option<&str> {
        self.footer.as_ref().map(|it| it.get_ref().as_str())
    }

    pub(crate) fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        let lines = self.opt_out.values().map(|it| &it.line).chain(&self.footer).map(|it| (it, MAX_FOOTER));
        let buttons = self.opt_out.values().map(|it| (&it.button, MAX_BUTTON));
        for (text, most) in lines.chain(buttons) {
            let length = text.get_ref().chars().count();
            if !(1..=most).contains(&length) {
                let message = format!("the text has {length} characters: it can have from 1 to {most}");
                return Err(plan.wrong(text.span().start, message));
            }
        }
        Ok(())
    }
}

impl OptOutSection {
    /// The quick reply that stops marketing.
    pub fn button(&self) -> &str {
        self.button.get_ref()
    }

    /// The footer that says so.
    pub fn line(&self) -> &str {
        self.line.get_ref()
    }
}

/// Limits a button that is also one of a session message, in characters (Meta, interactive messages).
const MAX_BUTTON: usize = 20;

/// Limits a footer, in characters (Meta, template components).
const MAX_FOOTER: usize = 60;
