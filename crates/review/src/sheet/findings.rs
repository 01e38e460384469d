//! Findings in words, for the row that they are about.

use crm::{FindingRow, KeptMessage, KeptTemplate, VersionOrigin};
use model::Finding;
use template::{HEADER_HANDLE, Template, ValueLengths};

use super::context::Context;

/// The findings of a template. Those of an edited text are about the edit.
pub(super) fn of_template(it: &KeptTemplate, steps: &[&KeptMessage], context: Option<&Context<'_>>) -> String {
    let is_source = it.current.origin == VersionOrigin::Source && it.current.is_as_written();
    let is_ours = |found: &&FindingRow| match found.template.is_empty() {
        false => found.template == it.name && (is_source || !found.code.starts_with('T')),
        true => steps.iter().any(|step| is_of_step(found, step, context)),
    };
    let mut lines: Vec<String> = of_scenario(context).filter(is_ours).map(line).collect();
    if !is_source && let Ok(template) = serde_json::from_str(&it.current.body) {
        lines.extend(rules(&template).iter().map(in_words));
    }
    joined(lines)
}

pub(super) fn of_message(it: &KeptMessage, context: Option<&Context<'_>>) -> String {
    let is_ours = |found: &&FindingRow| found.template.is_empty() && is_of_step(found, it, context);
    joined(of_scenario(context).filter(is_ours).map(line).collect())
}

/// What the rules of WhatsApp say of a template. Its sample is uploaded when it is submitted.
pub(super) fn rules(template: &Template) -> Vec<Finding> {
    let mut found = template::lint(template, &ValueLengths::default());
    found.retain(|it| it.rule.code != HEADER_HANDLE.code);
    found
}

/// A finding as a line of a cell.
pub(super) fn in_words(it: &Finding) -> String {
    let fix = it.fix.as_ref().map_or(String::new(), |it| format!(" — {it}"));
    format!("{}: {}{fix} ({})", it.rule.severity.name(), it.message.replace('\n', " ⏎ "), it.rule.code)
}

fn line(it: &FindingRow) -> String {
    format!("{}: {} ({})", it.severity, it.message.replace('\n', " ⏎ "), it.code)
}

fn of_scenario<'a>(context: Option<&Context<'a>>) -> impl Iterator<Item = &'a FindingRow> {
    let found = context.map(|it| (it.row, it.kept.findings.iter()));
    found.into_iter().flat_map(|(row, all)| {
        all.map(|it| &it.finding).filter(move |it| it.scenario == row.id && it.language == row.language)
    })
}

/// Whether a finding is about a step, which it names by its number in the scenario or by its id in the flow.
fn is_of_step(found: &FindingRow, step: &KeptMessage, context: Option<&Context<'_>>) -> bool {
    let mut keys = found.place.trim_start_matches('/').split('/');
    match (keys.next(), keys.next()) {
        (Some("messages"), Some(id)) => id == step.step_id,
        (Some("steps"), Some(number)) => {
            let steps = context.and_then(|it| it.scenario.as_ref()).map_or(&[][..], |it| &it.steps);
            let found = number.parse().ok().and_then(|it: usize| steps.get(it));
            found.is_some_and(|it| it.id == step.from_step)
        }
        _ => false,
    }
}

/// The most harmful first, each once.
fn joined(mut lines: Vec<String>) -> String {
    let rank = |it: &String| ["error", "loss", "warning", "note"].iter().position(|word| it.starts_with(word));
    lines.sort_by_key(rank);
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told.join("\n")
}
