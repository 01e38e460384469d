//! What starts a flow: keywords, or any message of a customer. The business starts the others itself.

use std::collections::BTreeSet;

use model::Finding;
use scenario::{Scenario, Trigger};
use serde_json::{Value, json};

use super::Reference;
use crate::rules;

/// The triggers of all flows. A keyword starts one flow, and so does any other message.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    pub(super) list: Vec<Value>,
    taken: BTreeSet<String>,
    has_any: bool,
}

impl Triggers {
    /// Adds those of a flow, and says whether any message begins it.
    pub(super) fn add(&mut self, scenario: &Scenario, own: &Reference, findings: &mut Vec<Finding>) -> bool {
        let Trigger::Message { phrases } = &scenario.trigger else { return false };
        let mut lose = |what: String| findings.push(Finding::new(&rules::TRIGGER, "", what));
        if phrases.is_empty() {
            match self.has_any {
                true => lose("any message starts it, and another flow of the file takes those already".to_owned()),
                false => self.list.push(trigger("C", &[], own)),
            }
            return !std::mem::replace(&mut self.has_any, true);
        }
        let mut keywords = Vec::new();
        for phrase in phrases {
            let word = phrase.trim().to_lowercase();
            if !is_keyword(&word) {
                lose(format!("“{phrase}”"));
            } else if self.taken.insert(word.clone()) {
                keywords.push(word);
            } else if !keywords.contains(&word) {
                lose(format!("“{phrase}” starts another flow of the file"));
            }
        }
        if !keywords.is_empty() {
            self.list.push(trigger("K", &keywords, own));
        }
        false
    }
}

/// Whether the platform takes a text as a keyword: one word of at most 16 letters and digits.
fn is_keyword(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 16 && text.chars().all(char::is_alphanumeric)
}

fn trigger(kind: &str, keywords: &[String], own: &Reference) -> Value {
    let mut trigger = json!({
        "trigger_type": kind,
        "keywords": keywords,
        "keyword": keywords.first(),
        "channel": null,
        "flow": { "uuid": own.uuid, "name": own.name },
        "groups": [],
        "exclude_groups": [],
    });
    if kind == "K" {
        trigger["match_type"] = json!("F");
    }
    trigger
}
