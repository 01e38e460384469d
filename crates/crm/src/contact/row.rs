//! Contacts as the database holds them.

use std::collections::HashMap;

use model::{Contact, ContactId, Identity, IdentityKind, Lineage, Personal, RowName};

use crate::contact::columns::{COLUMNS, EDITABLE, OF_TABLE, RUN_NUMBER, SOURCE_ROWS, VALUE_ROWS, WRITTEN_CHECKSUM};
use crate::contact::edits::{ImportHash, WrittenChecksum};
use crate::contact::{CONTACT, IDENTITY};
use crate::load_run::LoadRun;
use crate::sql::{Row, Tx, Type};
use crate::statements::{Retractions, Said, derive};
use crate::{Crm, LoadError};

/// A contact of the database.
pub(crate) struct StoredContact {
    pub(crate) contact: Contact,
    /// A check sum of what Ferry wrote last; none if it is not known.
    pub(crate) written: Option<WrittenChecksum>,
    /// The run of the rows that it names.
    pub(crate) run_number: i64,
    /// How often each of its statements was retracted or held again; without those that never were.
    pub(crate) retractions: Retractions,
}

/// The contacts that the database holds, each with the hash of its last import; none if a person has edited the contact
/// since, or if the hash is not known.
pub(crate) type ImportHashes = HashMap<ContactId, Option<ImportHash>>;

const READ: &str = "read contacts";
const ANY_BETWEEN: &str = "select contact_id from contact where contact_id between $1 and $2 limit 1";

impl Crm {
    /// The contacts of these ids that the database holds.
    pub async fn held(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>, LoadError> {
        let stored = self.stored(ids).await?;
        Ok(stored.into_iter().map(|(id, stored)| (id, stored.contact)).collect())
    }

    /// The fields of a contact that people have edited since Ferry last wrote them, by the names of their columns.
    pub async fn edited_fields(&self, id: ContactId) -> Result<Vec<&'static str>, LoadError> {
        let stored = self.stored(&[id]).await?.remove(&id);
        Ok(stored.and_then(|it| Some(it.written?.edited(&it.contact))).unwrap_or_default())
    }

    pub(crate) async fn stored(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, StoredContact>, LoadError> {
        self.reader(READ).await?.stored(ids).await
    }

    pub(crate) async fn import_hashes(&self, ids: &[ContactId]) -> Result<ImportHashes, LoadError> {
        self.reader(READ).await?.import_hashes(ids).await
    }
}

impl Tx {
    /// The contacts of these ids that the database holds.
    pub(crate) async fn stored(&mut self, ids: &[ContactId]) -> Result<HashMap<ContactId, StoredContact>, LoadError> {
        let run = self.any_run().await?;
        self.stored_by(&run, ids).await
    }

    /// As [`Tx::stored`], by the rules of consent and the ids of runs that a run has read at its start.
    pub(crate) async fn stored_by(
        &mut self,
        run: &LoadRun,
        ids: &[ContactId],
    ) -> Result<HashMap<ContactId, StoredContact>, LoadError> {
        if !self.is_any_between(ids).await? {
            return Ok(HashMap::new());
        }
        self.lock_contacts(ids).await?;
        let contacts = self.select_of(&CONTACT.select(), ids, read_contact).await?;
        if contacts.is_empty() {
            return Ok(HashMap::new());
        }
        let identities = self.select_of(&IDENTITY.select(), ids, read_identity).await?;
        let mut stored = assembled(contacts, identities, self.said_of(ids).await?);
        for it in stored.values_mut() {
            derive(&run.consent, run.id_of(it.run_number).unwrap_or_default(), &mut it.contact);
        }
        Ok(stored)
    }

    /// See [`ImportHashes`].
    pub(crate) async fn import_hashes(&mut self, ids: &[ContactId]) -> Result<ImportHashes, LoadError> {
        if !self.is_any_between(ids).await? {
            return Ok(ImportHashes::new());
        }
        let edited: Vec<&str> = EDITABLE.iter().map(|it| COLUMNS[*it].name).collect();
        let select = format!("select contact_id, import_hash, written_checksum, {} from contact", edited.join(", "));
        let hash = |row: &dyn Row| {
            let (hash, written) = (row.opt_int(1)?, row.opt_int(2)?);
            let text = |n: usize| row.cell(3 + n, Type::Text);
            let texts = [text(0)?, text(1)?, text(2)?];
            let now = WrittenChecksum::of_texts(texts.each_ref().map(|it| it.text().flatten()));
            let hash = hash.map(ImportHash).filter(|_| written == Some(now.0));
            Ok((row.contact_id(0)?, hash))
        };
        Ok(self.select_of(&select, ids, hash).await?.into_iter().collect())
    }

    /// Whether the database holds any contact between the first and the last id. This is one look at the index; a first
    /// load finds none, and need not ask for a thousand ids.
    async fn is_any_between(&mut self, ids: &[ContactId]) -> Result<bool, LoadError> {
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(false) };
        let found = self.select(ANY_BETWEEN, &[first.into(), last.into()], |_| Ok(())).await?;
        Ok(!found.is_empty())
    }
}

/// Reads a row of [`CONTACT`], without identities and statements, which are in tables of their own, and without the consent
/// that follows from them.
pub(crate) fn read_contact(row: &dyn Row) -> Result<StoredContact, LoadError> {
    let rows: RowName = row.text(SOURCE_ROWS)?.into();
    let value_rows = row.opt_text(VALUE_ROWS)?;
    let lineage = Lineage::read(value_rows.as_deref(), &rows);
    let mut contact = Contact::new(row.contact_id(0)?, RowName::clone(&rows));
    for (n, column) in COLUMNS.iter().enumerate() {
        (column.read)(&mut contact, &row.cell(n, OF_TABLE[n].1)?, &lineage).ok_or_else(|| row.unknown(n))?;
    }
    Ok(StoredContact {
        contact,
        written: row.opt_int(WRITTEN_CHECKSUM)?.map(WrittenChecksum),
        run_number: row.int(RUN_NUMBER)?,
        retractions: Retractions::new(),
    })
}

/// Reads a row of [`IDENTITY`].
pub(crate) fn read_identity(row: &dyn Row) -> Result<(ContactId, Identity), LoadError> {
    let kind = row.word(1, IdentityKind::from_name)?;
    Ok((row.contact_id(0)?, Identity { kind, scope: row.text(2)?, value: Personal(row.text(3)?) }))
}

/// Puts contacts together with their identities and statements.
fn assembled(
    contacts: Vec<StoredContact>,
    identities: Vec<(ContactId, Identity)>,
    said: HashMap<ContactId, Said>,
) -> HashMap<ContactId, StoredContact> {
    let mut contacts: HashMap<ContactId, StoredContact> = contacts.into_iter().map(|it| (it.contact.id, it)).collect();
    for (id, identity) in identities {
        if let Some(stored) = contacts.get_mut(&id) {
            stored.contact.identities.push(identity);
        }
    }
    for (id, said) in said {
        if let Some(stored) = contacts.get_mut(&id) {
            (stored.contact.statements, stored.retractions) = (said.statements, said.retractions);
        }
    }
    for StoredContact { contact, .. } in contacts.values_mut() {
        contact.identities.sort();
        contact.statements.sort();
    }
    contacts
}
