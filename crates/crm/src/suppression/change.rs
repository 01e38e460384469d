//! Changes of the suppression list.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use model::{ContactId, MAX_BATCH, SuppressionDigest, plain_phone_digests};

use crate::sql::{Cell, Row, Rows, Tx};
use crate::suppression::digest_of::DigestOf;
use crate::suppression::list::SuppressionList;
use crate::suppression::person::{MOST_LISTED, Person, placeholders};
use crate::suppression::{HELD, LINK, SUPPRESSED, SUPPRESSION, SuppressAction, Suppressee};
use crate::{Crm, LoadError};

const CHANGE: &str = "suppress contacts";
const LAST: &str = "select max(at) from suppression";
const HELD_ONLY: &str =
    "select contact_id from suppressing group by contact_id having min(reason) = $1 and max(reason) = $1";
const OF_CONTACT: &str = "select contact_id, key_id, digest, digest_of from suppressing";
const OF_DIGESTS: &str = "select contact_id, digest, reason from suppressing where digest in";
const UNLINK: &str = "delete from suppression_contact where contact_id = $1 and key_id = $2 and digest = $3";
const LISTED_SHA256: &str = "select digest from suppression as last where digest_of = 'sha256' and action = 'add' \
    and not exists (select 1 from suppression as later where later.key_id = last.key_id \
    and later.digest = last.digest and later.at > last.at)";
const HOLDING: &str = "select contact_id from suppressing where reason = $1 and at < $2 limit 1";
const RELEASE: &str = "insert into suppression (key_id, digest, at, action, digest_of, reason) \
    select key_id, digest, $1, 'remove', digest_of, $2 from suppression as last where action = 'add' and reason = $3 \
    and at < $4 and not exists (select 1 from suppression as later where later.key_id = last.key_id \
    and later.digest = last.digest and later.at > last.at)";

/// One change of the list.
struct Change<'a> {
    action: SuppressAction,
    reason: &'a str,
    at: Timestamp,
}

impl Crm {
    /// Suppresses contacts, or takes that back: see [`Crm::suppress_people`].
    pub async fn suppress(
        &self,
        contacts: &[ContactId],
        action: SuppressAction,
        reason: &str,
        at: Timestamp,
    ) -> Result<HashSet<ContactId>, LoadError> {
        let people: Vec<Suppressee> = contacts.iter().copied().map(Suppressee::from).collect();
        self.suppress_people(&people, action, reason, at).await
    }

    /// Suppresses people, or takes that back. Gives those for whom it changed something; the others are left alone.
    /// They need not be in the database yet. A change counts after all changes before it, even if the clock was set
    /// back. Messages that wait for somebody who is suppressed are cancelled.
    pub async fn suppress_people(
        &self,
        people: &[Suppressee],
        action: SuppressAction,
        reason: &str,
        at: Timestamp,
    ) -> Result<HashSet<ContactId>, LoadError> {
        let mut tx = self.begin(CHANGE).await?;
        let list = self.list_to_change(&mut tx, action).await?;
        let change = Change { action, reason, at: tx.next_moment(at).await? };
        let people = tx.people(people).await?;
        let changed = tx.change_people(&list, &people, &change).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Suppresses the people of whose numbers others have made these plain SHA-256 digests, or takes that back. Gives
    /// how many people or digests that changed.
    ///
    /// People of the database are suppressed by number. The other digests are kept under our key until their number is
    /// seen.
    pub async fn suppress_digests(
        &self,
        plain: &HashSet<[u8; 32]>,
        action: SuppressAction,
        reason: &str,
        at: Timestamp,
    ) -> Result<u64, LoadError> {
        let mut tx = self.begin(CHANGE).await?;
        let list = self.list_to_change(&mut tx, action).await?;
        let change = Change { action, reason, at: tx.next_moment(at).await? };
        let (known, unknown) = tx.whose_digests(plain).await?;
        let n_people = tx.change_people(&list, &known, &change).await?.len() as u64;
        let n_digests = tx.change_digests(&list, unknown, &change).await?;
        tx.commit().await?;
        Ok(n_people + n_digests)
    }

    /// Whether somebody is held ([`HELD`]) since before a moment.
    pub async fn is_holding(&self, before: Timestamp) -> Result<bool, LoadError> {
        let held = self.select("read who is held", HOLDING, &[HELD.into(), before.into()], |_| Ok(())).await?;
        Ok(!held.is_empty())
    }

    /// Takes back what was held ([`HELD`]) before a moment, and nothing that was suppressed for another reason. Gives
    /// how many contacts are no longer suppressed.
    pub async fn release_held(&self, before: Timestamp, reason: &str, at: Timestamp) -> Result<u64, LoadError> {
        let mut tx = self.begin(CHANGE).await?;
        let n_before = tx.suppressed().await?.len();
        let at = tx.next_moment(at).await?;
        tx.execute(RELEASE, &[at.into(), reason.into(), HELD.into(), before.into()]).await?;
        let n_released = n_before - tx.suppressed().await?.len();
        if n_released > 0 {
            tx.raise_decision_number().await?;
        }
        tx.commit().await?;
        Ok(n_released as u64)
    }

    /// The list for a change. Nobody is taken off while a key is missing: an entry under it would stay.
    pub(crate) async fn list_to_change(
        &self,
        tx: &mut Tx,
        action: SuppressAction,
    ) -> Result<SuppressionList, LoadError> {
        let list = match action {
            SuppressAction::Add => tx.suppression_list_to_add(self.2.as_ref()).await?,
            SuppressAction::Remove => tx.suppression_list(self.2.as_ref()).await?,
        };
        list.ok_or(LoadError::NoSuppressionKeys)
    }
}

impl Tx {
    pub(crate) async fn suppressed(&mut self) -> Result<HashSet<ContactId>, LoadError> {
        Ok(self.select(SUPPRESSED, &[], |it| it.contact_id(0)).await?.into_iter().collect())
    }

    /// The moment of a change, after all changes before it.
    async fn next_moment(&mut self, at: Timestamp) -> Result<Timestamp, LoadError> {
        let last = self.select(LAST, &[], |it| it.opt_time(0)).await?.pop().flatten();
        let after = last.and_then(|it| Timestamp::from_microsecond(it.as_microsecond() + 1).ok());
        Ok(after.map_or(at, |it| at.max(it)))
    }

    async fn change_people(
        &mut self,
        list: &SuppressionList,
        people: &[Person],
        change: &Change<'_>,
    ) -> Result<HashSet<ContactId>, LoadError> {
        let hits = people.iter().flat_map(|it| list.hits(it)).collect();
        let n_moved = self.settle(list, hits, change.at).await?;
        let suppressed = self.suppressed().await?;
        let is_news = |it: &&Person| suppressed.contains(&it.id) == (change.action == SuppressAction::Remove);
        let changed: Vec<&Person> = people.iter().filter(is_news).collect();
        let n_written = match change.action {
            SuppressAction::Add => self.add(list, people, &suppressed, change).await?,
            SuppressAction::Remove => self.remove(list, &changed, change).await?,
        };
        if n_written + n_moved > 0 {
            self.raise_decision_number().await?;
        }
        let changed: HashSet<ContactId> = changed.into_iter().map(|it| it.id).collect();
        if change.action == SuppressAction::Add {
            self.cancel_what_waits(&changed.iter().copied().collect::<Vec<_>>(), change.at).await?;
        }
        Ok(changed)
    }

    /// Adds those who are not suppressed, or only held: whoever asks to be left alone is not released by a run.
    async fn add(
        &mut self,
        list: &SuppressionList,
        people: &[Person],
        suppressed: &HashSet<ContactId>,
        change: &Change<'_>,
    ) -> Result<u64, LoadError> {
        let held: HashSet<ContactId> = match change.reason {
            HELD => HashSet::new(),
            _ => self.select(HELD_ONLY, &[HELD.into()], |it| it.contact_id(0)).await?.into_iter().collect(),
        };
        let key = list.keys.current();
        let (mut rows, mut links) = (Rows::new(&SUPPRESSION), Rows::new(&LINK));
        for person in people.iter().filter(|it| !suppressed.contains(&it.id) || held.contains(&it.id)) {
            for (digest, of) in person.entries(key) {
                push(&mut rows, key.id(), &digest, of, change);
                links.push([(&person.id).into(), key.id().into(), digest.as_slice().into(), change.at.into()]);
            }
        }
        let n_written = rows.n_rows() as u64;
        self.write_rows([rows, links]).await?;
        Ok(n_written)
    }

    /// Takes back the entries of people. An entry of a number that is no longer theirs stays and is no longer about them:
    /// whoever has that number has not asked for anything.
    async fn remove(
        &mut self,
        list: &SuppressionList,
        people: &[&Person],
        change: &Change<'_>,
    ) -> Result<u64, LoadError> {
        let ids: Vec<ContactId> = people.iter().map(|it| it.id).collect();
        let own: HashMap<ContactId, HashSet<SuppressionDigest>> =
            people.iter().filter(|it| it.is_held).map(|it| (it.id, it.digests(list.keys.current()))).collect();
        let (mut rows, mut links) = (Rows::new(&SUPPRESSION), Rows::new(&LINK));
        let (mut taken_back, mut not_theirs, mut n_written) = (Vec::new(), Vec::new(), 0);
        let key = list.keys.current();
        let entry =
            |it: &dyn Row| Ok((it.contact_id(0)?, it.text(1)?, it.digest(2)?, it.word(3, DigestOf::from_name)?));
        for ids in ids.chunks(MAX_BATCH) {
            for (id, key_id, digest, of) in self.select_of(OF_CONTACT, ids, entry).await? {
                n_written += 1;
                match own.get(&id).is_some_and(|it| !it.contains(&digest)) {
                    // The database lets the link go because the contact itself was taken off.
                    true => {
                        push(&mut rows, key.id(), &key.of_contact(id), DigestOf::Contact, change);
                        let own = key.of_contact(id);
                        links.push([(&id).into(), key.id().into(), own.as_slice().into(), change.at.into()]);
                        not_theirs.push((id, key_id, digest));
                    }
                    false => {
                        push(&mut rows, &key_id, &digest, of, change);
                        taken_back.push(digest);
                    }
                }
            }
        }
        self.keep_others(list, &ids.into_iter().collect(), &taken_back, change.at).await?;
        self.write_rows([rows, links]).await?;
        for (id, key_id, digest) in not_theirs {
            self.execute(UNLINK, &[(&id).into(), key_id.into(), digest.as_slice().into()]).await?;
        }
        Ok(n_written)
    }

    /// Gives entries of their own to contacts that are suppressed by an entry which is taken back, only because they were
    /// once merged with the person of that entry: nobody has said that they may be written to again.
    async fn keep_others(
        &mut self,
        list: &SuppressionList,
        ids: &HashSet<ContactId>,
        taken_back: &[SuppressionDigest],
        at: Timestamp,
    ) -> Result<(), LoadError> {
        let linked = |it: &dyn Row| Ok((it.contact_id(0)?, (it.digest(1)?, it.text(2)?)));
        let mut others: BTreeMap<ContactId, Vec<(SuppressionDigest, String)>> = BTreeMap::new();
        for digests in taken_back.chunks(MOST_LISTED) {
            let of_digests = format!("{OF_DIGESTS} ({})", placeholders(1, digests.len()));
            let parameters: Vec<Cell> = digests.iter().map(|it| it.as_slice().into()).collect();
            for (id, entry) in self.select(&of_digests, &parameters, linked).await? {
                if !ids.contains(&id) {
                    others.entry(id).or_default().push(entry);
                }
            }
        }
        let key = list.keys.current();
        let (mut rows, mut links) = (Rows::new(&SUPPRESSION), Rows::new(&LINK));
        let people: Vec<Suppressee> = others.keys().map(|it| (*it).into()).collect();
        for person in self.people(&people).await?.iter().filter(|it| it.is_held) {
            let own = person.digests(key);
            let of_another = others.get(&person.id).into_iter().flatten().find(|it| !own.contains(&it.0));
            let Some((_, reason)) = of_another else { continue };
            for (digest, of) in person.entries(key) {
                push(&mut rows, key.id(), &digest, of, &Change { action: SuppressAction::Add, reason, at });
                links.push([(&person.id).into(), key.id().into(), digest.as_slice().into(), at.into()]);
            }
        }
        self.write_rows([rows, links]).await
    }

    /// The contacts of the database with a number of which others have made one of these digests, and the digests of
    /// which there is no number.
    async fn whose_digests(
        &mut self,
        plain: &HashSet<[u8; 32]>,
    ) -> Result<(Vec<Person>, HashSet<[u8; 32]>), LoadError> {
        let (mut known, mut unknown) = (Vec::new(), plain.clone());
        let mut last = None;
        loop {
            let people = self.next_people(last).await?;
            let Some(person) = people.last() else { return Ok((known, unknown)) };
            last = Some(person.id);
            for mut person in people {
                let found =
                    person.phones.iter().position(|it| plain_phone_digests(it).iter().any(|it| plain.contains(it)));
                let Some(place) = found else { continue };
                for digest in person.phones.iter().flat_map(|it| plain_phone_digests(it)) {
                    unknown.remove(&digest);
                }
                // The entry is made of the number that is on the list.
                person.phones.swap(0, place);
                known.push(person);
            }
        }
    }

    async fn change_digests(
        &mut self,
        list: &SuppressionList,
        plain: HashSet<[u8; 32]>,
        change: &Change<'_>,
    ) -> Result<u64, LoadError> {
        let listed: HashSet<SuppressionDigest> =
            self.select(LISTED_SHA256, &[], |it| it.digest(0)).await?.into_iter().collect();
        let current = list.keys.current();
        let mut rows = Rows::new(&SUPPRESSION);
        for plain in plain {
            let digests = list.keys.all().iter().map(|key| (key.id(), key.of_sha256(&plain)));
            let on_list: Vec<(&str, SuppressionDigest)> = digests.filter(|it| listed.contains(&it.1)).collect();
            match change.action {
                SuppressAction::Add if on_list.is_empty() => {
                    push(&mut rows, current.id(), &current.of_sha256(&plain), DigestOf::Sha256, change);
                }
                SuppressAction::Add => {}
                SuppressAction::Remove => {
                    on_list.iter().for_each(|it| push(&mut rows, it.0, &it.1, DigestOf::Sha256, change));
                }
            }
        }
        let n_rows = rows.n_rows() as u64;
        if n_rows > 0 {
            self.write_rows([rows]).await?;
            self.raise_decision_number().await?;
        }
        Ok(n_rows)
    }
}

fn push(rows: &mut Rows, key_id: &str, digest: &SuppressionDigest, of: DigestOf, change: &Change<'_>) {
    let (action, digest) = (change.action.name(), digest.as_slice());
    rows.push([key_id.into(), digest.into(), change.at.into(), action.into(), of.name().into(), change.reason.into()]);
}
