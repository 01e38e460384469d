//! Why a request was rejected, and how it is answered.

use hyper::StatusCode;

/// Why a request was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause {
    UnknownPath,
    Method,
    /// The signature or the password is not there.
    Unsigned,
    /// There is more than one signature.
    DoubledSignature,
    /// The signature has not the form of the platform.
    MalformedSignature,
    /// The signature or the password is wrong.
    WrongSignature,
    /// The body is compressed: what was signed would not be what was read.
    Encoded,
    TooLarge,
    SlowBody,
    /// The connection ended before the body did.
    BrokenBody,
    MalformedHandshake,
    WrongToken,
    /// Too many large bodies are being read.
    Busy,
    /// The queue is full.
    Full,
    NotCommitted,
    /// The commit took too long. The body can still be committed.
    SlowCommit,
}

impl Cause {
    /// The word for it in logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::UnknownPath => "unknown_path",
            Self::Method => "method",
            Self::Unsigned => "unsigned",
            Self::DoubledSignature => "doubled_signature",
            Self::MalformedSignature => "malformed_signature",
            Self::WrongSignature => "wrong_signature",
            Self::Encoded => "encoded",
            Self::TooLarge => "too_large",
            Self::SlowBody => "slow_body",
            Self::BrokenBody => "broken_body",
            Self::MalformedHandshake => "malformed_handshake",
            Self::WrongToken => "wrong_token",
            Self::Busy => "busy",
            Self::Full => "full",
            Self::NotCommitted => "not_committed",
            Self::SlowCommit => "slow_commit",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unsigned | Self::DoubledSignature | Self::MalformedSignature | Self::WrongSignature => {
                StatusCode::UNAUTHORIZED
            }
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenBody | Self::MalformedHandshake => StatusCode::BAD_REQUEST,
            Self::WrongToken => StatusCode::FORBIDDEN,
            Self::Busy | Self::Full | Self::NotCommitted | Self::SlowCommit => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
