//! Makes the message of each type of content.

use scenario::{Card, Choice, CodeNotice, Location, Loss, Media, MediaKind, Message, Product, Text};
use serde_json::Value;

use super::ContentBuilder;

/// The fields of each type that are read, or say nothing about the message on WhatsApp.
fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "whatsapp/authentication" => &["add_security_recommendation", "code_expiration_minutes", "actions"],
        // WhatsApp shows no kind of form, and Twilio makes ids of its own.
        "twilio/flows" => &["body", "button_text", "subtitle", "media_url", "pages", "type"],
        "whatsapp/flows" => &[
            "body",
            "button_text",
            "subtitle",
            "media_url",
            "flow_id",
            "flow_token",
            "flow_first_page_id",
            "is_flow_first_page_endpoint",
        ],
        "whatsapp/card" => &["body", "footer", "media", "header_text", "actions"],
        "twilio/card" => &["title", "body", "subtitle", "media", "actions"],
        "twilio/carousel" => &["body", "cards"],
        "twilio/catalog" => &["title", "body", "subtitle", "id", "items", "dynamic_items"],
        "twilio/list-picker" => &["body", "button", "items"],
        "twilio/location" => &["latitude", "longitude", "label", "id", "address"],
        "twilio/media" => &["body", "media"],
        "twilio/text" => &["body"],
        _ => &["body", "actions"],
    }
}

/// Other types whose text can stand for a type that has none.
const SPOKEN: [&str; 4] = ["twilio/text", "twilio/media", "twilio/quick-reply", "twilio/call-to-action"];

impl ContentBuilder<'_> {
    pub(super) fn message(&mut self, kind: &str, body: &Value) -> Message {
        self.unknown_fields(kind, body, fields(kind));
        let mut message = Message { text: self.text(body, "body"), ..Message::default() };
        match kind {
            "whatsapp/authentication" => return self.code(body),
            "twilio/flows" => self.form(body, &mut message),
            "whatsapp/flows" => self.flow(body, &mut message),
            "whatsapp/card" => {
                message.header = self.text(body, "header_text");
                message.footer = self.text(body, "footer");
            }
            "twilio/card" => self.card(body, &mut message),
            "twilio/carousel" => self.carousel(body, &mut message),
            "twilio/catalog" => self.catalog(body, &mut message),
            "twilio/list-picker" => self.list(body, &mut message),
            "twilio/location" => message.location = location(body),
            _ => {}
        }
        self.media_of(body, &mut message);
        message.choices.extend(self.actions(body.get("actions")));
        message
    }

    /// Gives a message without a text the text of another type of the same content, and returns that type.
    pub(super) fn text_of_another(&mut self, message: &mut Message, kind: &str) -> Option<&'static str> {
        let types = self.content.get("types")?;
        if !message.text.trimmed().is_empty() {
            return None;
        }
        let is_spoken = |it: &&str| *it != kind && types[*it]["body"].as_str().is_some_and(|it| !it.trim().is_empty());
        let other = SPOKEN.into_iter().find(is_spoken)?;
        message.text = self.text(&types[other], "body");
        Some(other)
    }

    fn code(&mut self, body: &Value) -> Message {
        let slot = self.builder.slot("code");
        let mut code = Text::default();
        code.push_slot(&slot);
        let title = body.pointer("/actions/0/copy_code_text").and_then(Value::as_str).filter(|it| !it.is_empty());
        let minutes = body.get("code_expiration_minutes").and_then(Value::as_f64).filter(|it| *it >= 1.0);
        let notice = CodeNotice {
            warns: body.get("add_security_recommendation").and_then(Value::as_bool).unwrap_or(false),
            expires_minutes: minutes.map(|it| it as u32),
        };
        let button = title.map(|it| Choice::CopyCode { title: it.to_owned(), code: code.clone() });
        Message { text: code, code: Some(notice), choices: button.into_iter().collect(), ..Message::default() }
    }

    /// Twilio shows the title of a card as the body on WhatsApp, and the subtitle as the footer.
    fn card(&mut self, body: &Value, message: &mut Message) {
        let title = self.text(body, "title");
        match message.text.is_empty() {
            true => message.text = title,
            false => message.header = title,
        }
        message.footer = self.text(body, "subtitle");
    }

    fn carousel(&mut self, body: &Value, message: &mut Message) {
        for card in items(body, "cards") {
            self.unknown_fields("a card", card, &["title", "body", "media", "actions"]);
            let (title, text) = (self.text(card, "title"), self.text(card, "body"));
            let media = first_url(card.get("media")).map(|it| self.media(it));
            let choices = self.actions(card.get("actions"));
            message.cards.push(Card { title, text, media, choices });
        }
    }

    fn catalog(&mut self, body: &Value, message: &mut Message) {
        message.header = self.text(body, "title");
        message.footer = self.text(body, "subtitle");
        let string = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let (mut n_shown, mut n_varying) = (0, 0);
        for item in items(body, "items") {
            self.unknown_fields(
                "a product",
                item,
                &["id", "section_title", "name", "media_url", "price", "description"],
            );
            n_shown += usize::from(["name", "media_url", "price", "description"].iter().any(|it| !item[*it].is_null()));
            match string(item, "id").filter(|it| !it.contains("{{")) {
                Some(id) => message.products.push(Product { id, section: string(item, "section_title") }),
                None => n_varying += 1,
            }
        }
        let mut lost = |what: String| self.builder.record_loss(Loss::FieldDropped, "message", what);
        if n_shown > 0 {
            lost(format!(
                "names, pictures and prices of {n_shown} products: WhatsApp shows those of its own catalogue"
            ));
        }
        if n_varying > 0 {
            lost(format!("{n_varying} products that are chosen when the message is sent"));
        }
        if let Some(variable) = string(body, "dynamic_items").filter(|it| !it.is_empty()) {
            lost(format!("“dynamic_items” ({}): products are chosen when the message is sent", plain(&variable)));
        }
        if let Some(id) = string(body, "id").filter(|it| !it.is_empty()) {
            lost(format!("the id of the catalogue, {}: each message names it", plain(&id)));
        }
        if message.products.is_empty() {
            let what = "a button that opens the whole catalogue: name the products in the scenario";
            self.builder.record_loss(Loss::ButtonDropped, "message", what);
        }
    }

    fn list(&mut self, body: &Value, message: &mut Message) {
        message.list_button = body.get("button").and_then(Value::as_str).map(str::to_owned).filter(|it| !it.is_empty());
        for item in items(body, "items") {
            self.unknown_fields("an item", item, &["id", "item", "description"]);
            let string =
                |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned).filter(|it| !it.is_empty());
            let Some(title) = string("item") else { continue };
            let (description, value) = (string("description"), string("id").map(|it| self.payload(&it)));
            message.choices.push(Choice::Reply { title, description, value, next: None });
        }
    }

    pub(super) fn media_of(&mut self, body: &Value, message: &mut Message) {
        let Some(url) = first_url(body.get("media").or(body.get("media_url"))) else { return };
        message.media = Some(self.media(url));
        for other in items(body, "media").iter().skip(1).filter_map(Value::as_str) {
            let what = format!("another file: {}", plain(other));
            self.builder.record_loss(Loss::MediaKind, "message", what);
        }
    }

    /// The kind of a file is known from its address, with the samples of the content in it.
    fn media(&mut self, url: &str) -> Media {
        let filled = self.filled(url);
        let kind = match MediaKind::of(&filled) {
            MediaKind::Other => {
                let what = format!("a file of unknown kind, taken for a picture: {}", plain(&filled));
                self.builder.record_loss(Loss::MediaKind, "message", what);
                MediaKind::Image
            }
            kind => kind,
        };
        Media { kind, url: self.text_of(url) }
    }
}

pub(super) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The first address of a list, or the only one.
fn first_url(value: Option<&Value>) -> Option<&str> {
    let value = value?;
    value.as_str().or_else(|| value.get(0)?.as_str()).filter(|it| !it.is_empty())
}

fn location(body: &Value) -> Option<Location> {
    let string = |key: &str| match body.get(key)? {
        Value::String(text) => Some(text.clone()).filter(|it| !it.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (latitude, longitude) = (string("latitude")?, string("longitude")?);
    Some(Location { latitude, longitude, name: string("label"), address: string("address") })
}

/// A text of a finding, in which `{{1}}` is no slot.
pub(super) fn plain(text: &str) -> String {
    text.replace("{{", "{").replace("}}", "}")
}
