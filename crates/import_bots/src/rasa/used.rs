//! The slots that matter: a value that nothing shows or tests is not remembered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bot::{Bot, list, scalar};
use super::payload::Payload;
use super::say::buttons;
use super::stories::StoryEvent;

/// The slots in texts, in conditions of responses, in stories and in forms.
pub(super) fn used_slots(bot: &Bot) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for variation in bot.responses.values().flatten() {
        let raw = variation.to_string();
        let names = raw.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0);
        used.extend(names.filter(|it| bot.slots.contains_key(*it)).map(str::to_owned));
        for condition in list(variation.get("condition").unwrap_or(&Value::Null)) {
            used.extend(condition.get("name").map(scalar));
        }
    }
    used.extend(bot.forms.values().flat_map(|it| it.slots.iter().cloned()));
    for event in bot.stories.iter().flat_map(|it| &it.steps).flatten() {
        if let StoryEvent::Slot(slot, _) = event {
            used.insert(slot.clone());
        }
    }
    // Conditions of flows name their slots in words.
    if !bot.flows.is_empty() {
        used.extend(bot.slots.keys().cloned());
    }
    used
}

/// The slots that buttons outside of a form's own questions fill.
pub(super) fn filled_slots(bot: &Bot) -> BTreeSet<String> {
    let mut filled = BTreeSet::new();
    for (_, variations) in bot.responses.iter().filter(|it| !it.0.starts_with("utter_ask_")) {
        for button in variations.iter().flat_map(buttons) {
            let payload = Payload::parse(&button.get("payload").map(scalar).unwrap_or_default());
            let slots = payload.values.iter().flat_map(|it| bot.slots_of(&it.0));
            filled.extend(slots.map(str::to_owned));
        }
    }
    filled
}
