use std::collections::BTreeMap;

use model::{ConsentPurpose, WordingName};

/// The purposes that each version of a wording names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wordings(BTreeMap<WordingName, Vec<ConsentPurpose>>);

impl Wordings {
    /// Whether a version names a purpose. An unknown version names none.
    pub fn names(&self, wording: &WordingName, purpose: ConsentPurpose) -> bool {
        self.0.get(wording).is_some_and(|it| it.contains(&purpose))
    }

    /// A known version whose name differs by upper and lower case alone.
    pub fn nearest(&self, wording: &WordingName) -> Option<&WordingName> {
        let lower = |it: &WordingName| it.to_string().to_lowercase();
        let sought = lower(wording);
        self.0.keys().find(|it| lower(it) == sought)
    }

    pub fn is_known(&self, wording: &WordingName) -> bool {
        self.0.contains_key(wording)
    }
}

impl FromIterator<(WordingName, Vec<ConsentPurpose>)> for Wordings {
    fn from_iter<T: IntoIterator<Item = (WordingName, Vec<ConsentPurpose>)>>(wordings: T) -> Self {
        Self(wordings.into_iter().collect())
    }
}
