//! Reads what providers export: from files to rows, and from a row to the cells of a contact.
//!
//! [`probe()`] finds out what the files of a source are, [`detect()`] which [`Profile`] they have,
//! [`read()`] gives every row of them, and a [`Layout`] knows which cell of a row says what. A row that
//! cannot be read is a value with its reason; an [`ExtractError`] means that a file as a whole cannot
//! be used.

mod detect;
mod digest_input;
mod error;
mod files;
mod formats;
mod header;
mod layout;
mod magic;
mod packing;
mod probe;
mod profile;
mod read;
mod row;
mod settings;
mod source;
mod text;
mod titles;

pub use detect::{ColumnSample, Fit, Guess, detect, guess, guess_by_names, looks_like_opt_outs};
pub use error::ExtractError;
pub use files::files;
pub use formats::json::JsonForm;
pub use formats::sheet::SheetKind;
pub use header::is_international_column;
pub use layout::Layout;
pub use packing::{LimitExceeded, Limits, Packing};
pub use probe::probe;
pub use profile::{FIELDS, Mapping, Names, Profile, Words};
pub use read::{read, read_first};
pub use row::{Cells, Row, Seen, Unreadable, is_blank};
pub use settings::Settings;
pub use source::{Form, Part, Probe, delimiter_name};
pub use text::detect_encoding::EncodingDoubt;
pub use text::encoding::{Encoding, UnknownEncoding};
pub use text::lines::lines;
