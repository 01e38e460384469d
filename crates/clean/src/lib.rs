//! Cleans source rows: one [`model::Contact`] per person, in the order of their ids.
//!
//! Rows go in chunk by chunk, from as many threads as there are; the result depends only on the
//! rows and the rules, never on threads, chunks or order. Nothing here reads a clock or a file.

mod chunk;
mod date;
mod edges;
mod hygiene;
mod link;
mod merge;
mod name;
mod old_spelling;
mod partition;
mod phone;
mod row;
mod survivorship;
mod tie;
mod waiting;
mod words;

pub use chunk::{Chunk, Taken};
pub use date::{
    DateEvidence, DateForm, DateOrder, JudgedOrder, Moment, ReadDate, date, is_date_format, is_zoneless, read_date,
};
pub use edges::{Edge, Edges};
pub use hygiene::Hygiene;
pub use link::{Linked, Links};
pub use name::name;
pub use partition::{Cleaner, LedgerRow, N_PARTITIONS, Piece};
pub use phone::{phone, phone_in};
pub use row::read_phone;
pub use survivorship::{Rule, Survivorship};
pub use tie::{MOST_NAMED, Tie, TieKind};
pub use waiting::Spill;
pub use words::{ConsentWords, ReadEmail, email, language, read_email, tags};

use std::collections::HashSet;

use model::{Channel, ContactId, ContactKey, PhoneNumber, Region};

/// What cleaning needs to know besides the rows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whose numbers are meant where a row names no country.
    pub default_region: Option<Region>,
    pub words: ConsentWords,
    /// Which of several values of a field a contact keeps.
    pub survivorship: Survivorship,
    pub key: ContactKey,
    /// In the order of the plan; a [`model::RowId`] names a source by its place here.
    pub sources: Vec<Source>,
    /// Numbers of the business itself, which are nobody's contact.
    pub own_numbers: HashSet<PhoneNumber>,
    /// People who were erased, or never want to be contacted: their rows are counted, and that is all.
    pub suppressed: HashSet<ContactId>,
    pub edges: Edges,
}

/// What cleaning needs to know of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub channel: Channel,
    /// Of two rows of one date, the one whose source has the smaller number is the later.
    pub priority: i32,
    /// Within what external ids are unique: the bot on Viber, else the source.
    pub scope: String,
}
