//! `ferry events dead`, `retry` and `drop`: parts of bodies that could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::{Result, bail};
use crm::{Crm, DeadLetter, DeadLetterState, Inbox};
use crossing::{Progress, look_at_ledger, open_ledger};
use model::{counted, grouped, printable};
use plan::Plan;
use results::{DeadLetters, DropResult, RetryResult, ShownDeadLetter};
use serve::Wire;

/// The letters that are read at once.
const PAGE: u32 = 500;

/// Lists the open dead letters, or all.
pub async fn dead(plan: &Plan, with_settled: bool) -> Result<(DeadLetters, String)> {
    let (crm, _) = look_at_ledger(plan).await?;
    let mut letters = all(&crm).await?;
    crm.close().await;
    letters.retain(|it| with_settled || it.state == DeadLetterState::Open);
    let mut text = String::new();
    for it in &letters {
        let place = if it.place.is_empty() { "the whole body" } else { &it.place };
        let state = if it.state == DeadLetterState::Open { "" } else { it.state.name() };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:>6}  {}  {}  body {}  {}: {}  {state}",
            it.number,
            it.received_at.strftime("%FT%TZ"),
            printable(&it.webhook),
            it.body_id,
            printable(place),
            printable(&it.reason)
        );
    }
    match letters.is_empty() {
        true => text += "everything that came in could be read\n",
        false => {
            text += "after an update of Ferry: ferry events retry; if they say nothing: ferry events drop NUMBER\n";
        }
    }
    Ok((DeadLetters { dead: letters.into_iter().map(ShownDeadLetter::of).collect() }, text))
}

/// Reads the bodies of open dead letters again: those of one body, or of all.
pub async fn retry(plan: &Plan, body: Option<i64>, progress: &Progress) -> Result<(RetryResult, String)> {
    let (crm, key) = open_ledger(plan, progress).await?;
    let letters = all(&crm).await?;
    let is_open = |it: &&DeadLetter| it.state == DeadLetterState::Open && body.is_none_or(|body| body == it.body_id);
    let bodies: BTreeSet<i64> = letters.iter().filter(is_open).map(|it| it.body_id).collect();
    if let (Some(body), true) = (body, bodies.is_empty()) {
        bail!("body {body} has no open dead letter: ferry events dead lists them");
    }
    let wires: BTreeMap<&str, Wire> = plan.webhooks.iter().map(|it| (it.name(), Wire::of(it))).collect();
    let inbox = Inbox::new(crm.clone(), key, plan.words());
    let mut value = RetryResult { bodies: 0, events: 0, withdrawals: 0, done: 0, open: 0, without_webhook: 0 };
    for body in bodies {
        let Some(kept) = crm.raw_body(body).await? else { continue };
        let (Some(raw), Some(wire)) = (kept.raw, wires.get(kept.webhook.as_str())) else {
            value.without_webhook += 1;
            continue;
        };
        let Some(retried) = inbox.retry(body, &wire.read(None, None, &raw)).await? else { continue };
        value.bodies += 1;
        value.events += retried.n_new;
        value.withdrawals += retried.n_withdrawals;
        value.done += retried.n_done;
        value.open += retried.n_open;
    }
    crm.close().await;
    let text = retried_text(&value);
    Ok((value, text))
}

fn retried_text(value: &RetryResult) -> String {
    let mut text = format!(
        "bodies read again: {}; {} new; dead letters: {} done, {} still open\n",
        grouped(value.bodies),
        counted(value.events, "event"),
        grouped(value.done),
        grouped(value.open)
    );
    if value.without_webhook > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "bodies not read: {}, because their webhook is not in the plan, or they are kept no longer",
            grouped(value.without_webhook)
        );
    }
    text
}

/// Drops dead letters by their numbers: a person has decided that they say nothing.
pub async fn drop_letters(plan: &Plan, numbers: &[i64], progress: &Progress) -> Result<(DropResult, String)> {
    let (crm, _) = open_ledger(plan, progress).await?;
    let dropped = crm.drop_dead_letters(numbers).await?;
    crm.close().await;
    let left = numbers.len() as u64 - dropped.min(numbers.len() as u64);
    let mut text = format!("{} dropped\n", counted(dropped, "dead letter"));
    if left > 0 {
        let _ = writeln!(text, "{} not there, or not open", grouped(left));
    }
    Ok((DropResult { dropped }, text))
}

async fn all(crm: &Crm) -> Result<Vec<DeadLetter>> {
    let mut letters: Vec<DeadLetter> = Vec::new();
    loop {
        let after = letters.last().map_or(0, |it| it.number);
        let page = crm.dead_letters(after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        letters.extend(page);
        if is_last {
            return Ok(letters);
        }
    }
}
