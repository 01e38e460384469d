//! Reads JSON as a table: a list of objects, the list in a page of an API, or an object on each line.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// The header, and the rows with their places.
pub(super) type Held = (Vec<String>, Vec<(String, Vec<String>)>);

/// The table that a file of JSON holds; none if it holds no list of objects.
pub(super) fn table(bytes: &[u8]) -> Option<Held> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => Some(held(objects(&value)?.into_iter().zip(1..), "record")),
        Err(_) => {
            let lines: Vec<(Value, usize)> = bytes
                .split(|it| *it == b'\n')
                .zip(1..)
                .filter(|it| !it.0.trim_ascii().is_empty())
                .map(|(line, n)| Some((serde_json::from_slice(line).ok()?, n)))
                .collect::<Option<_>>()?;
            let objects: Vec<(&Map<String, Value>, usize)> =
                lines.iter().filter_map(|(value, n)| Some((value.as_object()?, *n))).collect();
            (!objects.is_empty()).then(|| held(objects.into_iter(), "line"))
        }
    }
}

/// The objects of a list, or of the longest list in a page.
fn objects(value: &Value) -> Option<Vec<&Map<String, Value>>> {
    let all = |list: &'_ Vec<Value>| list.len() == list.iter().filter(|it| it.is_object()).count() && !list.is_empty();
    let list = match value {
        Value::Array(list) if all(list) => list,
        Value::Object(page) => {
            let inner = page.values().filter_map(Value::as_object).flat_map(Map::values);
            let lists = page.values().chain(inner).filter_map(Value::as_array).filter(|it| all(it));
            // The first of the longest.
            lists.reduce(|longest, it| if it.len() > longest.len() { it } else { longest })?
        }
        _ => return None,
    };
    Some(list.iter().filter_map(Value::as_object).collect())
}

fn held<'v>(objects: impl Iterator<Item = (&'v Map<String, Value>, usize)>, unit: &str) -> Held {
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
    (header, rows)
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
