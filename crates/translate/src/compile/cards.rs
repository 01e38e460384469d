//! Cards: a template with a carousel where Meta's rules allow one, else lines of the text and choices.

use model::{Finding, counted};
use scenario::{Card, Choice, Loss, Media, MediaKind, Message};
use template::{
    Button, Buttons, Carousel, Component, Header, MAX_CARD_BODY, MAX_TEMPLATE_BUTTON, Template, ValueLengths, lint,
    plain_button,
};

use super::buttons::reply;
use super::category::category;
use super::session::short;
use super::templates::has_no_words;
use super::text::{length, title};
use super::{Compiler, SpokenStep};
use crate::flow::{Outgoing, Route, Sends, SentCard};
use crate::rules;

/// The category of every template with cards (Meta, media card carousel templates, 2026-06-24).
const CATEGORY: &str = "MARKETING";

/// A card that is being compiled.
#[derive(Default)]
struct CardParts {
    components: Vec<Component>,
    sent: SentCard,
    ways: Vec<Route>,
}

impl<'a> Compiler<'a> {
    /// Sends the cards of a message as a carousel; an error is the rule that they break, and nothing is sent.
    pub(super) fn carousel(&mut self, spoken: &SpokenStep<'a>) -> Result<(), String> {
        let (n_findings, n_templates) = (self.findings.len(), self.templates.len());
        let made = self.try_carousel(spoken);
        if made.is_err() {
            self.findings.truncate(n_findings);
            self.templates.truncate(n_templates);
        }
        made
    }

    /// Moves the cards of a message into its text and its choices.
    pub(super) fn cards_in_text(&mut self, spoken: &mut SpokenStep<'a>, why: &str) {
        let message = &spoken.message;
        let n_cards = counted(message.cards.len() as u64, "card");
        self.record_loss(Loss::Carousel, spoken.n, format!("{n_cards}: {why}"));
        for media in message.cards.iter().filter_map(|it| it.media.as_ref()) {
            self.record_loss(Loss::MediaKind, spoken.n, format!("the {} of a card: {}", media.kind.name(), media.url));
        }
        spoken.message = message.with_cards_in_text();
    }

    fn try_carousel(&mut self, spoken: &SpokenStep<'a>) -> Result<(), String> {
        if !self.is_closed(spoken.id) {
            return Err("within the 24-hour window they are not sent as cards".to_owned());
        }
        if let Some(what) = beside(&spoken.message) {
            return Err(format!("the message has {what} beside them, and a template with cards has a text alone"));
        }
        let mut spoken = SpokenStep { message: spoken.message.clone(), ..*spoken };
        self.propose_marketing(&spoken);
        self.note_outside_window(spoken.n);
        self.lines_in_text(&mut spoken);
        if has_no_words(&spoken.message.text) {
            return Err("the message has no text beside them".to_owned());
        }
        let texts = self.bodies(&spoken);
        let [text] = texts.as_slice() else { return Err("the text is longer than that of one template".to_owned()) };
        let (body, parameters) = self.body(text);
        let cards = spoken.message.cards.iter().zip(1..);
        let cards: Vec<CardParts> = cards.map(|(it, n)| self.card(&spoken, it, n)).collect::<Result<_, _>>()?;
        let (mut made, mut sent, mut ways) = (Vec::new(), Vec::new(), Vec::new());
        for card in cards {
            made.push(template::Card { components: card.components, ..template::Card::default() });
            sent.push(card.sent);
            ways.extend(card.ways);
        }
        let name = self.name(&spoken, 0, 1);
        let components = vec![Component::Body(body), Component::Carousel(Carousel { cards: made.clone() })];
        let name = self.add(spoken.n, name, CATEGORY, components);
        self.take(&name, &made, spoken.n)?;
        let language = self.language.to_owned();
        let sends =
            vec![Outgoing::Template { name, language, parameters, buttons: Vec::new(), header: None, cards: sent }];
        let awaits = Self::awaits(&spoken, ways);
        let next = spoken.message.next.clone();
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits, next });
        Ok(())
    }

    fn propose_marketing(&mut self, spoken: &SpokenStep<'_>) {
        let reason = match category(self.scenario, &spoken.message) {
            (CATEGORY, reason) => reason,
            _ => "WhatsApp has cards in marketing templates alone".to_owned(),
        };
        let message = format!("{CATEGORY}: {reason}");
        self.add_finding(Finding::new(&rules::CATEGORY, format!("/steps/{}", spoken.n), message));
    }

    /// Moves header and footer into the text: a template with cards has none.
    fn lines_in_text(&mut self, spoken: &mut SpokenStep<'_>) {
        let message = &mut spoken.message;
        if let Some(footer) = self.options.business.footer.as_deref().filter(|_| message.footer.is_empty()) {
            message.footer = scenario::Text::plain(footer);
        }
        if message.header.is_empty() && message.footer.is_empty() {
            return;
        }
        spoken.frame_in_text();
        let message = format!("“{}”: a template with cards has no header and no footer", spoken.message.text);
        self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{}/text", spoken.n), message));
    }

    fn card(&mut self, spoken: &SpokenStep<'_>, card: &Card, n: usize) -> Result<CardParts, String> {
        let mut parts = CardParts::default();
        let media = card.media.as_ref().ok_or_else(|| format!("card {n} has no picture and no video"))?;
        parts.components.push(Component::Header(Header { format: format_of(media, n)?.into(), ..Header::default() }));
        parts.sent.header = media.url.to_string();
        if media.url.slots().next().is_some() {
            self.record_loss(Loss::MediaVariable, spoken.n, media.url.to_string());
        }
        let text = card.body().trimmed();
        if !text.is_empty() {
            let size = length(&text, |it| self.size(it));
            if size > MAX_CARD_BODY {
                return Err(format!("card {n} has {size} characters with its values; at most {MAX_CARD_BODY} fit"));
            }
            let (body, slots) = self.body(&text);
            parts.components.push(Component::Body(body));
            parts.sent.parameters = slots;
        }
        let mut buttons: Vec<Button> = Vec::new();
        for choice in &card.choices {
            let button = self.button_of_card(spoken, (card, n), choice, buttons.as_slice(), &mut parts)?;
            buttons.push(button);
        }
        if !buttons.is_empty() {
            parts.components.push(Component::Buttons(Buttons { buttons }));
        }
        Ok(parts)
    }

    fn button_of_card(
        &mut self,
        spoken: &SpokenStep<'_>,
        (card, n): (&Card, usize),
        choice: &Choice,
        before: &[Button],
        parts: &mut CardParts,
    ) -> Result<Button, String> {
        let at = before.len();
        let taken: Vec<String> = before.iter().filter_map(|it| it.text.clone()).collect();
        let whole = choice.title();
        let text = title(&plain_button(whole), MAX_TEMPLATE_BUTTON, &taken);
        self.note_title(spoken.n, whole, &text);
        match choice {
            Choice::Reply { description, value, next, .. } => {
                if let Some(description) = description {
                    self.record_loss(Loss::LongTitle, spoken.n, format!("“{text}” without “{description}”"));
                }
                let id = format!("{}:{n}:{}", short(spoken.id), at + 1);
                parts.sent.payloads.push((at, id.clone()));
                parts.ways.push(Route {
                    id,
                    title: whole.to_owned(),
                    card: Some(card.name()).filter(|it| !it.is_empty()),
                    value: value.clone().unwrap_or_else(|| card.answer(whole)),
                    next: next.clone().or_else(|| spoken.message.next.clone()),
                    is_ours: false,
                    is_location: false,
                });
                Ok(reply(text))
            }
            Choice::Link { url, .. } => {
                let button = self.link(url, text, at, &mut parts.sent.buttons);
                button.ok_or_else(|| format!("the address of “{whole}” on card {n} cannot be that of a button"))
            }
            Choice::Phone { number, .. } => Ok(Button {
                kind: "PHONE_NUMBER".into(),
                phone_number: Some(number.clone()),
                text: Some(text),
                ..Button::default()
            }),
            Choice::ShareLocation { .. }
            | Choice::SharePhone { .. }
            | Choice::CopyCode { .. }
            | Choice::Form { .. } => Err(format!("“{whole}” on card {n} is no reply, no address and no phone number")),
        }
    }

    /// Checks the cards of a template that was made, and says what was mended in them.
    fn take(&mut self, name: &str, made: &[template::Card], n: usize) -> Result<(), String> {
        let Some(template) = self.templates.iter().find(|it| it.name == name) else { return Ok(()) };
        if let Some(broken) = broken_rule(template) {
            return Err(broken);
        }
        let after = template.cards().1.iter().map(|it| it.body_text().unwrap_or_default().to_owned());
        let pairs: Vec<(String, Option<&str>)> = after.zip(made.iter().map(template::Card::body_text)).collect();
        for ((text, before), k) in pairs.into_iter().zip(0..) {
            if before.is_some_and(|it| it != text) {
                let place = format!("/steps/{n}/cards/{k}/text");
                self.add_finding(Finding::new(&rules::TEXT_ADDED, place, format!("“{text}”")));
            }
        }
        Ok(())
    }
}

/// What a message shows beside its cards.
fn beside(message: &Message) -> Option<&'static str> {
    match message {
        it if it.media.is_some() || !it.then.is_empty() => Some("media"),
        it if it.location.is_some() => Some("a place"),
        it if !it.products.is_empty() => Some("products"),
        it if !it.choices.is_empty() => Some("choices"),
        it if it.code.is_some() => Some("a code"),
        _ => None,
    }
}

fn format_of(media: &Media, n: usize) -> Result<&'static str, String> {
    match media.kind {
        MediaKind::Image => Ok("IMAGE"),
        MediaKind::Video => Ok("VIDEO"),
        kind => Err(format!("card {n} shows neither a picture nor a video: {}", kind.name())),
    }
}

/// The first rule that the cards break. Samples of media are uploaded later.
fn broken_rule(template: &Template) -> Option<String> {
    let (at, _) = template.cards();
    let place = format!("/components/{at}/cards");
    let found = lint(template, &ValueLengths::default());
    let broken = found.iter().find(|it| it.is_error() && it.rule.code != "T502" && it.place.starts_with(&place))?;
    let card = broken.place[place.len()..].split('/').nth(1).and_then(|it| it.parse::<usize>().ok());
    let message = match card {
        Some(n) if !broken.message.starts_with("card ") => format!("card {}: {}", n + 1, broken.message),
        _ => broken.message.clone(),
    };
    Some(format!("{message} ({})", broken.rule.code))
}

#[cfg(test)]
mod tests;
