//! Text of the templates of an account: their state, and what changed.

use std::collections::BTreeMap;

use campaign::TemplateChange;
use crm::AccountTemplate;

/// A line for each template, and the number in each status.
pub fn status(rows: &[AccountTemplate]) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for it in rows {
        *counts.entry(&it.status).or_default() += 1;
        let reason = it.reason.as_ref().map_or(String::new(), |it| format!(": {it}"));
        text += &format!("{:40} {:6} {:16} {}{reason}\n", it.name, it.language, it.status, it.category);
    }
    let counts: Vec<String> = counts.into_iter().map(|(status, n)| format!("{n} {status}")).collect();
    text + &match counts.as_slice() {
        [] => "no template was submitted yet\n".to_owned(),
        counts => format!("{}\n", counts.join(", ")),
    }
}

/// A line for a template that WhatsApp treats otherwise than before.
pub fn change(change: &TemplateChange) -> String {
    let TemplateChange { before, now } = change;
    let mut text = format!("{} ({}): {} → {}", now.name, now.language, before.status, now.status);
    if before.category != now.category && !before.category.is_empty() {
        text += &format!(", {} instead of {}", now.category, before.category);
    }
    if let Some(reason) = &now.reason {
        text += &format!(": {reason}");
    }
    if change.is_gone() {
        text += ": it was deleted, and its name cannot be used for 30 days";
    }
    text
}
