//! Merges contacts whose numbers are two spellings of one, where WhatsApp knows both as one account.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use load::Crm;
use model::{ContactId, PhoneNumber, Region, Standing};

use crate::progress::grouped;
use crate::session::Session;

/// Where mobile numbers have two spellings: see [`PhoneNumber::variants`].
const COUNTRIES: [&str; 3] = ["BR", "MX", "AR"];

/// Looks for both spellings of a number among the contacts, and merges those of whom the same WhatsApp id was told.
/// Without that two people may have them.
pub(crate) async fn merge(session: &Session, crm: &Crm) -> Result<()> {
    if !crm.has_evidence().await? {
        return Ok(());
    }
    let mut n_merged = 0;
    for region in COUNTRIES.into_iter().filter_map(Region::from_code) {
        let contacts: HashMap<PhoneNumber, ContactId> =
            crm.phones_in(region).await?.into_iter().map(|(id, phone)| (phone, id)).collect();
        for (phone, survivor) in &contacts {
            let variants = phone.variants();
            // The likelier spelling stays, so that each pair comes up once.
            let [likelier, other] = variants.as_slice() else { continue };
            let Some(absorbed) = contacts.get(other).filter(|_| phone == likelier) else { continue };
            if is_one_account(crm, *survivor, *absorbed).await? && crm.merge(*survivor, *absorbed).await?.is_ok() {
                n_merged += 1;
            }
        }
    }
    if n_merged > 0 {
        let text =
            format!("{} contacts merged: WhatsApp has both spellings of their numbers as one", grouped(n_merged));
        session.progress.say("verify", &text);
    }
    Ok(())
}

async fn is_one_account(crm: &Crm, one: ContactId, other: ContactId) -> Result<bool> {
    let now = Timestamp::now();
    let (one, other) = (crm.evidence_of(one).await?, crm.evidence_of(other).await?);
    let wa_id = |evidence: &[_]| Standing::of(evidence, now).and_then(|it| it.wa_id);
    Ok(wa_id(&one).is_some_and(|it| Some(it) == wa_id(&other)))
}
