//! Where a command may write its result.

use std::path::{Path, PathBuf};

use crossing::{is_of_input, kept_file};

use crate::cli::scenario::ScenarioArgs;
use crate::hint::UserError;

/// The plan of a command that names none.
const DEFAULT_PLAN: &str = "plan.toml";

/// Fails if a command would write its result over a file of the plan, of its database or of its runs. `database` is the
/// URL of one that the command reads instead.
pub(crate) fn check(to: &Path, plan: Option<&Path>, database: Option<&str>) -> Result<(), UserError> {
    if run::is_standard_output(to) {
        return Ok(());
    }
    match kept_file(to, plan.unwrap_or(Path::new(DEFAULT_PLAN)), database) {
        Some(what) => Err(UserError::Kept { path: to.to_owned(), what }),
        None => Ok(()),
    }
}

/// Fails if a command would write its result over a file that it reads, through links too.
pub(crate) fn check_input<'a>(to: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), UserError> {
    let is_input = !run::is_standard_output(to) && inputs.into_iter().any(|it| is_of_input(to, it));
    let what = "a file that the command reads".to_owned();
    if is_input { Err(UserError::Kept { path: to.to_owned(), what }) } else { Ok(()) }
}

/// Fails if a command about scenarios would write its result over one of its files, or over a file of its plan.
pub(crate) fn check_scenarios(to: &Path, scenarios: &ScenarioArgs) -> Result<(), UserError> {
    check_input(to, scenarios.files.iter().map(PathBuf::as_path))?;
    check(to, scenarios.plan.as_deref(), None)
}
