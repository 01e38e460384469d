//! Commits bodies to the CRM database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crm::{HandOn, Inbox, LoadError, ReceivedBody, StoredBody};
use plan::Plan;
use tokio::sync::Notify;

use crate::ForwardWake;
use crate::store::{CheckedBody, CommittedBody, Store, StoreError};
use crate::wire::Wire;

/// The [`Store`] that reads the events of bodies and puts them into the database of a plan.
pub struct CrmStore {
    inbox: Inbox,
    wires: HashMap<String, Wire>,
    stored: Arc<Notify>,
    /// The webhooks whose bodies another program gets too.
    handed_on: HashSet<String>,
    wake: ForwardWake,
}

impl CrmStore {
    /// `stored` is told after each commit that brought something new.
    pub fn new(inbox: Inbox, plan: &Plan, stored: Arc<Notify>) -> Self {
        let wires = plan.webhooks.iter().map(|it| (it.name().to_owned(), Wire::of(it))).collect();
        let handed_on = plan.webhooks.iter().filter(|it| it.forward().is_some()).map(|it| it.name().to_owned());
        Self { inbox, wires, stored, handed_on: handed_on.collect(), wake: ForwardWake::default() }
    }

    /// Is woken after each commit of a body that another program gets too.
    pub fn wake(&self) -> ForwardWake {
        self.wake.clone()
    }

    fn received(&self, body: &CheckedBody) -> ReceivedBody {
        let content_type = body.headers.iter().find(|it| it.0 == "content-type").map(|it| it.1.as_str());
        let read = self.wires.get(&*body.webhook).map(|it| it.read(content_type, body.query.as_deref(), &body.body));
        ReceivedBody {
            webhook: body.webhook.to_string(),
            is_signed: body.is_signed,
            received_at: body.received_at,
            raw: body.body.clone(),
            read: read.unwrap_or_default(),
            hand_on: self.handed_on.contains(&*body.webhook).then(|| hand_on(body)),
        }
    }
}

impl Store for CrmStore {
    async fn commit(&mut self, group: &[CheckedBody]) -> Result<Vec<CommittedBody>, StoreError> {
        let bodies = group.iter().map(|it| self.received(it)).collect();
        let stored = self.inbox.store(bodies).await.map_err(store_error)?;
        if stored.iter().any(|it| it.n_new > 0) {
            self.stored.notify_one();
        }
        // A body without anything new is handed on too: the answer to its first coming can have been lost.
        if group.iter().any(|it| self.handed_on.contains(&*it.webhook)) {
            self.wake.wake();
        }
        Ok(stored.iter().map(committed).collect())
    }

    async fn probe(&mut self) -> Result<(), StoreError> {
        self.inbox.probe().await.map_err(store_error)
    }
}

fn hand_on(body: &CheckedBody) -> HandOn {
    let headers = body.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    HandOn { headers, query: body.query.clone() }
}

fn committed(stored: &StoredBody) -> CommittedBody {
    CommittedBody {
        n_new: stored.n_new,
        n_duplicates: stored.n_events - stored.n_new,
        n_broken: stored.n_broken,
        answer_after: stored.leaving_for,
    }
}

/// An error of a statement can be that of one body. All others are of the database.
fn store_error(error: LoadError) -> StoreError {
    let is_passing = !matches!(error, LoadError::Query { .. } | LoadError::Value { .. });
    StoreError { is_passing, source: error.into() }
}
