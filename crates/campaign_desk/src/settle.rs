//! `ferry campaign settle`: messages of which nobody knows whether they left.

use anyhow::{Result, bail};
use campaign::sending::CampaignJournal;
use crm::MessageId;
use plan::Plan;
use results::{CampaignSettled, UnknownMessage};

use crate::{counted, shown_time};

/// The messages to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settling {
    /// Nothing: only shown.
    Show,
    /// Messages by their ids, or all that are unknown, as sent or as not sent.
    As { was_sent: bool, messages: Vec<String>, all: bool, reason: String },
    /// What the log of sends has and the database does not.
    FromLog,
}

/// Settles messages, and shows which are unknown after it.
pub async fn settle(
    plan: &Plan,
    campaign: &str,
    settling: &Settling,
    by_whom: &str,
) -> Result<(CampaignSettled, String)> {
    let journal = CampaignJournal::open(plan, campaign, false, by_whom).await?;
    journal.crm.abandon_intents(journal.clock.now()).await?;
    let (settled, added) = match settling {
        Settling::Show => (0, 0),
        Settling::FromLog => (0, journal.reconcile().await?),
        Settling::As { was_sent, messages, all, reason } => {
            let unknown = journal.crm.unknown_messages(campaign).await?.iter().map(|it| it.id).collect::<Vec<_>>();
            let ids = if *all { unknown.clone() } else { ids(messages)? };
            if let Some(id) = ids.iter().find(|it| !unknown.contains(it)) {
                bail!(
                    "{id} is no unknown message of {campaign}: `ferry campaign settle {campaign}` lists them. Nothing was settled"
                );
            }
            for id in &ids {
                let now = journal.clock.now();
                journal.crm.settle_by_person(*id, *was_sent, (reason, by_whom), now).await?;
            }
            (ids.len() as u64, 0)
        }
    };
    let unknown = journal.crm.unknown_messages(campaign).await?;
    journal.close().await;
    let unknown = unknown.iter().map(|it| UnknownMessage {
        message: it.id.to_string(),
        step: it.step.clone(),
        sent_at: shown_time(it.intent_at),
    });
    let value = CampaignSettled { campaign: campaign.to_owned(), settled, added, unknown: unknown.collect() };
    let text = text(&value);
    Ok((value, text))
}

fn ids(messages: &[String]) -> Result<Vec<MessageId>> {
    if messages.is_empty() {
        bail!("name the messages by their ids, or add --all");
    }
    let id = |it: &String| match MessageId::from_hex(it) {
        Some(id) => Ok(id),
        None => {
            bail!("{it} is no id of a message: it has 32 hexadecimal digits, as `ferry campaign settle` shows them")
        }
    };
    messages.iter().map(id).collect()
}

fn text(value: &CampaignSettled) -> String {
    let mut text = String::new();
    if value.settled > 0 {
        text += &format!("{} settled\n", counted(value.settled, "message", "messages"));
    }
    if value.added > 0 {
        let added = counted(value.added, "message", "messages");
        text += &format!("{added} of the log of sends added as unknown\n");
    }
    if value.unknown.is_empty() {
        return text + "no message is unknown\n";
    }
    text += &format!(
        "{} of which nobody knows whether it left; a status that comes settles it\n",
        counted(value.unknown.len() as u64, "message", "messages")
    );
    for it in value.unknown.iter().take(20) {
        text += &format!("  {}  {}  {}\n", it.message, it.sent_at, it.step);
    }
    if value.unknown.len() > 20 {
        text += &format!("  and {} more: see --format json\n", value.unknown.len() - 20);
    }
    text
}
