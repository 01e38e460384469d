//! Stand-ins until the real ones are merged.
use std::collections::HashSet;
use std::path::Path;

use crate::{Crm, LoadError};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    pub contacts: u64,
    pub decisions: u64,
    pub runs: Vec<String>,
}

impl Crm {
    pub async fn would_lose(&self, _folder: Option<&Path>) -> Result<Losses, LoadError> {
        Ok(Losses::default())
    }

    pub async fn restore_as(&self, folder: Option<&Path>) -> Result<(), LoadError> {
        match folder {
            Some(folder) => self.restore(folder).await,
            None => self.clear().await,
        }
    }

    pub async fn run_uids(&self) -> Result<HashSet<String>, LoadError> {
        Ok(HashSet::new())
    }
}
