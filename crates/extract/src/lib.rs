//! Reads what providers export: from a file to rows, and from a row to the cells of a contact.
//!
//! [`probe()`] finds out what a file is, [`read()`] gives every row of it, and a [`Layout`] knows which
//! cell of a row says what. A row that cannot be read is a value with its reason; an
//! [`ExtractError`] means that the file as a whole cannot be used.

mod error;
mod probe;
mod profile;
mod read;
mod records;

pub use error::ExtractError;
pub use probe::{Encoding, Probe, Settings, probe};
pub use profile::{FIELDS, Layout, Mapping, Profile};
pub use read::{Cells, Row, read};
