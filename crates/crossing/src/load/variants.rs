//! Merges contacts whose numbers are two variants of one number, if WhatsApp knows both as one account.

use std::collections::HashMap;

use anyhow::Result;
use crm::Crm;
use jiff::Timestamp;
use model::{ContactId, Registration, WaId};
use phone::PhoneNumber;

use crate::open_run::OpenRun;
use crate::progress::Note;

/// Limits the search to country codes with number variants: Mexico, Argentina and Brazil, and hardly any others lie
/// between these. See [`PhoneNumber::variants`].
const WITH_VARIANTS: [&str; 2] = ["+52", "+56"];

/// Merges contacts with both variants of a number if WhatsApp gave both the same id. Without that id, the two numbers
/// may belong to two people.
pub(crate) async fn merge(run: &OpenRun, crm: &Crm) -> Result<()> {
    if !crm.has_evidence().await? {
        return Ok(());
    }
    let mut n_merged = 0;
    let [start, end] = WITH_VARIANTS;
    let contacts = crm.phones_between(start, end).await?;
    let contacts: HashMap<PhoneNumber, ContactId> = contacts.into_iter().map(|(id, phone)| (phone, id)).collect();
    for (phone, survivor) in &contacts {
        let variants = phone.variants();
        // The likelier variant is kept, so each pair is merged once.
        let [likelier, other] = variants.as_slice() else { continue };
        let Some(absorbed) = contacts.get(other).filter(|_| phone == likelier) else { continue };
        if is_one_account(crm, *survivor, *absorbed).await? && crm.merge(*survivor, *absorbed).await?.is_ok() {
            n_merged += 1;
        }
    }
    if n_merged > 0 {
        run.progress.note(Note::SpellingsMerged { n_contacts: n_merged });
    }
    Ok(())
}

async fn is_one_account(crm: &Crm, one: ContactId, other: ContactId) -> Result<bool> {
    let one = whatsapp_id(crm, one).await?;
    Ok(one.is_some() && one == whatsapp_id(crm, other).await?)
}

async fn whatsapp_id(crm: &Crm, id: ContactId) -> Result<Option<WaId>> {
    let registration = Registration::of(&crm.evidence_of(id).await?, Timestamp::now());
    Ok(registration.and_then(|it| it.wa_id))
}
