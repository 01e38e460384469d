//! Finds the one person that a command names.

use anyhow::{Result, bail};
use crm::Crm;
use model::{ContactId, ContactKey};
use phone::PhoneNumber;
use plan::Plan;

/// The phone that a command names, if it names one.
pub fn phone(plan: &Plan, query: &str) -> Option<PhoneNumber> {
    clean::phone(query.trim(), plan.default_region()).ok().map(|it| it.0.number)
}

/// Finds a contact by its phone, its id or another identity. A phone that the database does not have names the contact that
/// it will be: statements about it can be in the ledger already.
pub async fn found(plan: &Plan, crm: &Crm, key: &ContactKey, query: &str) -> Result<ContactId> {
    let query = query.trim();
    let owner = async |id| anyhow::Ok(crm.known_statements(&[id]).await?.owner(id));
    if let Some(id) = ContactId::from_hex(query) {
        return owner(id).await;
    }
    let phone = phone(plan, query);
    let text = phone.map_or_else(|| query.to_owned(), |it| it.to_string());
    match (crm.find(&text).await?.as_slice(), phone) {
        ([id], _) => Ok(*id),
        ([], Some(phone)) => owner(key.of_phone(phone)).await,
        ([], None) => bail!("no contact has that phone number or id"),
        (several, _) => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            bail!("several contacts match; name one of {}", ids.join(" "))
        }
    }
}
