//! Templates that should be in the account.

use anyhow::Result;
use model::{Digest, Finding};
use scenario::Criticality;
use serde_json::Value;
use template::{Template, ValueLengths, lint};

use super::account::TemplateKey;

/// A template that should be in the account.
#[derive(Clone, Debug)]
pub struct WantedTemplate {
    pub criticality: Criticality,
    /// The id of the scenario that needs the template; empty if no scenario is known.
    pub scenario: String,
    pub template: Template,
    /// The template as it is sent.
    pub(crate) value: Value,
    /// The digest of what is sent: an equal digest in the database means that nothing has changed.
    pub(crate) digest: String,
}

impl WantedTemplate {
    pub fn new(template: Template, criticality: Criticality, scenario: String) -> Result<Self> {
        let value = serde_json::to_value(&template)?;
        let digest = Digest::of_parts([value.to_string().as_bytes()]).to_string();
        Ok(Self { criticality, scenario, template, value, digest })
    }

    pub(crate) fn key(&self) -> TemplateKey {
        (self.template.name.clone(), self.template.language.clone())
    }
}

/// The first error of the linter, if there is one: WhatsApp would refuse the template, so it must not be submitted.
pub fn blocking_error(template: &Template) -> Option<Finding> {
    lint(template, &ValueLengths::default()).into_iter().find(Finding::is_error)
}
