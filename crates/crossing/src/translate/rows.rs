//! Sets of scenarios as rows of the database, and edits of the database for the translation.

use anyhow::{Context, Result};
use crm::{FindingRow, KeptMessage, KeptTemplate, ScenarioRow, ScenarioSet, SourceTemplate, StepRow, VersionOrigin};
use jiff::Timestamp;
use model::{Counts, Digest, DigestInput, Finding, Receipt, Stage};
use scenario::{Act, Scenario};
use translate::{Compiled, FlowAct, FlowStep, Outgoing};
use translation::{Edits, MessageKey, Set};

use super::items::ItemRow;
use super::record;
use crate::open_run::TOOL;

/// The rows of a set, with its receipt.
pub(super) fn of_set(run_id: &str, number: u32, input: Digest, set: &Set, items: &[ItemRow]) -> Result<ScenarioSet> {
    // The digest of the output is known when all rows are there.
    let mut rows = ScenarioSet {
        section: set.name.clone(),
        run_id: run_id.to_owned(),
        scenarios: Vec::new(),
        steps: Vec::new(),
        templates: Vec::new(),
        findings: Vec::new(),
        receipt: receipt(number, input, items, input),
    };
    for (scenario, compiled) in set.pairs() {
        let is_taken = !compiled.flow.steps.is_empty();
        rows.findings.extend(compiled.findings.iter().map(|it| finding(scenario, compiled, it)));
        if !is_taken {
            continue;
        }
        rows.scenarios.push(scenario_row(scenario, set)?);
        for (number, step) in (1..).zip(&compiled.flow.steps) {
            rows.steps.extend(step_rows(scenario, number, step));
        }
        for template in &compiled.templates {
            rows.templates.push(SourceTemplate {
                name: template.name.clone(),
                language: template.language.clone(),
                scenario: scenario.id.clone(),
                scenario_language: scenario.language.clone(),
                body: serde_json::to_string(template)?,
                category: template.category.clone(),
            });
        }
    }
    rows.findings.extend(set.skipped.iter().map(|it| FindingRow {
        scenario: String::new(),
        language: String::new(),
        code: "I101".to_owned(),
        rule: "skipped".to_owned(),
        severity: "loss".to_owned(),
        place: it.place.clone(),
        template: String::new(),
        message: format!("{} {}: {}", it.file, it.place, it.why),
    }));
    rows.receipt.output = output_digest(texts(&rows));
    Ok(rows)
}

/// A text of a section in the database: what it is, its language and its content.
pub(crate) type KeptText = (String, String, String);

/// A step, as the digest of a section has it.
pub(crate) fn step_text(scenario: &str, language: &str, step: [&str; 3], part: u32, source_text: &str) -> KeptText {
    let [step_id, kind, template] = step;
    (format!("step {scenario} {step_id} {part}"), language.to_owned(), format!("{kind} {template} {source_text}"))
}

/// A finding, as the digest of a section has it.
pub(crate) fn finding_text(it: &FindingRow) -> KeptText {
    let name = format!("finding {} {} {}", it.scenario, it.code, it.place);
    (name, it.language.clone(), format!("{} {}", it.template, it.message))
}

/// A scenario or a template, as the digest of a section has it.
pub(crate) fn named_text(what: &str, name: &str, language: &str, body: &str) -> KeptText {
    (format!("{what} {name}"), language.to_owned(), body.to_owned())
}

/// The digest of what a section has in the database. Version 1.
pub(crate) fn output_digest(mut texts: Vec<KeptText>) -> Digest {
    texts.sort_unstable();
    let add = |input: DigestInput, (name, language, text): &KeptText| {
        input.field("name", name).field("language", language).field("text", text)
    };
    texts.iter().fold(DigestInput::new("translate.output", 1), add).digest()
}

/// The texts of a set that is about to be loaded.
fn texts(rows: &ScenarioSet) -> Vec<KeptText> {
    let scenarios = rows.scenarios.iter().map(|it| named_text("scenario", &it.id, &it.language, &it.body));
    let templates = rows.templates.iter().map(|it| named_text("template", &it.name, &it.language, &it.body));
    let steps = rows.steps.iter().map(|it| {
        step_text(&it.scenario, &it.language, [&it.step_id, &it.kind, &it.template], it.part, &it.source_text)
    });
    scenarios.chain(templates).chain(steps).chain(rows.findings.iter().map(finding_text)).collect()
}

/// Items that WhatsApp has are kept, the others rejected.
fn receipt(number: u32, input: Digest, items: &[ItemRow], output: Digest) -> Receipt {
    let all = record::counts(items).into_values().fold(model::ItemCounts::default(), |sum, it| sum + it);
    Receipt {
        stage: Stage::Translate,
        batch: number,
        input,
        output,
        counts: Counts {
            rows_in: all.items_in,
            kept: all.carried,
            rejected: all.lost + all.not_taken,
            ..Counts::default()
        },
        at: Timestamp::now(),
        tool: TOOL.to_owned(),
        adapter: String::new(),
    }
}

fn scenario_row(scenario: &Scenario, set: &Set) -> Result<ScenarioRow> {
    let origin = scenario.origin.as_ref();
    Ok(ScenarioRow {
        id: scenario.id.clone(),
        language: scenario.language.clone(),
        format: origin.map_or(set.format.name(), |it| &it.format).to_owned(),
        file: origin.map_or(String::new(), |it| it.file.clone()),
        place: origin.and_then(|it| it.place.clone()).unwrap_or_default(),
        intent: scenario.intent.clone(),
        purpose: scenario.purpose.name().to_owned(),
        criticality: scenario.criticality.name().to_owned(),
        owner: set.owner.clone(),
        body: serde_json::to_string(scenario)?,
    })
}

/// A row for each message that a step sends; one row for a step that sends nothing.
fn step_rows(scenario: &Scenario, number: u32, step: &FlowStep) -> Vec<StepRow> {
    let row = |part: u32, kind: &str, template: &str, text: &str| StepRow {
        scenario: scenario.id.clone(),
        language: scenario.language.clone(),
        number,
        part,
        step_id: step.id.clone(),
        from_step: step.from.clone(),
        kind: kind.to_owned(),
        template: template.to_owned(),
        source_text: text.to_owned(),
    };
    match &step.act {
        FlowAct::Other(act) => vec![row(0, kind(act), "", "")],
        FlowAct::Send(sends) => (0..)
            .zip(&sends.sends)
            .map(|(part, it)| match it {
                Outgoing::Template { name, .. } => row(part, "template", name, ""),
                Outgoing::Message(message) => row(part, "session message", "", message.body()),
            })
            .collect(),
    }
}

/// The kind of a step that sends nothing.
fn kind(act: &Act) -> &'static str {
    match act {
        Act::Message(_) => "message",
        Act::Question(_) => "question",
        Act::Listen(_) => "listen",
        Act::Condition(_) => "condition",
        Act::Find(_) => "find",
        Act::Set { .. } => "set",
        Act::Call(_) => "call",
        Act::Wait { .. } => "wait",
        Act::Handover(_) => "handover",
    }
}

fn finding(scenario: &Scenario, compiled: &Compiled, finding: &Finding) -> FindingRow {
    let mut keys = finding.place.trim_start_matches('/').split('/');
    let number = (keys.next() == Some("templates")).then(|| keys.next()?.parse::<usize>().ok()).flatten();
    let template = number.and_then(|it| compiled.templates.get(it));
    FindingRow {
        scenario: scenario.id.clone(),
        language: scenario.language.clone(),
        code: finding.rule.code.to_owned(),
        rule: finding.rule.name.to_owned(),
        severity: finding.rule.severity.name().to_owned(),
        place: finding.place.clone(),
        template: template.map_or(String::new(), |it| it.name.clone()),
        message: finding.message.clone(),
    }
}

/// The edits of people among what the database keeps, as the translation takes them.
pub fn edits_of(templates: &[KeptTemplate], messages: &[KeptMessage]) -> Result<Edits> {
    let mut edits = Edits::default();
    for it in templates.iter().filter(|it| it.current.origin == VersionOrigin::Edit) {
        let template = serde_json::from_str(&it.current.body);
        let template = template.with_context(|| format!("the kept text of template {} is damaged", it.name))?;
        edits.templates.insert((it.name.clone(), it.language.clone()), template);
    }
    for it in messages.iter().filter(|it| it.is_edited()) {
        let key = MessageKey {
            scenario: it.scenario.clone(),
            language: it.language.clone(),
            step: it.step_id.clone(),
            part: it.part,
        };
        edits.messages.insert(key, it.text.clone());
    }
    Ok(edits)
}
