//! Decides whether a contact may be written to, as the triggers of the outbox do.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use model::{ConsentChannel, ConsentPurpose, ConsentState, ContactId};

use crate::LoadError;
use crate::sql::{Row, Tx};

const IDS_OF: [&str; 3] =
    ["select contact_id from contact", "select contact_id from suppressed", "select contact_id from contact_hold"];
const COUNTING: &str = "select contact_id, channel, purpose, state, statement_id from consent_now";
const STOPS: &str = "select contact_id, statement_id, sender, said_from from stop_to_confirm";
const BASES: &str = "select channel, purpose, basis from sending_basis order by since";

/// How long a STOP may be confirmed: its conversation is open for 24 hours, of which the last five minutes are left for the
/// way. The gates have the same number.
const CONFIRMED_WITHIN: SignedDuration = SignedDuration::from_mins(24 * 60 - 5);

/// The reason why a contact may not be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    #[error("the contact is not in the database")]
    Unknown,
    #[error("the contact is suppressed")]
    Suppressed,
    #[error("the contact is held until somebody acknowledges that the number changed hands")]
    Held,
    #[error("no consent that counts for this purpose on WhatsApp")]
    NoConsent,
    #[error("the contact has refused this purpose on the channel, or is not understood")]
    Refused,
    #[error("the plan does not declare this basis for the channel and purpose")]
    OtherBasis,
    #[error("there is no STOP that counts now and is to be confirmed")]
    NoStop,
    #[error("messages go out by SMS, Viber or WhatsApp, for one purpose")]
    NoMessage,
}

/// All that decides whether some contacts may be written to.
pub(crate) struct Permissions {
    known: HashSet<ContactId>,
    suppressed: HashSet<ContactId>,
    held: HashSet<ContactId>,
    counting: HashMap<(ContactId, Target), (ConsentState, i64)>,
    bases: HashMap<Target, String>,
    /// By contact and step. Read for confirmations alone.
    stops: HashMap<(ContactId, String), StopSaid>,
}

/// A STOP that may be confirmed.
struct StopSaid {
    statement: i64,
    /// The number that it was written to.
    sender: String,
    said_at: Timestamp,
}

/// What a message is sent by, and for what.
pub(crate) type Target = (ConsentChannel, ConsentPurpose);

impl Permissions {
    /// The statement that allows a message, if there is one: SMS and Viber need none.
    pub(crate) fn of(
        &self,
        contact: ContactId,
        target: Target,
        basis: Option<&str>,
    ) -> Result<Option<i64>, NotPermitted> {
        let (channel, purpose) = target;
        if !ConsentChannel::MESSAGING.contains(&channel) || purpose == ConsentPurpose::Messages {
            return Err(NotPermitted::NoMessage);
        }
        self.check_contact(contact)?;
        let is_whatsapp = channel == ConsentChannel::Whatsapp;
        let declared = self.bases.get(&target).filter(|it| !it.is_empty());
        if !is_whatsapp && (basis.is_none() || basis != declared.map(String::as_str)) {
            return Err(NotPermitted::OtherBasis);
        }
        match self.counting.get(&(contact, target)) {
            Some((ConsentState::Yes, statement)) => Ok(Some(*statement)),
            None if !is_whatsapp => Ok(None),
            Some(_) if !is_whatsapp => Err(NotPermitted::Refused),
            _ => Err(NotPermitted::NoConsent),
        }
    }

    /// The STOP that a confirmation with this step answers from a number at a moment.
    pub(super) fn of_confirmation(
        &self,
        contact: ContactId,
        (step, sender): (&str, &str),
        at: Timestamp,
    ) -> Result<Option<i64>, NotPermitted> {
        self.check_contact(contact)?;
        let counting = self.counting.get(&(contact, (ConsentChannel::Whatsapp, ConsentPurpose::Conversation)));
        let is_stopped = counting.is_some_and(|it| it.0 == ConsentState::Stop);
        let stop = self.stops.get(&(contact, step.to_owned())).filter(|it| is_stopped && it.sender == sender);
        match stop {
            Some(stop) if at.duration_since(stop.said_at) < CONFIRMED_WITHIN => Ok(Some(stop.statement)),
            _ => Err(NotPermitted::NoStop),
        }
    }

    /// Whether a contact may be written to at all.
    fn check_contact(&self, contact: ContactId) -> Result<(), NotPermitted> {
        match () {
            () if !self.known.contains(&contact) => Err(NotPermitted::Unknown),
            () if self.suppressed.contains(&contact) => Err(NotPermitted::Suppressed),
            () if self.held.contains(&contact) => Err(NotPermitted::Held),
            () => Ok(()),
        }
    }
}

impl Tx {
    /// Reads what decides about these contacts now.
    pub(crate) async fn permissions(&mut self, contacts: &[ContactId]) -> Result<Permissions, LoadError> {
        let mut ids = Vec::with_capacity(IDS_OF.len());
        for select in IDS_OF {
            let found: HashSet<ContactId> =
                self.select_of(select, contacts, |it| it.contact_id(0)).await?.into_iter().collect();
            ids.push(found);
        }
        let [known, suppressed, held] = [0, 1, 2].map(|n| std::mem::take(&mut ids[n]));
        let counting = self.select_of(COUNTING, contacts, |it| {
            Ok(((it.contact_id(0)?, target(it, 1)?), (it.word(3, ConsentState::from_name)?, it.int(4)?)))
        });
        let counting = counting.await?.into_iter().collect();
        // The last row of a channel and purpose stays.
        let bases = self.select(BASES, &[], |it| Ok((target(it, 0)?, it.text(2)?))).await?.into_iter().collect();
        Ok(Permissions { known, suppressed, held, counting, bases, stops: HashMap::new() })
    }

    /// The same, with what decides about confirmations.
    pub(super) async fn permissions_to_confirm(&mut self, contacts: &[ContactId]) -> Result<Permissions, LoadError> {
        let mut permissions = self.permissions(contacts).await?;
        let stops = self.select_of(STOPS, contacts, |it| {
            let stop = StopSaid { statement: it.int(1)?, sender: it.text(2)?, said_at: it.time(3)? };
            Ok(((it.contact_id(0)?, stop.statement.to_string()), stop))
        });
        permissions.stops = stops.await?.into_iter().collect();
        Ok(permissions)
    }
}

/// Reads channel and purpose from two columns.
pub(super) fn target(row: &dyn Row, column: usize) -> Result<Target, LoadError> {
    Ok((row.word(column, ConsentChannel::from_name)?, row.word(column + 1, ConsentPurpose::from_name)?))
}
