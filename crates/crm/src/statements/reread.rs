//! Reads the statements of earlier imports again when the words of the plan, or the rule, have changed.
//!
//! The ledger keeps what was said. How it is understood now is in `consent_reading`.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{Basis, ConsentState, ContactId, MAX_BATCH, Statement};

use crate::sql::{OnConflict, Rows, Table, Tx, Type};
use crate::statements::{CONSENT_RULE, ConsentRules, Said};
use crate::{Crm, LoadError};

/// The key of `ferry_meta` for the digest of the words by which all statements were read.
pub(crate) const CONSENT_WORDS: &str = "consent_words";
const WHAT: &str = "read the statements about consent anew";

const READING: Table = Table {
    name: "consent_reading",
    columns: &[("basis", Type::Text), ("words", Type::Text), ("state", Type::Text), ("read_at", Type::Time)],
    on_conflict: OnConflict::Replace { key: &["basis", "words"] },
};

const DISTINCT: &str = "select distinct basis, words, state from consent_read \
    where basis = 'cell' or basis = 'opt_out' or basis = 'message'";
/// Imported answers, whose state is recorded and not read from their words.
const ANSWERS: &str = "select words, state, count(*) from consent_held where basis = 'record' and words <> '' \
    group by words, state";
/// What people have said to be left alone: it is never read as an unclear answer or as a yes.
const STOPS: &str = "select distinct words from consent where basis = 'message' and state = 'stop'";
const SAYING: &str = "select distinct contact_id from consent where basis = $1 and words = $2";
const ALL_SAYING: &str = "select distinct contact_id from consent";

/// How words are understood now, where that has changed.
type Readings = HashMap<(Basis, String), ConsentState>;

/// How many contacts have statements that were read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Contacts with a statement that means something else now; all, if the rule has changed.
    pub n_contacts: u64,
    /// Those of them whose consent has changed.
    pub n_changed: u64,
    /// Imported answers whose words mean something else now. Their recorded state stays.
    pub n_answers: u64,
}

impl Crm {
    /// Reads all statements of the database by the words of a plan, earlier imports included. Does nothing if that was
    /// done by the same words and rule.
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
        let readings = tx.new_readings(&read).await?;
        let contacts = tx.contacts_saying(&readings, is_same_rule).await?;
        let before = tx.consent_rules().await?;
        let after = ConsentRules { rule, wordings: before.wordings.clone() };
        let n_answers = tx.count_answers(read).await?;
        let mut reread = Reread { n_contacts: contacts.len() as u64, n_changed: 0, n_answers };
        for ids in contacts.chunks(MAX_BATCH) {
            reread.n_changed += tx.count_changed(ids, &readings, [&before, &after]).await?;
        }
        let mut rows = Rows::new(&READING);
        for ((basis, words), state) in &readings {
            rows.push([basis.name().into(), words.into(), state.name().into(), Timestamp::now().into()]);
        }
        tx.write_rows([rows]).await?;
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
    async fn new_readings(
        &mut self,
        read: impl Fn(Basis, &str) -> Option<ConsentState>,
    ) -> Result<Readings, LoadError> {
        let mut readings = Readings::new();
        let known = |it: &dyn crate::sql::Row| {
            Ok((it.word(0, Basis::from_name)?, it.text(1)?, it.word(2, ConsentState::from_name)?))
        };
        let stops: HashSet<String> = self.select(STOPS, &[], |it| it.text(0)).await?.into_iter().collect();
        for (basis, words, state) in self.select(DISTINCT, &[], known).await? {
            let is_own_stop = basis == Basis::Message && stops.contains(&words);
            let now = read(basis, &words).filter(|it| *it != state && (it.is_refusal() || !is_own_stop));
            if let Some(now) = now {
                readings.insert((basis, words), now);
            }
        }
        Ok(readings)
    }

    /// How many imported answers have words that these rules understand in another way than they were recorded.
    async fn count_answers(&mut self, read: impl Fn(Basis, &str) -> Option<ConsentState>) -> Result<u64, LoadError> {
        let recorded = |it: &dyn crate::sql::Row| Ok((it.text(0)?, it.word(1, ConsentState::from_name)?, it.int(2)?));
        let answers = self.select(ANSWERS, &[], recorded).await?;
        let differs = |words: &str, state: ConsentState| {
            read(Basis::Cell, words).is_some_and(|it| it != ConsentState::Unclear && it != state)
        };
        Ok(answers.iter().filter(|it| differs(&it.0, it.1)).map(|it| it.2.unsigned_abs()).sum())
    }

    /// The contacts with statements in these words, sorted; all with statements if the rule is another one.
    async fn contacts_saying(&mut self, readings: &Readings, is_same_rule: bool) -> Result<Vec<ContactId>, LoadError> {
        if !is_same_rule {
            return self.select(ALL_SAYING, &[], |it| it.contact_id(0)).await;
        }
        let mut contacts = Vec::new();
        for (basis, words) in readings.keys() {
            contacts.extend(self.select(SAYING, &[basis.name().into(), words.into()], |it| it.contact_id(0)).await?);
        }
        contacts.sort_unstable();
        contacts.dedup();
        Ok(contacts)
    }

    /// How many of these contacts have another consent by the new readings and rules.
    async fn count_changed(
        &mut self,
        ids: &[ContactId],
        readings: &Readings,
        [before, after]: [&ConsentRules; 2],
    ) -> Result<u64, LoadError> {
        let mut n_changed = 0;
        for Said { mut statements, .. } in self.said_of(ids).await?.into_values() {
            let was = consents(before, &statements);
            for it in &mut statements {
                if let Some(state) = readings.get(&(it.basis, it.words.0.clone())) {
                    it.state = *state;
                }
            }
            n_changed += u64::from(consents(after, &statements) != was);
        }
        Ok(n_changed)
    }
}

/// The consent to messages, with its place, and the consent to WhatsApp.
fn consents(rules: &ConsentRules, statements: &[Statement]) -> (Option<(usize, ConsentState)>, Option<ConsentState>) {
    let messages = consent::for_messages(rules.rule, statements).map(|it| (it, statements[it].state));
    let whatsapp = consent::for_whatsapp(rules.rule, &rules.wordings, statements).map(|it| statements[it].state);
    (messages, whatsapp)
}
