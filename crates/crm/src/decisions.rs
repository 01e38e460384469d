//! Who is who: merges, their undoing, and what was decided never to be merged.
//!
//! A decision stands in the database as long as it holds, with what both contacts were before it, so that it can be
//! taken back. The next cleaning goes by it: rows of somebody who was merged belong to the one who stays.

use std::collections::HashSet;

use jiff::Timestamp;
use model::{Contact, ContactId, IdentityDecision, MAX_BATCH, Statement};
use serde::{Deserialize, Serialize};

use crate::bulk::{Rows, Table, Type};
use crate::contacts::{CONTACT, Changed, IDENTITY, contact_rows, has_new_refusal};
use crate::crm::on;
use crate::edits::{Fingerprint, Kept, Marks, keep_edits};
use crate::held::{ContactRow, Held, IdentityRow, assembled};
use crate::journal::LoadRun;
use crate::queries::id;
use crate::reconcile::{joined, qualified};
use crate::statements::{CONSENT, StatementRow, derive, union};
use crate::writing::{Writes, Writing};
use crate::{Crm, LoadError};

/// A decision and when it was made.
struct Decided {
    decision: IdentityDecision,
    at: Timestamp,
}

/// Why a decision cannot be made or taken back.
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
        ("at", Type::Int),
        ("before", Type::Text),
    ],
    conflict: "on conflict (contact_id, other_id) do update set decision = excluded.decision, at = excluded.at, \
        before = excluded.before",
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

type DecisionRow = (Vec<u8>, Vec<u8>, String, i64);

/// All rows of a contact, as the tables hold them.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    contact: ContactRow,
    identities: Vec<IdentityRow>,
    statements: Vec<StatementRow>,
}

/// What both contacts of a merge were before it. The one who stays may not have been there yet.
#[derive(Clone, Serialize, Deserialize)]
struct Before {
    survivor: Option<Stored>,
    absorbed: Stored,
}

impl Decided {
    fn is_never_of(&self, one: ContactId, other: ContactId) -> bool {
        matches!(self.decision, IdentityDecision::DifferentPeople(..)) && self.decision.is_about(one, other)
    }
}

impl Stored {
    fn held(self) -> Result<Held, LoadError> {
        let held = assembled((vec![self.contact], self.identities, self.statements))?.into_values().next();
        held.ok_or(LoadError::Value { column: "decision.before" })
    }

    fn rows(self) -> [Rows; 3] {
        let [mut contacts, mut identities, mut statements] = [&CONTACT, &IDENTITY, &CONSENT].map(Rows::new);
        contacts.push(self.contact.cells());
        for (kind, scope, value, id) in self.identities {
            identities.push([(&kind).into(), (&scope).into(), (&value).into(), id.as_slice().into()]);
        }
        for said in &self.statements {
            statements.push(said.cells());
        }
        [contacts, identities, statements]
    }
}

impl Before {
    /// What the merge makes of both.
    fn merged(self, run: &LoadRun, survivor: ContactId) -> Result<(Contact, i64, Fingerprint), LoadError> {
        Ok(one_of(run, survivor, self.survivor.map(Stored::held).transpose()?, self.absorbed.held()?))
    }

    /// The statements that both had before it.
    fn statement_ids(&self) -> Result<HashSet<i64>, LoadError> {
        let stored = self.survivor.iter().chain([&self.absorbed]);
        let statements = stored.flat_map(|it| it.statements.iter().cloned());
        statements.map(|it| it.statement().map(|it| it.id())).collect()
    }
}

impl Crm {
    /// All decisions that hold, in the order of the contacts.
    pub async fn decisions(&self) -> Result<Vec<IdentityDecision>, LoadError> {
        let rows: Vec<DecisionRow> = on!(self, pool => {
            sqlx::query_as(SELECT).fetch_all(pool).await.map_err(LoadError::query("read the decisions"))?
        });
        rows.into_iter().map(|it| decided(it).map(|it| it.decision)).collect()
    }

    /// Merges into contacts of an import whom the database knows by their Viber id alone: the row that ties the two
    /// together came later. `links` are users, as the contacts that they would be, and who they are. Tells how many
    /// there were.
    pub async fn absorb_linked(&self, links: &[(ContactId, ContactId)]) -> Result<u64, LoadError> {
        let failed = LoadError::query("merge Viber users with their phones");
        let mut n_absorbed = 0;
        for links in links.chunks(MAX_BATCH) {
            let mut writing = Writing::begin(self).await.map_err(&failed)?;
            let users: Vec<ContactId> = links.iter().map(|it| it.0).collect();
            let there = writing.contents(&users).await?;
            for (user, contact) in links.iter().filter(|it| there.contains_key(&it.0)) {
                writing.absorb(*contact, *user).await?;
                n_absorbed += 1;
            }
            writing.commit().await.map_err(&failed)?;
        }
        Ok(n_absorbed)
    }

    /// Merges contacts without a phone into the one contact with a phone that has the same Viber id: an earlier import tied
    /// the two together, and this one has the Viber id alone. Users of several phones, of a phone that several people use
    /// and of somebody whom they must never be stay contacts of their own. Tells how many there were.
    pub async fn absorb_known(&self) -> Result<u64, LoadError> {
        let failed = LoadError::query("merge Viber users with their phones");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        let pairs: Vec<(Vec<u8>, Vec<u8>)> = match &mut writing {
            Writing::Sqlite(it) => sqlx::query_as(SELECT_KNOWN_USERS).fetch_all(&mut **it).await,
            Writing::Postgres(it) => sqlx::query_as(SELECT_KNOWN_USERS).fetch_all(&mut **it).await,
        }
        .map_err(&failed)?;
        let pairs: Vec<(ContactId, ContactId)> =
            pairs.iter().map(|(user, owner)| Ok((id(user)?, id(owner)?))).collect::<Result<_, LoadError>>()?;
        let decisions = if pairs.is_empty() { Vec::new() } else { writing.decisions().await? };
        let mut n_absorbed = 0;
        for owners in pairs.chunk_by(|one, other| one.0 == other.0) {
            let [(user, owner)] = *owners else { continue };
            let is_shared = |it: &Decided| it.decision == IdentityDecision::SharedPhone(owner);
            if decisions.iter().any(|it| it.is_never_of(user, owner) || is_shared(it)) {
                continue;
            }
            writing.absorb(owner, user).await?;
            n_absorbed += 1;
        }
        writing.commit().await.map_err(&failed)?;
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
        let mut writing = Writing::begin(self).await.map_err(LoadError::query("merge two contacts"))?;
        if writing.decisions().await?.iter().any(|it| it.is_never_of(survivor, absorbed)) {
            return Ok(Err(Undecided::Never(survivor, absorbed)));
        }
        let there = writing.contents(&[survivor, absorbed]).await?;
        if let Some(id) = [survivor, absorbed].into_iter().find(|it| !there.contains_key(it)) {
            return Ok(Err(Undecided::Unknown(id)));
        }
        let merged = writing.absorb(survivor, absorbed).await?;
        writing.commit().await.map_err(LoadError::query("merge two contacts"))?;
        Ok(Ok(merged))
    }

    /// Takes a merge back, whichever of the two is named first: both contacts are what they were before it. With `never`, they are not merged again, by
    /// nobody and no link; that can also be said of contacts that were never merged.
    pub async fn unmerge(
        &self,
        one: ContactId,
        other: ContactId,
        never: bool,
    ) -> Result<Result<(), Undecided>, LoadError> {
        if one == other {
            return Ok(Err(Undecided::Same));
        }
        let failed = LoadError::query("take a merge back");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        let decisions = writing.decisions().await?;
        let mut merges = decisions.iter().filter_map(|it| match it.decision {
            IdentityDecision::SamePerson { survivor, absorbed } => Some((survivor, absorbed, it.at)),
            _ => None,
        });
        let merge = merges.clone().find(|it| [(one, other), (other, one)].contains(&(it.0, it.1)));
        if let Some((survivor, absorbed, at)) = merge {
            // What was archived later holds what was merged before: the last merge is undone first.
            if merges.any(|it| it.1 == survivor || it.0 == survivor && it.2 > at) {
                return Ok(Err(Undecided::MergedOn(survivor)));
            }
            writing.put_back(survivor, absorbed).await?;
        } else if !never && !decisions.iter().any(|it| it.is_never_of(one, other)) {
            return Ok(Err(Undecided::NotMerged(one, other)));
        }
        writing.forget(one, other).await?;
        writing.forget(other, one).await?;
        if never {
            writing.decide(IdentityDecision::DifferentPeople(one, other), None).await?;
        }
        writing.commit().await.map_err(&failed)?;
        Ok(Ok(()))
    }

    /// Says whether several people use the phone of a contact.
    pub async fn share(&self, contact: ContactId, is_shared: bool) -> Result<Result<(), Undecided>, LoadError> {
        let failed = LoadError::query("note a shared phone");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        if !writing.contents(&[contact]).await?.contains_key(&contact) {
            return Ok(Err(Undecided::Unknown(contact)));
        }
        match is_shared {
            true => writing.decide(IdentityDecision::SharedPhone(contact), None).await?,
            false => writing.forget(contact, contact).await?,
        }
        writing.commit().await.map_err(&failed)?;
        Ok(Ok(()))
    }
}

impl Writing {
    async fn absorb(&mut self, survivor: ContactId, absorbed: ContactId) -> Result<Contact, LoadError> {
        let failed = LoadError::query("merge two contacts");
        let stored = self.stored(absorbed).await?.ok_or(LoadError::Value { column: "contact" })?;
        let before = Before { survivor: self.stored(survivor).await?, absorbed: stored };
        let run = self.any_run().await?;
        let (contact, run_number, written) = before.clone().merged(&run, survivor)?;

        self.forget_contacts(&[survivor, absorbed]).await?;
        let marks = Marks { written, content: None };
        self.write_rows(contact_rows(run_number, [(&contact, marks)]).into()).await.map_err(&failed)?;
        let before = serde_json::to_string(&before).map_err(|it| failed(sqlx::Error::Encode(it.into())))?;
        self.decide(IdentityDecision::SamePerson { survivor, absorbed }, Some(before)).await?;
        self.suppress_with(survivor, absorbed).await?;
        Ok(contact)
    }

    /// Suppresses the one who stays if the other is suppressed.
    async fn suppress_with(&mut self, survivor: ContactId, absorbed: ContactId) -> Result<(), LoadError> {
        const SUPPRESS: &str = "insert into suppression (contact_id, at, action, reason) \
            select $1, $2, 'add', 'merged with a suppressed contact' from suppressed where contact_id = $3";
        let (survivor, absorbed) = (survivor.0.to_vec(), absorbed.0.to_vec());
        let at = Timestamp::now().as_microsecond();
        match self {
            Self::Sqlite(it) => {
                sqlx::query(SUPPRESS).bind(survivor).bind(at).bind(absorbed).execute(&mut **it).await.map(|_| ())
            }
            Self::Postgres(it) => {
                sqlx::query(SUPPRESS).bind(survivor).bind(at).bind(absorbed).execute(&mut **it).await.map(|_| ())
            }
        }
        .map_err(LoadError::query("suppress contacts"))
    }

    /// Puts both contacts of a merge back as they were. What the person has said since counts for both.
    async fn put_back(&mut self, survivor: ContactId, absorbed: ContactId) -> Result<(), LoadError> {
        let failed = LoadError::query("take a merge back");
        let [one, other] = [survivor, absorbed].map(|it| it.0.to_vec());
        let found: Option<(Option<String>,)> = match self {
            Self::Sqlite(it) => sqlx::query_as(SELECT_BEFORE).bind(one).bind(other).fetch_optional(&mut **it).await,
            Self::Postgres(it) => sqlx::query_as(SELECT_BEFORE).bind(one).bind(other).fetch_optional(&mut **it).await,
        }
        .map_err(&failed)?;
        let before = found.and_then(|it| it.0).and_then(|it| serde_json::from_str::<Before>(&it).ok());
        let before = before.ok_or(LoadError::Value { column: "decision.before" })?;
        let run = self.any_run().await?;
        let known = before.statement_ids()?;
        let now = self.held(&[survivor]).await?.remove(&survivor).map(|it| it.contact.statements).unwrap_or_default();
        let ids: &[ContactId] = if before.survivor.is_some() { &[survivor, absorbed] } else { &[absorbed] };
        self.forget_contacts(ids).await?;
        for stored in before.survivor.into_iter().chain([before.absorbed]) {
            // What both have said since, and their own statements as their words are read today.
            let held = stored.clone().held()?;
            let own: HashSet<i64> = held.contact.statements.iter().map(Statement::id).collect();
            let is_of_it = |it: &&Statement| !known.contains(&it.id()) || own.contains(&it.id());
            let rows = match with_statements(&run, &held, now.iter().filter(is_of_it).cloned().collect()) {
                Some(Changed { contact, marks }) => contact_rows(held.run_number, [(&contact, marks)]),
                None => stored.rows(),
            };
            self.write_rows(rows.into()).await.map_err(&failed)?;
        }
        Ok(())
    }

    async fn decisions(&mut self) -> Result<Vec<Decided>, LoadError> {
        let rows: Vec<DecisionRow> = match self {
            Self::Sqlite(it) => sqlx::query_as(SELECT).fetch_all(&mut **it).await,
            Self::Postgres(it) => sqlx::query_as(SELECT).fetch_all(&mut **it).await,
        }
        .map_err(LoadError::query("read the decisions"))?;
        rows.into_iter().map(decided).collect()
    }

    async fn decide(&mut self, decision: IdentityDecision, before: Option<String>) -> Result<(), LoadError> {
        let (contact, other) = decision.contacts();
        let mut rows = Rows::new(&DECISION);
        let at = Some(Timestamp::now());
        rows.push([(&contact).into(), (&other).into(), decision.name().into(), at.into(), before.into()]);
        self.write_rows(vec![rows]).await.map_err(LoadError::query("note a decision"))
    }

    async fn forget(&mut self, contact: ContactId, other: ContactId) -> Result<(), LoadError> {
        let (one, other) = (contact.0.to_vec(), other.0.to_vec());
        match self {
            Self::Sqlite(it) => sqlx::query(FORGET).bind(one).bind(other).execute(&mut **it).await.map(|_| ()),
            Self::Postgres(it) => sqlx::query(FORGET).bind(one).bind(other).execute(&mut **it).await.map(|_| ()),
        }
        .map_err(LoadError::query("take a decision back"))
    }

    async fn forget_contacts(&mut self, ids: &[ContactId]) -> Result<(), LoadError> {
        for table in [&CONTACT, &IDENTITY, &CONSENT] {
            let writes = Writes { forgotten: Some((table, ids.to_vec())), ..Writes::default() };
            let failed = LoadError::query("replace a contact");
            self.write(writes.ready(self.dialect()).map_err(&failed)?).await.map_err(&failed)?;
        }
        Ok(())
    }

    async fn stored(&mut self, id: ContactId) -> Result<Option<Stored>, LoadError> {
        let (mut contacts, identities, statements) = self.rows_of(&[id]).await?;
        Ok(contacts.pop().map(|contact| Stored { contact, identities, statements }))
    }
}

/// One contact of two, and the run of the rows that it names. Fields that a person had edited stay known as edited.
fn one_of(run: &LoadRun, id: ContactId, survivor: Option<Held>, absorbed: Held) -> (Contact, i64, Fingerprint) {
    let written = |it: &Held| it.written.unwrap_or_else(|| Fingerprint::of(&it.contact));
    let other_written = written(&absorbed);
    let other = Contact { id, ..absorbed.contact };
    let Some(survivor) = survivor else { return (other, absorbed.run_number, other_written) };
    let run_number = survivor.run_number.max(absorbed.run_number);
    let named = |contact: Contact, number| match run.id_of(number).filter(|_| number != run_number) {
        Some(id) => qualified(contact, id),
        None => contact,
    };
    let written = written(&survivor);
    let survivor = named(survivor.contact, survivor.run_number);
    let other = named(other, absorbed.run_number);
    let edited = [edited_consent(&survivor, written), edited_consent(&other, other_written)];
    let run_id = run.id_of(run_number).unwrap_or_default();
    let mut contact = joined(run.rule, run_id, survivor.clone(), other);
    if let Some(strictest) = edited.into_iter().flatten().max_by_key(|it| it.consent.as_ref().map(|it| it.value))
        && strictest.consent.as_ref().map(|it| it.value) > contact.consent.as_ref().map(|it| it.value)
    {
        take_consent(&mut contact, strictest);
    }
    let fingerprint = written.with_parts_of(other_written, &survivor, &contact);
    (contact, run_number, fingerprint)
}

/// A contact of which somebody has edited the consent by hand; none where nobody has.
fn edited_consent(contact: &Contact, written: Fingerprint) -> Option<Contact> {
    written.is_edited(contact, "consent").then(|| contact.clone())
}

fn take_consent(contact: &mut Contact, from: Contact) {
    contact.consent = from.consent;
    contact.consent_at = from.consent_at;
    contact.consent_channel = from.consent_channel;
}

/// A contact as it was, with these statements; none if that changes nothing.
fn with_statements(run: &LoadRun, held: &Held, now: Vec<Statement>) -> Option<Changed> {
    let before = &held.contact;
    let mut contact = before.clone();
    contact.statements = union(contact.statements, now);
    derive(run.rule, run.id_of(held.run_number).unwrap_or_default(), &mut contact);
    let has_new_refusal = has_new_refusal(before, &contact);
    let Kept { contact, fingerprint, .. } = keep_edits(before, held.written, contact, has_new_refusal);
    (contact != *before).then_some(Changed { contact, marks: Marks { written: fingerprint, content: None } })
}

fn decided((contact, other, name, at): DecisionRow) -> Result<Decided, LoadError> {
    let decision = || {
        let (contact, other) = (ContactId::from_bytes(&contact)?, ContactId::from_bytes(&other)?);
        let decision = IdentityDecision::from_parts(&name, contact, other)?;
        Some(Decided { decision, at: Timestamp::from_microsecond(at).ok()? })
    };
    decision().ok_or(LoadError::Value { column: "decision" })
}
