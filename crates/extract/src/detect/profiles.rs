//! Detects the profile of an export by its columns.

use crate::header::{Header, NamePattern, folded};
use crate::profile::Profile;

/// How well a profile matches an export.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileMatch<'a> {
    pub profile: &'a Profile,
    /// Columns of the signature that the export lacks.
    pub missing: Vec<String>,
    /// Columns that the export has and this profile excludes.
    pub unwanted: Vec<String>,
    /// Columns of the export that the profile does not read.
    pub unread: Vec<String>,
}

impl ProfileMatch<'_> {
    /// Whether all columns of the signature exist, and none that the profile excludes.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unwanted.is_empty()
    }

    /// Whether no other export has these columns. Two or three common names may be a coincidence.
    pub fn is_certain(&self) -> bool {
        self.is_complete() && self.profile.is_certain.unwrap_or(self.profile.signature.len() >= 4)
    }

    /// A longer signature is better evidence: it matches less often by chance.
    fn rank(&self) -> (bool, usize, usize) {
        let n_found = self.profile.signature.len() - self.missing.len();
        match self.is_complete() {
            true => (true, self.profile.signature.len(), usize::MAX - self.unread.len()),
            // Of incomplete matches, the one with the largest share of its signature is the nearest.
            false => (false, n_found * 1000 / self.profile.signature.len().max(1), usize::MAX - self.unread.len()),
        }
    }
}

/// Compares each profile that has a signature with the columns of an export. The best match comes first. `key` is the key of
/// the records in pages of JSON.
pub fn detect<'a>(profiles: &'a [Profile], columns: &[String], key: Option<&str>) -> Vec<ProfileMatch<'a>> {
    let header = Header::new(columns);
    let is_possible = |it: &&Profile| {
        !it.signature.is_empty() && (!it.only_pages || key.is_some_and(|key| it.records.iter().any(|it| it == key)))
    };
    let mut matches: Vec<ProfileMatch> =
        profiles.iter().filter(is_possible).map(|it| match_profile(it, &header, columns)).collect();
    matches.sort_by_key(|it| std::cmp::Reverse(it.rank()));
    matches
}

fn match_profile<'a>(profile: &'a Profile, header: &Header, columns: &[String]) -> ProfileMatch<'a> {
    let names = profile.columns.values().flat_map(|it| it.iter());
    let names = names.chain(profile.signature.iter().flat_map(|it| it.split('|')));
    let known: Vec<NamePattern> = names.map(NamePattern::new).collect();
    let is_read = |column: &String| {
        let column = folded(column);
        known.iter().any(|it| it.matches(&column))
    };
    ProfileMatch {
        profile,
        missing: profile.signature.iter().filter(|it| !header.has_any(it)).cloned().collect(),
        unwanted: profile.without.iter().filter(|it| header.has_any(it)).cloned().collect(),
        unread: columns.iter().filter(|it| !is_read(it)).cloned().collect(),
    }
}
