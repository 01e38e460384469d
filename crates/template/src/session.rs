//! Session messages: they may only be sent within 24 hours after the customer's last message.

use std::collections::HashSet;

use model::Finding;
use scenario::{Location, MediaKind, Product};
use serde::Serialize;
use serde_json::{Value, json};

use crate::marks::{self, Kind};
use crate::{MAX_LINE, links, rules};

/// Limits a text message, in characters.
pub const MAX_TEXT: usize = 4096;
/// Limits the body of a message with buttons or a link, in characters.
pub const MAX_BODY: usize = 1024;
/// Limits the body of a list, in characters.
pub const MAX_LIST_BODY: usize = 4096;
/// Limits the reply buttons, and the characters of each.
pub const MAX_BUTTONS: usize = 3;
pub const MAX_BUTTON: usize = 20;
/// Limits the rows of a list over all sections, and the characters of each title and description.
pub const MAX_ROWS: usize = 10;
pub const MAX_ROW: usize = 24;
pub const MAX_DESCRIPTION: usize = 72;

/// A session message. Texts may hold variables, which the sender fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SessionMessage {
    Text {
        body: String,
    },
    Media {
        media: MediaKind,
        link: String,
        caption: Option<String>,
    },
    Location {
        location: Location,
    },
    /// One to three replies.
    Buttons {
        #[serde(flatten)]
        frame: Frame,
        body: String,
        media: Option<(MediaKind, String)>,
        replies: Vec<Row>,
    },
    /// One to ten replies behind a button.
    List {
        #[serde(flatten)]
        frame: Frame,
        body: String,
        button: String,
        rows: Vec<Row>,
    },
    /// A form of the WhatsApp Business account behind a button.
    Form {
        #[serde(flatten)]
        frame: Frame,
        body: String,
        label: String,
        flow: String,
        screen: Option<String>,
    },
    /// One link behind a button, below a picture, a video or a document if there is one.
    Link {
        #[serde(flatten)]
        frame: Frame,
        body: String,
        media: Option<(MediaKind, String)>,
        label: String,
        url: String,
    },
    LocationRequest {
        body: String,
    },
    /// One product of the catalogue, or several.
    Products {
        title: String,
        body: String,
        products: Vec<Product>,
    },
}

/// The lines above and below the body of a message with buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Frame {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
}

/// A reply button or a row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl SessionMessage {
    /// The text of the message.
    pub fn body(&self) -> &str {
        match self {
            Self::Text { body }
            | Self::Buttons { body, .. }
            | Self::List { body, .. }
            | Self::Form { body, .. }
            | Self::Link { body, .. }
            | Self::LocationRequest { body }
            | Self::Products { body, .. } => body,
            Self::Media { caption, .. } => caption.as_deref().unwrap_or_default(),
            Self::Location { .. } => "",
        }
    }

    pub fn replies(&self) -> &[Row] {
        match self {
            Self::Buttons { replies, .. } => replies,
            Self::List { rows, .. } => rows,
            _ => &[],
        }
    }

    /// The lines above and below the body.
    pub fn frame(&self) -> Option<&Frame> {
        match self {
            Self::Buttons { frame, .. }
            | Self::List { frame, .. }
            | Self::Form { frame, .. }
            | Self::Link { frame, .. } => Some(frame),
            _ => None,
        }
    }

    /// The body of `POST /{phone-number-id}/messages`, without `to`.
    ///
    /// `catalog` is the id of the catalogue, for products.
    pub fn json(&self, catalog: &str) -> Value {
        let mut message = json!({ "messaging_product": "whatsapp", "recipient_type": "individual" });
        let (kind, content) = match self {
            Self::Text { body } => ("text", json!({ "body": body, "preview_url": body.contains("://") })),
            Self::Media { media, link, caption } => {
                let mut content = json!({ "link": link });
                if let Some(caption) = caption {
                    content["caption"] = json!(caption);
                }
                (media.name(), content)
            }
            Self::Location { location } => ("location", json!(location)),
            _ => ("interactive", self.interactive(catalog)),
        };
        message["type"] = json!(kind);
        message[kind] = content;
        message
    }

    fn interactive(&self, catalog: &str) -> Value {
        let kind = match self {
            Self::Buttons { .. } => "button",
            Self::List { .. } => "list",
            Self::Form { .. } => "flow",
            Self::Link { .. } => "cta_url",
            Self::Products { products, .. } if products.len() == 1 => "product",
            Self::Products { .. } => "product_list",
            _ => "location_request_message",
        };
        let mut interactive = json!({ "type": kind, "body": { "text": self.body() } });
        if let Some(header) = self.frame().and_then(|it| it.header.as_ref()) {
            interactive["header"] = json!({ "type": "text", "text": header });
        }
        if let Some(footer) = self.frame().and_then(|it| it.footer.as_ref()) {
            interactive["footer"] = json!({ "text": footer });
        }
        if let Self::Buttons { media: Some((media, link)), .. } | Self::Link { media: Some((media, link)), .. } = self {
            let media = media.name();
            interactive["header"] = json!({ "type": media, media: { "link": link } });
        }
        interactive["action"] = match self {
            Self::Buttons { replies, .. } => {
                let button = |it: &Row| json!({ "type": "reply", "reply": { "id": it.id, "title": it.title } });
                json!({ "buttons": replies.iter().map(button).collect::<Vec<_>>() })
            }
            Self::List { button, rows, .. } => json!({ "button": button, "sections": [{ "rows": rows }] }),
            Self::Form { label, flow, screen, .. } => form(label, flow, screen.as_deref()),
            Self::Link { label, url, .. } => {
                json!({ "name": "cta_url", "parameters": { "display_text": label, "url": url } })
            }
            Self::Products { products, title, .. } => match products.as_slice() {
                [one] => json!({ "catalog_id": catalog, "product_retailer_id": one.id }),
                several => {
                    interactive["header"] = json!({ "type": "text", "text": title });
                    json!({ "catalog_id": catalog, "sections": sections(several, title) })
                }
            },
            _ => json!({ "name": "send_location" }),
        };
        interactive
    }
}

fn form(label: &str, flow: &str, screen: Option<&str>) -> Value {
    let mut parameters = json!({ "flow_message_version": "3", "flow_id": flow, "flow_cta": label });
    parameters["flow_action"] = json!(if screen.is_some() { "navigate" } else { "data_exchange" });
    if let Some(screen) = screen {
        parameters["flow_action_payload"] = json!({ "screen": screen });
    }
    json!({ "name": "flow", "parameters": parameters })
}

fn sections(products: &[Product], other: &str) -> Vec<Value> {
    let mut sections: Vec<(&str, Vec<Value>)> = Vec::new();
    for product in products {
        let title = product.section.as_deref().unwrap_or(other);
        let item = json!({ "product_retailer_id": product.id });
        match sections.iter_mut().find(|it| it.0 == title) {
            Some((_, items)) => items.push(item),
            None => sections.push((title, vec![item])),
        }
    }
    sections.into_iter().map(|(title, items)| json!({ "title": title, "product_items": items })).collect()
}

/// Checks a session message against the rules.
pub fn check_message(message: &SessionMessage) -> Vec<Finding> {
    let mut findings = Vec::new();
    let length = |text: &str| text.chars().count();
    let most = match message {
        SessionMessage::Text { .. } => MAX_TEXT,
        SessionMessage::List { .. } => MAX_LIST_BODY,
        _ => MAX_BODY,
    };
    if length(message.body()) > most {
        let message = format!("{} characters; at most {most} are allowed", length(message.body()));
        findings.push(Finding::new(&rules::MESSAGE_LENGTH, "/body", message));
    }
    findings.extend(marks::check(Kind::Text, message.body(), "/body"));
    findings.extend(links::check(message.body(), "/body"));
    let is_spoken = !matches!(message, SessionMessage::Media { .. } | SessionMessage::Location { .. });
    if is_spoken && message.body().trim().is_empty() {
        findings.push(Finding::new(&rules::EMPTY, "/body", "the text is empty"));
    }
    if let Some(frame) = message.frame() {
        check_frame(frame, &mut findings);
    }
    match message {
        SessionMessage::Buttons { replies, .. } => {
            check_rows(replies, "/replies", (MAX_BUTTONS, MAX_BUTTON, 256), &mut findings);
        }
        SessionMessage::List { rows, button, .. } => {
            check_rows(rows, "/rows", (MAX_ROWS, MAX_ROW, 200), &mut findings);
            check_title(button, "/button", MAX_BUTTON, &mut findings);
        }
        SessionMessage::Form { label, .. } => check_title(label, "/label", MAX_BUTTON, &mut findings),
        SessionMessage::Link { label, url, .. } => {
            check_title(label, "/label", MAX_BUTTON, &mut findings);
            check_link(url, "/url", &mut findings);
        }
        SessionMessage::Media { link, .. } => check_link(link, "/link", &mut findings),
        SessionMessage::Products { title, products, .. } => check_products(title, products, &mut findings),
        _ => {}
    }
    findings
}

fn check_frame(frame: &Frame, findings: &mut Vec<Finding>) {
    for (line, place) in [(&frame.header, "/header"), (&frame.footer, "/footer")] {
        let Some(line) = line else { continue };
        findings.extend(marks::check(Kind::Text, line, place));
        let length = line.chars().count();
        if length > MAX_LINE {
            let message = format!("{length} characters; at most {MAX_LINE} are allowed");
            findings.push(Finding::new(&rules::MESSAGE_TITLE, place, message));
        }
    }
}

fn check_products(title: &str, products: &[Product], findings: &mut Vec<Finding>) {
    if products.is_empty() || products.len() > 30 {
        let message = format!("{} products; 1 to 30 are allowed", products.len());
        findings.push(Finding::new(&rules::MESSAGE_CHOICES, "/products", message));
    }
    if products.len() > 1 {
        check_title(title, "/title", MAX_LINE, findings);
        for (n, section) in products.iter().enumerate().filter_map(|it| Some((it.0, it.1.section.as_ref()?))) {
            check_title(section, &format!("/products/{n}/section"), MAX_ROW, findings);
        }
    }
}

fn check_rows(
    rows: &[Row],
    place: &str,
    (most, longest, longest_id): (usize, usize, usize),
    findings: &mut Vec<Finding>,
) {
    if rows.is_empty() || rows.len() > most {
        let message = format!("{} choices; 1 to {most} are allowed", rows.len());
        findings.push(Finding::new(&rules::MESSAGE_CHOICES, place, message));
    }
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for (n, row) in rows.iter().enumerate() {
        check_title(&row.title, &format!("{place}/{n}/title"), longest, findings);
        if let Some(description) = &row.description {
            check_title(description, &format!("{place}/{n}/description"), MAX_DESCRIPTION, findings);
        }
        if longest == MAX_BUTTON && !titles.insert(&row.title) {
            let message = format!("“{}” is used twice", row.title);
            findings.push(Finding::new(&rules::MESSAGE_TITLE, format!("{place}/{n}/title"), message));
        }
        if row.id.is_empty() || row.id.chars().count() > longest_id || !ids.insert(&row.id) {
            let message = format!("the id “{}” is empty, too long or is used twice", row.id);
            findings.push(Finding::new(&rules::MESSAGE_ID, format!("{place}/{n}/id"), message));
        }
    }
}

fn check_title(title: &str, place: &str, most: usize, findings: &mut Vec<Finding>) {
    findings.extend(marks::check(Kind::Title, title, place));
    let length = title.chars().count();
    if title.trim().is_empty() || length > most {
        let message = format!("“{title}” has {length} characters; 1 to {most} are allowed");
        findings.push(Finding::new(&rules::MESSAGE_TITLE, place, message));
    }
}

fn check_link(url: &str, place: &str, findings: &mut Vec<Finding>) {
    findings.extend(marks::check(Kind::Address, url, place));
    // A variable may stand for the whole address.
    if !(url.starts_with("https://") || url.starts_with("http://") || url.starts_with("{{")) {
        findings.push(Finding::new(&rules::MESSAGE_LINK, place, format!("“{url}” is not an http or https address")));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn three_replies_are_buttons_of_the_cloud_api() {
        let reply = |id: &str, title: &str| Row { id: id.into(), title: title.into(), description: None };
        let replies = vec![reply("yes", "Yes"), reply("no", "No")];
        let message =
            SessionMessage::Buttons { frame: Frame::default(), body: "Shall we come?".into(), media: None, replies };
        assert!(check_message(&message).is_empty());
        let expected = r#"{"messaging_product":"whatsapp","recipient_type":"individual","type":"interactive","interactive":{"type":"button","body":{"text":"Shall we come?"},"action":{"buttons":[{"type":"reply","reply":{"id":"yes","title":"Yes"}},{"type":"reply","reply":{"id":"no","title":"No"}}]}}}"#;
        assert_eq!(message.json(""), serde_json::from_str::<Value>(expected).unwrap());
    }

    /// The kinds of facebook/openapi, business-messaging-api_v23.0.yaml (2025-11-21), `InteractiveObject` and
    /// `HeaderObject`.
    #[test]
    fn kinds_are_those_of_the_official_document_and_two_that_it_lacks() {
        let official =
            ["button", "call_permission_request", "catalog_message", "list", "product", "product_list", "flow"];
        // These have pages of Meta's own, and no place in that document.
        let on_pages = ["cta_url", "location_request_message"];
        let reply = || vec![Row { id: "a".into(), title: "A".into(), description: None }];
        let product = |id: &str| Product { id: id.into(), section: None };
        let frame = || Frame { header: Some("Reminder".into()), footer: Some("Your shop".into()) };
        let (body, title) = (|| "Hello".to_owned(), || "T".to_owned());
        let messages = [
            SessionMessage::Buttons {
                frame: Frame::default(),
                body: body(),
                media: Some((MediaKind::Video, "https://e.com".into())),
                replies: reply(),
            },
            SessionMessage::List { frame: frame(), body: body(), button: "B".into(), rows: reply() },
            SessionMessage::Link {
                frame: frame(),
                body: body(),
                media: None,
                label: "L".into(),
                url: "https://example.com".into(),
            },
            SessionMessage::Form {
                frame: frame(),
                body: body(),
                label: "F".into(),
                flow: "1".into(),
                screen: Some("START".into()),
            },
            SessionMessage::LocationRequest { body: body() },
            SessionMessage::Products { title: title(), body: body(), products: vec![product("1")] },
            SessionMessage::Products { title: title(), body: body(), products: vec![product("1"), product("2")] },
        ];
        for message in messages {
            let json = message.json("1");
            let kind = json["interactive"]["type"].as_str().unwrap();
            assert!(official.contains(&kind) || on_pages.contains(&kind), "{kind}");
            if let Some(header) = json["interactive"]["header"]["type"].as_str() {
                assert!(["text", "video", "image", "document"].contains(&header), "{header}");
            }
        }
    }

    #[test]
    fn what_whatsapp_would_refuse_is_found() {
        let row = |n: usize| Row { id: format!("{n}"), title: "x".repeat(n), description: None };
        let long = Frame { header: Some("x".repeat(61)), footer: None };
        let message = SessionMessage::List {
            frame: long,
            body: " ".into(),
            button: "y".repeat(21),
            rows: (15..26).map(row).collect(),
        };
        let message: Vec<String> =
            check_message(&message).iter().map(|it| format!("{} {}\n", it.rule.name, it.place)).collect();
        expect![[r"
            empty-text /body
            message-title /header
            message-choices /rows
            message-title /rows/10/title
            message-title /button
        "]]
        .assert_eq(&message.concat());
    }
}
