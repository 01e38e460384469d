//! The ids by which an event names a person, as identities.

use model::{ContactKey, Event, EventContent, Identity, IdentityKind, PersonIds, Personal, identity_name};
use phone::PhoneNumber;

use crate::contact::Merges;
use crate::inbox::tables::column_text;
use crate::statements::phone_name;

/// The identities that the ids of a person name, in the order in which they are believed.
#[derive(Default)]
pub(super) struct Ids {
    /// The spellings of the number, that of the event first.
    pub(super) spellings: Vec<PhoneNumber>,
    /// The number as phone and as id of WhatsApp, in all spellings.
    pub(super) numbers: Vec<Identity>,
    /// The ids that the platform has for the business.
    pub(super) scoped: Vec<Identity>,
    /// A user name is one of all of WhatsApp. It can pass to somebody else, so it is believed last.
    pub(super) username: Option<Identity>,
}

impl Ids {
    pub(super) fn of(account: &str, ids: &PersonIds) -> Self {
        let identity = |kind, scope: &str, value: &Option<Personal<String>>| {
            let value = value.clone().filter(|it| !it.0.is_empty() && !it.0.contains('\0'))?;
            Some(Identity { kind, scope: scope.to_owned(), value })
        };
        let scope = column_text(account);
        let bsuids = [&ids.user_id, &ids.parent_user_id].map(|it| identity(IdentityKind::Bsuid, &scope, it));
        let mut named = Self {
            scoped: bsuids.into_iter().flatten().collect(),
            username: identity(IdentityKind::Username, "", &ids.username),
            ..Self::default()
        };
        if let Some(number) = ids.wa_id.as_ref().and_then(|it| number_of(&it.0)) {
            named.spellings = vec![number];
            named.spellings.extend(number.variants().into_iter().filter(|it| *it != number));
            named.numbers = named.spellings.iter().flat_map(|it| phone_and_wa_id(*it)).collect();
        }
        named
    }

    /// The name of the identity that spoke: the number if there is one, in the spelling of somebody who was merged.
    pub(super) fn speaker(&self, key: &ContactKey, survivors: &Merges) -> Option<String> {
        let is_merged = |it: &&PhoneNumber| survivors.survivor(key.of_phone(**it)).is_some();
        if let Some(number) = self.spellings.iter().find(is_merged).or(self.spellings.first()) {
            return Some(phone_name(&number.to_string()));
        }
        let spoke = self.scoped.iter().chain(&self.username).next()?;
        Some(identity_name(spoke.kind.name(), &spoke.scope, &column_text(&spoke.value.0)))
    }

    pub(super) fn all(self) -> impl Iterator<Item = Identity> {
        self.numbers.into_iter().chain(self.scoped).chain(self.username)
    }
}

pub(super) fn phone_and_wa_id(number: PhoneNumber) -> [Identity; 2] {
    let of = |kind, value| Identity { kind, scope: String::new(), value: Personal(value) };
    [of(IdentityKind::Phone, number.to_string()), of(IdentityKind::WaId, number.digits().to_string())]
}

/// Reads `33199000001`, `+33199000001` and `whatsapp:+33199000001`. Nothing but digits is a number: an id of another kind has
/// digits as well.
fn number_of(wa_id: &str) -> Option<PhoneNumber> {
    const FEWEST_DIGITS: usize = 7;
    let text = wa_id.strip_prefix("whatsapp:").unwrap_or(wa_id);
    let digits = text.strip_prefix('+').unwrap_or(text);
    PhoneNumber::from_e164(&format!("+{digits}")).filter(|_| digits.len() >= FEWEST_DIGITS)
}

/// The ids of the person whom an event is about, those before a change first; none if it is about nobody.
pub(super) fn ids_of(event: &Event) -> Vec<Ids> {
    let ids = match &event.content {
        EventContent::Status(it) => vec![&it.person],
        EventContent::Message(it) => vec![&it.person],
        EventContent::Preference(it) => vec![&it.person],
        EventContent::Identity(it) => vec![&it.before, &it.person],
        EventContent::Call(it) => vec![&it.person],
        EventContent::Other(it) if !it.person.is_empty() => vec![&it.person],
        EventContent::Template(_) | EventContent::Number(_) | EventContent::Account(_) | EventContent::Other(_) => {
            vec![]
        }
    };
    ids.into_iter().map(|it| Ids::of(&event.account, it)).collect()
}

/// Whether an event names a business-scoped id. Only such an event can say that two are one.
pub(super) fn has_scoped_id(event: &Event) -> bool {
    ids_of(event).iter().any(|it| !it.scoped.is_empty())
}
