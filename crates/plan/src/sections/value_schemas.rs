//! JSON Schemas of values whose types are of other crates.

use clean::{DateOrder, FieldRule, ReadField};
use extract::FIELDS;
use model::{Channel, ConsentChannel, ConsentPurpose};
use phone::PhoneForm;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use verify::AdapterKind;

/// The formats of scenarios, by the names that `kind` of a `[[scenario]]` takes.
pub const SCENARIO_KINDS: [&str; 11] = [
    "scenario",
    "sms-list",
    "message-log",
    "viber-messages",
    "viber-archive",
    "infobip-templates",
    "twilio-content",
    "twilio-studio",
    "rapidpro",
    "dialogflow",
    "rasa",
];

fn one_of(names: impl IntoIterator<Item = &'static str>) -> Schema {
    json_schema!({ "type": "string", "enum": names.into_iter().collect::<Vec<_>>() })
}

fn with_default(mut schema: Schema, default: &str) -> Schema {
    schema.insert("default".to_owned(), default.into());
    schema
}

pub(crate) fn channel(_: &mut SchemaGenerator) -> Schema {
    one_of(Channel::ALL.map(Channel::name))
}

pub(crate) fn scenario_kind(_: &mut SchemaGenerator) -> Schema {
    one_of(SCENARIO_KINDS)
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

pub(crate) fn purpose(_: &mut SchemaGenerator) -> Schema {
    one_of(ConsentPurpose::OF_MESSAGES.map(ConsentPurpose::name))
}

pub(crate) fn purposes(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": purpose(generator), "minItems": 1 })
}

pub(crate) fn basis_channel(_: &mut SchemaGenerator) -> Schema {
    one_of([ConsentChannel::Sms, ConsentChannel::Viber].map(ConsentChannel::name))
}

pub(crate) fn adapter(_: &mut SchemaGenerator) -> Schema {
    one_of(AdapterKind::ALL.map(|it| it.properties().name))
}

pub(crate) fn field_rule(_: &mut SchemaGenerator) -> Schema {
    use FieldRule::{First, Latest, Longest, SourcePriority};
    with_default(one_of([Latest, First, SourcePriority, Longest].map(FieldRule::name)), FieldRule::default().name())
}

pub(crate) fn consent_rule(_: &mut SchemaGenerator) -> Schema {
    use consent::Rule::{LatestStatement, Strictest};
    with_default(one_of([LatestStatement, Strictest].map(consent::Rule::name)), consent::Rule::default().name())
}

/// One name of a column, or several.
fn column_names() -> Value {
    json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
}

/// What the column of a field of [`FIELDS`] holds.
fn meaning(field: &str) -> &'static str {
    match field {
        "phone" => "The phone number of the person.",
        "region" => "The country of the phone number: a code, a name, a calling code or a flag.",
        "name" => "The whole name.",
        "first_name" => "The first name. Without `name`, the name is made of both parts.",
        "last_name" => "The last name.",
        "email" => "The e-mail address.",
        "language" => "The language, as a code such as `fr` or a name.",
        "last_at" => "The date of the row, such as the last contact. It decides which row is the latest.",
        "first_at" => "The first date of the person.",
        "consent" => "A word of consent or refusal, such as `yes`, `opted out` or `STOP`.",
        "consent_at" => "The date of the consent. It can be the same column as `last_at`.",
        "consent_channel" => {
            "The channel of the consent: `sms`, `viber`, `whatsapp`, `email` or `all`. Another word makes the consent unclear."
        }
        "opt_out" => "A refusal, such as \"Do not contact\" or \"unsubscribed_at\": a flag, a date or a word.",
        "external_id" => {
            "The id of the person in the system of the export. On the Viber channel it is the Viber user id."
        }
        "viber_id" => "The Viber user id.",
        "tags" => "Words about the person, with commas or semicolons between them.",
        "message_id" => "The id of the message. Several rows with one id count as one message.",
        "from" => "The sender of the message.",
        "to" => "The recipient of the message.",
        "direction" => "Whether the message came in or went out.",
        "body" => "The text of the message. Keywords such as STOP are read from inbound messages.",
        "status" => "The delivery status of the message.",
        "error" => "The error code of the message.",
        "channel" => "The channel of the row, if it can differ from that of the source.",
        "shared_phone" => "The phone number on a contact card that the person sent.",
        "tracking" => "The tracking data of a Viber message, which says that a card answers a request.",
        "prompt" => "The buttons of a Viber message, which say that it asks for the phone number.",
        _ => "",
    }
}

pub(crate) fn columns(_: &mut SchemaGenerator) -> Schema {
    let column = |field: &&str| {
        let mut column = column_names();
        column["description"] = meaning(field).into();
        ((*field).to_owned(), column)
    };
    let fields: serde_json::Map<String, Value> = FIELDS.iter().map(column).collect();
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
        "items": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": { "type": "string", "description": "The name that `profile` of a source gives." },
            },
        },
    })
}
