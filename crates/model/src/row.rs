use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Basis, ConsentChannel, ConsentState, ContactId};

/// Where contacts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Sms,
    Viber,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Sms, Self::Viber];

    /// The name as it stands in files and in the database.
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

/// A source row as received: the source by its place in the plan, and the number of the record.
///
/// The unit of the conservation law. Records count from 1, the header not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    pub source: u16,
    pub record: u64,
}

/// What a source row says about a contact: its cells as they came, and what kind of row it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawContact<'a> {
    pub phone: &'a str,
    /// A phone number of digits alone has its country code before it.
    pub is_international: bool,
    pub region: &'a str,
    /// Whole, or put together from two cells.
    pub name: Cow<'a, str>,
    pub email: &'a str,
    pub language: &'a str,
    pub last_at: &'a str,
    /// What stands in columns of consent, each cell a statement.
    pub consents: Vec<&'a str>,
    /// What stands in columns whose meaning is a refusal: a flag, or the date of the refusal.
    pub opt_outs: Vec<&'a str>,
    /// When the consent was given or refused.
    pub consent_at: &'a str,
    /// That date is also of what stands in `opt_outs`: the source has no column of consent that it belongs to.
    pub consent_at_dates_opt_outs: bool,
    /// What the row's words of consent speak of, where that is not the channel of the row.
    pub consent_channel: Option<ConsentChannel>,
    /// The text of a message that the person wrote.
    pub message: &'a str,
    /// What the kind of the row says about consent, whatever its words are.
    pub event: Option<ConsentEvent<'a>>,
    /// The date of the row is also the date of what it says about consent, as in a log or in a list of people who
    /// have opted out. In a list of contacts it is not: that may be the date of a purchase.
    pub dates_consent: bool,
    /// When they first came, where the row says so.
    pub first_at: &'a str,
    /// The id of the person in the system that the row was exported from. From a source of the Viber
    /// channel it is the Viber id, unless the row has one besides.
    pub external_id: &'a str,
    pub viber_id: &'a str,
    /// Words separated by commas or semicolons.
    pub tags: &'a str,
    /// Of the message that the row is about; several rows may be about one.
    pub message_id: &'a str,
    /// Which way the message of `last_at` went, where the row is a message.
    pub direction: Option<Direction>,
    /// The channel of the row, where it is not that of its source.
    pub channel: Option<Channel>,
    /// Whether the line was reached; none where the row says nothing for certain.
    pub is_reachable: Option<bool>,
    /// The number on a contact card that the person sent. It may be anybody's.
    pub shared_phone: &'a str,
    pub prompt: Prompt,
}

/// Something that a provider or a list says about consent without words of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentEvent<'a> {
    pub basis: Basis,
    pub state: ConsentState,
    /// The event or error code as it came; empty for an entry of a list.
    pub words: &'a str,
    /// The event only implies it, so that its date does not count: a message to a bot implies a subscription.
    pub is_implied: bool,
}

/// What a row has to do with asking a Viber user for the phone number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    #[default]
    None,
    /// The business asked.
    Asks,
    /// The row says itself that it answers such a request.
    Answers,
}

/// Which way a message went, seen from the business.
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

/// What became of a source row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is the latest row of its contact.
    Kept,
    /// It went into a contact whose latest row is another.
    Merged,
    Rejected,
    /// It belongs to somebody who was erased.
    Suppressed,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::Kept, Self::Merged, Self::Rejected, Self::Suppressed];

    /// The name as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Merged => "merged",
            Self::Rejected => "rejected",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Whether a text is a line of totals under a table, such as `Total: 1234`.
pub fn is_total(text: &str) -> bool {
    const WORDS: [&str; 7] = ["total", "totals", "totaux", "sum", "somme", "gesamt", "summe"];
    let word = text.trim_start_matches(['"', ' ']).split(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
    WORDS.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// A row that cannot become a contact: where it stands, why, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub row: RowId,
    pub reason: Reason,
    /// The field at fault, such as `phone`; empty when the whole row is.
    pub field: &'static str,
}

macro_rules! reasons {
    ($($variant:ident $code:literal $text:literal,)*) => {
        /// Why a row was rejected. The code is what files, reports and the database hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason { $(#[doc = $text] #[serde(rename = $code)] $variant,)* }

        impl Reason {
    /// Whether the row speaks of a person and could be corrected. The others are rows of a log that
    /// nobody could: they are accounted for, but say nothing about the quality of the data.
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::NotAContact | Self::OtherChannel | Self::Own | Self::NotSubscriber)
    }

            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code, such as `E_LETTERS`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The reason in words, for people.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

reasons! {
    Quote "E_QUOTE" "a quote is opened and not closed as CSV asks",
    Fields "E_FIELDS" "the row has more or fewer fields than the header",
    Truncated "E_TRUNCATED" "the file ends in the middle of the row",
    Encoding "E_ENCODING" "the row is not in the encoding of the file",
    Nul "E_NUL" "the row holds a NUL character",
    Record "E_RECORD" "the row is over 64 KiB",
    Json "E_JSON" "the record is not JSON",
    KeyTwice "E_KEY_TWICE" "the record says one thing twice",
    NotAContact "E_NOT_A_CONTACT" "the row is about nobody, such as a blank row or a line of totals",
    OtherChannel "E_OTHER_CHANNEL" "the message went over another channel",
    TooLong "E_TOO_LONG" "the phone number or id is over 250 characters",
    Empty "E_EMPTY" "no phone number and no other identity",
    Placeholder "E_PLACEHOLDER" "the phone number is a placeholder",
    Masked "E_MASKED" "digits of the phone number are masked",
    Scientific "E_SCI_NOTATION" "a spreadsheet has rounded the phone number",
    Multiple "E_MULTIPLE" "the cell holds more than one phone number",
    Float "E_FLOAT" "the phone number was kept as a fraction",
    Own "E_SELF" "the number is the business's own",
    Letters "E_LETTERS" "the phone number has letters in it",
    NotSubscriber "E_NOT_SUBSCRIBER" "the other side is a short code or an alphanumeric sender, not a person",
    ShortCode "E_SHORT_CODE" "a short code is not a person",
    NoRegion "E_NO_REGION" "the number is national and nothing says of which country",
    Invalid "E_INVALID" "no numbering plan has such a number",
    NotANumber "E_NOT_A_NUMBER" "the cell does not hold a phone number",
    Direction "E_DIRECTION" "nothing says which way the message went",
    RegionUnknown "E_REGION_UNKNOWN" "the country is not understood and the number is national",
    Ambiguous "E_AMBIGUOUS" "the digits are a national number and an international one of somebody else",
}

impl Reason {
    /// Reads back what [`Reason::code`] gave.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// Something worth knowing about a row that was kept all the same.
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
    /// The cells by their names, to look at all of them alike.
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
