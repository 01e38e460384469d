//! A template in the format of `POST /{waba-id}/message_templates`.
//!
//! Other fields of a file are kept and written back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[serde(default)]
    pub category: String,
    /// `POSITIONAL`, which is the default, or `NAMED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_format: Option<String>,
    #[serde(default)]
    pub components: Vec<Component>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_send_ttl_seconds: Option<i64>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Component {
    #[serde(rename = "HEADER", alias = "header", alias = "Header")]
    Header(Header),
    #[serde(rename = "BODY", alias = "body", alias = "Body")]
    Body(Body),
    #[serde(rename = "FOOTER", alias = "footer", alias = "Footer")]
    Footer(Footer),
    #[serde(rename = "BUTTONS", alias = "buttons", alias = "Buttons")]
    Buttons(Buttons),
    #[serde(rename = "CAROUSEL", alias = "carousel", alias = "Carousel")]
    Carousel(Carousel),
    #[serde(untagged)]
    Other(Value),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// `TEXT`, `IMAGE`, `VIDEO`, `DOCUMENT` or `LOCATION`.
    pub format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<HeaderExample>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeaderExample {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_text: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_text_named_params: Vec<NamedExample>,
    /// Of a resumable upload.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_handle: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// An authentication template has none: WhatsApp writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<BodyExample>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_security_recommendation: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BodyExample {
    #[serde(default, skip_serializing_if = "BodyValues::is_empty")]
    pub body_text: BodyValues,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body_text_named_params: Vec<NamedExample>,
}

/// One list of values, or several lists of which the first counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BodyValues {
    Lists(Vec<Vec<String>>),
    One(Vec<String>),
}

impl Default for BodyValues {
    fn default() -> Self {
        Self::Lists(Vec::new())
    }
}

impl BodyValues {
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    pub fn values(&self) -> &[String] {
        match self {
            Self::Lists(lists) => lists.first().map_or(&[], Vec::as_slice),
            Self::One(values) => values,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedExample {
    pub param_name: String,
    pub example: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of authentication templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_expiration_minutes: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Buttons {
    pub buttons: Vec<Button>,
}

/// Cards that customers scroll. Each has a header, a body and buttons of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Carousel {
    pub cards: Vec<Card>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub components: Vec<Component>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A button of any type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Button {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otp_type: Option<String>,
    /// A list for `URL`, a text for `COPY_CODE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Template {
    pub fn body(&self) -> Option<&Body> {
        self.components.iter().find_map(|it| match it {
            Component::Body(body) => Some(body),
            _ => None,
        })
    }

    pub fn header(&self) -> Option<&Header> {
        self.components.iter().find_map(|it| match it {
            Component::Header(header) => Some(header),
            _ => None,
        })
    }

    pub fn footer(&self) -> Option<&str> {
        self.components.iter().find_map(|it| match it {
            Component::Footer(footer) => footer.text.as_deref(),
            _ => None,
        })
    }

    pub fn body_text(&self) -> &str {
        self.body().and_then(|it| it.text.as_deref()).unwrap_or_default()
    }

    pub fn buttons(&self) -> &[Button] {
        let buttons = self.components.iter().find_map(|it| match it {
            Component::Buttons(it) => Some(it.buttons.as_slice()),
            _ => None,
        });
        buttons.unwrap_or_default()
    }

    /// The cards of its carousel, with the index of the component.
    pub fn cards(&self) -> (usize, &[Card]) {
        let carousel = self.components.iter().enumerate().find_map(|(n, it)| match it {
            Component::Carousel(it) => Some((n, it.cards.as_slice())),
            _ => None,
        });
        carousel.unwrap_or_default()
    }

    pub fn is(&self, category: &str) -> bool {
        self.category.eq_ignore_ascii_case(category)
    }

    /// Whether this is a template as WhatsApp lists it, and not one to submit.
    pub fn is_listed(&self) -> bool {
        self.other.contains_key("id") && self.other.contains_key("status")
    }

    pub fn is_named(&self) -> bool {
        self.parameter_format.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("NAMED"))
    }
}

impl Card {
    pub fn header(&self) -> Option<&Header> {
        self.components.iter().find_map(|it| match it {
            Component::Header(header) => Some(header),
            _ => None,
        })
    }

    /// The text of the body; none if the card has no body.
    pub fn body_text(&self) -> Option<&str> {
        self.components.iter().find_map(|it| match it {
            Component::Body(body) => Some(body.text.as_deref().unwrap_or_default()),
            _ => None,
        })
    }

    pub fn buttons(&self) -> &[Button] {
        let buttons = self.components.iter().find_map(|it| match it {
            Component::Buttons(it) => Some(it.buttons.as_slice()),
            _ => None,
        });
        buttons.unwrap_or_default()
    }
}

impl Button {
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Whether it hands over a code. WhatsApp lists such a button as an address of its own.
    pub fn is_otp(&self) -> bool {
        self.is("OTP") || self.url.as_deref().is_some_and(|it| it.starts_with("https://www.whatsapp.com/otp/"))
    }

    /// The examples of its variable, in either notation.
    pub fn examples(&self) -> Vec<&str> {
        match &self.example {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(value)) => vec![value],
            _ => Vec::new(),
        }
    }
}
