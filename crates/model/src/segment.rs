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
    /// The number may belong to another person now: held until somebody acknowledges the contact.
    Held,
    /// A statement about consent is not understood.
    Unclear,
}

/// What keeps a contact out of messages beside consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptOut {
    pub is_suppressed: bool,
    pub is_held: bool,
}

impl Segment {
    pub const ALL: [Self; 7] =
        [Self::Ready, Self::ReEngage, Self::Undecided, Self::OptedOut, Self::Suppressed, Self::Held, Self::Unclear];

    /// The segment by consent, by what keeps the contact out, and by registration. A refusal decides first, then
    /// suppression, then a hold, then an unclear statement.
    pub fn of(consent: Option<ConsentState>, kept_out: KeptOut, answer: Option<Answer>) -> Self {
        match (consent, answer) {
            (Some(ConsentState::No | ConsentState::Stop), _) => Self::OptedOut,
            _ if kept_out.is_suppressed => Self::Suppressed,
            _ if kept_out.is_held => Self::Held,
            (Some(ConsentState::Unclear), _) => Self::Unclear,
            (_, Some(Answer::Registered)) => Self::Ready,
            (_, Some(Answer::NotRegistered)) => Self::ReEngage,
            (_, Some(Answer::NoAnswer | Answer::Contradictory) | None) => Self::Undecided,
        }
    }

    /// Whether contacts of this segment can be in a segment by condition too: they have neither refused, nor are they
    /// suppressed or held, nor is a statement of theirs not understood.
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
            Self::Held => "held",
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
    fn a_refusal_comes_first_then_suppression_then_a_hold_then_what_is_unclear() {
        use Answer::{Contradictory, NoAnswer, NotRegistered, Registered};
        use ConsentState::{No, Stop, Unclear, Yes};
        let suppressed = KeptOut { is_suppressed: true, is_held: false };
        let held = KeptOut { is_suppressed: false, is_held: true };
        let both = KeptOut { is_suppressed: true, is_held: true };
        for (consent, kept_out, answer, expected) in [
            (None, KeptOut::default(), Some(Registered), "ready"),
            (Some(Yes), KeptOut::default(), Some(Registered), "ready"),
            (Some(Stop), KeptOut::default(), Some(Registered), "opted-out"),
            (Some(Stop), suppressed, Some(Registered), "opted-out"),
            (Some(No), KeptOut::default(), None, "opted-out"),
            (Some(Yes), suppressed, Some(Registered), "suppressed"),
            (Some(Unclear), suppressed, None, "suppressed"),
            (None, suppressed, None, "suppressed"),
            (Some(Stop), held, Some(Registered), "opted-out"),
            (Some(Yes), both, Some(Registered), "suppressed"),
            (Some(Yes), held, Some(Registered), "held"),
            (Some(Unclear), held, None, "held"),
            (None, held, None, "held"),
            (Some(Unclear), KeptOut::default(), Some(Registered), "unclear"),
            (Some(Unclear), KeptOut::default(), Some(NotRegistered), "unclear"),
            (Some(Yes), KeptOut::default(), Some(NotRegistered), "re-engage"),
            (None, KeptOut::default(), Some(NoAnswer), "undecided"),
            (None, KeptOut::default(), Some(Contradictory), "undecided"),
            (None, KeptOut::default(), None, "undecided"),
        ] {
            assert_eq!(Segment::of(consent, kept_out, answer).name(), expected, "{consent:?} {kept_out:?} {answer:?}");
        }
    }
}
