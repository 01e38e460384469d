//! The rows of both contacts before a merge, so that the merge can be taken back.

use std::collections::HashSet;

use model::{ContactId, Statement};
use serde_json::{Value, json};

use crate::LoadError;
use crate::contact::{CONTACT, IDENTITY, StoredContact, assembled, read_contact, read_identity};
use crate::sql::{ArchivedRow, Row, Rows, Table, Tx};
use crate::statements::{CONSENT, read_statement};

/// All rows of a contact, as the tables hold them.
#[derive(Clone)]
pub(super) struct ArchivedContact {
    contact: ArchivedRow,
    identities: Vec<ArchivedRow>,
    statements: Vec<ArchivedRow>,
}

/// Both contacts of a merge, before it. The one who stays may not have been there yet.
pub(super) struct Before {
    pub(super) survivor: Option<ArchivedContact>,
    pub(super) absorbed: ArchivedContact,
}

impl ArchivedContact {
    /// The contact with all its rows; none if the database does not hold it.
    pub(super) async fn of(tx: &mut Tx, id: ContactId) -> Result<Option<Self>, LoadError> {
        let Some(contact) = rows_of(tx, &CONTACT, id).await?.pop() else { return Ok(None) };
        let (identities, statements) = (rows_of(tx, &IDENTITY, id).await?, rows_of(tx, &CONSENT, id).await?);
        Ok(Some(Self { contact, identities, statements }))
    }

    pub(super) fn stored(&self) -> Result<StoredContact, LoadError> {
        let contact = read_contact(&self.contact)?;
        let identities = self.identities.iter().map(|it| read_identity(it)).collect::<Result<_, _>>()?;
        let id = contact.contact.id;
        let statements = self.statements()?.into_iter().map(|it| (id, it)).collect();
        assembled(vec![contact], identities, statements).remove(&id).ok_or_else(unreadable)
    }

    pub(super) fn rows(&self) -> [Rows; 3] {
        let rows = |table: &'static Table, archived: &[ArchivedRow]| {
            let mut rows = Rows::new(table);
            archived.iter().for_each(|it| rows.push(it.cells()));
            rows
        };
        [
            rows(&CONTACT, std::slice::from_ref(&self.contact)),
            rows(&IDENTITY, &self.identities),
            rows(&CONSENT, &self.statements),
        ]
    }

    fn statements(&self) -> Result<Vec<Statement>, LoadError> {
        self.statements.iter().map(|it| read_statement(it)).collect()
    }

    fn to_json(&self) -> Value {
        let all = |rows: &[ArchivedRow]| rows.iter().map(ArchivedRow::to_json).collect::<Vec<_>>();
        json!({
            "contact": self.contact.to_json(), "identities": all(&self.identities), "statements": all(&self.statements),
        })
    }

    fn from_json(json: &Value) -> Option<Self> {
        let all = |name: &str, table: &'static Table| -> Option<Vec<ArchivedRow>> {
            json.get(name)?.as_array()?.iter().map(|it| ArchivedRow::from_json(table, it)).collect()
        };
        Some(Self {
            contact: ArchivedRow::from_json(&CONTACT, json.get("contact")?)?,
            identities: all("identities", &IDENTITY)?,
            statements: all("statements", &CONSENT)?,
        })
    }
}

impl Before {
    /// The text for the column `before` of a decision.
    pub(super) fn text(&self) -> String {
        let survivor = self.survivor.as_ref().map(ArchivedContact::to_json);
        json!({ "survivor": survivor, "absorbed": self.absorbed.to_json() }).to_string()
    }

    pub(super) fn read(text: &str) -> Result<Self, LoadError> {
        let before = || {
            let json: Value = serde_json::from_str(text).ok()?;
            let survivor = match json.get("survivor")? {
                Value::Null => None,
                survivor => Some(ArchivedContact::from_json(survivor)?),
            };
            Some(Self { survivor, absorbed: ArchivedContact::from_json(json.get("absorbed")?)? })
        };
        before().ok_or_else(unreadable)
    }

    /// The statements that both had before the merge.
    pub(super) fn statement_ids(&self) -> Result<HashSet<i64>, LoadError> {
        let mut ids = HashSet::new();
        for contact in self.survivor.iter().chain([&self.absorbed]) {
            ids.extend(contact.statements()?.iter().map(Statement::id));
        }
        Ok(ids)
    }
}

async fn rows_of(tx: &mut Tx, table: &'static Table, id: ContactId) -> Result<Vec<ArchivedRow>, LoadError> {
    tx.select_of(&table.select(), &[id], move |row: &dyn Row| ArchivedRow::read(table, row)).await
}

pub(super) fn unreadable() -> LoadError {
    LoadError::Value { column: "decision.before".to_owned() }
}
