//! What WhatsApp says about the templates that were submitted.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use crm::AccountTemplate;
use jiff::Timestamp;
use sync::{Alert, Difference, Known, follow};
use whatsapp::TemplateState as Listed;

use super::account::{TemplateAccount, TemplateKey};
use super::observed::observation;
use super::status::{NOT_SENT, REFUSED, SENDING};

/// A template whose row in the database has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChange {
    pub before: AccountTemplate,
    pub now: AccountTemplate,
}

/// A template of the account, with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateState {
    pub row: AccountTemplate,
    /// As long as it lasts, the gravest first.
    pub standing: Vec<Alert>,
    /// How the approved template differs from the one that was sent; none if both were never compared.
    pub differences: Option<Vec<Difference>>,
}

/// Something about a template that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateAlert {
    pub name: String,
    pub language: String,
    pub alert: Alert,
}

/// What a listing of the account has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    pub changes: Vec<TemplateChange>,
    /// Alerts that nobody was told of yet: of this listing, and of earlier ones after which Ferry was stopped.
    pub alerts: Vec<TemplateAlert>,
    /// Alerts that were told before, still hold, and can be acted on.
    pub standing: Vec<TemplateAlert>,
    /// The rows of `alerts`.
    untold: Vec<AccountTemplate>,
}

impl SyncReport {
    /// Whether there is something to look at.
    pub fn needs_a_look(&self) -> bool {
        !self.alerts.is_empty() || !self.standing.is_empty()
    }

    /// Adds what is wrong with the template of a row.
    fn add(&mut self, row: &AccountTemplate, now: Timestamp) -> Result<()> {
        let of = |alert| TemplateAlert { name: row.name.clone(), language: row.language.clone(), alert };
        let alerts = row.untold_alerts()?;
        let is_old = |it: &Alert| !it.is_final() && alerts.iter().all(|new| new.kind() != it.kind());
        self.standing.extend(sync::standing(&row.known(now)?).into_iter().filter(is_old).map(of));
        if !alerts.is_empty() {
            self.alerts.extend(alerts.into_iter().map(of));
            self.untold.push(row.clone());
        }
        Ok(())
    }
}

impl TemplateAccount {
    /// Asks WhatsApp for every template in the database, writes what has changed in one transaction, and returns it.
    ///
    /// **Alerts are told at least once.** They are written together with the change that raises them, and stay until
    /// [`TemplateAccount::told`]. Whoever is stopped before the writing hears of them at the next listing, because nothing
    /// has changed yet; whoever is stopped after it, because they are still there.
    pub async fn sync(&self) -> Result<SyncReport> {
        let rows = self.templates().await?;
        let at = Timestamp::now();
        let listed = self.client.templates(&self.name).await.context("could not list the templates")?;
        let states: BTreeMap<TemplateKey, Listed> =
            listed.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect();
        let ours = self.submitted_digests().await?;
        let now = Timestamp::now();
        let (mut changed, mut report) = (Vec::new(), SyncReport::default());
        for (key, before) in rows {
            match settled(&before, states.get(&key), ours.get(&key), at, now)? {
                Some(after) => changed.push((before, after)),
                None => report.add(&before, now)?,
            }
        }
        let written = self.crm.observe_account_templates(&self.name, &changed, at).await?;
        for ((before, after), is_written) in changed.into_iter().zip(written) {
            // A row that another process has changed since it was read is newer than the listing.
            report.add(if is_written { &after } else { &before }, now)?;
            if is_written && is_visible(&before, &after) {
                report.changes.push(TemplateChange { before, now: after });
            }
        }
        report.alerts.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
        report.standing.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
        Ok(report)
    }

    /// Every template that the database knows, as it was last observed. No request is sent.
    pub async fn states(&self, now: Timestamp) -> Result<Vec<TemplateState>> {
        let rows = self.templates().await?.into_values();
        let state = |row: AccountTemplate| {
            let known = row.known(now)?;
            Ok(TemplateState { standing: sync::standing(&known), differences: known.content, row })
        };
        rows.map(state).collect()
    }

    /// Notes that somebody was told of the alerts of a report: no later report has them.
    pub async fn told(&self, report: &SyncReport) -> Result<()> {
        if !report.untold.is_empty() {
            self.crm.tell_account_templates(&report.untold).await?;
        }
        Ok(())
    }

    /// The digests of all templates that we have submitted without being refused. Where several were sent under one
    /// name, it is not known which one arrived, and the digest is empty.
    async fn submitted_digests(&self) -> Result<BTreeMap<TemplateKey, String>> {
        let mut digests = BTreeMap::new();
        for order in self.crm.submitted_templates(&self.name).await? {
            let digest = digests.entry((order.name, order.language)).or_insert_with(|| order.digest.clone());
            if *digest != order.digest {
                digest.clear();
            }
        }
        Ok(digests)
    }
}

/// Whether people see that a row has changed.
fn is_visible(before: &AccountTemplate, now: &AccountTemplate) -> bool {
    let of = |it: &AccountTemplate| {
        let seen = it.observed.clone();
        let what = (it.status.clone(), it.category.clone(), it.reason.clone());
        // Without a score there is nothing to see.
        let quality = Some(seen.quality).filter(|it| it != "UNKNOWN").unwrap_or_default();
        (what, quality, seen.announced_category, seen.announced_for)
    };
    of(before) != of(now)
}

/// The row of a template once a listing of `at` has said what the account has; none if it stays as it is. `ours` is the
/// digest that we have submitted under this name without being refused.
fn settled(
    row: &AccountTemplate,
    state: Option<&Listed>,
    ours: Option<&String>,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<AccountTemplate>> {
    let (ordered, is_said) = match order_settled(row, state, ours, now) {
        Order::Open => return Ok(None),
        Order::NotSent(row) => (row, false),
        Order::Settled(row) => (row, true),
    };
    let mut after = ordered;
    if is_said {
        let known = after.known(now)?;
        let followed = follow(&known, &observation(&after, state, at)?);
        if !followed.alerts.is_empty() || !is_same(&known, &followed.now) {
            after = after.with_known(followed.now, followed.alerts)?;
        }
    }
    if after == *row {
        return Ok(None);
    }
    after.changed_at = now.as_microsecond();
    after.observed.observed_at = row.observed.observed_at.max(Some(at));
    Ok(Some(after))
}

/// Whether two states differ in nothing but the moments to which they apply.
fn is_same(known: &Known, now: &Known) -> bool {
    let Known { status_at, quality_at, category_at, content_at, .. } = known.clone();
    *known == Known { status_at, quality_at, category_at, content_at, ..now.clone() }
}

/// What a listing says about the order of a row.
enum Order {
    /// Nothing: the row stays as it is.
    Open,
    /// It did not arrive.
    NotSent(AccountTemplate),
    /// It arrived, or there was none: the state is that of the listing.
    Settled(AccountTemplate),
}

fn order_settled(row: &AccountTemplate, state: Option<&Listed>, ours: Option<&String>, now: Timestamp) -> Order {
    let is_open = row.claim.as_ref().is_some_and(|it| now < it.unknown_until);
    let is_edit = row.status == SENDING && row.template_id.is_some();
    let Some(state) = state else {
        return match row.status.as_str() {
            SENDING if is_open => Order::Open,
            SENDING => Order::NotSent(AccountTemplate { status: NOT_SENT.to_owned(), claim: None, ..row.clone() }),
            REFUSED | NOT_SENT => Order::Open,
            _ => Order::Settled(row.clone()),
        };
    };
    let digest = match (row.status.as_str(), &row.template_id, ours) {
        // A listing does not say whether an edit has arrived.
        (SENDING, Some(_), _) if is_open => return Order::Open,
        // The name belongs to a template that we did not submit.
        (REFUSED, None, None) => return Order::Open,
        // The template is that of an earlier order of ours, and only a second one was refused.
        (REFUSED, None, Some(ours)) => ours.clone(),
        // Without a digest the edit is sent again.
        _ if is_edit => String::new(),
        _ => row.digest.clone(),
    };
    // If the last order was refused, the account has an earlier text.
    let is_other = row.status == REFUSED && digest != row.digest;
    let sent_body = row.sent_body.clone().filter(|_| !is_other);
    Order::Settled(AccountTemplate {
        template_id: Some(state.id.clone()),
        digest,
        claim: None,
        sent_body,
        ..row.clone()
    })
}
