//! Reads what providers export: from files to rows, and from a row to the cells of a contact.
//!
//! [`probe()`] finds out what the files of a source are, [`detect()`] which [`Profile`] they have,
//! [`read()`] gives every row of them, and a [`Layout`] knows which cell of a row says what. A row that
//! cannot be read is a value with its reason; an [`ExtractError`] means that a file as a whole cannot
//! be used.

mod delimited;
mod detect;
mod digest_input;
mod encoding;
mod error;
mod first;
mod header;
mod json;
mod layout;
mod lines;
mod magic;
mod packing;
mod part;
mod probe;
mod profile;
mod read;
mod sheet;
mod survey;
mod titles;
mod vcard;

pub use detect::{ColumnSample, Fit, Guess, detect, guess, guess_by_names, looks_like_opt_outs};
pub use encoding::{Encoding, UnknownEncoding};
pub use error::ExtractError;
pub use first::read_first;
pub use header::is_international_column;
pub use json::JsonForm;
pub use layout::{Layout, is_blank};
pub use lines::lines;
pub use packing::{Bomb, Limits, Packing};
pub use part::{Form, Part, Probe, delimiter_name};
pub use probe::{Settings, files, probe};
pub use profile::{FIELDS, Mapping, Names, Profile, Words};
pub use read::{Cells, Row, Seen, Unreadable, read};
pub use sheet::SheetKind;
pub use survey::EncodingDoubt;
