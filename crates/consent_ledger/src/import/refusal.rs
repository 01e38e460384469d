//! Why a row of an import is refused.

use std::borrow::Cow;

use model::{Reason, WordingName, printable};

/// The most digits of a wording that is printed: a cell with more can hold a phone number.
const MOST_DIGITS: usize = 8;

/// The reason why a row is refused. Nothing of a refused row is recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The row cannot be read.
    Row(Reason),
    NoPerson,
    Phone(Reason),
    /// A yes of a number that its owner has left.
    NumberLeft,
    ContactId,
    NoScope,
    /// The phone, the contact id and the Viber id are not of one person.
    TwoPeople,
    NoChannel,
    Channel,
    NoAnswer,
    YesWithoutDate,
    DateOfYes,
    /// Day and month can be confused.
    DateOrder,
    DateTooEarly,
    DateBeforeWhatsapp,
    DateInFuture,
    Purpose,
    Wording,
    /// A yes to a wording that neither the plan nor the database has; none if it is not to be printed.
    UnknownWording(Option<UnknownWording>),
    Proof,
    ProofDigest,
    DigestWithoutProof,
    Identity,
    Basis,
    Platform,
    Retracted,
}

/// A wording that is not known, and one that differs from it by upper and lower case alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownWording {
    pub(crate) wording: WordingName,
    pub(crate) nearest: Option<WordingName>,
}

impl UnknownWording {
    fn text(&self) -> String {
        let wording = self.wording.to_string();
        let known = match &self.nearest {
            Some(it) => format!(", which have {}", printable(&it.to_string())),
            None => ": add it to the plan as [[wording]], or correct the row".to_owned(),
        };
        format!("neither the plan nor the database has the wording {}{known}", printable(&wording))
    }

    /// Whether the cell can hold an address or a number of a person instead.
    pub(crate) fn is_personal(&self) -> bool {
        let is_domain = self.wording.version.rsplit_once('.').is_some_and(|it| it.1.chars().all(char::is_alphabetic));
        let text = self.wording.to_string();
        is_domain || text.chars().filter(char::is_ascii_digit).count() > MOST_DIGITS
    }
}

impl Refusal {
    /// The reason in words, and what to do.
    pub fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Row(reason) => reason.describe(),
            Self::NoPerson => "the row names nobody: it has no phone, contact id or Viber id",
            Self::Phone(reason) => reason.describe(),
            Self::NumberLeft => {
                "somebody has left this number for another, so another person can have said yes: name the person by the new \
                 number or by contact_id"
            }
            Self::ContactId => "a contact id has 32 hexadecimal digits: `ferry trace` shows it",
            Self::NoScope => {
                "a Viber id needs its scope, such as the name of the bot: add a column scope, or give --scope"
            }
            Self::TwoPeople => {
                "the row names two people: its phone, contact id and Viber id are not of one contact; keep the right one"
            }
            Self::NoChannel => "the row names no channel: fill in channel, or give --channel",
            Self::Channel => "a channel is sms, viber, whatsapp, email or all",
            Self::NoAnswer => "the row has no answer",
            Self::YesWithoutDate => "a yes needs the date on which it was given: fill in said_at",
            Self::DateOfYes => "the date of the yes cannot be read: write it as 2026-03-01 or 2026-03-01T10:15:00Z",
            Self::DateOrder => {
                "day and month of the yes can be confused: give --date-order day-first or month-first, or write 2026-03-01"
            }
            Self::DateTooEarly => "the date of the yes is before 2005",
            Self::DateBeforeWhatsapp => "the date of the yes is before 2009-02-24, when WhatsApp began",
            Self::DateInFuture => {
                "the date of the yes is in the future; if it is the time of another zone, name that with --timezone"
            }
            Self::Purpose => "a purpose is conversation, utility, marketing or authentication; several are joined by +",
            Self::Wording => "a wording is NAME@VERSION",
            Self::UnknownWording(Some(unknown)) => return unknown.text().into(),
            Self::UnknownWording(None) => {
                "neither the plan nor the database has the wording of the row: add it to the plan as [[wording]], or correct \
                 the row"
            }
            Self::Proof => "a proof is KIND:REFERENCE, and the kind is message, row, form or call",
            Self::ProofDigest => "the digest of a proof is a SHA-256 of 64 hexadecimal digits",
            Self::DigestWithoutProof => "the row has the digest of a proof and no proof",
            Self::Identity => "an identity is KIND:SCOPE:VALUE, such as viber:shop:ID",
            Self::Basis => "a basis is one that `ferry consent export` writes, such as record or inbound",
            Self::Platform => {
                "a platform's yes is the end of a block, which the platform alone reports: leave the row out; a consent of \
                 the person has the basis record"
            }
            Self::Retracted => "the statement was retracted where it was exported",
        })
    }
}
