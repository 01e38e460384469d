//! Forms of contents: a Flow of the WhatsApp Business account, or pages that become questions.

use scenario::{Accepts, Act, Choice, Loss, Message, Question, Text};
use serde_json::Value;

use super::ContentBuilder;
use super::message::items;

/// Parts of a page that only show a text.
const TEXTS: [&str; 5] = ["TEXT_HEADING", "TEXT_SUBHEADING", "TEXT_BODY", "TEXT_CAPTION", "RICH_TEXT"];
/// The most options that fit into one list of WhatsApp.
const MOST_OPTIONS: usize = 10;

impl ContentBuilder<'_> {
    /// `whatsapp/flows`: a button opens a form that exists in the WhatsApp Business account.
    pub(super) fn flow(&mut self, body: &Value, message: &mut Message) {
        let string = |key: &str| body.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
        message.footer = self.text(body, "subtitle");
        if string("flow_token").is_some() {
            let what = "“flow_token”: the sender gives a token with each message";
            self.builder.record_loss(Loss::FieldDropped, "message", what);
        }
        let is_endpoint = body.get("is_flow_first_page_endpoint").and_then(Value::as_bool).unwrap_or(false);
        message.choices.push(Choice::Form {
            title: string("button_text").unwrap_or_default().to_owned(),
            flow: string("flow_id").unwrap_or_default().to_owned(),
            screen: string("flow_first_page_id").filter(|_| !is_endpoint).map(str::to_owned),
        });
    }

    /// `twilio/flows`: the fields of the form are asked one after the other when the customer taps its button.
    pub(super) fn form(&mut self, body: &Value, message: &mut Message) {
        message.footer = self.text(body, "subtitle");
        let pages = items(body, "pages");
        let mut texts = Text::default();
        let mut asked: Vec<(String, Act)> = Vec::new();
        for page in pages {
            self.unknown_fields("a page", page, &["id", "next_page_id", "title", "subtitle", "layout"]);
            for key in ["title", "subtitle"] {
                let text = self.text(page, key);
                say(&mut texts, &text);
            }
            for part in items(page, "layout") {
                self.part(part, &mut texts, &mut asked);
            }
        }
        let first = asked.first().map(|it| it.0.clone());
        let n_fields = asked.len();
        for n in 0..n_fields {
            let next = asked.get(n + 1).map(|it| it.0.clone());
            match &mut asked[n].1 {
                Act::Question(it) => it.next = next,
                Act::Message(it) => it.next = next,
                _ => {}
            }
        }
        for (id, act) in asked {
            self.builder.push(&id, act);
        }
        if !texts.is_empty() {
            self.builder.record_loss(Loss::FormDropped, "message", "the text after the last field of the form");
        }
        let what = format!("a form of {} pages: {n_fields} questions", pages.len());
        self.builder.record_loss(Loss::FormDropped, "message", what);
        let title = body.get("button_text").and_then(Value::as_str).unwrap_or_default();
        message.choices.push(Choice::reply(title, first));
    }

    /// A part of a page: a text for the next question, or a question.
    fn part(&mut self, part: &Value, texts: &mut Text, asked: &mut Vec<(String, Act)>) {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        if TEXTS.contains(&kind) {
            let text = self.text(part, if part.get("text").is_some() { "text" } else { "label" });
            return say(texts, &text);
        }
        let label = self.text(part, "label");
        // The label of a footer stands on the button that leads to the next page.
        if kind == "FOOTER" {
            return;
        }
        if label.is_empty() {
            return self.builder.record_loss(Loss::FormDropped, "message", format!("a part of type {kind}"));
        }
        let id = self.builder.free_id(&format!("field {}", asked.len() + 1));
        let slot = self.builder.slot(&label.to_string());
        let mut text = std::mem::take(texts);
        say(&mut text, &label);
        let titles: Vec<String> = items(part, "options").iter().filter_map(option).collect();
        let is_list = matches!(kind, "SINGLE_SELECT" | "LIST") && (1..=MOST_OPTIONS).contains(&titles.len());
        if is_list {
            let choices = titles.iter().map(|it| Choice::reply(it, None)).collect();
            let message = Message { text, choices, slot: Some(slot), ..Message::default() };
            return asked.push((id, Act::Message(message)));
        }
        for title in &titles {
            text.push_plain(&format!("\n– {title}"));
        }
        let question = Question { text, slot, accepts: Accepts::Text, next: None, timeout: None };
        asked.push((id, Act::Question(question)));
    }
}

fn say(texts: &mut Text, text: &Text) {
    if text.is_empty() {
        return;
    }
    if !texts.is_empty() {
        texts.push_plain("\n");
    }
    texts.push(text);
}

/// The title of an option.
fn option(option: &Value) -> Option<String> {
    let named = || ["title", "label", "text", "name"].iter().find_map(|it| option.get(*it)?.as_str());
    option.as_str().or_else(named).filter(|it| !it.is_empty()).map(str::to_owned)
}
