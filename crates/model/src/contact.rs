use jiff::Timestamp;

use crate::{Channel, ConsentChannel, ConsentState, ContactId, Identity, Personal, RowName, Statement};
use phone::{LineType, PhoneNumber, Region};

/// One person, as all sources together know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    /// None for somebody known only to Viber.
    pub phone: Option<PhoneNumber>,
    /// Country of the phone number.
    pub region: Option<Region>,
    pub line_type: Option<LineType>,
    pub name: Option<Field<Personal<String>>>,
    pub email: Option<Field<Personal<String>>>,
    /// Two small letters, such as `fr`.
    pub language: Option<Field<String>>,
    /// The first time anything was heard of them.
    pub first_at: Option<Timestamp>,
    /// The last time anything was heard of them.
    pub last_at: Option<Field<Timestamp>>,
    pub last_inbound_at: Option<Timestamp>,
    pub last_outbound_at: Option<Timestamp>,
    /// How many messages went either way; several rows about one message count once.
    pub n_messages: u64,
    /// Whether the last message whose fate is known reached them.
    pub is_reachable: Option<Field<bool>>,
    /// What counts for messages, derived from all statements. A refusal on one channel counts for all.
    pub consent: Option<Field<ConsentState>>,
    /// When that was said.
    pub consent_at: Option<Timestamp>,
    /// What the statement that counts speaks of.
    pub consent_channel: Option<ConsentChannel>,
    /// What counts for WhatsApp itself, by statements that name it.
    pub whatsapp_consent: Option<ConsentState>,
    /// All that they said about being written to, sorted, each once.
    pub statements: Vec<Statement>,
    /// All identities but the phone.
    pub identities: Vec<Identity>,
    pub tags: Vec<String>,
    /// The channels they came from, in alphabetical order.
    pub channels: Vec<Channel>,
    /// How many source rows were merged.
    pub n_rows: u64,
    /// Those rows, such as `sms:1-3,9 viber:7`.
    pub rows: RowName,
}

impl Contact {
    /// A contact that was made of some rows, and of which nothing else is known.
    pub fn new(id: ContactId, rows: RowName) -> Self {
        Self {
            id,
            phone: None,
            region: None,
            line_type: None,
            name: None,
            email: None,
            language: None,
            first_at: None,
            last_at: None,
            last_inbound_at: None,
            last_outbound_at: None,
            n_messages: 0,
            is_reachable: None,
            consent: None,
            consent_at: None,
            consent_channel: None,
            whatsapp_consent: None,
            statements: Vec::new(),
            identities: Vec::new(),
            tags: Vec::new(),
            channels: Vec::new(),
            n_rows: 0,
            rows,
        }
    }

    /// The values whose rows are known, by name, each with its row.
    pub fn value_rows(&self) -> [(&'static str, Option<&RowName>); 6] {
        [
            ("name", self.name.as_ref().map(|it| &it.row)),
            ("email", self.email.as_ref().map(|it| &it.row)),
            ("language", self.language.as_ref().map(|it| &it.row)),
            ("last_at", self.last_at.as_ref().map(|it| &it.row)),
            ("reachable", self.is_reachable.as_ref().map(|it| &it.row)),
            ("consent", self.consent.as_ref().map(|it| &it.row)),
        ]
    }

    /// The rows of [`Contact::value_rows`], in the same order.
    pub fn value_rows_mut(&mut self) -> [Option<&mut RowName>; 6] {
        [
            self.name.as_mut().map(|it| &mut it.row),
            self.email.as_mut().map(|it| &mut it.row),
            self.language.as_mut().map(|it| &mut it.row),
            self.last_at.as_mut().map(|it| &mut it.row),
            self.is_reachable.as_mut().map(|it| &mut it.row),
            self.consent.as_mut().map(|it| &mut it.row),
        ]
    }
}

/// A value and the source row that it came from, such as `sms:12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    pub value: T,
    pub row: RowName,
}
