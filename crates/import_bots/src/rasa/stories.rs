//! Rules and stories: the events of each.

use serde_json::Value;

use super::bot::{Bot, scalar};
use super::entities::{Entities, absorb_slots};
use import_base::{Imported, Skipped};

/// Limits the events of a story: trees are built by recursion.
const MAX_EVENTS: usize = 200;

/// A rule or a story.
pub(super) struct Story {
    pub(super) file: String,
    pub(super) name: String,
    /// Each step is one event, or several of which any may happen.
    pub(super) steps: Vec<Vec<StoryEvent>>,
    /// The form that the customer interrupts.
    pub(super) within: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum StoryEvent {
    /// The customer says something, in which entities have values.
    Intent(String, Entities),
    Action(String),
    /// A slot has a value; none if it only must be set.
    Slot(String, SlotValue),
    Checkpoint(String),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum SlotValue {
    Is(String),
    Set,
    Unset,
}

/// The action that waits for the customer.
pub(super) const LISTEN: &str = "action_listen";

/// The intent of a conversation that starts.
const START: &str = "session_start";

/// Actions of Rasa's own that say nothing.
const QUIET: [&str; 7] = [
    "action_restart",
    "action_back",
    "action_session_start",
    "action_deactivate_loop",
    "action_deactivate_form",
    "action_extract_slots",
    "action_unlikely_intent",
];

pub(super) fn read_stories(bot: &mut Bot, value: &Value, file: &str, imported: &mut Imported) {
    for (key, name_key) in [("rules", "rule"), ("stories", "story")] {
        for story in value.get(key).and_then(Value::as_array).into_iter().flatten() {
            let name = story.get(name_key).map(scalar).unwrap_or_default();
            let mut skip = |why: String| {
                imported.skipped.push(Skipped { file: file.to_owned(), place: name.clone(), why });
            };
            for other in story.as_object().into_iter().flatten().map(|it| it.0.as_str()) {
                if !["rule", "story", "steps", "condition", "metadata"].contains(&other) && !is_read(story, other) {
                    skip(format!("its {other} is not read"));
                }
            }
            match steps(bot, story, &mut skip) {
                (steps, _) if steps.len() > MAX_EVENTS => {
                    skip(format!("it has {} steps, and at most {MAX_EVENTS} are read", steps.len()));
                }
                (steps, within) if !steps.is_empty() => {
                    bot.stories.push(Story { file: file.to_owned(), name, steps, within });
                }
                _ => {}
            }
        }
    }
}

/// Whether a rule begins a conversation by what it says.
fn is_read(story: &Value, key: &str) -> bool {
    let first = story.get("steps").and_then(|it| it.get(0));
    key == "conversation_start" && first.is_some_and(|it| it.get("action").is_some())
}

/// The steps of a story, and the form that they interrupt.
fn steps(bot: &mut Bot, story: &Value, skip: &mut impl FnMut(String)) -> (Vec<Vec<StoryEvent>>, Option<String>) {
    let mut steps: Vec<Vec<StoryEvent>> = Vec::new();
    for step in story.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let events: Vec<StoryEvent> = match step.get("or").and_then(Value::as_array) {
            Some(list) => list.iter().flat_map(|it| events(bot, it, skip).into_iter().take(1)).collect(),
            None => {
                // Several slots that were set are several events.
                let events = events(bot, step, skip);
                steps.extend(events.iter().take(events.len().saturating_sub(1)).map(|it| vec![it.clone()]));
                events.last().cloned().into_iter().collect()
            }
        };
        let runs = step.get("active_loop").or_else(|| step.get("form")).is_some();
        push(&mut steps, events, runs);
    }
    drop_idle_listening(&mut steps);
    absorb_slots(bot, &mut steps);
    cut_site_events(bot, &mut steps);
    let is_start = story.get("conversation_start").and_then(Value::as_bool) == Some(true);
    if is_start && matches!(steps.first().and_then(|it| it.first()), Some(StoryEvent::Action(_))) {
        skip(format!(
            "it is said when a conversation starts (conversation_start): only the text /{START} starts it here"
        ));
        steps.insert(0, vec![StoryEvent::Intent(START.to_owned(), Entities::new())]);
    }
    let within = conditions(bot, story, &mut steps, skip);
    (steps, within)
}

/// Adds the events of a step. `runs` tells that a form runs from here on.
fn push(steps: &mut Vec<Vec<StoryEvent>>, events: Vec<StoryEvent>, runs: bool) {
    let is_slot = |it: &[StoryEvent]| matches!(it, [StoryEvent::Slot(..)]);
    let last = steps.iter().rev().find(|it| !runs || !is_slot(it));
    let is_action = |it: Option<&Vec<StoryEvent>>| matches!(it.map(Vec::as_slice), Some([StoryEvent::Action(_)]));
    // A form is named twice: when it starts and when it runs.
    let is_same = is_action(Some(&events)) && last == Some(&events);
    if events.is_empty() || is_same {
        return;
    }
    // A form that runs without being started takes the answer to what was said before.
    if runs && is_action(last) {
        steps.push(vec![StoryEvent::Action(LISTEN.to_owned())]);
    }
    steps.push(events);
}

/// Removes waits that are none of their own: stories wait before each thing that the customer says, and at their end.
fn drop_idle_listening(steps: &mut Vec<Vec<StoryEvent>>) {
    let listens = |it: &[StoryEvent]| matches!(it, [StoryEvent::Action(action)] if action == LISTEN);
    let mut goes_on = false;
    for at in (0..steps.len()).rev() {
        if listens(&steps[at]) && (!goes_on || at == 0) {
            steps.remove(at);
        } else {
            goes_on = matches!(steps[at].first(), Some(StoryEvent::Action(it)) if it != LISTEN);
        }
    }
}

/// Removes the events of a site and what the bot does after them: the next thing that the customer says goes on, or begins
/// the story.
fn cut_site_events(bot: &mut Bot, steps: &mut Vec<Vec<StoryEvent>>) {
    let mut is_cut = false;
    steps.retain_mut(|events| {
        let is_said = matches!(events.first(), Some(StoryEvent::Intent(..)));
        let is_event = |it: &StoryEvent| matches!(it, StoryEvent::Intent(intent, _) if bot.is_site_event(intent));
        let (cut, kept): (Vec<_>, Vec<_>) = events.drain(..).partition(is_event);
        is_cut = if is_said { kept.is_empty() } else { is_cut };
        for event in cut {
            if let StoryEvent::Intent(intent, _) = event {
                *bot.cut_events.entry(intent).or_default() += 1;
            }
        }
        *events = kept;
        !is_cut
    });
}

/// Adds the slots that must have values for a rule to hold. Returns the form that a rule interrupts: one that begins with
/// what the customer says and holds only while the form runs.
fn conditions(
    bot: &Bot,
    story: &Value,
    steps: &mut Vec<Vec<StoryEvent>>,
    skip: &mut impl FnMut(String),
) -> Option<String> {
    let begins_by_intent = matches!(steps.first().and_then(|it| it.first()), Some(StoryEvent::Intent(..)));
    let mut within = None;
    for condition in story.get("condition").and_then(Value::as_array).into_iter().flatten() {
        if let Some(form) = condition.get("active_loop").and_then(Value::as_str).filter(|_| begins_by_intent) {
            within = Some(form.to_owned());
        }
        let events = events(bot, condition, skip);
        let at = usize::from(begins_by_intent).min(steps.len());
        steps.splice(at..at, events.into_iter().filter(|it| matches!(it, StoryEvent::Slot(..))).map(|it| vec![it]));
    }
    within
}

/// The events of a step; none for a step that says nothing.
fn events(bot: &Bot, step: &Value, skip: &mut impl FnMut(String)) -> Vec<StoryEvent> {
    let string = |key: &str| step.get(key).and_then(Value::as_str);
    if let Some(intent) = string("intent") {
        return vec![StoryEvent::Intent(intent.trim_start_matches('/').to_owned(), entities(step))];
    }
    if let Some(action) = string("action").or_else(|| string("active_loop")).or_else(|| string("form")) {
        let name = match action.strip_prefix("respond_") {
            Some(of) => format!("utter_{of}"),
            None if action == "action_default_fallback" => "utter_default".to_owned(),
            None => action.to_owned(),
        };
        let is_quiet =
            QUIET.contains(&action) || action == "action_default_fallback" && !bot.responses.contains_key(&name);
        return if is_quiet { Vec::new() } else { vec![StoryEvent::Action(name)] };
    }
    if let Some(checkpoint) = string("checkpoint") {
        return vec![StoryEvent::Checkpoint(checkpoint.to_owned())];
    }
    if let Some(slots) = step.get("slot_was_set") {
        return slot_events(bot, slots);
    }
    let quiet = ["active_loop", "form", "condition"];
    if let Some((key, _)) = step.as_object().into_iter().flatten().find(|it| !quiet.contains(&it.0.as_str())) {
        skip(format!("its step “{key}” has no counterpart"));
    }
    Vec::new()
}

/// The entities of what the customer says: names, or names with values.
fn entities(step: &Value) -> Entities {
    let mut entities = Entities::new();
    for entity in step.get("entities").and_then(Value::as_array).into_iter().flatten() {
        entities.extend(entity.as_str().map(|it| (it.to_owned(), None)));
        let pairs = entity.as_object().into_iter().flatten();
        let pairs = pairs.filter(|it| !["role", "group"].contains(&it.0.as_str()));
        entities.extend(pairs.map(|(name, it)| (name.clone(), Some(scalar(it)).filter(|_| !it.is_null()))));
    }
    entities.sort();
    entities
}

fn slot_events(bot: &Bot, slots: &Value) -> Vec<StoryEvent> {
    let mut found = Vec::new();
    for slot in slots.as_array().into_iter().flatten().chain(slots.is_object().then_some(slots)) {
        if let Some(name) = slot.as_str() {
            found.extend(slot_event(bot, name, &Value::Bool(true)));
        }
        let pairs = slot.as_object().into_iter().flatten();
        found.extend(pairs.filter_map(|(name, value)| slot_event(bot, name, value)));
    }
    found
}

/// A slot that Rasa compares. Of a text only whether it is set counts; a slot without influence is never compared.
fn slot_event(bot: &Bot, name: &str, value: &Value) -> Option<StoryEvent> {
    let slot = bot.slots.get(name)?;
    let kind = slot.get("type").and_then(Value::as_str).unwrap_or_default();
    let has_influence = slot.get("influence_conversation").and_then(Value::as_bool) != Some(false);
    if !has_influence || kind == "any" || name == "requested_slot" {
        return None;
    }
    let value = match value {
        Value::Null => SlotValue::Unset,
        it if bot.compares(name) => SlotValue::Is(scalar(it)),
        _ => SlotValue::Set,
    };
    Some(StoryEvent::Slot(name.to_owned(), value))
}
