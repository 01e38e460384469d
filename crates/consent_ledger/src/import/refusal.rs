//! Why a row of an import is refused.

use model::Reason;

/// The reason why a row is refused. Nothing of a refused row is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The row cannot be read.
    Row(Reason),
    NoPerson,
    Phone(Reason),
    ContactId,
    NoScope,
    NoChannel,
    Channel,
    NoAnswer,
    YesWithoutDate,
    DateOfYes,
    DateOutOfRange,
    Purpose,
    Wording,
    Proof,
    ProofDigest,
    DigestWithoutProof,
    Identity,
    Basis,
    Platform,
    Retracted,
}

impl Refusal {
    /// The reason in words, and what to do.
    pub fn text(self) -> &'static str {
        match self {
            Self::Row(reason) => reason.describe(),
            Self::NoPerson => "the row names nobody: it has no phone, contact id or Viber id",
            Self::Phone(reason) => reason.describe(),
            Self::ContactId => "a contact id has 32 hexadecimal digits: `ferry trace` shows it",
            Self::NoScope => {
                "a Viber id needs its scope, such as the name of the bot: add a column scope, or give --scope"
            }
            Self::NoChannel => "the row names no channel: fill in channel, or give --channel",
            Self::Channel => "a channel is sms, viber, whatsapp, email or all",
            Self::NoAnswer => "the row has no answer",
            Self::YesWithoutDate => "a yes needs the date on which it was given: fill in said_at",
            Self::DateOfYes => "the date of the yes cannot be read: write it as 2026-03-01 or 2026-03-01T10:15:00Z",
            Self::DateOutOfRange => "the date of the yes is before 2005 or in the future",
            Self::Purpose => "a purpose is conversation, utility, marketing or authentication; several are joined by +",
            Self::Wording => "a wording is NAME@VERSION",
            Self::Proof => "a proof is KIND:REFERENCE, and the kind is message, row, form or call",
            Self::ProofDigest => "the digest of a proof is a SHA-256 of 64 hexadecimal digits",
            Self::DigestWithoutProof => "the row has the digest of a proof and no proof",
            Self::Identity => "an identity is KIND:SCOPE:VALUE, such as viber:shop:ID",
            Self::Basis => "a basis is one that `ferry consent export` writes, such as record or inbound",
            Self::Platform => "a block by a platform is recorded from the platform's own report, not from a file",
            Self::Retracted => "the statement was retracted where it was exported",
        }
    }
}
