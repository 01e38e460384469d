//! The epoch of the outbox. Messages of an earlier epoch are not sent: what was planned before a restore may have gone out
//! since.

use crate::LoadError;
use crate::sql::Tx;

/// The key of `ferry_meta` for the epoch. Triggers let it rise and nothing else.
pub(crate) const OUTBOX_EPOCH: &str = "outbox_epoch";
/// The epoch of a new database.
pub(crate) const FIRST_EPOCH: &str = "1";

impl Tx {
    pub(super) async fn outbox_epoch(&mut self) -> Result<i64, LoadError> {
        self.number(OUTBOX_EPOCH).await
    }

    /// Raises the epoch: nothing that is planned now can be sent any more. Belongs into the transaction of a restore.
    pub(crate) async fn raise_outbox_epoch(&mut self) -> Result<(), LoadError> {
        self.raise_number(OUTBOX_EPOCH).await
    }
}
