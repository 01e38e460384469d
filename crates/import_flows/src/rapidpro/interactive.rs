//! Interactive messages of Glific: a text with buttons or a list, as JSON in a text.

use scenario::{Choice, Loss, Media, MediaKind, Message};
use serde_json::Value;

use super::actions::{first_text, texts};
use super::export::{Export, list, string};
use super::flow::FlowReader;

impl<'a> FlowReader<'a> {
    /// The message of an action; none if there is none in the language. One without content says nothing.
    pub(super) fn interactive(&mut self, action: &'a Value, id: &str) -> Option<Message> {
        let flow = self.flow(self.run);
        let stored = stored(self.export, action);
        let own = || stored.and_then(|it| translation(it, self.language)).filter(|_| flow.base != self.language);
        let translated = flow.translation(self.language, action, "text");
        let name = string(action, "name").unwrap_or_default();
        let raw = match translated {
            Some(text) => first_text(Some(text)).to_owned(),
            None => match own() {
                Some(content) => content.to_string(),
                None if flow.is_in(self.language) => first_text(action.get("text")).to_owned(),
                None => {
                    let what = format!("no translation into {} of the interactive message “{name}”", self.language);
                    self.builder.record_loss(Loss::Untranslated, id, what);
                    return None;
                }
            },
        };
        let Ok(mut content) = serde_json::from_str::<Value>(&raw) else {
            let what = format!("the interactive message “{name}”, whose content is not in the file");
            self.builder.record_loss(Loss::StepDropped, id, what);
            return Some(Message::default());
        };
        if stored.is_some_and(|it| it["send_with_title"] == false) {
            drop_title(&mut content);
        }
        self.name_unknown("interactive", &content, id);
        let mut message = match string(&content, "type") {
            Some("list") => self.interactive_list(&content, id),
            _ => self.interactive_buttons(&content, id),
        };
        if message.text.is_empty() {
            message.text = std::mem::take(&mut message.header);
        }
        Some(message)
    }

    fn interactive_buttons(&mut self, content: &Value, id: &str) -> Message {
        let inner = content.get("content").or(content.get("body")).unwrap_or(&Value::Null);
        let text = string(inner, "text").unwrap_or_default();
        let [header, text, footer] =
            [string(inner, "header").unwrap_or_default(), text, string(inner, "caption").unwrap_or_default()]
                .map(|it| self.text(it, id).trimmed());
        let media = string(inner, "url").filter(|it| !it.is_empty());
        let media = media.map(|url| Media {
            kind: MediaKind::of(string(inner, "type").unwrap_or_default()),
            url: self.text(url, id),
        });
        let mut choices: Vec<Choice> =
            list(content, "options").iter().filter_map(|it| Some(Choice::reply(string(it, "title")?, None))).collect();
        if string(content, "type") == Some("location_request_message") {
            choices.push(Choice::ShareLocation { title: text.to_string(), next: None });
        }
        Message { header, text, footer, media, choices, ..Message::default() }
    }

    fn interactive_list(&mut self, content: &Value, id: &str) -> Message {
        let [header, text] =
            ["title", "body"].map(|it| self.text(string(content, it).unwrap_or_default(), id).trimmed());
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
        Message { header, text, choices, ..Message::default() }
    }
}

/// The stored interactive message of an action; flows name it by its id.
pub(super) fn stored<'a>(export: &Export<'a>, action: &Value) -> Option<&'a Value> {
    let id = action.get("id").filter(|it| !it.is_null())?;
    list(export.json, "interactive_templates").iter().find(|it| it.get("source_id") == Some(id))
}

/// The translation of a stored message. Glific gives its languages numbers: English has 1 and Hindi 2 in each of its
/// databases; another language is known if it is the only one left.
pub(super) fn translation<'v>(stored: &'v Value, language: &str) -> Option<&'v Value> {
    let own = stored.get("language_id").map(ToString::to_string).unwrap_or_default();
    let all = stored.get("translations")?.as_object()?;
    match language {
        "en" | "eng" => all.get("1"),
        "hi" | "hin" => all.get("2"),
        _ => {
            let mut others = all.iter().filter(|it| !["1", "2", own.trim_matches('"')].contains(&it.0.as_str()));
            others.next().filter(|_| others.next().is_none()).map(|it| it.1)
        }
    }
}

/// Takes out the title, which people see only if the message is sent with it.
fn drop_title(content: &mut Value) {
    if let Some(fields) = content.as_object_mut().filter(|it| it.get("type").is_some_and(|it| it == "list")) {
        fields.remove("title");
    }
    if let Some(inner) = content.get_mut("content").and_then(Value::as_object_mut) {
        inner.remove("header");
    }
}
