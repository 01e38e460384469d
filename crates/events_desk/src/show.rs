//! `ferry events show`.

use std::fmt::Write;

use anyhow::Result;
use crm::StoredEvent;
use crossing::{look_at_ledger, who};
use model::{EventContent, MessageState, PreferenceChoice, printable};
use plan::Plan;
use results::{EventsShown, ShownEvent};

/// The events to show.
#[derive(Clone, Debug)]
pub enum Which {
    /// The newest of all.
    Newest,
    /// Those of the person who is named so.
    Of(String),
    /// The one of this number.
    Number(i64),
}

/// Shows at most `n` events, the newest first.
pub async fn show(plan: &Plan, which: &Which, n: u32) -> Result<(EventsShown, String)> {
    let (crm, key) = look_at_ledger(plan).await?;
    let (contact, events) = match which {
        Which::Newest => (None, crm.newest_events(n).await?),
        Which::Number(number) => (None, crm.events_after(number.saturating_sub(1), 1).await?),
        Which::Of(query) => {
            let contact = who::found(plan, &crm, &key, query).await?;
            (Some(contact), crm.events_of(contact, None, n).await?)
        }
    };
    crm.close().await;
    let is_wanted = |it: &StoredEvent| !matches!(which, Which::Number(number) if *number != it.number);
    let events: Vec<StoredEvent> = events.into_iter().filter(is_wanted).collect();
    let text = match events.is_empty() {
        true => "no event\n".to_owned(),
        false => events.iter().map(line).collect(),
    };
    let contact_id = contact.map(|it| it.to_string());
    Ok((EventsShown { contact_id, events: events.into_iter().map(ShownEvent::of).collect() }, text))
}

/// `12  2026-11-30T10:00:00Z  meta  message text  contact 1f…  read as stop`
fn line(it: &StoredEvent) -> String {
    let at = it.event.at.unwrap_or(it.received_at).strftime("%FT%TZ");
    let mut line =
        format!("{:>7}  {at}  {}  {}", it.number, printable(&it.webhook), printable(&what(&it.event.content)));
    // Writing to a String cannot fail.
    if let Some(contact) = it.contact {
        let _ = write!(line, "  contact {contact}");
    }
    if let Some(reading) = it.reading {
        let _ = write!(line, "  read as {}", reading.name());
    }
    if !it.is_signed {
        line += "  unsigned";
    }
    line + "\n"
}

/// What an event tells, without the ids of anybody.
fn what(content: &EventContent) -> String {
    match content {
        EventContent::Status(it) => {
            let code = it.error.as_ref().and_then(|it| it.code).map_or_else(String::new, |it| format!(" with {it}"));
            format!("status {}{code}", state(&it.state))
        }
        EventContent::Message(it) => format!("message {}", it.kind),
        EventContent::Preference(it) => {
            let choice = match &it.choice {
                PreferenceChoice::Stop => "stop",
                PreferenceChoice::Resume => "resume",
                PreferenceChoice::Signup(_) => "signup",
                PreferenceChoice::Other(word) => word,
            };
            format!("preference {choice} for {}", it.category)
        }
        EventContent::Identity(_) => "identity changed".to_owned(),
        EventContent::Call(it) => format!("call {}", it.event),
        EventContent::Template(it) => {
            let told = it.status.as_ref().or(it.quality.as_ref()).or(it.category.as_ref());
            format!("template {} {} {}", it.name, it.language, told.map_or("", |it| it))
        }
        EventContent::Number(it) => format!("number {} {}", it.about, it.event),
        EventContent::Account(it) => format!("account {} {}", it.about, it.event),
        EventContent::Other(it) => format!("other {} {}", it.field, it.kind),
    }
}

fn state(state: &MessageState) -> &str {
    match state {
        MessageState::Accepted => "accepted",
        MessageState::Held => "held",
        MessageState::Sent => "sent",
        MessageState::Delivered => "delivered",
        MessageState::Read => "read",
        MessageState::Failed => "failed",
        MessageState::Other(word) => word,
    }
}
