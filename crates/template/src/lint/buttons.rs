//! Checks buttons: their number, their order, and each button.

use std::collections::HashSet;

use model::Finding;

use crate::links::Dead;
use crate::lint::text::no_emoji;
use crate::marks::{self, Kind};
use crate::signs::formatting_mark;
use crate::variable::variables;
use crate::{Button, Component, MAX_TEMPLATE_BUTTON, MAX_TEMPLATE_BUTTONS, MAX_URL, Template, is_shortened, rules};

/// The most buttons of each type in a template (Meta, template components).
const TYPES: [(&str, usize); 12] = [
    ("QUICK_REPLY", 10),
    ("URL", 2),
    ("PHONE_NUMBER", 1),
    ("COPY_CODE", 1),
    ("FLOW", 1),
    ("OTP", 1),
    ("CATALOG", 1),
    ("MPM", 1),
    ("SPM", 1),
    ("VOICE_CALL", 1),
    ("APP", 1),
    ("REQUEST_CONTACT_INFO", 1),
];

pub(super) fn lint(template: &Template, findings: &mut Vec<Finding>) {
    for (n, component) in template.components.iter().enumerate() {
        let place = format!("/components/{n}");
        match component {
            Component::Buttons(group) => {
                let place = format!("{place}/buttons");
                counts(&group.buttons, &place, findings);
                order(&group.buttons, &place, findings);
                each(&group.buttons, template, &place, findings);
            }
            Component::Carousel(carousel) => {
                let cards = carousel.cards.iter().enumerate();
                let components = cards.flat_map(|(n, it)| it.components.iter().enumerate().map(move |it| (n, it)));
                for (n, (k, component)) in components {
                    let Component::Buttons(group) = component else { continue };
                    let place = format!("{place}/cards/{n}/components/{k}/buttons");
                    each(&group.buttons, template, &place, findings);
                }
            }
            _ => {}
        }
    }
}

fn each(buttons: &[Button], template: &Template, place: &str, findings: &mut Vec<Finding>) {
    let mut texts = HashSet::new();
    for (n, button) in buttons.iter().enumerate() {
        let place = format!("{place}/{n}");
        one(button, template, &place, findings);
        let Some(text) = button.text.as_deref() else { continue };
        if !texts.insert(text) {
            let message = format!("“{text}” is used twice");
            findings.push(Finding::new(&rules::BUTTON_TWICE, format!("{place}/text"), message));
        }
    }
}

fn counts(buttons: &[Button], place: &str, findings: &mut Vec<Finding>) {
    let n = buttons.len();
    if n == 0 || n > MAX_TEMPLATE_BUTTONS {
        let message = format!("{n} buttons; 1 to {MAX_TEMPLATE_BUTTONS} are allowed");
        findings.push(Finding::new(&rules::BUTTON_COUNT, place, message));
    }
    for (kind, most) in TYPES {
        let n = buttons.iter().filter(|it| it.is(kind)).count();
        if n > most && n <= MAX_TEMPLATE_BUTTONS {
            let message = format!("{n} buttons of type {kind}; at most {most} are allowed");
            findings.push(Finding::new(&rules::BUTTON_COUNT, place, message));
        }
    }
    let n_replies = buttons.iter().filter(|it| it.is("QUICK_REPLY")).count();
    if n > 3 || (n_replies > 0 && n_replies < n) {
        let message = match n > 3 {
            true => format!("{n} buttons: customers see two, and “See all options”"),
            false => "quick replies with other buttons".to_owned(),
        };
        findings.push(Finding::new(&rules::BUTTONS_HIDDEN, place, message));
    }
}

fn order(buttons: &[Button], place: &str, findings: &mut Vec<Finding>) {
    let replies: Vec<usize> = (0..buttons.len()).filter(|it| buttons[*it].is("QUICK_REPLY")).collect();
    if let Some(gap) = replies.windows(2).find(|it| it[1] != it[0] + 1) {
        let finding =
            Finding::new(&rules::BUTTON_ORDER, format!("{place}/{}", gap[1]), "a quick reply apart from the others");
        findings.push(finding.fixed_by("quick replies first, then the others"));
    }
}

fn one(button: &Button, template: &Template, place: &str, findings: &mut Vec<Finding>) {
    if !TYPES.iter().any(|it| button.is(it.0)) {
        let message = format!("“{}” is not a type of button", button.kind);
        return findings.push(Finding::new(&rules::BUTTON_TYPE, format!("{place}/type"), message));
    }
    if button.is_otp() != template.is("AUTHENTICATION") {
        let message = format!("{} does not belong to {}", button.kind, template.category);
        findings.push(Finding::new(&rules::BUTTON_CATEGORY, format!("{place}/type"), message));
    }
    text(button, place, findings);
    if button.is("URL") {
        url(button, place, findings);
    }
    if button.is("PHONE_NUMBER") {
        phone(button, place, findings);
    }
    if button.is("COPY_CODE") {
        let length = button.examples().first().map_or(0, |it| it.chars().count());
        if !(1..=15).contains(&length) {
            let message = format!("the example has {length} characters");
            findings.push(Finding::new(&rules::COPY_CODE, format!("{place}/example"), message));
        }
    }
}

fn text(button: &Button, place: &str, findings: &mut Vec<Finding>) {
    // WhatsApp writes these.
    let needs_none = ["OTP", "COPY_CODE", "REQUEST_CONTACT_INFO"].iter().any(|it| button.is(it));
    let text = button.text.as_deref().unwrap_or_default();
    let length = text.chars().count();
    let at = format!("{place}/text");
    findings.extend(marks::check(Kind::Title, text, &at));
    no_emoji(text, &at, findings);
    if let Some(span) = formatting_mark(text) {
        findings
            .push(Finding::new(&rules::BUTTON_MARKS, &at, "there is a formatting mark").at(span).fixed_by("remove it"));
    }
    let message = match text {
        _ if length > MAX_TEMPLATE_BUTTON => {
            format!("{length} characters; at most {MAX_TEMPLATE_BUTTON} are allowed")
        }
        _ if text.trim().is_empty() && !needs_none => "there is no text".to_owned(),
        _ if text.contains(['\n', '\r']) => "there is a line break".to_owned(),
        _ if !variables(text).0.is_empty() => "there is a variable".to_owned(),
        _ => return,
    };
    let mut finding = Finding::new(&rules::BUTTON_TEXT, format!("{place}/text"), message);
    finding.span = (length > MAX_TEMPLATE_BUTTON).then_some((MAX_TEMPLATE_BUTTON, length));
    findings.push(finding);
}

fn url(button: &Button, place: &str, findings: &mut Vec<Finding>) {
    let (url, at) = (button.url.as_deref().unwrap_or_default(), format!("{place}/url"));
    let length = url.chars().count();
    if length > MAX_URL {
        let message = format!("{length} characters; at most {MAX_URL} are allowed");
        findings.push(Finding::new(&rules::BUTTON_URL, &at, message));
    }
    let after = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if after.is_none_or(|it| it.is_empty() || it.starts_with(['{', '/']) || it.contains(char::is_whitespace)) {
        let finding = Finding::new(&rules::BUTTON_URL, &at, "this is not an http or https address");
        findings.push(match Dead::of(url).and_then(|it| it.instead) {
            Some(instead) => finding.fixed_by(instead),
            None => finding,
        });
    } else {
        findings.extend(Dead::of(url).map(|it| it.finding(&at)));
    }
    findings.extend(marks::check(Kind::Address, url, &at));
    let (found, broken) = variables(url);
    match found.as_slice() {
        [] if broken.is_empty() => {}
        [one] if broken.is_empty() && one.bytes.1 == url.len() => {
            if button.examples().is_empty() {
                let finding = Finding::new(&rules::EXAMPLE_MISSING, &at, "the variable has no example").at(one.span);
                findings.push(finding.fixed_by("add a whole address as an example"));
            }
        }
        [first, ..] => {
            let message = "one variable is allowed, at the very end";
            findings.push(Finding::new(&rules::BUTTON_URL, &at, message).at(first.span));
        }
        [] => findings.push(Finding::new(&rules::BUTTON_URL, &at, "braces that hold no variable").at(broken[0])),
    }
    if is_shortened(url) {
        findings.push(
            Finding::new(&rules::SHORTENED, &at, "this link hides where it leads").fixed_by("write the whole link"),
        );
    }
}

fn phone(button: &Button, place: &str, findings: &mut Vec<Finding>) {
    let number = button.phone_number.as_deref().unwrap_or_default();
    let is_plain = number.chars().all(|it| it.is_ascii_digit() || "+ -()".contains(it));
    let n_digits = number.chars().filter(char::is_ascii_digit).count();
    if !is_plain || n_digits < 5 || number.chars().count() > 20 {
        let message = "this is not a phone number of at most 20 characters";
        findings.push(Finding::new(&rules::BUTTON_PHONE, format!("{place}/phone_number"), message));
    }
}
