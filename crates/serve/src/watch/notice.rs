//! Something that has begun or ended.

/// Something that has begun or ended. It names numbers and accounts of the business, and no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    /// What it is about: a webhook, a number, a template; empty if it is about the server.
    pub subject: String,
    /// What it means and what to do next.
    pub text: String,
    /// Whether it has ended.
    pub is_over: bool,
}

/// The kinds of [`Notice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// The server is ill.
    Ill,
    /// Parts of bodies cannot be read.
    DeadLetters,
    /// The platform tells of something that Ferry does not know.
    UnknownKind,
    /// A message failed with a code that Ferry does not know.
    UnknownCode,
    /// People wait for an answer.
    Unanswered,
    /// A program takes no bodies.
    NotHandedOn,
    /// Bodies are given up.
    GivenUp,
    /// The platform restricts a number or an account, or is about to.
    Platform,
    /// A template is paused or disabled.
    Template,
}

impl NoticeKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ill => "ill",
            Self::DeadLetters => "dead_letters",
            Self::UnknownKind => "unknown_kind",
            Self::UnknownCode => "unknown_code",
            Self::Unanswered => "unanswered",
            Self::NotHandedOn => "not_handed_on",
            Self::GivenUp => "given_up",
            Self::Platform => "platform",
            Self::Template => "template",
        }
    }

    /// Whether it is told once and never ends.
    pub(super) fn is_news(self) -> bool {
        matches!(self, Self::UnknownKind | Self::UnknownCode)
    }
}

impl Notice {
    pub(super) fn log(&self) {
        let (kind, subject) = (self.kind.name(), &*self.subject);
        match self.is_over {
            true => tracing::info!(kind, subject, "it is over"),
            false => tracing::warn!(kind, subject, "{}", self.text),
        }
    }
}
