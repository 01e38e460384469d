//! What can be done about an error: one table for all commands.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Error;
use crm::{LoadError, Refusal};
use crossing::refused_status;
use extract::ExtractError;
use plan::PlanError;
use pull::FailedSource;
use run::RunError;
use thiserror::Error as ThisError;

use crate::text;

/// An error of a command that comes from nowhere else.
#[derive(Debug, ThisError)]
pub(crate) enum UserError {
    #[error("there is no folder {}", text::path(.0))]
    NoFolder(PathBuf),
    #[error("{} already exists and would be overwritten", text::path(.0))]
    PlanExists(PathBuf),
    #[error(
        "command line: there is no segment {name}: there are {}; a [[segment]] of the plan adds one", .known.join(", ")
    )]
    NoSegment { name: String, known: Vec<String> },
    #[error("{} is {what}; choose another file", text::path(.path))]
    Kept { path: PathBuf, what: String },
    #[error("verification is off: the plan has no [verify] section")]
    NoVerifier,
    /// The text says what is wrong with the address, without it.
    #[error("--notify: {0}")]
    Notify(String),
}

/// What can be done about an error, if Ferry knows and the error does not say it.
pub(crate) fn of(error: &Error) -> Option<String> {
    let is_source = error.chain().any(|it| it.is::<FailedSource>());
    let of_provider = refused_status(error).and_then(|it| of_status(it, is_source)).map(str::to_owned);
    of_provider.or_else(|| error.chain().find_map(of_cause))
}

fn of_cause(cause: &(dyn StdError + 'static)) -> Option<String> {
    let hint = match () {
        () if cause.is::<UserError>() => return cause.downcast_ref().and_then(of_user_error),
        () if cause.is::<PlanError>() => return cause.downcast_ref().and_then(of_plan),
        () if cause.is::<ExtractError>() => cause.downcast_ref().and_then(of_export),
        () if cause.is::<LoadError>() => cause.downcast_ref().and_then(of_database),
        () if cause.is::<RunError>() => cause.downcast_ref().and_then(of_run),
        () => cause.downcast_ref().and_then(|it: &io::Error| of_system(it.kind())),
    };
    hint.map(str::to_owned)
}

fn of_user_error(error: &UserError) -> Option<String> {
    let hint = match error {
        UserError::NoFolder(_) => "name the folder with the exports: `ferry init FOLDER`",
        UserError::PlanExists(_) => "edit that plan, or remove it and run `ferry init` again",
        UserError::NoSegment { name, known } => {
            return plan::nearest(name, known).map(|it| format!("did you mean {it}?"));
        }
        UserError::Kept { .. } => return None,
        UserError::NoVerifier => "add a [verify] section to the plan: `ferry verify --help` lists the adapters",
        UserError::Notify(_) => "an address is https://HOST/PATH; everything else is a command for `sh -c`",
    };
    Some(hint.to_owned())
}

fn of_plan(error: &PlanError) -> Option<String> {
    let is_toml = |path: &Path| path.extension().is_some_and(|it| it == "toml");
    // Lists that a plan names have errors of the same type.
    let is_syntax = |message: &str| message.contains("expected");
    match error {
        PlanError::Read { source, .. } if source.kind() == ErrorKind::NotFound => {
            Some("run `ferry init` to write a plan for the exports in a folder, or name another plan".to_owned())
        }
        PlanError::Wrong { path, message, .. } if !is_toml(path) && is_syntax(message) => Some(no_plan(path)),
        PlanError::Read { path, .. } if !is_toml(path) => Some(no_plan(path)),
        PlanError::Read { source, .. } | PlanError::ReadSuppression { source, .. } => {
            of_system(source.kind()).map(str::to_owned)
        }
        PlanError::Wrong { .. } => None,
    }
}

fn no_plan(path: &Path) -> String {
    let path = text::path(path);
    format!("a plan is a TOML file, which `ferry init` writes; `ferry inspect {path}` looks at an export")
}

fn of_export(error: &ExtractError) -> Option<&'static str> {
    const PATH: &str = "check the path; paths in a plan are relative to its folder";
    match error {
        ExtractError::NoFiles { .. } => Some(PATH),
        ExtractError::Read { source, .. } if source.kind() == ErrorKind::NotFound => Some(PATH),
        ExtractError::Read { source, .. } => of_system(source.kind()),
        _ => None,
    }
}

fn of_database(error: &LoadError) -> Option<&'static str> {
    match error {
        LoadError::Connect { .. } => Some("`ferry check` tests the database and the provider of the plan"),
        LoadError::Refused { why: Refusal::NoDatabase, .. } => Some("run `createdb NAME`, with the name in the URL"),
        LoadError::Refused { why: Refusal::User, .. } => {
            Some("put the URL with the password into a variable, and name that as url_env in [crm]")
        }
        LoadError::OtherKey { .. } => {
            Some("bring the other key with `ferry key import FILE`; `ferry key check` compares the two")
        }
        LoadError::NotADatabase { .. } => Some("name another file in [crm] of the plan: url = \"sqlite:ferry.db\""),
        LoadError::Storage { .. } => Some(SPACE),
        LoadError::Busy { .. } => Some("`ferry runs` lists the runs and who began them"),
        _ => None,
    }
}

fn of_run(error: &RunError) -> Option<&'static str> {
    match error {
        RunError::Locked { .. } => Some("`ferry status` shows how far that run is"),
        RunError::Write { source, .. } | RunError::Read { source, .. } => of_system(source.kind()),
        _ => None,
    }
}

/// A provider that refuses every call refuses the token or the right.
fn of_status(status: u16, is_source: bool) -> Option<&'static str> {
    match status {
        404 if is_source => Some("check the account and the address: account_env and url of this source in the plan"),
        401 => Some("check the token: token_env or token_file in [verify] or [whatsapp] of the plan"),
        403 => Some("the provider knows the token, but does not allow this: check the rights of the token"),
        404 => Some("check the address: url in [verify] of the plan"),
        _ => None,
    }
}

const SPACE: &str = "free some space: `ferry check` says how much a run needs, `ferry runs prune` removes old runs";

fn of_system(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some("check the path, and that its folder is there"),
        ErrorKind::PermissionDenied => {
            Some("the user that runs Ferry may not use this file or its folder: change the permissions")
        }
        ErrorKind::ReadOnlyFilesystem => Some("the disk is read-only: work in another folder"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(SPACE),
        _ => None,
    }
}
