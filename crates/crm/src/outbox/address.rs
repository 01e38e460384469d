//! The address at which a person is written to on WhatsApp now, and what else a sender asks about them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConsentChannel, ContactId, IdentityKind};

use crate::LoadError;
use crate::sql::Tx;

const CONTACTS: &str = "select contact_id, e164, region, line_type from contact";
/// Events of few contacts change an identity.
const WITH_WORDS: &str = "select contact_id from identity_word";
const IDENTITIES: &str = "select contact_id, kind, value, since from identity_now";
const CONVERSATIONS: &str = "select contact_id, sender, last_inbound_at, channel from conversation";

/// Where a person is written to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressed {
    /// The phone number in E.164 form, or else a user id of the platform. None if the person has neither.
    pub address: Option<String>,
    pub region: Option<String>,
    pub line_type: Option<String>,
    /// When the person last wrote to the number that sends, or called it.
    pub last_inbound_at: Option<Timestamp>,
}

impl Tx {
    /// Reads where these contacts are written to now.
    pub(crate) async fn addressed(
        &mut self,
        contacts: &[ContactId],
        sender: &str,
    ) -> Result<HashMap<ContactId, Addressed>, LoadError> {
        if contacts.is_empty() {
            return Ok(HashMap::new());
        }
        let read = |it: &dyn crate::sql::Row| {
            let of = Addressed {
                address: it.opt_text(1)?,
                region: it.opt_text(2)?,
                line_type: it.opt_text(3)?,
                last_inbound_at: None,
            };
            Ok((it.contact_id(0)?, of))
        };
        let mut found: HashMap<ContactId, Addressed> =
            self.select_of(CONTACTS, contacts, read).await?.into_iter().collect();
        self.change_addresses(contacts, &mut found).await?;
        let sender = sender.to_owned();
        let conversations = self.select_of(CONVERSATIONS, contacts, |it| {
            Ok((it.contact_id(0)?, it.text(1)?, it.opt_time(2)?, it.word(3, ConsentChannel::from_name)?))
        });
        for (contact, of, at, channel) in conversations.await? {
            if let (true, Some(known)) = (of == sender && channel == ConsentChannel::Whatsapp, found.get_mut(&contact))
            {
                known.last_inbound_at = known.last_inbound_at.max(at);
            }
        }
        Ok(found)
    }

    /// Takes the number that a person has now, where events have changed it or the person has no phone.
    async fn change_addresses(
        &mut self,
        contacts: &[ContactId],
        found: &mut HashMap<ContactId, Addressed>,
    ) -> Result<(), LoadError> {
        let told = self.select_of(WITH_WORDS, contacts, |it| it.contact_id(0)).await?;
        let mut others: HashSet<ContactId> = told.into_iter().collect();
        others.extend(found.iter().filter(|it| it.1.address.is_none()).map(|it| *it.0));
        let others: Vec<ContactId> = others.into_iter().collect();
        if others.is_empty() {
            return Ok(());
        }
        let rows = self.select_of(IDENTITIES, &others, |it| {
            Ok((it.contact_id(0)?, it.word(1, IdentityKind::from_name)?, it.text(2)?, it.opt_time(3)?))
        });
        let mut of: HashMap<ContactId, Vec<(IdentityKind, String, Option<Timestamp>)>> = HashMap::new();
        for (contact, kind, value, since) in rows.await? {
            of.entry(contact).or_default().push((kind, value, since));
        }
        for contact in others {
            if let Some(known) = found.get_mut(&contact) {
                known.address = address_of(known.address.take(), of.remove(&contact).unwrap_or_default());
            }
        }
        Ok(())
    }
}

/// The number that the person had first, if it is still theirs; else the latest one, else the latest user id.
fn address_of(first: Option<String>, now: Vec<(IdentityKind, String, Option<Timestamp>)>) -> Option<String> {
    let latest = |kind| {
        let of_kind = now.iter().filter(|it| it.0 == kind);
        of_kind.max_by(|a, b| (a.2, &a.1).cmp(&(b.2, &b.1))).map(|it| it.1.clone())
    };
    let has_first = first.as_ref().is_some_and(|it| now.iter().any(|has| &has.1 == it));
    match has_first {
        true => first,
        false => latest(IdentityKind::Phone).or_else(|| latest(IdentityKind::Bsuid)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_written_to_at_the_first_number_that_is_still_theirs() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let phone = |value: &str, since| (IdentityKind::Phone, value.to_owned(), at(since));
        let user = (IdentityKind::Bsuid, "FR.1".to_owned(), at(9));
        let first = || Some("+33199000001".to_owned());
        let of = |first, now| address_of(first, now).unwrap_or_default();
        assert_eq!(of(first(), vec![phone("+33199000001", 1), phone("+33199000002", 5)]), "+33199000001");
        assert_eq!(of(first(), vec![phone("+33199000003", 2), phone("+33199000002", 5), user.clone()]), "+33199000002");
        assert_eq!(of(first(), vec![user.clone()]), "FR.1");
        assert_eq!(of(None, vec![user]), "FR.1");
        assert_eq!(of(first(), Vec::new()), "");
    }
}
