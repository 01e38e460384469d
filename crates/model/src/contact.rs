use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Channel, ConsentChannel, ConsentState, ContactId, EarlierRows, Identity, Personal, RowName, Statement};
use phone::{LineType, PhoneNumber, Region};

/// The attributes that are parts of the name as well.
pub const NAME_PARTS: [&str; 2] = ["first_name", "last_name"];

/// One person, merged from all sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    /// None for a person known only to Viber.
    pub phone: Option<PhoneNumber>,
    /// Country of the phone number.
    pub region: Option<Region>,
    pub line_type: Option<LineType>,
    pub name: Option<Field<Personal<String>>>,
    pub email: Option<Field<Personal<String>>>,
    /// An ISO 639 code in lower case, such as `fr`.
    pub language: Option<Field<String>>,
    /// The earliest date in any row of the person.
    pub first_at: Option<Timestamp>,
    /// The latest date in any row of the person.
    pub last_at: Option<Field<Timestamp>>,
    pub last_inbound_at: Option<Timestamp>,
    pub last_outbound_at: Option<Timestamp>,
    /// The number of messages in both directions. Several rows about one message count once.
    pub n_messages: u64,
    /// Whether the last message with a known result reached the person.
    pub is_reachable: Option<Field<bool>>,
    /// The consent to messages, derived from all statements. A refusal on one channel counts for all.
    pub consent: Option<Field<ConsentState>>,
    /// The date of the statement that counts.
    pub consent_at: Option<Timestamp>,
    /// The channel of the statement that counts.
    pub consent_channel: Option<ConsentChannel>,
    /// The consent to WhatsApp, derived from statements that name it.
    pub whatsapp_consent: Option<ConsentState>,
    /// All statements about consent, sorted, each once.
    pub statements: Vec<Statement>,
    /// All identities except the phone.
    pub identities: Vec<Identity>,
    pub tags: Vec<String>,
    /// Further values by the names that the plan gives them, and the parts of the name as `first_name` and `last_name`.
    pub attributes: BTreeMap<String, Personal<String>>,
    /// The channels of its rows, in alphabetical order.
    pub channels: Vec<Channel>,
    /// The number of source rows that were merged.
    pub n_rows: u64,
    /// The rows that were merged, such as `sms:1-3,9 viber:7`.
    pub rows: RowName,
    /// The rows of earlier imports that gave values which stay.
    pub earlier_rows: EarlierRows,
}

impl Contact {
    /// A contact that came from `rows`, with no other value.
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
            attributes: BTreeMap::new(),
            channels: Vec::new(),
            n_rows: 0,
            rows,
            earlier_rows: EarlierRows::default(),
        }
    }

    /// The fields that remember their source row, by name, each with its row.
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

/// A value and its source row, such as `sms:12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    pub value: T,
    pub row: RowName,
}
