//! Reads scenarios, messages and templates, and loads the sections of a plan.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::reconcile::{Kept, Writes, reconcile};
use super::tables::{
    FINDING, REVIEW, SCENARIO, SCENARIO_STEP, TEMPLATE, TEMPLATE_VERSION, finding_rows, message_rows, read_finding,
    read_logged, read_message, read_scenario, read_template, read_version, scenario_rows, template_rows,
};
use super::template::{Made, VersionedTemplate};
use super::{
    KeptFinding, KeptMessage, KeptScenario, KeptTemplate, LoggedReview, ScenarioChanges, ScenarioSets, SectionSet,
    TemplateVersion,
};
use crate::journal::receipt_rows;
use crate::sql::{Row, Tx};
use crate::{Crm, Lease, LoadError};

const OF_TEMPLATE: &str = " where name = $1 and language = $2";
const OF_MESSAGE: &str = " where scenario_id = $1 and language = $2 and step_id = $3 and part = $4";
const FORGET_MESSAGE: &str =
    "delete from scenario_step where scenario_id = $1 and language = $2 and step_id = $3 and part = $4";
const FORGET_FINDINGS: &str = "delete from finding where section = $1";
const FORGET_ABANDONED: &str = "delete from finding where section = $1 \
    and not exists (select 1 from scenario where scenario.section = finding.section)";

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

    /// Loads a section in one transaction with its receipt. `at` is when new versions were made.
    ///
    /// Loading it again changes nothing. Nothing that a person wrote is replaced: a source text that changed beside an edit
    /// is proposed. What the section no longer has is missing, and stays.
    pub async fn load_scenarios(
        &self,
        lease: &Lease,
        section: SectionSet<'_>,
        at: Timestamp,
    ) -> Result<ScenarioChanges, LoadError> {
        let mut tx = lease.crm().begin("load the scenarios").await?;
        let kept = tx.kept().await?;
        let (writes, changes) = reconcile(&kept, section, &made(section, at));
        tx.write_scenarios(section, &writes, at).await?;
        tx.commit().await?;
        Ok(changes)
    }

    /// Tells what [`Crm::load_scenarios`] would change for all sections, and changes nothing.
    pub async fn preview_scenarios(&self, sets: &ScenarioSets) -> Result<ScenarioChanges, LoadError> {
        let kept = self.reader("compare the scenarios with the database").await?.kept().await?;
        let mut changes = ScenarioChanges::default();
        for section in sets.iter() {
            changes += reconcile(&kept, section, &made(section, section.set().receipt.at)).1;
        }
        Ok(changes)
    }
}

fn made(section: SectionSet<'_>, at: Timestamp) -> Made {
    Made { run_id: section.set().run_id.clone(), by: section.set().receipt.tool.clone(), at }
}

impl Tx {
    async fn kept(&mut self) -> Result<Kept, LoadError> {
        let scenarios = scenarios_of(self).await?;
        let messages = messages_of(self, None).await?;
        let templates = templates_of(self, None).await?;
        Ok(Kept { scenarios, messages, templates })
    }

    async fn write_scenarios(
        &mut self,
        section: SectionSet<'_>,
        writes: &Writes,
        at: Timestamp,
    ) -> Result<(), LoadError> {
        let set = section.set();
        for name in &writes.forgotten {
            let texts = [&name.scenario, &name.language, &name.step_id].map(Into::into);
            let [scenario, language, step_id] = texts;
            self.execute(FORGET_MESSAGE, &[scenario, language, step_id, i64::from(name.part).into()]).await?;
        }
        self.execute(FORGET_FINDINGS, &[(&set.section).into()]).await?;
        let [versions, templates] = template_rows(writes.templates.iter().map(|it| (it.0.as_ref(), &it.1)));
        self.write_rows([
            scenario_rows(&writes.scenarios),
            message_rows(&writes.messages),
            versions,
            templates,
            finding_rows(&set.section, &set.findings),
            receipt_rows(&set.run_id, std::slice::from_ref(&set.receipt)),
        ])
        .await?;
        for section in &writes.abandoned {
            self.execute(FORGET_ABANDONED, &[section.into()]).await?;
        }
        for [subject, version, text] in &writes.by_hand {
            self.log_by_hand(subject, version, text, at).await?;
        }
        Ok(())
    }
}

async fn scenarios_of(tx: &mut Tx) -> Result<Vec<KeptScenario>, LoadError> {
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
