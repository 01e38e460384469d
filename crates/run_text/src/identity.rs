//! Identities of people, and what happened to them.

use std::fmt::Write;

use crm::{Hold, IdentityHistory, RecordedEvent};
use model::{ContactId, Identity, IdentityChange, printable};

/// Why contacts are held, and what to do about it.
pub const HOLDS: &str = "the number may belong to another person now; `ferry export segment held` lists such contacts, \
    `ferry identity acknowledge CONTACT --by NAME` releases one";

/// All that `ferry identity show` says of one contact.
pub fn person(id: ContactId, history: &IdentityHistory) -> String {
    let mut text = format!("contact {id}\n");
    if let Some(hold) = &history.hold {
        let _ = writeln!(text, "  {:12} {}", "held", self::hold(hold));
    }
    for other in history.chain.contacts.iter().filter(|it| **it != id) {
        let how = if history.contacts.contains(other) { "merged into this one" } else { "same business-scoped id" };
        let _ = writeln!(text, "  {:12} {other} ({how})", "same person");
    }
    for it in &history.chain.identities {
        let since = it.since.map_or(String::new(), |it| format!(", since {it}"));
        let until = it.until.map_or(String::new(), |it| format!(", until {it}"));
        let name = if it.until.is_none() { "has" } else { "had" };
        let _ = writeln!(text, "  {name:12} {}{since}{until}", identity_text(&it.identity));
    }
    for it in &history.events {
        let _ = writeln!(text, "  {:12} {}", "event", event(it));
    }
    text
}

/// `since 2026-12-01T12:00:00Z: the person has changed to another number; …`
pub fn hold(hold: &Hold) -> String {
    format!(
        "since {}, because {}; nothing is sent until `ferry identity acknowledge {}`",
        hold.since,
        hold.reason.describe(),
        hold.contact
    )
}

/// `viber a1 (bot)`
fn identity_text(it: &Identity) -> String {
    let scope = if it.scope.is_empty() { String::new() } else { format!(" ({})", printable(&it.scope)) };
    format!("{} {}{scope}", it.kind.name(), printable(&it.value.0))
}

/// `2026-12-01T12:00:00Z changed: phone +33199000001 to phone +33199000003, by wamid.1`
pub fn event(it: &RecordedEvent) -> String {
    let event = &it.event;
    let identity = event.change.identity().map_or(String::new(), |it| format!(": {}", identity_text(it)));
    let what = match (&event.change, event.change.from()) {
        (IdentityChange::Changed { to, .. }, Some(from)) => {
            format!(": {} to {}", identity_text(&from), identity_text(to))
        }
        (IdentityChange::Linked { .. }, Some(with)) => format!("{identity} with {}", identity_text(&with)),
        _ => identity,
    };
    let source = if event.source.is_empty() { String::new() } else { format!(", by {}", printable(&event.source)) };
    let note = if event.note.is_empty() { String::new() } else { format!(" ({})", printable(&event.note)) };
    format!("{} {}{what}{source}{note}", event.at, event.change.name())
}
