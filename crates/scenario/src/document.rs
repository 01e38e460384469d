//! Scenarios as JSON, and what the JSON must be.

use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{Act, Criticality, LanguageBasis, Message, Purpose, Scenario, Slot, Step, Trigger};
use crate::{Text, slot_name};

/// Why a document could not be read as scenarios.
#[derive(Debug, Error)]
pub enum ScenarioError {
    #[error("not JSON")]
    Json { source: serde_json::Error },
    #[error("scenario {number}{} is not of the neutral form", name.as_ref().map(|it| format!(" ({it})")).unwrap_or_default())]
    Shape { number: usize, name: Option<String>, source: serde_json::Error },
}

/// The simplest scenario: `{ "intent": "…", "response": "… {{status}} …" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Simple {
    intent: String,
    response: Text,
    language: Option<String>,
    purpose: Option<Purpose>,
}

/// Reads one scenario, a list of scenarios, or `{"scenarios": […]}`; each in full, or as `intent` and `response`.
///
/// A simple scenario that names no language has an empty one.
pub fn read_scenarios(json: &str) -> Result<Vec<Scenario>, ScenarioError> {
    let value: Value = serde_json::from_str(json).map_err(|source| ScenarioError::Json { source })?;
    let values = match value {
        Value::Array(values) => values,
        Value::Object(mut object) => match object.remove("scenarios") {
            Some(Value::Array(values)) => values,
            Some(other) => vec![other],
            None => vec![Value::Object(object)],
        },
        other => vec![other],
    };
    let numbered = values.into_iter().zip(1..);
    numbered.map(|(value, number)| read_scenario(value, number)).collect()
}

fn read_scenario(value: Value, number: usize) -> Result<Scenario, ScenarioError> {
    let name = value.get("id").or(value.get("intent")).and_then(Value::as_str).map(str::to_owned);
    let is_simple = value.get("response").is_some();
    let read = match is_simple {
        true => serde_json::from_value(value).map(|it: Simple| it.whole()),
        false => serde_json::from_value(value),
    };
    read.map_err(|source| ScenarioError::Shape { number, name, source })
}

impl Simple {
    fn whole(self) -> Scenario {
        let mut names: Vec<&str> = self.response.slots().collect();
        names.sort_unstable();
        names.dedup();
        Scenario {
            id: slot_name(&self.intent),
            language: self.language.unwrap_or_default(),
            language_basis: LanguageBasis::Declared,
            category: self.purpose.and_then(Purpose::category).map(str::to_owned),
            purpose: self.purpose.unwrap_or(Purpose::Notification),
            criticality: Criticality::Normal,
            trigger: Trigger::Event { name: None },
            first_message: None,
            origin: None,
            slots: names.into_iter().map(Slot::named).collect(),
            start: "response".to_owned(),
            intent: self.intent,
            steps: vec![Step {
                id: "response".to_owned(),
                act: Act::Message(Message { text: self.response, ..Message::default() }),
            }],
            losses: Vec::new(),
        }
    }
}

/// The JSON Schema of the neutral form.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Scenario>();
    schema.insert("title".to_owned(), "A scenario of Ferry, in its neutral form".into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_and_a_response_are_the_simplest_scenario() {
        let json = r#"{ "intent": "Order status", "response": "Your order is {{status}}. Thank you." }"#;
        let scenarios = read_scenarios(json).unwrap();
        assert_eq!((scenarios[0].id.as_str(), scenarios[0].slots[0].name.as_str()), ("order_status", "status"));
        let written = serde_json::to_string(&scenarios).unwrap();
        assert_eq!(read_scenarios(&written).unwrap(), scenarios);
    }

    #[test]
    fn what_is_no_scenario_is_named() {
        let told = |json| match read_scenarios(json).unwrap_err() {
            ScenarioError::Shape { number, name, source } => format!("{number} {name:?} {source}"),
            error => error.to_string(),
        };
        assert_eq!(told("{"), "not JSON");
        let one = r#"[{"intent":"a","response":"b"},{"intent":"c","response":"d","colour":1}]"#;
        assert!(told(one).starts_with("2 Some(\"c\") unknown field `colour`"), "{}", told(one));
    }
}
