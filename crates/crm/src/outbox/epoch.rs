//! The epoch of the outbox. Messages of an earlier epoch are not sent: what was planned before a restore may have gone out
//! since.

use crate::sql::Tx;
use crate::{Crm, LoadError};

/// The key of `ferry_meta` for the epoch. Triggers let it rise and nothing else.
pub(crate) const OUTBOX_EPOCH: &str = "outbox_epoch";
/// The epoch of a new database.
pub(crate) const FIRST_EPOCH: &str = "1";

const MOVE: &str = "update outbox set epoch = $1 where campaign = $2 and state = 'planned' and epoch < $3";

impl Crm {
    /// Moves the messages of a campaign that wait to the present epoch. Only for whoever has made sure that none of them has gone
    /// out since the restore: the log of sends says so.
    pub async fn take_into_epoch(&self, campaign: &str) -> Result<(), LoadError> {
        let mut tx = self.begin("let messages wait that were planned before a restore").await?;
        let epoch = tx.outbox_epoch().await?;
        tx.execute(MOVE, &[epoch.into(), campaign.into(), epoch.into()]).await?;
        tx.commit().await
    }
}

impl Tx {
    pub(super) async fn outbox_epoch(&mut self) -> Result<i64, LoadError> {
        self.number(OUTBOX_EPOCH).await
    }

    /// Raises the epoch: nothing that is planned now can be sent any more. Belongs into the transaction of a restore.
    pub(crate) async fn raise_outbox_epoch(&mut self) -> Result<(), LoadError> {
        self.raise_number(OUTBOX_EPOCH).await
    }
}
