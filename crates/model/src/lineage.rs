use std::sync::Arc;

/// The name of a source row, such as `sms:12`, shared by many values.
pub type RowName = Arc<str>;

/// The source rows of a contact's values, as one short text: the row of most values, then the values from other rows,
/// such as `sms:12 last_at=viber:7`.
pub struct Lineage<'a> {
    usual: RowName,
    others: &'a str,
}

impl<'a> Lineage<'a> {
    /// Writes the rows of the values. None if all values came from `rows`, the rows of the contact, because most
    /// contacts have a single row.
    pub fn text(rows: &RowName, values: &[(&str, Option<&RowName>)]) -> Option<String> {
        let mut given = values.iter().filter_map(|(value, row)| Some((value, (*row)?)));
        let (_, usual) = given.clone().next()?;
        if given.all(|it| it.1 == rows) {
            return None;
        }
        let mut text = if usual == rows { String::new() } else { usual.to_string() };
        for (value, row) in values.iter().filter_map(|(value, row)| Some((value, (*row)?))).filter(|it| it.1 != usual) {
            for part in [if text.is_empty() { "" } else { " " }, value, "=", row] {
                text.push_str(part);
            }
        }
        Some(text)
    }

    /// Reads back what [`Lineage::text`] wrote.
    pub fn read(text: Option<&'a str>, rows: &RowName) -> Self {
        let text = text.unwrap_or_default();
        match text.split_once(' ').unwrap_or((text, "")) {
            ("", _) => Self { usual: Arc::clone(rows), others: "" },
            (first, _) if first.contains('=') => Self { usual: Arc::clone(rows), others: text },
            (usual, others) => Self { usual: usual.into(), others },
        }
    }

    /// The row of a value.
    pub fn row(&self, value: &str) -> RowName {
        let row_of = |it: &'a str| it.strip_prefix(value)?.strip_prefix('=');
        let other = if self.others.is_empty() { None } else { self.others.split(' ').find_map(row_of) };
        other.map_or_else(|| Arc::clone(&self.usual), Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_values_are_one_short_text_and_read_back() {
        for (rows, name, email, last_at, text) in [
            ("sms:1", "sms:1", "sms:1", "sms:1", None),
            ("sms:1 viber:2", "sms:1", "sms:1", "sms:1", Some("sms:1")),
            ("sms:1 viber:2", "sms:1", "viber:2", "sms:1", Some("sms:1 email=viber:2")),
            ("sms:1 viber:2", "sms:1", "viber:2", "viber:2", Some("sms:1 email=viber:2 last_at=viber:2")),
            ("viber:2", "viber:2", "sms:9", "viber:2", Some("email=sms:9")),
        ] {
            let [rows, name, email, last_at]: [RowName; 4] = [rows, name, email, last_at].map(Into::into);
            let values = [("name", Some(&name)), ("email", Some(&email)), ("tags", None), ("last_at", Some(&last_at))];
            let written = Lineage::text(&rows, &values);
            assert_eq!(written.as_deref(), text);
            let lineage = Lineage::read(written.as_deref(), &rows);
            assert_eq!(["name", "email", "last_at"].map(|it| lineage.row(it)), [name, email, last_at]);
        }
        assert_eq!(Lineage::text(&"sms:1".into(), &[("name", None)]), None);
    }
}
