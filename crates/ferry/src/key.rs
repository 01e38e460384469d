//! The secret under which contact ids are made.

use std::path::Path;

use anyhow::{Context, Result};
use model::ContactKey;

use crate::plan::Plan;

/// Takes the key from the environment, else from its file beside the plan.
///
/// Without either a key is made and kept in that file, for its owner's eyes only; a dry run makes
/// one for itself and keeps it nowhere.
pub(crate) fn contact_key(plan: &Plan, is_dry_run: bool) -> Result<ContactKey> {
    if let Ok(text) = std::env::var(&plan.identity.key_env) {
        return ContactKey::from_hex(&text).with_context(|| format!("could not use {}", plan.identity.key_env));
    }
    let path = plan.folder().join(&plan.identity.key_file);
    match std::fs::read_to_string(&path) {
        Ok(text) => ContactKey::from_hex(&text).with_context(|| format!("could not use the key in {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => made(&path, is_dry_run),
        Err(error) => Err(error).with_context(|| format!("could not read the contact key {}", path.display())),
    }
}

fn made(path: &Path, is_dry_run: bool) -> Result<ContactKey> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("could not draw a contact key: {error}"))?;
    let text = hex::encode(secret);
    if !is_dry_run {
        run::write_private(path, format!("{text}\n").as_bytes())?;
    }
    Ok(ContactKey::from_hex(&text)?)
}
