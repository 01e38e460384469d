//! The words in which results are shown.

pub(crate) mod coverage;
pub(crate) mod inspection;
pub(crate) mod progress;
pub(crate) mod run;
pub(crate) mod scenarios;
pub(crate) mod size;
pub(crate) mod templates;
pub(crate) mod unread;
pub(crate) mod verify;

use std::path::Path;

/// A path as a person would write it from here.
pub(crate) fn path(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
