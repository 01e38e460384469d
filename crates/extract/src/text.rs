//! Text: its encodings, and reading it in constant memory.

pub(crate) mod detect_encoding;
pub(crate) mod encoding;
pub(crate) mod lines;
pub(crate) mod window;
