use std::collections::HashSet;
use std::io::Read;

use anyhow::{Context, Result, bail};
use crm::{Crm, SuppressAction};
use jiff::Timestamp;
use model::ContactId;
use results::SuppressResult;

use crate::cli::SuppressArgs;
use crate::exit::Exit;
use crate::output::Output;
use plan::Plan;
use plan::{find_key, make_key};

/// Suppresses people, or undoes it. The change applies at once and to every later import; the contacts stay.
pub(crate) async fn suppress(args: &SuppressArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan.path())?;
    let (action, reason) = match (&args.remove, &args.reason) {
        (false, reason) => (SuppressAction::Add, reason.clone().unwrap_or_default()),
        (true, Some(reason)) if !reason.trim().is_empty() => (SuppressAction::Remove, reason.clone()),
        (true, _) => bail!("--remove needs a --reason, such as who asked for it and how"),
    };
    let key = match find_key(&plan)? {
        Some(found) => found.key,
        None => make_key(&plan)?.key,
    };
    let mut contacts = Vec::new();
    for (line, number) in numbers(args)? {
        let id = match ContactId::from_hex(&number) {
            Some(id) => id,
            None => match clean::phone(&number, plan.default_region()) {
                Ok((phone, _)) => key.of_phone(phone.number),
                Err(reason) => {
                    bail!(
                        "{line} is neither a phone number nor a contact id: {}; nothing was changed",
                        reason.describe()
                    )
                }
            },
        };
        contacts.push(id);
    }
    let crm = Crm::open(&plan.crm_url()?).await.context("could not open the CRM database")?;
    crm.claim_key(&key.id()).await?;
    // A number that was merged into another contact suppresses that contact.
    let decisions: clean::Decisions = crm.decisions().await?.into_iter().collect();
    let all: HashSet<ContactId> = contacts.iter().flat_map(|it| [*it, decisions.survivor(*it)]).collect();
    let all: Vec<ContactId> = all.into_iter().collect();
    let changed = crm.suppress(&all, action, &reason, Timestamp::now()).await?;
    let n_changed = contacts.iter().collect::<HashSet<_>>().into_iter().filter(|it| changed.contains(it)).count();
    let n_suppressed = crm.suppressed().await?.len();
    let n_loaded = crm.held(&all).await?.len();
    crm.close().await;
    let value =
        SuppressResult { action: action.name(), changed: n_changed, suppressed: n_suppressed, in_database: n_loaded };
    output.print(&value, || {
        let did = if args.remove { "no longer suppressed" } else { "suppressed" };
        format!("{n_changed} {did}; the list holds {n_suppressed}\n")
    })?;
    Ok(Exit::Done)
}

/// The numbers, each with its place in the input.
fn numbers(args: &SuppressArgs) -> Result<Vec<(String, String)>> {
    if !args.numbers.is_empty() {
        let numbered = (1..).zip(&args.numbers);
        return Ok(numbered.map(|(n, it)| (format!("number {n} of the command line"), it.clone())).collect());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("could not read the numbers from standard input")?;
    let lines = (1..).zip(text.lines()).filter(|it| !it.1.trim().is_empty());
    Ok(lines.map(|(n, it)| (format!("line {n} of standard input"), it.trim().to_owned())).collect())
}
