use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use model::ContactId;

use crate::cli::SuppressArgs;
use crate::commands::Output;
use crate::exit::Exit;
use crate::key::contact_key;
use crate::plan::Plan;

/// Adds people to the list of those who must not come back, as keyed digests of their numbers.
pub(crate) fn suppress(args: &SuppressArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.plan)?;
    let Some(path) = plan.clean.suppression.as_ref().map(|it| plan.folder().join(it)) else {
        bail!("the plan names no list: add suppression = \"suppressed.txt\" to its [clean]");
    };
    let key = contact_key(&plan, false)?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("could not read the numbers from standard input")?;
    let known = plan.suppressed()?;
    let mut added: Vec<ContactId> = Vec::new();
    for (line, number) in (1..).zip(text.lines()).filter(|it| !it.1.trim().is_empty()) {
        let Ok((phone, _)) = clean::phone(number, plan.run.default_region) else {
            bail!("line {line} of standard input is no phone number; nothing was added");
        };
        let id = key.of_phone(phone.number);
        if !known.contains(&id) && !added.contains(&id) {
            added.push(id);
        }
    }
    let failed = || format!("could not write {}", path.display());
    let before = if path.exists() { std::fs::read_to_string(&path).with_context(failed)? } else { String::new() };
    let lines: String = added.iter().map(|it| format!("{it}\n")).collect();
    let mut file = run::ArtifactWriter::create(&path)?;
    let separator = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{before}{separator}{lines}").as_bytes()).with_context(failed)?;
    file.publish(0)?;
    let n_known = known.len() + added.len();
    output.print(&serde_json::json!({ "added": added.len(), "suppressed": n_known }), || {
        format!("{} added; the list holds {n_known}\n", added.len())
    })?;
    Ok(Exit::Done)
}
