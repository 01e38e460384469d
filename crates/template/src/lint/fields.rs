//! Checks name, language, category, time to live, and which components there are.

use model::Finding;

use crate::variable::variables;
use crate::{Component, LANGUAGES, MAX_NAME, Template, language_code, rules};

const CATEGORIES: [&str; 3] = ["MARKETING", "UTILITY", "AUTHENTICATION"];

pub(super) fn lint(template: &Template, findings: &mut Vec<Finding>) {
    name(template, findings);
    language(template, findings);
    if !CATEGORIES.iter().any(|it| template.is(it)) {
        let message = format!("“{}” is not a category", template.category);
        findings.push(
            Finding::new(&rules::CATEGORY, "/category", message).fixed_by("MARKETING, UTILITY or AUTHENTICATION"),
        );
    }
    components(template, findings);
    time_to_live(template, findings);
    parameter_format(template, findings);
}

fn name(template: &Template, findings: &mut Vec<Finding>) {
    let name = &template.name;
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_plain) {
        let message = match name.chars().position(|it| !it.is_ascii() || !is_plain(it as u8)) {
            Some(at) => format!("character {} of “{name}” is neither a small letter, nor a digit, nor _", at + 1),
            None => format!("a name of {} characters", name.len()),
        };
        let finding = Finding::new(&rules::NAME, "/name", message);
        findings.push(finding.fixed_by(format!("“{}”", scenario::slot_name(name))));
    }
}

fn language(template: &Template, findings: &mut Vec<Finding>) {
    if !LANGUAGES.contains(&template.language.as_str()) {
        let message = format!("“{}” is not one of WhatsApp's {} languages", template.language, LANGUAGES.len());
        let mut finding = Finding::new(&rules::LANGUAGE, "/language", message);
        finding.fix = language_code(&template.language).map(|it| format!("“{it}”"));
        findings.push(finding);
    }
}

fn components(template: &Template, findings: &mut Vec<Finding>) {
    let mut counts = [0; 5];
    for (n, component) in template.components.iter().enumerate() {
        let place = format!("/components/{n}");
        let (kind, name) = match component {
            Component::Header(_) => (0, "header"),
            Component::Body(_) => (1, "body"),
            Component::Footer(_) => (2, "footer"),
            Component::Buttons(_) => (3, "group of buttons"),
            Component::Carousel(_) => (4, "carousel"),
            Component::Other(value) => {
                let kind = value.get("type").and_then(serde_json::Value::as_str).unwrap_or_default();
                // The content of these is not checked.
                if !["LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"].contains(&kind.to_uppercase().as_str()) {
                    let message = format!("a component of type “{kind}” with these fields is not known");
                    findings.push(Finding::new(&rules::SHAPE, place, message));
                }
                continue;
            }
        };
        counts[kind] += 1;
        if counts[kind] > 1 {
            let rule = if kind == 1 { &rules::BODY_ONCE } else { &rules::COMPONENT_ONCE };
            findings.push(Finding::new(rule, place, format!("a second {name}")));
        }
    }
    if counts[1] == 0 {
        findings.push(Finding::new(&rules::BODY_ONCE, "/components", "there is no body"));
    }
}

fn time_to_live(template: &Template, findings: &mut Vec<Finding>) {
    let Some(seconds) = template.message_send_ttl_seconds else { return };
    let range = match template.category.to_uppercase().as_str() {
        "AUTHENTICATION" => 30..=900,
        "UTILITY" => 30..=43_200,
        _ => 43_200..=2_592_000,
    };
    if seconds != -1 && !range.contains(&seconds) {
        let message = format!("{seconds} s; {} to {} are allowed", range.start(), range.end());
        findings.push(Finding::new(&rules::TTL, "/message_send_ttl_seconds", message));
    }
}

fn parameter_format(template: &Template, findings: &mut Vec<Finding>) {
    let texts = [template.body_text(), template.header().and_then(|it| it.text.as_deref()).unwrap_or_default()];
    let of_cards = template.cards().1.iter().filter_map(|it| it.body_text());
    let mut found = texts.into_iter().chain(of_cards).flat_map(|it| variables(it).0).peekable();
    if found.peek().is_none() {
        return;
    }
    let is_named = found.any(|it| it.number().is_none());
    match template.parameter_format.as_deref() {
        _ if is_named == template.is_named() => {}
        None => findings.push(
            Finding::new(
                &rules::PARAMETER_FORMAT,
                "/components",
                "the variables have names, but parameter_format is missing",
            )
            .fixed_by("\"parameter_format\": \"NAMED\""),
        ),
        Some(format) => {
            let right = if is_named { "NAMED" } else { "POSITIONAL" };
            let message = format!("“{format}” does not fit the variables");
            findings.push(
                Finding::new(&rules::PARAMETER_FORMAT, "/parameter_format", message).fixed_by(format!("“{right}”")),
            );
        }
    }
}
