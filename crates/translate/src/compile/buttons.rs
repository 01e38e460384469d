//! Makes the buttons of a template: answers, links, a phone, a code, products, and the button that stops marketing.

use std::sync::LazyLock;

use model::Finding;
use regex::Regex;
use scenario::{Choice, Loss, Text, TextPart};
use serde_json::json;
use template::{Button, MAX_TEMPLATE_BUTTON, MAX_TEMPLATE_BUTTONS, MAX_URL, plain_button, says_how_to_stop};

use super::text::{retitled, title};
use super::{Compiler, SpokenStep};
use crate::flow::Route;
use crate::rules;

/// The title of the button that copies a code (Meta, template components).
pub(crate) const COPY_TITLE: &str = "Copy offer code";

static LAST_LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)^(.*\S)\s+(https?://\S*[^\s.,;!?)])[.!]?$").ok());

/// The buttons of a template, and the routes of those that are answers.
#[derive(Default)]
pub(super) struct TemplateButtons {
    pub(super) buttons: Vec<Button>,
    pub(super) ways: Vec<Route>,
    /// The slots at the ends of addresses and those that are codes, by the index of the button.
    pub(super) ends: Vec<(usize, String)>,
    /// Answers that had no place: they are sent in a list later.
    pub(super) later: Vec<(Route, Option<String>)>,
}

impl<'a> Compiler<'a> {
    pub(super) fn tapped(&mut self, spoken: &mut SpokenStep<'a>, category: &str) -> TemplateButtons {
        let mut tapped = TemplateButtons::default();
        self.replies(spoken, category, &mut tapped);
        self.actions(spoken, &mut tapped);
        self.link_of_text(spoken, &mut tapped);
        self.button_of_products(spoken, &mut tapped);
        tapped
    }

    /// Adds the button that shows products. A template does not name them: each message that is sent does.
    fn button_of_products(&mut self, spoken: &SpokenStep<'a>, tapped: &mut TemplateButtons) {
        let n_products = spoken.message.products.len();
        if n_products == 0 {
            return;
        }
        if tapped.buttons.len() >= MAX_TEMPLATE_BUTTONS {
            return self.record_products(spoken, "there is no room for another button");
        }
        let kind = if n_products == 1 { "SPM" } else { "MPM" };
        let text = self.phrases.map_or("…", |it| it.open).to_owned();
        tapped.buttons.push(Button { kind: kind.into(), text: Some(text), ..Button::default() });
        self.record_products(spoken, "the template has a button for them, and the sender names them in each message");
    }

    /// Names products that the WhatsApp side does not have.
    pub(super) fn record_products(&mut self, spoken: &SpokenStep<'_>, why: &str) {
        if !spoken.message.products.is_empty() {
            let ids: Vec<&str> = spoken.message.products.iter().map(|it| it.id.as_str()).collect();
            self.record_loss(Loss::FieldDropped, spoken.n, format!("the products “{}”: {why}", ids.join("”, “")));
        }
    }

    /// Adds quick replies; if there are too many, one button that leads to a list.
    fn replies(&mut self, spoken: &mut SpokenStep<'a>, category: &str, tapped: &mut TemplateButtons) {
        let n_actions = spoken.message.choices.iter().filter(|it| it.next().is_none()).count().min(4);
        let n_stop = usize::from(category == "MARKETING");
        let room = MAX_TEMPLATE_BUTTONS - n_actions - n_stop;
        let rows = self.rows(spoken);
        if rows.len() > room {
            self.record_loss(Loss::ChoicesLater, spoken.n, format!("{} choices", rows.len()));
            let text = self.button_words.map_or("OK", |it| it.go_on).to_owned();
            tapped.ways.push(Route {
                id: "continue".into(),
                value: text.clone(),
                title: text.clone(),
                next: None,
                card: None,
                is_ours: true,
                is_location: false,
            });
            tapped.buttons.push(reply(text));
            tapped.later = rows;
            return;
        }
        self.say_whole_titles(spoken, &rows, |title, description| {
            plain_button(title).chars().count() <= MAX_TEMPLATE_BUTTON && description.is_none()
        });
        let mut taken = Vec::new();
        for (mut way, described) in rows {
            let text = title(&plain_button(&way.title), MAX_TEMPLATE_BUTTON, &taken);
            self.note_title(spoken.n, &way.title, &text);
            if let Some(description) = described {
                self.record_loss(Loss::LongTitle, spoken.n, format!("“{text}” without “{description}”"));
            }
            // The payload of a quick reply is its text unless the sender gives another.
            way.id.clone_from(&text);
            taken.push(text.clone());
            tapped.buttons.push(reply(text));
            tapped.ways.push(way);
        }
    }

    /// Adds links, a phone and a code to copy; what has no place goes into the text.
    fn actions(&mut self, spoken: &mut SpokenStep<'_>, tapped: &mut TemplateButtons) {
        let choices = std::mem::take(&mut spoken.message.choices);
        let is_answer: Vec<bool> = choices.iter().map(|it| it.next().is_some()).collect();
        if is_answer.windows(2).any(|it| !it[0] && it[1]) {
            let message = "answers come first";
            self.add_finding(Finding::new(&rules::BUTTON_ORDER, format!("/steps/{}", spoken.n), message));
        }
        for choice in &choices {
            let n_of = |kind: &str| tapped.buttons.iter().filter(|it| it.is(kind)).count();
            let taken: Vec<String> = tapped.buttons.iter().filter_map(|it| it.text.clone()).collect();
            let text = title(&plain_button(choice.title()), MAX_TEMPLATE_BUTTON, &taken);
            let n_button = tapped.buttons.len();
            let button = match choice {
                Choice::Link { url, .. } if n_of("URL") < 2 => self.link(url, text.clone(), n_button, &mut tapped.ends),
                Choice::Phone { number, .. } if n_of("PHONE_NUMBER") < 1 && number.chars().count() <= 20 => {
                    Some(Button {
                        kind: "PHONE_NUMBER".into(),
                        phone_number: Some(number.clone()),
                        text: Some(text.clone()),
                        ..Button::default()
                    })
                }
                Choice::CopyCode { code, .. } if n_of("COPY_CODE") < 1 => {
                    self.note_copy_title(spoken.n, choice.title());
                    Some(self.copied(spoken.n, code, n_button, &mut tapped.ends))
                }
                Choice::Form { flow, screen, .. } if n_of("FLOW") < 1 => {
                    Some(form(text.clone(), flow, screen.as_deref()))
                }
                Choice::Link { .. } | Choice::Phone { .. } | Choice::CopyCode { .. } | Choice::Form { .. } => None,
                Choice::Reply { .. } | Choice::ShareLocation { .. } | Choice::SharePhone { .. } => continue,
            };
            match button {
                Some(button) => {
                    if button.text.is_some() {
                        self.note_title(spoken.n, choice.title(), &text);
                    }
                    tapped.buttons.push(button);
                }
                None if matches!(choice, Choice::Form { .. }) => {
                    self.record_loss(Loss::ButtonDropped, spoken.n, format!("“{}” opens a form", choice.title()));
                }
                None => {
                    spoken.say_as_line(choice);
                    self.record_loss(Loss::ButtonDropped, spoken.n, format!("“{}” is in the text", choice.title()));
                }
            }
        }
        spoken.message.choices = choices;
    }

    /// A button that copies a code. Of a code that varies the sender gives the whole.
    fn copied(&mut self, n: usize, code: &Text, n_button: usize, ends: &mut Vec<(usize, String)>) -> Button {
        match code.parts() {
            [TextPart::Slot(slot)] => ends.push((n_button, slot.clone())),
            _ if code.slots().next().is_some() => {
                self.record_loss(Loss::FieldDropped, n, format!("the code “{code}”: the sender gives the whole of it"));
            }
            _ => {}
        }
        let example: String = self.filled(code).chars().take(15).collect();
        Button { kind: "COPY_CODE".into(), example: Some(json!(example)), ..Button::default() }
    }

    /// Says what became of the title of a button.
    pub(super) fn note_title(&mut self, n: usize, whole: &str, text: &str) {
        let plain = plain_button(whole);
        if plain != whole {
            let message = format!("“{whole}” is “{plain}”: templates take no emoji and no marks in buttons");
            self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{n}"), message));
        }
        if text != plain {
            self.record_loss(Loss::LongTitle, n, retitled(&plain, text));
        }
    }

    /// WhatsApp words the button that copies a code.
    fn note_copy_title(&mut self, n: usize, whole: &str) {
        if whole != COPY_TITLE {
            let message = format!("“{whole}” is “{COPY_TITLE}”: WhatsApp words the button");
            self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{n}"), message));
        }
    }

    /// A button for an address; none if a slot is in the middle of the address.
    pub(super) fn link(
        &mut self,
        url: &Text,
        text: String,
        n_button: usize,
        ends: &mut Vec<(usize, String)>,
    ) -> Option<Button> {
        let slots: Vec<&str> = url.slots().collect();
        let (address, example) = match (slots.as_slice(), url.parts()) {
            ([], _) => (url.to_string(), None),
            ([slot], [TextPart::Plain(start), TextPart::Slot(_)]) if start.len() > "https://x".len() => {
                (format!("{start}{{{{1}}}}"), Some((slot, json!([self.filled(url)]))))
            }
            _ => return None,
        };
        if address.chars().count() > MAX_URL || !address.starts_with("http") {
            return None;
        }
        let example = example.map(|(slot, example)| {
            ends.push((n_button, (*slot).to_owned()));
            example
        });
        Some(Button { kind: "URL".into(), text: Some(text), url: Some(address), example, ..Button::default() })
    }

    /// Turns a link at the end of the text into a button, if there is no link button yet.
    fn link_of_text(&mut self, spoken: &mut SpokenStep<'_>, tapped: &mut TemplateButtons) {
        let text = spoken.message.text.to_string();
        let (Some(pattern), Some(phrases)) = (LAST_LINK.as_ref(), self.phrases) else { return };
        let Some(found) = pattern.captures(&text) else { return };
        let (before, url) = (&found[1], Text::parse(&found[2]));
        // “Track it at” would be incomplete without the link.
        let is_whole = before.ends_with([':', '.', '!', '?', '…', ')', '»', '>', '→']);
        let has_others = !is_whole || before.contains("://") || tapped.buttons.iter().any(|it| it.is("URL"));
        if has_others || tapped.buttons.len() >= MAX_TEMPLATE_BUTTONS - 1 {
            return;
        }
        let n_button = tapped.buttons.len();
        if let Some(button) = self.link(&url, phrases.open.to_owned(), n_button, &mut tapped.ends) {
            let message = format!("{url} is behind “{}”", phrases.open);
            self.add_finding(Finding::new(&rules::LINK_BUTTON, format!("/steps/{}/text", spoken.n), message));
            tapped.buttons.push(button);
            spoken.message.text = Text::parse(before);
        } else if url.slots().next().is_some() {
            self.record_loss(Loss::LinkVariable, spoken.n, url.to_string());
        }
    }

    /// Returns the footer: that of the message, else that of the business. To marketing that does not say how to stop it,
    /// adds a quick reply that does, and its footer.
    pub(super) fn footer(
        &mut self,
        spoken: &SpokenStep<'_>,
        category: &str,
        tapped: &mut TemplateButtons,
    ) -> Option<String> {
        let own = Some(spoken.message.footer.to_string()).filter(|it| !it.is_empty());
        let footer = own.clone().or_else(|| self.options.business.footer.clone());
        if category != "MARKETING" {
            return footer;
        }
        let wording = self.options.business.opt_out(self.language);
        let Some(wording) = wording.filter(|_| self.scenario.language_basis.is_certain()) else { return footer };
        let text = format!("{} {}", spoken.message.text, spoken.message.footer);
        if says_how_to_stop(&self.scenario.language, &text) || tapped.buttons.len() >= MAX_TEMPLATE_BUTTONS {
            return footer;
        }
        let at = tapped.buttons.iter().filter(|it| it.is("QUICK_REPLY")).count();
        for end in &mut tapped.ends {
            end.0 += 1;
        }
        tapped.buttons.insert(at, reply(wording.button.clone()));
        tapped.ways.push(Route {
            id: wording.button.clone(),
            title: wording.button.clone(),
            value: wording.button.clone(),
            next: None,
            card: None,
            is_ours: true,
            is_location: false,
        });
        let message = format!("“{}”", wording.button);
        self.add_finding(Finding::new(&rules::OPT_OUT_ADDED, format!("/steps/{}", spoken.n), message));
        own.or(Some(wording.line))
    }
}

/// A button that opens a form: at a screen, or where the form's own endpoint says.
fn form(text: String, flow: &str, screen: Option<&str>) -> Button {
    let mut other = serde_json::Map::new();
    other.insert("flow_id".into(), json!(flow));
    other.insert("flow_action".into(), json!(if screen.is_some() { "navigate" } else { "data_exchange" }));
    if let Some(screen) = screen {
        other.insert("navigate_screen".into(), json!(screen));
    }
    Button { kind: "FLOW".into(), text: Some(text), other, ..Button::default() }
}

pub(super) fn reply(text: String) -> Button {
    Button { kind: "QUICK_REPLY".into(), text: Some(text), ..Button::default() }
}
