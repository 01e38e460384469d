//! The columns of exports of our own shape.

use crm::Exported;
use model::{NAME_PARTS, Personal, SHOWN_FIELDS, ShownField, ValueKind};

/// A column of an export.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ValueKind,
    /// The value as text; several of a list, and none if nothing is known.
    pub(crate) values: Values,
}

type Values = Box<dyn Fn(&Exported) -> Vec<String>>;

impl Column {
    pub(crate) fn new(
        name: impl Into<String>,
        kind: ValueKind,
        values: impl Fn(&Exported) -> Vec<String> + 'static,
    ) -> Self {
        Self { name: name.into(), kind, values: Box::new(values) }
    }

    /// A column of texts.
    pub(crate) fn text(name: impl Into<String>, value: impl Fn(&Exported) -> Option<String> + 'static) -> Self {
        Self::new(name, ValueKind::Text, move |it| value(it).into_iter().collect())
    }

    /// An attribute of contacts, in a column of this name.
    pub(crate) fn attribute(attribute: &str, name: impl Into<String>) -> Self {
        let attribute = attribute.to_owned();
        Self::text(name, move |it| it.contact.attributes.get(&attribute).map(|Personal(it)| it.clone()))
    }
}

/// The first columns, in the order of the first release, so that old readers still work. Other fields follow.
const FIRST_COLUMNS: [&str; 21] = [
    "contact_id",
    "e164",
    "region",
    "line_type",
    "name",
    "email",
    "language",
    "consent",
    "last_at",
    "sources",
    "rows",
    "registration",
    "sendable",
    "first_at",
    "last_inbound_at",
    "last_outbound_at",
    "messages",
    "reachable",
    "consent_at",
    "whatsapp_consent",
    "suppressed",
];

/// All columns. `attributes` are those that contacts have.
pub(crate) fn contact_columns(attributes: &[String]) -> Vec<Column> {
    of_names(&FIRST_COLUMNS, attributes)
}

/// The columns of a segment: first those of the first release, then all others of [`contact_columns`].
pub(crate) fn segment_columns(attributes: &[String]) -> Vec<Column> {
    const FIRST: [&str; 14] = [
        "contact_id",
        "e164",
        "wa_id",
        "name",
        "language",
        "channels",
        "consent",
        "last_at",
        "registration",
        "method",
        "checked_at",
        "expires_at",
        "consent_channel",
        "whatsapp_consent",
    ];
    of_names(&FIRST, attributes)
}

fn of_names(first: &[&'static str], attributes: &[String]) -> Vec<Column> {
    let exported = || SHOWN_FIELDS.iter().filter_map(|it| Some((it.export?, it)));
    let others = exported().map(|it| it.0).filter(|it| !first.contains(it) && *it != "sources");
    let last = ["held", "consent_channel"].into_iter().filter(|it| !first.contains(it));
    let names: Vec<&str> = first.iter().copied().chain(others).chain(last).collect();
    let column = |name: &str| match exported().find(|it| it.0 == name) {
        Some((name, field)) => Column::new(name, field.kind, |it| values(field, it)),
        None => beside(name),
    };
    let mut columns: Vec<Column> = names.iter().map(|it| column(it)).collect();
    for attribute in attributes.iter().filter(|it| !NAME_PARTS.contains(&it.as_str())) {
        let is_taken = names.contains(&attribute.as_str());
        let name = if is_taken { format!("attribute_{attribute}") } else { attribute.clone() };
        columns.push(Column::attribute(attribute, name));
    }
    columns
}

fn values(field: &'static ShownField, it: &Exported) -> Vec<String> {
    let values = (field.values)(&it.contact);
    match values.is_empty() && !field.empty.is_empty() {
        true => vec![field.empty.to_owned()],
        false => values,
    }
}

/// The columns that are not fields of a contact.
fn beside(name: &str) -> Column {
    let of_registration = |value: fn(&model::Registration) -> Option<String>| {
        move |it: &Exported| it.registration.as_ref().and_then(value).into_iter().collect::<Vec<_>>()
    };
    let column = |kind, value| Column::new(name, kind, of_registration(value));
    match name {
        "registration" => column(ValueKind::Text, |it| Some(it.answer.name().to_owned())),
        "wa_id" => column(ValueKind::Text, |it| it.wa_id.as_ref().map(|it| it.as_str().to_owned())),
        "method" => column(ValueKind::Text, |it| Some(it.method.clone())),
        "checked_at" => column(ValueKind::Moment, |it| Some(it.checked_at.to_string())),
        "expires_at" => column(ValueKind::Moment, |it| it.expires_at.map(|it| it.to_string())),
        "suppressed" => Column::new(name, ValueKind::Flag, |it| vec![it.kept_out.is_suppressed.to_string()]),
        "held" => Column::new(name, ValueKind::Flag, |it| vec![it.kept_out.is_held.to_string()]),
        "channels" => {
            Column::text(name, |it| Some(it.contact.channels.iter().map(|it| it.name()).collect::<Vec<_>>().join("+")))
        }
        _ => Column::text(name, |it| it.contact.consent_channel.map(|it| it.name().to_owned())),
    }
}
