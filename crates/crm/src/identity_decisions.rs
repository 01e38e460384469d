//! Identity decisions: merges, their undoing, and people who must never be merged.
//!
//! A decision is in the database as long as it holds. A merge is kept with what both contacts were before it, so that
//! it can be taken back. The next cleaning follows it: rows of somebody who was merged belong to the one who stays.

mod archive;
mod named;
mod parting;

use std::collections::HashSet;

use jiff::Timestamp;
use model::{Contact, ContactId, IdentityDecision, MAX_BATCH, Statement};

use crate::contact::{
    CONTACT, ContactHashes, IDENTITY, StoredContact, WrittenChecksum, contact_rows, joined, qualified,
};
use crate::identity_decisions::archive::{ArchivedContact, Before, unreadable};
use crate::identity_decisions::parting::Parting;
use crate::load_run::LoadRun;
use crate::sql::{OnConflict, Row, Rows, Table, Tx, Type};
use crate::statements::{CONSENT, RETRACTION, name_speaker, push_retractions, speaker};
use crate::{Crm, LoadError};

/// A decision and when it was made.
struct Decided {
    decision: IdentityDecision,
    at: Timestamp,
}

/// The reason why a decision cannot be made or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    #[error("both are the same contact already")]
    Same,
    #[error("the CRM database holds no contact {0}")]
    Unknown(ContactId),
    #[error("{0} and {1} must never be merged: take that back first, with `ferry unmerge`")]
    Never(ContactId, ContactId),
    #[error("{0} and {1} were not merged")]
    NotMerged(ContactId, ContactId),
    #[error("{0} was merged with others since: undo that first")]
    MergedOn(ContactId),
}

const DECISION: Table = Table {
    name: "decision",
    columns: &[
        ("contact_id", Type::Bytes),
        ("other_id", Type::Bytes),
        ("decision", Type::Text),
        ("at", Type::Time),
        ("before", Type::Text),
    ],
    on_conflict: OnConflict::Replace { key: &["contact_id", "other_id"] },
};

const SELECT: &str = "select contact_id, other_id, decision, at from decision order by contact_id, other_id";
const SELECT_BEFORE: &str =
    "select before from decision where contact_id = $1 and other_id = $2 and decision = 'merge'";
const SELECT_KNOWN_USERS: &str = "select distinct one.contact_id, owner.contact_id from contact one \
    join identity on identity.contact_id = one.contact_id and identity.kind = 'viber' \
    join identity same on same.kind = identity.kind and same.scope = identity.scope and same.value = identity.value \
    join contact owner on owner.contact_id = same.contact_id and owner.e164 is not null \
    where one.e164 is null order by 1, 2";
const FORGET: &str = "delete from decision where contact_id = $1 and other_id = $2";

const MERGE: &str = "merge two contacts";
const MERGE_USERS: &str = "merge Viber users with their phones";

/// The key of `ferry_meta` for the number that each decision about people raises, in its transaction.
pub(crate) const DECISION_NUMBER: &str = "decision_number";

impl Crm {
    /// A number that each decision raises: a merge, its undoing, a shared phone, a suppression. While it stays the
    /// same, decisions that were read before are still complete.
    pub async fn decision_number(&self) -> Result<i64, LoadError> {
        self.reader("read the number of decisions").await?.decision_number().await
    }

    /// All decisions that hold, in the order of the contacts.
    pub async fn decisions(&self) -> Result<Vec<IdentityDecision>, LoadError> {
        let decisions = self.reader("read the decisions").await?.decisions().await?;
        Ok(decisions.into_iter().map(|it| it.decision).collect())
    }

    /// Merges people whom the database knows by their Viber id alone into the contacts to which an import ties them, as
    /// pairs of Viber user and contact. Gives how many the database held.
    pub async fn absorb_linked(&self, links: &[(ContactId, ContactId)]) -> Result<u64, LoadError> {
        let mut n_absorbed = 0;
        for links in links.chunks(MAX_BATCH) {
            let mut tx = self.begin(MERGE_USERS).await?;
            let users: Vec<ContactId> = links.iter().map(|it| it.0).collect();
            let there = tx.import_hashes(&users).await?;
            for (user, contact) in links.iter().filter(|it| there.contains_key(&it.0)) {
                tx.absorb(*contact, *user).await?;
                n_absorbed += 1;
            }
            tx.commit().await?;
        }
        Ok(n_absorbed)
    }

    /// The contacts into which [`Crm::absorb_linked`] would merge somebody.
    pub async fn linked_contacts(&self, links: &[(ContactId, ContactId)]) -> Result<HashSet<ContactId>, LoadError> {
        let mut contacts = HashSet::new();
        for links in links.chunks(MAX_BATCH) {
            let users: Vec<ContactId> = links.iter().map(|it| it.0).collect();
            let there = self.import_hashes(&users).await?;
            contacts.extend(links.iter().filter(|it| there.contains_key(&it.0)).map(|it| it.1));
        }
        Ok(contacts)
    }

    /// Merges contacts without a phone into the one contact with a phone that has the same Viber id: an earlier import
    /// tied the two together, and this one has the Viber id alone. Users of several phones, users of a shared phone,
    /// and users who must never be merged with its owner stay contacts of their own. Gives how many were merged.
    pub async fn absorb_known(&self) -> Result<u64, LoadError> {
        let mut tx = self.begin(MERGE_USERS).await?;
        let pairs = tx.select(SELECT_KNOWN_USERS, &[], |it| Ok((it.contact_id(0)?, it.contact_id(1)?))).await?;
        let decisions = if pairs.is_empty() { Vec::new() } else { tx.decisions().await? };
        let mut n_absorbed = 0;
        for owners in pairs.chunk_by(|one, other| one.0 == other.0) {
            let [(user, owner)] = *owners else { continue };
            let is_shared = |it: &Decided| it.decision == IdentityDecision::SharedPhone(owner);
            if decisions.iter().any(|it| it.is_never_of(user, owner) || is_shared(it)) {
                continue;
            }
            tx.absorb(owner, user).await?;
            n_absorbed += 1;
        }
        tx.commit().await?;
        Ok(n_absorbed)
    }

    /// Merges `absorbed` into `survivor`: what the survivor does not know is taken from the other, the statements of
    /// both count, and the other's phone becomes an identity.
    pub async fn merge(
        &self,
        survivor: ContactId,
        absorbed: ContactId,
    ) -> Result<Result<Contact, Undecided>, LoadError> {
        if survivor == absorbed {
            return Ok(Err(Undecided::Same));
        }
        let mut tx = self.begin(MERGE).await?;
        if tx.decisions().await?.iter().any(|it| it.is_never_of(survivor, absorbed)) {
            return Ok(Err(Undecided::Never(survivor, absorbed)));
        }
        let there = tx.import_hashes(&[survivor, absorbed]).await?;
        if let Some(id) = [survivor, absorbed].into_iter().find(|it| !there.contains_key(it)) {
            return Ok(Err(Undecided::Unknown(id)));
        }
        let merged = tx.absorb(survivor, absorbed).await?;
        tx.commit().await?;
        Ok(Ok(merged))
    }

    /// Takes a merge back, whichever of the two is named first: both contacts are what they were before it. Both are
    /// looked for in the suppression list, so an error if the key of an entry is missing. With `never`, neither a person nor
    /// a link can merge them again; contacts need not have been merged for that.
    pub async fn unmerge(
        &self,
        one: ContactId,
        other: ContactId,
        never: bool,
    ) -> Result<Result<(), Undecided>, LoadError> {
        if one == other {
            return Ok(Err(Undecided::Same));
        }
        let mut tx = self.begin("take a merge back").await?;
        let decisions = tx.decisions().await?;
        let mut merges = decisions.iter().filter_map(|it| match it.decision {
            IdentityDecision::SamePerson { survivor, absorbed } => Some((survivor, absorbed, it.at)),
            _ => None,
        });
        let merge = merges.clone().find(|it| [(one, other), (other, one)].contains(&(it.0, it.1)));
        if let Some((survivor, absorbed, at)) = merge {
            // The archive of a later merge holds the result of this one, so the last merge is undone first.
            if merges.any(|it| it.1 == survivor || it.0 == survivor && it.2 > at) {
                return Ok(Err(Undecided::MergedOn(survivor)));
            }
            tx.put_back(survivor, absorbed).await?;
            // A number that came on the suppression list since the merge holds back its own contact.
            if let Some(list) = tx.suppression_list(self.2.as_ref()).await?.filter(|it| !it.is_empty()) {
                tx.see(&list, &[survivor, absorbed]).await?;
            }
        } else if !never && !decisions.iter().any(|it| it.is_never_of(one, other)) {
            return Ok(Err(Undecided::NotMerged(one, other)));
        }
        tx.forget_decision(one, other).await?;
        tx.forget_decision(other, one).await?;
        if never {
            tx.decide(IdentityDecision::DifferentPeople(one, other), None).await?;
        }
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Says whether several people use the phone of a contact.
    pub async fn share(&self, contact: ContactId, is_shared: bool) -> Result<Result<(), Undecided>, LoadError> {
        let mut tx = self.begin("note a shared phone").await?;
        if !tx.import_hashes(&[contact]).await?.contains_key(&contact) {
            return Ok(Err(Undecided::Unknown(contact)));
        }
        match is_shared {
            true => tx.decide(IdentityDecision::SharedPhone(contact), None).await?,
            false => tx.forget_decision(contact, contact).await?,
        }
        tx.commit().await?;
        Ok(Ok(()))
    }
}

impl Decided {
    fn is_never_of(&self, one: ContactId, other: ContactId) -> bool {
        matches!(self.decision, IdentityDecision::DifferentPeople(..)) && self.decision.is_about(one, other)
    }
}

impl Tx {
    async fn absorb(&mut self, survivor: ContactId, absorbed: ContactId) -> Result<Contact, LoadError> {
        self.lock_contacts(&[survivor, absorbed]).await?;
        let of_absorbed = ArchivedContact::of(self, absorbed).await?;
        let of_absorbed = of_absorbed.ok_or_else(|| LoadError::Value { column: "contact".to_owned() })?;
        let before = Before { survivor: ArchivedContact::of(self, survivor).await?, absorbed: of_absorbed };
        let run = self.any_run().await?;
        let mut stored = self.stored_by(&run, &[survivor, absorbed]).await?;
        let (of_survivor, of_absorbed) = (stored.remove(&survivor), stored.remove(&absorbed));
        let of_absorbed = of_absorbed.ok_or_else(|| LoadError::Value { column: "contact".to_owned() })?;
        let (contact, run_number, written) = one_of(&run, survivor, of_survivor, of_absorbed);

        self.copy_statements(absorbed, survivor, &before.absorbed.statements, before.absorbed.names().first()).await?;
        self.forget_contacts(&[survivor, absorbed]).await?;
        self.write_rows(contact_rows(run_number, [(&contact, ContactHashes { written, import: None })])).await?;
        self.decide(IdentityDecision::SamePerson { survivor, absorbed }, Some(before.text())).await?;
        self.hold(survivor, &contact.statements, "merged with another contact").await?;
        self.take_over_suppression(survivor, absorbed).await?;
        self.take_keys_of_merge(survivor, absorbed, Timestamp::now()).await?;
        Ok(contact)
    }

    /// Puts both contacts of a merge back as they were, each with the statements that it keeps.
    async fn put_back(&mut self, survivor: ContactId, absorbed: ContactId) -> Result<(), LoadError> {
        self.lock_contacts(&[survivor, absorbed]).await?;
        let found = self.select(SELECT_BEFORE, &[(&survivor).into(), (&absorbed).into()], |it| it.text(0)).await?;
        let before = Before::read(found.first().ok_or_else(unreadable)?)?;
        let ids: &[ContactId] = if before.survivor.is_some() { &[survivor, absorbed] } else { &[absorbed] };
        self.forget_contacts(ids).await?;
        for archived in before.survivor.iter().chain([&before.absorbed]) {
            self.write_rows(archived.rows()).await?;
        }

        let now = self.said(survivor).await?.statements;
        let parting = Parting::of(&before);
        let kept: Vec<Statement> = now.iter().filter(|it| parting.keepers(it).survivor).cloned().collect();
        let since: Vec<Statement> = now.into_iter().filter(|it| parting.keepers(it).absorbed).collect();
        self.hold(survivor, &kept, "the merge was undone").await?;
        let ids: Vec<i64> = since.iter().map(Statement::id).collect();
        self.copy_statements(survivor, absorbed, &ids, None).await?;
        let of_absorbed = [self.said(absorbed).await?.statements, since].concat();
        self.hold(absorbed, &of_absorbed, "the merge was undone").await
    }

    /// Copies statements of one contact to another, with the state in which they were recorded and not as their words are
    /// read now. Those that name nobody name `speaker`.
    async fn copy_statements(
        &mut self,
        from: ContactId,
        to: ContactId,
        ids: &[i64],
        speaker: Option<&String>,
    ) -> Result<(), LoadError> {
        let value = |name: &'static str| match name {
            "contact_id" => "$1",
            "identity" => "coalesce(identity, $2)",
            name => name,
        };
        let values: Vec<&str> = CONSENT.columns.iter().map(|it| value(it.0)).collect();
        let (names, values) = (CONSENT.names(), values.join(", "));
        let copy = format!(
            "insert into consent ({names}) select {values} from consent where contact_id = $3 and statement_id = $4 \
             on conflict do nothing"
        );
        for id in ids {
            self.execute(&copy, &[(&to).into(), speaker.into(), (&from).into(), (*id).into()]).await?;
        }
        Ok(())
    }

    /// Makes `now` the held statements of a contact.
    async fn hold(&mut self, contact: ContactId, now: &[Statement], reason: &str) -> Result<(), LoadError> {
        let said = self.said(contact).await?;
        let mut rows = Rows::new(&RETRACTION);
        push_retractions(&mut rows, contact, &said.statements, now, &said.retractions, reason);
        self.write_rows([rows]).await
    }

    async fn decisions(&mut self) -> Result<Vec<Decided>, LoadError> {
        let decided = |row: &dyn Row| {
            let (contact, other) = (row.contact_id(0)?, row.contact_id(1)?);
            let decision = row.word(2, |name| IdentityDecision::from_parts(name, contact, other))?;
            Ok(Decided { decision, at: row.time(3)? })
        };
        self.select(SELECT, &[], decided).await
    }

    async fn decide(&mut self, decision: IdentityDecision, before: Option<String>) -> Result<(), LoadError> {
        let (contact, other) = decision.contacts();
        let mut rows = Rows::new(&DECISION);
        rows.push([(&contact).into(), (&other).into(), decision.name().into(), Timestamp::now().into(), before.into()]);
        self.write_rows([rows]).await?;
        self.raise_decision_number().await
    }

    async fn forget_decision(&mut self, contact: ContactId, other: ContactId) -> Result<(), LoadError> {
        self.execute(FORGET, &[(&contact).into(), (&other).into()]).await?;
        self.raise_decision_number().await
    }

    pub(crate) async fn decision_number(&mut self) -> Result<i64, LoadError> {
        self.number(DECISION_NUMBER).await
    }

    /// Raises the number of decisions. Every transaction with a decision does so.
    pub(crate) async fn raise_decision_number(&mut self) -> Result<(), LoadError> {
        self.raise_number(DECISION_NUMBER).await
    }

    async fn forget_contacts(&mut self, ids: &[ContactId]) -> Result<(), LoadError> {
        for table in [&CONTACT, &IDENTITY] {
            self.forget(table, ids).await?;
        }
        Ok(())
    }
}

/// One contact of two, and the run of the rows that it names. Fields that a person had edited stay known as edited.
fn one_of(
    run: &LoadRun,
    id: ContactId,
    survivor: Option<StoredContact>,
    absorbed: StoredContact,
) -> (Contact, i64, WrittenChecksum) {
    let written = |it: &StoredContact| it.written.unwrap_or_else(|| WrittenChecksum::of(&it.contact));
    let other_written = written(&absorbed);
    let mut other = Contact { id, ..absorbed.contact };
    let name = speaker(&other);
    name_speaker(&mut other.statements, name.as_deref());
    let Some(survivor) = survivor else { return (other, absorbed.run_number, other_written) };
    let run_number = survivor.run_number.max(absorbed.run_number);
    let named = |contact: Contact, number| match run.id_of(number).filter(|_| number != run_number) {
        Some(id) => qualified(contact, id),
        None => contact,
    };
    let written = written(&survivor);
    let survivor = named(survivor.contact, survivor.run_number);
    let other = named(other, absorbed.run_number);
    let run_id = run.id_of(run_number).unwrap_or_default();
    let contact = joined(&run.consent, run_id, survivor.clone(), other);
    let written = written.with_parts_of(other_written, &survivor, &contact);
    (contact, run_number, written)
}
