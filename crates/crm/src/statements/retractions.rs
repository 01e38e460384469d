//! Statements that are retracted, or held again: the table `consent_retraction`.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{ContactId, Statement};

use crate::LoadError;
use crate::sql::{OnConflict, Rows, Table, Tx, Type};

/// The last number of each statement's retractions. It is retracted while that is odd.
pub(crate) type Retractions = HashMap<i64, i64>;

pub(crate) const RETRACTION: Table = Table {
    name: "consent_retraction",
    columns: &[
        ("contact_id", Type::Bytes),
        ("statement_id", Type::Int),
        ("number", Type::Int),
        ("at", Type::Time),
        ("reason", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

impl Tx {
    /// The retractions of these ids, by contact.
    pub(crate) async fn retractions_of(
        &mut self,
        ids: &[ContactId],
    ) -> Result<HashMap<ContactId, Retractions>, LoadError> {
        let mut by_contact: HashMap<ContactId, Retractions> = HashMap::new();
        let is_any = self.select("select 1 from consent_retraction limit 1", &[], |_| Ok(())).await?;
        if ids.is_empty() || is_any.is_empty() {
            return Ok(by_contact);
        }
        let select = "select contact_id, statement_id, number from consent_retraction";
        for (contact, statement, number) in
            self.select_of(select, ids, |it| Ok((it.contact_id(0)?, it.int(1)?, it.int(2)?))).await?
        {
            let last = by_contact.entry(contact).or_default().entry(statement).or_default();
            *last = number.max(*last);
        }
        Ok(by_contact)
    }
}

/// Adds the rows that make `now` the held statements of a contact that has held `before`: those that it lacks are retracted,
/// and retracted ones that it has are held again. A statement that was never recorded needs no row.
pub(crate) fn push_retractions(
    rows: &mut Rows,
    contact: ContactId,
    before: &[Statement],
    now: &[Statement],
    retractions: &Retractions,
    reason: &str,
) {
    let now: Vec<i64> = now.iter().map(Statement::id).collect();
    let at = Timestamp::now();
    let mut push =
        |id: i64, last: i64| rows.push([(&contact).into(), id.into(), (last + 1).into(), at.into(), reason.into()]);
    for id in before.iter().map(Statement::id).filter(|it| !now.contains(it)) {
        push(id, retractions.get(&id).copied().unwrap_or(0));
    }
    for (id, last) in now.iter().filter_map(|it| Some((*it, *retractions.get(it)?))).filter(|it| it.1 % 2 == 1) {
        push(id, last);
    }
}
