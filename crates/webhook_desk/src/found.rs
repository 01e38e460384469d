//! What is registered at a platform.

/// Where an address is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The app: for everything.
    App,
    /// The account, instead of the app.
    Account,
    /// A number, instead of the account.
    Number,
    /// The number of an API key at 360dialog.
    Channel,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Account => "account",
            Self::Number => "number",
            Self::Channel => "channel",
        }
    }
}

/// The address of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) place: Place,
    /// The platform's id; empty if it says none.
    pub(crate) id: String,
    pub(crate) url: Option<String>,
}

/// The address that gets the messages of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Messages {
    pub(crate) number: String,
    /// The place whose address counts.
    pub(crate) by: Place,
    pub(crate) url: Option<String>,
}

/// What is registered at a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) registered: Vec<Registered>,
    pub(crate) messages: Vec<Messages>,
}

impl Found {
    /// The address of a place.
    pub(crate) fn url_of(&self, place: Place, id: Option<&str>) -> Option<&str> {
        let is_it = |it: &&Registered| it.place == place && id.is_none_or(|id| it.id == id);
        self.registered.iter().find(is_it).and_then(|it| it.url.as_deref())
    }
}
