//! What deliveries and messages say about registration at WhatsApp, without a check.

use crate::event::{Event, EventChannel, EventContent, IdentityTelling, MessageState, PersonIds, StatusEvent};
use crate::evidence::{Answer, IDENTITY_CHANGED};

/// What happened to a message or to a person, as far as it can say something about registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassiveSign {
    /// The number may have another owner.
    IdentityChanged,
    /// A message was not delivered, with the code of the platform.
    Failed(Option<i64>),
    Delivered,
    Read,
    Played,
    /// The person wrote, pressed a button, chose from a list or called.
    Inbound,
}

impl PassiveSign {
    /// What the sign says about registration, and the word for it; none if it says nothing.
    ///
    /// A message that was delivered, read or received is proof. Error 131026 may mean that the number is not registered, that
    /// the terms were not accepted, that the application is too old, or that an authentication template went to India: it is
    /// no answer. All other errors are about policy, windows and limits
    /// (<https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>, 2026-09-11).
    pub fn says(self) -> Option<(Answer, &'static str)> {
        Some(match self {
            Self::Inbound => (Answer::Registered, "inbound"),
            Self::Read => (Answer::Registered, "read"),
            Self::Played => (Answer::Registered, "played"),
            Self::Delivered => (Answer::Registered, "delivered"),
            Self::Failed(Some(131_026)) => (Answer::NoAnswer, "failed 131026"),
            Self::IdentityChanged => (Answer::NoAnswer, IDENTITY_CHANGED),
            Self::Failed(_) => return None,
        })
    }

    /// The sign that an event is, and the person whom it is about; none if it is none. What happens on other channels is no
    /// sign. A new business-scoped id is another name of the same account, so it is none either.
    pub fn of(event: &Event) -> Option<(Self, &PersonIds)> {
        event.channel.filter(|it| *it == EventChannel::Whatsapp)?;
        Some(match &event.content {
            // A status of a group says which member it is about.
            EventContent::Status(it) => (Self::of_status(it)?, &it.person),
            EventContent::Message(it) if it.kind != "system" => (Self::Inbound, &it.person),
            EventContent::Call(it) if it.is_by_person => (Self::Inbound, &it.person),
            EventContent::Identity(it) if it.change != IdentityTelling::UserIdChanged => {
                (Self::IdentityChanged, &it.person)
            }
            _ => return None,
        })
    }

    fn of_status(status: &StatusEvent) -> Option<Self> {
        Some(match status.state {
            MessageState::Delivered => Self::Delivered,
            MessageState::Read => Self::Read,
            MessageState::Failed => Self::Failed(status.error.as_ref().and_then(|it| it.code)),
            _ => return None,
        })
    }
}
