//! Templates that were submitted: the journal of submissions and edits, and what WhatsApp says of them.
//!
//! An order is claimed before it is sent: the row of its template becomes `SENDING`, for all processes that use the
//! database. A claim can be lost to another process, and then nothing is sent. If the answer never comes, the row stays
//! `SENDING` until a listing shows what became of the order.

mod known;
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
    /// What was sent last, in JSON; none if that is not known.
    pub sent_body: Option<String>,
    pub observed: ObservedTemplate,
    /// Alerts that nobody has been told of, in JSON; empty if there are none.
    pub untold: String,
}

/// What WhatsApp has said of a template beside its status and its category. A time is none if it never said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedTemplate {
    /// When the account was last listed.
    pub observed_at: Option<Timestamp>,
    /// The moment to which the status applies.
    pub status_at: Option<Timestamp>,
    /// When the template was first seen in its status.
    pub status_since: Option<Timestamp>,
    /// When WhatsApp disables the template, or did.
    pub disable_at: Option<Timestamp>,
    /// Which pause it is, such as `FIRST_PAUSE`; empty if it is not known.
    pub pause: String,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`; empty if WhatsApp has not said it.
    pub quality: String,
    pub quality_at: Option<Timestamp>,
    pub category_at: Option<Timestamp>,
    pub previous_category: String,
    /// The category that the template is going to have; empty if none is announced.
    pub announced_category: String,
    /// From when on it has that one.
    pub announced_for: Option<Timestamp>,
    /// The fields in which what was approved is not what was sent, in JSON; none if both were never compared.
    pub differs: Option<String>,
}

impl ObservedTemplate {
    /// The fields in which what was approved is not what was sent, in JSON; empty if there are none, or nobody compared.
    pub fn differences(&self) -> String {
        differences(self.differs.clone())
    }
}

/// The same from the column `differs`.
pub(crate) fn differences(differs: Option<String>) -> String {
    differs.filter(|it| it != "[]").unwrap_or_default()
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

pub(crate) const TEMPLATE: Table = Table {
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
        ("sent_body", Type::Text),
        ("observed_at", Type::Time),
        ("status_at", Type::Time),
        ("status_since", Type::Time),
        ("disable_at", Type::Time),
        ("pause", Type::Text),
        ("quality", Type::Text),
        ("quality_at", Type::Time),
        ("category_at", Type::Time),
        ("previous_category", Type::Text),
        ("announced_category", Type::Text),
        ("announced_for", Type::Time),
        ("differs", Type::Text),
        ("untold", Type::Text),
    ],
    on_conflict: OnConflict::Ignore,
};

const INSERT: &str = "insert into account_template (account, name, language, template_id, digest, category, status, reason, scenario, \
    changed_at, holder, claimed_at, unknown_until, sent_body, observed_at, status_at, status_since, disable_at, \
    pause, quality, quality_at, category_at, previous_category, announced_category, announced_for, differs, untold) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
    $23, $24, $25, $26, $27) on conflict do nothing returning name";

// SQLite counts parameters in the order of the text, so the key comes last.
const UPDATE: &str = "update account_template set template_id = $1, digest = $2, category = $3, status = $4, reason = $5, scenario = \
    $6, changed_at = $7, holder = $8, claimed_at = $9, unknown_until = $10, sent_body = $11, observed_at = $12, \
    status_at = $13, status_since = $14, disable_at = $15, pause = $16, quality = $17, quality_at = $18, category_at \
    = $19, previous_category = $20, announced_category = $21, announced_for = $22, differs = $23, untold = $24 where \
    account = $25 and name = $26 and language = $27 and digest = $28 and status = $29 and changed_at = $30 and \
    holder = $31 returning name";

// A row that is claimed was not read from the listing.
const OBSERVE: &str =
    "update account_template set observed_at = $1 where account = $2 and holder = '' and observed_at < $1";

// Alerts that were raised meanwhile stay.
const TELL: &str =
    "update account_template set untold = '' where account = $1 and name = $2 and language = $3 and untold = $4";

impl AccountTemplate {
    /// The cells of a row of [`TEMPLATE`].
    fn cells(&self) -> Vec<Cell<'_>> {
        let claim = self.claim.as_ref();
        let at = |it: Option<Timestamp>| it.map_or(0, Timestamp::as_microsecond);
        let observed = &self.observed;
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
            self.sent_body.as_ref().into(),
            at(observed.observed_at).into(),
            at(observed.status_at).into(),
            at(observed.status_since).into(),
            at(observed.disable_at).into(),
            (&observed.pause).into(),
            (&observed.quality).into(),
            at(observed.quality_at).into(),
            at(observed.category_at).into(),
            (&observed.previous_category).into(),
            (&observed.announced_category).into(),
            at(observed.announced_for).into(),
            observed.differs.as_ref().into(),
            (&self.untold).into(),
        ]
    }

    /// Reads a row of [`TEMPLATE`].
    pub(crate) fn read(row: &dyn Row) -> Result<Self, LoadError> {
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
            sent_body: row.opt_text(13)?,
            observed: ObservedTemplate::read(row)?,
            untold: row.text(26)?,
        })
    }
}

impl ObservedTemplate {
    /// Reads its part of a row of [`TEMPLATE`].
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let at = |column| Ok::<_, LoadError>(Some(row.time(column)?).filter(|it| *it != Timestamp::UNIX_EPOCH));
        Ok(Self {
            observed_at: at(14)?,
            status_at: at(15)?,
            status_since: at(16)?,
            disable_at: at(17)?,
            pause: row.text(18)?,
            quality: row.text(19)?,
            quality_at: at(20)?,
            category_at: at(21)?,
            previous_category: row.text(22)?,
            announced_category: row.text(23)?,
            announced_for: at(24)?,
            differs: row.opt_text(25)?,
        })
    }
}

impl Crm {
    /// All templates of an account, by name and language.
    pub async fn account_templates(&self, account: &str) -> Result<Vec<AccountTemplate>, LoadError> {
        let select = TEMPLATE.select() + " where account = $1 order by name, language";
        self.select("read the templates", &select, &[account.into()], AccountTemplate::read).await
    }

    /// Notes what a listing that was asked for at `at` says of the templates of an account: rows that change, each with
    /// the row that was read, and for all others that they were observed. One transaction.
    ///
    /// False, and the row is left as it is, where another process has changed it since it was read.
    pub async fn observe_account_templates(
        &self,
        account: &str,
        changed: &[(AccountTemplate, AccountTemplate)],
        at: Timestamp,
    ) -> Result<Vec<bool>, LoadError> {
        let mut tx = self.begin_durable("write the templates").await?;
        let mut written = Vec::with_capacity(changed.len());
        for (before, now) in changed {
            written.push(swap(&mut tx, Some(before), now).await?);
        }
        tx.execute(OBSERVE, &[at.into(), account.into()]).await?;
        tx.commit().await?;
        Ok(written)
    }

    /// Notes that somebody was told of the alerts of these rows. Alerts that were raised since they were read stay.
    pub async fn tell_account_templates(&self, told: &[AccountTemplate]) -> Result<(), LoadError> {
        let mut tx = self.begin_durable("write the templates").await?;
        for it in told {
            let cells = [(&it.account).into(), (&it.name).into(), (&it.language).into(), (&it.untold).into()];
            tx.execute(TELL, &cells).await?;
        }
        tx.commit().await
    }
}

/// Writes `now` if the row of the template is still `before`, or if it has none and `before` is none; otherwise false.
pub(crate) async fn swap(
    tx: &mut Tx,
    before: Option<&AccountTemplate>,
    now: &AccountTemplate,
) -> Result<bool, LoadError> {
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
