//! How the program ends, as scripts see it.

use std::process::ExitCode;

use anyhow::Error;
use load::LoadError;
use whatsapp::CallError;

use crate::plan::PlanError;

/// The exit codes, as the manual lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    /// It could not be done.
    Failed = 1,
    /// The command line or the plan is wrong. Clap ends with the same code.
    Usage = 2,
    /// It is done, and more rows were rejected than the plan allows.
    Rejects = 3,
    /// A gate stopped it before anything was changed.
    Gate = 4,
    /// It is done, but the verifier's answers are worth nothing.
    Unverified = 5,
    /// Somebody else is down or asks to wait: the same command works later.
    TryLater = 75,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// A gate that stops a run before it changes anything.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Gate(pub String);

/// What a provider will do later, and when.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Later(pub String);

/// Prints an error with its causes, and tells which code it ends with.
#[expect(clippy::print_stderr, reason = "this is where errors reach the user")]
pub(crate) fn report(error: &Error) -> Exit {
    let exit = exit_of(error);
    eprintln!("ferry: {error:#}");
    if exit == Exit::TryLater {
        eprintln!("ferry: what is done is kept; run the same command again later");
    }
    exit
}

/// Whether a provider cannot do today what it can do later.
pub(crate) fn is_passing(error: &Error) -> bool {
    error.chain().any(|it| it.is::<Later>() || it.downcast_ref::<CallError>().is_some_and(CallError::is_passing))
}

fn exit_of(error: &Error) -> Exit {
    if is_passing(error) {
        return Exit::TryLater;
    }
    for cause in error.chain() {
        if cause.is::<PlanError>() {
            return Exit::Usage;
        }
        if cause.is::<Gate>() {
            return Exit::Gate;
        }
        if matches!(cause.downcast_ref(), Some(LoadError::Connect { .. })) {
            return Exit::TryLater;
        }
    }
    Exit::Failed
}
