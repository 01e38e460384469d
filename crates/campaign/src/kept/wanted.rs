//! The templates of the database that should be in the account.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use crm::{Crm, Decision, KeptScenario, KeptTemplate};
use scenario::Criticality;
use template::Template;

use super::template_of;
use crate::templates::account::{TemplateAccount, TemplateKey};
use crate::templates::sample::Sample;
use crate::templates::wanted::{WantedTemplate, sample_to_send};

/// The templates of the database, by whether they can be submitted.
#[derive(Debug, Default)]
pub struct KeptWanted {
    pub wanted: Vec<WantedTemplate>,
    /// Templates with an error, each with the reason.
    pub faulty: Vec<String>,
    /// Templates that are left out on purpose.
    pub left_out: Vec<LeftOut>,
}

/// A template that is not submitted on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub name: String,
    pub language: String,
    pub why: LeftOutReason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOutReason {
    /// This person has rejected it.
    Rejected { by: String },
    /// No one has decided about it.
    Undecided,
    /// Its source no longer has it.
    Missing,
}

impl LeftOutReason {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rejected { .. } => "rejected",
            Self::Undecided => "undecided",
            Self::Missing => "missing",
        }
    }
}

impl TemplateAccount {
    /// The current texts of the database that are approved, and with `takes_undecided` those that no one has decided about.
    /// Samples of media headers are files of the folder `samples`.
    pub async fn kept_wanted(&self, samples: &Path, takes_undecided: bool) -> Result<KeptWanted> {
        kept_wanted(&self.crm, samples, takes_undecided).await
    }
}

async fn kept_wanted(crm: &Crm, samples: &Path, takes_undecided: bool) -> Result<KeptWanted> {
    let scenarios = crm.kept_scenarios().await?;
    let scenarios: BTreeMap<(&str, &str), &KeptScenario> =
        scenarios.iter().map(|it| ((it.id.as_str(), it.language.as_str()), it)).collect();
    let mut sorted = KeptWanted::default();
    // Two texts of one name would edit each other without end.
    let mut taken: BTreeMap<TemplateKey, String> = BTreeMap::new();
    let templates = crm.kept_templates().await?;
    if templates.is_empty() {
        bail!(
            "the database has no templates: name scenarios as [[scenario]] in the plan and run `ferry run`, or name files"
        );
    }
    for kept in templates {
        let shown = format!("{} ({})", kept.name, kept.language);
        if let Some(why) = left_out(&kept, takes_undecided) {
            sorted.left_out.push(LeftOut { name: kept.name, language: kept.language, why });
            continue;
        }
        let scenario = scenarios.get(&(kept.scenario.as_str(), kept.scenario_language.as_str()));
        let criticality = scenario.map_or(Criticality::Normal, |it| criticality(&it.criticality));
        let wanted = sendable(&kept.current.body, samples).and_then(|(template, sample)| {
            WantedTemplate::new(template, sample, criticality, kept.scenario.clone()).map_err(|it| format!("{it:#}"))
        });
        match wanted {
            Ok(wanted) => match taken.insert(wanted.key(), shown.clone()) {
                None => sorted.wanted.push(wanted),
                Some(other) => sorted.faulty.push(format!("{shown}: {other} has the same name: rename one of them")),
            },
            Err(why) => sorted.faulty.push(format!("{shown}: {why}")),
        }
    }
    Ok(sorted)
}

fn left_out(kept: &KeptTemplate, takes_undecided: bool) -> Option<LeftOutReason> {
    match kept.verdict.decision {
        _ if kept.is_missing => Some(LeftOutReason::Missing),
        Decision::Rejected => Some(LeftOutReason::Rejected { by: kept.verdict.decided_by.clone() }),
        Decision::Undecided if !takes_undecided => Some(LeftOutReason::Undecided),
        Decision::Undecided | Decision::Approved => None,
    }
}

/// The template of a body, and the sample of its header. The error says why it cannot be submitted.
fn sendable(body: &str, samples: &Path) -> Result<(Template, Option<Sample>), String> {
    let template = template_of(body)?;
    let sample = sample_to_send(&template, samples)?;
    Ok((template, sample))
}

/// The criticality that the database keeps; the usual one for a word that it does not know.
fn criticality(word: &str) -> Criticality {
    serde_json::from_value(serde_json::Value::from(word)).unwrap_or_default()
}
