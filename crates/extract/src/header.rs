//! Finds columns by their names, however an export writes them.

use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::ExtractError;

/// The columns of a source.
pub(crate) struct Header<'a> {
    names: &'a [String],
    folded: Vec<String>,
}

impl<'a> Header<'a> {
    pub(crate) fn new(names: &'a [String]) -> Self {
        Self { names, folded: names.iter().map(|it| folded(it)).collect() }
    }

    /// The columns of a name: with exactly this name, else with the same [`folded`] name. A name such as `start*` or `*stem*`
    /// may have several columns.
    pub(crate) fn find(&self, path: &Path, name: &str) -> Result<Vec<usize>, ExtractError> {
        let mut matching = self.columns(|it| self.names[it] == name);
        if matching.is_empty() {
            let pattern = NamePattern::new(name);
            matching = self.columns(|it| pattern.matches(&self.folded[it]));
            if !matches!(pattern, NamePattern::Whole(_)) {
                return Ok(matching);
            }
        }
        match matching.len() {
            0 | 1 => Ok(matching),
            n_columns => {
                Err(ExtractError::AmbiguousColumn { path: path.to_owned(), column: name.to_owned(), n_columns })
            }
        }
    }

    /// The columns of a list or an object of this name: `name[0]` and `name.key`.
    pub(crate) fn within(&self, name: &str) -> Vec<usize> {
        let is_within = |it: &String| it.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.columns(|it| is_within(&self.names[it]))
    }

    /// Whether there is a column with one of the names in `a|b`.
    pub(crate) fn has_any(&self, names: &str) -> bool {
        names.split('|').map(NamePattern::new).any(|name| self.folded.iter().any(|it| name.matches(it)))
    }

    pub(crate) fn folded(&self, column: usize) -> &str {
        &self.folded[column]
    }

    pub(crate) fn missing(&self, path: &Path, column: &str) -> ExtractError {
        ExtractError::MissingColumn { path: path.to_owned(), column: column.to_owned(), header: self.names.to_vec() }
    }

    fn columns(&self, is_it: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.names.len()).filter(|it| is_it(*it)).collect()
    }
}

/// The name of a column in a profile.
pub(crate) enum NamePattern {
    Whole(String),
    /// `start*`
    Start(String),
    /// `*stem*`
    Stem(String),
}

impl NamePattern {
    pub(crate) fn new(name: &str) -> Self {
        match (name.strip_prefix('*'), name.strip_suffix('*')) {
            (Some(_), Some(_)) => Self::Stem(folded(name)),
            (None, Some(start)) => Self::Start(folded(start)),
            _ => Self::Whole(folded(name)),
        }
    }

    /// Whether a column with this folded name matches. A pattern without a letter or digit matches nothing.
    pub(crate) fn matches(&self, column: &str) -> bool {
        match self {
            Self::Whole(name) => !name.is_empty() && column == name,
            Self::Start(start) => !start.is_empty() && column.starts_with(start.as_str()),
            Self::Stem(stem) => !stem.is_empty() && column.contains(stem.as_str()),
        }
    }
}

/// The letters and digits of a name, in lower case and without accents: `Tél. portable`, `tel_portable` and
/// `TelPortable` are one name.
pub(crate) fn folded(name: &str) -> String {
    let letters = name.nfkd().flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(name.len());
    for letter in letters.filter(|it| !is_combining_mark(*it) && it.is_alphanumeric()) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            'ى' => folded.push('ي'),
            // The Arabic tatweel only makes a word wider.
            'ـ' => (),
            letter => folded.push(letter),
        }
    }
    folded
}

/// Whether the name of a column says that its numbers begin with their country code, with or without a plus sign.
pub fn is_international_column(name: &str) -> bool {
    const NAMES: [&str; 8] =
        ["msisdn", "wa_id", "waid", "e164", "e.164", "whatsapp_id", "phone_e164", "international phone number"];
    NAMES.iter().any(|it| folded(it) == folded(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_accents_blanks_and_punctuation_are_one() {
        for (written, same) in [
            ("Tél. portable", "tel portable"),
            ("E-mail 1 - Value", "email 1 value"),
            ("MobilePhone", "Mobile Phone"),
            ("  Phone\u{a0}\u{a0}number: ", "phone_number"),
            ("\u{feff}Phone\u{200b}", "phone"),
            ("Country/Region", "country region"),
            ("Phone [mobile]", "phone (mobile)"),
            ("Cell #", "cell"),
            ("STRASSE", "Straße"),
            ("İL", "il"),
            ("ADI", "Adi"),
            ("Κωδικός", "ΚΩΔΙΚΟΣ"),
            ("Data urodzenia", "DATA_URODZENIA"),
            ("Państwo", "panstwo"),
            ("Łódź", "lodz"),
            ("الأول", "الاول"),
            ("ＰＨＯＮＥ", "phone"),
            ("№ телефона", "No телефона"),
        ] {
            assert_eq!(folded(written), folded(same), "{written}");
        }
    }

    #[test]
    fn a_name_without_a_letter_or_digit_means_no_column() {
        let columns = ["#".to_owned(), String::new()];
        let header = Header::new(&columns);
        assert!(!header.has_any("*"));
        assert!(!header.has_any("**"));
        assert!(header.find(Path::new("x"), "!").unwrap().is_empty());
        assert_eq!(header.find(Path::new("x"), "#").unwrap(), [0]);
    }

    #[test]
    fn two_columns_of_one_name_are_ambiguous_unless_one_is_written_just_so() {
        let columns = ["Phone".to_owned(), "phone:".to_owned()];
        let header = Header::new(&columns);
        assert!(matches!(
            header.find(Path::new("x"), "PHONE"),
            Err(ExtractError::AmbiguousColumn { n_columns: 2, .. })
        ));
        assert_eq!(header.find(Path::new("x"), "phone:").unwrap(), [1]);
    }
}
