//! The people of a segment and those whom something keeps out of it, with all that decides whether a step goes to them.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use model::{Condition, ConsentChannel, ConsentPurpose, ConsentState, ContactId, MAX_BATCH};
use serde_json::Value;

use crate::outbox::Addressed;
use crate::segments::ALL_CONTACTS;
use crate::sql::{Row, Tx};
use crate::{Crm, LoadError};

const COLUMNS: &str = "id, e164, region, line_type, name, first_name, last_name, email, language, last_inbound_at, \
    last_outbound_at, reachable, registration, attributes, last_at, consent, whatsapp_consent, cast(is_suppressed as bigint), \
    cast(is_held as bigint)";
const CONSENTS: &str = "select contact_id, channel, purpose, state from consent_now";
const TAKEN: &str = "select value from send_key where campaign = $1 and step = $2 and kind = 'contact'";
const CONSENTED_IN: &str = "select outbox.contact_id from outbox join consent_now on consent_now.contact_id = outbox.contact_id \
    where outbox.campaign = $1 and outbox.step = $2 and (outbox.state = 'accepted' or outbox.state = 'unknown') \
    and consent_now.channel = 'whatsapp' and consent_now.purpose = $3 and consent_now.state = 'yes' \
    and consent_now.said_from >= outbox.intent_at";
const BASE: &str =
    "select count(*), coalesce(sum(case when segment = 'opted-out' then 1 else 0 end), 0) from segment_view";
const EXCLUDED: &str = "select step, reason, count(*) from campaign_exclusion where campaign = $1 group by step, reason \
    order by step, count(*) desc, reason";
const REFUSED: &str = "select contact_id, code, campaign from outbox where state = 'refused' and code is not null";
const DELIVERED_IN: &str = "select outbox.contact_id from outbox join delivery on delivery.message_id = outbox.message_id \
    where outbox.campaign = $1 and outbox.step = $2 and (delivery.delivered_at is not null or delivery.read_at is not null)";
const SENT_AT: &str = "select contact_id, intent_at from outbox where campaign = $1 and step = $2 \
    and (state = 'accepted' or state = 'unknown')";
const TRIES: &str = "select outbox.contact_id, count(*), \
    sum(case when delivery.delivered_at is not null or delivery.read_at is not null then 1 else 0 end) \
    from outbox join delivery on delivery.message_id = outbox.message_id \
    where delivery.delivered_at is not null or delivery.read_at is not null or delivery.failed_at is not null group by 1";
const SHARED: &str = "select contact_id from decision where decision = 'shared'";
const WHAT: &str = "read the audience of a campaign";

/// A person of a segment.
#[derive(Clone, Debug)]
pub struct AudienceMember {
    pub contact: ContactId,
    pub to: Addressed,
    pub language: Option<String>,
    /// Fields and attributes by name: `name`, `first_name`, `attributes.city`.
    pub values: BTreeMap<String, String>,
    pub last_inbound_at: Option<Timestamp>,
    pub last_outbound_at: Option<Timestamp>,
    /// The latest date of any row about the person.
    pub last_at: Option<Timestamp>,
    /// Whether the last message with a known result arrived.
    pub reachable: Option<bool>,
    /// `registered`, `not_registered`, `no_answer` or `contradictory`.
    pub registration: Option<String>,
    /// The purposes for which a consent counts on WhatsApp.
    pub consents: Vec<ConsentPurpose>,
    /// Whether a statement about WhatsApp refuses or is unclear.
    pub refuses: bool,
}

/// What keeps a person out of every segment whose condition they meet. A person with several has the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptOutReason {
    Refused,
    Suppressed,
    Held,
    /// A statement of theirs is not understood.
    Unclear,
}

/// The people who meet the condition of a segment.
#[derive(Debug, Default)]
pub struct Audience {
    /// The people of the segment, in the order of their ids.
    pub members: Vec<AudienceMember>,
    /// The people who would be in it if nothing kept them out.
    pub kept_out: Vec<(ContactId, KeptOutReason)>,
}

/// How many people a step leaves out for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    pub step: String,
    pub reason: String,
    pub n: u64,
}

impl Crm {
    /// The people who meet the condition of a segment at the moment `now`. Members are without where they are written to now and
    /// what they have consented to: [`Crm::complete_audience`] adds that.
    pub async fn audience(&self, condition: &Condition, now: Timestamp) -> Result<Audience, LoadError> {
        let mut audience = Audience::default();
        let read = |it: &dyn Row| match kept_out(it)? {
            Some(reason) => Ok(Err((it.contact_id(0)?, reason))),
            None => Ok(Ok(member(it)?)),
        };
        for person in self.people_of(WHAT, (COLUMNS, ALL_CONTACTS), condition, " order by id", now, read).await? {
            match person {
                Ok(member) => audience.members.push(member),
                Err(kept_out) => audience.kept_out.push(kept_out),
            }
        }
        Ok(audience)
    }

    /// Adds where people are written to now by the number `sender`, and what they have consented to.
    pub async fn complete_audience(&self, members: &mut [AudienceMember], sender: &str) -> Result<(), LoadError> {
        let mut reader = self.reader(WHAT).await?;
        for chunk in members.chunks_mut(MAX_BATCH) {
            reader.complete(chunk, sender).await?;
        }
        Ok(())
    }

    /// The contacts for whom a step of a campaign is taken.
    pub async fn taken_contacts(&self, campaign: &str, step: &str) -> Result<HashSet<ContactId>, LoadError> {
        let key = [campaign.into(), step.into()];
        Ok(self.select(WHAT, TAKEN, &key, |it| it.contact_id(0)).await?.into_iter().collect())
    }

    /// The contacts who have consented to a purpose on WhatsApp since a step went to them.
    pub async fn consented_in(
        &self,
        campaign: &str,
        step: &str,
        purpose: ConsentPurpose,
    ) -> Result<HashSet<ContactId>, LoadError> {
        let key = [campaign.into(), step.into(), purpose.name().into()];
        Ok(self.select(WHAT, CONSENTED_IN, &key, |it| it.contact_id(0)).await?.into_iter().collect())
    }

    /// Whoever the platform has refused a message to, with its code and the campaign.
    pub async fn refused_people(&self) -> Result<Vec<(ContactId, i64, String)>, LoadError> {
        self.select(WHAT, REFUSED, &[], |it| Ok((it.contact_id(0)?, it.int(1)?, it.text(2)?))).await
    }

    /// Whoever a step of a campaign has reached.
    pub async fn delivered_contacts(&self, campaign: &str, step: &str) -> Result<HashSet<ContactId>, LoadError> {
        let rows = self.select(WHAT, DELIVERED_IN, &[campaign.into(), step.into()], |it| it.contact_id(0)).await?;
        Ok(rows.into_iter().collect())
    }

    /// How many messages of the outbox have come to an end for each contact, and how many of them have arrived.
    pub async fn tries(&self) -> Result<HashMap<ContactId, (u32, u32)>, LoadError> {
        let count = |it: &dyn Row, column| Ok::<_, LoadError>(u32::try_from(it.count(column)?).unwrap_or(u32::MAX));
        let read = move |it: &dyn Row| Ok((it.contact_id(0)?, (count(it, 1)?, count(it, 2)?)));
        Ok(self.select(WHAT, TRIES, &[], read).await?.into_iter().collect())
    }

    /// The contacts whose phone several people use, as a person has decided.
    pub async fn shared_contacts(&self) -> Result<HashSet<ContactId>, LoadError> {
        Ok(self.select(WHAT, SHARED, &[], |it| it.contact_id(0)).await?.into_iter().collect())
    }

    /// When a step went to each contact, as far as it may have left.
    pub async fn sent_at(&self, campaign: &str, step: &str) -> Result<HashMap<ContactId, Timestamp>, LoadError> {
        let key = [campaign.into(), step.into()];
        Ok(self.select(WHAT, SENT_AT, &key, |it| Ok((it.contact_id(0)?, it.time(1)?))).await?.into_iter().collect())
    }

    /// How many contacts there are, and how many of them have refused all messages on some channel.
    pub async fn refusers(&self) -> Result<(u64, u64), LoadError> {
        let counts = self.select(WHAT, BASE, &[], |it| Ok((it.count(0)?, it.count(1)?))).await?;
        Ok(counts.first().copied().unwrap_or((0, 0)))
    }

    /// Whom the steps of a campaign leave out, by reason.
    pub async fn excluded(&self, campaign: &str) -> Result<Vec<Excluded>, LoadError> {
        let read = |it: &dyn Row| Ok(Excluded { step: it.text(0)?, reason: it.text(1)?, n: it.count(2)? });
        self.select("read whom a campaign leaves out", EXCLUDED, &[campaign.into()], read).await
    }
}

impl Tx {
    /// Adds addresses and consents.
    async fn complete(&mut self, members: &mut [AudienceMember], sender: &str) -> Result<(), LoadError> {
        let contacts: Vec<ContactId> = members.iter().map(|it| it.contact).collect();
        let mut addressed = self.addressed(&contacts, sender).await?;
        let consents = self.select_of(CONSENTS, &contacts, |it| {
            let channel = it.word(1, ConsentChannel::from_name)?;
            Ok((
                it.contact_id(0)?,
                channel,
                it.word(2, ConsentPurpose::from_name)?,
                it.word(3, ConsentState::from_name)?,
            ))
        });
        let mut said: HashMap<ContactId, Vec<(ConsentPurpose, ConsentState)>> = HashMap::new();
        for (contact, channel, purpose, state) in consents.await? {
            if channel == ConsentChannel::Whatsapp {
                said.entry(contact).or_default().push((purpose, state));
            }
        }
        for member in members {
            member.to = addressed.remove(&member.contact).unwrap_or_default();
            for (purpose, state) in said.remove(&member.contact).unwrap_or_default() {
                match state {
                    ConsentState::Yes => member.consents.push(purpose),
                    ConsentState::No | ConsentState::Stop | ConsentState::Unclear => member.refuses = true,
                }
            }
        }
        Ok(())
    }
}

/// What keeps the person of a row of [`COLUMNS`] out of every segment: the rule of the view `person_view`.
fn kept_out(row: &dyn Row) -> Result<Option<KeptOutReason>, LoadError> {
    let [consent, on_whatsapp] = [row.opt_text(15)?, row.opt_text(16)?];
    let said = || [&consent, &on_whatsapp].into_iter().flatten();
    let states = [
        (said().any(|it| it == "no" || it == "stop"), KeptOutReason::Refused),
        (row.int(17)? == 1, KeptOutReason::Suppressed),
        (row.int(18)? == 1, KeptOutReason::Held),
        (said().any(|it| it != "yes"), KeptOutReason::Unclear),
    ];
    Ok(states.iter().find(|it| it.0).map(|it| it.1))
}

/// Reads a row of [`COLUMNS`].
fn member(row: &dyn Row) -> Result<AudienceMember, LoadError> {
    let mut values = BTreeMap::new();
    for (column, name) in [(4, "name"), (5, "first_name"), (6, "last_name"), (7, "email"), (8, "language")] {
        if let Some(value) = row.opt_text(column)? {
            values.insert(name.to_owned(), value);
        }
    }
    let attributes = row.opt_text(13)?.and_then(|it| serde_json::from_str::<Value>(&it).ok());
    for (name, value) in attributes.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        values.insert(format!("attributes.{name}"), text);
    }
    let moment = |column| Ok::<_, LoadError>(row.opt_text(column)?.and_then(|it| it.parse().ok()));
    Ok(AudienceMember {
        contact: row.contact_id(0)?,
        to: Addressed {
            address: row.opt_text(1)?,
            region: row.opt_text(2)?,
            line_type: row.opt_text(3)?,
            last_inbound_at: None,
        },
        language: row.opt_text(8)?,
        values,
        last_inbound_at: moment(9)?,
        last_outbound_at: moment(10)?,
        last_at: moment(14)?,
        reachable: row.opt_text(11)?.map(|it| it == "yes"),
        registration: row.opt_text(12)?,
        consents: Vec::new(),
        refuses: false,
    })
}
