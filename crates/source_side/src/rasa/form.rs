//! Filling slots from messages.

use super::Bot;
use super::domain::Mapping;
use super::nlu::Meaning;
use super::tracker::Tracker;

/// Fills slots from a message before the bot acts, as Rasa 3 does by the mappings of the domain. In Rasa 2 a slot without
/// mappings takes the entity of its name.
pub(super) fn fill_slots(bot: &Bot, tracker: &mut Tracker, meaning: &Meaning) {
    for slot in &bot.domain.slots {
        let of_entity = [Mapping::from_entity(&slot.name)];
        let mappings = if slot.mappings.is_empty() { &of_entity[..] } else { &slot.mappings };
        let found = mappings.iter().filter(|it| applies(it, tracker)).find_map(|it| value(it, meaning));
        if let Some(value) = found {
            tracker.slots.insert(slot.name.clone(), value);
        }
    }
}

/// Fills the slots of a form that has the mappings itself, as in Rasa 2: the slot that is asked for by any mapping, the
/// others from entities.
pub(super) fn fill_form(bot: &Bot, tracker: &mut Tracker, name: &str, meaning: &Meaning) {
    let Some(form) = bot.domain.form(name) else { return };
    for (slot, mappings) in &form.slots {
        let is_asked = tracker.requested.as_ref() == Some(slot);
        let may = |it: &&Mapping| is_asked || it.kind == "from_entity" && !it.entity.is_empty();
        if let Some(value) = mappings.iter().filter(may).find_map(|it| value(it, meaning)) {
            tracker.slots.insert(slot.clone(), value);
        }
    }
}

fn applies(mapping: &Mapping, tracker: &Tracker) -> bool {
    let holds = |(form, slot): &(Option<String>, Option<String>)| {
        let is_active = form.as_ref().is_none_or(|it| tracker.active.as_ref() == Some(it));
        is_active && slot.as_ref().is_none_or(|it| tracker.requested.as_ref() == Some(it))
    };
    mapping.conditions.is_empty() || mapping.conditions.iter().any(holds)
}

fn value(mapping: &Mapping, meaning: &Meaning) -> Option<String> {
    let is = |intents: &[String]| meaning.intent.as_ref().is_some_and(|it| intents.contains(it));
    if (!mapping.intents.is_empty() && !is(&mapping.intents)) || is(&mapping.not_intents) {
        return None;
    }
    match mapping.kind.as_str() {
        "from_entity" => meaning.entities.get(&mapping.entity).cloned(),
        "from_text" => Some(meaning.text.clone()).filter(|it| !it.is_empty()),
        "from_intent" if !mapping.intents.is_empty() => Some(mapping.value.clone()),
        _ => None,
    }
}
