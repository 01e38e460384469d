//! Cleans source rows: one [`model::Contact`] per person, in the order of their ids.
//!
//! Rows go in chunk by chunk, from as many threads as there are; the result depends only on the
//! rows and the rules, never on threads, chunks or order. Nothing here reads a clock or a file.

mod chunk;
mod date;
mod decisions;
mod hygiene;
mod link;
mod merge;
mod name;
mod old_spelling;
mod partition;
mod phone;
mod row;
mod said;
mod source;
mod survivorship;
#[cfg(test)]
mod testing;
mod tie;
mod unreadable;
mod waiting;
mod words;

pub use chunk::{Chunk, Taken};
pub use date::{DateEvidence, DateForm, DateOrder, JudgedOrder, Moment, ReadDate, is_date_format, read_date, zone};
pub use decisions::Decisions;
pub use hygiene::Hygiene;
pub use link::{Linked, Links};
pub use name::name;
pub use partition::{Cleaner, N_PARTITIONS, Piece};
pub use phone::{phone, phone_in};
pub use row::read_phone;
pub use said::read_again;
pub use source::{Source, SourceDates};
pub use survivorship::{Rule, Survivorship};
pub use tie::{MOST_NAMED, Tie, TieKind};
pub use unreadable::{FieldValues, ReadField, UnreadValues};
pub use waiting::Spill;
pub use words::{ReadEmail, email, language, read_email, tags};

use std::collections::HashSet;

use ::phone::PhoneNumber;
use jiff::Timestamp;
use model::{ContactId, ContactKey, RunMark};

/// What cleaning needs to know besides the rows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The run, and when it started.
    pub run: RunMark,
    /// Dates from here, and until here, decide: see [`Rules::date_range`].
    pub dates_from: i64,
    pub dates_until: i64,
    pub words: consent::Words,
    /// Which statement about consent counts.
    pub consent: consent::Rule,
    /// Which of several values of a field a contact keeps.
    pub survivorship: Survivorship,
    pub key: ContactKey,
    /// In the order of the plan; a [`model::RowId`] names a source by its place here.
    pub sources: Vec<Source>,
    /// Numbers of the business itself, which are nobody's contact.
    pub own_numbers: HashSet<PhoneNumber>,
    /// People who were erased, or never want to be contacted: their rows are counted, and that is all.
    pub suppressed: HashSet<ContactId>,
    pub decisions: Decisions,
}

/// No system of today has sent messages for longer: earlier dates are slips or empty values.
const FIRST_DATE: i64 = 1_104_537_600_000_000; // 2005-01-01T00:00:00Z
/// Clocks and time zones differ by less.
const MOST_AHEAD: i64 = 24 * 3600 * 1_000_000;

impl Rules {
    /// The instants between which a date decides anything, of a run that started then.
    pub fn date_range(started_at: Timestamp) -> (i64, i64) {
        (FIRST_DATE, started_at.as_microsecond().saturating_add(MOST_AHEAD))
    }

    /// Whether a date lies where dates decide.
    pub(crate) fn can_decide(&self, when: (i64, i64)) -> bool {
        (self.dates_from..=self.dates_until).contains(&when.0)
    }
}
