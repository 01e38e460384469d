use crate::{Answer, ConsentState};

/// What can be done with a contact now. Every contact is in exactly one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// On WhatsApp, and has not opted out: ready for messages.
    Ready,
    /// Not on WhatsApp: to be won on the old channel.
    ReEngage,
    /// Nobody knows, or two things were said: to be verified again.
    Undecided,
    /// Has opted out on an old channel. Opt-outs carry over.
    OptedOut,
}

impl Segment {
    pub const ALL: [Self; 4] = [Self::Ready, Self::ReEngage, Self::Undecided, Self::OptedOut];

    /// The segment of a contact, by its consent on old channels and by what is believed of its registration.
    pub fn of(consent: Option<ConsentState>, answer: Option<Answer>) -> Self {
        match (consent, answer) {
            (Some(ConsentState::No | ConsentState::Stop), _) => Self::OptedOut,
            (_, Some(Answer::Registered)) => Self::Ready,
            (_, Some(Answer::NotRegistered)) => Self::ReEngage,
            (_, Some(Answer::NoAnswer | Answer::Contradictory) | None) => Self::Undecided,
        }
    }

    /// The name as commands and files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReEngage => "re-engage",
            Self::Undecided => "undecided",
            Self::OptedOut => "opted-out",
        }
    }

    /// Reads back what [`Segment::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_opted_out_is_not_ready_whatever_is_known() {
        use Answer::{Contradictory, NoAnswer, NotRegistered, Registered};
        use ConsentState::{No, Stop, Yes};
        for (consent, answer, expected) in [
            (None, Some(Registered), "ready"),
            (Some(Yes), Some(Registered), "ready"),
            (Some(Stop), Some(Registered), "opted-out"),
            (Some(No), None, "opted-out"),
            (Some(Yes), Some(NotRegistered), "re-engage"),
            (None, Some(NoAnswer), "undecided"),
            (None, Some(Contradictory), "undecided"),
            (None, None, "undecided"),
        ] {
            assert_eq!(Segment::of(consent, answer).name(), expected, "{consent:?} {answer:?}");
        }
    }
}
