//! Columns by their names, however an export writes them.

use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::ExtractError;

/// The columns of a source.
pub(crate) struct Header<'a> {
    names: &'a [String],
    folded: Vec<String>,
}

impl<'a> Header<'a> {
    pub(crate) fn new(names: &'a [String]) -> Self {
        Self { names, folded: names.iter().map(|it| folded(it)).collect() }
    }

    /// The columns of a name: exactly as written, or else in any case, without accents, spaces and
    /// underscores alike. A name that ends in `*` may mean several.
    pub(crate) fn found(&self, path: &Path, name: &str) -> Result<Vec<usize>, ExtractError> {
        if let Some(start) = name.strip_suffix('*') {
            let start = folded(start);
            return Ok(self.places(|it| self.folded[it].starts_with(&start)));
        }
        let mut matching = self.places(|it| self.names[it] == name);
        if matching.is_empty() {
            let name = folded(name);
            matching = self.places(|it| self.folded[it] == name);
        }
        match matching.len() {
            0 | 1 => Ok(matching),
            n_columns => {
                Err(ExtractError::AmbiguousColumn { path: path.to_owned(), column: name.to_owned(), n_columns })
            }
        }
    }

    /// Whether a column of one of the names in `a|b` is there.
    pub(crate) fn has_any(&self, names: &str) -> bool {
        names.split('|').any(|name| match name.strip_suffix('*') {
            Some(start) => self.folded.iter().any(|it| it.starts_with(&folded(start))),
            None => self.folded.contains(&folded(name)),
        })
    }

    pub(crate) fn missing(&self, path: &Path, column: &str) -> ExtractError {
        ExtractError::MissingColumn { path: path.to_owned(), column: column.to_owned(), header: self.names.to_vec() }
    }

    fn places(&self, is_it: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.names.len()).filter(|it| is_it(*it)).collect()
    }
}

/// `Téléphone mobile` and `telephone_mobile` are one name.
pub(crate) fn folded(name: &str) -> String {
    let letters = name.trim().nfd().filter(|it| !is_combining_mark(*it)).flat_map(char::to_lowercase);
    letters.map(|it| if matches!(it, ' ' | '-' | '\'' | '’' | '\u{a0}') { '_' } else { it }).collect()
}
