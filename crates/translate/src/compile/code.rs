//! Codes: WhatsApp writes the text around them, and a button copies them.

use model::Finding;
use scenario::{Choice, CodeNotice, Loss, Text};
use template::{Body, Button, Buttons, Component, Footer, MAX_TEMPLATE_BUTTON};

use super::category::is_code;
use super::text::title;
use super::{Compiler, SpokenStep};
use crate::flow::{Outgoing, Sends};
use crate::rules;

impl<'a> Compiler<'a> {
    /// WhatsApp writes the text of a code, and a button copies it.
    pub(super) fn code(&mut self, spoken: &SpokenStep<'a>) {
        let slots: Vec<&str> = spoken.message.text.slots().collect();
        let code = slots.iter().find(|it| is_code(it)).or(slots.first()).map_or("code", |it| *it).to_owned();
        let own: Vec<String> = [&spoken.message.header, &spoken.message.text, &spoken.message.footer]
            .map(ToString::to_string)
            .into_iter()
            .filter(|it| !it.is_empty() && *it != format!("{{{{{code}}}}}"))
            .collect();
        if own.is_empty() {
            let message = "WhatsApp writes the text around the code";
            self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{}/text", spoken.n), message));
        } else {
            let message = format!("the wording “{}” becomes WhatsApp's own", own.join(" / "));
            self.record_loss(Loss::CodeText, spoken.n, message);
        }
        self.record_beside_code(spoken, &code);
        let name = self.name(spoken, 0, 1);
        let notice = spoken.message.code.clone().unwrap_or(CodeNotice { warns: true, expires_minutes: None });
        let body = Body { add_security_recommendation: Some(notice.warns), ..Body::default() };
        let text = spoken.message.choices.first().map(|it| self.otp_title(spoken.n, it.title()));
        let otp = Button { kind: "OTP".into(), otp_type: Some("COPY_CODE".into()), text, ..Button::default() };
        let mut components = vec![Component::Body(body)];
        if let Some(minutes) = notice.expires_minutes {
            let footer = Footer { code_expiration_minutes: Some(minutes), ..Footer::default() };
            components.push(Component::Footer(footer));
        }
        components.push(Component::Buttons(Buttons { buttons: vec![otp] }));
        let name = self.add(spoken.n, name, "AUTHENTICATION", components);
        let buttons = vec![(0, code.clone())];
        let language = self.language.to_owned();
        let parameters = vec![code];
        let sends = vec![Outgoing::Template { name, language, parameters, buttons, header: None, cards: Vec::new() }];
        let awaits = Self::awaits(spoken, Vec::new());
        let next = spoken.message.next.clone();
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits, next });
    }

    /// What a message with a code has no place for.
    fn record_beside_code(&mut self, spoken: &SpokenStep<'_>, code: &str) {
        let message = &spoken.message;
        let copied = message.choices.iter().filter_map(|it| match it {
            Choice::CopyCode { code, .. } => Some(code),
            _ => None,
        });
        let own = [&message.header, &message.text, &message.footer];
        for slot in own.into_iter().chain(copied).flat_map(Text::slots).filter(|it| *it != code) {
            self.record_loss(Loss::CodeText, spoken.n, format!("the value {{{{{slot}}}}}"));
        }
        for choice in message.choices.iter().skip(1) {
            self.record_loss(
                Loss::ButtonDropped,
                spoken.n,
                format!("“{}” is a second button for a code", choice.title()),
            );
        }
        if let Some(place) = &message.location {
            let name = place.name.as_deref().unwrap_or_default();
            self.record_loss(Loss::FieldDropped, spoken.n, format!("the place “{name}”: a code comes alone"));
        }
        self.record_products(spoken, "a code comes alone");
    }

    fn otp_title(&mut self, n: usize, whole: &str) -> String {
        let cut = title(whole, MAX_TEMPLATE_BUTTON, &[]);
        if cut != whole {
            self.record_loss(Loss::LongTitle, n, format!("“{whole}” is “{cut}”"));
        }
        cut
    }
}
