//! What a text says.

use std::sync::LazyLock;

use model::Finding;
use regex::Regex;

use crate::signs::emoji;
use crate::words::WordList;
use crate::{Button, Component, Template, is_shortened, links, rules, says_how_to_stop};

static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:https?://|www\.)[^\s<>]+|\b[a-z0-9-]+\.[a-z]{2,6}/[^\s<>]+").ok());

pub(super) fn lint(template: &Template, findings: &mut Vec<Finding>) {
    let texts = texts(template);
    for (place, text) in &texts {
        if template.is("UTILITY") {
            for found in WordList::promotion().find(&template.language, text) {
                let message = format!("“{}” sells", found.word);
                let finding = Finding::new(&rules::PROMOTIONAL, place, message).at(found.span);
                findings.push(finding.fixed_by("leave it out, or make it a MARKETING template"));
            }
        }
        for found in WordList::sectors().find(&template.language, text) {
            let message = format!("“{}” is about {}", found.word, found.about);
            findings.push(Finding::new(&rules::SECTOR, place, message).at(found.span));
        }
        for link in LINK.iter().flat_map(|it| it.find_iter(text)).filter(|it| is_shortened(it.as_str())) {
            let chars = |bytes: usize| text[..bytes].chars().count();
            let finding = Finding::new(&rules::SHORTENED, place, "this link hides where it leads");
            findings.push(finding.at((chars(link.start()), chars(link.end()))).fixed_by("write the whole link"));
        }
        findings.extend(links::check(text, place));
        if template.is("AUTHENTICATION") {
            authentication(place, text, findings);
        }
    }
    if template.is("AUTHENTICATION") {
        of_codes(template, findings);
    }
    if template.is("MARKETING") && !says_how(template, &texts) {
        let finding = Finding::new(&rules::OPT_OUT, "/components", "nothing says how to stop these messages");
        findings.push(finding.fixed_by(match template.cards().1 {
            [] => "add a quick reply that stops them, and a footer that names it",
            _ => "say it in the body: a template with cards has no buttons and no footer of its own",
        }));
    }
}

/// Whether a text or a button of a template says how to stop such messages.
fn says_how(template: &Template, texts: &[(String, &str)]) -> bool {
    texts.iter().any(|it| says_how_to_stop(&template.language, it.1))
        || template
            .buttons()
            .iter()
            .any(|it| says_how_to_stop(&template.language, it.text.as_deref().unwrap_or_default()))
}

fn texts(template: &Template) -> Vec<(String, &str)> {
    let mut texts = texts_of(&template.components, "");
    let (at, cards) = template.cards();
    for (n, card) in cards.iter().enumerate() {
        texts.extend(texts_of(&card.components, &format!("/components/{at}/cards/{n}")));
    }
    texts
}

fn texts_of<'a>(components: &'a [Component], within: &str) -> Vec<(String, &'a str)> {
    let texts = components.iter().enumerate().filter_map(|(n, it)| {
        let text = match it {
            Component::Header(it) => it.text.as_deref(),
            Component::Body(it) => it.text.as_deref(),
            Component::Footer(it) => it.text.as_deref(),
            Component::Buttons(_) | Component::Carousel(_) | Component::Other(_) => None,
        };
        Some((format!("{within}/components/{n}/text"), text?))
    });
    texts.collect()
}

fn authentication(place: &str, text: &str, findings: &mut Vec<Finding>) {
    let chars = |bytes: usize| text[..bytes].chars().count();
    let link = LINK.as_ref().and_then(|it| it.find(text)).map(|it| (chars(it.start()), chars(it.end())));
    for (span, what) in [(link, "an address"), (emoji(text), "an emoji")] {
        if let Some(span) = span {
            findings.push(Finding::new(&rules::AUTHENTICATION, place, format!("there is {what}")).at(span));
        }
    }
}

fn of_codes(template: &Template, findings: &mut Vec<Finding>) {
    if template.header().is_some_and(|it| !it.format.eq_ignore_ascii_case("TEXT")) {
        findings.push(Finding::new(&rules::AUTHENTICATION, "/components", "it has a header with media"));
    }
    let values = template.body().and_then(|it| it.example.as_ref());
    let values = values.iter().flat_map(|it| it.body_text.values());
    for value in values.filter(|it| it.chars().count() > 15) {
        let message = format!("the value “{value}” has {} characters; at most 15 are allowed", value.chars().count());
        findings.push(Finding::new(&rules::AUTHENTICATION, "/components", message));
    }
    if !template.is_listed() && template.body().is_some_and(|it| it.text.is_some()) {
        let finding = Finding::new(&rules::AUTHENTICATION, "/components", "its body has a text: WhatsApp writes it");
        findings.push(finding.fixed_by("leave the text out"));
    }
    if !template.buttons().iter().any(Button::is_otp) {
        findings.push(
            Finding::new(&rules::AUTHENTICATION, "/components", "it has no OTP button").fixed_by("add one: COPY_CODE"),
        );
    }
}
