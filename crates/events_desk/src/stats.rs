//! `ferry events stats`.

use std::fmt::Write;

use anyhow::Result;
use crossing::look_at_ledger;
use jiff::{SignedDuration, Timestamp};
use model::{grouped, printable};
use plan::Plan;
use results::{EventsStats, WebhookStats};

/// Counts what has come in.
pub async fn stats(plan: &Plan) -> Result<(EventsStats, String)> {
    let (crm, _) = look_at_ledger(plan).await?;
    let within = SignedDuration::from_hours(i64::from(plan.replies.answer_within_hours));
    let value = EventsStats::of(
        &crm.inbox_counts().await?,
        crm.events_to_derive().await?,
        crm.unknown_events().await?,
        &crm.forward_counts().await?,
        crm.unanswered(Timestamp::now(), within).await?,
    );
    crm.close().await;
    let text = text(&value);
    Ok((value, text))
}

fn text(value: &EventsStats) -> String {
    if value.total.bodies == 0 {
        return "nothing has come in yet: `ferry serve` receives webhooks\n".to_owned();
    }
    let mut text = format!(
        "{:20} {:>10} {:>10} {:>10} {:>10} {:>10}\n",
        "webhook", "bodies", "unsigned", "events", "duplicates", "dead"
    );
    let all = (value.webhooks.len() > 1).then_some(("all", &value.total));
    for (name, it) in value.webhooks.iter().map(|(name, it)| (name.as_str(), it)).chain(all) {
        text += &row(name, it);
    }
    if value.waiting > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} stored events are not read yet: `ferry serve` or `ferry serve --replay` reads them",
            grouped(value.waiting)
        );
    }
    if value.to_hand_on + value.given_up > 0 {
        let _ = writeln!(
            text,
            "to hand on: {}, given up: {}; ferry webhook retry hands the latter on again",
            grouped(value.to_hand_on),
            grouped(value.given_up)
        );
    }
    if let Some(since) = &value.unanswered_since {
        let people = match value.unanswered {
            1 => "1 person waits".to_owned(),
            n => format!("{} people wait", grouped(n)),
        };
        let _ = writeln!(text, "{people} for an answer for longer than the plan says, the first since {since}");
    }
    if value.total.dead > 0 {
        text += "what could not be read: ferry events dead\n";
    }
    for it in &value.unknown {
        let kind = if it.r#type.is_empty() { String::new() } else { format!(" of type {}", printable(&it.r#type)) };
        let shape = it.shape.as_ref().map_or_else(String::new, |it| format!("\n  {}", printable(it)));
        let _ = writeln!(
            text,
            "not known: {}{kind} by {}, {} times, first in event {}; kept, and nothing follows from it{shape}",
            printable(&it.field),
            printable(&it.webhook),
            grouped(it.events),
            it.first
        );
    }
    text
}

fn row(name: &str, it: &WebhookStats) -> String {
    let [bodies, unsigned, events, duplicates, dead] =
        [it.bodies, it.unsigned_bodies, it.events, it.duplicates, it.dead].map(grouped);
    format!("{:20} {bodies:>10} {unsigned:>10} {events:>10} {duplicates:>10} {dead:>10}\n", printable(name))
}
