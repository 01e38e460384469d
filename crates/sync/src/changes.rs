//! What a number of events change.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{ContactId, EventChannel, EventContent, Evidence, StatusEvent};

use crate::conversation::Conversation;
use crate::delivery::Delivery;
use crate::evidence::evidence_of;
use crate::last_word::{Said, Subject};
use crate::observation::Observation;
use crate::stored::StoredEvent;
use crate::webhook::observed;

/// What events change. Deliveries, conversations and words are to be joined with those that are known.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// By the digest of the message.
    pub deliveries: BTreeMap<[u8; 32], Delivery>,
    /// By contact, channel and sender.
    pub conversations: BTreeMap<(ContactId, EventChannel, String), Conversation>,
    pub said: BTreeMap<Subject, Said>,
    pub evidence: Vec<Evidence>,
    pub templates: Vec<SeenTemplate>,
    /// The messages of the business of which a status came, by the id that went out with them, and when it came in first.
    pub settled: BTreeMap<String, Timestamp>,
}

/// What is said of a template of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTemplate {
    pub account: String,
    pub name: String,
    pub language: String,
    pub observation: Observation,
}

impl Changes {
    /// What events change. `digest` gives the digest by which a message of a channel is known.
    pub fn of(events: &[StoredEvent], digest: impl Fn(EventChannel, &StatusEvent) -> [u8; 32]) -> Self {
        let mut changes = Self::default();
        for stored in events {
            changes.add(stored, &digest);
        }
        changes
    }

    fn add(&mut self, stored: &StoredEvent, digest: impl Fn(EventChannel, &StatusEvent) -> [u8; 32]) {
        // What is of no channel is about nobody.
        let Some(channel) = stored.event.channel else { return };
        if let EventContent::Status(status) = &stored.event.content {
            let delivery = self.deliveries.entry(digest(channel, status)).or_default();
            *delivery = std::mem::take(delivery).join(Delivery::of(stored, status));
            if let Some(id) = &status.opaque_id {
                let at = self.settled.entry(id.clone()).or_insert(stored.received_at);
                *at = stored.received_at.min(*at);
            }
        }
        if let (Some(contact), Some(opened)) = (stored.contact, Conversation::of(stored)) {
            let known = self.conversations.entry((contact, channel, stored.event.sender.clone())).or_insert(opened);
            *known = known.join(opened);
        }
        if let Some((subject, said)) = Said::of(stored) {
            let joined = match self.said.remove(&subject) {
                Some(known) => known.join(said),
                None => said,
            };
            self.said.insert(subject, joined);
        }
        if let EventContent::Template(said) = &stored.event.content {
            self.templates.push(SeenTemplate {
                account: stored.event.account.clone(),
                name: said.name.clone(),
                language: said.language.clone(),
                observation: observed(said, stored.at()),
            });
        }
        self.evidence.extend(evidence_of(stored));
    }
}
