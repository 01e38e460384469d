//! The keys of the suppression list, which a plan names but does not hold.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use model::{SuppressionKeys, SuppressionKeysError};
use run::RunError;
use thiserror::Error;

use crate::secrets::{KeyPlace, SecretError, draw, keep_text};
use crate::{Plan, PlanError};

/// The environment variable with the suppression keys, if the plan names no other.
pub(crate) const DEFAULT_KEYS: &str = "FERRY_SUPPRESSION_KEYS";

/// The reason why there are no suppression keys.
#[derive(Debug, Error)]
pub enum SuppressionSecretError {
    #[error("could not use {variable}")]
    Environment { variable: String, source: SuppressionKeysError },
    #[error("could not use the suppression keys in {}", path.display())]
    File { path: PathBuf, source: SuppressionKeysError },
    #[error("could not read the suppression keys {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not write the suppression keys {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "the suppression keys are in the environment variable {variable}: put a new key of 64 hexadecimal digits before \
         the others there"
    )]
    InEnvironment { variable: String },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Returns the file with the suppression keys, whether it is there or not.
pub fn suppression_keys_path(plan: &Plan) -> PathBuf {
    plan.folder().join(&plan.suppression.keys_file)
}

/// Returns the keys of the suppression list, and where they are: the environment, or else the file next to the plan. None
/// if there are none yet.
pub fn find_suppression_keys(plan: &Plan) -> Result<Option<(SuppressionKeys, KeyPlace)>, SuppressionSecretError> {
    if let Some((variable, text)) = keys_of_environment(plan)? {
        return match SuppressionKeys::read(&text) {
            Ok(keys) => Ok(Some((keys, KeyPlace::Environment(variable)))),
            Err(source) => Err(SuppressionSecretError::Environment { variable, source }),
        };
    }
    let path = suppression_keys_path(plan);
    match run::read_small_text(&path, run::MOST_SECRET_BYTES) {
        Ok(text) => match SuppressionKeys::read(&text) {
            Ok(keys) => Ok(Some((keys, KeyPlace::File(path)))),
            Err(source) => Err(SuppressionSecretError::File { path, source }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SuppressionSecretError::Read { path, source }),
    }
}

/// Returns the keys of the suppression list. Makes the first key, in its file next to the plan and readable only by its
/// owner, if there is none.
pub fn suppression_keys(plan: &Plan) -> Result<SuppressionKeys, SuppressionSecretError> {
    if let Some((keys, _)) = find_suppression_keys(plan)? {
        return Ok(keys);
    }
    let path = suppression_keys_path(plan);
    keep_text(&path, &format!("{}\n", hex::encode(draw()?)))?
        .map_err(|source| SuppressionSecretError::Write { path: path.clone(), source })?;
    match find_suppression_keys(plan)? {
        Some((keys, _)) => Ok(keys),
        None => Err(SuppressionSecretError::Write { path, source: io::ErrorKind::NotFound.into() }),
    }
}

/// Puts a new key before the others in their file, and returns all of them. The others still check.
pub fn rotate_suppression_keys(plan: &Plan) -> Result<SuppressionKeys, SuppressionSecretError> {
    if let Some((variable, _)) = keys_of_environment(plan)? {
        return Err(SuppressionSecretError::InEnvironment { variable });
    }
    let path = suppression_keys_path(plan);
    let failed = |source| SuppressionSecretError::Write { path: path.clone(), source };
    // Two processes must not each put a key before the same others: one key would be lost.
    let folder = File::open(path.parent().unwrap_or(plan.folder())).map_err(failed)?;
    folder.lock().map_err(failed)?;
    find_suppression_keys(plan)?;
    let before = match run::read_small_text(&path, run::MOST_SECRET_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| SuppressionSecretError::Read { path: path.clone(), source })?,
    };
    run::write_private(&path, format!("{}\n{before}", hex::encode(draw()?)).as_bytes())?;
    run::sync_parent(&path)?;
    suppression_keys(plan)
}

/// The variable and its value. A variable that the plan names must be set.
fn keys_of_environment(plan: &Plan) -> Result<Option<(String, String)>, PlanError> {
    let named = plan.suppression.keys_env.as_ref();
    let variable = named.map_or(DEFAULT_KEYS, |it| it.get_ref());
    match (std::env::var(variable), named) {
        (Ok(text), _) => Ok(Some((variable.to_owned(), text))),
        (Err(_), None) => Ok(None),
        (Err(_), Some(name)) => {
            let message =
                format!("the environment has no {variable}: set it to the suppression keys, or leave out keys_env");
            Err(plan.wrong(name.span().start, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::read::tests::PLAN;

    fn plan(home: &tempfile::TempDir, more: &str) -> Plan {
        let path = home.path().join("plan.toml");
        std::fs::write(&path, format!("{PLAN}{more}")).unwrap();
        Plan::read(&path).unwrap()
    }

    #[test]
    fn the_first_use_makes_a_key_and_a_rotation_puts_another_before_it() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan(&home, "");
        assert!(find_suppression_keys(&plan).unwrap().is_none());
        let first = suppression_keys(&plan).unwrap();
        assert_eq!(suppression_keys(&plan).unwrap().current().id(), first.current().id());
        let both = rotate_suppression_keys(&plan).unwrap();
        assert_ne!(both.current().id(), first.current().id());
        assert_eq!((both.all().len(), both.all()[1].id()), (2, first.current().id()));
        let path = home.path().join("suppression.keys");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn rotations_at_the_same_time_lose_no_key() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan(&home, "");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| rotate_suppression_keys(&plan).unwrap());
            }
        });
        assert_eq!(suppression_keys(&plan).unwrap().all().len(), 8);
    }

    #[test]
    fn a_damaged_key_is_named_by_its_place_and_never_shown() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan(&home, "[suppression]\nkeys_file = \"list.keys\"\n");
        std::fs::write(home.path().join("list.keys"), format!("{}\n5ecre7\n", "aa".repeat(32))).unwrap();
        for error in [find_suppression_keys(&plan).unwrap_err(), rotate_suppression_keys(&plan).unwrap_err()] {
            let text = format!("{error}: {}", std::error::Error::source(&error).unwrap());
            assert!(
                text.ends_with(
                    "list.keys: key 2 must be 64 hexadecimal digits (32 bytes), and 6 characters were given"
                )
            );
            assert!(!text.contains("5ecre7"));
        }
    }
}
