//! Signatures of the three kinds, right and wrong. Written from the documents of the platforms, apart from the checks of the
//! receiver.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;
use url::form_urlencoded;

use crate::webhooks::dice::Dice;
use crate::webhooks::webhook::{Manner, OK, Trick, Webhook};

/// Whose webhooks they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookKind {
    Meta,
    Dialog360,
    Twilio,
}

impl WebhookKind {
    const ALL: [Self; 3] = [Self::Meta, Self::Dialog360, Self::Twilio];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Dialog360 => "360dialog",
            Self::Twilio => "twilio",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Meta => "X-Hub-Signature-256",
            Self::Dialog360 => "x-360dialog-signature",
            Self::Twilio => "X-Twilio-Signature",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Twilio => "application/x-www-form-urlencoded; charset=UTF-8",
            _ => "application/json",
        }
    }
}

impl FromStr for WebhookKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| format!("choose one of {}", names()))
    }
}

impl fmt::Display for WebhookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The headers of a request.
pub(super) type Headers = Vec<(Cow<'static, str>, String)>;

/// Signs bodies as a platform does.
pub struct Signer {
    kind: WebhookKind,
    secret: String,
    /// The address as the platform calls it, without a query. Twilio signs it.
    url: String,
}

/// The ways to sign wrongly that all kinds have.
#[derive(Clone, Copy)]
enum Wrong {
    Missing,
    Empty,
    OtherSecret,
    EmptySecret,
    Shorter,
    Longer,
    Flipped,
    Doubled,
    BodyChanged,
    /// Of another form of the same body, or of another address.
    OtherForm,
}

impl Signer {
    /// Returns none for an empty secret: anybody could sign with it.
    pub fn new(kind: WebhookKind, secret: &str, url: &str) -> Option<Self> {
        let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        (!secret.is_empty()).then(|| Self { kind, secret: secret.to_owned(), url })
    }

    pub(super) fn kind(&self) -> WebhookKind {
        self.kind
    }

    /// Makes a good request of one event, for a stand-in in which something happens that the platform tells of.
    pub fn sign(&self, path: &str, body: String) -> Webhook {
        let query = path.find('?').map_or("", |it| &path[it..]);
        Webhook {
            path: path.to_owned(),
            headers: self.headers(query, &body),
            body: body.into(),
            trick: Trick::Good,
            manner: Manner::Whole,
            is_late: false,
            n_events: 1,
            expected: OK,
        }
    }

    /// The headers of a body that is sent to the address with this query, which is empty or begins with `?`.
    pub fn headers(&self, query: &str, body: &str) -> Vec<(Cow<'static, str>, String)> {
        self.with_signature(Some(self.signature(&self.secret, query, body)))
    }

    /// Signs wrongly, in one of the ways that there are. The body can be changed after it was signed.
    pub(super) fn forged(&self, query: &str, body: String, dice: &mut Dice) -> (Headers, String) {
        let right = self.signature(&self.secret, query, &body);
        let wrong = dice.pick(&[
            Wrong::Missing,
            Wrong::Empty,
            Wrong::OtherSecret,
            Wrong::EmptySecret,
            Wrong::Shorter,
            Wrong::Longer,
            Wrong::Flipped,
            Wrong::Doubled,
            Wrong::BodyChanged,
            Wrong::OtherForm,
        ]);
        let signature = match wrong {
            Wrong::Missing => None,
            Wrong::Empty => Some(String::new()),
            Wrong::OtherSecret => Some(self.signature("another secret", query, &body)),
            Wrong::EmptySecret => Some(self.signature("", query, &body)),
            Wrong::Shorter => right.get(..right.len() - 1).map(str::to_owned),
            Wrong::Longer => Some(right + "0"),
            Wrong::Flipped => Some(flipped(&right)),
            Wrong::Doubled => {
                let mut headers = self.with_signature(Some(right.clone()));
                headers.push((self.kind.header().into(), right));
                return (headers, body);
            }
            Wrong::BodyChanged => return (self.with_signature(Some(right)), changed(&body)),
            Wrong::OtherForm => Some(self.of_other_form(query, &body)),
        };
        (self.with_signature(signature), body)
    }

    fn with_signature(&self, signature: Option<String>) -> Headers {
        let content_type = (Cow::Borrowed("Content-Type"), self.kind.content_type().to_owned());
        let signature = signature.map(|it| (Cow::Borrowed(self.kind.header()), it));
        [Some(content_type), signature].into_iter().flatten().collect()
    }

    fn signature(&self, secret: &str, query: &str, body: &str) -> String {
        match self.kind {
            WebhookKind::Meta => format!("sha256={}", hex_mac(secret, body)),
            WebhookKind::Dialog360 => hex_mac(secret, body),
            WebhookKind::Twilio => {
                // Each value of a name is signed once, in order.
                let fields: BTreeSet<_> = form_urlencoded::parse(body.as_bytes()).collect();
                let fields: String = fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect();
                let signed = format!("{}{query}{fields}", self.url);
                STANDARD.encode(mac::<Hmac<Sha1>>(secret, &signed).as_slice())
            }
        }
    }

    /// The signature of JSON that was read and written anew, or of the address without its last letter.
    fn of_other_form(&self, query: &str, body: &str) -> String {
        match (self.kind, serde_json::from_str::<Value>(body)) {
            (WebhookKind::Twilio, _) | (_, Err(_)) => {
                let url = self.url.get(..self.url.len().saturating_sub(1)).unwrap_or_default().to_owned();
                Self { url, secret: self.secret.clone(), ..*self }.signature(&self.secret, query, body)
            }
            (_, Ok(value)) => self.signature(&self.secret, query, &format!("{value:#}")),
        }
    }
}

fn hex_mac(secret: &str, body: &str) -> String {
    hex::encode(mac::<Hmac<Sha256>>(secret, body))
}

fn mac<M: Mac + KeyInit>(secret: &str, signed: &str) -> Vec<u8> {
    // A key of any length is right.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret.as_bytes()) else { return Vec::new() };
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Changes a digit in the middle.
fn flipped(signature: &str) -> String {
    let place = signature.len() / 2;
    let (before, after) = signature.split_at(place);
    let digit = if after.starts_with('0') { '1' } else { '0' };
    format!("{before}{digit}{}", after.get(1..).unwrap_or_default())
}

/// Changes the first digit of a body from the middle on, so that it stays readable.
fn changed(body: &str) -> String {
    let middle = (body.len() / 2..body.len()).find(|it| body.is_char_boundary(*it)).unwrap_or_default();
    let (before, after) = body.split_at(middle);
    let Some(place) = after.find(|it: char| ('1'..='8').contains(&it)) else { return format!("{body} ") };
    let digit = after[place..].bytes().next().map_or('1', |it| char::from(it + 1));
    format!("{before}{}{digit}{}", &after[..place], &after[place + 1..])
}
