//! Templates that should be in the account.

use std::path::Path;

use anyhow::Result;
use model::{Digest, Finding};
use scenario::Criticality;
use serde_json::Value;
use template::{HEADER_HANDLE, Template, ValueLengths, lint};

use super::account::TemplateKey;
use super::sample::{Sample, with_handle};

/// A template that should be in the account.
#[derive(Clone, Debug)]
pub struct WantedTemplate {
    pub criticality: Criticality,
    /// The id of the scenario that needs the template; empty if no scenario is known.
    pub scenario: String,
    pub template: Template,
    /// The file that its media header needs.
    pub sample: Option<Sample>,
    /// The digest of what is sent, with the content of the sample in place of its handle: an equal digest in the database
    /// means that nothing has changed.
    pub(crate) digest: String,
}

impl WantedTemplate {
    pub fn new(template: Template, sample: Option<Sample>, criticality: Criticality, scenario: String) -> Result<Self> {
        let content = sample.as_ref().map(|it| format!("sample:{}", it.digest));
        let value = value(&template, content.as_deref())?;
        let digest = Digest::of_parts([value.to_string().as_bytes()]).to_string();
        Ok(Self { criticality, scenario, template, sample, digest })
    }

    /// The template as it is sent, with the handle of its sample.
    pub(crate) fn value(&self, handle: Option<&str>) -> Result<Value> {
        value(&self.template, handle)
    }

    pub(crate) fn key(&self) -> TemplateKey {
        (self.template.name.clone(), self.template.language.clone())
    }
}

fn value(template: &Template, handle: Option<&str>) -> Result<Value> {
    Ok(match handle {
        Some(handle) => serde_json::to_value(with_handle(template, handle))?,
        None => serde_json::to_value(template)?,
    })
}

/// The sample that a template needs, from the folder `samples`; none if it needs none. The error says why the template
/// cannot be submitted: WhatsApp would refuse it, or its sample is missing.
pub fn sample_to_send(template: &Template, samples: &Path) -> Result<Option<Sample>, String> {
    if let Some(error) = blocking_error(template) {
        return Err(format!("{}[{}] {}", error.rule.name, error.rule.code, error.message));
    }
    let sample = Sample::of(template, samples);
    sample.map_err(|why| format!("{}[{}] {why:#}", HEADER_HANDLE.name, HEADER_HANDLE.code))
}

/// The first error of the linter, if there is one: WhatsApp would refuse the template, so it must not be submitted. That
/// a media header has no handle yet is left to [`Sample::of`].
fn blocking_error(template: &Template) -> Option<Finding> {
    // A sample is found for the header of a template. Those of cards are not uploaded.
    let is_of_sample = |it: &Finding| it.rule.code == HEADER_HANDLE.code && !it.place.contains("/cards/");
    lint(template, &ValueLengths::default()).into_iter().find(|it| it.is_error() && !is_of_sample(it))
}
