//! Receipts: the proof of a consent that counts, in the terms of ISO/IEC TS 27560:2023.
//!
//! The sections and the names of the fields are those of the technical specification (header, processing, parties,
//! events), as the W3C's Data Privacy Vocabulary group lists them: "Consent Records and Receipts as per ISO/IEC TS
//! 27560:2023 using DPV", section "Mappings of Terms", read on 2026-11-30
//! (<https://w3id.org/dpv/guides/consent-27560>). Fields that the specification demands and that Ferry does not know
//! are null, and `not_stated` names them.

mod form;

use crm::{ConsentNow, LedgerEntry, Wording};
use jiff::Timestamp;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentState, ContactId, ContactKey, Hasher, ProofKind, Statement,
    WordingName,
};

pub use crate::receipt::form::*;

/// The version of the form of [`Receipt`].
const SCHEMA: &str = "ISO/IEC TS 27560:2023; ferry 1";
const ALGORITHM: &str = "HMAC-SHA-256";
const CONTROLLER: &str = "controller";
const PRINCIPAL: &str = "pii_principal";
const PLATFORM: &str = "platform";

/// What a receipt is made of.
pub struct Proven<'a> {
    pub contact: ContactId,
    pub channel: ConsentChannel,
    pub purpose: ConsentPurpose,
    /// All statements of the contact, in their order.
    pub ledger: &'a [LedgerEntry],
    pub wordings: &'a [Wording],
    pub business_name: Option<&'a str>,
    pub business_contact: Option<&'a str>,
    pub at: Timestamp,
    /// The program that issues the receipt.
    pub tool: &'a str,
}

/// Why there is no consent to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoConsent {
    NothingSaid,
    /// A consent that names no wording or no date, or whose wording does not name the purpose.
    CoversNothing(Box<Statement>),
    /// A statement decides that is not a yes. `is_withdrawn` if there was a consent before it.
    Refused {
        statement: Box<Statement>,
        is_withdrawn: bool,
    },
}

/// The result of checking the signature of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    Genuine,
    /// It was signed with another contact key.
    OtherKey,
    /// Something in it has changed since it was signed.
    Changed,
}

/// Makes a receipt for the consent that counts, or says what is there instead. `now` is what counts for the contact.
pub fn prove(proven: &Proven, now: &[ConsentNow], key: &ContactKey) -> Result<Receipt, NoConsent> {
    let counts = now.iter().find(|it| it.channel == proven.channel && it.purpose == proven.purpose);
    let deciding = counts.and_then(|it| proven.ledger.iter().find(|entry| entry.id == it.statement_id));
    let yes = match (counts, deciding) {
        (Some(counts), Some(entry)) if counts.state == ConsentState::Yes => entry,
        (_, Some(entry)) => return Err(proven.refused(entry)),
        (_, None) => return Err(proven.missing()),
    };
    let mut receipt = proven.receipt(yes, key);
    receipt.signature.value = key.sign(&receipt.signed_bytes());
    Ok(receipt)
}

impl Receipt {
    /// Checks the signature.
    pub fn check(&self, key: &ContactKey) -> Checked {
        if self.signature.key_id != key.id() {
            return Checked::OtherKey;
        }
        match key.sign(&self.signed_bytes()) == self.signature.value {
            true => Checked::Genuine,
            false => Checked::Changed,
        }
    }

    /// The bytes that are signed: the receipt as JSON without white space, in the order of the fields, with an empty
    /// signature.
    fn signed_bytes(&self) -> Vec<u8> {
        let mut unsigned = self.clone();
        unsigned.signature.value.clear();
        // A receipt has no map with keys that JSON does not have, so it can always be written.
        let text = serde_json::to_vec(&unsigned).unwrap_or_default();
        [b"consent receipt\0".as_slice(), &text].concat()
    }
}

impl Proven<'_> {
    fn receipt(&self, yes: &LedgerEntry, key: &ContactKey) -> Receipt {
        let record_id = format!("{}-{:016x}", self.contact, yes.id);
        let wording = yes.statement.wording().and_then(|name| self.wording(name));
        let processing = self.processing(yes, wording);
        let controller = Party {
            party_id: CONTROLLER.to_owned(),
            party_name: self.business_name.map(str::to_owned),
            party_address: None,
            party_contact: self.business_contact.map(str::to_owned),
            party_type: "pii controller".to_owned(),
        };
        let mut hasher = Hasher::default();
        let events = self.events(yes);
        hasher.update(format!("{record_id} {} {} {}", self.channel.name(), self.purpose.name(), self.at).as_bytes());
        Receipt {
            schema_version: SCHEMA.to_owned(),
            receipt_id: hasher.finish().to_string()[..32].to_owned(),
            record_id,
            pii_principal_id: self.contact.to_string(),
            not_stated: not_stated(&processing, &controller),
            pii_processing: processing,
            party_identification: self.parties(controller, &events),
            events,
            issued_at: self.at,
            issued_by: self.tool.to_owned(),
            signature: Signature { algorithm: ALGORITHM.to_owned(), key_id: key.id(), value: String::new() },
        }
    }

    /// All parties that the receipt refers to. The person is named by the id of the contact alone.
    fn parties(&self, controller: Party, events: &[Event]) -> Vec<Party> {
        let party = |id: &str, name: Option<&str>, kind: &str| Party {
            party_id: id.to_owned(),
            party_name: name.map(str::to_owned),
            party_address: None,
            party_contact: None,
            party_type: kind.to_owned(),
        };
        let mut parties = vec![controller, party(PRINCIPAL, None, "pii principal")];
        if events.iter().any(|it| it.entity_id == PLATFORM) {
            parties.push(party(PLATFORM, Some(self.channel.name()), "third party"));
        }
        parties
    }

    fn wording(&self, name: &WordingName) -> Option<&Wording> {
        self.wordings.iter().find(|it| it.name == *name)
    }

    fn processing(&self, yes: &LedgerEntry, wording: Option<&Wording>) -> Processing {
        let notice = wording.map(|it| Notice {
            name: it.name.name.clone(),
            version: it.name.version.clone(),
            digest: sha256(&it.text),
            text: it.text.clone(),
            purposes: it.purposes.iter().map(|it| it.name().to_owned()).collect(),
        });
        let purpose = Purpose {
            purpose: self.purpose.name().to_owned(),
            lawful_basis: "consent".to_owned(),
            pii_information: vec![PiiInformation { pii_type: pii_type(self.channel).to_owned() }],
            pii_controllers: vec![CONTROLLER.to_owned()],
            collection_method: collection_method(&yes.statement),
            service: self.channel.name().to_owned(),
            storage_locations: None,
            retention_period: None,
            jurisdiction: None,
            recipient_third_parties: None,
            withdrawal_method: format!("an answer such as STOP by {}", self.channel.name()),
        };
        Processing { privacy_notice: notice, language: wording.map(|it| it.language.clone()), purposes: vec![purpose] }
    }

    /// The statements that are about the channel and purpose, with the one that decides.
    fn events(&self, yes: &LedgerEntry) -> Vec<Event> {
        let about = |it: &&LedgerEntry| !it.is_retracted && (it.id == yes.id || self.is_about(&it.statement));
        self.ledger.iter().filter(about).map(|it| event(it, it.id == yes.id, self.follows_a_yes(it))).collect()
    }

    /// Whether a consent to the channel and purpose was given before a statement.
    fn follows_a_yes(&self, later: &LedgerEntry) -> bool {
        let is_before = |it: &Statement| match (it.at, later.statement.at) {
            (Some(one), Some(other)) => one.from <= other.from,
            _ => it.first_run.started_at <= later.statement.first_run.started_at,
        };
        let yes = self.ledger.iter().filter(|it| !it.is_retracted && it.statement.state == ConsentState::Yes);
        yes.map(|it| &it.statement).any(|it| self.is_about(it) && is_before(it))
    }

    /// Whether a statement can bear on the channel and purpose. A refusal of marketing on any messaging channel can.
    fn is_about(&self, said: &Statement) -> bool {
        let is_own = said.channel == self.channel || said.channel == ConsentChannel::All;
        let is_heard = self.purpose == ConsentPurpose::Marketing
            && said.state != ConsentState::Yes
            && said.channel != ConsentChannel::Email;
        said.purpose.includes(self.purpose) && (is_own || is_heard)
    }

    fn refused(&self, entry: &LedgerEntry) -> NoConsent {
        NoConsent::Refused { statement: Box::new(entry.statement.clone()), is_withdrawn: self.follows_a_yes(entry) }
    }

    fn missing(&self) -> NoConsent {
        let is_yes = |it: &&LedgerEntry| !it.is_retracted && it.statement.state == ConsentState::Yes;
        let found = self.ledger.iter().filter(is_yes).rfind(|it| self.is_about(&it.statement));
        found.map_or(NoConsent::NothingSaid, |it| NoConsent::CoversNothing(Box::new(it.statement.clone())))
    }
}

fn event(entry: &LedgerEntry, counts: bool, had_yes: bool) -> Event {
    let said = &entry.statement;
    let is_implied = said.basis == Basis::Inbound;
    let (event_type, event_state) = match said.state {
        ConsentState::Yes if is_implied => ("implied consent", "given"),
        ConsentState::Yes => ("expressed consent", "given"),
        ConsentState::Unclear => ("consent unknown", "unknown"),
        ConsentState::No | ConsentState::Stop if had_yes => ("consent withdrawn", "withdrawn"),
        ConsentState::No | ConsentState::Stop => ("consent refused", "refused"),
    };
    let entity = match said.basis {
        Basis::Platform => PLATFORM,
        // Whoever decides about an answer does it for the business.
        Basis::Review => CONTROLLER,
        _ => PRINCIPAL,
    };
    Event {
        event_time: said.at.map(|it| it.from),
        validity_duration: "until it is withdrawn".to_owned(),
        entity_id: entity.to_owned(),
        event_type: event_type.to_owned(),
        event_state: event_state.to_owned(),
        counts,
        evidence: evidence(entry),
    }
}

fn evidence(entry: &LedgerEntry) -> Evidence {
    let said = &entry.statement;
    let record = said.record.as_deref();
    let proof = record.and_then(|it| it.proof.as_ref());
    let row = || format!("{}:{}/{}", ProofKind::Row.name(), said.first_run.id, said.row);
    Evidence {
        statement_id: format!("{:016x}", entry.id),
        channel: said.channel.name().to_owned(),
        purpose: said.purpose.name().to_owned(),
        basis: said.basis.name().to_owned(),
        words: said.words.0.clone(),
        place: place(said).map(str::to_owned),
        wording: said.wording().map(ToString::to_string),
        proof: proof.map_or_else(row, ToString::to_string),
        proof_digest: proof.and_then(|it| it.digest.clone()),
        recorded_in: said.first_run.id.to_string(),
        recorded_at: said.first_run.started_at,
    }
}

fn sha256(text: &str) -> String {
    let mut hasher = Hasher::default();
    hasher.update(text.as_bytes());
    hasher.finish().to_string()
}

fn pii_type(channel: ConsentChannel) -> &'static str {
    match channel {
        ConsentChannel::Viber => "Viber user id",
        _ => "phone number",
    }
}

/// Where it was said. The place of a decision names who decided, whom the receipt does not name.
fn place(said: &Statement) -> Option<&str> {
    said.record.as_deref().filter(|_| said.basis != Basis::Review)?.place.as_deref()
}

/// `form at https://…`, or the basis if the ledger has no proof of its own.
fn collection_method(said: &Statement) -> String {
    let record = said.record.as_deref();
    let how = match record.and_then(|it| it.proof.as_ref()) {
        Some(proof) => proof.kind.name(),
        None => said.basis.name(),
    };
    match place(said) {
        Some(place) => format!("{how} at {place}"),
        None => how.to_owned(),
    }
}

fn not_stated(processing: &Processing, controller: &Party) -> Vec<String> {
    let purpose = processing.purposes.first();
    let is_missing = [
        ("privacy_notice", processing.privacy_notice.is_none()),
        ("language", processing.language.is_none()),
        ("storage_locations", purpose.is_none_or(|it| it.storage_locations.is_none())),
        ("retention_period", purpose.is_none_or(|it| it.retention_period.is_none())),
        ("jurisdiction", purpose.is_none_or(|it| it.jurisdiction.is_none())),
        ("recipient_third_parties", purpose.is_none_or(|it| it.recipient_third_parties.is_none())),
        ("party_name", controller.party_name.is_none()),
        ("party_address", controller.party_address.is_none()),
        ("party_contact", controller.party_contact.is_none()),
    ];
    is_missing.into_iter().filter(|it| it.1).map(|it| it.0.to_owned()).collect()
}

#[cfg(test)]
mod tests;
