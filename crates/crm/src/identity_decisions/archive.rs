//! The rows of both contacts before a merge, so that the merge can be taken back.

use model::{ContactId, Identity, Statement, identity_name};
use serde_json::{Value, json};

use crate::LoadError;
use crate::contact::{CONTACT, IDENTITY};
use crate::sql::{ArchivedRow, Row, Rows, Table, Tx};
use crate::statements::phone_name;

/// The rows of a contact, as the tables hold them. Somebody whom only webhooks name has no row of a contact.
#[derive(Clone)]
pub(super) struct ArchivedContact {
    contact: Option<ArchivedRow>,
    identities: Vec<ArchivedRow>,
    /// The ids of its held statements, which stay in the ledger.
    pub(super) statements: Vec<i64>,
    /// The ids of its retracted statements.
    pub(super) retracted: Vec<i64>,
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
        let identities = rows_of(tx, &IDENTITY, id).await?;
        Self { contact: Some(contact), identities, statements: vec![], retracted: vec![] }
            .with_said(tx, id)
            .await
            .map(Some)
    }

    /// Somebody whom only webhooks name, by this identity.
    pub(super) async fn of_named(tx: &mut Tx, id: ContactId, identity: &Identity) -> Result<Self, LoadError> {
        let row = json!({
            "contact_id": id.to_string(), "kind": identity.kind.name(), "scope": identity.scope, "value": identity.value.0,
        });
        let identities = ArchivedRow::from_json(&IDENTITY, &row).into_iter().collect();
        Self { contact: None, identities, statements: vec![], retracted: vec![] }.with_said(tx, id).await
    }

    async fn with_said(self, tx: &mut Tx, id: ContactId) -> Result<Self, LoadError> {
        let said = tx.said(id).await?;
        let statements = said.statements.iter().map(Statement::id).collect();
        let retracted = said.retractions.into_iter().filter(|it| it.1 % 2 == 1).map(|it| it.0).collect();
        Ok(Self { statements, retracted, ..self })
    }

    /// The rows of the contact and of its identities.
    pub(super) fn rows(&self) -> [Rows; 2] {
        let [mut contacts, mut identities] = [Rows::new(&CONTACT), Rows::new(&IDENTITY)];
        if let Some(contact) = &self.contact {
            contacts.push(contact.cells());
            self.identities.iter().for_each(|it| identities.push(it.cells()));
        }
        [contacts, identities]
    }

    /// The phone of the contact, in E.164 form.
    pub(super) fn phone(&self) -> Option<&str> {
        self.contact.as_ref()?.text_of("e164")
    }

    /// The names of all identities of the contact, its phone first.
    pub(super) fn names(&self) -> Vec<String> {
        let text = |row: &ArchivedRow, column| row.text_of(column).unwrap_or_default().to_owned();
        let name = |it| identity_name(&text(it, "kind"), &text(it, "scope"), &text(it, "value"));
        self.phone().map(phone_name).into_iter().chain(self.identities.iter().map(name)).collect()
    }

    fn to_json(&self) -> Value {
        let all = |rows: &[ArchivedRow]| rows.iter().map(ArchivedRow::to_json).collect::<Vec<_>>();
        json!({
            "contact": self.contact.as_ref().map(ArchivedRow::to_json), "identities": all(&self.identities), "statements": self.statements,
            "retracted": self.retracted,
        })
    }

    fn from_json(json: &Value) -> Option<Self> {
        let all = |name: &str, table: &'static Table| -> Option<Vec<ArchivedRow>> {
            json.get(name)?.as_array()?.iter().map(|it| ArchivedRow::from_json(table, it)).collect()
        };
        let ids = |name: &str| json.get(name)?.as_array()?.iter().map(Value::as_i64).collect::<Option<Vec<_>>>();
        Some(Self {
            contact: match json.get("contact")? {
                Value::Null => None,
                contact => Some(ArchivedRow::from_json(&CONTACT, contact)?),
            },
            identities: all("identities", &IDENTITY)?,
            statements: ids("statements")?,
            retracted: ids("retracted")?,
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
}

async fn rows_of(tx: &mut Tx, table: &'static Table, id: ContactId) -> Result<Vec<ArchivedRow>, LoadError> {
    tx.select_of(&table.select(), &[id], move |row: &dyn Row| ArchivedRow::read(table, row)).await
}

pub(super) fn unreadable() -> LoadError {
    LoadError::Value { column: "decision.before".to_owned() }
}
