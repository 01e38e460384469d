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

pub struct Lease;

impl Lease {
    pub async fn release(self) -> Result<(), LoadError> {
        Ok(())
    }
}

impl Crm {
    pub async fn acquire_load_lease(&self, _holder: &str) -> Result<Lease, LoadError> {
        Ok(Lease)
    }

    pub async fn would_lose(&self, _folder: Option<&Path>) -> Result<Losses, LoadError> {
        Ok(Losses::default())
    }

    pub async fn restore_as(&self, _lease: &Lease, folder: Option<&Path>) -> Result<(), LoadError> {
        match folder {
            Some(folder) => self.restore(folder).await,
            None => self.clear().await,
        }
    }

    pub async fn run_uids(&self) -> Result<HashSet<String>, LoadError> {
        Ok(HashSet::new())
    }
}
