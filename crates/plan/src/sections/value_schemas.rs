//! JSON Schemas of values whose types are of other crates.

use clean::{DateOrder, FieldRule, ReadField};
use extract::FIELDS;
use model::{Channel, ConsentChannel};
use phone::PhoneForm;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use verify::AdapterKind;

fn one_of(names: impl IntoIterator<Item = &'static str>) -> Schema {
    json_schema!({ "type": "string", "enum": names.into_iter().collect::<Vec<_>>() })
}

pub(crate) fn channel(_: &mut SchemaGenerator) -> Schema {
    one_of(Channel::ALL.map(Channel::name))
}

pub(crate) fn numbers(_: &mut SchemaGenerator) -> Schema {
    one_of([PhoneForm::International, PhoneForm::National, PhoneForm::Unknown].map(PhoneForm::name))
}

pub(crate) fn date_order(_: &mut SchemaGenerator) -> Schema {
    one_of([DateOrder::DayFirst, DateOrder::MonthFirst].map(DateOrder::name))
}

pub(crate) fn consent_channel(_: &mut SchemaGenerator) -> Schema {
    one_of(ConsentChannel::ALL.map(ConsentChannel::name))
}

pub(crate) fn adapter(_: &mut SchemaGenerator) -> Schema {
    one_of(AdapterKind::ALL.map(|it| it.properties().name))
}

pub(crate) fn field_rule(_: &mut SchemaGenerator) -> Schema {
    use FieldRule::{First, Latest, Longest, SourcePriority};
    one_of([Latest, First, SourcePriority, Longest].map(FieldRule::name))
}

pub(crate) fn consent_rule(_: &mut SchemaGenerator) -> Schema {
    use consent::Rule::{LatestStatement, Strictest};
    one_of([LatestStatement, Strictest].map(consent::Rule::name))
}

/// One name of a column, or several.
fn column_names() -> Value {
    json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
}

pub(crate) fn columns(_: &mut SchemaGenerator) -> Schema {
    let fields: serde_json::Map<String, Value> = FIELDS.iter().map(|it| ((*it).to_owned(), column_names())).collect();
    json_schema!({ "type": "object", "properties": fields, "additionalProperties": false })
}

pub(crate) fn attributes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[a-z][a-z0-9_]{0,39}$", "not": { "enum": FIELDS } },
        "additionalProperties": column_names(),
    })
}

pub(crate) fn rates(_: &mut SchemaGenerator) -> Schema {
    let rate = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    let fields: serde_json::Map<String, Value> =
        ReadField::ALL.iter().map(|it| (it.name().to_owned(), rate.clone())).collect();
    json_schema!({ "type": "object", "properties": fields, "additionalProperties": false })
}

/// The keys of a profile are those of a profile in a file of its own.
pub(crate) fn profiles(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
    })
}
