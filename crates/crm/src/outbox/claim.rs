//! Planned messages become intents, and intents have an outcome.

use jiff::Timestamp;
use model::ContactId;

use crate::outbox::MessageId;
use crate::outbox::permission::{Target, target};
use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

/// How many planned messages are looked at together.
const PAGE: usize = 64;

const WAITING: &str = "select message_id, contact_id, channel, purpose, recipient, basis from outbox \
    where campaign = $1 and step = $2 and state = 'planned' and epoch = $3 and contact_id > $4 \
    order by contact_id limit $5";
const CLAIM: &str = "update outbox set state = 'intent', consent_id = $1, intent_at = $2 where message_id = $3";
/// As [`CLAIM`], where no statement allows the message.
const CLAIM_WITHOUT: &str =
    "update outbox set state = 'intent', consent_id = null, intent_at = $1 where message_id = $2";
const SETTLE: &str = "update outbox set state = $1, settled_at = $2 where message_id = $3 returning message_id";
/// Nearly nobody of a long list of refusals has a message that waits.
const WITH_WAITING: &str = "select contact_id from ( \
    select distinct contact_id from outbox where state = 'planned' or state = 'not_sent') as waiting";
const CANCEL: &str = "update outbox set state = 'cancelled', settled_at = $1 \
    where contact_id = $2 and (state = 'planned' or state = 'not_sent') and ( \
    exists (select 1 from suppressed where suppressed.contact_id = $2) \
    or (channel = 'whatsapp' and not exists (select 1 from consent_now as now where now.contact_id = $2 \
        and now.channel = outbox.channel and now.purpose = outbox.purpose and now.state = 'yes')) \
    or (channel <> 'whatsapp' and exists (select 1 from consent_now as now where now.contact_id = $2 \
        and now.channel = outbox.channel and now.purpose = outbox.purpose and now.state <> 'yes'))) \
    returning message_id";

/// A message that may leave now, because the database says so since its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub id: MessageId,
    pub contact: ContactId,
    pub target: Target,
    /// The digest of the address.
    pub recipient: [u8; 32],
}

/// The result of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedMessages {
    pub intents: Vec<Intent>,
    /// The messages before the last intent that may not be sent now. They stay planned.
    pub n_held_back: u64,
}

/// What became of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    Accepted,
    Refused,
    /// The message may have gone out. Only proof settles it, as accepted or refused.
    Unknown,
    /// It is proven that nothing left.
    NotSent,
}

impl SendOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
        }
    }
}

impl Crm {
    /// Makes intents of at most `n` planned messages of a step, in the order of their contacts. They are on the disk when
    /// this returns, and no one else has claimed them.
    pub async fn claim_intents(
        &self,
        campaign: &str,
        step: &str,
        n: usize,
        at: Timestamp,
    ) -> Result<ClaimedMessages, LoadError> {
        let mut tx = self.begin_durable("claim messages").await?;
        let epoch = tx.outbox_epoch().await?;
        let mut claimed = ClaimedMessages::default();
        let mut after: Vec<u8> = Vec::new();
        while claimed.intents.len() < n {
            let limit = PAGE as i64;
            let key = [campaign.into(), step.into(), epoch.into(), after.as_slice().into(), limit.into()];
            let page = tx.select(WAITING, &key, Waiting::read).await?;
            let Some(last) = page.last() else { break };
            after = last.intent.contact.0.to_vec();
            tx.claim(page, n, at, &mut claimed).await?;
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// Notes what became of messages. Gives how many of them there are. An outcome that cannot follow on the last one is an
    /// error, and then none is noted.
    pub async fn settle(&self, outcomes: &[(MessageId, SendOutcome)], at: Timestamp) -> Result<u64, LoadError> {
        let mut tx = self.begin_durable("note what became of messages").await?;
        let mut n_settled = 0;
        for (id, outcome) in outcomes {
            let parameters = [outcome.name().into(), at.into(), id.to_string().into()];
            n_settled += tx.select(SETTLE, &parameters, |_| Ok(())).await?.len() as u64;
        }
        tx.commit().await?;
        Ok(n_settled)
    }
}

impl Tx {
    async fn claim(
        &mut self,
        page: Vec<Waiting>,
        n: usize,
        at: Timestamp,
        claimed: &mut ClaimedMessages,
    ) -> Result<(), LoadError> {
        let contacts: Vec<ContactId> = page.iter().map(|it| it.intent.contact).collect();
        let permissions = self.permissions(&contacts).await?;
        for Waiting { intent, basis } in page {
            if claimed.intents.len() == n {
                return Ok(());
            }
            let id = intent.id.to_string();
            match permissions.of(intent.contact, intent.target, basis.as_deref()) {
                Ok(Some(consent)) => self.execute(CLAIM, &[consent.into(), at.into(), id.into()]).await?,
                Ok(None) => self.execute(CLAIM_WITHOUT, &[at.into(), id.into()]).await?,
                Err(_) => {
                    claimed.n_held_back += 1;
                    continue;
                }
            }
            claimed.intents.push(intent);
        }
        Ok(())
    }

    /// Cancels the messages to these contacts that wait, if the consent of a contact no longer counts for them. Belongs into
    /// the transaction of a withdrawal. Gives how many were cancelled.
    pub(crate) async fn cancel_what_waits(&mut self, contacts: &[ContactId], at: Timestamp) -> Result<u64, LoadError> {
        let waiting = match contacts.is_empty() {
            true => Vec::new(),
            false => self.select_of(WITH_WAITING, contacts, |it| it.contact_id(0)).await?,
        };
        let mut n_cancelled = 0;
        for contact in waiting {
            let parameters = [at.into(), (&contact).into()];
            n_cancelled += self.select(CANCEL, &parameters, |_| Ok(())).await?.len() as u64;
        }
        Ok(n_cancelled)
    }
}

/// A planned message.
struct Waiting {
    intent: Intent,
    basis: Option<String>,
}

impl Waiting {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        let recipient = row.cell(4, crate::sql::Type::Bytes)?;
        let recipient = recipient.bytes().flatten().and_then(|it| it.try_into().ok());
        let intent = Intent {
            id: MessageId::read(row, 0)?,
            contact: row.contact_id(1)?,
            target: target(row, 2)?,
            recipient: recipient.ok_or_else(|| row.unknown(4))?,
        };
        Ok(Self { intent, basis: row.opt_text(5)? })
    }
}
