//! Joins what events change with what is known, and writes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::ContactId;
use sync::{Changes, Said, Subject};

use crate::LoadError;
use crate::derived::Derived;
use crate::derived::tables::{
    ACCOUNT_STATE, CONVERSATION, DELIVERY, NUMBER_STATE, kept, plain, plain_said, push_conversation, push_delivery,
    push_said, read_conversation, read_delivery, read_said,
};
use crate::evidence::evidence_rows;
use crate::outbox::MessageId;
use crate::sql::{Rows, Tx, Wanted};

const SENT: &str = "select message_id, state from outbox";
/// A status proves that a message was accepted, also one that failed later.
const SETTLE: &str = "update outbox set state = 'accepted', settled_at = $1 where message_id = $2";

impl Tx {
    /// Joins deliveries, conversations and words with those that are known, and writes those that change, with the evidence.
    pub(super) async fn join_derived(&mut self, changes: &Changes) -> Result<(), LoadError> {
        let mut rows = vec![self.deliveries(changes).await?, self.conversations(changes).await?];
        rows.extend(self.words(changes).await?);
        rows.push(evidence_rows(&changes.evidence));
        rows.retain(|it| !it.is_empty());
        self.write_rows(rows).await
    }

    async fn deliveries(&mut self, changes: &Changes) -> Result<Rows, LoadError> {
        let wanted = Wanted::Bytes(changes.deliveries.keys().map(|it| it.to_vec()).collect());
        let known = self.select_by(&DELIVERY.select(), "message_key", wanted, read_delivery).await?;
        let known: BTreeMap<_, _> = known.into_iter().collect();
        let mut rows = Rows::new(&DELIVERY);
        for (key, said) in &changes.deliveries {
            let before = known.get(key);
            let joined = kept(said.clone()).join(before.cloned().unwrap_or_default());
            if before != Some(&joined) {
                push_delivery(&mut rows, key, &joined);
            }
        }
        Ok(rows)
    }

    async fn conversations(&mut self, changes: &Changes) -> Result<Rows, LoadError> {
        let contacts: BTreeSet<ContactId> = changes.conversations.keys().map(|it| it.0).collect();
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let mut known = BTreeMap::new();
        if !contacts.is_empty() {
            known.extend(self.select_of(&CONVERSATION.select(), &contacts, read_conversation).await?);
        }
        let mut rows = Rows::new(&CONVERSATION);
        for ((contact, channel, sender), opened) in &changes.conversations {
            let name = (*contact, *channel, plain(sender));
            let joined = known.get(&name).map_or(*opened, |it| it.join(*opened));
            if known.get(&name) != Some(&joined) {
                push_conversation(&mut rows, &name, &joined);
            }
        }
        Ok(rows)
    }

    async fn words(&mut self, changes: &Changes) -> Result<[Rows; 2], LoadError> {
        let said: Vec<(Subject, Said)> = changes.said.iter().map(|it| plain_said(it.0, it.1)).collect();
        let accounts: BTreeSet<String> = said.iter().map(|it| it.0.account.clone()).collect();
        let wanted = Wanted::Texts(accounts.into_iter().collect());
        let numbers = self.select_by(&NUMBER_STATE.select(), "account", wanted.clone(), |it| read_said(it, 3)).await?;
        let accounts = self.select_by(&ACCOUNT_STATE.select(), "account", wanted, |it| read_said(it, 2)).await?;
        let known: BTreeMap<Subject, Said> = numbers.into_iter().chain(accounts).collect();
        let mut rows = [Rows::new(&NUMBER_STATE), Rows::new(&ACCOUNT_STATE)];
        for (subject, said) in said {
            let before = known.get(&subject);
            let joined = before.cloned().map_or_else(|| said.clone(), |it| it.join(said.clone()));
            if before != Some(&joined) {
                // Texts are always JSON.
                let rest = serde_json::to_string(&joined.word.rest).unwrap_or_default();
                push_said(&mut rows[usize::from(subject.sender.is_empty())], &subject, &joined, &rest);
            }
        }
        Ok(rows)
    }

    /// Settles messages of which a status came with our id: they were accepted, whatever else is said.
    pub(super) async fn settle_by_status(&mut self, told: BTreeMap<String, Timestamp>) -> Result<Derived, LoadError> {
        let ids = told.keys().filter(|it| MessageId::from_hex(it).is_some()).cloned().collect();
        let sent = self.select_by(SENT, "message_id", Wanted::Texts(ids), |it| Ok((it.text(0)?, it.text(1)?))).await?;
        let mut derived = Derived::default();
        for (id, state) in sent {
            match (state.as_str(), told.get(&id)) {
                ("accepted", _) | (_, None) => {}
                ("intent" | "unknown", Some(at)) => {
                    derived.n_settled += 1;
                    self.execute(SETTLE, &[(*at).into(), id.into()]).await?;
                }
                _ => derived.n_contradictions += 1,
            }
        }
        Ok(derived)
    }
}
