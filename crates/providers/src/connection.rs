use std::collections::BTreeMap;
use std::fmt;

use url::Url;

/// An account at a provider, and where its API is.
#[derive(Clone, Debug)]
pub struct Connection {
    pub account: Account,
    /// The address of each host of the provider, in the order of [`ProviderSpec::hosts`](crate::ProviderSpec).
    pub bases: Vec<Url>,
    /// Further settings of a stream, by the name of their key in a plan, such as the sender of templates.
    pub settings: BTreeMap<String, String>,
    /// Ids that a stream asks about.
    pub ids: Vec<String>,
    /// Whether endpoints are called that give each record once.
    pub may_consume: bool,
}

/// The credentials of an account. The secret is never printed.
#[derive(Clone, Default)]
pub struct Account {
    /// The id, key or user, as the provider calls it; empty where it has none.
    pub id: String,
    pub secret: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}
