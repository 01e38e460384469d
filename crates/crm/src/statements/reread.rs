//! Reads the statements of earlier imports again when the words of the plan, or the rule, have changed.

use model::{Basis, ConsentState, ContactId, MAX_BATCH};

use crate::contact::{ContactHashes, Kept, StoredContact, contact_rows, keep_edits};
use crate::load_run::CONSENT_RULE;
use crate::sql::Tx;
use crate::statements::derive;
use crate::{Crm, LoadError};

/// The key of `ferry_meta` for the digest of the words by which all statements were read.
pub(crate) const CONSENT_WORDS: &str = "consent_words";
const WHAT: &str = "read the statements about consent anew";

const DISTINCT: &str = "select distinct basis, words, state from consent \
    where basis = 'cell' or basis = 'opt_out' or basis = 'message'";
const SET_STATE: &str = "update consent set state = $1 where basis = $2 and words = $3 and state <> $1";
const SAYING: &str = "select distinct contact_id from consent where basis = $1 and words = $2";
const ALL_SAYING: &str = "select distinct contact_id from consent";

/// How many contacts have statements that were read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Contacts with a statement that means something else now; all, if the rule has changed.
    pub n_contacts: u64,
    /// Those of them whose consent has changed.
    pub n_changed: u64,
}

impl Crm {
    /// Reads all statements of the database by the words of a plan, earlier imports included, and derives the consent
    /// of their contacts again. Does nothing if that was done by the same words and rule.
    pub async fn read_statements_anew(
        &self,
        words: &str,
        rule: consent::Rule,
        read: impl Fn(Basis, &str) -> Option<ConsentState>,
    ) -> Result<Reread, LoadError> {
        let mut tx = self.begin(WHAT).await?;
        let is_same_rule = tx.meta(CONSENT_RULE).await?.as_deref() == Some(rule.name());
        if is_same_rule && tx.meta(CONSENT_WORDS).await?.as_deref() == Some(words) {
            return Ok(Reread::default());
        }
        let mut contacts = Vec::new();
        let all = tx.select(DISTINCT, &[], |it| Ok((it.text(0)?, it.text(1)?, it.text(2)?))).await?;
        for (basis, words, state) in all {
            let now = Basis::from_name(&basis).and_then(|it| read(it, &words)).map(ConsentState::name);
            let Some(now) = now.filter(|it| *it != state) else { continue };
            let said = [(&basis).into(), (&words).into()];
            contacts.extend(tx.select(SAYING, &said, |it| it.contact_id(0)).await?);
            tx.execute(SET_STATE, &[now.into(), (&basis).into(), (&words).into()]).await?;
        }
        if !is_same_rule {
            contacts = tx.select(ALL_SAYING, &[], |it| it.contact_id(0)).await?;
        }
        contacts.sort_unstable();
        contacts.dedup();
        let mut reread = Reread { n_contacts: contacts.len() as u64, n_changed: 0 };
        for ids in contacts.chunks(MAX_BATCH) {
            reread.n_changed += tx.derive_again(rule, ids, false).await?;
        }
        tx.set_meta(CONSENT_RULE, rule.name()).await?;
        tx.set_meta(CONSENT_WORDS, words).await?;
        tx.commit().await?;
        Ok(reread)
    }

    /// Whether all statements of the database were read by these words and this rule.
    pub async fn is_read_by(&self, words: &str, rule: consent::Rule) -> Result<bool, LoadError> {
        let mut reader = self.reader(WHAT).await?;
        Ok(reader.meta(CONSENT_RULE).await?.as_deref() == Some(rule.name())
            && reader.meta(CONSENT_WORDS).await?.as_deref() == Some(words))
    }
}

impl Tx {
    /// Derives the consent of some contacts again, and writes those whose consent has changed. An edited consent stays,
    /// unless `does_refusal_win` and the derived consent is a refusal.
    pub(crate) async fn derive_again(
        &mut self,
        rule: consent::Rule,
        ids: &[ContactId],
        does_refusal_win: bool,
    ) -> Result<u64, LoadError> {
        let mut n_changed = 0;
        let run = self.any_run().await?;
        for StoredContact { contact: held, written, run_number } in self.stored(ids).await?.into_values() {
            let mut now = held.clone();
            derive(rule, run.id_of(run_number).unwrap_or_default(), &mut now);
            let is_refusal = now.consent.as_ref().is_some_and(|it| it.value.is_refusal());
            let Kept { contact, written, .. } = keep_edits(&held, written, now, does_refusal_win && is_refusal);
            if contact == held {
                continue;
            }
            n_changed += 1;
            let [contacts, ..] = contact_rows(run_number, [(&contact, ContactHashes { written, import: None })]);
            self.write_rows([contacts]).await?;
        }
        Ok(n_changed)
    }
}
