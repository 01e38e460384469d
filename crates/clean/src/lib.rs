//! Cleans source rows: one [`model::Contact`] per person, in the order of their ids.
//!
//! Rows go in chunk by chunk, on many threads. The result depends only on the rows and the rules, never on threads,
//! chunks or order. Nothing here reads a clock or a file.

mod matching;
mod merge;
mod partition;
mod quality;
mod row;
mod rules;
mod source;
#[cfg(test)]
mod testing;

pub use matching::decisions::Decisions;
pub use matching::duplicate::{DuplicateCandidate, DuplicateKind, MOST_NAMED};
pub use matching::viber::{Linked, Links};
pub use merge::survivorship::{FieldRule, Survivorship};
pub use partition::chunk::{ChunkReport, ChunkWriter};
pub use partition::cleaner::Cleaner;
pub use partition::sorted_run::SortedRun;
pub use partition::spill::Spill;
pub use partition::store::N_PARTITIONS;
pub use quality::list::ListQualityCounts;
pub use quality::unreadable::{FieldValues, ReadField, UnreadValues};
pub use row::{Refusing, read_phone, refusing};
pub use rules::Rules;
pub use rules::consent::read_again;
pub use rules::date::{
    DateEvidence, DateForm, DateOrder, JudgedOrder, Moment, ReadDate, is_date_format, read_date, zone,
};
pub use rules::email::{ReadEmail, email, read_email};
pub use rules::language::language;
pub use rules::name::name;
pub use rules::phone::{phone, phone_in};
pub use rules::tags::tags;
pub use source::{Source, SourceDates};
