//! The fields of a contact that people see, in the order of a trace.

use crate::{Contact, IdentityKind, RowName};

/// A field as `ferry trace` and `ferry export` show it. A new field of [`Contact`] that people should see is an entry of
/// [`SHOWN_FIELDS`].
pub struct ShownField {
    /// The name in a trace; none if a trace does not show it.
    pub trace: Option<&'static str>,
    /// The column of an export; none if it is not exported.
    pub export: Option<&'static str>,
    pub kind: ValueKind,
    /// The value as text; several of a list, and none if nothing is known.
    pub values: fn(&Contact) -> Vec<String>,
    /// The source row that the value came from, or the rows of an earlier import of which one gave it, where that is kept.
    pub row: fn(&Contact) -> Option<&RowName>,
    /// What an export writes if nothing is known.
    pub empty: &'static str,
}

/// The type of a value where a format has types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Count,
    /// `true`, `false`, `yes` or `no`.
    Flag,
    Moment,
    List,
}

pub static SHOWN_FIELDS: [ShownField; 28] = [
    ShownField { trace: None, ..shown("contact_id", |it| vec![it.id.to_string()]) },
    ShownField { trace: Some("phone"), ..shown("e164", |it| texts(it.phone)) },
    shown("region", |it| texts(it.region)),
    shown("line_type", |it| texts(it.line_type.map(|it| it.name()))),
    ShownField { kind: ValueKind::Flag, ..shown("sendable", |it| texts(it.line_type.map(|it| it.is_sendable()))) },
    ShownField {
        row: |it| it.name.as_ref().map(|it| &it.row),
        ..shown("name", |it| texts(it.name.as_ref().map(|it| &it.value.0)))
    },
    ShownField {
        row: |it| it.email.as_ref().map(|it| &it.row),
        ..shown("email", |it| texts(it.email.as_ref().map(|it| &it.value.0)))
    },
    ShownField {
        row: |it| it.language.as_ref().map(|it| &it.row),
        ..shown("language", |it| texts(it.language.as_ref().map(|it| &it.value)))
    },
    ShownField { row: |it| it.earlier_rows.get("first_at"), ..moment("first_at", |it| texts(it.first_at)) },
    ShownField {
        row: |it| it.last_at.as_ref().map(|it| &it.row),
        ..moment("last_at", |it| texts(it.last_at.as_ref().map(|it| it.value)))
    },
    ShownField {
        row: |it| it.earlier_rows.get("last_inbound_at"),
        ..moment("last_inbound_at", |it| texts(it.last_inbound_at))
    },
    ShownField {
        row: |it| it.earlier_rows.get("last_outbound_at"),
        ..moment("last_outbound_at", |it| texts(it.last_outbound_at))
    },
    ShownField {
        row: |it| it.earlier_rows.get("n_messages"),
        empty: "0",
        kind: ValueKind::Count,
        ..shown("messages", |it| texts(Some(it.n_messages).filter(|it| *it > 0)))
    },
    ShownField {
        row: |it| it.is_reachable.as_ref().map(|it| &it.row),
        kind: ValueKind::Flag,
        ..shown("reachable", |it| texts(it.is_reachable.as_ref().map(|it| if it.value { "yes" } else { "no" })))
    },
    ShownField {
        row: |it| it.consent.as_ref().map(|it| &it.row),
        ..shown("consent", |it| texts(it.consent.as_ref().map(|it| it.value.name())))
    },
    moment("consent_at", |it| texts(it.consent_at)),
    shown("whatsapp_consent", |it| texts(it.whatsapp_consent.map(|it| it.name()))),
    ShownField {
        export: None,
        ..shown("identity", |it| it.identities.iter().map(|it| format!("{} {}", it.kind.name(), it.value.0)).collect())
    },
    ShownField { export: None, ..shown("tags", |it| texts(Some(it.tags.join(",")).filter(|it| !it.is_empty()))) },
    ShownField { export: None, ..shown("rows", |it| vec![it.rows.to_string()]) },
    ShownField { trace: None, kind: ValueKind::Count, ..shown("rows", |it| vec![it.n_rows.to_string()]) },
    ShownField {
        trace: None,
        ..shown("sources", |it| vec![it.channels.iter().map(|it| it.name()).collect::<Vec<_>>().join("+")])
    },
    ShownField {
        export: None,
        ..shown("attribute", |it| it.attributes.iter().map(|(name, it)| format!("{name} {}", it.0)).collect())
    },
    ShownField { trace: None, ..shown("first_name", |it| texts(it.attributes.get("first_name").map(|it| &it.0))) },
    ShownField { trace: None, ..shown("last_name", |it| texts(it.attributes.get("last_name").map(|it| &it.0))) },
    list("external_ids", |it| ids(it, IdentityKind::External)),
    list("viber_ids", |it| ids(it, IdentityKind::Viber)),
    list("tags", |it| it.tags.clone()),
];

/// The ids of a kind, each with the scope in which it is unique, such as `crm:1042`.
fn ids(contact: &Contact, kind: IdentityKind) -> Vec<String> {
    let of_kind = contact.identities.iter().filter(|it| it.kind == kind);
    of_kind.map(|it| format!("{}:{}", it.scope, it.value.0)).collect()
}

const fn moment(name: &'static str, values: fn(&Contact) -> Vec<String>) -> ShownField {
    ShownField { kind: ValueKind::Moment, ..shown(name, values) }
}

/// A list that only an export shows.
const fn list(name: &'static str, values: fn(&Contact) -> Vec<String>) -> ShownField {
    ShownField { trace: None, kind: ValueKind::List, ..shown(name, values) }
}

/// A field with the same name everywhere.
const fn shown(name: &'static str, values: fn(&Contact) -> Vec<String>) -> ShownField {
    ShownField { trace: Some(name), export: Some(name), values, kind: ValueKind::Text, row: |_| None, empty: "" }
}

fn texts(value: Option<impl ToString>) -> Vec<String> {
    value.iter().map(ToString::to_string).collect()
}
