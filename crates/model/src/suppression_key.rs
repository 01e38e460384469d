//! The keys of the suppression list.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{ContactId, IdentityKind};

/// A keyed digest of an entry of the suppression list.
pub type SuppressionDigest = [u8; 32];

/// A secret key of the suppression list.
///
/// Unlike the contact key it can be replaced: see [`SuppressionKeys`].
#[derive(Clone)]
pub struct SuppressionKey {
    mac: Hmac<Sha256>,
    id: String,
}

/// All keys of a suppression list. The first one is the current key; the others are older and only check.
///
/// Entries are written under the current key. An entry under an older key is written again when its number is seen, so
/// an older key can be removed once no entry needs it.
#[derive(Clone)]
pub struct SuppressionKeys(Vec<SuppressionKey>);

/// Why a text does not hold the keys of a suppression list. Never shows a key.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum SuppressionKeysError {
    #[error("key {number} must be 64 hexadecimal digits (32 bytes), and {n_characters} characters were given")]
    Malformed { number: usize, n_characters: usize },
    #[error("there is no key in it: each line is a key of 64 hexadecimal digits")]
    Empty,
}

impl SuppressionKeys {
    /// Reads keys of 64 hexadecimal digits with white space between them, such as one a line. The first is the current one.
    pub fn read(text: &str) -> Result<Self, SuppressionKeysError> {
        let keys: Vec<SuppressionKey> = (1..)
            .zip(text.split_whitespace())
            .map(|(number, text)| SuppressionKey::from_hex(number, text))
            .collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(SuppressionKeysError::Empty) } else { Ok(Self(keys)) }
    }

    /// The key under which entries are written.
    pub fn current(&self) -> &SuppressionKey {
        &self.0[0]
    }

    /// All keys, the current one first.
    pub fn all(&self) -> &[SuppressionKey] {
        &self.0
    }
}

impl SuppressionKey {
    fn from_hex(number: usize, text: &str) -> Result<Self, SuppressionKeysError> {
        let malformed = || SuppressionKeysError::Malformed { number, n_characters: text.chars().count() };
        let mut secret = [0; 32];
        hex::decode_to_slice(text, &mut secret).map_err(|_| malformed())?;
        let mac: Hmac<Sha256> = Hmac::new_from_slice(&secret).map_err(|_| malformed())?;
        let mut key = Self { mac, id: String::new() };
        key.id = hex::encode(&key.digest(&[b"ferry suppression key"])[..8]);
        Ok(key)
    }

    /// A name of the key that does not reveal it. Entries carry it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The digest of a phone number in E.164 form, such as `+33612345678`.
    pub fn of_phone(&self, e164: &str) -> SuppressionDigest {
        self.of_identity(IdentityKind::Phone, "", e164)
    }

    /// The digest of an identity.
    pub fn of_identity(&self, kind: IdentityKind, scope: &str, value: &str) -> SuppressionDigest {
        self.digest(&[kind.name().as_bytes(), b"\0", scope.as_bytes(), b"\0", value.as_bytes()])
    }

    /// The digest of a contact of whom nothing but the id is known.
    pub fn of_contact(&self, contact: ContactId) -> SuppressionDigest {
        self.digest(&[b"contact\0\0", &contact.0])
    }

    /// The digest of a plain SHA-256 digest that somebody else has made of a number: without the key, the plain digest of
    /// a number is as good as the number.
    pub fn of_sha256(&self, plain: &[u8; 32]) -> SuppressionDigest {
        self.digest(&[b"sha256\0\0", plain])
    }

    fn digest(&self, parts: &[&[u8]]) -> SuppressionDigest {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|it| mac.update(it));
        mac.finalize().into_bytes().into()
    }
}

/// Reads a plain SHA-256 digest of 64 hexadecimal digits, in upper or lower case.
pub fn read_sha256(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text.trim(), &mut digest).ok().map(|()| digest)
}

/// The plain SHA-256 digests that others make of a phone number in E.164 form: with the plus and without.
///
/// Google takes E.164 with the plus (<https://groups.google.com/g/adwords-api/c/GLqSCji7Hx0>), Meta the digits alone
/// (<https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters>), and
/// TikTok both (<https://ads.tiktok.com/help/article/supported-ids-and-formats-for-customer-file>).
pub fn plain_phone_digests(e164: &str) -> [[u8; 32]; 2] {
    [e164, e164.trim_start_matches('+')].map(|it| Sha256::digest(it.as_bytes()).into())
}

impl fmt::Debug for SuppressionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<secret {}>", self.id)
    }
}

impl fmt::Debug for SuppressionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> SuppressionKeys {
        SuppressionKeys::read(text).unwrap()
    }

    #[test]
    fn the_first_key_is_the_current_one_and_ids_do_not_show_keys() {
        let [one, other] = ["11", "22"].map(|it| it.repeat(32));
        let keys = keys(&format!("{one}\n\n{other}\n"));
        assert_eq!(keys.all().len(), 2);
        assert_ne!(keys.current().id(), keys.all()[1].id());
        let shown = format!("{keys:?}");
        assert!(!shown.contains(&one) && shown.contains(keys.current().id()), "{shown}");
    }

    #[test]
    fn a_wrong_key_is_named_by_its_place_and_never_shown() {
        let good = "11".repeat(32);
        let error = SuppressionKeys::read(&format!("{good}\nabc")).unwrap_err();
        assert_eq!(error.to_string(), "key 2 must be 64 hexadecimal digits (32 bytes), and 3 characters were given");
        assert_eq!(SuppressionKeys::read(" \n").unwrap_err(), SuppressionKeysError::Empty);
    }

    #[test]
    fn a_digest_depends_on_the_key_and_on_what_it_is_of() {
        let keys = keys(&format!("{} {}", "11".repeat(32), "22".repeat(32)));
        let [one, other] = [&keys.all()[0], &keys.all()[1]];
        let phone = "+33199000001";
        assert_eq!(one.of_phone(phone), one.of_identity(IdentityKind::Phone, "", phone));
        assert_ne!(one.of_phone(phone), other.of_phone(phone));
        assert_ne!(one.of_phone(phone), one.of_identity(IdentityKind::WaId, "", phone));
        let viber = |scope, value| one.of_identity(IdentityKind::Viber, scope, value);
        assert_ne!(viber("shop", "1"), viber("sho", "p1"));
    }

    /// The digest that RFC 2104 defines, reckoned with Python's `hmac`.
    #[test]
    fn a_digest_is_the_hmac_of_kind_scope_and_value() {
        let key = keys(&"11".repeat(32));
        assert_eq!(
            hex::encode(key.current().of_phone("+33199000001")),
            "90c9296fbfcab048289f7ef280bb94b30bd9ef6027db6c183ff5971ad12eee68"
        );
    }

    /// The example of Meta's documentation.
    #[test]
    fn the_plain_digests_of_a_number_are_those_that_others_make() {
        let [with_plus, digits] = plain_phone_digests("+16505551212").map(hex::encode);
        assert_eq!(digits, "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176");
        assert_eq!(with_plus, "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8");
    }
}
