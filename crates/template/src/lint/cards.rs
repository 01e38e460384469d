//! Checks the cards of a carousel: their number, whether they are alike, and what each of them has.

use model::{Finding, counted};

use crate::{Card, Component, Template, rules};

/// Limits the cards of a carousel.
const MIN_CARDS: usize = 2;
const MAX_CARDS: usize = 10;
/// Limits the buttons of a card.
const MAX_BUTTONS: usize = 2;
/// The types of buttons that a card has. `SPM` opens the product of the card (Meta, product card carousel templates).
const BUTTONS: [&str; 4] = ["QUICK_REPLY", "URL", "PHONE_NUMBER", "SPM"];

pub(super) fn lint(template: &Template, findings: &mut Vec<Finding>) {
    let (at, cards) = template.cards();
    if !template.components.iter().any(|it| matches!(it, Component::Carousel(_))) {
        return;
    }
    let place = format!("/components/{at}/cards");
    if !(MIN_CARDS..=MAX_CARDS).contains(&cards.len()) {
        let message = format!("{}; {MIN_CARDS} to {MAX_CARDS} are allowed", counted(cards.len() as u64, "card"));
        findings.push(Finding::new(&rules::CARD_COUNT, &place, message));
    }
    if !template.is("MARKETING") {
        let message = format!("cards do not belong to {}", template.category);
        findings.push(Finding::new(&rules::CAROUSEL_CATEGORY, "/category", message).fixed_by("MARKETING"));
    }
    alone(template, findings);
    for (n, card) in cards.iter().enumerate() {
        let place = format!("{place}/{n}");
        one(card, &place, findings);
        if let Some(what) = cards.first().and_then(|first| unlike(first, card)) {
            let message = format!("card {} has {what} than card 1", n + 1);
            findings.push(Finding::new(&rules::CARDS_ALIKE, place, message));
        }
    }
}

fn alone(template: &Template, findings: &mut Vec<Finding>) {
    for (n, component) in template.components.iter().enumerate() {
        let what = match component {
            Component::Header(_) => "a header",
            Component::Footer(_) => "a footer",
            Component::Buttons(_) => "buttons",
            Component::Body(_) | Component::Carousel(_) | Component::Other(_) => continue,
        };
        let finding = Finding::new(&rules::CAROUSEL_ALONE, format!("/components/{n}"), format!("{what} beside cards"));
        findings.push(finding.fixed_by("move it into the body or into the cards"));
    }
}

fn one(card: &Card, place: &str, findings: &mut Vec<Finding>) {
    let format = card.header().map(|it| it.format.to_uppercase()).unwrap_or_default();
    if !["IMAGE", "VIDEO", "PRODUCT"].contains(&format.as_str()) {
        let message = match format.as_str() {
            "" => "there is no picture or video".to_owned(),
            format => format!("a header of the kind {format}"),
        };
        findings.push(Finding::new(&rules::CARD_HEADER, place, message));
    }
    let buttons = card.buttons();
    if buttons.len() > MAX_BUTTONS {
        let message = format!("{} buttons; at most {MAX_BUTTONS} are allowed", buttons.len());
        findings.push(Finding::new(&rules::CARD_BUTTONS, place, message));
    }
    if let Some(button) = buttons.iter().find(|button| !BUTTONS.iter().any(|it| button.is(it))) {
        let message = format!("a button of type {}", button.kind);
        findings.push(Finding::new(&rules::CARD_BUTTONS, place, message));
    }
}

/// What two cards have that is not alike.
fn unlike(first: &Card, card: &Card) -> Option<&'static str> {
    let format = |it: &Card| it.header().map(|it| it.format.to_uppercase());
    let kinds = |it: &Card| it.buttons().iter().map(|it| it.kind.to_uppercase()).collect::<Vec<_>>();
    match () {
        () if format(first) != format(card) => Some("another kind of header"),
        () if first.body_text().is_some() != card.body_text().is_some() => Some("more or less text"),
        () if kinds(first) != kinds(card) => Some("other buttons"),
        () => None,
    }
}
