//! Finds which states a chat reaches, and what only telephone calls lead to.

use std::collections::{HashMap, HashSet};

use scenario::{Loss, PlacedLoss};
use serde_json::Value;

use super::text::plain;
use super::{CHAT, Flow, kind, next_of, target, transitions};

/// Widgets of telephone calls.
const VOICE: [&str; 9] = [
    "make-outgoing-call",
    "make-outgoing-call-v2",
    "gather-input-on-call",
    "say-play",
    "record-call",
    "record-voicemail",
    "capture-payments",
    "fork-stream",
    "connect-virtual-agent",
];

impl<'a> Flow<'a> {
    /// Widgets of calls after which no state writes to a customer.
    pub(super) fn only_calls(&self) -> HashSet<&'a str> {
        let mut before: HashMap<&str, Vec<&'a str>> = HashMap::new();
        for (name, state) in &self.states {
            for next in transitions(state).iter().filter_map(next_of) {
                before.entry(next).or_default().push(name);
            }
        }
        let chats = self.states.iter().filter(|it| CHAT.contains(&kind(it.1))).map(|it| *it.0);
        let (mut lead_to_chat, mut waiting) = (HashSet::new(), chats.collect::<Vec<&str>>());
        while let Some(name) = waiting.pop() {
            if lead_to_chat.insert(name) {
                waiting.extend(before.get(name).into_iter().flatten());
            }
        }
        let calls = self.states.iter().filter(|it| VOICE.contains(&kind(it.1))).map(|it| *it.0);
        calls.filter(|it| !lead_to_chat.contains(it)).collect()
    }

    /// The states that a way from `start` reaches in a chat. What follows a call, and writes to nobody, is not among them.
    pub(super) fn reached(&self, start: &'a str) -> HashSet<&'a str> {
        self.reached_past(vec![start], |name| !self.calls.contains(name))
    }

    fn reached_past(&self, starts: Vec<&'a str>, goes_on: impl Fn(&str) -> bool) -> HashSet<&'a str> {
        let (mut reached, mut waiting) = (HashSet::new(), starts);
        while let Some(name) = waiting.pop() {
            let Some(state) = self.states.get(name).filter(|_| reached.insert(name)) else { continue };
            if goes_on(name) {
                waiting.extend(transitions(state).iter().filter_map(next_of).filter(|it| self.states.contains_key(it)));
            }
        }
        reached
    }

    /// The states that no scenario reaches, as losses: only phone calls lead there, or nothing.
    pub(super) fn elsewhere(&self, reached: &[HashSet<&str>]) -> Vec<PlacedLoss> {
        let call = self.states.get(self.initial).and_then(|it| target(it, "incomingCall"));
        let calls = self.calls.iter().copied().filter(|it| reached.iter().any(|reached| reached.contains(it)));
        let called = self.reached_past(call.into_iter().chain(calls).collect(), |_| true);
        let is_elsewhere = |it: &&str| *it != self.initial && reached.iter().all(|reached| !reached.contains(it));
        let lost = |name: &str| {
            let (loss, why) = match called.contains(name) {
                true => (Loss::OtherPlatform, "only phone calls lead to it"),
                false => (Loss::UnusedText, "nothing leads to it"),
            };
            let text = self.states[name].pointer("/properties/body").and_then(Value::as_str).unwrap_or_default();
            let text = if text.is_empty() { String::new() } else { format!(": “{}”", plain(text)) };
            let what = format!("a widget of type {}: {why}{text}", kind(self.states[name]));
            PlacedLoss { loss, place: name.to_owned(), what }
        };
        self.order.iter().copied().filter(is_elsewhere).map(lost).collect()
    }
}
