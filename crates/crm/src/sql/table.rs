//! Tables, and the statements that read and write them.

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Int,
    /// Microseconds since 1970 in UTC.
    Time,
    Bytes,
}

/// A table. All of it is text of this crate, so statements may be put together from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Type)],
    pub(crate) on_conflict: OnConflict,
}

/// Says what to do with a row if the table has its key already.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OnConflict {
    Fail,
    /// The row of the table stays.
    Ignore,
    /// All columns but those of the key are replaced.
    Replace {
        key: &'static [&'static str],
    },
    /// Only these columns are replaced.
    Update {
        key: &'static [&'static str],
        columns: &'static [&'static str],
    },
    /// The number of the row is added to this column.
    Add {
        key: &'static [&'static str],
        column: &'static str,
    },
}

impl Table {
    /// `select a, b from table`
    pub(crate) fn select(&self) -> String {
        format!("select {} from {}", self.names(), self.name)
    }

    /// The statement that writes rows, which `rows` gives.
    pub(super) fn insert(&self, rows: &str) -> String {
        format!("insert into {} ({}) {rows} {}", self.name, self.names(), self.conflict())
    }

    pub(crate) fn names(&self) -> String {
        self.columns.iter().map(|it| it.0).collect::<Vec<_>>().join(", ")
    }

    fn conflict(&self) -> String {
        let update = |key: &[&str], columns: Vec<&str>| {
            let set: Vec<String> = columns.iter().map(|it| format!("{it} = excluded.{it}")).collect();
            format!("on conflict ({}) do update set {}", key.join(", "), set.join(", "))
        };
        match self.on_conflict {
            OnConflict::Fail => String::new(),
            OnConflict::Ignore => "on conflict do nothing".to_owned(),
            OnConflict::Replace { key } => {
                update(key, self.columns.iter().map(|it| it.0).filter(|it| !key.contains(it)).collect())
            }
            OnConflict::Update { key, columns } => update(key, columns.to_vec()),
            OnConflict::Add { key, column } => format!(
                "on conflict ({}) do update set {column} = {}.{column} + excluded.{column}",
                key.join(", "),
                self.name
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_follow_from_the_columns_and_the_key() {
        let of = |on_conflict| Table {
            name: "t",
            columns: &[("id", Type::Int), ("a", Type::Text), ("n", Type::Int)],
            on_conflict,
        };
        assert_eq!(of(OnConflict::Fail).select(), "select id, a, n from t");
        let check = |on_conflict, expected: &str| {
            let text = of(on_conflict).insert("values (?)");
            assert_eq!(text, format!("insert into t (id, a, n) values (?) {expected}"));
        };
        let key = &["id"];
        check(OnConflict::Ignore, "on conflict do nothing");
        check(OnConflict::Replace { key }, "on conflict (id) do update set a = excluded.a, n = excluded.n");
        check(OnConflict::Update { key, columns: &["a"] }, "on conflict (id) do update set a = excluded.a");
        check(OnConflict::Add { key, column: "n" }, "on conflict (id) do update set n = t.n + excluded.n");
    }
}
