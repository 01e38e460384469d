use model::ConsentState;

/// The meaning of a word or statement of consent. Ordered by strictness: `Nothing` is the weakest, `Stop` the
/// strictest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// Not a statement: an empty cell, "n/a", an ordinary message.
    #[default]
    Nothing,
    Yes,
    /// A statement that is not understood for sure. It is not consent.
    Unclear,
    /// A plain no, such as "no", FALSE or an opt-out flag.
    No,
    /// The person's own words, such as "STOP" or "user unsubscribed".
    Stop,
}

impl Meaning {
    const ALL: [Self; 5] = [Self::Nothing, Self::Yes, Self::Unclear, Self::No, Self::Stop];

    /// The meaning of a recorded statement.
    pub fn of(state: ConsentState) -> Self {
        match state {
            ConsentState::Yes => Self::Yes,
            ConsentState::Unclear => Self::Unclear,
            ConsentState::No => Self::No,
            ConsentState::Stop => Self::Stop,
        }
    }

    /// The state of a statement; none for [`Meaning::Nothing`].
    pub fn state(self) -> Option<ConsentState> {
        match self {
            Self::Nothing => None,
            Self::Yes => Some(ConsentState::Yes),
            Self::Unclear => Some(ConsentState::Unclear),
            Self::No => Some(ConsentState::No),
            Self::Stop => Some(ConsentState::Stop),
        }
    }

    pub fn is_refusal(self) -> bool {
        self >= Self::No
    }

    /// The name in files; empty for [`Meaning::Nothing`].
    pub fn name(self) -> &'static str {
        self.state().map_or("", ConsentState::name)
    }

    /// Reads back what [`Meaning::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The strictest meaning; `Nothing` if there is none.
pub fn strictest(meanings: impl IntoIterator<Item = Meaning>) -> Meaning {
    meanings.into_iter().max().unwrap_or_default()
}

/// Combines two meanings of one word: the stricter of two refusals; unclear if they disagree.
pub(crate) fn agreed(one: Meaning, other: Meaning) -> Meaning {
    match one == other || (one.is_refusal() && other.is_refusal()) {
        true => one.max(other),
        false => Meaning::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_stricter_than_a_no_and_a_yes_is_the_weakest_statement() {
        assert_eq!(strictest([Meaning::Yes, Meaning::Stop, Meaning::No]), Meaning::Stop);
        assert_eq!(strictest([Meaning::Yes, Meaning::Unclear]), Meaning::Unclear);
        assert_eq!(strictest([Meaning::Nothing, Meaning::Yes]), Meaning::Yes);
        assert_eq!(strictest([]), Meaning::Nothing);
    }

    #[test]
    fn names_are_read_back() {
        for meaning in Meaning::ALL {
            assert_eq!(Meaning::from_name(meaning.name()), Some(meaning));
        }
        assert_eq!(Meaning::from_name("STOP"), None);
    }
}
