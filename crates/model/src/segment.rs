use crate::{Answer, ConsentState};

/// What can be done with a contact. Every contact is in exactly one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// On WhatsApp and not opted out: ready for messages.
    Ready,
    /// Not on WhatsApp: to be reached on the old channel.
    ReEngage,
    /// The registration is unknown or contradictory: to be verified again.
    Undecided,
    /// Opted out on any channel. Opt-outs carry over.
    OptedOut,
    /// On the business's list of people who must not be written to.
    Suppressed,
    /// A statement about consent is not understood.
    Unclear,
}

impl Segment {
    pub const ALL: [Self; 6] =
        [Self::Ready, Self::ReEngage, Self::Undecided, Self::OptedOut, Self::Suppressed, Self::Unclear];

    /// The segment by consent, suppression and registration. A refusal decides first, then suppression, then an unclear
    /// statement.
    pub fn of(consent: Option<ConsentState>, is_suppressed: bool, answer: Option<Answer>) -> Self {
        match (consent, answer) {
            (Some(ConsentState::No | ConsentState::Stop), _) => Self::OptedOut,
            _ if is_suppressed => Self::Suppressed,
            (Some(ConsentState::Unclear), _) => Self::Unclear,
            (_, Some(Answer::Registered)) => Self::Ready,
            (_, Some(Answer::NotRegistered)) => Self::ReEngage,
            (_, Some(Answer::NoAnswer | Answer::Contradictory) | None) => Self::Undecided,
        }
    }

    /// Whether contacts of this segment can be in a segment by condition too: they have neither refused, nor are they
    /// suppressed, nor is a statement of theirs not understood.
    pub fn can_be_chosen(self) -> bool {
        matches!(self, Self::Ready | Self::ReEngage | Self::Undecided)
    }

    /// The name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReEngage => "re-engage",
            Self::Undecided => "undecided",
            Self::OptedOut => "opted-out",
            Self::Suppressed => "suppressed",
            Self::Unclear => "unclear",
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
    fn a_refusal_comes_first_then_suppression_then_what_is_unclear() {
        use Answer::{Contradictory, NoAnswer, NotRegistered, Registered};
        use ConsentState::{No, Stop, Unclear, Yes};
        for (consent, is_suppressed, answer, expected) in [
            (None, false, Some(Registered), "ready"),
            (Some(Yes), false, Some(Registered), "ready"),
            (Some(Stop), false, Some(Registered), "opted-out"),
            (Some(Stop), true, Some(Registered), "opted-out"),
            (Some(No), false, None, "opted-out"),
            (Some(Yes), true, Some(Registered), "suppressed"),
            (Some(Unclear), true, None, "suppressed"),
            (None, true, None, "suppressed"),
            (Some(Unclear), false, Some(Registered), "unclear"),
            (Some(Unclear), false, Some(NotRegistered), "unclear"),
            (Some(Yes), false, Some(NotRegistered), "re-engage"),
            (None, false, Some(NoAnswer), "undecided"),
            (None, false, Some(Contradictory), "undecided"),
            (None, false, None, "undecided"),
        ] {
            assert_eq!(
                Segment::of(consent, is_suppressed, answer).name(),
                expected,
                "{consent:?} {is_suppressed} {answer:?}"
            );
        }
    }
}
