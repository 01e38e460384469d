//! Identities with their history: `identity show` and `identity acknowledge`.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use crm::{Acknowledged, Crm};
use jiff::Timestamp;
use model::ContactId;
use plan::Plan;
use results::{AcknowledgeResult, IdentityResult, PersonIdentities};

use crate::cli::identity::{AcknowledgeArgs, IdentityCommand, ShowIdentityArgs};
use crate::commands::people::{found, open};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn run(command: &IdentityCommand, output: Output) -> Result<Exit> {
    match command {
        IdentityCommand::Show(args) => show(args, output).await,
        IdentityCommand::Acknowledge(args) => acknowledge(args, output).await,
    }
}

async fn show(args: &ShowIdentityArgs, output: Output) -> Result<Exit> {
    let (plan, crm) = open(&args.plan).await?;
    let ids = everyone(&plan, &crm, args.identity.trim()).await?;
    if ids.is_empty() {
        bail!("nobody has or had that phone number or id");
    }
    let (mut people, mut text) = (Vec::new(), String::new());
    for id in ids {
        let history = crm.identity_history(id).await?;
        text += &run_text::identity::person(id, &history);
        people.push(PersonIdentities::of(id, &history));
    }
    crm.close().await;
    output.print(&IdentityResult { people }, || text)?;
    Ok(Exit::Done)
}

async fn acknowledge(args: &AcknowledgeArgs, output: Output) -> Result<Exit> {
    let (plan, crm) = open(&args.plan).await?;
    let contact = found(&plan, &crm, &args.contact).await?;
    if let Ok((read, _)) = clean::phone(args.contact.trim(), plan.default_region())
        && let Some(left_at) = crm.number_left(contact, &read.number.to_string()).await?
    {
        bail!(
            "the contact has another number since {}: whoever has this one now may be another person. Name the contact by \
             its new number or by its id, {contact}; ferry identity show {contact} shows all that is known",
            left_at.strftime("%F")
        );
    }
    let note = args.note.as_deref().unwrap_or_default();
    let done = crm.acknowledge(contact, &args.by, note, Timestamp::now()).await?;
    crm.close().await;
    let (hold, text) = match done {
        Acknowledged::Released(hold) => {
            (Some(hold), format!("{contact} is not held any longer; it was, because {}\n", hold.reason.describe()))
        }
        Acknowledged::NotHeld => (None, format!("{contact} was not held: nothing changed\n")),
        Acknowledged::Shared(hold) => (Some(hold), format!("{contact} stays held: {}\n", hold.reason.describe())),
        Acknowledged::InFuture(hold) => (
            Some(hold),
            format!("{contact} stays held: {} at {}, which is still to come\n", hold.reason.describe(), hold.since),
        ),
    };
    let is_held = matches!(done, Acknowledged::InFuture(_) | Acknowledged::Shared(_));
    let reason = hold.map(|it| it.reason.name());
    let value = AcknowledgeResult { contact_id: contact.to_string(), was_held: hold.is_some(), held: is_held, reason };
    output.print(&value, || text)?;
    Ok(if is_held { Exit::Failed } else { Exit::Done })
}

/// All contacts that have or had the identity. A contact that was merged into another is shown as that one.
async fn everyone(plan: &Plan, crm: &Crm, query: &str) -> Result<BTreeSet<ContactId>> {
    let decisions: clean::Decisions = crm.decisions().await?.into_iter().collect();
    let mut ids = Vec::new();
    if let Some(id) = ContactId::from_hex(query) {
        ids.push(id);
    } else {
        let phone = clean::phone(query, plan.default_region()).ok().map(|it| it.0.number);
        let value = phone.map_or_else(|| query.to_owned(), |it| it.to_string());
        ids.extend(crm.find(&value).await?);
        ids.extend(crm.find_by_event(&value).await?);
        if let Some(phone) = phone {
            ids.extend(crm.find_by_event(&phone.digits().to_string()).await?);
        }
    }
    Ok(ids.into_iter().map(|it| decisions.survivor(it)).collect())
}
