//! `ferry campaign prove`.

use std::path::Path;

use anyhow::Result;
use campaign::sending::{CampaignJournal, Proof, SandboxLog};
use plan::Plan;
use results::{CampaignProven, SandboxProven};

use crate::counted;

/// Proves what became of a campaign. `sandbox` is the log of a sandbox, in a rehearsal.
pub async fn prove(plan: &Plan, campaign: &str, sandbox: Option<&Path>) -> Result<(CampaignProven, String)> {
    let log = sandbox.map(SandboxLog::read).transpose()?;
    let journal = CampaignJournal::open(plan, campaign, false, "").await?;
    let proof = journal.prove(log.as_ref()).await?;
    journal.close().await;
    let value = proven(campaign, &proof);
    let text = text(&value);
    Ok((value, text))
}

fn proven(campaign: &str, proof: &Proof) -> CampaignProven {
    let database = proof.database;
    let sandbox = proof.sandbox.as_ref().map(|it| SandboxProven {
        requests: it.n_requests,
        taken: it.n_taken,
        doubled: it.n_doubled,
        lost: it.n_lost,
        unnoticed: it.n_unnoticed,
        unknown_taken: it.n_unknown_taken,
        stops: it.n_stops,
        confirmations: it.n_confirmations,
        after_stop: it.n_after_stop,
        over_limits: it.n_over_limits,
    });
    CampaignProven {
        campaign: campaign.to_owned(),
        is_good: proof.is_good(),
        doubled: proof.n_doubled(),
        after_stop: proof.n_after_stop(),
        planned: database.n_planned,
        intents: database.n_intents,
        accepted: database.n_accepted,
        refused: database.n_refused,
        unknown: database.n_unknown,
        cancelled: database.n_cancelled,
        excluded: proof.n_excluded,
        contradicted: database.n_contradicted,
        forgotten: proof.n_forgotten,
        not_logged: proof.n_not_logged,
        sent_not_logged: proof.n_sent_not_logged,
        confirmations: proof.confirmations.n_sent,
        confirmations_wrong: proof.n_confirmations_wrong(),
        sandbox,
    }
}

fn text(value: &CampaignProven) -> String {
    let mut text = format!(
        "doubled {}, after a stop {}\n\naccepted  {}\nrefused   {}\nunknown   {}\nplanned   {}\nintent    {}\ncancelled {}\nleft out  {}\n",
        value.doubled,
        value.after_stop,
        value.accepted,
        value.refused,
        value.unknown,
        value.planned,
        value.intents,
        value.cancelled,
        value.excluded
    );
    if value.confirmations > 0 {
        text += &format!(
            "confirmations {}: of stops, by all campaigns, and the only messages after one\n",
            value.confirmations
        );
    }
    let faults = [
        (value.contradicted, "messages cannot have left by what we know, and a status came all the same"),
        (value.confirmations_wrong, "confirmations went to people without a stop, or beside the one of a stop"),
        (value.forgotten, "messages of the log of sends are not in the database: it is older than the log"),
    ];
    for (n, what) in faults.iter().filter(|it| it.0 > 0) {
        text += &format!("{n} {what}\n");
    }
    if value.not_logged > 0 {
        text += &format!(
            "{} of the unknown messages are not in the log of sends of this machine: if no other one sends, nothing of them left\n",
            value.not_logged
        );
    }
    if value.sent_not_logged > 0 {
        text += &format!(
            "{} of the sent messages are not in the log of sends of this machine: another one sent them, or the log was lost\n",
            value.sent_not_logged
        );
    }
    if let Some(sandbox) = &value.sandbox {
        text += &format!(
            "\nby the log of the sandbox: {} messages taken, doubled {}, lost {}, unnoticed {}, after a stop {} of {} people, {} limits \
             exceeded\n",
            sandbox.taken,
            sandbox.doubled,
            sandbox.lost,
            sandbox.unnoticed,
            sandbox.after_stop,
            sandbox.stops,
            sandbox.over_limits
        );
        if sandbox.confirmations > 0 {
            let taken = counted(sandbox.confirmations, "confirmation of a stop was", "confirmations of stops were");
            text += &format!("{taken} taken\n");
        }
        if value.unknown > 0 {
            text += &format!("of the unknown messages {} were taken\n", sandbox.unknown_taken);
        }
    }
    text
}
