use std::sync::Arc;

use crate::{Contact, EarlierRows};

/// The name of a source row, such as `sms:12`, shared by many values.
pub type RowName = Arc<str>;

/// The source rows of a contact's values, as one short text: the row of most values, then the values from other rows,
/// such as `sms:12 last_at=viber:7`. Values that stay from an earlier import follow, such as
/// `first_at,tags.vip=2026-11-28-spring/sms:1-3+2026-11-28-spring/viber:7`.
pub struct Lineage<'a> {
    usual: RowName,
    others: &'a str,
}

/// The values that always have the name of their row; see [`Contact::value_rows`].
const FIELDS: [&str; 6] = ["name", "email", "language", "last_at", "reachable", "consent"];

impl<'a> Lineage<'a> {
    /// Writes the rows of `values`, and those of earlier imports. None if all values came from the rows of the contact,
    /// because most contacts have a single row.
    pub fn text(contact: &Contact, values: &[(&str, Option<&RowName>)]) -> Option<String> {
        let mut text = fields_text(&contact.rows, values);
        let mut by_rows: Vec<(String, &RowName)> = Vec::new();
        for (value, rows) in contact.earlier_rows.iter() {
            match by_rows.iter_mut().find(|it| it.1 == rows) {
                Some((values, _)) => values.extend([",", value]),
                None => by_rows.push((value.to_owned(), rows)),
            }
        }
        for (values, rows) in by_rows {
            push(text.get_or_insert_default(), &values, &rows.replace(' ', "+"));
        }
        text
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

    /// The rows of values that stay from earlier imports.
    pub fn earlier_rows(&self) -> EarlierRows {
        let mut earlier = EarlierRows::default();
        for (values, rows) in self.others.split(' ').filter_map(|it| it.split_once('=')) {
            if FIELDS.contains(&values) {
                continue;
            }
            let rows: RowName = rows.replace('+', " ").into();
            values.split(',').for_each(|it| earlier.set(it.to_owned(), Some(RowName::clone(&rows))));
        }
        earlier
    }
}

/// The rows of values that always have the name of their row.
fn fields_text(rows: &RowName, values: &[(&str, Option<&RowName>)]) -> Option<String> {
    let mut given = values.iter().filter_map(|(value, row)| Some((value, (*row)?)));
    let (_, usual) = given.clone().next()?;
    if given.all(|it| it.1 == rows) {
        return None;
    }
    let mut text = if usual == rows { String::new() } else { usual.to_string() };
    for (value, row) in values.iter().filter_map(|(value, row)| Some((value, (*row)?))).filter(|it| it.1 != usual) {
        push(&mut text, value, row);
    }
    Some(text)
}

fn push(text: &mut String, value: &str, row: &str) {
    for part in [if text.is_empty() { "" } else { " " }, value, "=", row] {
        text.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactId, tag_value};

    fn contact(rows: &str) -> Contact {
        Contact::new(ContactId([7; 16]), rows.into())
    }

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
            let written = Lineage::text(&contact(&rows), &values);
            assert_eq!(written.as_deref(), text);
            let lineage = Lineage::read(written.as_deref(), &rows);
            assert_eq!(["name", "email", "last_at"].map(|it| lineage.row(it)), [name, email, last_at]);
        }
        assert_eq!(Lineage::text(&contact("sms:1"), &[("name", None)]), None);
    }

    #[test]
    fn rows_of_values_that_stay_follow_those_of_the_others() {
        let rows: RowName = "sms:9 2026-a/sms:1-3 2026-a/viber:7".into();
        let mut earlier = contact(&rows);
        for (value, rows) in [("first_at", "2026-a/sms:1-3 2026-a/viber:7"), ("n_messages", "2026-a/viber:7")] {
            earlier.earlier_rows.set(value.to_owned(), Some(rows.into()));
        }
        earlier.earlier_rows.set(tag_value("paris 11"), Some("2026-a/viber:7".into()));
        let (name, email): (RowName, RowName) = ("sms:9".into(), "2026-a/viber:7".into());
        for (values, text) in
            [(vec![("name", Some(&name)), ("email", Some(&email))], "sms:9 email=2026-a/viber:7 "), (vec![], "")]
        {
            let written = Lineage::text(&earlier, &values);
            let of_earlier = "first_at=2026-a/sms:1-3+2026-a/viber:7 n_messages,tags.paris%2011=2026-a/viber:7";
            assert_eq!(written, Some(format!("{text}{of_earlier}")));
            let read = Lineage::read(written.as_deref(), &rows);
            assert_eq!(read.earlier_rows(), earlier.earlier_rows);
            assert!(values.iter().all(|(value, row)| Some(&read.row(value)) == *row));
        }
    }
}
