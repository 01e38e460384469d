//! Scenarios, their messages and templates, and what people decide about them.

mod load;
mod review;

use jiff::Timestamp;
use model::{Digest, Receipt, Stage};

use super::two::take;
use crate::check::{RUN, receipt};
use crate::{
    Change, Crm, Decision, EditedText, FindingRow, KeptMessage, KeptTemplate, NewDecision, Review, ReviewOutcome,
    ReviewSubject, ScenarioChanges, ScenarioRow, ScenarioSet, ScenarioSets, SourceTemplate, StepRow, TemplateVersion,
    VersionOrigin,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A section of a plan. A line at the margin is a scenario; below it come `template NAME TEXT`, `message STEP TEXT`,
/// `step STEP TEMPLATE` and `finding CODE`.
fn section(name: &str, text: &str) -> ScenarioSet {
    let mut set = ScenarioSet {
        section: name.to_owned(),
        run_id: RUN.to_owned(),
        scenarios: Vec::new(),
        steps: Vec::new(),
        templates: Vec::new(),
        findings: Vec::new(),
        receipt: Receipt { batch: 1, ..receipt(Stage::Translate, Digest::of_parts([text.as_bytes()])) },
    };
    let mut scenario = String::new();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        match words[..] {
            ["template", name, text] => set.templates.push(template(&scenario, name, text)),
            ["message", id, text] => set.steps.push(step(&set, &scenario, id, "", text)),
            ["step", id, template] => set.steps.push(step(&set, &scenario, id, template, "")),
            ["finding", code] => set.findings.push(finding(&scenario, code)),
            _ => {
                scenario = line.to_owned();
                set.scenarios.push(scenario_row(line));
            }
        }
    }
    set
}

fn scenario_row(id: &str) -> ScenarioRow {
    ScenarioRow {
        id: id.to_owned(),
        language: "fr".to_owned(),
        format: "botmaker".to_owned(),
        file: "bots.json".to_owned(),
        place: "/0".to_owned(),
        intent: "reminder".to_owned(),
        purpose: "service".to_owned(),
        criticality: "high".to_owned(),
        owner: "ana".to_owned(),
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

fn template(scenario: &str, name: &str, text: &str) -> SourceTemplate {
    SourceTemplate {
        name: name.to_owned(),
        language: "fr".to_owned(),
        scenario: scenario.to_owned(),
        scenario_language: "fr".to_owned(),
        body: text.to_owned(),
        category: "UTILITY".to_owned(),
    }
}

fn step(set: &ScenarioSet, scenario: &str, id: &str, template: &str, text: &str) -> StepRow {
    StepRow {
        scenario: scenario.to_owned(),
        language: "fr".to_owned(),
        number: set.steps.len() as u32,
        part: 0,
        step_id: id.to_owned(),
        from_step: id.to_owned(),
        kind: "message".to_owned(),
        template: template.to_owned(),
        source_text: text.to_owned(),
    }
}

fn finding(scenario: &str, code: &str) -> FindingRow {
    FindingRow {
        scenario: scenario.to_owned(),
        language: "fr".to_owned(),
        code: code.to_owned(),
        rule: "a rule".to_owned(),
        severity: "warning".to_owned(),
        place: "/steps/0".to_owned(),
        template: String::new(),
        message: "something".to_owned(),
    }
}

impl Crm {
    /// Loads the sections of a plan.
    async fn load_sections(&self, sections: &[ScenarioSet], second: i64) -> ScenarioChanges {
        let sets = ScenarioSets::new(sections.to_vec()).unwrap();
        let lease = take(self, "run", "process 1").await;
        let mut changes = ScenarioChanges::default();
        for section in sets.iter() {
            changes += self.load_scenarios(&lease, section, at(second)).await.unwrap();
        }
        lease.release().await.unwrap();
        changes
    }

    /// Loads one section as the second 10, 20 or so of 1970.
    pub(super) async fn load_section(&self, text: &str, second: i64) -> ScenarioChanges {
        self.load_sections(&[section("shop", text)], second).await
    }

    /// Takes a review by Ana of the version that is there.
    pub(super) async fn review_now(&self, review: Review, second: i64) -> ReviewOutcome {
        let seen = match &review.subject {
            ReviewSubject::Template { name, .. } => self.kept_template(name).await.token(),
            ReviewSubject::Message { step_id, .. } => self.kept_message(step_id).await.token(),
        };
        self.review(&[Review { seen, ..review }], "ana", at(second)).await.unwrap().remove(0)
    }

    async fn kept_template(&self, name: &str) -> KeptTemplate {
        self.kept_templates().await.unwrap().into_iter().find(|it| it.name == name).unwrap()
    }

    async fn kept_message(&self, step: &str) -> KeptMessage {
        self.kept_messages().await.unwrap().into_iter().find(|it| it.step_id == step).unwrap()
    }

    /// All that the database keeps of scenarios, but for the log of reviews, a line each.
    pub(super) async fn kept_words(&self) -> String {
        let scenarios = self.kept_scenarios().await.unwrap();
        let scenarios = scenarios.iter().map(|it| format!("{} of {}{}", it.id, it.section, gone(it.is_missing)));
        let messages = self.kept_messages().await.unwrap();
        let templates = self.kept_templates().await.unwrap();
        let findings = self.kept_findings().await.unwrap();
        let findings = findings.iter().map(|it| format!("finding {} of {}", it.finding.code, it.section));
        let lines = scenarios.chain(messages.iter().map(message_words)).chain(templates.iter().map(template_words));
        lines.chain(findings).collect::<Vec<_>>().join("\n")
    }

    /// The rows of all tables of scenarios, as they stand there.
    async fn scenario_dump(&self) -> String {
        const TABLES: [(&str, &str); 6] = [
            ("scenario", "scenario_id section file body digest run_id changed_at is_missing"),
            (
                "scenario_step",
                "step_id number template source_text text edited_from edited_by decision decided_at comment is_missing",
            ),
            ("template", "name scenario_id current source seen decision decided_by decided_at comment is_missing"),
            ("template_version", "name version origin body digest category run_id made_by made_at"),
            ("review", "subject at made_by version decision changed text comment"),
            ("finding", "section number scenario_id code"),
        ];
        let mut lines = Vec::new();
        for (table, columns) in TABLES {
            let columns: Vec<String> =
                columns.split(' ').map(|it| format!("coalesce(cast({it} as text), '~')")).collect();
            lines.push(self.texts(&format!("select {} from {table} order by 1", columns.join(" || '|' || "))).await);
        }
        lines.push(self.texts("select stage || cast(batch as text) || output from receipt order by 1").await);
        lines.join("\n")
    }
}

fn template_words(it: &KeptTemplate) -> String {
    let proposed = it.proposed.as_ref().map_or_else(String::new, |it| format!(", proposed {}", it.body));
    let (token, decision) = (it.token(), decision_words(it.verdict.decision));
    format!("template {} {token} {decision}: {}{proposed}{}", it.name, it.current.body, gone(it.is_missing))
}

fn message_words(it: &KeptMessage) -> String {
    let edited = if it.is_edited() { format!(" edited by {}", it.edited_by) } else { String::new() };
    let proposed = it.proposed().map_or_else(String::new, |it| format!(", proposed {it}"));
    let text = if it.template.is_empty() { &it.text } else { &it.template };
    let decision = decision_words(it.verdict.decision);
    format!("message {} {decision}{edited}: {text}{proposed}{}", it.step_id, gone(it.is_missing))
}

fn decision_words(decision: Decision) -> &'static str {
    if decision == Decision::Undecided { "undecided" } else { decision.name() }
}

fn gone(is_missing: bool) -> &'static str {
    if is_missing { " (missing)" } else { "" }
}

fn version_words(it: &TemplateVersion) -> String {
    let origin = if it.origin == VersionOrigin::Edit { "edit" } else { "source" };
    format!("{} {origin} by {}: {}", it.version, it.made_by, it.body)
}

/// A review of a template without anything in it.
pub(super) fn of_template(name: &str) -> Review {
    let subject = ReviewSubject::Template { name: name.to_owned(), language: "fr".to_owned() };
    Review { subject, seen: String::new(), decision: None, edit: None, comment: None, changed: vec!["text"] }
}

/// A review of a message of the scenario `hello` without anything in it.
pub(super) fn of_message(step: &str) -> Review {
    let (scenario, language, step_id) = ("hello".to_owned(), "fr".to_owned(), step.to_owned());
    let subject = ReviewSubject::Message { scenario, language, step_id, part: 0 };
    Review { subject, ..of_template("") }
}

pub(super) fn edit(text: &str) -> Option<EditedText> {
    Some(EditedText { text: text.to_owned(), category: "UTILITY".to_owned() })
}

fn taken(version: &str) -> ReviewOutcome {
    ReviewOutcome::Taken { version: version.to_owned() }
}

pub(super) const APPROVE: Option<NewDecision> = Some(NewDecision::Approve);

/// The templates that changed, such as `greeting New`.
fn changed(changes: &ScenarioChanges) -> String {
    let templates = changes.templates.iter().map(|it| format!("{} {:?}", it.name, it.change));
    let messages = changes.messages.iter().map(|it| format!("{} {:?}", it.message.step_id, it.change));
    templates.chain(messages).collect::<Vec<_>>().join(", ")
}

#[test]
fn two_sections_cannot_have_the_same_template() {
    let one = section("shop", "hello\n template greeting A");
    let other = section("orders", "order\n template greeting A");
    let refused = |sets: [&ScenarioSet; 2]| ScenarioSets::new(sets.map(Clone::clone).to_vec()).unwrap_err().to_string();
    assert_eq!(
        refused([&one, &other]),
        "the template greeting (fr) is in two sections, shop and orders: rename the scenario or the step of one"
    );
    let same = section("orders", "hello");
    assert_eq!(
        refused([&one, &same]),
        "the scenario hello (fr) is in two sections, shop and orders: rename one, or take its file out of one section"
    );
    assert!(refused([&one, &one]).starts_with("two [[scenario]] sections are called shop"));
    let doubled = section("shop", "hello\n template greeting A\n template greeting B");
    assert!(ScenarioSets::new(vec![doubled]).unwrap_err().to_string().contains("is in the section shop twice"));
    let doubled = section("shop", "hello\n message ask A\n message ask B");
    assert!(ScenarioSets::new(vec![doubled]).unwrap_err().to_string().starts_with("part 0 of the step ask"));
    let mut alone = one.clone();
    alone.scenarios.clear();
    assert!(ScenarioSets::new(vec![alone]).unwrap_err().to_string().contains("belongs to no scenario"));
    assert_eq!(ScenarioSets::new(vec![one, section("orders", "order")]).unwrap().iter().count(), 2);
}

#[test]
fn what_changed_is_counted() {
    let hello = |name: &str, change| crate::TemplateChange { name: name.into(), language: "fr".into(), change };
    let mut changes = ScenarioChanges { templates: vec![hello("a", Change::New)], ..ScenarioChanges::default() };
    changes += ScenarioChanges { templates: vec![hello("b", Change::Changed)], ..ScenarioChanges::default() };
    assert_eq!((changes.n_templates(Change::New), changes.n_messages(Change::New)), (1, 0));
    assert_eq!(changes.templates_of(Change::Changed).collect::<Vec<_>>(), [("b", "fr")]);
}
