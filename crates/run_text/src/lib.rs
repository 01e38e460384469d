//! Text of runs for people: results, progress, and what comes next.
//!
//! A text that is printed in colours is [`Styled`]; all others are plain.

pub mod audit;
pub mod coverage;
pub mod identity;
pub mod inspection;
pub mod list_quality;
pub mod next;
pub mod profile;
pub mod progress;
pub mod restore;
pub mod run;
pub mod runs;
pub mod runs_diff;
pub mod scenarios;
pub mod size;
pub mod sources;
mod styled;
pub mod unread;
pub mod verify;

use std::path::Path;

use model::printable;

pub use styled::{Role, Styled};

/// Names of files or columns, safe to print: `phone, name`.
pub fn names(names: &[String]) -> String {
    names.iter().map(|it| printable(it)).collect::<Vec<_>>().join(", ")
}

/// A path relative to the current folder, if it is inside it.
pub fn path(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
