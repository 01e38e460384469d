//! How much came in, and raw bodies that are kept no longer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Event, EventContent, OtherEvent};

use crate::sql::{Dialect, Row};
use crate::{Crm, LoadError};

const COUNT: &str = "count what webhooks have brought";
const PURGE: &str = "forget raw bodies of webhooks";

const BODIES: &str = "select webhook, count(*), cast(sum(n_events - n_new) as bigint), \
    cast(sum(case is_signed when 0 then 1 else 0 end) as bigint) from webhook_body group by webhook";
const EVENTS: &str = "select webhook, count(*) from event group by webhook";
const DEAD: &str = "select webhook, count(*) from dead_letter join webhook_body \
    on webhook_body.body_id = dead_letter.body_id where state = 'open' group by webhook";

const OTHERS: &str =
    "select number, webhook, fact from event where kind = 'other' and number > $1 order by number limit $2";

/// A page of bodies by their number, so that nobody waits long for the lock of the writer.
const PAGE: &str = "select body_id, received_at, (select count(*) from forward_queue \
    where forward_queue.body_id = webhook_body.body_id and state = 'waiting') + (select count(*) from dead_letter \
    where dead_letter.body_id = webhook_body.body_id and state = 'open'), webhook from webhook_body \
    where body is not null and body_id > $1 order by body_id limit $2";
const PAGE_SIZE: i64 = 500;
const FORGET: &str = "update webhook_body set body = null where body_id = $1";
/// Without it the bytes of a body would stay in the file of SQLite.
const OVERWRITE: &str = "pragma secure_delete = on";

/// What came in by webhooks, in all and by webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxCounts {
    pub total: WebhookCounts,
    pub by_webhook: BTreeMap<String, WebhookCounts>,
}

/// What came in by a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookCounts {
    pub bodies: u64,
    pub unsigned_bodies: u64,
    pub events: u64,
    /// Events that a body brought again.
    pub duplicates: u64,
    /// Parts that could not be read, and about which nothing is decided.
    pub dead: u64,
}

/// Events of a kind that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEvents {
    pub webhook: String,
    /// What they are about, in the platform's word.
    pub field: String,
    /// Their kind, in the platform's word.
    pub kind: String,
    pub n_events: u64,
    /// The number of the first one.
    pub first: i64,
    /// What the first one looks like: [`model::OtherEvent::shape`].
    pub shape: Option<String>,
}

/// The moments before which raw bodies were received that are kept no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeBefore {
    pub by_webhook: BTreeMap<String, Timestamp>,
    /// That of all other webhooks.
    pub others: Timestamp,
}

/// What became of raw bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurgedBodies {
    pub n_purged: u64,
    /// Bodies that are old enough, and are kept because they hold an open dead letter or wait to be handed on.
    pub n_kept: u64,
}

impl Crm {
    /// Whether a body of this SHA-256 has come by a webhook.
    pub async fn has_body(&self, digest: &[u8; 32]) -> Result<bool, LoadError> {
        let select = "select body_id from webhook_body where digest = $1 limit 1";
        let found = self.select("look for a body", select, &[digest.as_slice().into()], |it| it.int(0)).await?;
        Ok(!found.is_empty())
    }

    /// Counts what came in by webhooks.
    pub async fn inbox_counts(&self) -> Result<InboxCounts, LoadError> {
        let mut reader = self.reader(COUNT).await?;
        let mut by_webhook: BTreeMap<String, WebhookCounts> = BTreeMap::new();
        let of_bodies = |it: &dyn Row| Ok((it.text(0)?, it.count(1)?, it.count(2)?, it.count(3)?));
        for (webhook, bodies, duplicates, unsigned_bodies) in reader.select(BODIES, &[], of_bodies).await? {
            let counts = WebhookCounts { bodies, duplicates, unsigned_bodies, ..WebhookCounts::default() };
            by_webhook.insert(webhook, counts);
        }
        let of_rows = |it: &dyn Row| Ok((it.text(0)?, it.count(1)?));
        for (webhook, n) in reader.select(EVENTS, &[], of_rows).await? {
            by_webhook.entry(webhook).or_default().events = n;
        }
        for (webhook, n) in reader.select(DEAD, &[], of_rows).await? {
            by_webhook.entry(webhook).or_default().dead = n;
        }
        let mut total = WebhookCounts::default();
        by_webhook.values().for_each(|it| total.add(it));
        Ok(InboxCounts { total, by_webhook })
    }

    /// The kinds of events that are not known, in the order in which they came first.
    pub async fn unknown_events(&self) -> Result<Vec<UnknownEvents>, LoadError> {
        let mut reader = self.reader(COUNT).await?;
        let mut found: Vec<UnknownEvents> = Vec::new();
        let mut after = 0;
        loop {
            let other =
                |it: &dyn Row| Ok((it.int(0)?, it.text(1)?, it.word(2, |it| serde_json::from_str::<Event>(it).ok())?));
            let page = reader.select(OTHERS, &[after.into(), PAGE_SIZE.into()], other).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.0;
            for (number, webhook, event) in page {
                if let EventContent::Other(other) = event.content
                    && !other.is_known
                {
                    count_unknown(&mut found, number, webhook, other);
                }
            }
        }
    }

    /// Forgets raw bodies that have been kept for long enough. What they brought stays, and so does the body of an open dead
    /// letter, because nothing else has what it holds, and one that waits to be handed on.
    pub async fn purge_bodies(&self, before: &PurgeBefore) -> Result<PurgedBodies, LoadError> {
        let mut purged = PurgedBodies::default();
        let mut after = 0;
        loop {
            let row = |it: &dyn Row| Ok((it.int(0)?, it.time(1)?, it.count(2)?, it.text(3)?));
            let mut tx = self.begin(PURGE).await?;
            if matches!(self.dialect(), Dialect::Sqlite) {
                tx.execute_script(OVERWRITE.to_owned()).await?;
            }
            let page = tx.select(PAGE, &[after.into(), PAGE_SIZE.into()], row).await?;
            // Bodies have their numbers in the order in which they came, so all further ones are younger.
            let is_young = page.iter().all(|it| it.1 >= before.latest());
            let Some(last) = page.last().filter(|_| !is_young) else { return Ok(purged) };
            after = last.0;
            for (body_id, _, n_open, _) in page.iter().filter(|it| it.1 < before.of(&it.3)) {
                if *n_open > 0 {
                    purged.n_kept += 1;
                    continue;
                }
                tx.execute(FORGET, &[(*body_id).into()]).await?;
                purged.n_purged += 1;
            }
            tx.commit().await?;
        }
    }
}

fn count_unknown(found: &mut Vec<UnknownEvents>, number: i64, webhook: String, other: OtherEvent) {
    let OtherEvent { field, kind, shape, .. } = other;
    match found.iter_mut().find(|it| it.webhook == webhook && it.field == field && it.kind == kind) {
        Some(known) => known.n_events += 1,
        None => found.push(UnknownEvents { webhook, field, kind, n_events: 1, first: number, shape }),
    }
}

impl PurgeBefore {
    /// One moment for all webhooks.
    pub fn all(moment: Timestamp) -> Self {
        Self { by_webhook: BTreeMap::new(), others: moment }
    }

    fn of(&self, webhook: &str) -> Timestamp {
        *self.by_webhook.get(webhook).unwrap_or(&self.others)
    }

    fn latest(&self) -> Timestamp {
        self.by_webhook.values().copied().fold(self.others, Timestamp::max)
    }
}

impl WebhookCounts {
    fn add(&mut self, other: &Self) {
        self.bodies += other.bodies;
        self.unsigned_bodies += other.unsigned_bodies;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.dead += other.dead;
    }
}
