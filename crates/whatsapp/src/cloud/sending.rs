//! Sends messages, and asks what must be in order before that.

use http::{LostAnswer, NotAfter, NotSent, OnceConfig, OncePost, OnceSender, SendOutcome};
use url::Url;

use super::messages::{PreparedMessage, SendAnswer, SendReply, read_send_answer};
use crate::{CallError, Client, ClientConfig, Credentials};

/// A client that sends messages. Each message is sent once at most, whatever happens.
#[derive(Clone, Debug)]
pub struct Sending {
    /// For what may be asked twice.
    pub(super) reads: Client,
    pub(super) once: OnceSender,
    pub(super) token: Option<Token>,
}

/// A token, which is never printed.
#[derive(Clone)]
pub(super) struct Token(pub(super) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<token>")
    }
}

/// What became of a message that was to be sent.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Sent {
    /// An answer came. It says whether the message was accepted, or leaves that open too.
    Answered(SendReply),
    /// No byte left, and none will.
    NotSent { why: NotSent },
    /// The message left, and no whole answer came.
    Lost { why: LostAnswer },
}

impl Sent {
    /// Whether the message may have gone out and nothing says that it was accepted.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Answered(reply) => matches!(reply.answer, SendAnswer::Unknown(_)),
            Self::NotSent { .. } => false,
            Self::Lost { .. } => true,
        }
    }
}

impl Sending {
    /// Makes a client; `base` comes from [`crate::base_url`] and holds the version of the API.
    pub fn new(base: Url, credentials: Credentials, reads: ClientConfig, once: OnceConfig) -> Result<Self, CallError> {
        let token = match &credentials {
            Credentials::Bearer(token) => Some(Token(token.clone())),
            _ => None,
        };
        let reads = Client::new(base, credentials, reads)?;
        let once = OnceSender::new(reads.0.clone(), once)?;
        Ok(Self { reads, once, token })
    }

    /// Opens connections until `n` are idle. Connections that are idle for long are closed, so call it again.
    pub async fn open(&self, n: usize) -> Result<usize, NotSent> {
        self.once.open(n).await
    }

    /// Sends a message, if it can begin to leave by `not_after`.
    pub async fn send(&self, message: &PreparedMessage, not_after: NotAfter) -> Sent {
        let post = OncePost { path: &message.path, body: &message.body };
        match self.once.send(post, not_after).await {
            SendOutcome::Answer(it) => Sent::Answered(read_send_answer(it.status, &it.headers, &it.body)),
            SendOutcome::NotSent { why } => Sent::NotSent { why },
            SendOutcome::Unknown { why } => Sent::Lost { why },
        }
    }
}
