//! What the platform refuses is found before it is sent. No error repeats a value: values are personal.

use thiserror::Error;

use super::{
    ButtonParameter, ButtonValue, Endpoint, HeaderParameter, Media, MessageContent, OutgoingMessage, Recipient,
    TemplateMessage, TextParameter,
};

/// Characters of a text message. Source: Meta, Text messages.
const MOST_TEXT: usize = 4096;
/// Characters of `biz_opaque_callback_data`. Source: pywa.
const MOST_OPAQUE: usize = 512;
/// Characters of a template's name. Source: Meta, Templates.
const MOST_NAME: usize = 512;
/// Characters of a body after its variables are filled in, so no value can be longer. Source: Meta, Template components.
const MOST_BODY: usize = 1024;
/// The same of a header.
const MOST_HEADER: usize = 60;
/// Characters of a code to copy. Source: Meta, Template components.
const MOST_CODE: usize = 15;
/// Characters of an address. Source: Meta, Template components.
const MOST_URL: usize = 2000;
/// Characters of a payload, as of the id of a reply button.
const MOST_PAYLOAD: usize = 256;
/// Buttons of a template.
const MOST_BUTTONS: u8 = 10;
/// A value may hold this many spaces in a row. Source: Meta, error 132018.
const MOST_SPACES: usize = 4;
/// Digits of a phone number by E.164.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;
/// Characters of a user id after the country and its dot. Source: Meta, Business-scoped user ids.
const MOST_USER_ID: usize = 128;

/// Why a message is not sent. It names the part that is wrong, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    #[error("the id of the sending number must be digits: correct the sender in the plan")]
    Sender,
    #[error("the recipient's phone number must be 5 to 15 digits with the country code: correct the contact")]
    Phone,
    #[error("the recipient's user id is not one, such as FR.1349: correct the contact")]
    UserId,
    #[error("{part} is empty: give it a value, or use a template without it")]
    Empty { part: String },
    #[error("{part} has {n} characters, {most} at most: shorten it")]
    TooLong { part: String, n: usize, most: usize },
    #[error("{part} has a line break, a tab or more than 4 spaces in a row, which WhatsApp refuses: replace them")]
    Spacing { part: String },
    #[error("{part} has a character that cannot be printed: remove it")]
    Unprintable { part: String },
    #[error("some variables of the body have names and some have none: name all, or none")]
    MixedNames,
    #[error("two values are given for {part}: give one")]
    Twice { part: String },
    #[error("{part} is not there: a template has at most 10 buttons, counted from 0")]
    NoSuchButton { part: String },
    #[error("only templates go to marketing_messages: send text to messages")]
    NotMarketing,
    #[error("the message could not be written as JSON")]
    Unwritable,
}

pub(super) fn check(message: &OutgoingMessage) -> Result<(), MessageError> {
    if message.number.is_empty() || !message.number.bytes().all(|it| it.is_ascii_digit()) {
        return Err(MessageError::Sender);
    }
    check_recipient(&message.recipient)?;
    if let Some(id) = &message.opaque_id {
        within("the opaque id", id, MOST_OPAQUE)?;
    }
    match (&message.content, message.endpoint) {
        (MessageContent::Text { .. }, Endpoint::MarketingMessages { .. }) => Err(MessageError::NotMarketing),
        (MessageContent::Text { body, .. }, Endpoint::Messages) => {
            let is_odd = |it: char| it.is_control() && !"\n\r\t".contains(it);
            if body.0.chars().any(is_odd) {
                return Err(MessageError::Unprintable { part: "the text".into() });
            }
            within("the text", &body.0, MOST_TEXT)
        }
        (MessageContent::Template(template), _) => check_template(template),
    }
}

fn check_recipient(recipient: &Recipient) -> Result<(), MessageError> {
    match recipient {
        Recipient::Phone(phone) => {
            let digits = phone.0.strip_prefix('+').unwrap_or(&phone.0);
            let is_one = PHONE_DIGITS.contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|it| it.is_ascii_digit());
            is_one.then_some(()).ok_or(MessageError::Phone)
        }
        Recipient::UserId(id) => is_user_id(&id.0).then_some(()).ok_or(MessageError::UserId),
    }
}

/// Whether a text is a user id: a country, a dot, for a parent id also `ENT.`, and letters and digits.
fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|it| it.is_ascii_uppercase())
        && (1..=MOST_USER_ID).contains(&rest.len())
        && rest.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn check_template(template: &TemplateMessage) -> Result<(), MessageError> {
    within("the template's name", &template.name, MOST_NAME)?;
    within("the template's language", &template.language, MOST_NAME)?;
    if let Some(header) = &template.header {
        check_header(header)?;
    }
    let n_named = template.body.iter().filter(|it| it.name.is_some()).count();
    if n_named != 0 && n_named != template.body.len() {
        return Err(MessageError::MixedNames);
    }
    let mut n_characters = 0;
    for (n, parameter) in template.body.iter().enumerate() {
        let part = part("variable", parameter, n + 1, "of the body");
        if parameter.name.is_some() && template.body[..n].iter().any(|it| it.name == parameter.name) {
            return Err(MessageError::Twice { part });
        }
        check_value(&part, &parameter.text.0, MOST_BODY)?;
        n_characters += parameter.text.0.chars().count();
    }
    if n_characters > MOST_BODY {
        return Err(MessageError::TooLong { part: "the body".into(), n: n_characters, most: MOST_BODY });
    }
    template.buttons.iter().enumerate().try_for_each(|(n, it)| check_button(it, &template.buttons[..n]))
}

fn check_header(header: &HeaderParameter) -> Result<(), MessageError> {
    let media = match header {
        HeaderParameter::Text(it) => {
            return check_value(&part("variable", it, 1, "of the header"), &it.text.0, MOST_HEADER);
        }
        HeaderParameter::Image(it) | HeaderParameter::Video(it) | HeaderParameter::Document { media: it, .. } => it,
    };
    match media {
        Media::Id(id) => check_value("the id of the header's file", id, MOST_URL),
        Media::Link(link) => check_value("the link of the header's file", &link.0, MOST_URL),
    }
}

fn check_button(button: &ButtonParameter, before: &[ButtonParameter]) -> Result<(), MessageError> {
    let part = format!("button {}", button.index);
    if button.index >= MOST_BUTTONS {
        return Err(MessageError::NoSuchButton { part });
    }
    if before.iter().any(|it| it.index == button.index) {
        return Err(MessageError::Twice { part });
    }
    match &button.value {
        ButtonValue::QuickReply { payload } => within(&part, payload, MOST_PAYLOAD),
        ButtonValue::Url { suffix } => check_value(&part, &suffix.0, MOST_URL),
        ButtonValue::CopyCode { code } => check_value(&part, &code.0, MOST_CODE),
        ButtonValue::Flow { token } => token.as_ref().map_or(Ok(()), |it| within(&part, it, MOST_PAYLOAD)),
    }
}

/// Names a variable as people find it in the template.
fn part(what: &str, parameter: &TextParameter, n: usize, place: &str) -> String {
    match &parameter.name {
        Some(name) => format!("{what} {{{{{name}}}}} {place}"),
        None => format!("{what} {{{{{n}}}}} {place}"),
    }
}

/// Checks the value of a variable: error 132018 of the platform.
fn check_value(part: &str, value: &str, most: usize) -> Result<(), MessageError> {
    within(part, value, most)?;
    let has_break = value.contains(['\n', '\r', '\t', '\u{2028}', '\u{2029}']);
    if has_break || value.contains(&" ".repeat(MOST_SPACES + 1)) {
        return Err(MessageError::Spacing { part: part.into() });
    }
    if value.chars().any(char::is_control) {
        return Err(MessageError::Unprintable { part: part.into() });
    }
    Ok(())
}

fn within(part: &str, value: &str, most: usize) -> Result<(), MessageError> {
    if value.trim().is_empty() {
        return Err(MessageError::Empty { part: part.into() });
    }
    match value.chars().count() {
        n if n > most => Err(MessageError::TooLong { part: part.into(), n, most }),
        _ => Ok(()),
    }
}
