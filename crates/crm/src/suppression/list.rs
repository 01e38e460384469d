//! The suppression list in memory, and the search for contacts in it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::{ContactId, IdentityKind, SuppressionDigest, SuppressionKey, SuppressionKeys, plain_phone_digests};

use crate::LoadError;
use crate::sql::{Cell, Row, Rows, Tx};
use crate::suppression::digest_of::DigestOf;
use crate::suppression::person::{Person, is_listed};

const ENTRIES: &str = "select distinct key_id, digest, digest_of from suppression";

/// All entries of the list, and the keys to look for somebody in it.
#[derive(Debug)]
pub(crate) struct SuppressionList {
    pub(crate) keys: Arc<SuppressionKeys>,
    /// Each digest with the place of its key.
    entries: HashMap<SuppressionDigest, usize>,
    /// What the entries under each key are of: under a key without entries nothing is looked for.
    used: Vec<[bool; 3]>,
}

/// An entry of the list that is about a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) contact: ContactId,
    /// The id of the key of the entry.
    pub(crate) key_id: String,
    pub(crate) digest: SuppressionDigest,
    /// The digest under the current key, now that the number is seen. It differs if the entry has to be written again.
    pub(crate) now: SuppressionDigest,
    pub(crate) now_of: DigestOf,
}

impl SuppressionList {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The id of the key under which the list has this digest, if it has it.
    pub(crate) fn key_of(&self, digest: &SuppressionDigest) -> Option<&str> {
        self.entries.get(digest).map(|it| self.keys.all()[*it].id())
    }

    /// The entries about a person.
    pub(crate) fn hits(&self, person: &Person) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.look_for_contact(person.id, &mut hits);
        person.phones.iter().for_each(|it| self.look_for_phone(person.id, it, &mut hits));
        for (kind, scope, value) in &person.identities {
            self.look_for_identity(person.id, *kind, scope, value, &mut hits);
        }
        hits
    }

    /// The entries about contacts whose rows are about to be written.
    pub(crate) fn hits_in_contacts(&self, contacts: &Rows) -> Vec<Hit> {
        let mut hits = Vec::new();
        let e164 = contacts.table().columns.iter().position(|it| it.0 == "e164");
        let (n_columns, mut id) = (contacts.table().columns.len(), None);
        for (n, cell) in contacts.cells().enumerate() {
            match (n % n_columns, cell) {
                (0, Cell::Bytes(bytes)) => {
                    id = ContactId::from_bytes(bytes);
                    id.iter().for_each(|it| self.look_for_contact(*it, &mut hits));
                }
                (column, Cell::Text(phone)) if Some(column) == e164 => {
                    id.iter().for_each(|it| self.look_for_phone(*it, &phone, &mut hits));
                }
                _ => {}
            }
        }
        hits
    }

    /// The entries about contacts whose identities are about to be written.
    pub(crate) fn hits_in_identities(&self, identities: &Rows) -> Vec<Hit> {
        let mut hits = Vec::new();
        let cells: Vec<Cell> = identities.cells().collect();
        for row in cells.chunks(identities.table().columns.len()) {
            let [Cell::Bytes(id), Cell::Text(kind), Cell::Text(scope), Cell::Text(value)] = row else { continue };
            let Some(id) = ContactId::from_bytes(id) else { continue };
            match IdentityKind::from_name(kind) {
                Some(IdentityKind::Phone) => self.look_for_phone(id, value, &mut hits),
                Some(kind) if is_listed(kind) => self.look_for_identity(id, kind, scope, value, &mut hits),
                _ => {}
            }
        }
        hits
    }

    fn look_for_contact(&self, contact: ContactId, hits: &mut Vec<Hit>) {
        self.look_for(contact, DigestOf::Contact, |key| key.of_contact(contact), hits);
    }

    fn look_for_identity(&self, contact: ContactId, kind: IdentityKind, scope: &str, value: &str, hits: &mut Vec<Hit>) {
        self.look_for(contact, DigestOf::Identity, |key| key.of_identity(kind, scope, value), hits);
    }

    fn look_for_phone(&self, contact: ContactId, e164: &str, hits: &mut Vec<Hit>) {
        self.look_for(contact, DigestOf::Identity, |key| key.of_phone(e164), hits);
        if !self.used.iter().any(|it| it[DigestOf::Sha256 as usize]) {
            return;
        }
        for plain in plain_phone_digests(e164) {
            for key in self.keys_with(DigestOf::Sha256) {
                let digest = key.of_sha256(&plain);
                if let Some(key_id) = self.key_of(&digest) {
                    let (now, key_id) = (self.keys.current().of_phone(e164), key_id.to_owned());
                    hits.push(Hit { contact, key_id, digest, now, now_of: DigestOf::Identity });
                }
            }
        }
    }

    fn look_for(
        &self,
        contact: ContactId,
        of: DigestOf,
        digest: impl Fn(&SuppressionKey) -> SuppressionDigest,
        hits: &mut Vec<Hit>,
    ) {
        for key in self.keys_with(of) {
            let found = digest(key);
            if let Some(key_id) = self.key_of(&found) {
                let (now, key_id) = (digest(self.keys.current()), key_id.to_owned());
                hits.push(Hit { contact, key_id, digest: found, now, now_of: of });
            }
        }
    }

    /// The keys under which the list has entries of something.
    fn keys_with(&self, of: DigestOf) -> impl Iterator<Item = &SuppressionKey> {
        self.keys.all().iter().zip(&self.used).filter(move |it| it.1[of as usize]).map(|it| it.0)
    }
}

impl Tx {
    /// Reads the list. None if there are no keys and no entries; an error if the key of an entry is missing, because then
    /// nobody can say who is on the list.
    pub(crate) async fn suppression_list(
        &mut self,
        keys: Option<&Arc<SuppressionKeys>>,
    ) -> Result<Option<SuppressionList>, LoadError> {
        let (list, missing) = self.entries_under(keys).await?;
        match missing.is_empty() {
            true => Ok(list),
            false => Err(LoadError::NoSuppressionKey { ids: missing.into_iter().collect() }),
        }
    }

    /// The entries under the keys that are here, to which somebody can be added whatever keys are missing. None without
    /// keys.
    pub(crate) async fn suppression_list_to_add(
        &mut self,
        keys: Option<&Arc<SuppressionKeys>>,
    ) -> Result<Option<SuppressionList>, LoadError> {
        Ok(self.entries_under(keys).await?.0)
    }

    /// The list of the entries whose keys are here, and the ids of the keys that are not.
    async fn entries_under(
        &mut self,
        keys: Option<&Arc<SuppressionKeys>>,
    ) -> Result<(Option<SuppressionList>, BTreeSet<String>), LoadError> {
        let row = |row: &dyn Row| Ok((row.text(0)?, row.digest(1)?, row.word(2, DigestOf::from_name)?));
        let rows = self.select(ENTRIES, &[], row).await?;
        let places: HashMap<&str, usize> =
            keys.iter().flat_map(|it| it.all()).map(SuppressionKey::id).zip(0..).collect();
        let missing = rows.iter().filter(|it| !places.contains_key(it.0.as_str())).map(|it| it.0.clone()).collect();
        let Some(keys) = keys else { return Ok((None, missing)) };
        let mut used = vec![[false; 3]; keys.all().len()];
        let mut entries = HashMap::with_capacity(rows.len());
        for (key_id, digest, of) in &rows {
            let Some(place) = places.get(key_id.as_str()) else { continue };
            used[*place][*of as usize] = true;
            entries.insert(*digest, *place);
        }
        Ok((Some(SuppressionList { keys: Arc::clone(keys), entries, used }), missing))
    }
}
