//! Templates that were submitted: the journal of submissions and edits, and what WhatsApp says of them.
//!
//! An order is written down before it is sent. If its answer never comes, the template stays `SENDING`, and nothing is
//! sent again until a listing shows what became of it.

use jiff::Timestamp;

use crate::sql::{OnConflict, Row, Rows, Table, Type};
use crate::{Crm, LoadError};

/// A template as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRow {
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
}

/// The kinds of orders.
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

/// The ways an order can end.
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

const TEMPLATE: Table = Table {
    name: "template",
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
    ],
    on_conflict: OnConflict::Replace { key: &["account", "name", "language"] },
};

const TEMPLATE_ORDER: Table = Table {
    name: "template_order",
    columns: &[
        ("account", Type::Text),
        ("at", Type::Time),
        ("name", Type::Text),
        ("language", Type::Text),
        ("kind", Type::Text),
        ("outcome", Type::Text),
    ],
    on_conflict: OnConflict::Update { key: &["account", "at", "name", "language"], columns: &["outcome"] },
};

const SINCE: &str = "select at from template_order where account = $1 and kind = $2 and at > $3 \
    and (outcome = 'sent' or outcome = 'taken' or outcome = 'unknown') \
    and ($4 = '' or (name = $4 and language = $5)) order by at";

impl TemplateRow {
    fn rows(&self) -> Rows {
        let mut rows = Rows::new(&TEMPLATE);
        rows.push([
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
        ]);
        rows
    }

    /// Reads a row of [`TEMPLATE`].
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
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
        })
    }
}

impl Crm {
    /// All templates of an account, by name and language.
    pub async fn templates(&self, account: &str) -> Result<Vec<TemplateRow>, LoadError> {
        let select = TEMPLATE.select() + " where account = $1 order by name, language";
        self.select("read the templates", &select, &[account.into()], TemplateRow::read).await
    }

    /// Writes a template together with its order. An order is known by when it was given: written again, its outcome
    /// changes.
    pub async fn note_order(
        &self,
        row: &TemplateRow,
        at: Timestamp,
        kind: OrderKind,
        outcome: OrderOutcome,
    ) -> Result<(), LoadError> {
        let mut orders = Rows::new(&TEMPLATE_ORDER);
        let [account, name, language] = [&row.account, &row.name, &row.language].map(Into::into);
        orders.push([account, at.into(), name, language, kind.name().into(), outcome.name().into()]);
        let mut tx = self.begin("write a template").await?;
        tx.write_rows([row.rows(), orders]).await?;
        tx.commit().await
    }

    /// Notes what WhatsApp says of a template now.
    pub async fn note_template(&self, row: &TemplateRow) -> Result<(), LoadError> {
        let mut tx = self.begin("write a template").await?;
        tx.write_rows([row.rows()]).await?;
        tx.commit().await
    }

    /// When orders of a kind were given since then, the oldest first; of all templates, or of one. Orders that were
    /// refused count for no limit.
    pub async fn orders_since(
        &self,
        account: &str,
        kind: OrderKind,
        of: Option<(&str, &str)>,
        since: Timestamp,
    ) -> Result<Vec<Timestamp>, LoadError> {
        let (name, language) = of.unwrap_or(("", ""));
        let parameters = [account.into(), kind.name().into(), since.into(), name.into(), language.into()];
        self.select("read the orders of templates", SINCE, &parameters, |it| it.time(0)).await
    }
}
