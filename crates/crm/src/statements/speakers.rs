//! The identity that said a statement, where that is not the contact's own.

use std::borrow::Cow;

use model::{Contact, IdentityKind, Personal, Statement, identity_name};

/// The name of a phone number.
pub(crate) fn phone_name(e164: &str) -> String {
    identity_name(IdentityKind::Phone.name(), "", e164)
}

/// The name under which an identity is compared: a WhatsApp id is a phone number.
pub(crate) fn comparable(name: &str) -> Cow<'_, str> {
    match name.splitn(3, ':').collect::<Vec<_>>()[..] {
        [kind, _, digits] if kind == IdentityKind::WaId.name() => phone_name(&format!("+{digits}")).into(),
        _ => name.into(),
    }
}

/// The name by which a contact speaks: its phone, else its first other identity.
pub(crate) fn speaker(contact: &Contact) -> Option<String> {
    let phone = contact.phone.map(|it| phone_name(&it.to_string()));
    let other = || contact.identities.first().map(|it| identity_name(it.kind.name(), &it.scope, &it.value.0));
    phone.or_else(other)
}

/// Names who said the statements that name nobody, because they go to another contact.
pub(crate) fn name_speaker<'a>(said: impl IntoIterator<Item = &'a mut Statement>, speaker: Option<&str>) {
    let Some(speaker) = speaker else { return };
    for said in said {
        said.record.get_or_insert_default().identity.get_or_insert_with(|| Personal(speaker.to_owned()));
    }
}
