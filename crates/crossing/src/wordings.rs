//! What the plan says about consent: the wordings, and on what basis people are written to by SMS and Viber.

use anyhow::Result;
use crm::{Crm, Wording, WordingError};
use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose};
use plan::{Plan, PlanWording};

/// Returns the purposes that the wordings of the plan name.
pub(crate) fn named_purposes(plan: &Plan) -> Result<consent::Wordings> {
    Ok(plan.wordings()?.into_iter().map(|it| (it.name, it.purposes)).collect())
}

/// Fails if the database has another text, language or purposes for a wording of the plan.
pub(crate) async fn check_wordings(plan: &Plan, crm: Option<&Crm>) -> Result<()> {
    let (wordings, Some(crm)) = (plan.wordings()?, crm) else { return Ok(()) };
    if wordings.is_empty() {
        return Ok(());
    }
    let known = crm.wordings().await?;
    let differs = |it: &&PlanWording| known.iter().any(|known| known.name == it.name && !known.is_same(&recorded(it)));
    match wordings.iter().find(differs) {
        Some(wording) => Err(differing(plan, wording)),
        None => Ok(()),
    }
}

/// Records the wordings of the plan in the database, so that consents to them count. A version that is there already has
/// to be the same.
pub async fn record_wordings(plan: &Plan, crm: &Crm) -> Result<()> {
    let wordings = plan.wordings()?;
    if wordings.is_empty() {
        return Ok(());
    }
    let rows: Vec<Wording> = wordings.iter().map(recorded).collect();
    match crm.record_wordings(&rows, Timestamp::now()).await? {
        Ok(()) => Ok(()),
        Err(WordingError::Differs(name)) => match wordings.iter().find(|it| it.name == name) {
            Some(wording) => Err(differing(plan, wording)),
            None => Err(WordingError::Differs(name).into()),
        },
    }
}

/// Notes the basis that the plan declares for each channel and purpose. A plan that declares any speaks for all: what it
/// leaves out has none from now on. A plan without any changes nothing, because others may load into the same database.
pub(crate) async fn declare_bases(plan: &Plan, crm: &Crm, run_id: &str) -> Result<()> {
    if plan.bases.is_empty() {
        return Ok(());
    }
    for channel in [ConsentChannel::Sms, ConsentChannel::Viber] {
        for purpose in ConsentPurpose::OF_MESSAGES {
            let declared = plan.bases.iter().find(|it| (it.channel, it.purpose) == (channel, purpose));
            let basis = declared.map_or("", |it| it.basis.name());
            crm.declare_basis((channel, purpose), basis, run_id, Timestamp::now()).await?;
        }
    }
    Ok(())
}

fn differing(plan: &Plan, wording: &PlanWording) -> anyhow::Error {
    plan.wrong_wording(wording, WordingError::Differs(wording.name.clone()).to_string()).into()
}

fn recorded(wording: &PlanWording) -> Wording {
    let PlanWording { name, language, text, purposes, .. } = wording;
    Wording { name: name.clone(), language: language.clone(), text: text.clone(), purposes: purposes.clone() }
}
