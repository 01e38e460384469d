//! Secrets that a plan names but does not hold: the contact key, and the address of the database.

use std::io;
use std::path::{Path, PathBuf};

use model::{ContactKey, KeyError};
use run::RunError;
use thiserror::Error;

use crate::{Plan, PlanError};

/// The reason why there is no contact key.
#[derive(Debug, Error)]
pub enum SecretError {
    #[error("could not use {variable}")]
    Environment { variable: String, source: KeyError },
    #[error("could not use the key in {}", path.display())]
    File { path: PathBuf, source: KeyError },
    #[error("could not read the contact key {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not draw a contact key: {0}")]
    Draw(getrandom::Error),
    #[error("could not use the new contact key")]
    New(#[source] KeyError),
    #[error(transparent)]
    Write(#[from] RunError),
}

/// Returns the key from which contact ids are made: from the environment, or else from its file next to the plan.
///
/// Without either, a new key is made and saved in that file, readable only by its owner. A dry run makes a key for
/// itself and does not save it.
pub fn contact_key(plan: &Plan, is_dry_run: bool) -> Result<ContactKey, SecretError> {
    let variable = &plan.identity.key_env;
    if let Ok(text) = std::env::var(variable) {
        let wrong = |source| SecretError::Environment { variable: variable.clone(), source };
        return ContactKey::from_hex(&text).map_err(wrong);
    }
    let path = plan.folder().join(&plan.identity.key_file);
    match std::fs::read_to_string(&path) {
        Ok(text) => ContactKey::from_hex(&text).map_err(|source| SecretError::File { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => new_key(&path, is_dry_run),
        Err(source) => Err(SecretError::Read { path, source }),
    }
}

fn new_key(path: &Path, is_dry_run: bool) -> Result<ContactKey, SecretError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(SecretError::Draw)?;
    let text = hex::encode(secret);
    if !is_dry_run {
        run::write_private(path, format!("{text}\n").as_bytes())?;
    }
    ContactKey::from_hex(&text).map_err(SecretError::New)
}

impl Plan {
    /// Returns the address of the CRM database. A relative SQLite path starts from the folder of the plan.
    pub fn crm_url(&self) -> Result<String, PlanError> {
        let url = match (&self.crm.url, &self.crm.url_env) {
            (Some(url), None) => url.get_ref().clone(),
            (None, Some(name)) => std::env::var(name.get_ref()).map_err(|_| {
                self.wrong(
                    name.span().start,
                    format!("the environment has no {}: set it to the CRM URL", name.get_ref()),
                )
            })?,
            (Some(url), Some(_)) => {
                return Err(self.wrong(url.span().start, "[crm] has url and url_env: give one".into()));
            }
            (None, None) => return Err(self.wrong(0, "[crm] needs url or url_env".into())),
        };
        Ok(match url.strip_prefix("sqlite:").map(|it| it.strip_prefix("//").unwrap_or(it)) {
            Some(path) if !path.is_empty() => format!("sqlite:{}", self.folder().join(path).display()),
            _ => url,
        })
    }
}
