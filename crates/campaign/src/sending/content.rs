//! What a message says: the variables of a template, and their values for a person.

use model::Personal;
use plan::ParameterPlace;
use serde::{Deserialize, Serialize};
use template::{Component, Template, variables};
use whatsapp::{ButtonParameter, ButtonValue, HeaderParameter, Media, MessageContent, TemplateMessage, TextParameter};

/// The values of a message, as the database keeps them. They are about a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageValues {
    /// The whole text, if there is no template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<HeaderValue>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    body: Vec<NamedValue>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<ButtonText>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NamedValue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    text: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HeaderValue {
    Text(NamedValue),
    Image(String),
    Video(String),
    Document(String),
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ButtonText {
    index: u8,
    kind: ButtonKind,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ButtonKind {
    Url,
    CopyCode,
}

/// The most characters of the body of a template with its values (132005; Meta, template components, read 2026-05).
const MOST_BODY: usize = 1024;

/// What a template takes: the names under which the plan gives values, in their order.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct TemplateShape {
    header: Option<HeaderShape>,
    /// The names of the variables of the body; numbers if they have no names.
    body: Vec<String>,
    is_named: bool,
    /// The text of the body, with its variables.
    text: String,
    buttons: Vec<(u8, ButtonShape)>,
    /// A part that this version does not send.
    pub(crate) unsupported: Option<&'static str>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum HeaderShape {
    Text(String),
    Image,
    Video,
    Document,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ButtonShape {
    Url,
    CopyCode,
}

/// A value that a template needs and the plan or the person does not have: its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) ParameterPlace);

impl TemplateShape {
    /// Reads what a template takes.
    pub(crate) fn of(template: &Template) -> Self {
        let is_named = template.parameter_format.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("named"));
        let text = template.body_text().to_owned();
        let mut shape = Self { is_named, body: names_in(&text), text, ..Self::default() };
        for component in &template.components {
            match component {
                Component::Header(header) => shape.take_header(&header.format, header.text.as_deref()),
                Component::Buttons(buttons) => shape.take_buttons(&buttons.buttons),
                Component::Carousel(_) => shape.unsupported = Some("cards"),
                Component::Body(_) | Component::Footer(_) | Component::Other(_) => {}
            }
        }
        shape
    }

    fn take_header(&mut self, format: &str, text: Option<&str>) {
        self.header = match format.to_ascii_uppercase().as_str() {
            "TEXT" => names_in(text.unwrap_or_default()).into_iter().next().map(HeaderShape::Text),
            "IMAGE" => Some(HeaderShape::Image),
            "VIDEO" => Some(HeaderShape::Video),
            "DOCUMENT" => Some(HeaderShape::Document),
            _ => {
                self.unsupported = Some("a header with a place");
                None
            }
        };
    }

    fn take_buttons(&mut self, buttons: &[template::Button]) {
        for (button, index) in buttons.iter().zip(0_u8..) {
            let shape = match button.kind.to_ascii_uppercase().as_str() {
                "URL" if button.url.as_deref().is_some_and(|it| !names_in(it).is_empty()) => ButtonShape::Url,
                "COPY_CODE" | "OTP" => ButtonShape::CopyCode,
                "FLOW" => {
                    self.unsupported = Some("a button that opens a flow");
                    continue;
                }
                _ => continue,
            };
            self.buttons.push((index, shape));
        }
    }

    /// The places for which the plan gives values.
    pub(crate) fn places(&self) -> Vec<ParameterPlace> {
        let header = self.header.iter().map(|it| match it {
            HeaderShape::Text(_) => ParameterPlace::Header,
            HeaderShape::Image | HeaderShape::Video | HeaderShape::Document => ParameterPlace::HeaderLink,
        });
        let buttons = self.buttons.iter().map(|it| ParameterPlace::Button(it.0));
        header.chain(self.body.iter().map(|it| place_of(it))).chain(buttons).collect()
    }

    /// The values for a person: `value_of` gives one by the name in the plan.
    pub(crate) fn values(
        &self,
        value_of: &dyn Fn(&ParameterPlace) -> Option<String>,
    ) -> Result<MessageValues, Missing> {
        let wanted = |place: ParameterPlace| value_of(&place).ok_or(Missing(place));
        let link = || wanted(ParameterPlace::HeaderLink);
        let header = match &self.header {
            None => None,
            Some(HeaderShape::Text(name)) => {
                let name = self.is_named.then(|| name.clone());
                Some(HeaderValue::Text(NamedValue { name, text: wanted(ParameterPlace::Header)? }))
            }
            Some(HeaderShape::Image) => Some(HeaderValue::Image(link()?)),
            Some(HeaderShape::Video) => Some(HeaderValue::Video(link()?)),
            Some(HeaderShape::Document) => Some(HeaderValue::Document(link()?)),
        };
        let body = self
            .body
            .iter()
            .map(|name| Ok(NamedValue { name: self.is_named.then(|| name.clone()), text: wanted(place_of(name))? }));
        let buttons = self.buttons.iter().map(|(index, shape)| {
            let kind = match shape {
                ButtonShape::Url => ButtonKind::Url,
                ButtonShape::CopyCode => ButtonKind::CopyCode,
            };
            Ok(ButtonText { index: *index, kind, text: wanted(ParameterPlace::Button(*index))? })
        });
        Ok(MessageValues {
            text: None,
            header,
            body: body.collect::<Result<_, Missing>>()?,
            buttons: buttons.collect::<Result<_, Missing>>()?,
        })
    }
}

impl TemplateShape {
    /// Whether the body is longer than a message may be, with these values in it.
    pub(crate) fn is_too_long(&self, values: &MessageValues) -> bool {
        let of = |name: &str| {
            let place = self.body.iter().position(|it| it == name);
            place.and_then(|it| values.body.get(it)).map_or(0, |it| it.text.chars().count())
        };
        let found = variables(&self.text).0;
        let n_values: usize = found.iter().map(|it| of(it.name)).sum();
        let n_braces: usize = found.iter().map(|it| it.span.1 - it.span.0).sum();
        self.text.chars().count() + n_values - n_braces > MOST_BODY
    }
}

/// The place of a variable of the body.
fn place_of(name: &str) -> ParameterPlace {
    name.parse().map_or_else(|_| ParameterPlace::Name(name.to_owned()), ParameterPlace::Number)
}

/// The names of the variables of a text, each once: numbers in their order, names as they come.
fn names_in(text: &str) -> Vec<String> {
    let found = variables(text).0;
    let mut names: Vec<String> = Vec::new();
    for it in &found {
        if !names.iter().any(|known| known == it.name) {
            names.push(it.name.to_owned());
        }
    }
    if found.iter().all(|it| it.number().is_some()) {
        names.sort_by_key(|it| it.parse::<usize>().unwrap_or(usize::MAX));
    }
    names
}

impl MessageValues {
    /// A message without a template.
    pub(crate) fn of_text(text: String) -> Self {
        Self { text: Some(text), ..Self::default() }
    }

    /// As the platform takes it.
    pub(crate) fn content(&self, template: &str, language: &str) -> MessageContent {
        if let Some(text) = &self.text {
            return MessageContent::Text { body: Personal(text.clone()), preview_url: false };
        }
        let text = |it: &NamedValue| TextParameter { name: it.name.clone(), text: Personal(it.text.clone()) };
        let link = |it: &String| Media::Link(Personal(it.clone()));
        let header = self.header.as_ref().map(|it| match it {
            HeaderValue::Text(value) => HeaderParameter::Text(text(value)),
            HeaderValue::Image(it) => HeaderParameter::Image(link(it)),
            HeaderValue::Video(it) => HeaderParameter::Video(link(it)),
            HeaderValue::Document(it) => HeaderParameter::Document { media: link(it), filename: None },
        });
        let buttons = self.buttons.iter().map(|it| {
            let value = Personal(it.text.clone());
            let value = match it.kind {
                ButtonKind::Url => ButtonValue::Url { suffix: value },
                ButtonKind::CopyCode => ButtonValue::CopyCode { code: value },
            };
            ButtonParameter { index: it.index, value }
        });
        MessageContent::Template(TemplateMessage {
            name: template.to_owned(),
            language: language.to_owned(),
            header,
            body: self.body.iter().map(text).collect(),
            buttons: buttons.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(body: serde_json::Value) -> TemplateShape {
        TemplateShape::of(&serde_json::from_value(body).unwrap())
    }

    #[test]
    fn a_template_takes_its_variables_in_their_order_each_once() {
        let shape = shape(json!({ "name": "offer", "language": "en", "category": "MARKETING", "components": [
            { "type": "HEADER", "format": "TEXT", "text": "For {{1}}" },
            { "type": "BODY", "text": "{{2}} and {{1}}, {{2}}" },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Stop" },
                { "type": "URL", "text": "Open", "url": "https://shop.example/{{1}}" },
            ] },
        ] }));
        use ParameterPlace::{Button, Header, Number};
        assert_eq!(shape.places(), [Header, Number(1), Number(2), Button(1)]);
        let values = shape.values(&|place| Some(format!("<{place:?}>"))).unwrap();
        let MessageContent::Template(message) = values.content("offer", "en") else { panic!() };
        let texts: Vec<&str> = message.body.iter().map(|it| it.text.0.as_str()).collect();
        assert_eq!((texts.as_slice(), message.buttons[0].index), (["<Number(1)>", "<Number(2)>"].as_slice(), 1));
        let missing = shape.values(&|place| (*place != Number(2)).then(String::new));
        assert_eq!(missing.err(), Some(Missing(Number(2))));
    }

    #[test]
    fn a_text_is_too_long_with_its_values_and_not_with_its_variables() {
        let text = format!("{} {{{{1}}}} {{{{1}}}}", "a".repeat(1000));
        let shape = shape(json!({ "components": [{ "type": "BODY", "text": text }] }));
        let is_too_long = |n| shape.is_too_long(&shape.values(&|_| Some("b".repeat(n))).unwrap());
        assert_eq!([11, 12].map(is_too_long), [false, true]);
    }

    #[test]
    fn what_this_version_cannot_send_is_told_and_not_left_out() {
        let with =
            |component| shape(json!({ "components": [{ "type": "BODY", "text": "Hello" }, component] })).unsupported;
        assert_eq!(with(json!({ "type": "CAROUSEL", "cards": [] })), Some("cards"));
        assert_eq!(with(json!({ "type": "HEADER", "format": "LOCATION" })), Some("a header with a place"));
        assert_eq!(with(json!({ "type": "FOOTER", "text": "Bye" })), None);
    }
}
