//! What keeps a person out of messages, whatever consent counts.

use anyhow::Result;
use crm::{Crm, Hold, Suppressee};
use model::ContactId;
use phone::PhoneNumber;

/// What keeps a person out, beside consent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptOut {
    /// None if that is not known: without the number of a person, a digest that others have made of it matches nothing.
    pub(crate) is_suppressed: Option<bool>,
    /// The number may belong to another person now.
    pub(crate) hold: Option<Hold>,
}

impl KeptOut {
    /// Looks for a contact on the suppression list and among the contacts that are held. The list may know the `phone` of a
    /// person who is in no export yet: of them, only the keys can tell.
    pub(crate) async fn of(crm: &Crm, contact: ContactId, phone: Option<PhoneNumber>) -> Result<Self> {
        let is_suppressed = match crm.known_statements(&[contact]).await?.is_contact(contact) {
            true => Some(crm.suppressed().await?.contains(&contact)),
            false => match crm.is_suppressed(Suppressee { contact, phone }).await? {
                false if phone.is_none() && crm.suppression_counts().await?.sha256_only > 0 => None,
                is_suppressed => Some(is_suppressed),
            },
        };
        Ok(Self { is_suppressed, hold: crm.hold(contact).await? })
    }

    pub(crate) fn is_held(&self) -> bool {
        self.hold.is_some()
    }

    /// Whether nothing may be sent to the person, as far as that is known.
    pub(crate) fn is_kept_out(&self) -> bool {
        self.is_suppressed == Some(true) || self.is_held()
    }

    /// A line for each; empty if nothing keeps the person out.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match self.is_suppressed {
            Some(true) => text += "suppressed: whatever counts, nobody writes to this person\n",
            Some(false) => {}
            None => {
                text += "whether the person is suppressed is not known: the database does not have the number, and the list has \
                         entries by the SHA-256 of others\n";
            }
        }
        if let Some(hold) = self.hold {
            text += &format!(
                "held since {}: {}; whatever counts, nobody writes to this person until `ferry identity acknowledge`\n",
                hold.since.strftime("%F"),
                hold.reason.describe()
            );
        }
        text
    }
}
