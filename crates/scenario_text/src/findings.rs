//! Findings of scenarios: by rule, the most harmful first, each once with the places and texts that it means.

use std::cmp::Reverse;
use std::collections::HashMap;

use model::{Finding, Rule, Severity, counted, printable};
use scenario::Scenario;
use template::{Component, Template};
use translate::Compiled;

/// A scenario, what became of it, and its findings.
pub struct Checked<'a> {
    pub scenario: &'a Scenario,
    pub templates: &'a [Template],
    pub findings: &'a [Finding],
}

impl<'a> Checked<'a> {
    pub fn of(scenario: &'a Scenario, compiled: &'a Compiled) -> Self {
        Self { scenario, templates: &compiled.templates, findings: &compiled.findings }
    }
}

/// A rule of the business as a whole: what a scenario lacks, the business can have.
const ONCE: &str = "escalation";

/// The longest part of a text that is shown, in characters.
const SHOWN: usize = 80;

/// All findings, grouped by rule.
pub fn grouped(all: &[Checked<'_>]) -> String {
    let mut groups: Vec<(&'static Rule, Vec<(&Checked<'_>, &Finding)>)> = Vec::new();
    for checked in all {
        for finding in checked.findings {
            match groups.iter_mut().find(|it| it.0.code == finding.rule.code) {
                Some((_, found)) => found.push((checked, finding)),
                None => groups.push((finding.rule, vec![(checked, finding)])),
            }
        }
    }
    groups.sort_by_key(|(rule, found)| (rule.severity, Reverse(found.len()), rule.code));
    groups.iter().map(|(rule, found)| group(rule, found, all.len())).collect()
}

/// How many lines of a rule are printed; the others are in the JSON and in `findings.ndjson`.
fn most_lines(severity: Severity) -> usize {
    match severity {
        Severity::Error => usize::MAX,
        Severity::Loss | Severity::Warning => 10,
        Severity::Note => 3,
    }
}

fn group(rule: &Rule, found: &[(&Checked<'_>, &Finding)], n_scenarios: usize) -> String {
    let times = if found.len() > 1 { format!(", {} times", found.len()) } else { String::new() };
    let mut text = format!("{}[{}] {}{times}: {}\n", rule.severity.name(), rule.code, rule.name, rule.about);
    if rule.name == ONCE {
        let fix = "name the contact in [business] of the plan, or add a `handover` step";
        return text + &format!("  in {} of {}: {fix}\n", found.len(), counted(n_scenarios as u64, "scenario"));
    }
    let lines = lines(found);
    let most = most_lines(rule.severity);
    lines.iter().take(most).for_each(|it| text += it);
    if lines.len() > most {
        text += &format!("  … and {} more\n", lines.len() - most);
    }
    text
}

/// A line for each message. A message that several scenarios have names them.
fn lines(found: &[(&Checked<'_>, &Finding)]) -> Vec<String> {
    let mut messages: Vec<(&Finding, Vec<&Checked<'_>>)> = Vec::new();
    let mut places: HashMap<(&str, Option<&str>), usize> = HashMap::new();
    for (checked, finding) in found {
        let n = *places.entry((&finding.message, finding.fix.as_deref())).or_insert_with(|| {
            messages.push((finding, Vec::new()));
            messages.len() - 1
        });
        // The findings of a scenario follow each other.
        let of = &mut messages[n].1;
        if of.last().is_none_or(|it| !std::ptr::eq(*it, *checked)) {
            of.push(checked);
        }
    }
    messages.iter().map(|(finding, of)| line(finding, of)).collect()
}

fn line(finding: &Finding, of: &[&Checked<'_>]) -> String {
    let fix = finding.fix.as_ref().map_or(String::new(), |it| format!(" — {}", printable(it)));
    let message = printable(&finding.message.replace('\n', " ⏎ ")).into_owned();
    let [checked] = of else {
        let names: Vec<String> = of.iter().take(3).map(|it| named(it.scenario)).collect();
        let more = if of.len() > 3 { format!(" and {} more", of.len() - 3) } else { String::new() };
        return format!("  {message}{fix}: {}{more}\n", names.join(", "));
    };
    let (part, meant) = place(checked, &finding.place).unzip();
    let part = part.map_or(String::new(), |it| format!(", {it}"));
    let mut text = format!("  {}{part}: {message}{fix}{}\n", named(checked.scenario), source(checked.scenario));
    let meant = meant.flatten().map(|it| shortened(&it));
    if let Some(meant) = meant.filter(|it| !it.is_empty() && !finding.message.contains(it.as_str())) {
        text += &format!("    in “{meant}”\n");
    }
    text
}

fn named(scenario: &Scenario) -> String {
    match scenario.language.as_str() {
        "" => scenario.id.clone(),
        language => format!("{}.{language}", scenario.id),
    }
}

/// Where the scenario is in the source.
fn source(scenario: &Scenario) -> String {
    let Some(origin) = &scenario.origin else { return String::new() };
    let place = origin.place.as_ref().map_or(String::new(), |it| format!(", {}", printable(it)));
    format!(" ({}{place})", printable(&origin.file))
}

/// The place that a JSON pointer means: its part in words, and its text.
fn place(checked: &Checked<'_>, pointer: &str) -> Option<(String, Option<String>)> {
    let mut keys = pointer.trim_start_matches('/').split('/');
    match (keys.next()?, keys.next()?) {
        ("steps", n) => {
            let step = checked.scenario.steps.get(number(n)?)?;
            Some((format!("step {}", step.id), step.act.text().map(ToString::to_string)))
        }
        ("messages", step) => Some((format!("message of step {step}"), None)),
        ("templates", n) => {
            let template = checked.templates.get(number(n)?)?;
            let component = template.components.get(keys.nth(1).and_then(number)?)?;
            let (name, text) = component_place(component, &mut keys);
            Some((format!("{name} of template {}", template.name), text))
        }
        _ => None,
    }
}

/// The place in a component that the other keys of a pointer lead to, and its text.
fn component_place<'a>(component: &Component, keys: &mut impl Iterator<Item = &'a str>) -> (String, Option<String>) {
    let (name, text) = match component {
        Component::Header(it) => ("header", it.text.clone()),
        Component::Body(it) => ("body", it.text.clone()),
        Component::Footer(it) => ("footer", it.text.clone()),
        Component::Buttons(it) => {
            let button = keys.nth(1).and_then(number).and_then(|n: usize| it.buttons.get(n));
            ("buttons", button.and_then(|it| it.text.clone()))
        }
        Component::Carousel(it) => {
            let Some((n, card)) = keys.nth(1).and_then(number).and_then(|n| Some((n, it.cards.get(n)?))) else {
                return ("cards".to_owned(), None);
            };
            let part = keys.nth(1).and_then(number).and_then(|n: usize| card.components.get(n));
            let Some(part) = part else { return (format!("card {}", n + 1), None) };
            let (name, text) = component_place(part, keys);
            return (format!("{name} of card {}", n + 1), text);
        }
        Component::Other(_) => ("a component", None),
    };
    (name.to_owned(), text)
}

fn number(key: &str) -> Option<usize> {
    key.parse().ok()
}

/// The beginning of a text, on one line.
fn shortened(text: &str) -> String {
    let line = printable(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
    match line.chars().count() <= SHOWN {
        true => line,
        false => line.chars().take(SHOWN - 1).collect::<String>() + "…",
    }
}

/// A line for each template that was made.
pub fn templates(all: &[Checked<'_>]) -> String {
    let body = |it: &Template| match it.is("AUTHENTICATION") && it.body_text().is_empty() {
        true => "(WhatsApp writes the text)".to_owned(),
        false => shortened(it.body_text()),
    };
    let templates = all.iter().flat_map(|it| it.templates);
    templates.map(|it| format!("  {}.{} {}  {}\n", it.name, it.language, it.category, body(it))).collect()
}
