//! Exit codes.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Error;
use crm::LoadError;
use crossing::{QualityGate, RunChoice, RunReport, is_passing};
use plan::{PlanError, SecretError};
use run::RunError;

use crate::output::print_message;

/// The exit codes that the manual lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line or the plan is wrong. Clap ends with the same code.
    Usage = 2,
    /// Done, but more rows were rejected or more values are unreadable than the plan allows.
    Rejects = 3,
    /// A quality gate stopped the command before anything was changed.
    Gate = 4,
    /// Done, but the verifier's answers are not usable.
    Unverified = 5,
    /// A bug in Ferry.
    Fault = 70,
    /// A provider or a database is unavailable or rate-limited: the same command works later.
    TryLater = 75,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }

    /// The exit code of a run.
    pub(crate) fn of(report: &RunReport) -> Self {
        match report.reject_rate > report.max_reject_rate || report.is_over_unreadable {
            true => Self::Rejects,
            false => Self::of_verification(report),
        }
    }

    /// The exit code of a verification.
    pub(crate) fn of_verification(report: &RunReport) -> Self {
        report.uninformative.map_or(Self::Done, |_| Self::Unverified)
    }
}

/// Prints an error with its causes, and returns its exit code.
pub(crate) fn report(error: &Error) -> Exit {
    let exit = exit_of(error);
    // The error of a panicked task repeats the payload, which may hold data. The hook has already printed the place.
    if exit == Exit::Fault {
        return exit;
    }
    print_message(&format!("ferry: {error:#}"));
    if exit == Exit::TryLater {
        print_message("ferry: finished work is kept; run the same command again later");
    }
    exit
}

/// Reports a bug in Ferry and its place in the code. The payload of a panic can hold cells of a file, so it is never
/// printed.
pub(crate) fn report_panic(panic: &std::panic::PanicHookInfo) {
    HAS_PANICKED.store(true, Ordering::Relaxed);
    print_message(&fault_text(panic.location()));
}

/// The message for a bug at this place in the source code.
fn fault_text(place: Option<&std::panic::Location>) -> String {
    let place = place.map_or_else(String::new, |it| format!(" ({}:{})", it.file(), it.line()));
    format!("ferry: a bug in Ferry{place}; run again to resume")
}

/// Whether any thread has panicked.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// The exit code of a command that ends with this error.
pub(crate) fn exit_of(error: &Error) -> Exit {
    // After a panic in any thread, this error is probably a consequence of it.
    if HAS_PANICKED.load(Ordering::Relaxed) {
        return Exit::Fault;
    }
    if is_passing(error) {
        return Exit::TryLater;
    }
    for cause in error.chain() {
        let is_of_plan = cause.is::<PlanError>() || matches!(cause.downcast_ref(), Some(SecretError::Plan(_)));
        if is_of_plan || cause.is::<RunChoice>() {
            return Exit::Usage;
        }
        if cause.is::<QualityGate>() {
            return Exit::Gate;
        }
        let is_locked = matches!(cause.downcast_ref(), Some(RunError::Locked { .. }));
        if is_locked || cause.downcast_ref().is_some_and(LoadError::is_passing) {
            return Exit::TryLater;
        }
    }
    Exit::Failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place_in_the_code_and_nothing_of_the_data() {
        let unwound = std::panic::catch_unwind(|| {
            let cell = "33199000001Ana";
            // The range ends past the end of the text, as when a cell is cut wrongly.
            let _ = &cell[..cell.len() + std::hint::black_box(1)];
        });
        assert!(unwound.is_err());
        let text = fault_text(Some(std::panic::Location::caller()));
        assert!(text.starts_with("ferry: a bug in Ferry (crates/ferry/src/exit.rs:"), "{text}");
        assert!(text.ends_with("); run again to resume") && !text.contains("33199000001"), "{text}");
    }
}
