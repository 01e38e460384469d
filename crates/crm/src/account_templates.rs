//! Templates that were submitted: the journal of submissions and edits, and what WhatsApp says of them.
//!
//! An order is claimed before it is sent: the row of its template becomes `SENDING`, for all processes that use the
//! database. A claim can be lost to another process, and then nothing is sent. If the answer never comes, the row stays
//! `SENDING` until a listing shows what became of the order.

mod orders;
mod samples;

use jiff::Timestamp;

pub use crate::account_templates::orders::{ClaimResult, OrderKind, OrderLimit, OrderOutcome, TemplateOrder};
pub use crate::account_templates::samples::{SampleClaim, SampleRow};

use crate::sql::{Cell, OnConflict, Row, Table, Tx, Type};
use crate::{Crm, LoadError};

/// A template as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTemplate {
    pub account: String,
    pub name: String,
    pub language: String,
    /// WhatsApp's id; none until it is there.
    pub template_id: Option<String>,
    /// The digest of the submitted template.
    pub digest: String,
    /// The category that WhatsApp gave it, which may differ from the one asked for.
    pub category: String,
    /// WhatsApp's word, or one of ours: `SENDING`, `REFUSED`, `NOT_SENT`, `GONE`.
    pub status: String,
    pub reason: Option<String>,
    pub scenario: String,
    pub changed_at: i64,
    /// The order whose answer is awaited; none unless the status is `SENDING`.
    pub claim: Option<OrderClaim>,
}

/// An order whose answer is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderClaim {
    /// A random word of the process that gave the order.
    pub holder: String,
    pub claimed_at: Timestamp,
    /// Until then WhatsApp may still be carrying the order out, so a listing without the template proves nothing.
    pub unknown_until: Timestamp,
}

const TEMPLATE: Table = Table {
    name: "account_template",
    columns: &[
        ("account", Type::Text),
        ("name", Type::Text),
        ("language", Type::Text),
        ("template_id", Type::Text),
        ("digest", Type::Text),
        ("category", Type::Text),
        ("status", Type::Text),
        ("reason", Type::Text),
        ("scenario", Type::Text),
        ("changed_at", Type::Int),
        ("holder", Type::Text),
        ("claimed_at", Type::Time),
        ("unknown_until", Type::Time),
    ],
    on_conflict: OnConflict::Ignore,
};

const INSERT: &str = "insert into account_template (account, name, language, template_id, digest, category, status, reason, \
    scenario, changed_at, holder, claimed_at, unknown_until) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing returning name";

// SQLite counts parameters in the order of the text, so the key comes last.
const UPDATE: &str = "update account_template set template_id = $1, digest = $2, category = $3, status = $4, reason = $5, \
    scenario = $6, changed_at = $7, holder = $8, claimed_at = $9, unknown_until = $10 \
    where account = $11 and name = $12 and language = $13 \
    and digest = $14 and status = $15 and changed_at = $16 and holder = $17 returning name";

impl AccountTemplate {
    /// The cells of a row of [`TEMPLATE`].
    fn cells(&self) -> Vec<Cell<'_>> {
        let claim = self.claim.as_ref();
        let at = |it: Option<Timestamp>| it.map_or(0, Timestamp::as_microsecond);
        vec![
            (&self.account).into(),
            (&self.name).into(),
            (&self.language).into(),
            self.template_id.as_ref().into(),
            (&self.digest).into(),
            (&self.category).into(),
            (&self.status).into(),
            self.reason.as_ref().into(),
            (&self.scenario).into(),
            self.changed_at.into(),
            claim.map_or("", |it| &it.holder).into(),
            at(claim.map(|it| it.claimed_at)).into(),
            at(claim.map(|it| it.unknown_until)).into(),
        ]
    }

    /// Reads a row of [`TEMPLATE`].
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let claim = OrderClaim { holder: row.text(10)?, claimed_at: row.time(11)?, unknown_until: row.time(12)? };
        Ok(Self {
            account: row.text(0)?,
            name: row.text(1)?,
            language: row.text(2)?,
            template_id: row.opt_text(3)?,
            digest: row.text(4)?,
            category: row.text(5)?,
            status: row.text(6)?,
            reason: row.opt_text(7)?,
            scenario: row.text(8)?,
            changed_at: row.int(9)?,
            claim: Some(claim).filter(|it| !it.holder.is_empty()),
        })
    }
}

impl Crm {
    /// All templates of an account, by name and language.
    pub async fn account_templates(&self, account: &str) -> Result<Vec<AccountTemplate>, LoadError> {
        let select = TEMPLATE.select() + " where account = $1 order by name, language";
        self.select("read the templates", &select, &[account.into()], AccountTemplate::read).await
    }

    /// Notes what WhatsApp says of a template now. False, and nothing is written, if another process has changed the
    /// row since `before` was read.
    pub async fn change_account_template(
        &self,
        before: &AccountTemplate,
        now: &AccountTemplate,
    ) -> Result<bool, LoadError> {
        let mut tx = self.begin_durable("write a template").await?;
        let is_changed = swap(&mut tx, Some(before), now).await?;
        tx.commit().await?;
        Ok(is_changed)
    }
}

/// Writes `now` if the row of the template is still `before`, or if it has none and `before` is none; otherwise false.
async fn swap(tx: &mut Tx, before: Option<&AccountTemplate>, now: &AccountTemplate) -> Result<bool, LoadError> {
    let mut cells = now.cells();
    let statement = match before {
        None => INSERT,
        Some(before) => {
            let holder = before.claim.as_ref().map_or("", |it| &it.holder);
            cells.rotate_left(3);
            cells.extend([
                Cell::from(&before.digest),
                (&before.status).into(),
                before.changed_at.into(),
                holder.into(),
            ]);
            UPDATE
        }
    };
    Ok(!tx.select(statement, &cells, |it: &dyn Row| it.text(0)).await?.is_empty())
}
