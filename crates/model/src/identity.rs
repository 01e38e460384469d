use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

use crate::{ConsentChannel, EventChannel, Personal};
use phone::PhoneNumber;

/// A name by which some system knows a person.
///
/// A contact has any number of identities, and none of them is its key. Values are compared byte for byte: Viber ids
/// are case-sensitive base64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    pub kind: IdentityKind,
    /// The scope in which the value is unique: a bot, a portfolio, a source. Empty for a phone.
    pub scope: String,
    pub value: Personal<String>,
}

/// The kind of an [`Identity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    Phone,
    Viber,
    WaId,
    Bsuid,
    Username,
    /// The id of the person in the system that a source was exported from.
    External,
}

impl IdentityKind {
    const NAMES: [(Self, &'static str); 6] = [
        (Self::Phone, "phone"),
        (Self::Viber, "viber"),
        (Self::WaId, "wa_id"),
        (Self::Bsuid, "bsuid"),
        (Self::Username, "username"),
        (Self::External, "external"),
    ];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`IdentityKind::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

/// The name of an identity in one text, as statements and the database have it: `KIND:SCOPE:VALUE`.
pub fn identity_name(kind: &str, scope: &str, value: &str) -> String {
    format!("{kind}:{scope}:{value}")
}

/// The key of a contact: the first 128 bits of a keyed digest of its first identity.
///
/// The same person gets the same id in every run made with the same [`ContactKey`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContactId(pub [u8; 16]);

impl ContactId {
    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| Self(bytes))
    }

    /// Reads 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The secret key of contact ids.
///
/// A plain digest of a phone number protects nothing: all mobile numbers of a country can be hashed in seconds. With a
/// secret key, the id of a number cannot be guessed.
///
/// The key never changes: a person who is imported again gets the same id, and an address that was written to is known
/// again.
#[derive(Clone)]
pub struct ContactKey {
    ids: Hmac<Sha256>,
    /// The subkey of [`ContactKey::recipient`].
    recipients: Hmac<Sha256>,
    /// The subkey of [`ContactKey::event_key`].
    events: Hmac<Sha256>,
}

/// What the subkeys are for, by which HKDF tells them from each other
/// (<https://www.rfc-editor.org/rfc/rfc5869#section-3.2>).
const RECIPIENTS: &[u8] = b"ferry recipients of messages, version 1";
const EVENTS: &[u8] = b"ferry webhook events, version 1";

/// Why a text is not a key.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("the contact key must be 64 hexadecimal digits (32 bytes), and {0} characters were given")]
    Malformed(usize),
}

impl ContactKey {
    /// Reads a key of 64 hexadecimal digits, white space around it allowed.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed(text.trim().len());
        let mut secret = [0; 32];
        hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| malformed())?;
        let of = |key: &[u8; 32]| Hmac::new_from_slice(key).map_err(|_| malformed());
        let subkey = |label: &[u8]| {
            let mut subkey = [0; 32];
            Hkdf::<Sha256>::new(None, &secret).expand(label, &mut subkey).map_err(|_| malformed())?;
            of(&subkey)
        };
        Ok(Self { ids: of(&secret)?, recipients: subkey(RECIPIENTS)?, events: subkey(EVENTS)? })
    }

    /// A name of the key that does not reveal it. Runs and databases with different keys are told apart by it.
    pub fn id(&self) -> String {
        hex::encode(&self.digest(&[b"ferry contact key"])[..8])
    }

    /// A keyed digest, which proves that its maker had the key.
    pub fn sign(&self, bytes: &[u8]) -> String {
        hex::encode(self.digest(&[b"ferry signature\0", bytes]))
    }

    /// The id of the person with a phone number.
    pub fn of_phone(&self, phone: PhoneNumber) -> ContactId {
        self.of(&[b"phone\0\0", &phone.digits().to_be_bytes()])
    }

    /// The id of a person without a phone.
    pub fn of_identity(&self, kind: IdentityKind, scope: &str, value: &str) -> ContactId {
        self.of(&[kind.name().as_bytes(), b"\0", scope.as_bytes(), b"\0", value.as_bytes()])
    }

    /// The digest by which the database knows an address that was written to: a phone number in E.164 form, or the id
    /// of a Viber user. One address has another digest on each channel.
    pub fn recipient(&self, channel: ConsentChannel, address: &str) -> [u8; 32] {
        digest(&self.recipients, &[channel.name().as_bytes(), b"\0", address.as_bytes()])
    }

    /// The digest by which the database knows an event of a platform for good. An event without a signature has another
    /// one, so that nobody can take the place of a signed event beforehand.
    pub fn event_key(&self, key: &str, is_signed: bool) -> [u8; 32] {
        let origin: &[u8] = if is_signed { b"signed\0" } else { b"unsigned\0" };
        digest(&self.events, &[origin, key.as_bytes()])
    }

    /// The digest by which the database knows a message of the business: of its channel, of the platform's id, which holds a
    /// phone number, and of the member of a group that it went to.
    pub fn message_key(&self, channel: EventChannel, id: &str, member: Option<&str>) -> [u8; 32] {
        let (channel, length) = (channel.name().as_bytes(), (id.len() as u64).to_be_bytes());
        let member = member.unwrap_or_default().as_bytes();
        digest(&self.events, &[b"message\0", channel, b"\0", &length, id.as_bytes(), member])
    }

    fn of(&self, parts: &[&[u8]]) -> ContactId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.digest(parts)[..16]);
        ContactId(id)
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        digest(&self.ids, parts)
    }
}

fn digest(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for ContactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_the_number_and_on_the_key() {
        let [one, other] = ["11", "22"].map(|it| ContactKey::from_hex(&it.repeat(32)).unwrap());
        let [ana, ben] = [12025550123, 12025550124].map(PhoneNumber::from_digits);

        assert_eq!(one.of_phone(ana), one.of_phone(ana));
        assert_ne!(one.of_phone(ana), one.of_phone(ben));
        assert_ne!(one.of_phone(ana), other.of_phone(ana));
        assert_ne!(one.id(), other.id());
    }

    #[test]
    fn contact_ids_and_recipients_stay_the_same_from_version_to_version() {
        let key = ContactKey::from_hex(&"11".repeat(32)).unwrap();
        assert_eq!(key.of_phone(PhoneNumber::from_digits(12025550123)).to_string(), "cce412e9dc96c27bfac79347edf174dd");
        assert_eq!(
            hex::encode(key.recipient(ConsentChannel::Sms, "+12025550123")),
            "5ac73071708a36b2d0cff309c926989d1a076944e4578f845df813d70893e713"
        );
    }

    #[test]
    fn an_address_has_a_digest_of_its_own_on_each_channel_and_with_each_key() {
        let [one, other] = ["11", "22"].map(|it| ContactKey::from_hex(&it.repeat(32)).unwrap());
        let of = |key: &ContactKey, channel| key.recipient(channel, "+12025550123");
        assert_eq!(of(&one, ConsentChannel::Sms), of(&one, ConsentChannel::Sms));
        assert_ne!(of(&one, ConsentChannel::Sms), of(&one, ConsentChannel::Whatsapp));
        assert_ne!(of(&one, ConsentChannel::Sms), of(&other, ConsentChannel::Sms));
    }

    #[test]
    fn the_digest_of_an_event_depends_on_the_key_and_on_the_signature_and_stays_the_same() {
        let [one, other] = ["11", "22"].map(|it| ContactKey::from_hex(&it.repeat(32)).unwrap());
        assert_ne!(one.event_key("status x sent", true), one.event_key("status x sent", false));
        assert_ne!(one.event_key("status x sent", true), other.event_key("status x sent", true));
        assert_eq!(
            hex::encode(one.event_key("status x sent", true)),
            "84f5ae10647f85cc2a4c2e68229aab8edf94f650d880f08a34328aaa6e12d0b6"
        );
    }

    #[test]
    fn scope_and_value_do_not_run_into_each_other() {
        let key = ContactKey::from_hex(&"33".repeat(32)).unwrap();
        let id = |scope, value| key.of_identity(IdentityKind::Viber, scope, value);
        assert_ne!(id("shop", "1"), id("sho", "p1"));
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused_and_never_printed() {
        assert_eq!(ContactKey::from_hex("abc").unwrap_err(), KeyError::Malformed(3));
        assert_eq!(format!("{:?}", ContactKey::from_hex(&"44".repeat(32)).unwrap()), "<secret>");
    }

    #[test]
    fn every_identity_kind_reads_back_its_own_name() {
        for (kind, name) in IdentityKind::NAMES {
            assert_eq!((kind.name(), IdentityKind::from_name(name)), (name, Some(kind)));
        }
    }
}
