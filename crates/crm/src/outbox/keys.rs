//! The keys by which a message goes out once stay taken when contacts change.

use jiff::Timestamp;
use model::ContactId;

use crate::sql::Tx;
use crate::{Crm, LoadError};

const TAKE: &str = "insert into send_key (campaign, step, kind, value, message_id, at) \
    select campaign, step, kind, $1, message_id, $2 from send_key as taken \
    where kind = 'contact' and value = $3 and not exists (select 1 from send_key as own \
    where own.campaign = taken.campaign and own.step = taken.step and own.kind = 'contact' and own.value = $1)";

impl Crm {
    /// Takes for contacts what is taken for those that they were before, as pairs of contact before and contact now: a phone
    /// that was corrected gives a person another id.
    pub async fn take_keys_of(&self, moved: &[(ContactId, ContactId)], at: Timestamp) -> Result<(), LoadError> {
        let mut tx = self.begin("keep what was sent").await?;
        for (before, now) in moved {
            tx.take_keys_of(*before, *now, at).await?;
        }
        tx.commit().await
    }
}

impl Tx {
    /// Takes for each of two contacts that become one what is taken for the other. Belongs into the transaction of the
    /// merge. The keys stay when the merge is undone.
    pub(crate) async fn take_keys_of_merge(
        &mut self,
        survivor: ContactId,
        absorbed: ContactId,
        at: Timestamp,
    ) -> Result<(), LoadError> {
        self.take_keys_of(absorbed, survivor, at).await?;
        self.take_keys_of(survivor, absorbed, at).await
    }

    /// Takes for a contact every step of every campaign that is taken for another.
    async fn take_keys_of(&mut self, before: ContactId, now: ContactId, at: Timestamp) -> Result<(), LoadError> {
        self.execute(TAKE, &[(&now).into(), at.into(), (&before).into()]).await
    }
}
