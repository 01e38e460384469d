//! Loads the sections of a plan.

use jiff::Timestamp;

use super::read::{messages_of, scenarios_of, templates_of};
use super::reconcile::{Kept, Writes, reconcile};
use super::tables::{finding_rows, message_rows, scenario_rows, template_rows};
use super::template::Made;
use super::{ScenarioChanges, ScenarioSets, SectionSet};
use crate::journal::receipt_rows;
use crate::sql::Tx;
use crate::{Crm, Lease, LoadError};

const FORGET_MESSAGE: &str =
    "delete from scenario_step where scenario_id = $1 and language = $2 and step_id = $3 and part = $4";
const FORGET_FINDINGS: &str = "delete from finding where section = $1";
const FORGET_ABANDONED: &str = "delete from finding where section = $1 \
    and not exists (select 1 from scenario where scenario.section = finding.section)";

impl Crm {
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
