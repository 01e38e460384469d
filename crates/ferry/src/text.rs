//! Text of results.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod inspection;
pub(crate) mod list_quality;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod restore;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod runs_diff;
pub(crate) mod size;
pub(crate) mod templates;
pub(crate) mod unread;
pub(crate) mod verify;

use std::path::Path;

use model::printable;

/// Names of files or columns, safe to print: `phone, name`.
pub(crate) fn names(names: &[String]) -> String {
    names.iter().map(|it| printable(it)).collect::<Vec<_>>().join(", ")
}

/// A path relative to the current folder, if it is inside it.
pub(crate) fn path(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
