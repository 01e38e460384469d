//! The rows of a sheet, from what the database keeps.

use std::collections::HashMap;

use crm::{Decision, KeptMessage, KeptTemplate, ReviewSubject, Verdict};
use review_sheet::{Column, RowKind, SheetRow, State};

use super::context::{Context, parsed};
use super::{KeptTexts, findings, template_cells};

/// What a row is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    Template(&'a KeptTemplate),
    Message(&'a KeptMessage),
}

impl Subject<'_> {
    /// The id of the row, which is also how the log of reviews names it.
    pub(super) fn id(self) -> String {
        match self {
            Self::Template(it) => format!("template {} {}", it.name, it.language),
            Self::Message(it) => format!("message {} {} {} {}", it.scenario, it.language, it.step_id, it.part),
        }
    }

    pub(super) fn in_database(self) -> ReviewSubject {
        match self {
            Self::Template(it) => ReviewSubject::Template { name: it.name.clone(), language: it.language.clone() },
            Self::Message(it) => ReviewSubject::Message {
                scenario: it.scenario.clone(),
                language: it.language.clone(),
                step_id: it.step_id.clone(),
                part: it.part,
            },
        }
    }

    /// The id and the language of its scenario.
    pub(super) fn scenario(self) -> (String, String) {
        match self {
            Self::Template(it) => (it.scenario.clone(), it.scenario_language.clone()),
            Self::Message(it) => (it.scenario.clone(), it.language.clone()),
        }
    }

    fn is_missing(self) -> bool {
        match self {
            Self::Template(it) => it.is_missing,
            Self::Message(it) => it.is_missing,
        }
    }
}

/// What people decide about, as the scenarios run: by section, scenario and step.
pub(super) fn subjects(kept: &KeptTexts) -> Vec<Subject<'_>> {
    let sections: HashMap<(&str, &str), &str> =
        kept.scenarios.iter().map(|it| ((it.id.as_str(), it.language.as_str()), it.section.as_str())).collect();
    let section_of = |it: &Subject<'_>| {
        let (scenario, language) = it.scenario();
        sections.get(&(scenario.as_str(), language.as_str())).copied().unwrap_or_default()
    };
    let is_reviewed =
        |it: &Subject<'_>| !it.is_missing() && kept.sections.iter().any(|section| section == section_of(it));
    let mut subjects: Vec<Subject<'_>> = all_subjects(kept).filter(is_reviewed).collect();
    let first_steps = first_steps(kept);
    subjects.sort_by_cached_key(|it| {
        let (scenario, language) = it.scenario();
        let step = match it {
            Subject::Template(it) => first_steps.get(&(&*it.scenario, &*it.scenario_language, &*it.name)).copied(),
            Subject::Message(it) => Some((it.number, it.part)),
        };
        (section_of(it).to_owned(), scenario, language, step.unwrap_or((u32::MAX, 0)), it.id())
    });
    subjects
}

/// The ids of rows that a sheet could have once, and whose sections no longer have them.
pub(super) fn missing_ids(kept: &KeptTexts) -> Vec<String> {
    all_subjects(kept).filter(|it| it.is_missing()).map(Subject::id).collect()
}

fn all_subjects(kept: &KeptTexts) -> impl Iterator<Item = Subject<'_>> {
    let has_text = |it: &&KeptMessage| it.template.is_empty() && !it.text.is_empty();
    let messages = kept.messages.iter().filter(has_text).map(Subject::Message);
    kept.templates.iter().map(Subject::Template).chain(messages)
}

/// Where each template is sent first, by scenario, language and name.
fn first_steps(kept: &KeptTexts) -> HashMap<(&str, &str, &str), (u32, u32)> {
    let mut first = HashMap::new();
    for it in kept.messages.iter().filter(|it| !it.template.is_empty()) {
        let place: &mut (u32, u32) =
            first.entry((&*it.scenario, &*it.language, &*it.template)).or_insert((it.number, it.part));
        *place = (*place).min((it.number, it.part));
    }
    first
}

/// The rows of a sheet, in the order of [`subjects`].
pub(super) fn rows(kept: &KeptTexts) -> Vec<SheetRow> {
    let scenarios: HashMap<(&str, &str), Context<'_>> = kept
        .scenarios
        .iter()
        .map(|it| ((it.id.as_str(), it.language.as_str()), Context { kept, row: it, scenario: parsed(it) }))
        .collect();
    let row = |subject: Subject<'_>| {
        let (scenario, language) = subject.scenario();
        let context = scenarios.get(&(scenario.as_str(), language.as_str()));
        match subject {
            Subject::Template(it) => template_row(it, context),
            Subject::Message(it) => message_row(it, context),
        }
    };
    subjects(kept).into_iter().map(row).collect()
}

fn template_row(it: &KeptTemplate, context: Option<&Context<'_>>) -> SheetRow {
    let steps = context.map_or(Vec::new(), |context| context.steps_of(&it.name));
    let ids: Vec<&str> = steps.iter().map(|it| it.step_id.as_str()).collect();
    let mut sources: Vec<String> = Vec::new();
    for text in steps.iter().filter_map(|it| context?.source_text(&it.from_step)) {
        if !sources.contains(&text) {
            sources.push(text);
        }
    }
    let state = state(it.verdict.decision);
    let mut row = SheetRow::new(RowKind::Template, Subject::Template(it).id(), it.token(), state)
        .with(Column::Kind, "template")
        .with(Column::Step, ids.join("\n"))
        .with(Column::SourceText, sources.join("\n\n"))
        .with(Column::Findings, findings::of_template(it, &steps, context));
    for (column, text) in template_cells::of_body(&it.current.body) {
        row = row.with(column, text);
    }
    if let Some(proposed) = &it.proposed {
        row = row.with(Column::Proposed, template_cells::proposed(&it.current.body, &proposed.body));
    }
    with_verdict(with_scenario(row, context), &it.verdict)
}

fn message_row(it: &KeptMessage, context: Option<&Context<'_>>) -> SheetRow {
    let source = context.and_then(|context| context.source_text(&it.from_step));
    let state = state(it.verdict.decision);
    let row = SheetRow::new(RowKind::Message, Subject::Message(it).id(), it.token(), state)
        .with(Column::Kind, "message")
        .with(Column::Step, it.step_id.as_str())
        .with(Column::Language, it.language.as_str())
        .with(Column::Text, it.text.as_str())
        .with(Column::Proposed, it.proposed().unwrap_or_default())
        .with(Column::SourceText, source.unwrap_or_else(|| it.source_text.clone()))
        .with(Column::Findings, findings::of_message(it, context));
    with_verdict(with_scenario(row, context), &it.verdict)
}

fn with_scenario(row: SheetRow, context: Option<&Context<'_>>) -> SheetRow {
    let Some(Context { row: it, .. }) = context else { return row };
    row.with(Column::Owner, it.owner.as_str())
        .with(Column::Section, it.section.as_str())
        .with(Column::Scenario, format!("{}.{}", it.id, it.language))
        .with(Column::Criticality, it.criticality.as_str())
}

fn with_verdict(row: SheetRow, it: &Verdict) -> SheetRow {
    let at = it.decided_at.map_or(String::new(), |it| it.strftime("%Y-%m-%d %H:%M UTC").to_string());
    row.with(Column::Comment, it.comment.as_str())
        .with(Column::DecidedBy, it.decided_by.as_str())
        .with(Column::DecidedAt, at)
}

fn state(decision: Decision) -> State {
    match decision {
        Decision::Undecided => State::Undecided,
        Decision::Approved => State::Approved,
        Decision::Rejected => State::Rejected,
    }
}
