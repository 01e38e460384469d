use std::path::PathBuf;

use http::CallError;
use pages::PageError;
use thiserror::Error;

/// Why a stream was not read to its end. What was read stays, and the next reading goes on behind it.
#[derive(Debug, Error)]
pub enum PullError {
    #[error("the provider could not be read to the end: {pages} pages of this reading are kept")]
    Call { pages: u64, source: CallError },
    #[error(
        "the pages of the provider lead in a circle: {pages} pages are kept, and the next reading begins this part again"
    )]
    Circle { pages: u64 },
    #[error("{pages} empty pages followed each other and the provider names further ones")]
    OnlyEmptyPages { pages: u64 },
    #[error(
        "a report was ordered and the answer was lost: it may be charged. See in the provider's dashboard whether it was \
         made, and read again with --order-again if not"
    )]
    OrderUnknown,
    #[error(
        "each record of this stream is given once, and what comes while the process is killed or the connection breaks is \
         lost: write consume = true into the plan to read it all the same"
    )]
    Consumes,
    #[error(
        "the pages in {} were read from another account or another address: name another folder with path, or move this one \
         away", folder.display()
    )]
    OtherAccount { folder: PathBuf },
    #[error("max_calls of the plan is used up after {calls} calls")]
    CallsUsed { calls: u64 },
    #[error(transparent)]
    Pages(#[from] PageError),
    #[error("could not set up the reading")]
    Setup { source: CallError },
}

impl PullError {
    pub(crate) fn setup(source: CallError) -> Self {
        Self::Setup { source }
    }

    /// Returns whether the same reading can go on later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Call { source, .. } => source.is_passing(),
            Self::Circle { .. } | Self::OnlyEmptyPages { .. } | Self::CallsUsed { .. } => true,
            Self::Pages(PageError::Locked { .. }) => true,
            Self::OrderUnknown | Self::OtherAccount { .. } | Self::Consumes | Self::Pages(_) | Self::Setup { .. } => {
                false
            }
        }
    }
}
