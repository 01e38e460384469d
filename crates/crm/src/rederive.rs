//! Statements read anew, when their words mean something else now.

use model::{Basis, ConsentState, ContactId, MAX_BATCH};

use crate::contacts::contact_rows;
use crate::edits::{Kept, Marks, keep_edits};
use crate::held::Held;
use crate::journal::CONSENT_RULE;
use crate::queries::id;
use crate::statements::derive;
use crate::writing::Writing;
use crate::{Crm, LoadError};

/// The key of `ferry_meta` under which the digest of the words stands by which all statements were read.
const CONSENT_WORDS: &str = "consent_words";
const WHAT: &str = "read the statements about consent anew";

const DISTINCT: &str = "select distinct basis, words, state from consent \
    where basis = 'cell' or basis = 'opt_out' or basis = 'message'";
const SET_STATE: &str = "update consent set state = $1 where basis = $2 and words = $3 and state <> $1";
const SAYING: &str = "select distinct contact_id from consent where basis = $1 and words = $2";
const ALL_SAYING: &str = "select distinct contact_id from consent";

impl Crm {
    /// Reads all statements of the database by the words of a plan, earlier imports included, and derives anew what
    /// counts of the contacts that made them. Does nothing if that was done by the same words and rule. Gives how many
    /// contacts have another consent now.
    pub async fn read_statements_anew(
        &self,
        words: &str,
        rule: consent::Rule,
        read: impl Fn(Basis, &str) -> Option<ConsentState>,
    ) -> Result<u64, LoadError> {
        let failed = LoadError::query(WHAT);
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        let is_same_rule = writing.meta(CONSENT_RULE).await?.as_deref() == Some(rule.name());
        if is_same_rule && writing.meta(CONSENT_WORDS).await?.as_deref() == Some(words) {
            return Ok(0);
        }
        let mut contacts = Vec::new();
        for (basis, words, state) in writing.pairs(DISTINCT).await? {
            let now = Basis::from_name(&basis).and_then(|it| read(it, &words)).map(ConsentState::name);
            let Some(now) = now.filter(|it| *it != state) else { continue };
            contacts.extend(writing.saying(SAYING, &[&basis, &words]).await?);
            writing.set_state(now, &basis, &words).await?;
        }
        if !is_same_rule {
            contacts = writing.saying(ALL_SAYING, &[]).await?;
        }
        contacts.sort_unstable();
        contacts.dedup();
        let mut n_changed = 0;
        for ids in contacts.chunks(MAX_BATCH) {
            n_changed += writing.derive_anew(rule, ids).await?;
        }
        writing.set_meta(CONSENT_RULE, rule.name()).await?;
        writing.set_meta(CONSENT_WORDS, words).await?;
        writing.commit().await.map_err(&failed)?;
        Ok(n_changed)
    }

    /// Whether all statements of the database were read by these words and this rule.
    pub async fn is_read_by(&self, words: &str, rule: consent::Rule) -> Result<bool, LoadError> {
        let mut writing = Writing::begin(self).await.map_err(LoadError::query(WHAT))?;
        Ok(writing.meta(CONSENT_RULE).await?.as_deref() == Some(rule.name())
            && writing.meta(CONSENT_WORDS).await?.as_deref() == Some(words))
    }
}

impl Writing {
    /// Basis, words and state of statements.
    async fn pairs(&mut self, statement: &'static str) -> Result<Vec<(String, String, String)>, LoadError> {
        match self {
            Self::Sqlite(it) => sqlx::query_as(statement).fetch_all(&mut **it).await,
            Self::Postgres(it) => sqlx::query_as(statement).fetch_all(&mut **it).await,
        }
        .map_err(LoadError::query(WHAT))
    }

    async fn saying(&mut self, statement: &'static str, texts: &[&str]) -> Result<Vec<ContactId>, LoadError> {
        let rows: Vec<(Vec<u8>,)> = match self {
            Self::Sqlite(it) => {
                texts.iter().fold(sqlx::query_as(statement), |query, it| query.bind(*it)).fetch_all(&mut **it).await
            }
            Self::Postgres(it) => {
                texts.iter().fold(sqlx::query_as(statement), |query, it| query.bind(*it)).fetch_all(&mut **it).await
            }
        }
        .map_err(LoadError::query(WHAT))?;
        rows.iter().map(|it| id(&it.0)).collect()
    }

    async fn set_state(&mut self, state: &str, basis: &str, words: &str) -> Result<(), LoadError> {
        match self {
            Self::Sqlite(it) => {
                sqlx::query(SET_STATE).bind(state).bind(basis).bind(words).execute(&mut **it).await.map(|_| ())
            }
            Self::Postgres(it) => {
                sqlx::query(SET_STATE).bind(state).bind(basis).bind(words).execute(&mut **it).await.map(|_| ())
            }
        }
        .map_err(LoadError::query(WHAT))
    }

    /// Derives what counts of some contacts, and writes those of whom something else counts now. What a person has
    /// edited stays.
    async fn derive_anew(&mut self, rule: consent::Rule, ids: &[ContactId]) -> Result<u64, LoadError> {
        let mut n_changed = 0;
        let run = self.any_run().await?;
        for Held { contact: held, written, run_number } in self.held(ids).await?.into_values() {
            let mut now = held.clone();
            derive(rule, run.id_of(run_number).unwrap_or_default(), &mut now);
            let Kept { contact, fingerprint, .. } = keep_edits(&held, written, now, false);
            if contact == held {
                continue;
            }
            n_changed += 1;
            let marks = Marks { written: fingerprint, content: None };
            let [contacts, ..] = contact_rows(run_number, [(&contact, marks)]);
            self.write_rows(vec![contacts]).await.map_err(LoadError::query(WHAT))?;
        }
        Ok(n_changed)
    }
}
