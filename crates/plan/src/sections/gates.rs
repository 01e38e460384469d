//! `[gates]`: shares above which a run stops, or holds people back.

use std::collections::BTreeMap;

use clean::ReadField;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::with_nearest;
use crate::sections::value_schemas;
use crate::{Plan, PlanError};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GatesSection {
    /// The highest allowed share of rejected rows. Rows that are not about a person are not counted. Above it, the run
    /// still loads, and ends with exit code 3.
    #[schemars(range(min = 0, max = 1))]
    pub max_reject_rate: f64,
    /// The highest allowed share of invalid phone numbers in a source. Above it, the run ends with exit code 4 before
    /// anything is verified or loaded. Default: no limit.
    #[schemars(range(min = 0, max = 1))]
    pub max_invalid_rate: Option<f64>,
    /// The highest allowed share of valid phone numbers in sequences of eight and more. Above it, the run ends with
    /// exit code 4 before anything is verified or loaded. Default: no limit.
    #[schemars(range(min = 0, max = 1))]
    pub max_sequence_rate: Option<f64>,
    /// The highest allowed share of filled values that are not understood, by field, in a source. Above it, the run
    /// still loads, holds the people of those rows back, and ends with exit code 3. `language`, `email` and `name` have
    /// no limit by default.
    #[schemars(schema_with = "value_schemas::rates", extend("default" = { "consent": 0, "region": 0.01, "date": 0.05 }))]
    pub max_unreadable: BTreeMap<String, f64>,
    /// The highest allowed share of filled values that are not understood, by field, in a source. Above it, the run
    /// ends with exit code 4 before anything is verified or loaded. Default: no limit.
    #[schemars(schema_with = "value_schemas::rates")]
    pub stop_unreadable: BTreeMap<String, f64>,
    /// How many hours ago a source with a provider that can hold refusals was last read, at most, when people to write to
    /// are exported. Above it, the export ends with exit code 4.
    #[schemars(range(min = 1, max = 8760))]
    pub max_refusal_hours: u32,
}

impl Default for GatesSection {
    /// Allows 5 % rejected rows: a default that no data confirms.
    fn default() -> Self {
        Self {
            max_reject_rate: 0.05,
            max_invalid_rate: None,
            max_sequence_rate: None,
            max_unreadable: BTreeMap::new(),
            stop_unreadable: BTreeMap::new(),
            max_refusal_hours: 24,
        }
    }
}

impl GatesSection {
    /// Returns the highest allowed share of values of a field that are not understood; none if any share is allowed.
    pub fn max_unreadable(&self, field: ReadField) -> Option<f64> {
        let default = match field {
            ReadField::Consent => Some(0.0),
            ReadField::Region => Some(0.01),
            ReadField::Date => Some(0.05),
            ReadField::Language | ReadField::Email | ReadField::Name => None,
        };
        self.max_unreadable.get(field.name()).copied().or(default)
    }
}

impl Plan {
    pub(crate) fn check_gates(&self) -> Result<(), PlanError> {
        let GatesSection {
            max_reject_rate,
            max_invalid_rate,
            max_sequence_rate,
            max_unreadable,
            stop_unreadable,
            max_refusal_hours,
        } = &self.gates;
        let wrong = |message| Err(self.wrong(self.text.find("[gates]").unwrap_or(0), message));
        let by_field = max_unreadable.iter().chain(stop_unreadable);
        for field in by_field.clone().map(|it| it.0) {
            if !ReadField::ALL.iter().any(|it| it.name() == field) {
                let known = ReadField::ALL.map(|it| format!("`{}`", it.name())).join(", ");
                return wrong(with_nearest(&format!("unknown field `{field}`, expected one of {known}")));
            }
        }
        if !(1..=8760).contains(max_refusal_hours) {
            return wrong(format!("max_refusal_hours is {max_refusal_hours}: it can be from 1 to 8760"));
        }
        let rates = [Some(*max_reject_rate), *max_invalid_rate, *max_sequence_rate].into_iter().flatten();
        match rates.chain(by_field.map(|it| *it.1)).all(|it| (0.0..=1.0).contains(&it)) {
            true => Ok(()),
            false => wrong("a gate is a share from 0 to 1".into()),
        }
    }
}
