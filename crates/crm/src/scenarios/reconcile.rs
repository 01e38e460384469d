//! What a section makes of the scenarios, messages and templates that the database has. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::message::take_step;
use super::review::subject_of;
use super::template::{Made, VersionedTemplate};
use super::{
    Change, KeptMessage, KeptScenario, MessageChange, MessageName, MovedFrom, ReviewSubject, ScenarioChanges,
    ScenarioRow, SectionSet, TemplateChange, digest_of,
};

/// All that the database has, as it stands there.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) scenarios: Vec<KeptScenario>,
    pub(super) messages: Vec<KeptMessage>,
    pub(super) templates: Vec<VersionedTemplate>,
}

/// What is to be written. Rows that stay as they are are in none of the lists.
#[derive(Debug, Default)]
pub(super) struct Writes {
    pub(super) scenarios: Vec<KeptScenario>,
    pub(super) messages: Vec<KeptMessage>,
    /// Messages whose rows are deleted.
    pub(super) forgotten: Vec<MessageName>,
    /// Templates as they were and as they are.
    pub(super) templates: Vec<(Option<VersionedTemplate>, VersionedTemplate)>,
    /// Sections that are not in the plan and have lost a scenario to this one.
    pub(super) abandoned: BTreeSet<String>,
    /// Texts that were changed by hand: subject, version and text.
    pub(super) by_hand: Vec<[String; 3]>,
}

/// Compares a section with what the database has.
pub(super) fn reconcile(kept: &Kept, section: SectionSet<'_>, made: &Made) -> (Writes, ScenarioChanges) {
    let mut reconciliation = Reconciliation {
        section,
        made,
        sections: kept.scenarios.iter().map(|it| (pair(&it.id, &it.language), it.section.as_str())).collect(),
        writes: Writes::default(),
        changes: ScenarioChanges::default(),
    };
    reconciliation.scenarios(&kept.scenarios);
    reconciliation.messages(&kept.messages);
    reconciliation.templates(&kept.templates);
    (reconciliation.writes, reconciliation.changes)
}

struct Reconciliation<'a> {
    section: SectionSet<'a>,
    made: &'a Made,
    /// The section of each scenario in the database.
    sections: HashMap<(&'a str, &'a str), &'a str>,
    writes: Writes,
    changes: ScenarioChanges,
}

impl<'a> Reconciliation<'a> {
    fn scenarios(&mut self, kept: &'a [KeptScenario]) {
        let section = &self.section.set().section;
        let by_name: BTreeMap<_, _> = kept.iter().map(|it| (pair(&it.id, &it.language), it)).collect();
        for row in &self.section.set().scenarios {
            let kept = by_name.get(&pair(&row.id, &row.language)).copied();
            if let Some(kept) = kept.filter(|it| it.section != *section) {
                self.moved_scenario(kept);
            }
            let scenario = self.scenario(kept, row);
            if kept != Some(&scenario) {
                self.writes.scenarios.push(scenario);
            }
        }
        for gone in kept.iter().filter(|it| !it.is_missing) {
            if self.is_gone(&gone.id, &gone.language) {
                self.changes.missing_scenarios.push((gone.id.clone(), gone.language.clone()));
                let changed_at = self.made.at;
                self.writes.scenarios.push(KeptScenario { is_missing: true, changed_at, ..gone.clone() });
            }
        }
    }

    /// The scenario as it is now. It changes when anything but its run does.
    fn scenario(&self, kept: Option<&KeptScenario>, row: &ScenarioRow) -> KeptScenario {
        let scenario = KeptScenario {
            id: row.id.clone(),
            language: row.language.clone(),
            section: self.section.set().section.clone(),
            format: row.format.clone(),
            file: row.file.clone(),
            place: row.place.clone(),
            intent: row.intent.clone(),
            purpose: row.purpose.clone(),
            criticality: row.criticality.clone(),
            owner: row.owner.clone(),
            body: row.body.clone(),
            digest: digest_of(&row.body),
            run_id: self.made.run_id.clone(),
            changed_at: kept.map_or(self.made.at, |it| it.changed_at),
            is_missing: false,
        };
        let is_same = kept.is_some_and(|it| KeptScenario { run_id: scenario.run_id.clone(), ..it.clone() } == scenario);
        KeptScenario { changed_at: if is_same { scenario.changed_at } else { self.made.at }, ..scenario }
    }

    fn moved_scenario(&mut self, kept: &KeptScenario) {
        let (name, language, section) = (kept.id.clone(), kept.language.clone(), kept.section.clone());
        if !self.section.is_in_plan(&section) {
            self.writes.abandoned.insert(section.clone());
        }
        self.changes.moved_scenarios.push(MovedFrom { name, language, section });
    }

    fn messages(&mut self, kept: &[KeptMessage]) {
        let mut left: BTreeMap<MessageName, &KeptMessage> = kept.iter().map(|it| (it.name(), it)).collect();
        let mut steps: BTreeMap<MessageName, _> = BTreeMap::new();
        for step in &self.section.set().steps {
            let taken = take_step(None, step);
            steps.insert(taken.message.name(), step);
        }
        for (name, step) in steps {
            let before = left.remove(&name);
            let adopted = before.map(|it| self.adopted(it));
            let taken = take_step(adopted.as_ref(), step);
            if taken.loses_edit {
                self.changes.edits_without_place.push(name.clone());
            }
            if !taken.message.text.is_empty() || taken.loses_edit {
                self.changes.messages.push(MessageChange { message: name, change: taken.change });
            }
            if before != Some(&taken.message) {
                self.writes.messages.push(taken.message);
            }
        }
        for (name, before) in left {
            if self.owns(&name.scenario, &name.language) && !before.is_missing {
                self.gone_message(name, before);
            }
        }
    }

    fn gone_message(&mut self, name: MessageName, before: &KeptMessage) {
        let mut message = self.adopted(before);
        if !message.text.is_empty() {
            self.changes.messages.push(MessageChange { message: name.clone(), change: Change::Missing });
        }
        if message.is_edited() {
            self.changes.edits_without_place.push(name.clone());
        }
        match message.has_words_of_a_person() {
            true => {
                message.is_missing = true;
                self.writes.messages.push(message);
            }
            false => self.writes.forgotten.push(name),
        }
    }

    /// The message; a text that was changed by hand is noted and becomes an edit.
    fn adopted(&mut self, message: &KeptMessage) -> KeptMessage {
        let mut adopted = message.clone();
        if adopted.adopt_hand_edit() {
            self.changes.messages_by_hand.push(message.name());
            self.writes.by_hand.push([subject_of(message), message.token(), message.text.clone()]);
        }
        adopted
    }

    fn templates(&mut self, kept: &[VersionedTemplate]) {
        let mut left: BTreeMap<_, _> = kept.iter().map(|it| (pair(&it.name, &it.language), it)).collect();
        let sources: BTreeMap<_, _> =
            self.section.set().templates.iter().map(|it| (pair(&it.name, &it.language), it)).collect();
        for (key, source) in sources {
            let Some(before) = left.remove(&key) else {
                self.changed(VersionedTemplate::new(source, self.made), None, Change::New);
                continue;
            };
            let from = self.sections.get(&pair(&before.scenario, &before.scenario_language)).copied();
            if let Some(from) = from.filter(|it| *it != self.section.set().section) {
                let (name, language, section) = (before.name.clone(), before.language.clone(), from.to_owned());
                self.changes.moved_templates.push(MovedFrom { name, language, section });
            }
            let mut template = self.adopted_template(before);
            let change = template.take_source(source, self.made);
            self.changed(template, Some(before), change);
        }
        for before in left.into_values() {
            let is_elsewhere = self.section.leaves_template(&before.name, &before.language);
            if !is_elsewhere && !before.is_missing && self.owns(&before.scenario, &before.scenario_language) {
                let mut template = self.adopted_template(before);
                template.is_missing = true;
                self.changed(template, Some(before), Change::Missing);
            }
        }
    }

    fn adopted_template(&mut self, before: &VersionedTemplate) -> VersionedTemplate {
        let mut template = before.clone();
        for number in template.adopt_hand_edits() {
            let (name, language) = (before.name.clone(), before.language.clone());
            self.changes.templates_by_hand.push((name.clone(), language.clone(), number));
            let subject = ReviewSubject::Template { name, language }.logged();
            self.writes.by_hand.push([subject, number.to_string(), before.versions[&number].body.clone()]);
        }
        template
    }

    fn changed(&mut self, now: VersionedTemplate, before: Option<&VersionedTemplate>, change: Change) {
        let (name, language) = (now.name.clone(), now.language.clone());
        self.changes.templates.push(TemplateChange { name, language, change });
        if before != Some(&now) {
            self.writes.templates.push((before.cloned(), now));
        }
    }

    /// Whether a scenario is of this section: it is there now, or was there and is in no other section.
    fn owns(&self, id: &str, language: &str) -> bool {
        self.section.has_scenario(id, language) || self.is_gone(id, language)
    }

    /// Whether this section had a scenario that is in no section now.
    fn is_gone(&self, id: &str, language: &str) -> bool {
        let was_here = self.sections.get(&pair(id, language)) == Some(&self.section.set().section.as_str());
        was_here && !self.section.has_scenario(id, language) && !self.section.leaves_scenario(id, language)
    }
}

fn pair<'a>(name: &'a str, language: &'a str) -> (&'a str, &'a str) {
    (name, language)
}
