//! Messages are planned: whoever may be written to gets a row, once for each step of a campaign.

use std::collections::HashSet;

use jiff::Timestamp;
use model::{CONFIRM_STOP, ConsentChannel, ConsentPurpose, ContactId, MAX_BATCH};

use crate::outbox::{MessageId, NotPermitted};
use crate::sql::{Cell, OnConflict, Rows, Table, Tx, Type};
use crate::{Crm, LoadError, SqlError};

const OUTBOX: Table = Table {
    name: "outbox",
    columns: &[
        ("message_id", Type::Text),
        ("campaign", Type::Text),
        ("step", Type::Text),
        ("contact_id", Type::Bytes),
        ("channel", Type::Text),
        ("purpose", Type::Text),
        ("recipient", Type::Bytes),
        ("wave", Type::Int),
        ("sender", Type::Text),
        ("state", Type::Text),
        ("consent_id", Type::Int),
        ("basis", Type::Text),
        ("epoch", Type::Int),
        ("planned_at", Type::Time),
    ],
    on_conflict: OnConflict::Fail,
};

const OUTBOX_CONTENT: Table = Table {
    name: "outbox_content",
    columns: &[("message_id", Type::Text), ("template", Type::Text), ("language", Type::Text), ("content", Type::Text)],
    on_conflict: OnConflict::Fail,
};

const SENDING_BASIS: Table = Table {
    name: "sending_basis",
    columns: &[
        ("channel", Type::Text),
        ("purpose", Type::Text),
        ("basis", Type::Text),
        ("since", Type::Time),
        ("run_id", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

/// Two selects: with `or`, PostgreSQL reads all keys of the step.
const TAKEN: &str = "select kind from send_key where campaign = $1 and step = $2 and kind = 'contact' and value = $3 \
    union all select kind from send_key where campaign = $1 and step = $2 and kind = $4 and value = $5";
const LAST_BASIS: &str = "select basis, since from sending_basis where channel = $1 and purpose = $2 \
    order by since desc limit 1";

const PLAN: &str = "plan messages";

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Drawn at random if none: only a rehearsal, which goes the same way each time, brings one.
    pub id: Option<MessageId>,
    pub campaign: String,
    /// The message within the campaign, such as an invitation and its reminder.
    pub step: String,
    pub contact: ContactId,
    pub channel: ConsentChannel,
    pub purpose: ConsentPurpose,
    /// The digest of the address: see [`model::ContactKey::recipient`].
    pub recipient: [u8; 32],
    /// The basis on which people are written to by SMS and Viber. WhatsApp needs none: a consent is its basis.
    pub basis: Option<String>,
    /// The part of the step with which it is released.
    pub wave: i64,
    /// The number that sends.
    pub sender: String,
    pub content: MessageContent,
}

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageContent {
    /// The name of the template; empty if it is text.
    pub template: String,
    pub language: String,
    /// The values of its variables, or the text, in JSON.
    pub values: String,
}

/// The reason why a message was not planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPlanned {
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
    #[error("this step of the campaign is taken for the contact")]
    ContactTaken,
    #[error("this step of the campaign is taken for the address")]
    AddressTaken,
}

/// A key that is taken: campaign, step, kind and value.
type SendKey<'a> = (&'a str, &'a str, &'static str, &'a [u8]);

impl Crm {
    /// Plans messages, and says of each whether it is planned, in the order of `messages`. A message that is not planned
    /// leaves the others as they are.
    pub async fn plan_messages(
        &self,
        messages: &[NewMessage],
        at: Timestamp,
    ) -> Result<Vec<Result<MessageId, NotPlanned>>, LoadError> {
        let mut planned = Vec::with_capacity(messages.len());
        for messages in messages.chunks(MAX_BATCH) {
            let mut tx = self.begin(PLAN).await?;
            planned.extend(tx.plan_messages(messages, at).await?);
            tx.commit().await?;
        }
        Ok(planned)
    }

    /// Notes the basis on which a plan says that people may be written to by SMS or Viber for a purpose; an empty one
    /// takes it back. The last one counts, even if the clock was set back.
    pub async fn declare_basis(
        &self,
        (channel, purpose): (ConsentChannel, ConsentPurpose),
        basis: &str,
        run_id: &str,
        at: Timestamp,
    ) -> Result<(), LoadError> {
        let mut tx = self.begin("note the basis of messages").await?;
        let of = [channel.name().into(), purpose.name().into()];
        let last = tx.select(LAST_BASIS, &of, |it| Ok((it.text(0)?, it.int(1)?))).await?.pop();
        if last.as_ref().is_some_and(|it| it.0 == basis) {
            return Ok(());
        }
        let since = last.map_or(at.as_microsecond(), |it| at.as_microsecond().max(it.1.saturating_add(1)));
        let mut rows = Rows::new(&SENDING_BASIS);
        rows.push([channel.name().into(), purpose.name().into(), basis.into(), since.into(), run_id.into()]);
        tx.write_rows([rows]).await?;
        tx.commit().await
    }
}

impl Tx {
    pub(crate) async fn plan_messages(
        &mut self,
        messages: &[NewMessage],
        at: Timestamp,
    ) -> Result<Vec<Result<MessageId, NotPlanned>>, LoadError> {
        let contacts: HashSet<ContactId> = messages.iter().map(|it| it.contact).collect();
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let permissions = match messages.iter().any(|it| it.campaign == CONFIRM_STOP) {
            true => self.permissions_to_confirm(&contacts).await?,
            false => self.permissions(&contacts).await?,
        };
        let epoch = self.outbox_epoch().await?;
        let mut taken: HashSet<SendKey> = HashSet::new();
        let (mut rows, mut contents) = (Rows::new(&OUTBOX), Rows::new(&OUTBOX_CONTENT));
        let mut planned = Vec::with_capacity(messages.len());
        let keys: Vec<_> = messages.iter().map(NewMessage::taken_by).collect();
        let taken_kinds = self.select_each(TAKEN, &keys, |it| it.text(0)).await?;
        for (message, kinds) in messages.iter().zip(taken_kinds) {
            let target = (message.channel, message.purpose);
            let permitted = match message.campaign == CONFIRM_STOP {
                true => permissions.of_confirmation(message.contact, (&message.step, &message.sender), at),
                false => permissions.of(message.contact, target, message.basis.as_deref()),
            };
            let consent = match permitted {
                Ok(consent) => consent,
                Err(why) => {
                    planned.push(Err(why.into()));
                    continue;
                }
            };
            if let Some(why) = message.taken_key(&taken, &kinds) {
                planned.push(Err(why));
                continue;
            }
            let id = match message.id {
                Some(id) => id,
                None => MessageId::random().map_err(|it| SqlError::Random(it.to_string()).doing(PLAN))?,
            };
            taken.extend(message.keys());
            rows.push(message.row(id, consent, epoch, at));
            let MessageContent { template, language, values } = &message.content;
            contents.push([id.to_string().into(), template.into(), language.into(), values.into()]);
            planned.push(Ok(id));
        }
        self.write_rows([rows, contents]).await?;
        Ok(planned)
    }
}

impl NewMessage {
    /// The keys that make it go out once: that of the contact, and that of the address.
    fn keys(&self) -> [SendKey<'_>; 2] {
        let key = |kind, value| (self.campaign.as_str(), self.step.as_str(), kind, value);
        [key("contact", self.contact.0.as_slice()), key(self.channel.name(), self.recipient.as_slice())]
    }

    /// The parameters of [`TAKEN`].
    fn taken_by(&self) -> Vec<Cell<'_>> {
        let [(campaign, step, _, contact), (.., kind, address)] = self.keys();
        vec![campaign.into(), step.into(), contact.into(), kind.into(), address.into()]
    }

    /// The reason why a step is taken, by an earlier message of the batch, or by keys of the database of these kinds.
    fn taken_key(&self, taken: &HashSet<SendKey<'_>>, kinds: &[String]) -> Option<NotPlanned> {
        let [contact, address] = self.keys();
        match () {
            () if taken.contains(&contact) || kinds.iter().any(|it| it == contact.2) => Some(NotPlanned::ContactTaken),
            () if taken.contains(&address) || !kinds.is_empty() => Some(NotPlanned::AddressTaken),
            () => None,
        }
    }

    fn row(&self, id: MessageId, consent: Option<i64>, epoch: i64, at: Timestamp) -> [Cell<'_>; 14] {
        let basis = self.basis.as_deref().filter(|_| self.channel != ConsentChannel::Whatsapp);
        [
            id.to_string().into(),
            (&self.campaign).into(),
            (&self.step).into(),
            (&self.contact).into(),
            self.channel.name().into(),
            self.purpose.name().into(),
            self.recipient.as_slice().into(),
            self.wave.into(),
            (&self.sender).into(),
            "planned".into(),
            consent.into(),
            basis.into(),
            epoch.into(),
            at.into(),
        ]
    }
}
