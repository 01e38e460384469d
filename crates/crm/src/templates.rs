//! Templates that were submitted: the journal of what was ordered, and what WhatsApp says of them.
//!
//! An order is written down before it is given. If its answer never comes, the template stays `SENDING`, and nothing is
//! ordered again until a listing has told what became of it.

use jiff::Timestamp;
use sqlx::FromRow;

use crate::crm::{begin_postgres, begin_sqlite, on};
use crate::{Crm, LoadError};

/// A template as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TemplateRow {
    pub account: String,
    pub name: String,
    pub language: String,
    /// WhatsApp's id; none until it is there.
    pub template_id: Option<String>,
    /// Of what was submitted.
    pub digest: String,
    /// What WhatsApp made of it, which may differ from what was asked for.
    pub category: String,
    /// As WhatsApp writes it, and besides `SENDING`, `REFUSED`, `NOT_SENT` and `GONE`.
    pub status: String,
    pub reason: Option<String>,
    pub scenario: String,
    pub changed_at: i64,
}

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    Submit,
    Edit,
}

impl OrderKind {
    fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Edit => "edit",
        }
    }
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderOutcome {
    Sent,
    Taken,
    Refused,
    Unknown,
}

impl OrderOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

const UPSERT: &str = "insert into template \
    (account, name, language, template_id, digest, category, status, reason, scenario, changed_at) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
    on conflict (account, name, language) do update set template_id = excluded.template_id, digest = excluded.digest, \
    category = excluded.category, status = excluded.status, reason = excluded.reason, scenario = excluded.scenario, \
    changed_at = excluded.changed_at";
const ORDER: &str = "insert into template_order (account, at, name, language, kind, outcome) \
    values ($1, $2, $3, $4, $5, $6) on conflict (account, at, name, language) do update set outcome = excluded.outcome";

/// Writes a template.
macro_rules! upsert {
    ($executor:expr, $row:expr) => {{
        let row: &TemplateRow = $row;
        sqlx::query(UPSERT)
            .bind(&row.account)
            .bind(&row.name)
            .bind(&row.language)
            .bind(&row.template_id)
            .bind(&row.digest)
            .bind(&row.category)
            .bind(&row.status)
            .bind(&row.reason)
            .bind(&row.scenario)
            .bind(row.changed_at)
            .execute($executor)
            .await
            .map_err(LoadError::query("write a template"))?
    }};
}

/// Writes a template and its order in one transaction.
macro_rules! write_both {
    ($transaction:expr, $row:expr, $at:expr, $kind:expr, $outcome:expr) => {{
        let mut transaction = $transaction.await.map_err(LoadError::query("begin to write a template"))?;
        let row = $row;
        upsert!(&mut *transaction, $row);
        sqlx::query(ORDER)
            .bind(&row.account)
            .bind($at)
            .bind(&row.name)
            .bind(&row.language)
            .bind($kind)
            .bind($outcome)
            .execute(&mut *transaction)
            .await
            .map_err(LoadError::query("write an order of a template"))?;
        transaction.commit().await.map_err(LoadError::query("write a template"))
    }};
}

impl Crm {
    /// All templates of an account, by name and language.
    pub async fn templates(&self, account: &str) -> Result<Vec<TemplateRow>, LoadError> {
        const ALL: &str = "select account, name, language, template_id, digest, category, status, reason, scenario, changed_at \
            from template where account = $1 order by name, language";
        on!(self, pool => {
            sqlx::query_as(ALL).bind(account).fetch_all(pool).await.map_err(LoadError::query("read the templates"))
        })
    }

    /// Writes a template together with its order. An order is known by when it was given: written again, its outcome changes.
    pub async fn note_order(
        &self,
        row: &TemplateRow,
        at: Timestamp,
        kind: OrderKind,
        outcome: OrderOutcome,
    ) -> Result<(), LoadError> {
        let (at, kind, outcome) = (at.as_microsecond(), kind.name(), outcome.name());
        match self {
            Self::Sqlite(pool) => write_both!(begin_sqlite(pool), row, at, kind, outcome),
            Self::Postgres(pool) => write_both!(begin_postgres(pool), row, at, kind, outcome),
        }
    }

    /// What WhatsApp says of a template now.
    pub async fn note_template(&self, row: &TemplateRow) -> Result<(), LoadError> {
        on!(self, pool => {
            upsert!(pool, row);
            Ok(())
        })
    }

    /// When orders of a kind were given since then, the oldest first; of all templates, or of one. Those that were refused
    /// count for no limit.
    pub async fn orders_since(
        &self,
        account: &str,
        kind: OrderKind,
        of: Option<(&str, &str)>,
        since: Timestamp,
    ) -> Result<Vec<Timestamp>, LoadError> {
        const SINCE: &str = "select at from template_order where account = $1 and kind = $2 and at > $3 \
            and (outcome = 'sent' or outcome = 'taken' or outcome = 'unknown') \
            and ($4 = '' or (name = $4 and language = $5)) order by at";
        let (name, language) = of.unwrap_or(("", ""));
        let rows: Vec<(i64,)> = on!(self, pool => {
            sqlx::query_as(SINCE)
                .bind(account)
                .bind(kind.name())
                .bind(since.as_microsecond())
                .bind(name)
                .bind(language)
                .fetch_all(pool)
                .await
                .map_err(LoadError::query("read the orders of templates"))?
        });
        Ok(rows.into_iter().filter_map(|it| Timestamp::from_microsecond(it.0).ok()).collect())
    }
}
