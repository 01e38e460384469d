//! What the rows say about the quality of their list, and which of their values were not understood.

pub(crate) mod list;
pub(crate) mod unreadable;
