//! Exit codes.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Error;
use consent_ledger::ConsentError;
use crm::LoadError;
use crossing::{QualityGate, RunChoice, RunReport, ScenariosReport, is_passing};
use plan::{PlanError, SecretError};
use results::Failure;
use run::RunError;
use sandbox::webhooks::TargetError;

use crate::cli::Format;
use crate::hint::{self, UserError};
use crate::output::print_failure;

/// The exit codes that the manual lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line or the plan is wrong. Clap ends with the same code.
    Usage = 2,
    /// Done, but more rows were rejected or more values are unreadable than the plan allows, a scenario was not
    /// translated, or templates need a look.
    Rejects = run_text::run::EXIT_REJECTS as isize,
    /// A quality gate stopped the command before anything was changed.
    Gate = 4,
    /// Done, but the verifier's answers are not usable.
    Unverified = run_text::run::EXIT_UNVERIFIED as isize,
    /// A bug in Ferry.
    Fault = 70,
    /// A provider or a database is unavailable or rate-limited: the same command works later.
    TryLater = 75,
    /// Stopped with Ctrl-C, as a shell has it.
    Interrupted = 130,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }

    /// The name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Rejects => "rejects",
            Self::Gate => "gate",
            Self::Unverified => "unverified",
            Self::Fault => "fault",
            Self::TryLater => "try_later",
            Self::Interrupted => "interrupted",
        }
    }

    /// The exit code of a run.
    pub(crate) fn of(report: &RunReport) -> Self {
        let lacks_scenarios = report.scenarios.as_ref().is_some_and(ScenariosReport::lacks_something);
        match report.reject_rate > report.max_reject_rate
            || report.is_over_unreadable
            || lacks_scenarios
            || !report.unread_sources.is_empty()
        {
            true => Self::Rejects,
            false => Self::of_verification(report),
        }
    }

    /// The exit code of a verification.
    pub(crate) fn of_verification(report: &RunReport) -> Self {
        report.uninformative.map_or(Self::Done, |_| Self::Unverified)
    }
}

/// Prints an error with its causes and what can be done about it, and returns its exit code.
pub(crate) fn report(error: &Error) -> Exit {
    let exit = exit_of(error);
    // The error of a panicked task repeats the payload, which may hold data. The hook has already printed the place.
    if exit == Exit::Fault {
        return exit;
    }
    let later = (exit == Exit::TryLater).then(|| "finished work is kept; run the same command again later".to_owned());
    let hints: Vec<String> = hint::of(error).into_iter().chain(later).collect();
    let mut texts = texts_of(error).into_iter();
    print_failure(Failure {
        code: exit.name(),
        exit: exit as u8,
        message: texts.next().unwrap_or_default(),
        causes: texts.collect(),
        hint: (!hints.is_empty()).then(|| hints.join("; ")),
    });
    exit
}

/// The texts of an error and its causes. Of two texts of which one begins or ends with the other, the longer is told.
pub(crate) fn texts_of(error: &Error) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = without_os_code(&cause.to_string());
        match texts.last_mut() {
            Some(before) if before.ends_with(&text) => {}
            Some(before) if text.starts_with(before.as_str()) => *before = text,
            _ => texts.push(text),
        }
    }
    texts
}

/// The text without the numbers of system errors, such as ` (os error 2)`, which say nothing to people.
fn without_os_code(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |text, part| match part.split_once(')') {
        Some((code, rest)) if code.bytes().all(|it| it.is_ascii_digit()) => text + rest,
        _ => text + " (os error " + part,
    })
}

/// Prints an error of the command line, or its help, and returns the exit code.
pub(crate) fn report_usage(error: &clap::Error, format: Format) -> ExitCode {
    if !error.use_stderr() || format == Format::Text {
        // A reader that closes the pipe early is not an error.
        let _ = error.print();
        return ExitCode::from(error.exit_code() as u8);
    }
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    print_failure(Failure {
        code: Exit::Usage.name(),
        exit: Exit::Usage as u8,
        message: message.trim_start_matches("error: ").trim_end().to_owned(),
        causes: Vec::new(),
        hint: Some("`ferry help COMMAND` lists the options".to_owned()),
    });
    Exit::Usage.code()
}

/// Reports a bug in Ferry and its place in the code. The payload of a panic can hold cells of a file, so it is never
/// printed.
pub(crate) fn report_panic(panic: &std::panic::PanicHookInfo) {
    HAS_PANICKED.store(true, Ordering::Relaxed);
    print_failure(Failure {
        code: Exit::Fault.name(),
        exit: Exit::Fault as u8,
        message: fault_text(panic.location()),
        causes: Vec::new(),
        hint: None,
    });
}

/// The message for a bug at this place in the source code.
fn fault_text(place: Option<&std::panic::Location>) -> String {
    let place = place.map_or_else(String::new, |it| format!(" ({}:{})", it.file(), it.line()));
    format!("a bug in Ferry{place}; run again to resume")
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
        let is_of_command = matches!(
            cause.downcast_ref(),
            Some(UserError::Notify(_) | UserError::NoSegment { .. } | UserError::Kept { .. })
        );
        let is_of_columns = cause.downcast_ref().is_some_and(ConsentError::is_of_command);
        let is_of_command = is_of_command || cause.is::<TargetError>();
        let is_private = matches!(cause.downcast_ref(), Some(http::CallError::Private { .. }));
        if is_private || is_of_columns || is_of_plan || is_of_command || cause.is::<RunChoice>() {
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
        assert!(text.starts_with("a bug in Ferry (crates/ferry/src/exit.rs:"), "{text}");
        assert!(text.ends_with("); run again to resume") && !text.contains("33199000001"), "{text}");
    }

    #[test]
    fn a_system_error_is_told_in_words_alone() {
        let error = Error::from(std::io::Error::from_raw_os_error(2)).context("could not read plan.toml");
        assert_eq!(texts_of(&error), ["could not read plan.toml", "No such file or directory"]);
        for cause in ["no such host", "could not connect: no such host"] {
            let twice = anyhow::anyhow!(cause).context("could not connect: no such host");
            assert_eq!(texts_of(&twice), ["could not connect: no such host"]);
        }
        assert_eq!(without_os_code("a (os error x) b"), "a (os error x) b");
    }
}
