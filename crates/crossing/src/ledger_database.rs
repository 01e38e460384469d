//! The database of a plan for those who add to the ledger outside of a run.

use anyhow::{Result, bail};
use crm::Crm;
use model::ContactKey;
use plan::{Plan, contact_key, find_key, find_suppression_keys, make_key};

use crate::ledger_reading::read_ledger_anew;
use crate::progress::{Note, Progress};
use crate::suppression::open_crm;
use crate::wordings::record_wordings;

/// Opens the database of a plan with its contact key, and makes both if there are none yet. From then on the database has
/// the wordings of the plan, and its statements are read by the words and the rule of the plan.
pub async fn open_ledger(plan: &Plan, progress: &Progress) -> Result<(Crm, ContactKey)> {
    let key = match find_key(plan)?.map(|it| it.key) {
        Some(key) => key,
        // Without its key, a database that has one cannot be added to.
        None if Crm::look(&plan.crm_url()?).await?.is_some() => contact_key(plan)?,
        None => make_key(plan)?.key,
    };
    let crm = open_crm(plan).await?;
    crm.claim_key(&key.id()).await?;
    record_wordings(plan, &crm).await?;
    let reread = read_ledger_anew(plan, &crm).await?;
    if reread.n_contacts + reread.n_answers > 0 {
        progress.note(Note::StatementsReread(reread));
    }
    Ok((crm, key))
}

/// The database of a plan, to read it, with the keys of its suppression list, and its contact key.
pub async fn look_at_ledger(plan: &Plan) -> Result<(Crm, ContactKey)> {
    let Some(crm) = Crm::look(&plan.crm_url()?).await? else {
        bail!("there is no CRM database yet: start with `ferry run`, `ferry consent import` or `ferry serve`");
    };
    let key = contact_key(plan)?;
    crm.check_key(&key.id()).await?;
    Ok((crm.with_suppression_keys(find_suppression_keys(plan)?.map(|it| it.0)), key))
}
