//! The consent statements of a person.

use model::{Contact, Statement, printable};
use serde_json::{Value, json};

/// The statements of a contact: undated ones first, then by date.
pub(crate) fn in_order(contact: Option<&Contact>) -> Vec<&Statement> {
    let mut statements: Vec<&Statement> = contact.into_iter().flat_map(|it| &it.statements).collect();
    statements.sort_by_key(|it| (it.at, it.first_run.clone()));
    statements
}

/// Whether this statement decides the consent of the contact.
fn counts(said: &Statement, contact: &Contact) -> bool {
    let consent = contact.consent.as_ref();
    let is_row = |row: &str| row.strip_suffix(&*said.row).is_some_and(|it| it.is_empty() || it.ends_with('/'));
    consent.is_some_and(|it| it.value == said.state && is_row(&it.row))
        && contact.consent_at == said.at.map(|it| it.from)
        && contact.consent_channel == Some(said.channel)
}

/// `2026-03-03T10:00:00Z stop for sms: message "STOP 36180" from sms:12, first in 2026-11-28-spring: counts`
pub(crate) fn statement_text(said: &Statement, contact: Option<&Contact>) -> String {
    let when = match said.at {
        None => "undated".to_owned(),
        Some(at) if at.from == at.until => at.from.to_string(),
        Some(at) => at.from.strftime("%F").to_string(),
    };
    let words = printable(&said.words.0);
    let words = if words.is_empty() { String::new() } else { format!(" \"{words}\"") };
    let counts = if contact.is_some_and(|it| counts(said, it)) { ": counts" } else { "" };
    format!(
        "{when} {} for {}: {}{words} from {}, first in {}{counts}",
        said.state.name(),
        said.channel.name(),
        said.basis.name(),
        said.row,
        said.first_run.id
    )
}

pub(crate) fn statement_json(said: &Statement, contact: Option<&Contact>) -> Value {
    json!({
        "channel": said.channel, "state": said.state, "basis": said.basis, "words": said.words.0,
        "said_from": said.at.map(|it| it.from), "said_until": said.at.map(|it| it.until), "row": &*said.row,
        "first_run": &*said.first_run.id,
        "counts": contact.is_some_and(|it| counts(said, it)),
    })
}
