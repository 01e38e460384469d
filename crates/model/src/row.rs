use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Basis, ConsentChannel, ConsentState, ContactId};

/// The channel that contacts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Sms,
    Viber,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Sms, Self::Viber];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Viber => "viber",
        }
    }

    /// Reads back what [`Channel::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A source row as received: the place of its source in the plan, and the number of its record.
///
/// The unit of the balance. Records count from 1, without the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    pub source: u16,
    pub record: u64,
}

/// The cells of a source row as received, by their meaning, and the kind of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawContact<'a> {
    pub phone: &'a str,
    /// Whether a phone number without a plus sign begins with its country code.
    pub is_international: bool,
    pub region: &'a str,
    /// The whole name, perhaps from two cells.
    pub name: Cow<'a, str>,
    pub email: &'a str,
    pub language: &'a str,
    pub last_at: &'a str,
    /// The cells of columns of consent, each a statement.
    pub consents: Vec<&'a str>,
    /// The cells of columns of refusals: a flag, or the date of the refusal.
    pub opt_outs: Vec<&'a str>,
    /// When consent was given or refused.
    pub consent_at: &'a str,
    /// Whether `consent_at` also dates `opt_outs`: the source has no column of consent that it could belong to.
    pub consent_at_dates_opt_outs: bool,
    /// Whether the cells of `opt_outs` are of columns of dates, by their names: "never" is no refusal there.
    pub opt_outs_are_dates: bool,
    /// The channel that the row's words of consent are about, if it is not the channel of the row.
    pub consent_channel: Option<ConsentChannel>,
    /// The text of a message from the person.
    pub message: &'a str,
    /// A statement about consent that follows from the kind of the row, whatever its words are.
    pub event: Option<ConsentEvent<'a>>,
    /// Whether the date of the row is also the date of its statements about consent. It is in a log and in a list of
    /// opt-outs. In a list of contacts it is not: the date may be that of a purchase.
    pub dates_consent: bool,
    /// The first date of the person, if the row has one.
    pub first_at: &'a str,
    /// The id of the person in the system of the export. In a source of the Viber channel it is the Viber id, unless
    /// the row has a `viber_id` too.
    pub external_id: &'a str,
    pub viber_id: &'a str,
    /// Words separated by commas or semicolons.
    pub tags: &'a str,
    /// Filled cells of attributes, each with the place of its attribute among those of the source's profile.
    pub attributes: Vec<(u16, &'a str)>,
    /// The id of the message that the row is about. Several rows may be about one message.
    pub message_id: &'a str,
    /// The direction of the message, if the row is about one.
    pub direction: Option<Direction>,
    /// The channel of the row, if it is not that of its source.
    pub channel: Option<Channel>,
    /// Whether the line was reached; none if the row does not tell for certain.
    pub is_reachable: Option<bool>,
    /// The number on a contact card that the person sent. It may be another person's.
    pub shared_phone: &'a str,
    pub prompt: Prompt,
}

/// A statement about consent by a provider or a list, without words of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentEvent<'a> {
    pub basis: Basis,
    pub state: ConsentState,
    /// The event or error code as received; empty for an entry of a list.
    pub words: &'a str,
    /// Whether the event only implies consent, so that its date does not count: a message to a bot implies a
    /// subscription.
    pub is_implied: bool,
}

/// The part of a row in a request for the phone number of a Viber user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    #[default]
    None,
    /// The row is a request of the business.
    Asks,
    /// The row says that it answers such a request.
    Answers,
}

/// The direction of a message, as seen by the business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// What became of one source row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    pub row: RowId,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub contact_id: Option<ContactId>,
    pub findings: RowFindings,
}

/// The outcome of a source row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The row is the latest of its contact.
    Kept,
    /// The row was merged into a contact with a later row.
    Merged,
    Rejected,
    /// The row belongs to a suppressed person.
    Suppressed,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::Kept, Self::Merged, Self::Rejected, Self::Suppressed];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Merged => "merged",
            Self::Rejected => "rejected",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Whether a cell stands for no value: empty, `-`, `n/a`, `null`, `unknown`, in any case.
pub fn is_nothing(text: &str) -> bool {
    ["", "-", "n/a", "null", "unknown"].iter().any(|it| text.eq_ignore_ascii_case(it))
}

/// Whether a text is the line of totals of a table, such as `Total: 1234`.
pub fn is_total(text: &str) -> bool {
    const WORDS: [&str; 7] = ["total", "totals", "totaux", "sum", "somme", "gesamt", "summe"];
    let word = text.trim_start_matches(['"', ' ']).split(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
    WORDS.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// A row that cannot become a contact, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub row: RowId,
    pub reason: Reason,
    /// The field at fault, such as `phone`; empty if the whole row is.
    pub field: &'static str,
}

macro_rules! reasons {
    ($($variant:ident $code:literal $text:literal,)*) => {
        /// Why a row was rejected. Files, reports and the database hold the code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason { $(#[doc = $text] #[serde(rename = $code)] $variant,)* }

        impl Reason {
            /// Whether the row is about a person and could be corrected. The other rows are counted, but say nothing
            /// about the quality of the data.
            pub fn is_fault(self) -> bool {
                !matches!(self, Self::NotAContact | Self::OtherChannel | Self::Own | Self::NotSubscriber)
            }

            /// The same of a code; a code that is not known is a fault.
            pub fn is_fault_code(code: &str) -> bool {
                Self::from_code(code).is_none_or(Self::is_fault)
            }

            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code, such as `E_LETTERS`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The reason in words.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

reasons! {
    Quote "E_QUOTE" "a quoted field is not closed",
    Fields "E_FIELDS" "the row has more or fewer fields than the header",
    Truncated "E_TRUNCATED" "the file ends in the middle of the row",
    Encoding "E_ENCODING" "the row is not in the encoding of the file",
    Nul "E_NUL" "the row holds a NUL character",
    Record "E_RECORD" "the row is over 64 KiB",
    Json "E_JSON" "the record is not JSON",
    KeyTwice "E_KEY_TWICE" "the record has the same key twice",
    NotAContact "E_NOT_A_CONTACT" "the row is not about a person, such as a blank row or a line of totals",
    OtherChannel "E_OTHER_CHANNEL" "the message went over another channel",
    TooLong "E_TOO_LONG" "the phone number or id is over 250 characters",
    Empty "E_EMPTY" "no phone number and no other identity",
    Placeholder "E_PLACEHOLDER" "the phone number is a placeholder",
    Masked "E_MASKED" "digits of the phone number are masked",
    Scientific "E_SCI_NOTATION" "a spreadsheet has rounded the phone number",
    Multiple "E_MULTIPLE" "the cell holds more than one phone number",
    Float "E_FLOAT" "the phone number was stored as a fraction",
    Own "E_SELF" "the number is the business's own",
    Letters "E_LETTERS" "the phone number has letters in it",
    NotSubscriber "E_NOT_SUBSCRIBER" "the other side is a short code or an alphanumeric sender, not a person",
    ShortCode "E_SHORT_CODE" "a short code is not a person",
    NoRegion "E_NO_REGION" "the number is national and its country is not known",
    Invalid "E_INVALID" "no numbering plan has such a number",
    NotANumber "E_NOT_A_NUMBER" "the cell does not hold a phone number",
    Direction "E_DIRECTION" "the direction of the message is not known",
    RegionUnknown "E_REGION_UNKNOWN" "the country is not understood and the number is national",
    Ambiguous "E_AMBIGUOUS" "the digits may be a national number or another person's international number",
}

impl Reason {
    /// Reads back what [`Reason::code`] gave.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// Something to know about a row that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFinding {
    Extension = 1,
    Decimal = 2,
    Region = 4,
    Date = 8,
    Consent = 16,
    Name = 32,
    Trunk = 64,
    Card = 128,
    OldSpelling = 256,
    DateRange = 512,
    Language = 1024,
    Email = 2048,
    LongCell = 4096,
    Garbled = 8192,
}

/// The findings of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFindings(pub u16);

impl RowFinding {
    const NAMES: [(Self, &'static str); 14] = [
        (Self::Extension, "extension_dropped"),
        (Self::Decimal, "decimals_dropped"),
        (Self::Region, "region_unknown"),
        (Self::Date, "date_unreadable"),
        (Self::Consent, "consent_unknown"),
        (Self::Name, "name_repaired"),
        (Self::Trunk, "trunk_zero_missing"),
        (Self::Card, "card_not_asked_for"),
        (Self::OldSpelling, "old_spelling_rewritten"),
        (Self::DateRange, "date_out_of_range"),
        (Self::Language, "language_unreadable"),
        (Self::Email, "email_unreadable"),
        (Self::LongCell, "long_cell_dropped"),
        (Self::Garbled, "name_garbled"),
    ];
}

impl RowFindings {
    pub fn add(&mut self, finding: RowFinding) {
        self.0 |= finding as u16;
    }

    pub fn has(self, finding: RowFinding) -> bool {
        self.0 & finding as u16 != 0
    }

    /// The names, joined by spaces.
    pub fn names(self) -> String {
        let found = RowFinding::NAMES.iter().filter(|it| self.0 & it.0 as u16 != 0);
        found.map(|it| it.1).collect::<Vec<_>>().join(" ")
    }
}

impl RawContact<'_> {
    /// The cells by name, for checks of all cells.
    pub fn cells(&self) -> [(&'static str, &str); 15] {
        [
            ("phone", self.phone),
            ("region", self.region),
            ("name", self.name.as_ref()),
            ("email", self.email),
            ("language", self.language),
            ("last_at", self.last_at),
            ("consent", self.consents.first().copied().unwrap_or_default()),
            ("opt_out", self.opt_outs.first().copied().unwrap_or_default()),
            ("consent_at", self.consent_at),
            ("first_at", self.first_at),
            ("external_id", self.external_id),
            ("viber_id", self.viber_id),
            ("message_id", self.message_id),
            ("shared_phone", self.shared_phone),
            ("tags", self.tags),
        ]
    }
}
