//! Reads scenarios, messages and templates.

use std::collections::BTreeMap;

use super::tables::{
    FINDING, REVIEW, SCENARIO, SCENARIO_STEP, TEMPLATE, TEMPLATE_VERSION, read_finding, read_logged, read_message,
    read_scenario, read_template, read_version,
};
use super::template::VersionedTemplate;
use super::{KeptFinding, KeptMessage, KeptScenario, KeptTemplate, LoggedReview, TemplateVersion};
use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

const OF_TEMPLATE: &str = " where name = $1 and language = $2";
const OF_MESSAGE: &str = " where scenario_id = $1 and language = $2 and step_id = $3 and part = $4";
const READ_TEMPLATES: &str = "read the templates of the scenarios";

impl Crm {
    /// All templates, by name and language, also those that are missing. A text that somebody changed in the database by
    /// hand is the current version of its template, and undecided.
    pub async fn kept_templates(&self) -> Result<Vec<KeptTemplate>, LoadError> {
        let templates = templates_of(&mut self.reader(READ_TEMPLATES).await?, None).await?;
        let adopted = templates.into_iter().map(|mut it| {
            it.adopt_hand_edits();
            it.kept()
        });
        Ok(adopted.collect())
    }

    /// All versions of a template, from the first.
    pub async fn template_versions(&self, name: &str, language: &str) -> Result<Vec<TemplateVersion>, LoadError> {
        let mut reader = self.reader(READ_TEMPLATES).await?;
        let Some(mut template) = templates_of(&mut reader, Some([name, language])).await?.pop() else {
            return Ok(Vec::new());
        };
        template.adopt_hand_edits();
        Ok(template.versions.into_values().collect())
    }

    /// All versions of all templates, each with the name and language of its template. Nothing is said of hand edits.
    pub async fn all_template_versions(&self) -> Result<Vec<((String, String), TemplateVersion)>, LoadError> {
        let select = TEMPLATE_VERSION.select() + " order by name, language, version";
        self.select(READ_TEMPLATES, &select, &[], read_version).await
    }

    /// All messages and other steps, in the order of their scenarios; in each those that are missing at the end.
    pub async fn kept_messages(&self) -> Result<Vec<KeptMessage>, LoadError> {
        let mut messages = messages_of(&mut self.reader("read the messages of the scenarios").await?, None).await?;
        for message in &mut messages {
            message.adopt_hand_edit();
        }
        Ok(messages)
    }

    /// All scenarios, by id and language, also those that are missing.
    pub async fn kept_scenarios(&self) -> Result<Vec<KeptScenario>, LoadError> {
        scenarios_of(&mut self.reader("read the scenarios").await?).await
    }

    /// What was found when each section was last loaded, in order.
    pub async fn kept_findings(&self) -> Result<Vec<KeptFinding>, LoadError> {
        let select = FINDING.select() + " order by section, number";
        self.select("read the findings of the scenarios", &select, &[], read_finding).await
    }

    /// What people decided and wrote, the oldest first.
    pub async fn logged_reviews(&self) -> Result<Vec<LoggedReview>, LoadError> {
        let select = REVIEW.select() + " order by at, subject";
        self.select("read the reviews of templates and messages", &select, &[], read_logged).await
    }
}

pub(super) async fn scenarios_of(tx: &mut Tx) -> Result<Vec<KeptScenario>, LoadError> {
    let select = SCENARIO.select() + " order by scenario_id, language";
    tx.select(&select, &[], read_scenario).await
}

/// All messages, or one of a step of a scenario in a language. Texts that were changed by hand are as they stand there.
pub(super) async fn messages_of(tx: &mut Tx, of: Option<([&str; 3], u32)>) -> Result<Vec<KeptMessage>, LoadError> {
    let order = " order by scenario_id, language, is_missing, number, part, step_id";
    match of {
        None => tx.select(&(SCENARIO_STEP.select() + order), &[], read_message).await,
        Some(([scenario, language, step_id], part)) => {
            let key = [scenario.into(), language.into(), step_id.into(), i64::from(part).into()];
            tx.select(&(SCENARIO_STEP.select() + OF_MESSAGE), &key, read_message).await
        }
    }
}

/// All templates with their versions, or that of a name and language. Texts that were changed by hand are as they stand
/// there.
pub(super) async fn templates_of(tx: &mut Tx, of: Option<[&str; 2]>) -> Result<Vec<VersionedTemplate>, LoadError> {
    let (where_it_is, key) = match of {
        None => ("", Vec::new()),
        Some(key) => (OF_TEMPLATE, key.map(Into::into).to_vec()),
    };
    let mut versions: BTreeMap<(String, String), BTreeMap<u32, TemplateVersion>> = BTreeMap::new();
    for (key, version) in tx.select(&(TEMPLATE_VERSION.select() + where_it_is), &key, read_version).await? {
        versions.entry(key).or_default().insert(version.version, version);
    }
    let select = TEMPLATE.select() + where_it_is + " order by name, language";
    tx.select(&select, &key, move |row: &dyn Row| read_template(row, &versions)).await
}
