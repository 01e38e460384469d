//! The consent ledger as files: opt-ins and opt-outs in, the whole ledger out, decisions about unclear answers, and
//! receipts.
//!
//! [`import()`] reads rows into statements, and every row ends as added, known, to review or refused. [`export()`] writes
//! all statements. [`review`] decides about statements that are not understood. [`receipt`] proves a consent that counts.
//! What counts is decided by the views of the database alone.

mod error;
pub mod export;
pub mod import;
pub mod receipt;
pub mod review;

pub use error::ConsentError;
pub use export::{ExportKind, export};
pub use import::{Defaults, Import, Imported, import};
