//! `ferry key`: the contact key of a plan.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use crm::Crm;
use model::ContactKey;
use plan::{FoundKey, KeyPlace, Plan, contact_key, find_key, import_key};
use results::{KeyCheck, KeyExport, KeyResult};

use crate::cli::PlanArgs;
use crate::cli::crm::KeyCommand;
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

pub(crate) async fn run(command: &KeyCommand, output: Output) -> Result<Exit> {
    match command {
        KeyCommand::Show(args) => show(args, output),
        KeyCommand::Export(args) => export(args, output),
        KeyCommand::Import { plan, file } => import(plan, file, output),
        KeyCommand::Check(args) => check(args, output).await,
    }
}

fn show(args: &PlanArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    let Some(FoundKey { key, place, .. }) = find_key(&plan)? else {
        let none = KeyResult { key_id: None, place: None };
        output.print(&none, || "there is no contact key yet: `ferry run` makes one\n".to_owned())?;
        return Ok(Exit::Failed);
    };
    output.print(&result(&key, &place), || {
        format!("contact key {} in {}\nkeep a copy in a safe place: `ferry key export`\n", key.id(), shown(&place))
    })?;
    Ok(Exit::Done)
}

fn result(key: &ContactKey, place: &KeyPlace) -> KeyResult {
    KeyResult { key_id: Some(key.id()), place: Some(shown(place)) }
}

fn shown(place: &KeyPlace) -> String {
    match place {
        KeyPlace::Environment(name) => format!("the environment variable {name}"),
        KeyPlace::File(path) => text::path(path),
    }
}

fn export(args: &PlanArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    let Some(found) = find_key(&plan)? else { bail!("there is no contact key yet: `ferry run` makes one") };
    let value = KeyExport { key_id: found.key.id(), key: found.reveal() };
    output.print(&value, || format!("{}\n", found.reveal()))?;
    Ok(Exit::Done)
}

fn import(args: &PlanArgs, file: &Path, output: Output) -> Result<Exit> {
    /// A key has 64 digits.
    const MOST_BYTES: u64 = 1024;
    let plan = Plan::read(&args.plan)?;
    let mut text = String::new();
    let failed = || format!("could not read {}", file.display());
    match file.to_str() {
        Some("-") => std::io::stdin().take(MOST_BYTES).read_to_string(&mut text),
        _ => std::fs::File::open(file).with_context(failed)?.take(MOST_BYTES).read_to_string(&mut text),
    }
    .with_context(failed)?;
    let FoundKey { key, place, .. } = import_key(&plan, &text)?;
    output.print(&result(&key, &place), || format!("contact key {} is in {}\n", key.id(), shown(&place)))?;
    Ok(Exit::Done)
}

async fn check(args: &PlanArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    let key: ContactKey = contact_key(&plan)?;
    let known = match Crm::look(&plan.crm_url()?).await? {
        Some(crm) => crm.known_key().await?,
        None => None,
    };
    let is_same = known.as_ref().is_none_or(|it| *it == key.id());
    let value = KeyCheck { key_id: key.id(), database: known.as_deref(), same: is_same };
    output.print(&value, || match &known {
        None => format!("contact key {}; the database has none yet\n", key.id()),
        Some(_) if is_same => format!("contact key {} is the one of the database\n", key.id()),
        Some(known) => format!("contact key {} is not the one of the database, which has {known}\n", key.id()),
    })?;
    Ok(if is_same { Exit::Done } else { Exit::Failed })
}
