//! Sends claimed messages, each by its slot, and gives what became of them.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use crm::{HORIZON, Intent, SendOutcome as Outcome, Settled, WaitsFor};
use http::NotAfter;
use tokio::sync::mpsc::UnboundedSender;
use whatsapp::{Endpoint, OutgoingMessage, PreparedMessage, ProductPolicy};

use super::content::MessageValues;
use super::log::LoggedSend;
use super::open::{SendingAccount, recipient_of};
use super::outcome::{SentOutcome, outcome};

/// How long after its slot a message may leave. The limits leave as much room in each second, so messages that are late together
/// are not too many.
pub(crate) const LATE: Duration = Duration::from_millis(40);

/// The horizon of a rehearsal.
const REHEARSAL: Duration = Duration::from_secs(10);

/// The moment at which a claim began, by both clocks. Bytes leave at most [`HORIZON`] after it, and the commit of the claim lies
/// between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    pub(crate) at: Instant,
    pub(crate) by_wall: SystemTime,
}

impl Began {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), by_wall: SystemTime::now() }
    }
}

impl SendingAccount {
    /// Notes intents in the log of sends. Their bytes may leave once this returns. If they cannot be noted, they are planned again.
    pub(crate) async fn log_intents(&self, intents: &[Intent]) -> Result<()> {
        let line = |it: &Intent| LoggedSend {
            n: it.number,
            id: it.message.id.to_string(),
            campaign: self.plan.name.clone(),
            step: it.message.step.clone(),
            contact: hex::encode(it.message.contact.0),
            recipient: hex::encode(it.message.recipient),
            purpose: it.message.target.1.name().to_owned(),
            sender: self.number.clone(),
            at: it.at,
            mode: self.plan.mode.name().to_owned(),
        };
        if let Err(error) = self.log.append(intents.iter().map(line).collect()).await {
            let settled: Vec<Settled> = intents.iter().map(not_logged).collect();
            self.crm.settle(&settled, self.clock.now()).await?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Sends an intent in a task of its own. `category` is that of its template now.
    pub(crate) fn send(&self, intent: Intent, category: &str, began: Began, give: UnboundedSender<SentOutcome>) {
        let prepared = self.prepare(&intent, category);
        let (client, key, clock) = (self.client.clone(), self.key.clone(), self.clock.now());
        let wait = intent.at.duration_since(clock);
        let wait = if self.clock.is_rehearsal() { Duration::ZERO } else { wait.try_into().unwrap_or(Duration::ZERO) };
        let after = Instant::now();
        let horizon = match self.clock.is_rehearsal() {
            // Its clock stands, so nobody writes meanwhile, and the load of this machine must not change what happens.
            true => REHEARSAL,
            false => (after + wait + LATE).duration_since(began.at).min(HORIZON),
        };
        let not_after = NotAfter::new(began.at, began.by_wall, horizon);
        tokio::spawn(async move {
            tokio::time::sleep_until((after + wait).into()).await;
            let sent = match &prepared {
                Some(prepared) => {
                    let sent = client.send(prepared, not_after).await;
                    let now = clock.saturating_add(after.elapsed()).unwrap_or(clock);
                    outcome(&key, &intent, sent, now)
                }
                None => SentOutcome::unsendable(&intent),
            };
            // Whoever takes the outcomes has ended only if the program ends; then the intent becomes unknown.
            let _ = give.send(sent);
        });
    }

    fn prepare(&self, intent: &Intent, category: &str) -> Option<PreparedMessage> {
        let message = &intent.message;
        let values: MessageValues = serde_json::from_str(&message.content).ok()?;
        let outgoing = OutgoingMessage {
            number: self.number.clone(),
            recipient: recipient_of(message.to.address.as_deref()?),
            content: values.content(&message.template, &message.language),
            opaque_id: Some(message.id.to_string()),
            endpoint: self.endpoint(category),
        };
        outgoing.prepare().ok()
    }

    /// The endpoint of a category: marketing has one of its own, if the account is onboarded to it.
    pub(crate) fn endpoint(&self, category: &str) -> Endpoint {
        match category == "MARKETING" && self.is_onboarded {
            true => {
                Endpoint::MarketingMessages { product_policy: ProductPolicy::CloudApiFallback, shares_activity: None }
            }
            false => Endpoint::Messages,
        }
    }
}

impl SentOutcome {
    /// A message whose content is not what we have written.
    fn unsendable(intent: &Intent) -> Self {
        Self {
            number: intent.number,
            recipient: intent.message.recipient,
            settled: Settled::new(intent.message.id, Outcome::Refused),
            hold: None,
            pause: Some("content: the content of a message in the database was changed and cannot be sent".to_owned()),
            clock_ahead: None,
            trouble: None,
            unknown_code: None,
        }
    }
}

/// A message of which nothing left, because the log of sends cannot be written.
fn not_logged(intent: &Intent) -> Settled {
    Settled { again: Some((intent.at, WaitsFor::Log)), ..Settled::new(intent.message.id, Outcome::NotSent) }
}
