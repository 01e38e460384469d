/// What an entry is a digest of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DigestOf {
    /// A phone number, or another identity.
    Identity,
    /// A contact id, of somebody of whom nothing else was known.
    Contact,
    /// A plain SHA-256 digest that others have made of a number.
    Sha256,
}

impl DigestOf {
    const NAMES: [(Self, &'static str); 3] =
        [(Self::Identity, "identity"), (Self::Contact, "contact"), (Self::Sha256, "sha256")];

    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }
}
