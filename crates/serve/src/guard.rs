//! Which requests a webhook lets in.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use whatsapp::{Signature, SignatureError, SignatureForm, WebhookSecret};

use crate::cause::Cause;

/// An address that a platform calls.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The name in logs, metrics and the database. The path is not used there: it can be a secret.
    pub name: Arc<str>,
    /// The path of the address, with its first `/`.
    pub path: String,
    pub guard: Guard,
}

/// How a webhook knows that a request is of the platform.
#[derive(Clone)]
pub enum Guard {
    /// The raw body is signed with one of the secrets.
    Signed { form: SignatureForm, secrets: Vec<WebhookSecret>, verify_token: Option<WebhookSecret> },
    /// The platform signs in a way of its own, in this header, whose name is in lower case. The function says whether a
    /// signature is right.
    SignedOtherwise { header: &'static str, is_right: CheckSignature },
    /// The platform signs nothing, and sends one of these `USER:PASSWORD` by HTTP Basic. Whoever learns one can send
    /// anything, so the bodies are marked as unsigned.
    Basic { passwords: Vec<WebhookSecret> },
}

/// Says whether a platform has signed a request. Its time must not depend on how much of the signature is right.
pub type CheckSignature = Arc<dyn Fn(&SignedRequest) -> bool + Send + Sync>;

/// A request with a signature that was not checked yet.
pub struct SignedRequest<'a> {
    /// The value of the header with the signature.
    pub signature: &'a [u8],
    pub content_type: Option<&'a [u8]>,
    /// What stands behind the `?` of the address.
    pub query: Option<&'a str>,
    pub body: &'a [u8],
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed { .. } => "Signed",
            Self::SignedOtherwise { .. } => "SignedOtherwise",
            Self::Basic { .. } => "Basic",
        })
    }
}

/// What the headers of a request prove, before its body is read.
pub(crate) enum Proof {
    Signature(Signature),
    Otherwise(Vec<u8>),
    Password,
}

impl Guard {
    /// Looks at the headers alone. A request that can never pass is refused before its body is read.
    pub(crate) fn read_headers(&self, headers: &HeaderMap) -> Result<Proof, Cause> {
        match self {
            Self::Signed { form, .. } => {
                let values = headers.get_all(form.header()).into_iter().map(|it| it.as_bytes());
                form.read(values).map(Proof::Signature).map_err(|error| match error {
                    SignatureError::Missing => Cause::Unsigned,
                    SignatureError::Doubled => Cause::DoubledSignature,
                    SignatureError::Malformed => Cause::MalformedSignature,
                })
            }
            Self::SignedOtherwise { header, .. } => only(headers, header).map(|it| Proof::Otherwise(it.to_vec())),
            Self::Basic { passwords } => {
                let given = only(headers, AUTHORIZATION.as_str())?;
                let given = password_of(given).ok_or(Cause::MalformedSignature)?;
                // All are looked at, so that the time does not say which of them is like the given one.
                match passwords.iter().fold(false, |is_found, it| is_found | it.is(&given)) {
                    true => Ok(Proof::Password),
                    false => Err(Cause::WrongSignature),
                }
            }
        }
    }

    /// Whether the platform has signed the body.
    pub(crate) fn is_right(&self, proof: &Proof, headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> bool {
        match (self, proof) {
            (Self::Signed { secrets, .. }, Proof::Signature(signature)) => signature.is_of(body, secrets),
            (Self::SignedOtherwise { is_right, .. }, Proof::Otherwise(signature)) => {
                let content_type = headers.get("content-type").map(|it| it.as_bytes());
                is_right(&SignedRequest { signature, content_type, query, body })
            }
            (Self::Basic { .. }, Proof::Password) => true,
            _ => false,
        }
    }

    /// The header with the signature, which is kept with the body. A password is not kept.
    pub(crate) fn kept_header(&self) -> Option<&'static str> {
        match self {
            Self::Signed { form, .. } => Some(form.header()),
            Self::SignedOtherwise { header, .. } => Some(header),
            Self::Basic { .. } => None,
        }
    }

    pub(crate) fn is_signed(&self) -> bool {
        !matches!(self, Self::Basic { .. })
    }

    /// The token of the handshake, if the platform makes one.
    pub(crate) fn verify_token(&self) -> Option<&WebhookSecret> {
        match self {
            Self::Signed { verify_token, .. } => verify_token.as_ref(),
            _ => None,
        }
    }
}

/// The value of a header that must be there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], Cause> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next().ok_or(Cause::Unsigned)?;
    match values.next() {
        Some(_) => Err(Cause::DoubledSignature),
        None => Ok(value.as_bytes()),
    }
}

/// The `USER:PASSWORD` of a header of HTTP Basic.
fn password_of(value: &[u8]) -> Option<String> {
    let (scheme, code) = value.split_at_checked(b"basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    String::from_utf8(STANDARD.decode(code).ok()?).ok()
}
