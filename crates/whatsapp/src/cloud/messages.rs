//! Messages to people: what is sent, its JSON body, and what the answer says.
//!
//! A message is checked before it is sent ([`OutgoingMessage::prepare`]), so that a mistake costs no call. The answer to a
//! send says one of three things ([`SendAnswer`]): accepted, refused, or that nothing certain is known.
//!
//! Further kinds of messages (interactive, media, location) are further variants of [`MessageContent`]: each needs an arm
//! in `body.rs` and one in `check.rs`, and nothing else changes.

mod answer;
mod body;
mod check;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use model::Personal;

pub use answer::{Acceptance, AcceptedMessage, AccountUsage, SendAnswer, SendFailure, SendReply, read_send_answer};
pub use check::MessageError;

/// A message to one person. `Debug` shows neither the person nor what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The id of the number that sends (`phone_number_id`).
    pub number: String,
    pub recipient: Recipient,
    pub content: MessageContent,
    /// Comes back in every status of the message (`biz_opaque_callback_data`), at most 512 characters.
    pub opaque_id: Option<String>,
    pub endpoint: Endpoint,
}

/// The person who gets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A phone number or a WhatsApp id: the digits with the country code, with or without a plus sign.
    Phone(Personal<String>),
    /// A business-scoped user id, such as `FR.13491208655302741918`.
    UserId(Personal<String>),
}

/// The path that a message takes. A template takes the one of its latest category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Messages,
    /// Only for templates of the category marketing.
    MarketingMessages {
        product_policy: ProductPolicy,
        /// Whether Meta may use what people do with the message to improve delivery; as the account is set if none.
        shares_activity: Option<bool>,
    },
}

/// What happens to a marketing message that the marketing API cannot send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductPolicy {
    /// It goes the way of all other messages.
    CloudApiFallback,
    /// It is refused.
    Strict,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageContent {
    /// Free text, within 24 hours of the person's last message.
    Text {
        body: Personal<String>,
        /// Whether the first link is shown with a preview.
        preview_url: bool,
    },
    Template(TemplateMessage),
}

/// An approved template with the values of its variables. The caller has resolved them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateMessage {
    pub name: String,
    /// Exactly the language of the approved template, such as `pt_BR`.
    pub language: String,
    pub header: Option<HeaderParameter>,
    /// In the order of the variables, if they have no names.
    pub body: Vec<TextParameter>,
    pub buttons: Vec<ButtonParameter>,
}

/// The value of a variable in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextParameter {
    /// The name of the variable in a template with named variables; none if they are numbered.
    pub name: Option<String>,
    pub text: Personal<String>,
}

/// What the header of a template takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderParameter {
    Text(TextParameter),
    Image(Media),
    Video(Media),
    Document { media: Media, filename: Option<String> },
}

/// A file that the platform has, or fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    Id(String),
    /// Links can hold what identifies a person.
    Link(Personal<String>),
}

/// What a button of a template takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButtonParameter {
    /// The place of the button in the template, from 0.
    pub index: u8,
    pub value: ButtonValue,
}

/// The value that a kind of button takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ButtonValue {
    /// What a webhook brings when the button is pressed.
    QuickReply {
        payload: String,
    },
    /// The end of the address.
    Url {
        suffix: Personal<String>,
    },
    CopyCode {
        code: Personal<String>,
    },
    Flow {
        token: Option<String>,
    },
}

/// A message as it is sent: checked, and turned into JSON. `Debug` shows no body.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedMessage {
    /// Below the address of the API, such as `106540352242922/messages`.
    pub path: String,
    pub body: Bytes,
}

impl std::fmt::Debug for PreparedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedMessage").field("path", &self.path).finish_non_exhaustive()
    }
}

impl OutgoingMessage {
    /// Checks the message and makes its body. An error means that the platform would refuse it; nothing was sent.
    pub fn prepare(&self) -> Result<PreparedMessage, MessageError> {
        check::check(self)?;
        let body = serde_json::to_vec(&body::Body::of(self)).map_err(|_| MessageError::Unwritable)?;
        let endpoint = match self.endpoint {
            Endpoint::Messages => "messages",
            Endpoint::MarketingMessages { .. } => "marketing_messages",
        };
        Ok(PreparedMessage { path: format!("{}/{endpoint}", http::path_segment(&self.number)), body: body.into() })
    }
}
