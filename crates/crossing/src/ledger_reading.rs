//! Reads the statements in the database by the words and the rule of a plan.

use anyhow::{Result, bail};
use crm::{Crm, Reread};
use model::{Basis, ConsentState};
use plan::Plan;

/// Whether the statements of the database were read by the words and the rule of this plan.
pub async fn is_ledger_read_by(plan: &Plan, crm: &Crm) -> Result<bool> {
    Ok(crm.is_read_by(&plan.words().digest().to_string(), plan.merge.consent).await?)
}

/// Reads all statements of the database by the words and the rule of a plan, if that was not done yet.
pub async fn read_ledger_anew(plan: &Plan, crm: &Crm) -> Result<Reread> {
    let words = plan.words();
    let digest = words.digest().to_string();
    let read = |basis, text: &str| state_of(&words, basis, text);
    Ok(crm.read_statements_anew(&digest, plan.merge.consent, read).await?)
}

/// Fails if the statements of the database were read by other words or another rule than those of the plan: then what counts
/// may be something else.
pub async fn check_ledger_reading(plan: &Plan, crm: &Crm) -> Result<()> {
    if !is_ledger_read_by(plan, crm).await? {
        bail!(
            "the statements in the database were read by other words or another rule than those of this plan, so what counts \
             may be something else: `ferry run` reads them anew"
        );
    }
    Ok(())
}

/// Returns the meaning of a statement; none if it has no words of the person.
///
/// If a plan removes one of its words, statements with that word become unclear: they did say something once.
fn state_of(words: &consent::Words, basis: Basis, text: &str) -> Option<ConsentState> {
    let meaning = clean::read_again(words, basis, text)?;
    Some(meaning.state().unwrap_or(ConsentState::Unclear))
}
