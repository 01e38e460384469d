//! The columns of a contact: one list, from which the table, its view, every statement, the reader, the comparison with
//! an import and the keeping of edits come.
//!
//! A new field of a contact is an entry of [`COLUMNS`]; its order in the list is that of the columns. Consent is no column:
//! it is derived from the ledger.

use std::collections::BTreeMap;

use model::{Channel, Contact, Field, Lineage, Personal, RowName};
use phone::{LineType, PhoneNumber, Region};

use crate::contact::cells::{personal, set, set_count, set_field, set_time};
use crate::contact::stay::{
    FIRST_AT, LAST_INBOUND_AT, LAST_OUTBOUND_AT, N_MESSAGES, keep_edit, keep_known, take_attributes, take_rows,
    take_tags, unite,
};
use crate::sql::{Cell, Type};

/// A column, and what is done with it.
pub(crate) struct ContactColumn {
    pub(crate) name: &'static str,
    of_type: Type,
    /// The type and the checks of the column, as SQLite reads them.
    definition: &'static str,
    pub(crate) write: for<'a> fn(&'a Contact) -> Cell<'a>,
    /// None if the cell holds nothing that this version knows.
    pub(crate) read: fn(&mut Contact, &Cell<'_>, &Lineage<'_>) -> Option<()>,
    /// Takes over what the database holds and an import does not know better.
    pub(crate) combine: fn(&mut Contact, &Contact),
    /// The name under which a change is counted; none if it is not counted.
    pub(crate) counted_as: Option<&'static str>,
    /// Takes over an edit; none of columns that people do not edit in the CRM.
    pub(crate) keep_edit: Option<fn(&mut Contact, &Contact)>,
}

/// The columns that are not part of the contact.
const BOOKKEEPING: [(&str, Type, &str); 3] = [
    // The number of the run whose rows source_rows names.
    ("run_number", Type::Int, "bigint not null"),
    // A check sum of what Ferry wrote: a value that differs from it was edited by a person.
    ("written_checksum", Type::Int, "bigint"),
    // A hash of what the last import said of the contact: if the next import says the same, there is nothing to do.
    ("import_hash", Type::Int, "bigint"),
];

pub(crate) const N_COLUMNS: usize = 19;
pub(crate) const RUN_NUMBER: usize = N_COLUMNS;
pub(crate) const WRITTEN_CHECKSUM: usize = N_COLUMNS + 1;
pub(crate) const SOURCE_ROWS: usize = position("source_rows");
pub(crate) const VALUE_ROWS: usize = position("value_rows");

pub(crate) static COLUMNS: [ContactColumn; N_COLUMNS] = ALL;

const ALL: [ContactColumn; N_COLUMNS] = [
    // The reader makes the contact by its id.
    column("contact_id", Type::Bytes, "blob primary key check (length(contact_id) = 16)", |it| (&it.id).into(), none),
    ContactColumn {
        // Rows of somebody who was merged into the contact have another phone, which does not replace its own.
        combine: |now, held| {
            if held.phone.is_some() {
                (now.phone, now.region, now.line_type) = (held.phone, held.region, held.line_type);
            }
        },
        counted_as: Some("phone"),
        ..column(
            "e164",
            Type::Text,
            "text",
            |it| it.phone.map(|it| it.to_string()).into(),
            |it, cell, _| set(&mut it.phone, cell, PhoneNumber::from_e164),
        )
    },
    ContactColumn {
        counted_as: Some("phone"),
        ..column(
            "region",
            Type::Text,
            "text",
            |it| it.region.as_ref().map(Region::code).into(),
            |it, cell, _| set(&mut it.region, cell, Region::from_code),
        )
    },
    ContactColumn {
        counted_as: Some("phone"),
        ..column(
            "line_type",
            Type::Text,
            "text",
            |it| it.line_type.map(LineType::name).into(),
            |it, cell, _| set(&mut it.line_type, cell, LineType::from_name),
        )
    },
    ContactColumn {
        combine: |now, held| keep_known(&mut now.name, &held.name),
        counted_as: Some("name"),
        keep_edit: Some(|now, held| keep_edit(&mut now.name, &held.name)),
        ..column(
            "name",
            Type::Text,
            "text",
            |it| it.name.as_ref().map(|it| &it.value.0).into(),
            |it, cell, lineage| set_field(&mut it.name, cell, lineage, "name", personal),
        )
    },
    ContactColumn {
        combine: |now, held| keep_known(&mut now.email, &held.email),
        counted_as: Some("email"),
        keep_edit: Some(|now, held| keep_edit(&mut now.email, &held.email)),
        ..column(
            "email",
            Type::Text,
            "text",
            |it| it.email.as_ref().map(|it| &it.value.0).into(),
            |it, cell, lineage| set_field(&mut it.email, cell, lineage, "email", personal),
        )
    },
    ContactColumn {
        combine: |now, held| keep_known(&mut now.language, &held.language),
        counted_as: Some("language"),
        keep_edit: Some(|now, held| keep_edit(&mut now.language, &held.language)),
        ..column(
            "language",
            Type::Text,
            "text",
            |it| it.language.as_ref().map(|it| &it.value).into(),
            |it, cell, lineage| set_field(&mut it.language, cell, lineage, "language", |it| Some(it.to_owned())),
        )
    },
    ContactColumn {
        combine: |now, held| {
            if held.first_at.is_some_and(|it| now.first_at.is_none_or(|now| it < now)) {
                now.first_at = held.first_at;
                take_rows(now, held, FIRST_AT);
            }
        },
        counted_as: Some("first_at"),
        ..column(
            "first_at",
            Type::Time,
            "bigint",
            |it| it.first_at.into(),
            |it, cell, _| set_time(&mut it.first_at, cell),
        )
    },
    ContactColumn {
        combine: |now, held| {
            if held.last_at.as_ref().map(|it| it.value) > now.last_at.as_ref().map(|it| it.value) {
                now.last_at.clone_from(&held.last_at);
            }
        },
        counted_as: Some("last_at"),
        ..column(
            "last_at",
            Type::Time,
            "bigint",
            |it| it.last_at.as_ref().map(|it| it.value).into(),
            |it, cell, lineage| {
                it.last_at = cell.time()?.map(|value| Field { value, row: lineage.row("last_at") });
                Some(())
            },
        )
    },
    ContactColumn {
        combine: |now, held| {
            if held.last_inbound_at > now.last_inbound_at {
                now.last_inbound_at = held.last_inbound_at;
                take_rows(now, held, LAST_INBOUND_AT);
            }
        },
        counted_as: Some("last_inbound_at"),
        ..column(
            "last_inbound_at",
            Type::Time,
            "bigint",
            |it| it.last_inbound_at.into(),
            |it, cell, _| set_time(&mut it.last_inbound_at, cell),
        )
    },
    ContactColumn {
        combine: |now, held| {
            if held.last_outbound_at > now.last_outbound_at {
                now.last_outbound_at = held.last_outbound_at;
                take_rows(now, held, LAST_OUTBOUND_AT);
            }
        },
        counted_as: Some("last_outbound_at"),
        ..column(
            "last_outbound_at",
            Type::Time,
            "bigint",
            |it| it.last_outbound_at.into(),
            |it, cell, _| set_time(&mut it.last_outbound_at, cell),
        )
    },
    ContactColumn {
        // "At least": two exports of one time overlap, so adding would count messages twice.
        combine: |now, held| {
            if held.n_messages > now.n_messages {
                now.n_messages = held.n_messages;
                take_rows(now, held, N_MESSAGES);
            }
        },
        counted_as: Some("messages"),
        ..column(
            "n_messages",
            Type::Int,
            "bigint not null",
            |it| it.n_messages.into(),
            |it, cell, _| set_count(&mut it.n_messages, cell),
        )
    },
    ContactColumn {
        combine: |now, held| keep_known(&mut now.is_reachable, &held.is_reachable),
        counted_as: Some("reachable"),
        ..column(
            "reachable",
            Type::Text,
            "text check (reachable = 'yes' or reachable = 'no')",
            |it| it.is_reachable.as_ref().map(|it| if it.value { "yes" } else { "no" }).into(),
            |it, cell, lineage| set_field(&mut it.is_reachable, cell, lineage, "reachable", |it| Some(it == "yes")),
        )
    },
    ContactColumn {
        combine: take_tags,
        counted_as: Some("tags"),
        ..column(
            "tags",
            Type::Text,
            "text",
            |it| (!it.tags.is_empty()).then(|| it.tags.join(",")).into(),
            |it, cell, _| {
                it.tags = cell.text()?.map(|it| it.split(',').map(str::to_owned).collect()).unwrap_or_default();
                Some(())
            },
        )
    },
    // Further values, as an object in JSON.
    ContactColumn {
        combine: take_attributes,
        counted_as: Some("attributes"),
        ..column(
            "attributes",
            Type::Text,
            "text",
            |it| (!it.attributes.is_empty()).then(|| json(&it.attributes)).into(),
            |it, cell, _| {
                it.attributes = cell.text()?.map_or(Some(BTreeMap::new()), |it| serde_json::from_str(it).ok())?;
                Some(())
            },
        )
    },
    ContactColumn {
        combine: |now, held| unite(&mut now.channels, &held.channels),
        counted_as: Some("channels"),
        ..column("channels", Type::Text, "text not null", channels, |it, cell, _| {
            it.channels = cell.text()??.split('+').map(Channel::from_name).collect::<Option<_>>()?;
            Some(())
        })
    },
    ContactColumn {
        counted_as: Some("rows"),
        ..column(
            "n_rows",
            Type::Int,
            "bigint not null",
            |it| it.n_rows.into(),
            |it, cell, _| set_count(&mut it.n_rows, cell),
        )
    },
    // The rows that the contact was made of, such as 'sms:1-3,9 viber:7'. They are rows of the run that run_number
    // names; rows of an earlier run have its id before them, as in '2026-11-28-spring/crm:5'. The reader makes the
    // contact by them.
    ContactColumn {
        counted_as: Some("rows"),
        ..column("source_rows", Type::Text, "text not null", |it| (&*it.rows).into(), none)
    },
    // The source row of each value: first the row of all values that are not named after it. Where it is null, or names
    // a row for some values only, the others came from source_rows, which is then one row. Values that stay from an
    // earlier import follow. See model::Lineage.
    column(
        "value_rows",
        Type::Text,
        "text",
        |it| Lineage::text(it, &stored_value_rows(it)).into(),
        |it, _, lineage| {
            it.earlier_rows = lineage.earlier_rows();
            Some(())
        },
    ),
];

/// The columns that people edit in the CRM. A check sum has room for four of them.
pub(crate) const EDITABLE: [usize; 3] = {
    let mut editable = [0; 3];
    let (mut n, mut n_editable) = (0, 0);
    while n < ALL.len() {
        if ALL[n].keep_edit.is_some() {
            editable[n_editable] = n;
            n_editable += 1;
        }
        n += 1;
    }
    editable
};

/// All columns of the table, with their types.
pub(crate) const OF_TABLE: [(&str, Type); N_COLUMNS + BOOKKEEPING.len()] = {
    let mut columns = [("", Type::Text); N_COLUMNS + BOOKKEEPING.len()];
    let mut n = 0;
    while n < columns.len() {
        columns[n] = match n < N_COLUMNS {
            true => (ALL[n].name, ALL[n].of_type),
            false => (BOOKKEEPING[n - N_COLUMNS].0, BOOKKEEPING[n - N_COLUMNS].1),
        };
        n += 1;
    }
    columns
};

/// The schema, with the columns of the table and of its view filled in.
pub(crate) fn fill_in(schema: &str) -> String {
    let definitions = COLUMNS.iter().map(|it| (it.name, it.definition));
    let definitions = definitions.chain(BOOKKEEPING.iter().map(|it| (it.0, it.2)));
    let definitions: Vec<String> = definitions.map(|(name, definition)| format!("  {name} {definition}")).collect();
    let shown = |it: &ContactColumn| match it.of_type {
        Type::Bytes => format!("hex_of(contact.{0}) as {0}", it.name),
        Type::Time => format!("time_of({0}) as {0}", it.name),
        Type::Text | Type::Int => it.name.to_owned(),
    };
    let shown: Vec<String> = COLUMNS.iter().map(shown).collect();
    schema.replace("{contact columns}", &definitions.join(",\n")).replace("{contact view columns}", &shown.join(", "))
}

const fn column(
    name: &'static str,
    of_type: Type,
    definition: &'static str,
    write: for<'a> fn(&'a Contact) -> Cell<'a>,
    read: fn(&mut Contact, &Cell<'_>, &Lineage<'_>) -> Option<()>,
) -> ContactColumn {
    ContactColumn { name, of_type, definition, write, read, combine: |_, _| (), counted_as: None, keep_edit: None }
}

/// The position of a column.
const fn position(name: &str) -> usize {
    let mut n = 0;
    while n < ALL.len() {
        if are_equal(ALL[n].name.as_bytes(), name.as_bytes()) {
            return n;
        }
        n += 1;
    }
    n
}

const fn are_equal(one: &[u8], other: &[u8]) -> bool {
    let mut n = 0;
    while n < one.len() && n < other.len() && one[n] == other[n] {
        n += 1;
    }
    n == one.len() && n == other.len()
}

fn none(_: &mut Contact, _: &Cell<'_>, _: &Lineage<'_>) -> Option<()> {
    Some(())
}

#[expect(clippy::expect_used, reason = "texts are always JSON; going on without them would lose them")]
fn json(attributes: &BTreeMap<String, Personal<String>>) -> String {
    serde_json::to_string(attributes).expect("texts can be written as JSON")
}

/// The rows of the values that are columns. That of the consent is the row of its statement.
fn stored_value_rows(contact: &Contact) -> Vec<(&'static str, Option<&RowName>)> {
    contact.value_rows().into_iter().filter(|it| it.0 != "consent").collect()
}

fn channels(contact: &Contact) -> Cell<'_> {
    match contact.channels.as_slice() {
        [only] => only.name().into(),
        several => several.iter().map(|it| it.name()).collect::<Vec<_>>().join("+").into(),
    }
}
