//! The stages as the binary runs them: what the crates give, wired to files and the database.

pub(crate) mod backup;
pub(crate) mod clean;
pub(crate) mod extract;
pub(crate) mod load;
pub(crate) mod rejects;
pub(crate) mod variants;
pub(crate) mod verify;
