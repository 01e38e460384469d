//! Interactive messages: reply buttons, lists and links.

use serde_json::Value;

use super::{required, text};
use crate::sending::refusal::Refusal;

/// Checks an interactive message by the documented lengths.
pub(super) fn check(message: &Value) -> Result<(), Refusal> {
    let kind = text(message, "type");
    let body = || at_most(required(message, "body")?, "text", if kind == "list" { 4_096 } else { 1_024 });
    let action = || required(message, "action");
    if let Some(footer) = message.get("footer") {
        at_most(footer, "text", 60)?;
    }
    match kind {
        "button" => {
            body()?;
            buttons(list(action()?, "buttons"))
        }
        "list" => {
            body()?;
            at_most(action()?, "button", 20)?;
            rows(list(action()?, "sections"))
        }
        "cta_url" => {
            body()?;
            let parameters = required(action()?, "parameters")?;
            at_most(parameters, "display_text", 20)?;
            at_most(parameters, "url", 2_000)
        }
        "location_request_message" | "request_contact_info" => body(),
        "flow" | "carousel" | "product" | "product_list" | "catalog_message" => {
            Err(Refusal::new(131_051, "This sandbox takes reply buttons, lists and links."))
        }
        _ => Err(Refusal::new(131_009, "interactive.type is not known.")),
    }
}

fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Refuses a text that is missing or longer than `most` characters.
fn at_most(object: &Value, key: &str, most: usize) -> Result<(), Refusal> {
    match text(object, key).chars().count() {
        0 => Err(Refusal::new(131_008, format!("{key} is required."))),
        n if n > most => Err(Refusal::new(131_009, format!("{key} has at most {most} characters."))),
        _ => Ok(()),
    }
}

fn buttons(buttons: &[Value]) -> Result<(), Refusal> {
    if !(1..=3).contains(&buttons.len()) {
        return Err(Refusal::new(131_009, "There are one to three buttons."));
    }
    let mut titles: Vec<&str> = Vec::new();
    for button in buttons {
        let reply = required(button, "reply")?;
        at_most(reply, "id", 256)?;
        at_most(reply, "title", 20)?;
        titles.push(text(reply, "title"));
    }
    titles.sort_unstable();
    titles.dedup();
    match titles.len() == buttons.len() {
        true => Ok(()),
        false => Err(Refusal::new(131_009, "Two buttons have one title.")),
    }
}

fn rows(sections: &[Value]) -> Result<(), Refusal> {
    let n_rows: usize = sections.iter().map(|it| list(it, "rows").len()).sum();
    if !(1..=10).contains(&n_rows) {
        return Err(Refusal::new(131_009, "There are one to ten rows."));
    }
    for section in sections {
        if sections.len() > 1 {
            at_most(section, "title", 24)?;
        }
        for row in list(section, "rows") {
            at_most(row, "id", 200)?;
            at_most(row, "title", 24)?;
            if row.get("description").is_some() {
                at_most(row, "description", 72)?;
            }
        }
    }
    Ok(())
}
