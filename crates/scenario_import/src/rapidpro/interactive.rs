//! Interactive messages of Glific: a text with buttons or a list, as JSON in a text.

use scenario::{Choice, Loss, Media, MediaKind, Message, Text};
use serde_json::Value;

use super::actions::{first_text, texts};
use super::export::{list, string};
use super::flow::FlowReader;

impl<'a> FlowReader<'a> {
    /// The message of an action; none if it cannot be read.
    pub(super) fn interactive(&mut self, action: &'a Value, id: &str) -> Option<Message> {
        let flow = self.flow(self.run);
        let translated = flow.translation(self.language, action, "text").filter(|_| flow.base != self.language);
        let raw = first_text(translated.or(action.get("text")));
        let name = string(action, "name").unwrap_or_default();
        if translated.is_none() && flow.base != self.language {
            let what = format!("no translation into {} of the interactive message “{name}”", self.language);
            self.builder.record_loss(Loss::Untranslated, id, what);
            return None;
        }
        let Ok(content) = serde_json::from_str::<Value>(raw) else {
            let what = format!("the interactive message “{name}”, whose content is not in the file");
            self.builder.record_loss(Loss::StepDropped, id, what);
            return None;
        };
        self.name_unknown("interactive", &content, id);
        let message = match string(&content, "type") {
            Some("list") => self.interactive_list(&content, id),
            _ => self.interactive_buttons(&content, id),
        };
        if message.text.is_empty() && message.media.is_none() {
            self.builder.record_loss(Loss::StepDropped, id, format!("the interactive message “{name}” without a text"));
            return None;
        }
        Some(message)
    }

    fn interactive_buttons(&mut self, content: &Value, id: &str) -> Message {
        let inner = content.get("content").or(content.get("body")).unwrap_or(&Value::Null);
        let parts = ["header", "text", "caption"].iter().filter_map(|it| string(inner, it));
        let parts: Vec<&str> = parts.filter(|it| !it.trim().is_empty()).collect();
        let text = self.text(&parts.join("\n"), id);
        let media = string(inner, "url").filter(|it| !it.is_empty());
        let media = media.map(|url| Media {
            kind: MediaKind::of(string(inner, "type").unwrap_or_default()),
            url: self.text(url, id),
        });
        let mut choices: Vec<Choice> =
            list(content, "options").iter().filter_map(|it| Some(Choice::reply(string(it, "title")?, None))).collect();
        if string(content, "type") == Some("location_request_message") {
            choices
                .push(Choice::ShareLocation { title: parts.first().copied().unwrap_or("📍").to_owned(), next: None });
        }
        Message { text, media, choices, ..Message::default() }
    }

    fn interactive_list(&mut self, content: &Value, id: &str) -> Message {
        let parts = ["title", "body"].iter().filter_map(|it| string(content, it)).filter(|it| !it.trim().is_empty());
        let text: Text = self.text(&parts.collect::<Vec<_>>().join("\n"), id);
        if let Some(button) = list(content, "globalButtons").first().and_then(|it| string(it, "title")) {
            let what = format!("the title “{button}” of the button that opens the list");
            self.builder.record_loss(Loss::FieldDropped, id, what);
        }
        let mut choices = Vec::new();
        for section in list(content, "items") {
            if let Some(title) = string(section, "title").filter(|_| list(content, "items").len() > 1) {
                self.builder.record_loss(Loss::FieldDropped, id, format!("the section “{title}” of the list"));
            }
            choices.extend(texts(section.get("options")).iter().filter_map(|it| {
                let description = string(it, "description").filter(|it| !it.is_empty()).map(str::to_owned);
                Some(Choice::Reply { title: string(it, "title")?.to_owned(), description, value: None, next: None })
            }));
        }
        Message { text, choices, ..Message::default() }
    }
}
