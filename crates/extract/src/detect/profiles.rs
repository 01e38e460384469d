//! Detects the profile of an export by its columns.

use crate::header::{Header, Pattern, folded};
use crate::profile::Profile;

/// How well a profile fits an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit<'a> {
    pub profile: &'a Profile,
    /// Columns of its signature that are not there, or are there and should not be.
    pub missing: Vec<String>,
    pub unwanted: Vec<String>,
    /// Columns of the export that the profile does not read.
    pub unread: Vec<String>,
}

impl Fit<'_> {
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.unwanted.is_empty()
    }

    /// Whether nothing else has these columns. Two or three plain names may be there by chance.
    pub fn is_certain(&self) -> bool {
        self.is_whole() && self.profile.is_certain.unwrap_or(self.profile.signature.len() >= 4)
    }

    /// The more columns a profile asks for, the less it is by chance that they are there.
    fn rank(&self) -> (bool, usize, usize) {
        let n_there = self.profile.signature.len() - self.missing.len();
        match self.is_whole() {
            true => (true, self.profile.signature.len(), usize::MAX - self.unread.len()),
            // Of profiles that do not fit, the nearest is the one with the greatest share.
            false => (false, n_there * 1000 / self.profile.signature.len().max(1), usize::MAX - self.unread.len()),
        }
    }
}

/// How well each profile with a signature fits, the best first. `key` is the one under which pages hold
/// their records.
pub fn detect<'a>(profiles: &'a [Profile], columns: &[String], key: Option<&str>) -> Vec<Fit<'a>> {
    let header = Header::new(columns);
    let is_possible = |it: &&Profile| {
        !it.signature.is_empty() && (!it.only_pages || key.is_some_and(|key| it.records.iter().any(|it| it == key)))
    };
    let mut fits: Vec<Fit> = profiles.iter().filter(is_possible).map(|it| fit(it, &header, columns)).collect();
    fits.sort_by_key(|it| std::cmp::Reverse(it.rank()));
    fits
}

fn fit<'a>(profile: &'a Profile, header: &Header, columns: &[String]) -> Fit<'a> {
    let names = profile.columns.values().flat_map(|it| it.iter());
    let names = names.chain(profile.signature.iter().flat_map(|it| it.split('|')));
    let known: Vec<Pattern> = names.map(Pattern::new).collect();
    let is_read = |column: &String| {
        let column = folded(column);
        known.iter().any(|it| it.matches(&column))
    };
    Fit {
        profile,
        missing: profile.signature.iter().filter(|it| !header.has_any(it)).cloned().collect(),
        unwanted: profile.without.iter().filter(|it| header.has_any(it)).cloned().collect(),
        unread: columns.iter().filter(|it| !is_read(it)).cloned().collect(),
    }
}
