//! Translates sets of scenarios from files to a folder: reads the files, compiles all scenarios as one set, puts the edits
//! of people in, and says which files come of it.
//!
//! A run does so for every `[[scenario]]` of its plan, and `ferry translate` for the files of its command line. Nothing is
//! printed here, and nothing is known of the database.

mod edits;
mod files;
mod folder;
mod options;
mod set;

pub use edits::{Edits, MessageKey, TemplateKey};
pub use files::{SourceFile, read_files, with_digests};
pub use folder::{ORDER, OrderEntry, OutputFile, outputs, write_folder};
pub use options::{compile_options, read_options};
pub use set::{Set, compile_sets};
