//! What deliveries and messages prove about registration.

use jiff::{SignedDuration, Timestamp};
use model::{Evidence, PASSIVE, PassiveSign, WaId};

use crate::stored::StoredEvent;

/// What an event proves about the registration of its contact at WhatsApp; none if it proves nothing, or is not signed.
pub fn evidence_of(stored: &StoredEvent) -> Option<Evidence> {
    let contact_id = stored.contact.filter(|_| stored.is_signed)?;
    let (sign, person) = PassiveSign::of(&stored.event)?;
    let (answer, raw) = sign.says()?;
    Some(Evidence {
        contact_id,
        method: PASSIVE.into(),
        variant: None,
        checked_at: moment(sign, stored.at())?,
        expires_at: None,
        answer,
        price_micros: 0,
        wa_id: person.wa_id.clone().filter(|_| sign != PassiveSign::IdentityChanged).map(WaId),
        raw_status: Some(raw.into()),
    })
}

/// The moment of evidence. Platforms tell whole seconds, and evidence is told apart by its moment. So the sign stands in the
/// microseconds: two signs of one second are two pieces of evidence, whichever comes first. A change of identity is the last,
/// because what else was seen in its second may be about the owner before.
fn moment(sign: PassiveSign, at: Timestamp) -> Option<Timestamp> {
    let place = match sign {
        PassiveSign::Failed(_) => 1,
        PassiveSign::Delivered => 2,
        PassiveSign::Read | PassiveSign::Played => 3,
        PassiveSign::Inbound => 4,
        PassiveSign::IdentityChanged => 5,
    };
    at.saturating_add(SignedDuration::from_micros(place)).ok()
}
