//! Scripts: what happens while a scenario runs, and what the customer sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Location, MediaKind, ScenarioError, slot_name};

/// Inputs, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub name: String,
    /// The scenario that it is for, such as `help.fr`; without one it is run through all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Values that the business knows, by the name of the slot or by its name in the source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<String, String>,
    pub inputs: Vec<Input>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The customer writes.
    Say(String),
    /// The customer writes something that the model of the source takes for this intent.
    Intent {
        name: String,
        text: String,
        /// The entities that the model finds in the text.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        values: BTreeMap<String, String>,
    },
    /// The customer taps the choice with this title.
    #[serde(alias = "choose")]
    Press(String),
    /// The customer taps the choice that sends this payload.
    PressPayload(String),
    /// The customer sends where they are.
    Location,
    /// The customer sends their phone number.
    Phone,
    /// The customer does not answer in time.
    NoAnswer,
    /// Time passes, in seconds.
    Wait(u64),
    /// Another system answers.
    Answer(Answer),
    /// A condition or a call takes this route; 0 is the first.
    #[serde(rename = "way")]
    Route(usize),
}

/// The answer of another system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The system, or the name of the state that calls it.
    #[serde(default)]
    pub call: String,
    #[serde(default = "answers")]
    pub ok: bool,
    /// Values of the answer, by their names in the source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

fn answers() -> bool {
    true
}

/// Reads scripts as `ferry scenario simulate --record` writes them.
pub fn read_scripts(json: &str) -> Result<Vec<Script>, ScenarioError> {
    serde_json::from_str(json).map_err(|source| ScenarioError::Json { source })
}

/// An interpreter of a format, which plays the source side of a simulation.
pub trait SourceSide {
    /// The name that the source has for it.
    fn name(&self) -> &str;
    /// Such as `fr`; empty if the source does not declare it.
    fn language(&self) -> &str;
    /// The parts that are not simulated, such as the decisions of a model.
    fn not_simulated(&self) -> &[String];
    /// Whether the source does not say who begins: then it begins by itself, and no message is needed.
    fn begins_by_itself(&self) -> bool;
    /// Scripts that take every transition that can be reached.
    fn scripts(&self) -> Vec<Script>;
    /// What the customer sees.
    fn play(&self, script: &Script) -> Vec<Shown>;
}

/// The value that has this name in the source, in full or by its last part.
pub fn value_named<'a>(values: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let whole = slot_name(name);
    let last = last_part(name);
    let is_named = |wanted: &str| values.iter().find(|it| slot_name(it.0) == *wanted).map(|it| it.1.as_str());
    let is_last = || values.iter().find(|it| last_part(it.0) == last).map(|it| it.1.as_str());
    values.get(name).map(String::as_str).or_else(|| is_named(&whole)).or_else(|| is_named(&last)).or_else(is_last)
}

/// The last part of a name such as `flow.data.first_name`.
fn last_part(name: &str) -> String {
    slot_name(name.trim_end_matches(')').rsplit('.').next().unwrap_or(name))
}

/// What a customer sees at a step, as lines: texts as they are, `[…]` for buttons and rows, `(…)` for media and
/// locations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub step: String,
    pub lines: Vec<String>,
}

impl Shown {
    pub fn at(step: &str) -> Self {
        Self { step: step.to_owned(), lines: Vec::new() }
    }

    /// Adds a text; line breaks do not count.
    pub fn text(&mut self, text: &str) {
        let text = squeezed(&crate::without_direction_marks(text));
        if !text.is_empty() {
            self.lines.push(text);
        }
    }

    pub fn media(&mut self, kind: MediaKind, url: &str) {
        self.lines.push(format!("({} {url})", kind.name()));
    }

    pub fn place(&mut self, location: &Location) {
        self.lines.push(format!("(location {},{})", location.latitude, location.longitude));
    }

    pub fn tap(&mut self, title: &str, description: Option<&str>) {
        if let Some(description) = description {
            return self.lines.push(format!("[{} – {}]", squeezed(title), squeezed(description)));
        }
        self.lines.push(format!("[{}]", squeezed(title)));
    }

    pub fn link(&mut self, title: &str, url: &str) {
        self.lines.push(format!("[{} → {url}]", squeezed(title)));
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
