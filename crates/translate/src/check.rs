//! Checks a scenario by itself.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use model::Finding;
use regex::Regex;
use scenario::{Act, Card, Choice, END, LanguageBasis, Scenario, Step, Text};
use template::language_code;

use crate::goal::known;
use crate::{ends, loops, rules};

/// More choices in a row than this are a note.
const DEEP: usize = 4;

/// An e-mail address, a phone number as it is written abroad or in its country, or a number to call.
static CONTACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parts = [
        r"[\w.+-]+@[\w-]+\.[\w.]+",
        r"(?:\+|\b0)\d[\d .()-]{6,}\d",
        r"\b(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b",
        r"(?i)\b(?:call|dial|phone|llame|llama|ligue|appelez|anrufen|chiama|bel)\b[^.\n]{0,30}?\b\d{3,}",
    ];
    Regex::new(&parts.join("|")).ok()
});

/// Every finding of one scenario; places are JSON pointers into it. `has_contact` says that customers of the business know
/// how to reach a person.
pub fn check(scenario: &Scenario, has_contact: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    shape(scenario, &mut findings);
    // The checks below follow the routes, so the shape must be right.
    if findings.iter().all(|it| !it.is_error()) {
        let reached = reached(scenario);
        for (n, step) in scenario.steps.iter().enumerate().filter(|it| !reached.contains(it.1.id.as_str())) {
            let message = format!("no route leads to “{}”", step.id);
            findings.push(Finding::new(&rules::UNREACHABLE, format!("/steps/{n}"), message));
        }
        loops::check(scenario, &mut findings);
        ends::check(scenario, &reached, &mut findings);
        if !has_contact {
            escalation(scenario, &reached, &mut findings);
        }
        depth(scenario, &mut findings);
    }
    slots(scenario, &mut findings);
    for (place, text) in scenario.texts() {
        for (word, about) in template::sectors(&scenario.language, &text.to_string()) {
            findings.push(Finding::new(&rules::SECTOR, place.clone(), format!("“{word}” is about {about}")));
        }
    }
    findings
}

/// Checks scenarios against each other. The number is the index of the scenario.
pub fn check_set<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Vec<(usize, Finding)> {
    let mut seen = HashMap::new();
    let mut findings = Vec::new();
    for (n, scenario) in scenarios.into_iter().enumerate() {
        if let Some(first) = seen.insert((&scenario.id, &scenario.language), n) {
            let message = format!("scenario {} is called “{}” in {} too", first + 1, scenario.id, scenario.language);
            findings.push((n, Finding::new(&rules::SCENARIO_ID, "/id", message)));
        }
    }
    findings
}

fn shape(scenario: &Scenario, findings: &mut Vec<Finding>) {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    if scenario.id.is_empty() || !scenario.id.bytes().all(is_plain) {
        let message = format!("“{}” is not an id", scenario.id);
        findings.push(Finding::new(&rules::SCENARIO_ID, "/id", message).fixed_by(scenario::slot_name(&scenario.id)));
    }
    language(scenario, findings);
    if scenario.step(&scenario.start).is_none() {
        findings.push(Finding::new(&rules::START, "/start", format!("there is no step “{}”", scenario.start)));
    }
    let mut ids = HashSet::new();
    for (n, step) in scenario.steps.iter().enumerate() {
        if step.id.is_empty() || step.id == END || !ids.insert(step.id.as_str()) {
            let message = format!("“{}” is empty, taken or `end`", step.id);
            findings.push(Finding::new(&rules::STEP_ID, format!("/steps/{n}/id"), message));
        }
    }
    for (n, step) in scenario.steps.iter().enumerate() {
        step_shape(n, step, &ids, findings);
    }
}

fn language(scenario: &Scenario, findings: &mut Vec<Finding>) {
    let language = scenario.language.as_str();
    match (language, &scenario.language_basis) {
        ("", _) => {
            let finding = Finding::new(&rules::LANGUAGE_UNKNOWN, "/language", "the texts are too short to tell");
            findings.push(finding.fixed_by("name the language with --language"));
        }
        (_, LanguageBasis::Guessed) => {
            let message = format!("“{language}”, from the texts");
            findings.push(Finding::new(&rules::LANGUAGE_GUESSED, "/language", message));
        }
        (_, LanguageBasis::Assumed) => {
            let message = format!("“{language}” is assumed: the texts are too short to tell");
            findings.push(Finding::new(&rules::LANGUAGE_GUESSED, "/language", message));
        }
        (_, LanguageBasis::Doubted { looks_like, is_impossible }) => {
            let rule = if *is_impossible { &rules::LANGUAGE_IMPOSSIBLE } else { &rules::LANGUAGE_DOUBTED };
            let message = match looks_like.as_str() {
                "" => format!("“{language}” is declared, and the texts are in another script"),
                other => format!("“{language}” is declared, and the texts look like “{other}”"),
            };
            findings.push(Finding::new(rule, "/language", message).fixed_by("declare the language of the texts"));
        }
        (_, LanguageBasis::Declared) => {}
    }
    if !language.is_empty() && language_code(language).is_none() {
        let message = format!("“{language}” is not one of WhatsApp's languages");
        findings.push(Finding::new(&rules::LANGUAGE, "/language", message));
    }
}

/// Checks where a step leads, and whether it says something.
fn step_shape(n: usize, step: &Step, ids: &HashSet<&str>, findings: &mut Vec<Finding>) {
    for (route, goal) in step.act.routes() {
        if let Some(goal) = known(goal).filter(|it| !ids.contains(it)) {
            let route = if route.is_empty() { "next".to_owned() } else { format!("“{route}”") };
            let message = format!("{route} leads to “{goal}”, which is not a step");
            findings.push(Finding::new(&rules::GOAL, format!("/steps/{n}"), message));
        }
    }
    if is_silent(&step.act) {
        let has_choices = matches!(&step.act, Act::Message(it) if it.all_choices().next().is_some());
        let message = match has_choices {
            true => format!("“{}” has buttons and no text: WhatsApp shows none without one", step.id),
            false => format!("“{}” says nothing", step.id),
        };
        findings.push(Finding::new(&rules::NO_TEXT, format!("/steps/{n}/text"), message));
    }
}

/// Whether a step that should say or show something does neither.
pub(crate) fn is_silent(act: &Act) -> bool {
    match act {
        Act::Message(it) => {
            let is_blank_card = |it: &Card| is_blank(&it.title) && is_blank(&it.text);
            let shows = it.media.is_some() || it.location.is_some() || !it.products.is_empty();
            is_blank(&it.text) && !shows && it.cards.iter().all(is_blank_card)
        }
        Act::Question(it) => is_blank(&it.text),
        _ => false,
    }
}

fn is_blank(text: &Text) -> bool {
    text.trimmed().is_empty()
}

pub(crate) fn reached(scenario: &Scenario) -> HashSet<&str> {
    let steps: HashMap<&str, &Step> = scenario.steps.iter().map(|it| (it.id.as_str(), it)).collect();
    let mut reached = HashSet::new();
    let mut waiting = vec![scenario.start.as_str()];
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            let routes = steps.get(id).map(|it| it.act.routes()).unwrap_or_default();
            waiting.extend(routes.into_iter().filter_map(|it| known(it.1)));
        }
    }
    reached
}

fn escalation(scenario: &Scenario, reached: &HashSet<&str>, findings: &mut Vec<Finding>) {
    if !scenario.is_conversation() {
        return;
    }
    let speaks = |text: &Text| CONTACT.as_ref().is_some_and(|it| it.is_match(&text.to_string()));
    let (mut is_there, mut refused) = (false, None);
    for (n, step) in scenario.steps.iter().enumerate().filter(|it| reached.contains(it.1.id.as_str())) {
        match &step.act {
            Act::Handover(it) if it.via.is_accepted() => is_there = true,
            Act::Handover(it) => refused = Some((n, it.via)),
            Act::Message(it) => {
                is_there |= speaks(&it.text) || it.all_choices().any(|it| matches!(it.1, Choice::Phone { .. }));
            }
            Act::Question(it) => is_there |= speaks(&it.text),
            Act::Listen(_) | Act::Condition(_) | Act::Find(_) | Act::Set { .. } | Act::Call(_) | Act::Wait { .. } => {}
        }
    }
    match refused {
        _ if is_there => {}
        Some((n, via)) => {
            let message = format!("the only way to a person is {}, which WhatsApp does not accept", via.name());
            findings.push(Finding::new(&rules::ESCALATION_KIND, format!("/steps/{n}"), message));
        }
        None => {
            let finding = Finding::new(&rules::ESCALATION, "/steps", "no step leads to a person");
            findings.push(finding.fixed_by("add a `handover` step, or a phone number or e-mail address in a text"));
        }
    }
}

/// Counts the choices that follow each other, each step once.
fn depth(scenario: &Scenario, findings: &mut Vec<Finding>) {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    let mut waiting = std::collections::VecDeque::from([(scenario.start.as_str(), 0)]);
    while let Some((id, depth)) = waiting.pop_front() {
        if depths.contains_key(id) {
            continue;
        }
        depths.insert(id, depth);
        let Some(step) = scenario.step(id) else { continue };
        let deeper = depth + usize::from(matches!(&step.act, Act::Message(it) if it.waits()));
        waiting.extend(step.act.routes().into_iter().filter_map(|it| Some((known(it.1)?, deeper))));
    }
    let deepest = scenario.steps.iter().zip(0..).filter_map(|(step, n)| Some((*depths.get(step.id.as_str())?, n)));
    if let Some((depth, n)) = deepest.max_by_key(|it| (it.0, std::cmp::Reverse(it.1))).filter(|it| it.0 > DEEP) {
        let message = format!("“{}” comes after {depth} choices", scenario.steps[n].id);
        findings.push(Finding::new(&rules::DEEP, format!("/steps/{n}"), message));
    }
}

fn slots(scenario: &Scenario, findings: &mut Vec<Finding>) {
    let mut known: HashSet<&str> = scenario.slots.iter().map(|it| it.name.as_str()).collect();
    for step in &scenario.steps {
        match &step.act {
            Act::Set { slot, .. }
            | Act::Question(scenario::Question { slot, .. })
            | Act::Listen(scenario::Listen { slot, .. })
            | Act::Find(scenario::Find { slot, .. }) => {
                known.insert(slot);
            }
            Act::Message(it) => known.extend(it.slot.as_deref()),
            _ => {}
        }
    }
    for (place, text) in scenario.texts() {
        if let Some(slot) = text.slots().find(|it| !known.contains(it)) {
            let message = format!("nothing says what {{{{{slot}}}}} is");
            findings.push(Finding::new(&rules::SLOT, place, message).fixed_by("add it to `slots`, with an example"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_a_way_to_a_person_in_the_numbers_of_its_country() {
        let speaks = |text: &str| CONTACT.as_ref().is_some_and(|it| it.is_match(text));
        for text in [
            "please call 510-635-3663",
            "1-877-847-3663",
            "(202) 555-0123",
            "Call 211 for help",
            "+33 1 99 00 00 01",
            "01 99 00 00 01",
            "ana@example.com",
        ] {
            assert!(speaks(text), "{text}");
        }
        for text in ["On 2026-11-29 at 10:00", "Reply 1, 2 or 3", "Order 123456"] {
            assert!(!speaks(text), "{text}");
        }
    }
}
