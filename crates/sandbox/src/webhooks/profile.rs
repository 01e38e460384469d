use std::fmt;
use std::str::FromStr;

/// Whose reading of Meta's documents the bodies follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As Meta documents it since May 2026: failed statuses and system messages have no contacts, and one body holds
    /// events of several numbers and accounts.
    MetaDoc,
    /// As the Python library pywa 4.5 reads it: every event of a person has a contact, and a body holds one event,
    /// because it reads only the first.
    PywaCompat,
}

impl Profile {
    const ALL: [Self; 2] = [Self::MetaDoc, Self::PywaCompat];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MetaDoc => "meta-doc",
            Self::PywaCompat => "pywa-compat",
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| format!("choose one of {}", names()))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
