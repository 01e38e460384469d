use std::error::Error as StdError;
use std::iter;
use std::time::Duration;

use thiserror::Error;

/// Why a call got no usable answer. No message holds a number, a token or what the provider wrote.
#[derive(Debug, Error)]
pub enum CallError {
    /// No byte of the request was sent.
    #[error("could not reach the provider at {host}")]
    Unreachable { host: String, source: reqwest::Error },
    #[error("the provider did not answer in time")]
    TimedOut,
    #[error("the provider asks to slow down")]
    RateLimited { retry_after: Option<Duration> },
    #[error("the provider asks to wait {} minutes: call it again after that", wait.as_secs().div_ceil(60))]
    AskedToWait { wait: Duration },
    #[error("the provider failed ({status})")]
    Provider { status: u16 },
    #[error("the provider refused the call ({status}{})", code.map(|it| format!(", code {it}")).unwrap_or_default())]
    Refused { status: u16, code: Option<i64> },
    #[error("the answer of the provider is not what its interface says")]
    Malformed,
    #[error("the answer of the provider is larger than {most} bytes")]
    TooLarge { most: usize },
    #[error("the provider says that its quota is used up")]
    QuotaUsed,
    #[error("the quota of checks is used up")]
    AllowanceUsed,
    #[error("could not claim the units of a call before it is made")]
    Claim { source: Box<dyn std::error::Error + Send + Sync> },
    /// The answer to a request that must not be repeated was lost: the provider may have carried it out.
    #[error("the answer was lost, so the outcome of the call is unknown")]
    OutcomeUnknown { source: Box<CallError> },
    /// A link leads to another host, where the credentials must not go.
    #[error("the provider links to another host, {host}: nothing was sent there")]
    OtherHost { host: String },
    /// The address is one of a private network, and those are not called.
    #[error("{host} is in a private network: allow that with allow_private = true")]
    Private { host: String },
    #[error("could not set up the HTTP client")]
    Setup { source: reqwest::Error },
    #[error("could not set up TLS")]
    Tls { source: rustls::Error },
}

impl CallError {
    /// Returns whether the same call can succeed later, at once or another day.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut
            | Self::RateLimited { .. }
            | Self::AskedToWait { .. }
            | Self::Provider { .. }
            | Self::Malformed
            | Self::QuotaUsed
            | Self::AllowanceUsed => true,
            Self::Refused { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Claim { .. }
            | Self::OtherHost { .. }
            | Self::TooLarge { .. }
            | Self::Private { .. }
            | Self::Setup { .. }
            | Self::Tls { .. } => false,
        }
    }

    /// Returns whether the server showed a certificate that is not accepted.
    pub fn is_of_certificate(&self) -> bool {
        matches!(self, Self::Unreachable { source, .. } if is_of_certificate(source))
    }

    /// Returns whether the provider is in trouble or asks for fewer calls, which concerns all other calls too.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut
            | Self::RateLimited { .. }
            | Self::Provider { .. }
            | Self::Malformed
            | Self::OutcomeUnknown { .. } => true,
            Self::Refused { .. }
            | Self::AskedToWait { .. }
            | Self::QuotaUsed
            | Self::AllowanceUsed
            | Self::Claim { .. }
            | Self::OtherHost { .. }
            | Self::TooLarge { .. }
            | Self::Private { .. }
            | Self::Setup { .. }
            | Self::Tls { .. } => false,
        }
    }

    /// The same error of a request that must not be repeated. Only where no byte was sent, or the provider refused, it
    /// is certain that nothing was done.
    pub(crate) fn of_post(self) -> Self {
        match self {
            Self::TimedOut | Self::Provider { .. } | Self::Malformed | Self::TooLarge { .. } => {
                Self::OutcomeUnknown { source: Box::new(self) }
            }
            certain => certain,
        }
    }
}

/// Whether an error or one of its causes says so. The libraries have no type for it that all of them keep.
fn is_of_certificate(error: &(dyn StdError + 'static)) -> bool {
    iter::successors(Some(error), |it| (*it).source()).any(|it| it.to_string().starts_with("invalid peer certificate"))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_certificate_that_is_not_accepted_is_known_from_its_error() {
        for (text, is_one) in [
            ("invalid peer certificate: UnknownIssuer", true),
            ("invalid peer certificate: certificate expired", true),
            ("dns error: no certificate.example.com", false),
        ] {
            let error = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, text));
            assert_eq!(is_of_certificate(&error), is_one, "{text}");
        }
    }
}
