//! Lists in JSON: a record with n elements gives n rows, each like the record with that one element.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fmt::Write;

use extract::{ExtractError, Settings, probe, read};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Json {
    Null,
    /// A number as it is written.
    Number(u64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

type Columns = BTreeMap<String, String>;

impl Json {
    fn write(&self, to: &mut String) {
        match self {
            Self::Null => to.push_str("null"),
            Self::Number(number) => write!(to, "{number}").unwrap(),
            Self::Text(text) => to.push_str(&serde_json::to_string(text).unwrap()),
            Self::List(elements) => {
                to.push('[');
                for (n, element) in elements.iter().enumerate() {
                    to.push_str(if n == 0 { "" } else { "," });
                    element.write(to);
                }
                to.push(']');
            }
            Self::Object(members) => {
                to.push('{');
                for (n, (key, value)) in members.iter().enumerate() {
                    write!(to, "{}\"{key}\":", if n == 0 { "" } else { "," }).unwrap();
                    value.write(to);
                }
                to.push('}');
            }
        }
    }

    fn written(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// The columns of this value alone, computed in the simplest way.
    fn columns(&self, path: &str, columns: &mut Columns) {
        match self {
            Self::Null => {}
            Self::List(elements) if elements.is_empty() => {}
            Self::List(elements) if elements.iter().all(|it| matches!(it, Self::Object(_))) => {
                for (n, element) in elements.iter().enumerate() {
                    let path = if n == 0 { path.to_owned() } else { format!("{path}[{}]", n + 1) };
                    element.columns(&path, columns);
                }
            }
            Self::Object(members) => {
                for (key, value) in members {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    value.columns(&path, columns);
                }
            }
            Self::Text(text) => drop(columns.insert(path.to_owned(), text.clone())),
            other => drop(columns.insert(path.to_owned(), other.written())),
        }
    }

    /// The elements of the list at `path`, and this value with only the `n`th of them.
    fn list(&self, path: &[&str]) -> Option<&Vec<Json>> {
        match (self, path) {
            (Self::List(elements), []) => Some(elements),
            (Self::Object(members), [key, rest @ ..]) => members.iter().find(|it| it.0 == *key)?.1.list(rest),
            _ => None,
        }
    }

    fn without(&self, path: &[&str]) -> Json {
        match (self, path) {
            (Self::Object(members), [key, rest @ ..]) => Self::Object(
                members
                    .iter()
                    .map(|(name, it)| (name.clone(), if name == key { it.without(rest) } else { it.clone() }))
                    .collect(),
            ),
            (_, []) => Self::Null,
            (other, _) => other.clone(),
        }
    }
}

/// The rows of a record whose list at `path` is expanded.
fn expected(record: &Json, path: &str) -> Vec<Columns> {
    let keys: Vec<&str> = path.split('.').collect();
    let elements = record.list(&keys).filter(|it| !it.is_empty());
    let Some(elements) = elements else {
        let mut row = Columns::new();
        record.columns("", &mut row);
        return vec![row];
    };
    let mut beside = Columns::new();
    record.without(&keys).columns("", &mut beside);
    let row = |element: &Json| {
        let mut row = beside.clone();
        element.columns(path, &mut row);
        row
    };
    elements.iter().map(row).collect()
}

/// The cells of each row that are not empty, by the names of their columns.
fn rows(text: &str, settings: &Settings) -> Result<Vec<Columns>, ExtractError> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.json");
    std::fs::write(&path, text).unwrap();
    let probe = probe(std::slice::from_ref(&path), settings)?;
    let mut rows = Vec::new();
    read(&probe, |row| -> Result<(), ExtractError> {
        let cells = row.cells.map_err(|it| it.reason.code().to_owned());
        let cells = match cells {
            Ok(cells) => cells,
            Err(code) if code == "E_NOT_A_CONTACT" => {
                rows.push(Columns::new());
                return Ok(());
            }
            Err(code) => panic!("{code}"),
        };
        rows.push(
            probe
                .columns
                .iter()
                .enumerate()
                .map(|(n, name)| (name.clone(), cells.get(n).to_owned()))
                .filter(|it| !it.1.is_empty())
                .collect(),
        );
        Ok(())
    })?;
    Ok(rows)
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        2 => Just(Json::Null),
        3 => (0..1_000_000_000_000_u64).prop_map(Json::Number),
        3 => "[a-zé\"\\\\ ]{1,5}".prop_map(Json::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
            3 => members(inner).prop_map(Json::Object),
        ]
    })
}

/// Some of a few keys in any order, so that records differ in their keys.
fn members(value: impl Strategy<Value = Json>) -> impl Strategy<Value = Vec<(String, Json)>> {
    let keys = prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4).prop_shuffle();
    (keys, prop::collection::vec(value, 4))
        .prop_map(|(keys, values)| keys.into_iter().map(str::to_owned).zip(values).collect())
}

/// A record with a list at `items` or `to.items`, at any place among its keys.
fn record() -> impl Strategy<Value = Json> {
    let list = prop_oneof![
        1 => Just(Json::Null),
        4 => prop::collection::vec(value(), 0..4).prop_map(Json::List),
        6 => prop::collection::vec(members(value()).prop_map(Json::Object), 0..5).prop_map(Json::List),
    ];
    (members(value()), members(value()), list, any::<bool>(), any::<prop::sample::Index>()).prop_map(
        |(mut record, mut to, list, is_nested, at)| {
            let added = match is_nested {
                true => {
                    to.insert(at.index(to.len() + 1), ("items".to_owned(), list));
                    ("to".to_owned(), Json::Object(to))
                }
                false => ("items".to_owned(), list),
            };
            record.insert(at.index(record.len() + 1), added);
            Json::Object(record)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_record_with_n_elements_gives_n_rows_that_equal_it_with_that_one_element(
        records in prop::collection::vec(record(), 1..6),
        path in prop::sample::select(vec!["items", "to.items", "to.a", "b"]),
    ) {
        let settings = Settings { each: vec![path.to_owned()], ..Settings::default() };
        let text: String = records.iter().map(|it| it.written() + "\n").collect::<Vec<_>>().concat();
        // A single line would be one value; a second line makes it JSON lines.
        let text = format!("{text}{{\"last\":1}}\n");
        // A row of blank cells is not a person and gives no cells.
        let is_filled = |row: &Columns| row.values().any(|it| !it.trim().is_empty());
        let right = records.iter().flat_map(|it| expected(it, path));
        let mut right: Vec<Columns> = right.map(|it| if is_filled(&it) { it } else { Columns::new() }).collect();
        right.push(Columns::from([("last".to_owned(), "1".to_owned())]));
        prop_assert_eq!(rows(&text, &settings).unwrap(), right);
    }

    #[test]
    fn no_choice_of_lists_makes_the_reader_panic_or_lose_a_record(
        records in prop::collection::vec(record(), 1..6),
        each in prop::sample::subsequence(vec!["items", "items.a", "items.items", "to", "to.items", "to.items.b", "a", "a.b", "c"], 0..9),
        pairs in prop::sample::subsequence(vec!["items", "a", "to.a"], 0..3),
    ) {
        let owned = |it: Vec<&str>| it.into_iter().map(str::to_owned).collect();
        let settings = Settings { each: owned(each), pairs: owned(pairs), ..Settings::default() };
        let text: String = records.iter().map(|it| it.written() + "\n").collect();
        prop_assert!(rows(&text, &settings).unwrap().len() >= records.len());
    }
}
