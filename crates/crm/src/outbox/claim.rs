//! Planned messages become intents.
//!
//! All is one short transaction: whether the campaign runs, what other senders have claimed meanwhile, who waits, who may be
//! written to, and the intents. The caller decides between, because limits are not a matter of SQL.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{CONFIRM_STOP, ContactId};

use crate::account_templates::differences;
use crate::campaigns::CampaignState;
use crate::outbox::address::Addressed;
use crate::outbox::permission::{Target, target};
use crate::outbox::{MessageId, NotPermitted, SentMessage, WaitsFor};
use crate::sql::{Cell, Row, Tx, Wanted};
use crate::{Crm, LoadError};

/// The most messages of a claim.
const CLAIM_SIZE: usize = 64;

const WAITING: &str = "select outbox.message_id, contact_id, channel, purpose, recipient, basis, step, wave, attempts, template, \
    outbox_content.language, content from outbox join outbox_content on outbox_content.message_id = outbox.message_id \
    where campaign = $1 and state = 'planned' and epoch = $2 and not_before <= $3 and sender = $4 \
    order by not_before, contact_id limit $5";
const NEXT_DUE: &str = "select min(not_before) from outbox where campaign = $1 and state = 'planned' and epoch = $2";
const CLAIM: &str = "update outbox set state = 'intent', consent_id = $1, intent_at = $2, intent_number = $3, \
    claimed_at = clock_micros(), opens = $4, not_before = 0, waits_for = null where message_id = $5";
/// As [`CLAIM`], where no statement allows the message.
const CLAIM_WITHOUT: &str = "update outbox set state = 'intent', consent_id = null, intent_at = $1, intent_number = $2, \
    claimed_at = clock_micros(), opens = $3, not_before = 0, waits_for = null where message_id = $4";
const WAIT: &str = "update outbox set not_before = $1, waits_for = $2 where message_id = $3";
const CANCEL: &str = "update outbox set state = 'cancelled', settled_at = $1, waits_for = $2 where message_id = $3";
const TEMPLATES: &str = "select name, language, status, category, digest, differs, account from account_template";
const LAST_INTENT: &str = "select number from intent_counter";
const COUNT_INTENTS: &str = "update intent_counter set number = $1";

/// How long a message waits that may not be sent now, before it is looked at again.
const LOOK_AGAIN: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// What a slot may lie ahead of a claim at most.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

/// What a sender asks for.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest<'a> {
    pub campaign: &'a str,
    /// The number that sends.
    pub sender: &'a str,
    /// The account whose templates are sent.
    pub account: &'a str,
    /// The campaign's clock.
    pub now: Timestamp,
    /// The number of the last intent that the caller has counted.
    pub known_intent: i64,
    /// The names of the templates that may be sent.
    pub templates: &'a [String],
}

/// A planned message, and all that decides about it.
#[derive(Clone, Debug)]
pub struct WaitingMessage {
    pub id: MessageId,
    pub contact: ContactId,
    pub step: String,
    pub wave: i64,
    pub target: Target,
    /// The digest of the address for which it was planned.
    pub recipient: [u8; 32],
    /// The intents of which it is proven that nothing left.
    pub attempts: u32,
    pub template: String,
    pub language: String,
    /// The values of its variables, in JSON.
    pub content: String,
    pub to: Addressed,
}

/// A template as the account has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateNow {
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    pub digest: String,
    /// The fields in which what was approved is not what was sent, in JSON; empty if there are none.
    pub differs: String,
}

/// What a caller decides about.
pub struct Claimable<'a> {
    /// The number of the last intent of the database.
    pub last_intent: i64,
    /// What other senders have claimed since.
    pub others: &'a [SentMessage],
    pub templates: &'a [TemplateNow],
    /// Messages that the database lets go.
    pub waiting: &'a [WaitingMessage],
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimDecision {
    /// It becomes an intent, which may leave at `at`. `opens` says that no conversation of the person is open.
    Send { at: Timestamp, opens: bool },
    /// It is not looked at before this moment, for this reason.
    Later { not_before: Timestamp, why: WaitsFor },
}

/// What a caller has decided: of the first messages one by one, the others stay as they are.
#[derive(Clone, Debug, Default)]
pub struct ClaimDecisions {
    pub of: Vec<ClaimDecision>,
    /// The reason why the campaign has to pause. Nothing is claimed then.
    pub pause: Option<String>,
}

/// A message that may leave now, because the database says so since its commit.
#[derive(Clone, Debug)]
pub struct Intent {
    pub number: i64,
    pub message: WaitingMessage,
    /// When it may leave, by the campaign's clock.
    pub at: Timestamp,
}

/// The result of a claim.
#[derive(Debug)]
pub enum Claim {
    /// Nothing may be sent: the campaign does not run.
    NotRunning(CampaignState),
    Claimed(ClaimedMessages),
}

/// What was claimed.
#[derive(Debug, Default)]
pub struct ClaimedMessages {
    pub intents: Vec<Intent>,
    /// The number of the last intent of the database.
    pub last_intent: i64,
    /// The messages that were looked at and have to wait.
    pub n_later: u64,
    /// The earliest moment at which a message is to be looked at; none if no message is planned.
    pub next_due: Option<Timestamp>,
}

impl Crm {
    /// Makes intents of planned messages of a campaign, or of confirmations, which nobody starts. `decide` is called once, in the
    /// transaction. The intents are on the disk when this returns, and no one else has claimed them.
    pub async fn claim(
        &self,
        request: &ClaimRequest<'_>,
        decide: &mut (dyn FnMut(&Claimable<'_>) -> ClaimDecisions + Send),
    ) -> Result<Claim, LoadError> {
        let mut tx = self.begin_durable("claim messages").await?;
        let state = tx.campaign_state(request.campaign).await?;
        if state != CampaignState::Running && request.campaign != CONFIRM_STOP {
            return Ok(Claim::NotRunning(state));
        }
        let mut claimed = ClaimedMessages { last_intent: tx.last_intent().await?, ..ClaimedMessages::default() };
        let others = tx.sent_after(request.known_intent).await?;
        let templates = tx.templates_now(request).await?;
        let (waiting, consents) = tx.waiting(request, &mut claimed).await?;
        let decisions = decide(&Claimable {
            last_intent: claimed.last_intent,
            others: &others,
            templates: &templates,
            waiting: &waiting,
        });
        if let Some(reason) = decisions.pause {
            tx.pause_campaign(request.campaign, &reason).await?;
            tx.commit().await?;
            return Ok(Claim::NotRunning(CampaignState::Paused));
        }
        tx.carry_out(waiting, &consents, &decisions.of, &mut claimed).await?;
        claimed.next_due = tx.next_due(request.campaign).await?;
        tx.commit().await?;
        Ok(Claim::Claimed(claimed))
    }
}

impl Tx {
    async fn last_intent(&mut self) -> Result<i64, LoadError> {
        Ok(self.select(LAST_INTENT, &[], |it| it.int(0)).await?.pop().unwrap_or(0))
    }

    async fn templates_now(&mut self, request: &ClaimRequest<'_>) -> Result<Vec<TemplateNow>, LoadError> {
        let account = request.account.to_owned();
        let read = |it: &dyn Row| {
            let template = TemplateNow {
                name: it.text(0)?,
                language: it.text(1)?,
                status: it.text(2)?,
                category: it.text(3)?,
                digest: it.text(4)?,
                differs: differences(it.opt_text(5)?),
            };
            Ok((it.text(6)?, template))
        };
        let rows = self.select_by(TEMPLATES, "name", Wanted::Texts(request.templates.to_vec()), read).await?;
        Ok(rows.into_iter().filter(|it| it.0 == account).map(|it| it.1).collect())
    }

    /// The planned messages that the database lets go, in their order, with the statements that allow them. The others are put
    /// off; a confirmation that may not go now never may.
    async fn waiting(
        &mut self,
        request: &ClaimRequest<'_>,
        claimed: &mut ClaimedMessages,
    ) -> Result<(Vec<WaitingMessage>, HashMap<MessageId, i64>), LoadError> {
        let is_confirmation = request.campaign == CONFIRM_STOP;
        let epoch = self.outbox_epoch().await?;
        let limit = CLAIM_SIZE as i64;
        let key = [request.campaign.into(), epoch.into(), request.now.into(), request.sender.into(), limit.into()];
        let page = self.select(WAITING, &key, Planned::read).await?;
        let contacts: Vec<ContactId> = page.iter().map(|it| it.message.contact).collect();
        let permissions = match is_confirmation {
            true => self.permissions_to_confirm(&contacts).await?,
            false => self.permissions(&contacts).await?,
        };
        let latest = request.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let mut consents = HashMap::new();
        let mut addressed: HashMap<ContactId, Addressed> = self.addressed(&contacts, request.sender).await?;
        let mut waiting = Vec::with_capacity(page.len());
        let mut later = Vec::new();
        for Planned { mut message, basis } in page {
            let permitted = match is_confirmation {
                true => permissions.of_confirmation(message.contact, (&message.step, request.sender), latest),
                false => permissions.of(message.contact, message.target, basis.as_deref()),
            };
            match permitted {
                Ok(consent) => {
                    consents.extend(consent.map(|it| (message.id, it)));
                    message.to = addressed.remove(&message.contact).unwrap_or_default();
                    waiting.push(message);
                }
                Err(why) if is_confirmation || why == NotPermitted::Unknown => {
                    self.cancel(message.id, why.into(), request.now).await?;
                }
                Err(why) => {
                    let again = request.now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
                    later.push(put_off(message.id, again, why.into()));
                }
            }
        }
        claimed.n_later += later.len() as u64;
        self.execute_each(WAIT, &later).await?;
        Ok((waiting, consents))
    }

    async fn carry_out(
        &mut self,
        waiting: Vec<WaitingMessage>,
        consents: &HashMap<MessageId, i64>,
        decisions: &[ClaimDecision],
        claimed: &mut ClaimedMessages,
    ) -> Result<(), LoadError> {
        let [mut allowed, mut without, mut later]: [Vec<Vec<Cell>>; 3] = Default::default();
        for (message, decision) in waiting.into_iter().zip(decisions) {
            let (at, opens) = match decision {
                ClaimDecision::Later { not_before, why } => {
                    later.push(put_off(message.id, *not_before, *why));
                    continue;
                }
                ClaimDecision::Send { at, opens } => (*at, *opens),
            };
            claimed.last_intent += 1;
            let (number, id) = (claimed.last_intent, message.id.to_string());
            let row = vec![at.into(), number.into(), i64::from(opens).into(), id.into()];
            match consents.get(&message.id) {
                Some(consent) => allowed.push([vec![(*consent).into()], row].concat()),
                None => without.push(row),
            }
            claimed.intents.push(Intent { number, message, at });
        }
        claimed.n_later += later.len() as u64;
        self.execute_each(WAIT, &later).await?;
        self.execute_each(CLAIM, &allowed).await?;
        self.execute_each(CLAIM_WITHOUT, &without).await?;
        if !claimed.intents.is_empty() {
            self.execute(COUNT_INTENTS, &[claimed.last_intent.into()]).await?;
        }
        Ok(())
    }

    /// The message is never sent. Of a contact that was merged into another, that one has taken the steps: see `keys`.
    async fn cancel(&mut self, id: MessageId, why: WaitsFor, at: Timestamp) -> Result<(), LoadError> {
        self.execute(CANCEL, &[at.into(), why.name().into(), id.to_string().into()]).await
    }

    async fn next_due(&mut self, campaign: &str) -> Result<Option<Timestamp>, LoadError> {
        let epoch = self.outbox_epoch().await?;
        let due = self.select(NEXT_DUE, &[campaign.into(), epoch.into()], |it| it.opt_time(0)).await?;
        Ok(due.into_iter().next().flatten())
    }
}

/// The parameters of [`WAIT`].
fn put_off(id: MessageId, not_before: Timestamp, why: WaitsFor) -> Vec<Cell<'static>> {
    vec![not_before.into(), why.name().into(), id.to_string().into()]
}

/// A row of [`WAITING`].
struct Planned {
    message: WaitingMessage,
    basis: Option<String>,
}

impl Planned {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let message = WaitingMessage {
            id: MessageId::read(row, 0)?,
            contact: row.contact_id(1)?,
            target: target(row, 2)?,
            recipient: row.digest(4)?,
            step: row.text(6)?,
            wave: row.int(7)?,
            attempts: u32::try_from(row.int(8)?).map_err(|_| row.unknown(8))?,
            template: row.text(9)?,
            language: row.text(10)?,
            content: row.text(11)?,
            to: Addressed::default(),
        };
        Ok(Self { message, basis: row.opt_text(5)? })
    }
}
