//! The audience of a step: the people it goes to now, the message of each, and the reasons for leaving the others out.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use crm::{Audience, AudienceMember, FrozenTemplate, KeptOutReason, MessageContent, MessageId, NewMessage};
use jiff::{SignedDuration, Timestamp};
use model::{ConsentChannel, ConsentPurpose, ContactId, EventChannel};
use phone::{LineType, Region};
use plan::{PlanStep, Risk, StepCondition};
use rollout::{PersonFacts, Reason, Rules, exclude};
use whatsapp::{Endpoint, Exclude, OutgoingMessage, error_of_answer, error_of_status};

use super::offer::Offer;
use super::open::{SendingAccount, recipient_of};

/// A value that the platform would refuse.
const INVALID_PARAMETER: &str = "invalid-parameter";
/// An imported contact whose last message did not arrive counts as one to whom nothing ever arrived.
const TRIES_OF_IMPORT: u32 = 3;

/// How many people are left out for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceCount {
    pub reason: &'static str,
    pub n: u64,
}

/// The people of a step.
#[derive(Default)]
pub struct ChosenAudience {
    /// In the order of their ids.
    pub messages: Vec<NewMessage>,
    /// The country of each, for prices and hours.
    pub countries: Vec<Option<Region>>,
    pub excluded: Vec<(ContactId, &'static str)>,
    /// The templates by language, as they are now.
    pub(crate) templates: Vec<FrozenTemplate>,
    /// When the first of those may be taken for whom the time after an earlier step is not over.
    pub due_at: Option<Timestamp>,
    /// The people who got an earlier step, and can get this one later: from when on, by country. Whether they may be written to
    /// then is not known.
    pub later: BTreeMap<Option<Region>, Vec<Timestamp>>,
    /// What the step is for; none if nobody was chosen.
    pub purpose: Option<ConsentPurpose>,
    /// The people of the segment.
    pub n_members: u64,
    /// Those among them who are not on WhatsApp by their last check.
    pub n_not_registered: u64,
}

impl ChosenAudience {
    /// How many are left out, by reason.
    pub fn counts(&self) -> Vec<AudienceCount> {
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        self.excluded.iter().for_each(|it| *counts.entry(it.1).or_default() += 1);
        counts.into_iter().map(|(reason, n)| AudienceCount { reason, n }).collect()
    }

    /// Takes away all people but the first `n`.
    pub(super) fn split_off(&mut self, n: usize) -> Self {
        Self {
            messages: self.messages.split_off(n),
            countries: self.countries.split_off(n),
            templates: self.templates.clone(),
            due_at: self.due_at,
            n_members: self.n_members,
            ..Self::default()
        }
    }

    /// Whether there is nobody, now or later.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.messages.is_empty() && self.due_at.is_none()
    }
}

impl SendingAccount {
    /// Chooses the people of a step at the present moment of the campaign.
    pub async fn choose(&self, step: &PlanStep) -> Result<ChosenAudience> {
        let now = self.clock.now();
        let offer = self.offer(step).await?;
        let Audience { mut members, kept_out } = self.crm.audience(&self.plan.condition, now).await?;
        let gathered = self.gather(step, &offer).await?;
        let mut chosen = ChosenAudience { n_members: members.len() as u64, ..ChosenAudience::default() };
        chosen.purpose = Some(offer.purpose);
        chosen.templates = offer.by_language.values().map(|it| it.frozen.clone()).collect();
        let is_absent = |it: &&AudienceMember| it.registration.as_deref() == Some("not_registered");
        chosen.n_not_registered = members.iter().filter(is_absent).count() as u64;
        let mut left = self.plan.max_people.map(|it| it.saturating_sub(gathered.taken.len() as u64));
        members.retain(|it| {
            let due_at = gathered.not_yet(it.contact, now);
            chosen.due_at = [chosen.due_at, due_at].into_iter().flatten().min();
            if let Some(at) = gathered.later_at(it.contact, now) {
                chosen.later.entry(country(it)).or_default().push(at);
            }
            due_at.is_none() && gathered.is_meant(it.contact) && !gathered.taken.contains(&it.contact)
        });
        // Only for those who are left: it takes most of the time.
        self.crm.complete_audience(&mut members, &self.number).await?;
        for member in &members {
            match self.message_to(member, step, &offer, (&gathered, now, left)) {
                Ok(message) => {
                    left = left.map(|it| it.saturating_sub(1));
                    chosen.countries.push(country(member));
                    chosen.messages.push(message);
                }
                Err(reason) => chosen.excluded.push((member.contact, reason)),
            }
        }
        let kept_out = kept_out.into_iter().filter(|it| gathered.is_meant(it.0) && !gathered.taken.contains(&it.0));
        chosen.excluded.extend(kept_out.map(|(contact, why)| (contact, reason_of(why).as_str())));
        Ok(chosen)
    }

    /// The message to a person, or why there is none.
    fn message_to(
        &self,
        member: &AudienceMember,
        step: &PlanStep,
        offer: &Offer,
        (gathered, now, left): (&Gathered, Timestamp, Option<u64>),
    ) -> Result<NewMessage, &'static str> {
        let offered = offer.for_language(member.language.as_deref(), step.language.as_deref());
        let purpose = offered.map_or(offer.purpose, |it| it.purpose);
        let values = offer.values(offered, step, member);
        let address = member.to.address.as_deref();
        let recipient = address.map(|it| self.key.recipient(ConsentChannel::Whatsapp, it));
        let mut rules = Rules::new(now, purpose == ConsentPurpose::Marketing);
        rules.has_allow_list = self.allowed.is_some();
        // A fixed line can be on WhatsApp too.
        rules.allows_any_line = member.registration.as_deref() == Some("registered");
        rules.people_left = left.map(|it| u32::try_from(it).unwrap_or(u32::MAX));
        let leaves_out = |risk| self.plan.leave_out.contains(&risk);
        rules.tries_without_delivery = rules.tries_without_delivery.filter(|_| leaves_out(Risk::NeverDelivered));
        rules.longest_silence = rules.longest_silence.filter(|_| leaves_out(Risk::LongSilent));
        let (n_tries, n_arrived) = gathered.tries.get(&member.contact).copied().unwrap_or_default();
        let of_import = if member.reachable == Some(false) { TRIES_OF_IMPORT } else { 0 };
        let facts = PersonFacts {
            country: country(member),
            line_type: member.to.line_type.as_deref().and_then(LineType::from_name),
            has_consent: member.consents.contains(&purpose),
            has_refused: member.refuses && !member.consents.contains(&purpose),
            is_suppressed: false,
            is_held: false,
            is_registered: match member.registration.as_deref() {
                Some("registered") => Some(true),
                Some("not_registered") => Some(false),
                _ => None,
            },
            is_excluded_by_code: gathered.is_excluded(member.contact, purpose),
            n_tries: n_tries + of_import,
            was_ever_delivered: member.reachable == Some(true) || n_arrived > 0,
            last_contact: last_contact(member),
            is_shared_or_reassigned: leaves_out(Risk::Reassigned) && gathered.shared.contains(&member.contact),
            is_taken: false,
            is_in_allow_list: self.allowed.as_ref().is_none_or(|it| recipient.is_some_and(|r| it.contains(&r))),
            has_template: offered.is_some() || offer.text.is_some(),
            has_parameters: values.is_some(),
        };
        if let Some(reason) = exclude(&facts, &rules) {
            let is_us = reason == Reason::UsMarketing && self.plan.allows_us_marketing;
            if !is_us {
                return Err(reason.as_str());
            }
        }
        let (Some(address), Some(recipient), Some(values)) = (address, recipient, values) else {
            return Err("no-address");
        };
        let (template, language) =
            offered.map_or(("", ""), |it| (it.frozen.template.as_str(), it.frozen.language.as_str()));
        let outgoing = OutgoingMessage {
            number: self.number.clone(),
            recipient: recipient_of(address),
            content: values.content(template, language),
            opaque_id: None,
            endpoint: Endpoint::Messages,
        };
        outgoing.prepare().map_err(|_| INVALID_PARAMETER)?;
        if offered.is_some_and(|it| it.shape.is_too_long(&values)) {
            return Err(INVALID_PARAMETER);
        }
        Ok(NewMessage {
            id: self.clock.is_rehearsal().then(|| self.rehearsal_id(&step.name, member.contact)),
            campaign: self.plan.name.clone(),
            step: step.name.clone(),
            contact: member.contact,
            channel: ConsentChannel::Whatsapp,
            purpose,
            recipient,
            basis: None,
            wave: 0,
            sender: self.number.clone(),
            content: MessageContent {
                template: template.to_owned(),
                language: language.to_owned(),
                values: serde_json::to_string(&values).map_err(|_| INVALID_PARAMETER)?,
            },
        })
    }

    /// The id of a message in a rehearsal, which follows from the key, so that the same rehearsal goes the same way.
    fn rehearsal_id(&self, step: &str, contact: ContactId) -> MessageId {
        let named = format!("rehearsal\0{}\0{step}\0{}", self.plan.name, hex::encode(contact.0));
        let digest = self.key.message_key(EventChannel::Whatsapp, &named, None);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        MessageId::from_bytes(bytes)
    }

    async fn gather(&self, step: &PlanStep, offer: &Offer) -> Result<Gathered> {
        let campaign = &self.plan.name;
        let mut gathered =
            Gathered { taken: self.crm.taken_contacts(campaign, &step.name).await?, ..Gathered::default() };
        for it in self.crm.failed_after(0).await? {
            gathered.note_code(it.contact, error_of_status(it.code).rule.exclude, &it.campaign == campaign);
        }
        for (contact, code, of) in self.crm.refused_people().await? {
            gathered.note_code(contact, error_of_answer(400, Some(code)).rule.exclude, &of == campaign);
        }
        gathered.tries = self.crm.tries().await?;
        gathered.shared = self.crm.shared_contacts().await?;
        let Some(earlier) = step.after.as_deref() else { return Ok(gathered) };
        let sent = self.crm.sent_at(campaign, earlier).await?;
        gathered.meant = Some(match &step.only {
            None => sent.keys().copied().collect(),
            Some(StepCondition::ConsentedIn { .. }) => self.crm.consented_in(campaign, earlier, offer.purpose).await?,
            Some(StepCondition::NotConsentedIn { .. }) => {
                let consented = self.crm.consented_in(campaign, earlier, offer.purpose).await?;
                sent.keys().filter(|it| !consented.contains(it)).copied().collect()
            }
            Some(StepCondition::DeliveredIn { .. }) => self.crm.delivered_contacts(campaign, earlier).await?,
            Some(StepCondition::NotDeliveredIn { .. }) => {
                let delivered = self.crm.delivered_contacts(campaign, earlier).await?;
                sent.keys().filter(|it| !delivered.contains(it)).copied().collect()
            }
        });
        let can_grow = matches!(step.only, Some(StepCondition::ConsentedIn { .. } | StepCondition::DeliveredIn { .. }));
        gathered.can_grow = can_grow;
        gathered.sent_before = sent;
        gathered.wait = Some(step.wait);
        Ok(gathered)
    }
}

/// What the database knows of the people of a step.
#[derive(Default)]
struct Gathered {
    taken: HashSet<ContactId>,
    excluded: HashSet<ContactId>,
    excluded_from_marketing: HashSet<ContactId>,
    /// Messages of the outbox that have come to an end, and those that have arrived.
    tries: HashMap<ContactId, (u32, u32)>,
    /// Whoever shares a phone.
    shared: HashSet<ContactId>,
    /// The people whom an earlier step selects for this one; none if the step is for everybody.
    meant: Option<HashSet<ContactId>>,
    /// Whether more people of the earlier step can still be selected: those who consent, or whom it reaches.
    can_grow: bool,
    sent_before: HashMap<ContactId, Timestamp>,
    wait: Option<SignedDuration>,
}

impl Gathered {
    fn note_code(&mut self, contact: ContactId, exclude: Exclude, is_of_campaign: bool) {
        match exclude {
            Exclude::No => {}
            Exclude::Campaign if !is_of_campaign => {}
            Exclude::Campaign | Exclude::Always => {
                self.excluded.insert(contact);
            }
            Exclude::Marketing => {
                self.excluded_from_marketing.insert(contact);
            }
        }
    }

    fn is_excluded(&self, contact: ContactId, purpose: ConsentPurpose) -> bool {
        let from_marketing = purpose == ConsentPurpose::Marketing && self.excluded_from_marketing.contains(&contact);
        from_marketing || self.excluded.contains(&contact)
    }

    fn is_meant(&self, contact: ContactId) -> bool {
        self.meant.as_ref().is_none_or(|it| it.contains(&contact))
    }

    /// When the time after the earlier step is over, if it is not over yet.
    fn not_yet(&self, contact: ContactId, now: Timestamp) -> Option<Timestamp> {
        if self.taken.contains(&contact) {
            return None;
        }
        let due_at = self.sent_before.get(&contact)?.checked_add(self.wait?).ok()?;
        (due_at > now).then_some(due_at)
    }

    /// From when on a person can get the step who does not get it now; none if they have it, or are not meant and never will be.
    fn later_at(&self, contact: ContactId, now: Timestamp) -> Option<Timestamp> {
        if self.taken.contains(&contact) {
            return None;
        }
        let due_at = self.sent_before.get(&contact)?.checked_add(self.wait?).ok()?;
        let is_meant = self.is_meant(contact);
        let is_now = is_meant && due_at <= now;
        ((is_meant || self.can_grow) && !is_now).then_some(due_at.max(now))
    }
}

/// The reason that is noted for a person who is in no segment. Words that are not understood are no consent.
fn reason_of(why: KeptOutReason) -> Reason {
    match why {
        KeptOutReason::Refused => Reason::Refused,
        KeptOutReason::Suppressed => Reason::Suppressed,
        KeptOutReason::Held => Reason::HeldIdentity,
        KeptOutReason::Unclear => Reason::NoConsent,
    }
}

/// When a person last wrote, or a message last reached them. Where no message is known, the latest date of any row counts.
fn last_contact(member: &AudienceMember) -> Option<Timestamp> {
    let messages = [member.last_inbound_at, member.last_outbound_at, member.to.last_inbound_at];
    messages.into_iter().flatten().max().or(member.last_at)
}

fn country(member: &AudienceMember) -> Option<Region> {
    member.to.region.as_deref().and_then(Region::from_code)
}
