//! Messages: a text, quick replies and attachments, in the language of the scenario.

use scenario::{Choice, Location, Loss, Media, MediaKind, Message, Text};
use serde_json::Value;

use super::actions::{first_text, template, texts};
use super::export::string;
use super::expression::{Piece, pieces};
use super::flow::FlowReader;

impl<'a> FlowReader<'a> {
    /// The messages of an action: one, or one for each attachment. None if there is no text in the language.
    pub(super) fn message(&mut self, action: &'a Value, id: &str) -> Vec<Message> {
        let text = self.local_text(action, id);
        let choices = self.choices(action, id);
        let attachments = self.translated(action, "attachments").or(action.get("attachments"));
        let mut messages: Vec<Message> =
            texts(attachments).iter().filter_map(Value::as_str).filter_map(|it| self.attachment(it, id)).collect();
        if let Some(name) = template(action) {
            let what = format!("the WhatsApp template “{name}” that is sent outside the window");
            self.builder.record_loss(Loss::FieldDropped, id, what);
        }
        let is_untranslated = text.is_none();
        let mut text = text.map(|it| self.text(it, id)).unwrap_or_default();
        // “…” stands for a text that somebody meant to write.
        if is_unwritten(&text) && choices.is_empty() && messages.is_empty() {
            self.builder.record_loss(Loss::StepDropped, id, format!("a message with an empty text: “{text}”"));
            text = Text::default();
        }
        let has_attachments = attachments.is_some_and(|it| !texts(Some(it)).is_empty());
        if is_untranslated && messages.is_empty() && !has_attachments {
            // Buttons without a text cannot be sent.
            for choice in &choices {
                self.builder.record_loss(Loss::ButtonDropped, id, format!("“{}” has no text", choice.title()));
            }
            return Vec::new();
        }
        let last = messages.pop().unwrap_or_default();
        messages.push(Message { text, choices, ..last });
        messages
    }

    /// A translation of the flow that is being read; nothing in its own language.
    fn translated(&self, action: &'a Value, key: &str) -> Option<&'a Value> {
        self.flow(self.run).translation(self.language, action, key)
    }

    fn is_own_language(&self) -> bool {
        self.flow(self.run).is_in(self.language)
    }

    /// The text of an action in the language of the scenario. A text without words is in every language.
    fn local_text(&mut self, action: &'a Value, id: &str) -> Option<&'a str> {
        let own = string(action, "text").unwrap_or_default();
        match self.translated(action, "text") {
            Some(text) => {
                let text = first_text(Some(text));
                if self.is_own_language() && text != own && has_words(own) {
                    let what = format!("“{own}”: its translation into {} is sent instead", self.language);
                    self.builder.record_loss(Loss::UnusedText, id, what);
                }
                Some(text)
            }
            None if self.is_own_language() || !has_words(own) => Some(own),
            None => {
                self.name_untranslated(id, &format!("“{own}”"));
                None
            }
        }
    }

    fn name_untranslated(&mut self, id: &str, what: &str) {
        let what = format!("no translation into {} of {what}", self.language);
        self.builder.record_loss(Loss::Untranslated, id, what);
    }

    fn choices(&mut self, action: &'a Value, id: &str) -> Vec<Choice> {
        let own = texts(action.get("quick_replies"));
        let translated = self.translated(action, "quick_replies");
        let title = |it: &'a Value| it.as_str().or(string(it, "text")).filter(|it| !it.trim().is_empty());
        if !self.is_own_language() && translated.is_none() && own.iter().filter_map(title).any(has_words) {
            let titles: Vec<&str> = own.iter().filter_map(title).collect();
            self.name_untranslated(id, &format!("the quick replies “{}”", titles.join("”, “")));
            return Vec::new();
        }
        let replies = translated.map_or(own, |it| texts(Some(it)));
        let mut choices = Vec::new();
        for (n, reply) in replies.iter().enumerate() {
            self.name_unknown("quick_reply", reply, id);
            // Translations in version 13 are titles; the kind of reply is that of the original.
            let kind = string(reply, "type").or(own.get(n).and_then(|it| string(it, "type")));
            let Some(title) = title(reply) else {
                if kind == Some("location") {
                    self.builder.record_loss(Loss::ButtonDropped, id, "a button for the location without a title");
                }
                continue;
            };
            let computed = pieces(title).iter().any(|it| !matches!(it, Piece::Plain(_)));
            if computed {
                let what = format!("the quick reply “{title}”, which has a value in it");
                self.builder.record_loss(Loss::ButtonDropped, id, what);
                continue;
            }
            let title = title.trim().replace("@@", "@");
            choices.push(match kind {
                Some("location") => Choice::ShareLocation { title, next: None },
                _ => {
                    let description = string(reply, "extra").filter(|it| !it.is_empty()).map(str::to_owned);
                    Choice::Reply { title, description, value: None, next: None }
                }
            });
        }
        choices
    }

    /// A message with an attachment: `image:https://…`, `image/jpeg:https://…` or `geo:-1.3,36.8`.
    fn attachment(&mut self, attachment: &str, id: &str) -> Option<Message> {
        let (kind, address) = attachment.split_once(':')?;
        if address.trim().is_empty() {
            return None;
        }
        if kind == "geo" {
            let degrees = |it: &str| it.trim().parse::<f64>().ok().map(|_| it.trim().to_owned());
            let place = address.split_once(',');
            let place = place.and_then(|(latitude, longitude)| Some((degrees(latitude)?, degrees(longitude)?)));
            let Some((latitude, longitude)) = place else {
                self.builder.record_loss(Loss::MediaKind, id, format!("the place {address}"));
                return None;
            };
            let location = Location { latitude, longitude, name: None, address: None };
            return Some(Message { location: Some(location), ..Message::default() });
        }
        let media = Media { kind: MediaKind::of(kind), url: self.text(address, id) };
        Some(Message { media: Some(media), ..Message::default() })
    }
}

/// Whether a text is only dots: `…` or `...`.
fn is_unwritten(text: &Text) -> bool {
    let text = text.to_string();
    !text.trim().is_empty() && text.chars().all(|it| matches!(it, '…' | '.') || it.is_whitespace())
}

/// Whether anything in the text is in a language: not only values, links, numbers and pictures.
pub(super) fn has_words(text: &str) -> bool {
    let plain = pieces(text).into_iter().filter_map(|it| match it {
        Piece::Plain(it) => Some(it),
        _ => None,
    });
    let plain = plain.collect::<Vec<_>>().join(" ");
    plain.split_whitespace().any(|it| !it.contains("://") && it.contains(char::is_alphabetic))
}
