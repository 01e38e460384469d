//! What the database knows of the people whom the suppression list may be about.

use std::collections::{HashMap, HashSet};

use model::{ContactId, IdentityKind, MAX_BATCH, SuppressionDigest, SuppressionKey};

use crate::LoadError;
use crate::identity_history::contacts_with_number;
use crate::sql::{Cell, Row, Tx};
use crate::suppression::Suppressee;
use crate::suppression::digest_of::DigestOf;

const PHONES: &str = "select contact_id, e164 from contact";
/// Identities by what imports wrote, and numbers by what happened since.
const IDENTITIES: &str = "select contact_id, kind, scope, value from ( \
      select contact_id, kind, scope, value from identity union all \
      select contact_id, 'phone' as kind, '' as scope, e164 as value from identity_gained) as named";
const PAGE: &str = "select contact_id, e164 from contact where contact_id > $1 order by contact_id limit $2";
/// How many contacts are read at once.
const PAGE_SIZE: i64 = 4000;
/// How many values a statement lists.
pub(crate) const MOST_LISTED: usize = 400;

/// A person, by all names that the list can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: ContactId,
    /// Numbers in E.164 form, that of the contact before others.
    pub(crate) phones: Vec<String>,
    pub(crate) identities: Vec<(IdentityKind, String, String)>,
    /// Whether the database holds the contact.
    pub(crate) is_held: bool,
}

/// Whether an identity can be on the list. A user name can pass to somebody else, and an external id is not unique beyond
/// its source.
pub(crate) fn is_listed(kind: IdentityKind) -> bool {
    match kind {
        IdentityKind::Phone | IdentityKind::Viber | IdentityKind::WaId | IdentityKind::Bsuid => true,
        IdentityKind::Username | IdentityKind::External => false,
    }
}

impl Person {
    fn new(id: ContactId) -> Self {
        Self { id, phones: Vec::new(), identities: Vec::new(), is_held: false }
    }

    /// The entries that keep the person out: of the phone, else of the other identities, else of the contact.
    pub(crate) fn entries(&self, key: &SuppressionKey) -> Vec<(SuppressionDigest, DigestOf)> {
        let identity = |it: &(IdentityKind, String, String)| (key.of_identity(it.0, &it.1, &it.2), DigestOf::Identity);
        match (self.phones.first(), self.identities.is_empty()) {
            (Some(phone), _) => vec![(key.of_phone(phone), DigestOf::Identity)],
            (None, false) => self.identities.iter().map(identity).collect(),
            (None, true) => vec![(key.of_contact(self.id), DigestOf::Contact)],
        }
    }

    /// The digests of all names of the person.
    pub(crate) fn digests(&self, key: &SuppressionKey) -> HashSet<SuppressionDigest> {
        let phones = self.phones.iter().map(|it| key.of_phone(it));
        let identities = self.identities.iter().map(|(kind, scope, value)| key.of_identity(*kind, scope, value));
        phones.chain(identities).chain([key.of_contact(self.id)]).collect()
    }

    fn add_identity(&mut self, (kind, scope, value): (IdentityKind, String, String)) {
        match kind {
            IdentityKind::Phone => self.add_phone(value),
            kind if is_listed(kind) => self.identities.push((kind, scope, value)),
            _ => {}
        }
    }

    fn add_phone(&mut self, phone: String) {
        if !self.phones.contains(&phone) {
            self.phones.push(phone);
        }
    }
}

impl Tx {
    /// The people with what the database knows of them, and after them the other contacts that have one of their phones.
    pub(crate) async fn people(&mut self, people: &[Suppressee]) -> Result<Vec<Person>, LoadError> {
        let mut all: Vec<Suppressee> = people.to_vec();
        let named: HashSet<ContactId> = people.iter().map(|it| it.contact).collect();
        let phones: Vec<String> = people.iter().filter_map(|it| it.phone).map(|it| it.to_string()).collect();
        for phones in phones.chunks(MOST_LISTED) {
            let owners = self.owners(phones).await?;
            all.extend(owners.into_iter().filter(|it| !named.contains(it)).map(Suppressee::from));
        }
        let mut places: HashMap<ContactId, usize> = HashMap::new();
        let mut found: Vec<Person> = Vec::new();
        for Suppressee { contact, phone } in all {
            let place = *places.entry(contact).or_insert_with(|| {
                found.push(Person::new(contact));
                found.len() - 1
            });
            phone.iter().for_each(|it| found[place].add_phone(it.to_string()));
        }
        let ids: Vec<ContactId> = found.iter().map(|it| it.id).collect();
        for ids in ids.chunks(MAX_BATCH) {
            for (id, phone) in self.select_of(PHONES, ids, phone_of).await? {
                let Some(person) = places.get(&id).map(|it| &mut found[*it]) else { continue };
                person.is_held = true;
                // A number that was given comes first, because the entry is made of it.
                phone.into_iter().for_each(|it| person.add_phone(it));
            }
            for (id, identity) in self.select_of(IDENTITIES, ids, identity_of).await? {
                places.get(&id).into_iter().for_each(|it| found[*it].add_identity(identity.clone()));
            }
        }
        Ok(found)
    }

    /// The next contacts of the database in the order of their ids, after the one with this id.
    pub(crate) async fn next_people(&mut self, after: Option<ContactId>) -> Result<Vec<Person>, LoadError> {
        let after = after.map_or_else(Vec::new, |it| it.0.to_vec());
        let rows = self.select(PAGE, &[after.as_slice().into(), PAGE_SIZE.into()], phone_of).await?;
        let person = |(id, phone): (ContactId, Option<String>)| Person {
            phones: phone.into_iter().collect(),
            is_held: true,
            ..Person::new(id)
        };
        let mut people: Vec<Person> = rows.into_iter().map(person).collect();
        let (Some(first), Some(last)) = (people.first(), people.last()) else { return Ok(people) };
        let (first, last) = (first.id, last.id);
        let between = format!("{IDENTITIES} where contact_id >= $1 and contact_id <= $2");
        let identities = self.select(&between, &[(&first).into(), (&last).into()], identity_of).await?;
        for (id, identity) in identities {
            if let Ok(place) = people.binary_search_by_key(&id, |it| it.id) {
                people[place].add_identity(identity);
            }
        }
        Ok(people)
    }

    /// The contacts that have one of these phones, by what imports wrote or by what happened since.
    async fn owners(&mut self, phones: &[String]) -> Result<Vec<ContactId>, LoadError> {
        let list = placeholders(1, phones.len());
        let digits: Vec<String> = (1..=phones.len()).map(|n| format!("substr(${n}, 2)")).collect();
        let owners = format!(
            "select contact_id from contact where e164 in ({list}) \
             union select contact_id from identity where kind = 'phone' and value in ({list}) union {}",
            contacts_with_number(&list, &digits.join(", "))
        );
        let parameters: Vec<Cell> = phones.iter().map(Cell::from).collect();
        self.select(&owners, &parameters, |it| it.contact_id(0)).await
    }
}

/// `$3, $4, $5` for three values from number 3 on.
pub(crate) fn placeholders(first: usize, n: usize) -> String {
    (first..first + n).map(|it| format!("${it}")).collect::<Vec<_>>().join(", ")
}

fn phone_of(row: &dyn Row) -> Result<(ContactId, Option<String>), LoadError> {
    Ok((row.contact_id(0)?, row.opt_text(1)?))
}

fn identity_of(row: &dyn Row) -> Result<(ContactId, (IdentityKind, String, String)), LoadError> {
    Ok((row.contact_id(0)?, (row.word(1, IdentityKind::from_name)?, row.text(2)?, row.text(3)?)))
}
