//! Messages: a text, attachments, quick replies, and the template that is sent while the window is closed.

use scenario::{Location, MediaKind, Text};
use serde_json::{Value, json};
use template::{Button, Frame, Row, SessionMessage, Template, variables};
use translate::{Outgoing, SentCard};

use super::flow::FlowWriter;
use super::ids;
use super::slots::plain;
use crate::rules;

/// An expression without a value, for a message that is only an attachment: the platform asks for a text.
const NO_TEXT: &str = r#"@("")"#;

/// What one action sends.
#[derive(Default)]
struct Said {
    /// Paragraphs, with their expressions.
    texts: Vec<String>,
    attachments: Vec<String>,
    replies: Vec<String>,
    templating: Option<Value>,
}

impl FlowWriter<'_> {
    /// An action for each message.
    pub(super) fn messages(&mut self, step: &str, sends: &[Outgoing]) -> Vec<Value> {
        let mut actions = Vec::new();
        for (n, outgoing) in sends.iter().enumerate() {
            let said = match outgoing {
                Outgoing::Message(message) => self.message(step, message),
                Outgoing::Template { name, parameters, buttons, header, cards, .. } => {
                    self.templates.insert(name.clone());
                    self.template(step, name, parameters, buttons, header.as_deref(), cards)
                }
            };
            let key = format!("{step}#message{n}");
            let text = if said.texts.is_empty() { NO_TEXT.to_owned() } else { said.texts.join("\n\n") };
            let mut action = json!({
                "type": "send_msg",
                "uuid": self.id(&key),
                "text": text,
                "attachments": said.attachments,
                "quick_replies": said.replies,
            });
            if let Some(templating) = said.templating {
                action["templating"] = templating;
            }
            actions.push(action);
        }
        actions
    }

    fn message(&mut self, step: &str, message: &SessionMessage) -> Said {
        let mut said = Said::default();
        match message {
            SessionMessage::Media { media, link, .. } => self.attach(step, *media, link, &mut said),
            SessionMessage::Buttons { media: Some((media, link)), .. }
            | SessionMessage::Link { media: Some((media, link)), .. } => self.attach(step, *media, link, &mut said),
            _ => {}
        }
        let none = Frame::default();
        let frame = message.frame().unwrap_or(&none);
        let framed = [frame.header.as_deref(), Some(message.body()), frame.footer.as_deref()];
        said.texts.extend(framed.into_iter().flatten().filter(|it| !it.is_empty()).map(|it| self.slots.text(it)));
        let lines = [&frame.header, &frame.footer].into_iter().flatten();
        if let Some(line) = lines.map(|it| format!("“{it}”")).reduce(|all, it| all + ", " + &it) {
            self.lose(&rules::FRAME, step, line);
        }
        match message {
            SessionMessage::Link { label, url, .. } => {
                self.lose(&rules::LINK_BUTTON, step, format!("“{label}”"));
                said.texts.push(format!("{}: {}", plain(label), self.slots.text(url)));
            }
            SessionMessage::Form { label, flow, .. } => {
                self.lose(&rules::FORM, step, format!("“{label}”, the form {flow}"));
            }
            SessionMessage::Products { products, .. } => {
                let ids: Vec<&str> = products.iter().map(|it| it.id.as_str()).collect();
                self.lose(&rules::PRODUCTS, step, ids.join(", "));
            }
            SessionMessage::Location { location } => self.place(step, location, &mut said),
            SessionMessage::LocationRequest { .. } => self.lose(&rules::LOCATION_REQUEST, step, "asked for".to_owned()),
            SessionMessage::List { button, rows, .. } => {
                self.lose(&rules::LIST_BUTTON, step, format!("“{button}”"));
                self.describe(step, rows, &mut said);
            }
            _ => {}
        }
        said.replies.extend(message.replies().iter().map(|it| plain(&it.title)));
        said
    }

    fn attach(&mut self, step: &str, kind: MediaKind, link: &str, said: &mut Said) {
        let name = match kind {
            MediaKind::Image | MediaKind::Gif => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Sticker => {
                self.lose(&rules::MEDIA_KIND, step, link.to_owned());
                "image"
            }
            MediaKind::Document | MediaKind::Contact | MediaKind::Other => "document",
        };
        said.attachments.push(format!("{name}:{}", self.slots.text(link)));
    }

    fn place(&mut self, step: &str, location: &Location, said: &mut Said) {
        let degrees = format!("{},{}", location.latitude, location.longitude);
        self.lose(&rules::LOCATION, step, degrees.clone());
        let names = [&location.name, &location.address].into_iter().flatten().map(|it| plain(it));
        let lines: Vec<String> = names.chain([format!("https://maps.google.com/?q={degrees}")]).collect();
        said.texts.push(lines.join("\n"));
    }

    /// Rows with a description are lines of the text.
    fn describe(&mut self, step: &str, rows: &[Row], said: &mut Said) {
        let line = |it: &Row| Some(format!("{}: {}", plain(&it.title), plain(it.description.as_ref()?)));
        let lines: Vec<String> = rows.iter().filter_map(line).collect();
        if !lines.is_empty() {
            let titles: Vec<String> =
                rows.iter().filter(|it| it.description.is_some()).map(|it| format!("“{}”", it.title)).collect();
            self.lose(&rules::ROW_TEXT, step, titles.join(", "));
            said.texts.push(lines.join("\n"));
        }
    }

    /// The template, and its text for the editor and for other channels.
    fn template(
        &mut self,
        step: &str,
        name: &str,
        parameters: &[String],
        buttons: &[(usize, String)],
        header: Option<&str>,
        cards: &[SentCard],
    ) -> Said {
        let template = self.compiled.templates.iter().find(|it| it.name == name);
        let lost: Vec<&str> = [
            (header.is_some_and(|it| !it.is_empty()), "its header"),
            (!buttons.is_empty(), "its buttons"),
            (!cards.is_empty(), "its cards"),
        ]
        .into_iter()
        .filter_map(|it| it.0.then_some(it.1))
        .collect();
        if !lost.is_empty() {
            self.lose(&rules::TEMPLATE_VALUES, step, format!("{name}: {}", lost.join(", ")));
        }
        let variables: Vec<String> = parameters.iter().map(|it| format!("@{}", self.slots.place(it).path())).collect();
        let uuid = self.id(&format!("{step}#templating {name}"));
        let templating = json!({
            "uuid": uuid,
            "template": { "uuid": ids::uuid(&["template", name]), "name": name },
            "variables": variables,
        });
        let mut said = Said { templating: Some(templating), ..Said::default() };
        if let Some(template) = template {
            self.template_text(template, parameters, buttons, header, &mut said);
        }
        said
    }

    fn template_text(
        &self,
        template: &Template,
        parameters: &[String],
        buttons: &[(usize, String)],
        header: Option<&str>,
        said: &mut Said,
    ) {
        if let Some(text) = template.header().and_then(|it| it.text.as_deref()) {
            let slot = header.and_then(|it| it.strip_prefix("{{")?.strip_suffix("}}").map(str::to_owned));
            said.texts.push(self.filled(text, &Vec::from_iter(slot)));
        }
        let media = template.header().map(|it| it.format.to_lowercase());
        if let (Some(kind @ ("image" | "video" | "document")), Some(link)) = (media.as_deref(), header) {
            said.attachments.push(format!("{kind}:{}", self.slots.text(link)));
        }
        let body = template.body_text();
        match (body.is_empty(), parameters.first()) {
            (true, Some(code)) => {
                said.texts.push(format!("@{} is your verification code.", self.slots.place(code).path()));
            }
            _ => said.texts.push(self.filled(body, parameters)),
        }
        said.texts.extend(template.footer().filter(|it| !it.is_empty()).map(plain));
        for (n, button) in template.buttons().iter().enumerate() {
            let end = buttons.iter().find(|it| it.0 == n).map(|it| it.1.as_str());
            match (self.button_line(button, end), button.is("QUICK_REPLY")) {
                (Some(line), _) => said.texts.push(line),
                (None, true) => said.replies.extend(button.text.as_deref().map(plain)),
                (None, false) => {}
            }
        }
        said.texts.retain(|it| !it.is_empty());
    }

    /// A button with an address as a line.
    fn button_line(&self, button: &Button, end: Option<&str>) -> Option<String> {
        let text = plain(button.text.as_deref().unwrap_or_default());
        if let Some(url) = &button.url {
            let end = end.map(|it| format!("{{{{{it}}}}}")).unwrap_or_default();
            return Some(format!("{text}: {}", self.slots.text(&url.replace("{{1}}", &end))));
        }
        if button.is("COPY_CODE") {
            let code = button.example.as_ref().and_then(Value::as_str)?;
            return Some(plain(code));
        }
        button.phone_number.as_ref().map(|it| format!("{text}: {it}"))
    }

    /// A text of a template with expressions in place of its variables.
    fn filled(&self, text: &str, parameters: &[String]) -> String {
        let (found, _) = variables(text);
        let mut names: Vec<&str> = Vec::new();
        let (mut filled, mut at) = (Text::default(), 0);
        for variable in found {
            if !names.contains(&variable.name) {
                names.push(variable.name);
            }
            let n = names.iter().position(|it| *it == variable.name).unwrap_or_default();
            filled.push_plain(&text[at..variable.bytes.0]);
            if let Some(slot) = parameters.get(n) {
                filled.push_slot(slot);
            }
            at = variable.bytes.1;
        }
        filled.push_plain(&text[at..]);
        self.slots.parts(&filled)
    }
}
