//! All that the run and the database know of a contact.

use anyhow::Result;
use crm::{Crm, IdentityHistory};
use crossing::{EarlierRows, FoundRun, TracedRow, earlier_rows, traced_rows};
use jiff::Timestamp;
use model::{Contact, ContactId, Evidence, IdentityDecision, KeptOut, Registration, Segment};
use plan::MergeSection;

/// All that is known of a contact.
pub struct Person {
    pub(crate) id: ContactId,
    pub(crate) contact: Option<Contact>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) rows: Vec<TracedRow>,
    pub(crate) earlier: EarlierRows,
    pub(crate) rules: MergeSection,
    pub(crate) is_suppressed: bool,
    pub(crate) decisions: Vec<IdentityDecision>,
    /// What happened to its identities.
    pub(crate) history: IdentityHistory,
    /// The fields that people have edited in the CRM.
    pub(crate) edited: Vec<&'static str>,
    /// The currency of the plan, for prices of checks.
    pub(crate) currency: String,
    /// The moment at which answers are judged.
    now: Timestamp,
}

impl Person {
    /// Reads the rows of a contact in the run, and what the database has of it.
    pub(crate) async fn find(looked: &FoundRun, crm: Option<&Crm>, id: ContactId, now: Timestamp) -> Result<Self> {
        let mut person = Self {
            id,
            contact: None,
            evidence: Vec::new(),
            rows: traced_rows(looked, |it| it.contact_id == Some(id))?,
            earlier: EarlierRows::default(),
            rules: looked.plan.merge,
            is_suppressed: false,
            decisions: Vec::new(),
            history: IdentityHistory::default(),
            edited: Vec::new(),
            currency: looked.plan.verify.as_ref().map_or_else(String::new, |it| it.currency.clone()),
            now,
        };
        if let Some(crm) = crm {
            person.contact = crm.held(&[id]).await?.remove(&id);
            person.evidence = crm.evidence_of(id).await?;
            person.is_suppressed = crm.suppressed().await?.contains(&id);
            let is_about = |it: &IdentityDecision| [it.contacts().0, it.contacts().1].contains(&id);
            person.decisions = crm.decisions().await?.into_iter().filter(is_about).collect();
            person.history = crm.identity_history(id).await?;
            person.edited = crm.edited_fields(id).await?;
            let names = person.contact.as_ref().map_or("", |it| &it.rows);
            person.earlier = earlier_rows(looked, names)?;
        }
        Ok(person)
    }

    /// Whether the person is on WhatsApp; none without an answer.
    pub(crate) fn registration(&self) -> Option<Registration> {
        Registration::of(&self.evidence, self.now)
    }

    /// The segment of the contact.
    pub(crate) fn segment(&self, contact: &Contact) -> Segment {
        let answer = self.registration().map(|it| it.answer);
        let kept_out = KeptOut { is_suppressed: self.is_suppressed, is_held: self.history.hold.is_some() };
        Segment::of(contact.consent.as_ref().map(|it| it.value), kept_out, answer)
    }
}
