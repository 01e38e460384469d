//! A wait for an answer: a category for each choice, and what is saved on each way.

use std::collections::BTreeMap;

use model::Rule;
use scenario::Goal;
use template::Template;
use translate::{Awaits, Outgoing, Route};

use super::condition::exact;
use super::flow::{FlowWriter, Pause, Switch, Way};
use super::slots::plain;
use crate::rules;

/// What a location is saved as.
const LOCATION: &str = "(location)";

impl FlowWriter<'_> {
    /// Writes the wait as the node `key`. `sends` is what the customer answers to.
    pub(super) fn answer(&mut self, step: &str, key: &str, awaits: &Awaits, sends: &[Outgoing]) {
        let shown = self.shown(sends);
        let mut switch = Switch::of("wait_for_response", "@input.text");
        let mut later = Vec::new();
        for (n, way) in awaits.ways.iter().enumerate().filter(|it| !asks_here(it.1, &shown)) {
            let to =
                self.saved(&format!("{key}#way{n}"), awaits, way.is_ours, &plain(&way.value), &way.next, &mut later);
            let title = shown.get(&way.id).map_or(way.title.as_str(), String::as_str);
            switch.ways.push(Way { name: title.to_owned(), tests: tests(title, way), to });
        }
        let other = self.saved(&format!("{key}#other"), awaits, false, "@input.text", self.other(awaits), &mut later);
        match awaits.ways.iter().find(|it| asks_here(it, &shown)) {
            Some(way) => {
                let text = vec![("has_text", Vec::new())];
                switch.ways.push(Way { name: "Text".to_owned(), tests: text, to: other });
                let here = &format!("{key}#here");
                switch.other = self.saved(here, awaits, way.is_ours, LOCATION, &way.next, &mut later);
                self.lose_once(&rules::LOCATION_REQUEST, step, &way.title);
            }
            None => switch.other = other,
        }
        let timeout = awaits.timeout.as_ref().map(|it| (it.seconds.max(1), self.goal(&it.next)));
        switch.wait = Some(Pause { timeout });
        self.switch(key, switch);
        for (key, action, to) in later {
            self.actions_node(&key, vec![action], to);
        }
    }

    /// Where a text that is no answer leads. Where nothing follows it, it begins a scenario that any text begins again.
    fn other<'g>(&'g self, awaits: &'g Awaits) -> &'g Goal {
        if awaits.other.is_none() { &self.again } else { &awaits.other }
    }

    /// The node that an answer leads to: one that saves the value, if it is saved.
    fn saved(
        &self,
        key: &str,
        awaits: &Awaits,
        is_ours: bool,
        value: &str,
        next: &Goal,
        later: &mut Vec<(String, serde_json::Value, Option<String>)>,
    ) -> Option<String> {
        let to = self.goal(next);
        let Some(slot) = awaits.slot.as_ref().filter(|_| !is_ours) else { return to };
        let action = self.save(key, &self.slots.place(slot), value);
        later.push((key.to_owned(), action, to));
        Some(self.id(key))
    }

    fn lose_once(&mut self, rule: &'static Rule, step: &str, what: &str) {
        if !self.findings.iter().any(|it| it.rule == rule && it.place == step) {
            self.lose(rule, step, format!("“{what}”"));
        }
    }

    /// The titles that the customer sees, by the id of the answer.
    fn shown(&self, sends: &[Outgoing]) -> BTreeMap<String, String> {
        let mut shown = BTreeMap::new();
        for outgoing in sends {
            match outgoing {
                Outgoing::Message(message) => {
                    shown.extend(message.replies().iter().map(|it| (it.id.clone(), it.title.clone())));
                }
                Outgoing::Template { name, .. } => {
                    let template = self.compiled.templates.iter().find(|it| it.name == *name);
                    shown.extend(template.into_iter().flat_map(replies));
                }
            }
        }
        shown
    }
}

/// Whether the customer sends a location here. A button for it leads to another message, which asks.
fn asks_here(way: &Route, shown: &BTreeMap<String, String>) -> bool {
    way.is_location && !shown.contains_key(&way.id)
}

/// A quick reply of a template sends its text back.
fn replies(template: &Template) -> Vec<(String, String)> {
    let texts = template.buttons().iter().filter(|it| it.is("QUICK_REPLY")).filter_map(|it| it.text.clone());
    texts.map(|it| (it.clone(), it)).collect()
}

/// The texts that mean a choice: its title as it is shown, its whole title, and its value.
fn tests(title: &str, way: &Route) -> Vec<(&'static str, Vec<String>)> {
    let mut texts: Vec<String> = Vec::new();
    for text in [title, &way.title, &way.value] {
        let text = text.trim().to_owned();
        if !text.is_empty() && !texts.iter().any(|it| it.to_lowercase() == text.to_lowercase()) {
            texts.push(text);
        }
    }
    texts.iter().map(|it| exact(it)).collect()
}
