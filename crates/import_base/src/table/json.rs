//! Reads JSON as a table: a list of objects, the list in a page of an API, or an object on each line.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// What a file of JSON is as a table.
pub(super) enum Found {
    /// The header, and the rows with their places.
    Table {
        header: Vec<String>,
        rows: Vec<(String, Vec<String>)>,
        is_only_list: bool,
    },
    /// It is JSON that holds no list of objects.
    NoList,
    NoJson,
}

pub(super) fn table(bytes: &[u8]) -> Found {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => match objects(&value) {
            Some((list, is_only_list)) => held(list.into_iter().zip(1..), "record", is_only_list),
            None => Found::NoList,
        },
        Err(_) => lines(bytes),
    }
}

/// Reads an object on each line.
fn lines(bytes: &[u8]) -> Found {
    let filled = bytes.split(|it| *it == b'\n').zip(1..).filter(|it| !it.0.trim_ascii().is_empty());
    let parsed = filled.map(|(line, n)| Some((serde_json::from_slice(line).ok()?, n)));
    let Some(lines) = parsed.collect::<Option<Vec<(Value, usize)>>>() else { return Found::NoJson };
    let objects: Vec<(&Map<String, Value>, usize)> =
        lines.iter().filter_map(|(value, n)| Some((value.as_object()?, *n))).collect();
    if objects.is_empty() { Found::NoJson } else { held(objects.into_iter(), "line", true) }
}

/// The objects of a list, or of the longest list in a page, and whether there is no other.
fn objects(value: &Value) -> Option<(Vec<&Map<String, Value>>, bool)> {
    let all = |list: &'_ Vec<Value>| list.len() == list.iter().filter(|it| it.is_object()).count() && !list.is_empty();
    let (list, is_only) = match value {
        Value::Array(list) if all(list) => (list, true),
        Value::Object(page) => {
            let inner = page.values().filter_map(Value::as_object).flat_map(Map::values);
            let lists: Vec<&Vec<Value>> =
                page.values().chain(inner).filter_map(Value::as_array).filter(|it| all(it)).collect();
            // The first of the longest.
            let longest =
                lists.iter().copied().reduce(|longest, it| if it.len() > longest.len() { it } else { longest });
            (longest?, lists.len() == 1)
        }
        _ => return None,
    };
    Some((list.iter().filter_map(Value::as_object).collect(), is_only))
}

fn held<'v>(objects: impl Iterator<Item = (&'v Map<String, Value>, usize)>, unit: &str, is_only_list: bool) -> Found {
    let (mut header, mut columns, mut rows) = (Vec::new(), HashMap::new(), Vec::new());
    for (object, n) in objects {
        let mut cells = Vec::new();
        flatten(object, "", &mut |name, value| {
            let column = *columns.entry(name.clone()).or_insert_with(|| {
                header.push(name);
                header.len() - 1
            });
            cells.resize(cells.len().max(column + 1), String::new());
            cells[column] = value;
        });
        rows.push((format!("{unit} {n}"), cells));
    }
    Found::Table { header, rows, is_only_list }
}

/// The values of an object, with the names of those in inner objects after a space: `status name`.
fn flatten(object: &Map<String, Value>, before: &str, take: &mut impl FnMut(String, String)) {
    for (key, value) in object {
        let name = format!("{before}{key}");
        match value {
            Value::Null => {}
            Value::String(text) => take(name, text.clone()),
            Value::Object(inner) if before.len() < 60 => flatten(inner, &format!("{name} "), take),
            // The recipients of a message: the first stands for all.
            Value::Array(list) if before.len() < 60 => match list.first() {
                Some(Value::Object(inner)) => flatten(inner, &format!("{name} "), take),
                Some(Value::String(text)) => take(name, text.clone()),
                _ => {}
            },
            other => take(name, other.to_string()),
        }
    }
}
