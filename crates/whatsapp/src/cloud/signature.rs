//! Signatures of webhooks: HMAC-SHA256 of the raw body under a secret that the platform and the business share.
//!
//! Meta signs with the app secret and sends `X-Hub-Signature-256: sha256=HEX`. 360dialog signs with the platform secret
//! and sends `x-360dialog-signature: HEX` (docs.360dialog.com/partner, "Signature validation"). A signature has no time
//! in it, so the same body is valid for ever: only the unique keys of events stop a repeat.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How a platform writes the signature of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureForm {
    /// `X-Hub-Signature-256: sha256=HEX`.
    Meta,
    /// `x-360dialog-signature: HEX`. A `sha256=` before it is accepted, because the documents of 360dialog disagree.
    Dialog360,
}

impl SignatureForm {
    /// The header with the signature, in lower case.
    pub fn header(self) -> &'static str {
        match self {
            Self::Meta => "x-hub-signature-256",
            Self::Dialog360 => "x-360dialog-signature",
        }
    }

    /// Reads the signature from all values of its header. The header must be there once.
    pub fn read<'a>(self, values: impl IntoIterator<Item = &'a [u8]>) -> Result<Signature, SignatureError> {
        let mut values = values.into_iter();
        let value = values.next().ok_or(SignatureError::Missing)?;
        if values.next().is_some() {
            return Err(SignatureError::Doubled);
        }
        let digits = match (self, value.strip_prefix(b"sha256=")) {
            (_, Some(digits)) => digits,
            (Self::Dialog360, None) => value,
            (Self::Meta, None) => return Err(SignatureError::Malformed),
        };
        // The decoder would accept `0x` before the digits.
        let mut mac = [0; MAC_BYTES];
        if digits.len() != 2 * MAC_BYTES || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(SignatureError::Malformed);
        }
        hex::decode_to_slice(digits, &mut mac).map_err(|_| SignatureError::Malformed)?;
        Ok(Signature(mac))
    }
}

/// The length of an HMAC-SHA256.
const MAC_BYTES: usize = 32;

/// Why a request has no usable signature. It repeats nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    Missing,
    Doubled,
    /// It is not 64 hexadecimal digits in the form of the platform.
    Malformed,
}

/// The signature that came with a body. It says nothing before [`Signature::is_of`].
pub struct Signature([u8; MAC_BYTES]);

impl Signature {
    /// Whether one of the secrets has signed the body. Several secrets are active while they rotate.
    ///
    /// The time depends on the length of the body and the number of secrets alone.
    pub fn is_of(&self, body: &[u8], secrets: &[WebhookSecret]) -> bool {
        secrets.iter().fold(false, |is_found, secret| is_found | secret.mac(body).verify_slice(&self.0).is_ok())
    }
}

/// A secret that is shared with a platform. It is never empty.
///
/// `Debug` hides it.
#[derive(Clone)]
pub struct WebhookSecret {
    mac: Hmac<Sha256>,
    n_bytes: usize,
}

impl WebhookSecret {
    /// Returns none for an empty secret: anybody could sign with it.
    pub fn new(secret: &str) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        let mac = Hmac::new_from_slice(secret.as_bytes()).ok()?;
        Some(Self { mac, n_bytes: secret.len() })
    }

    /// Whether a text is this secret, in a time that does not depend on how much of it is right.
    ///
    /// For secrets that are sent as they are, such as the token of a handshake.
    pub fn is(&self, given: &str) -> bool {
        let Some(given) = Self::new(given) else { return false };
        // Both sign one text: equal secrets give equal codes. Zeros at the end of a secret do not change its code.
        let code = given.mac(b"the same secret").finalize().into_bytes();
        self.mac(b"the same secret").verify_slice(&code).is_ok() & (self.n_bytes == given.n_bytes)
    }

    fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(body);
        mac
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    use super::*;

    const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}]}"#;

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::new(text).unwrap()
    }

    fn signed(body: &[u8], text: &str) -> String {
        format!("sha256={}", hex::encode(secret(text).mac(body).finalize().into_bytes()))
    }

    fn is_accepted(form: SignatureForm, headers: &[&[u8]], body: &[u8]) -> bool {
        let secrets = [secret("old secret"), secret("new secret")];
        form.read(headers.iter().copied()).is_ok_and(|it| it.is_of(body, &secrets))
    }

    #[test]
    fn a_body_signed_with_any_active_secret_is_accepted() {
        for text in ["old secret", "new secret"] {
            assert!(is_accepted(SignatureForm::Meta, &[signed(BODY, text).as_bytes()], BODY));
        }
        assert!(!is_accepted(SignatureForm::Meta, &[signed(BODY, "retired").as_bytes()], BODY));
        // As `openssl dgst -sha256 -hmac "new secret"` signs it.
        let known = "sha256=e02c1778a706eb9550973c5b40727d77a507a446e76440be97ee227331992980";
        assert!(is_accepted(SignatureForm::Meta, &[known.as_bytes()], BODY));
    }

    #[test]
    fn a_missing_doubled_or_misshapen_signature_is_refused() {
        let right = signed(BODY, "new secret");
        let digits = right.strip_prefix("sha256=").unwrap();
        let upper = format!("sha256={}", digits.to_ascii_uppercase());
        assert!(is_accepted(SignatureForm::Meta, &[upper.as_bytes()], BODY), "upper-case digits are the same number");
        for wrong in [
            String::new(),
            "sha256=".to_owned(),
            digits.to_owned(),
            format!("sha1={digits}"),
            format!("SHA256={digits}"),
            format!("sha256={}", &digits[1..]),
            format!("sha256={digits}0"),
            format!("sha256=0x{}", &digits[2..]),
            format!("sha256=0x{digits}"),
            format!(" {right}"),
            format!("{right},{right}"),
        ] {
            let read = SignatureForm::Meta.read([wrong.as_bytes()]);
            assert_eq!(read.err(), Some(SignatureError::Malformed), "{wrong}");
        }
        assert_eq!(SignatureForm::Meta.read([]).err(), Some(SignatureError::Missing));
        let twice = SignatureForm::Meta.read([right.as_bytes(), right.as_bytes()]);
        assert_eq!(twice.err(), Some(SignatureError::Doubled));
    }

    #[test]
    fn a_signature_of_360dialog_has_a_prefix_or_none() {
        let right = signed(BODY, "old secret");
        let digits = right.strip_prefix("sha256=").unwrap();
        for value in [&right, digits] {
            assert!(is_accepted(SignatureForm::Dialog360, &[value.as_bytes()], BODY), "{value}");
        }
        assert!(!is_accepted(SignatureForm::Dialog360, &[format!("sha1={digits}").as_bytes()], BODY));
    }

    #[test]
    fn an_empty_secret_signs_nothing_and_is_nothing() {
        assert!(WebhookSecret::new("").is_none());
        assert!(!secret("token").is(""));
        assert!(!secret("token").is("token\0") && !secret("token").is("tokens") && !secret("token").is("toke"));
        assert!(secret("token").is("token"));
        assert_eq!(format!("{:?}", secret("token")), "<secret>");
    }

    /// Changes a right request in one way: a bit of the body or the signature, its length, its case or its header.
    #[derive(Clone, Debug)]
    enum Mutation {
        BodyBit(usize, u8),
        BodyByteAdded(usize, u8),
        BodyCut(usize),
        SpaceAdded(usize),
        SignatureBit(usize, u8),
        SignatureCut(usize),
        SignatureLonger(String),
        Prefix(&'static str),
        Doubled,
        Missing,
        OtherSecret(String),
        EmptySecret,
    }

    fn mutation() -> impl Strategy<Value = Mutation> {
        let at = 0..10_000usize;
        prop_oneof![
            (at.clone(), 0..8u8).prop_map(|(at, bit)| Mutation::BodyBit(at, bit)),
            (at.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::BodyByteAdded(at, byte)),
            at.clone().prop_map(Mutation::BodyCut),
            at.clone().prop_map(Mutation::SpaceAdded),
            (at.clone(), 0..8u8).prop_map(|(at, bit)| Mutation::SignatureBit(at, bit)),
            at.prop_map(Mutation::SignatureCut),
            "[0-9a-fx=, ]{1,70}".prop_map(Mutation::SignatureLonger),
            prop_oneof![Just("sha1="), Just(""), Just("SHA256="), Just("sha256=sha256="), Just("sha256= ")]
                .prop_map(Mutation::Prefix),
            Just(Mutation::Doubled),
            Just(Mutation::Missing),
            "[ -~]{1,40}".prop_map(Mutation::OtherSecret),
            Just(Mutation::EmptySecret),
        ]
    }

    /// The headers and the body after a mutation. A flipped bit that changes only the case of a digit is moved on.
    fn mutated(body: &[u8], mutation: &Mutation) -> (Vec<Vec<u8>>, Vec<u8>) {
        let right = signed(body, "new secret");
        let (mut value, mut body) = (right.clone().into_bytes(), body.to_vec());
        match mutation {
            Mutation::BodyBit(at, bit) => {
                let at = at % body.len();
                body[at] ^= 1 << bit;
            }
            Mutation::BodyByteAdded(at, byte) => body.insert(at % (body.len() + 1), *byte),
            Mutation::BodyCut(at) => body.truncate(at % body.len()),
            Mutation::SpaceAdded(at) => body.insert(at % (body.len() + 1), b' '),
            Mutation::SignatureBit(at, bit) => {
                let at = at % value.len();
                let flipped = value[at] ^ (1 << bit);
                value[at] = if flipped.eq_ignore_ascii_case(&value[at]) { b'x' } else { flipped };
            }
            Mutation::SignatureCut(at) => value.truncate(at % value.len()),
            Mutation::SignatureLonger(more) => value.extend(more.bytes()),
            Mutation::Prefix(prefix) => value = [prefix.as_bytes(), &value[7..]].concat(),
            Mutation::Doubled => return (vec![value.clone(), value], body),
            Mutation::Missing => return (Vec::new(), body),
            Mutation::OtherSecret(text) => value = signed(&body, &format!("{text}.")).into_bytes(),
            Mutation::EmptySecret => {
                let mac = Hmac::<Sha256>::new_from_slice(b"").unwrap().chain_update(&body).finalize();
                value = format!("sha256={}", hex::encode(mac.into_bytes())).into_bytes();
            }
        }
        (vec![value], body)
    }

    #[test]
    fn ten_thousand_forged_requests_are_all_refused() {
        let n_tried = Cell::new(0);
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(10_000) });
        let bodies = proptest::collection::vec(any::<u8>(), 1..400);
        let tried = runner.run(&(bodies, mutation()), |(body, mutation)| {
            prop_assert!(is_accepted(SignatureForm::Meta, &[signed(&body, "new secret").as_bytes()], &body));
            let (headers, changed) = mutated(&body, &mutation);
            let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
            prop_assert!(!is_accepted(SignatureForm::Meta, &headers, &changed));
            n_tried.set(n_tried.get() + 1);
            Ok(())
        });
        tried.unwrap();
        assert_eq!(n_tried.get(), 10_000);
    }
}
