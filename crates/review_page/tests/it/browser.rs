//! Pages in Chromium, driven by `scripts/browser/review.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use review_page::Review;
use template::{Component, Header, Template};
use test_needs::Need;
use translate::{FlowAct, Outgoing};

use crate::pages::{HOSTILE, everywhere, fixtures, review, very_many, worked_on, write};

/// The lines of every message of a scenario as they are submitted, in the order of the steps.
fn submitted(review: &Review<'_>, n: usize) -> Vec<String> {
    let reviewed = &review.scenarios[n];
    let mut lines = Vec::new();
    // Steps stand beside the step that they come from.
    let mut steps: Vec<_> = reviewed.flow.steps.iter().collect();
    steps.sort_by_key(|step| reviewed.scenario.steps.iter().position(|it| it.id == step.from).unwrap_or(usize::MAX));
    for step in steps {
        let FlowAct::Send(sends) = &step.act else { continue };
        for (part, outgoing) in sends.sends.iter().enumerate() {
            match outgoing {
                Outgoing::Template { name, .. } => {
                    let template = reviewed.templates.iter().find(|it| it.current.name == *name).unwrap();
                    lines.extend(of_template(&template.current));
                }
                Outgoing::Message(message) => {
                    let edited = reviewed.messages.iter().find(|it| it.step == step.id && it.part == part);
                    let header = message.frame().and_then(|it| it.header.clone());
                    let footer = message.frame().and_then(|it| it.footer.clone());
                    let body = edited.map_or(message.body(), |it| it.text).to_owned();
                    lines.extend(header.into_iter().chain([body]).chain(footer).filter(|it| !it.is_empty()));
                }
            }
        }
    }
    lines
}

/// WhatsApp writes the body and the footer of a template with a code itself.
fn of_template(template: &Template) -> Vec<String> {
    let header = template.header().and_then(|it: &Header| it.text.clone());
    let body = if template.is("AUTHENTICATION") { String::new() } else { template.body_text().to_owned() };
    let footer = template.components.iter().find_map(|it| match it {
        Component::Footer(it) => Some(it.text.clone().unwrap_or_default()),
        _ => None,
    });
    let cards = template.cards().1.iter().filter_map(|it| it.body_text().map(str::to_owned));
    header.into_iter().chain([body]).chain(footer).chain(cards).collect()
}

/// Writes a page, and beside it the lines that its bubbles must carry.
fn with_lines(name: &str, review: &Review<'_>) -> PathBuf {
    let path = write(name, review);
    let lines: Vec<Vec<String>> = (0..review.scenarios.len()).map(|n| submitted(review, n)).collect();
    std::fs::write(path.with_extension("json"), serde_json::to_string(&lines).unwrap()).unwrap();
    path
}

#[test]
fn pages_can_be_tapped_through_in_a_browser_and_carry_what_is_submitted() {
    let all = fixtures();
    let many = very_many();
    let mut hostile: Vec<_> = HOSTILE.iter().map(|it| everywhere(it)).collect();
    hostile.push(everywhere(&"x".repeat(10_000)));
    let pages = [
        with_lines("hostile", &worked_on(&hostile)),
        with_lines("worked-on", &worked_on(&all)),
        with_lines("undecided", &review(&all[..3])),
        with_lines("nothing", &review(&[])),
        with_lines("very-many", &review(&many)),
    ];
    let Some(tools) = Need::Browser.find() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/browser/review.mjs");
    let checked = Command::new("node").arg(script).args(&pages).env("FERRY_TEST_BROWSER", tools).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success(), "{out}\n{err}");
    assert!(out.contains("5 pages are fine"), "{out}");
}
