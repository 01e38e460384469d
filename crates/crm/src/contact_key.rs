//! The contact key of a database: its contact ids are made from this key and no other.

use crate::sql::Tx;
use crate::{Crm, LoadError};

/// The key of `ferry_meta` for the id of the contact key.
const CONTACT_KEY: &str = "contact_key";
const CLAIM: &str = "insert into ferry_meta (key, value) values ($1, $2) on conflict (key) do nothing";

impl Crm {
    /// Refuses a database with contact ids of another key, because the same person would get a second contact. Looks
    /// only: [`Crm::plan_run`] claims the database for a key.
    pub async fn check_key(&self, key_id: &str) -> Result<(), LoadError> {
        is_ours(self.reader("read the contact key").await?.meta(CONTACT_KEY).await?, key_id)
    }

    /// The id of the key from which the contact ids of the database are made; none if it holds none yet.
    pub async fn known_key(&self) -> Result<Option<String>, LoadError> {
        self.reader("read the contact key").await?.meta(CONTACT_KEY).await
    }

    /// Claims a database without a contact key for this one, and refuses a database of another key.
    pub async fn claim_key(&self, key_id: &str) -> Result<(), LoadError> {
        let mut tx = self.begin("claim the database for a contact key").await?;
        tx.claim_key(key_id).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Claims the database for a contact key; an error if it has another one.
    pub(crate) async fn claim_key(&mut self, key_id: &str) -> Result<(), LoadError> {
        self.execute(CLAIM, &[CONTACT_KEY.into(), key_id.into()]).await?;
        is_ours(self.meta(CONTACT_KEY).await?, key_id)
    }
}

fn is_ours(theirs: Option<String>, ours: &str) -> Result<(), LoadError> {
    match theirs.filter(|it| it != ours) {
        Some(theirs) => Err(LoadError::OtherKey { theirs, ours: ours.to_owned() }),
        None => Ok(()),
    }
}
