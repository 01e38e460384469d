//! How much came in, and raw bodies that are kept no longer.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::sql::{Dialect, Row};
use crate::{Crm, LoadError};

const COUNT: &str = "count what webhooks have brought";
const PURGE: &str = "forget raw bodies of webhooks";

const BODIES: &str = "select webhook, count(*), cast(sum(n_events - n_new) as bigint), \
    cast(sum(case is_signed when 0 then 1 else 0 end) as bigint) from webhook_body group by webhook";
const EVENTS: &str = "select webhook, count(*) from event group by webhook";
const DEAD: &str = "select webhook, count(*) from dead_letter join webhook_body \
    on webhook_body.body_id = dead_letter.body_id where state = 'open' group by webhook";

/// A page of bodies by their number, so that nobody waits long for the lock of the writer.
const PAGE: &str = "select body_id, received_at, (select count(*) from dead_letter \
    where dead_letter.body_id = webhook_body.body_id and state = 'open') from webhook_body \
    where body is not null and body_id > $1 order by body_id limit $2";
const PAGE_SIZE: i64 = 500;
const FORGET: &str = "update webhook_body set body = null where body_id = $1";
/// Without it the bytes of a body would stay in the file of SQLite.
const OVERWRITE: &str = "pragma secure_delete = on";

/// What came in by webhooks, in all and by path.
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

/// What became of raw bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurgedBodies {
    pub n_purged: u64,
    /// Bodies that are old enough, and are kept because they hold an open dead letter.
    pub n_kept: u64,
}

impl Crm {
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

    /// Forgets the raw bodies that were received before a moment. What they brought stays, and so does the body of an open
    /// dead letter, because nothing else has what it holds.
    pub async fn purge_bodies(&self, before: Timestamp) -> Result<PurgedBodies, LoadError> {
        let mut purged = PurgedBodies::default();
        let mut after = 0;
        loop {
            let row = |it: &dyn Row| Ok((it.int(0)?, it.time(1)?, it.count(2)?));
            let mut tx = self.begin(PURGE).await?;
            if matches!(self.dialect(), Dialect::Sqlite) {
                tx.execute_script(OVERWRITE.to_owned()).await?;
            }
            let page = tx.select(PAGE, &[after.into(), PAGE_SIZE.into()], row).await?;
            let Some(last) = page.last() else { return Ok(purged) };
            after = last.0;
            for (body_id, _, n_open) in page.iter().filter(|it| it.1 < before) {
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

impl WebhookCounts {
    fn add(&mut self, other: &Self) {
        self.bodies += other.bodies;
        self.unsigned_bodies += other.unsigned_bodies;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.dead += other.dead;
    }
}
