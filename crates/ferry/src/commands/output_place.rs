//! Where a command may write its result.

use std::path::Path;

use crossing::kept_file;

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
