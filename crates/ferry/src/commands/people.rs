//! Decisions of people about identities: `merge`, `unmerge`, `share`.

use anyhow::{Result, bail};
use crm::Crm;
use model::{ContactId, IdentityDecision};
use results::{MergeResult, ShareResult, UnmergeResult};

use crate::cli::people::{MergeArgs, ShareArgs, UnmergeArgs};
use crate::exit::Exit;
use crate::output::Output;
use plan::Plan;
use plan::contact_key;

pub(crate) async fn merge(args: &MergeArgs, output: Output) -> Result<Exit> {
    let (plan, crm) = open(&args.plan).await?;
    let (survivor, other) = (found(&plan, &crm, &args.survivor).await?, found(&plan, &crm, &args.other).await?);
    let merged = crm.merge(survivor, other).await??;
    crm.close().await;
    let value = MergeResult { survivor: survivor.to_string(), merged: other.to_string(), rows: merged.n_rows };
    output.print(&value, || {
        format!(
            "{other} was merged into {survivor}, which now has {} source rows; later runs keep the merge\n\
             to undo this: ferry unmerge {survivor} {other}\n",
            merged.n_rows
        )
    })?;
    Ok(Exit::Done)
}

pub(crate) async fn unmerge(args: &UnmergeArgs, output: Output) -> Result<Exit> {
    let (plan, crm) = open(&args.plan).await?;
    let (survivor, other) = merged_pair(&plan, &crm, &args.survivor, &args.other).await?;
    crm.unmerge(survivor, other, args.never).await??;
    crm.close().await;
    let value = UnmergeResult { contacts: [survivor.to_string(), other.to_string()], never: args.never };
    output.print(&value, || match args.never {
        true => format!("{survivor} and {other} are two people and will not be merged\n"),
        false => format!("{survivor} and {other} are two people again\n"),
    })?;
    Ok(Exit::Done)
}

pub(crate) async fn share(args: &ShareArgs, output: Output) -> Result<Exit> {
    let (plan, crm) = open(&args.plan).await?;
    let contact = found(&plan, &crm, &args.contact).await?;
    crm.share(contact, !args.undo).await??;
    crm.close().await;
    output.print(&ShareResult { contact: contact.to_string(), shared: !args.undo }, || match args.undo {
        true => format!("the phone of {contact} belongs to one person\n"),
        false => format!("several people use the phone of {contact}: it links no contacts from the next run on\n"),
    })?;
    Ok(Exit::Done)
}

/// Opens the database of a plan to write to it, with the keys of its suppression list: who comes back by the undoing of a
/// merge is looked for in it.
pub(crate) async fn open(plan: &std::path::Path) -> Result<(Plan, Crm)> {
    let plan = Plan::read(plan)?;
    let Some(looked) = Crm::look(&plan.crm_url()?).await? else {
        bail!("there is no CRM database yet: start with `ferry run`");
    };
    looked.close().await;
    let crm = crossing::open_crm(&plan).await?;
    crm.check_key(&contact_key(&plan)?.id()).await?;
    Ok((plan, crm))
}

/// The two contacts of a merge, each named by a phone number or an id. The number of a contact that was merged now
/// belongs to the other, but its id follows from it.
async fn merged_pair(plan: &Plan, crm: &Crm, one: &str, other: &str) -> Result<(ContactId, ContactId)> {
    let named = [one, other].map(|it| own_id(plan, it));
    let key_ids = match named {
        [Ok(Some(one)), Ok(Some(other))] => Some((one, other)),
        _ => None,
    };
    let is_decided = |one, other| {
        move |it: &IdentityDecision| match it {
            IdentityDecision::SamePerson { survivor, absorbed } => {
                [(one, other), (other, one)].contains(&(*survivor, *absorbed))
            }
            _ => false,
        }
    };
    if let Some((one, other)) = key_ids
        && crm.decisions().await?.iter().any(is_decided(one, other))
    {
        return Ok((one, other));
    }
    Ok((found(plan, crm, one).await?, found(plan, crm, other).await?))
}

/// The id that a contact has by itself: the one that is named, or that of a phone number.
fn own_id(plan: &Plan, query: &str) -> Result<Option<ContactId>> {
    if let Some(id) = ContactId::from_hex(query.trim()) {
        return Ok(Some(id));
    }
    let Ok((phone, _)) = clean::phone(query, plan.default_region()) else { return Ok(None) };
    Ok(Some(contact_key(plan)?.of_phone(phone.number)))
}

/// The one contact that matches the query.
pub(crate) async fn found(plan: &Plan, crm: &Crm, query: &str) -> Result<ContactId> {
    let query = query.trim();
    if let Some(id) = ContactId::from_hex(query) {
        return Ok(id);
    }
    let phone = clean::phone(query, plan.default_region()).map(|it| it.0.number.to_string());
    match crm.find(phone.as_deref().unwrap_or(query)).await?.as_slice() {
        [id] => Ok(*id),
        [] => bail!("no contact has that phone number or id"),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            bail!("several contacts match; name one of {}", ids.join(" "))
        }
    }
}
