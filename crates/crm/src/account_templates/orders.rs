//! Submissions and edits of templates: claimed, carried out, and counted for WhatsApp's limits.

use jiff::{SignedDuration, Timestamp};

use super::{AccountTemplate, TEMPLATE, swap};
use crate::sql::{OnConflict, Row, Rows, Table, Tx, Type};
use crate::{Crm, LoadError};

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

/// At most this many orders in any span of this many hours: submissions of the whole account, or edits of one template.
/// Refused orders do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLimit {
    pub hours: i64,
    pub most: usize,
}

/// The result of an attempt to claim an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimResult {
    /// The order is in the journal, and only the caller sends it.
    Claimed,
    /// Another process has changed the template meanwhile. Its row as it is now; none if it has none.
    Lost(Option<Box<AccountTemplate>>),
    /// A limit is reached, with so many orders. The next one is possible at `free_at`.
    Limited { limit: OrderLimit, n_orders: usize, free_at: Timestamp },
}

/// A submission that may have made a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateOrder {
    pub name: String,
    pub language: String,
    /// The digest of what was sent.
    pub digest: String,
}

const TEMPLATE_ORDER: Table = Table {
    name: "template_order",
    columns: &[
        ("account", Type::Text),
        ("at", Type::Time),
        ("name", Type::Text),
        ("language", Type::Text),
        ("kind", Type::Text),
        ("outcome", Type::Text),
        ("digest", Type::Text),
    ],
    on_conflict: OnConflict::Update { key: &["account", "at", "name", "language"], columns: &["outcome"] },
};

const SINCE: &str = "select at from template_order where account = $1 and kind = $2 and at > $3 \
    and outcome <> 'refused' and ($4 = '' or (name = $4 and language = $5)) order by at";

const SUBMITTED: &str = "select distinct name, language, digest from template_order \
    where account = $1 and kind = 'submit' and outcome <> 'refused' order by name, language, digest";

impl Crm {
    /// Claims an order, and notes it in the journal: `claimed` is the row of the template with a claim, and `before` is
    /// the row that the caller has read, or none if there was none.
    ///
    /// Only one of several processes can claim an order of a template. Limits are counted in the same transaction, so
    /// they hold for all of them.
    pub async fn claim_order(
        &self,
        before: Option<&AccountTemplate>,
        claimed: &AccountTemplate,
        kind: OrderKind,
        limits: &[OrderLimit],
    ) -> Result<ClaimResult, LoadError> {
        let mut tx = self.begin("claim the order of a template").await?;
        let at = claimed_at(claimed);
        for limit in limits {
            let span = SignedDuration::from_hours(limit.hours);
            let orders = orders_since(&mut tx, claimed, kind, at - span).await?;
            if orders.len() >= limit.most {
                let free_at = orders[orders.len() - limit.most] + span;
                return Ok(ClaimResult::Limited { limit: *limit, n_orders: orders.len(), free_at });
            }
        }
        if !swap(&mut tx, before, claimed).await? {
            let select = TEMPLATE.select() + " where account = $1 and name = $2 and language = $3";
            let key = [&claimed.account, &claimed.name, &claimed.language].map(Into::into);
            let now = tx.select(&select, &key, AccountTemplate::read).await?.pop();
            return Ok(ClaimResult::Lost(now.map(Box::new)));
        }
        tx.write_rows([order(claimed, kind, OrderOutcome::Sent)]).await?;
        tx.commit().await?;
        Ok(ClaimResult::Claimed)
    }

    /// Notes how a claimed order ended, and writes the row of its template. The row is left as it is, and the result is
    /// false, if the claim was settled by another process meanwhile.
    pub async fn end_order(
        &self,
        claimed: &AccountTemplate,
        now: &AccountTemplate,
        kind: OrderKind,
        outcome: OrderOutcome,
    ) -> Result<bool, LoadError> {
        let mut tx = self.begin("write a template").await?;
        let is_held = swap(&mut tx, Some(claimed), now).await?;
        tx.write_rows([order(claimed, kind, outcome)]).await?;
        tx.commit().await?;
        Ok(is_held)
    }

    /// The submissions of an account that were not refused, each template and digest once.
    pub async fn submitted_templates(&self, account: &str) -> Result<Vec<TemplateOrder>, LoadError> {
        let read = |it: &dyn Row| Ok(TemplateOrder { name: it.text(0)?, language: it.text(1)?, digest: it.text(2)? });
        self.select("read the orders of templates", SUBMITTED, &[account.into()], read).await
    }
}

fn claimed_at(row: &AccountTemplate) -> Timestamp {
    row.claim.as_ref().map_or(Timestamp::UNIX_EPOCH, |it| it.claimed_at)
}

/// An order is known by its template and the moment of its claim: written again, its outcome changes.
fn order(claimed: &AccountTemplate, kind: OrderKind, outcome: OrderOutcome) -> Rows {
    let mut orders = Rows::new(&TEMPLATE_ORDER);
    let [account, name, language] = [&claimed.account, &claimed.name, &claimed.language].map(Into::into);
    let digest = (&claimed.digest).into();
    orders.push([
        account,
        claimed_at(claimed).into(),
        name,
        language,
        kind.name().into(),
        outcome.name().into(),
        digest,
    ]);
    orders
}

/// When orders were given since then, the oldest first: submissions of the account, or edits of this template.
async fn orders_since(
    tx: &mut Tx,
    template: &AccountTemplate,
    kind: OrderKind,
    since: Timestamp,
) -> Result<Vec<Timestamp>, LoadError> {
    let (name, language) = match kind {
        OrderKind::Submit => ("", ""),
        OrderKind::Edit => (template.name.as_str(), template.language.as_str()),
    };
    let parameters = [(&template.account).into(), kind.name().into(), since.into(), name.into(), language.into()];
    tx.select(SINCE, &parameters, |it: &dyn Row| it.time(0)).await
}
