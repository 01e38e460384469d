//! `ferry suppress`: the list of people who are not written to.

use std::io::Read;

use anyhow::{Context, Result, bail};
use crm::{SuppressAction, SuppressionCounts};
use crossing::{Progress, SuppressInput, SuppressOutcome, column_of, rotate_suppression};
use results::SuppressResult;

use crate::cli::people::SuppressArgs;
use crate::exit::Exit;
use crate::output::{Output, print_message};
use plan::Plan;
use plan::{find_key, make_key};

/// What is said wherever plain digests come in or go out.
pub(crate) const SHA256_WARNING: &str = "warning: the plain SHA-256 of a phone number is reversed in seconds: treat this \
     list like a list of numbers";

/// Suppresses people, or undoes it. The change applies at once and to every later import; the contacts stay.
pub(crate) async fn suppress(args: &SuppressArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan.path())?;
    if args.rotate_keys {
        let outcome = rotate_suppression(&plan, progress).await?;
        return print(output, "rotate", "written again under the new key", outcome);
    }
    let (action, reason) = match (&args.remove, &args.reason) {
        (false, reason) => (SuppressAction::Add, reason.clone().unwrap_or_default()),
        (true, Some(reason)) if !reason.trim().is_empty() => (SuppressAction::Remove, reason.clone()),
        (true, _) => bail!("--remove needs a --reason, such as who asked for it and how"),
    };
    let key = match find_key(&plan)? {
        Some(found) => found.key,
        None => make_key(&plan)?.key,
    };
    let input = match args.sha256 {
        true => SuppressInput::digests(values(args)?)?,
        false => SuppressInput::people(values(args)?, &plan, &key)?,
    };
    if args.sha256 {
        print_message(SHA256_WARNING);
    }
    let outcome = crossing::suppress(&plan, &key, &input, (action, &reason), progress).await?;
    print(output, action.name(), if args.remove { "no longer suppressed" } else { "suppressed" }, outcome)
}

fn print(output: Output, action: &'static str, did: &str, outcome: SuppressOutcome) -> Result<Exit> {
    let SuppressOutcome { n_changed, n_in_database, counts } = outcome;
    let SuppressionCounts { suppressed, sha256_only, under_old_keys } = counts;
    let value = SuppressResult {
        action,
        changed: n_changed,
        suppressed,
        in_database: n_in_database,
        sha256_only,
        under_old_keys,
    };
    output.print(&value, || {
        let mut text = format!("{n_changed} {did}; the list holds {suppressed}\n");
        if sha256_only > 0 {
            text += &format!("{sha256_only} more known by the SHA-256 of others alone, until the number is seen\n");
        }
        if under_old_keys > 0 {
            text += &format!("{under_old_keys} under older keys, until the number is seen: keep all keys\n");
        }
        text
    })?;
    Ok(Exit::Done)
}

/// The values, each with its place in the input.
fn values(args: &SuppressArgs) -> Result<Vec<(String, String)>> {
    if !args.numbers.is_empty() {
        let numbered = (1..).zip(&args.numbers);
        return Ok(numbered.map(|(n, it)| (format!("number {n} of the command line"), it.clone())).collect());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("could not read standard input")?;
    let values = match &args.column {
        Some(column) => column_of(&text, column)?,
        None => (1..).zip(text.lines().map(str::to_owned)).collect(),
    };
    let filled = values.into_iter().filter(|it| !it.1.trim().is_empty());
    Ok(filled.map(|(n, it)| (format!("line {n} of standard input"), it.trim().to_owned())).collect())
}
