//! The fields of an intent that neither a scenario nor WhatsApp has: each is recorded as lost, by its name.

use scenario::Loss;
use serde_json::Value;

use super::agent::Intent;
use import_base::json::is_empty;
use import_base::scenario_builder::ScenarioBuilder;

/// Fields of an intent that are read, or that say nothing to a customer.
const INTENT: [&str; 20] = [
    "id",
    "parentId",
    "rootParentId",
    "name",
    "auto",
    "contexts",
    "responses",
    "priority",
    "webhookUsed",
    "webhookForSlotFilling",
    "fallbackIntent",
    "events",
    "userSays",
    "templates",
    "lastUpdate",
    "cortanaCommand",
    "followUpIntents",
    "followupIntents",
    "state",
    "endInteraction",
];

/// Fields of the response that are read, or that say nothing to a customer.
const RESPONSE: [&str; 7] =
    ["resetContexts", "action", "affectedContexts", "parameters", "messages", "defaultResponsePlatforms", "speech"];

/// Fields of a parameter that are read, or that say nothing to a customer.
const PARAMETER: [&str; 7] = ["id", "name", "required", "dataType", "value", "isList", "prompts"];

/// Records what an intent has and its scenario has not.
pub(super) fn record_lost(builder: &mut ScenarioBuilder, intent: &Intent, language: &str) {
    let mut lost = Vec::new();
    let mut unread = |value: &Value, known: &[&str], of: &str| {
        let others = value.as_object().into_iter().flatten();
        let others = others.filter(|(key, value)| !known.contains(&key.as_str()) && !is_empty(value));
        lost.extend(others.map(|(key, value)| format!("{key}{of}: {value}")));
    };
    unread(&intent.value, &INTENT, "");
    unread(intent.response(), &RESPONSE, "");
    for parameter in intent.parameters() {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        unread(parameter, &PARAMETER, &format!(" of {name}"));
    }
    lost.into_iter().for_each(|it| builder.record_loss(Loss::FieldDropped, &intent.name, it));
    if intent.is_set("webhookForSlotFilling") {
        let what = "the webhook is not asked while the questions are asked (webhookForSlotFilling)";
        builder.record_loss(Loss::StepDropped, &intent.name, what);
    }
    let n_patterns = intent.n_patterns.get(language).copied().unwrap_or_default();
    if n_patterns > 0 {
        let what = format!("phrases that are patterns of entities (isTemplate): {n_patterns}");
        builder.record_loss(Loss::FieldDropped, &intent.name, what);
    }
}
