//! What the database keeps of the scenarios of a plan, translated again with the edits of people.

use std::collections::HashMap;

use anyhow::{Context, Result};
use crm::{Crm, KeptMessage, KeptScenario, KeptTemplate};
use model::Finding;
use plan::Plan;
use scenario::Scenario;
use template::{Template, ValueLengths, lint};
use translate::Compiled;
use translation::{Set, TemplateKey, compile_options, compile_sets};

use crate::sheet::KeptTexts;

/// The scenarios, messages and templates that the database keeps for a plan.
pub(crate) struct Kept {
    /// Those that are in the files of the plan.
    pub(crate) scenarios: Vec<KeptTranslation>,
    /// By the name and language that the translation gives them.
    pub(crate) templates: HashMap<TemplateKey, KeptTemplate>,
    pub(crate) messages: Vec<KeptMessage>,
}

/// A scenario and what it became.
pub(crate) struct KeptTranslation {
    pub(crate) kept: KeptScenario,
    pub(crate) scenario: Scenario,
    /// With the edits of people in place.
    pub(crate) compiled: Compiled,
    /// The name and language that the translation gives each template, in their order.
    pub(crate) keys: Vec<TemplateKey>,
}

impl Kept {
    /// Reads what the database keeps of the sections of the plan.
    pub(crate) async fn read(plan: &Plan, crm: &Crm) -> Result<Self> {
        let KeptTexts { sections, scenarios: mut kept, templates, messages, .. } = KeptTexts::read(plan, crm).await?;
        let edits = crossing::edits_of(&templates, &messages)?;
        kept.retain(|it| !it.is_missing && sections.contains(&it.section));
        let scenarios = kept.iter().map(scenario).collect::<Result<_>>()?;
        let mut sets = [Set::of("", scenarios)];
        compile_sets(&mut sets, &compile_options(Some(plan)));
        let [Set { scenarios, compiled, .. }] = sets;
        let mut translations = Vec::new();
        for ((kept, scenario), mut compiled) in kept.into_iter().zip(scenarios).zip(compiled) {
            let keys = compiled.templates.iter().map(|it| (it.name.clone(), it.language.clone())).collect();
            let before = compiled.templates.clone();
            edits.apply(&mut compiled);
            lint_again(&mut compiled, &before);
            translations.push(KeptTranslation { kept, scenario, compiled, keys });
        }
        let templates = templates.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect();
        Ok(Self { scenarios: translations, templates, messages })
    }
}

/// Replaces the findings about the text of each edited template by those of the new text.
fn lint_again(compiled: &mut Compiled, before: &[Template]) {
    for (n, (template, before)) in compiled.templates.iter().zip(before).enumerate() {
        if template == before {
            continue;
        }
        let place = format!("/templates/{n}");
        let is_about = |it: &Finding| it.place == place || it.place.starts_with(&format!("{place}/"));
        compiled.findings.retain(|it| !is_about(it));
        let found = lint(template, &ValueLengths::default());
        compiled.findings.extend(found.into_iter().map(|it| it.within(&place)));
    }
}

/// The scenario of a row.
pub(crate) fn scenario(kept: &KeptScenario) -> Result<Scenario> {
    serde_json::from_str(&kept.body)
        .with_context(|| format!("the kept scenario {} ({}) is damaged", kept.id, kept.language))
}

/// The template of a kept version.
pub(crate) fn template(body: &str) -> Result<Template> {
    serde_json::from_str(body).context("a kept template is damaged")
}
