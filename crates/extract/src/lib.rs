//! Reads the exports of providers: from files to rows, and from a row to the fields of a contact.
//!
//! [`probe()`] detects what the files of a source are and [`detect()`] which [`Profile`] they have. [`read()`] gives every
//! row, and a [`Layout`] gives the fields of a row. A row that cannot be read is a value with its reason; an
//! [`ExtractError`] means that a file as a whole cannot be used.

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
mod repeats;
mod row;
mod settings;
mod source;
mod text;
mod titles;

pub use detect::{
    ColumnGuess, ColumnSample, ProfileMatch, detect, guess_columns, guess_columns_by_names, looks_like_opt_outs,
    names_columns,
};
pub use error::ExtractError;
pub use files::files;
pub use formats::csv::DELIMITERS;
pub use formats::json::JsonLayout;
pub use formats::sheet::SheetKind;
pub use header::is_international_column;
pub use layout::Layout;
pub use packing::{LimitExceeded, Limits, Packing};
pub use probe::{IsEnough, ProbedColumns, probe, probe_columns};
pub use profile::{ATTRIBUTE_NAMES, ColumnNames, FIELDS, Mapping, Profile, ProfileWords, is_attribute_name};
pub use read::{read, read_first, read_up_to};
pub use row::{Cells, ReadSummary, Row, Unreadable, is_blank};
pub use settings::Settings;
pub use source::{FileFormat, Probe, SourcePart, delimiter_name};
pub use text::detect_encoding::EncodingDoubt;
pub use text::encoding::{Encoding, UnknownEncoding};
pub use text::lines::lines;
