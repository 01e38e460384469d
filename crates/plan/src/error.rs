//! Plan errors, with the line of the mistake.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A mistake in a plan, and its line.
#[derive(Debug, Error)]
pub enum PlanError {
    #[error("could not read the plan {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("could not read the suppression list {}", path.display())]
    ReadSuppression { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {message}", path.display())]
    Wrong { path: PathBuf, line: usize, message: String },
}

pub(crate) fn wrong(path: &Path, text: &str, at: usize, message: String) -> PlanError {
    let line = text.bytes().take(at).filter(|it| *it == b'\n').count() + 1;
    PlanError::Wrong { path: path.to_owned(), line, message }
}

// Kept although it reads the text of serde's error: the deserializer gives no typed list of the fields that it knows.
/// Adds the nearest valid name to a message of the form "unknown … `x`, expected one of `a`, `b`".
pub(crate) fn with_nearest(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let (Some(given), true) = (names.next(), message.starts_with("unknown")) else { return message.to_owned() };
    match nearest(given, names) {
        Some(nearest) => format!("{message}; did you mean `{nearest}`?"),
        None => message.to_owned(),
    }
}

/// Returns the name that was probably meant; none if no name is similar.
pub fn nearest<T: AsRef<str>>(given: &str, names: impl IntoIterator<Item = T>) -> Option<T> {
    let similarity = |it: &T| (strsim::jaro_winkler(given, it.as_ref()) * 1000.0) as u32;
    names.into_iter().max_by_key(similarity).filter(|it| similarity(it) > 600)
}
