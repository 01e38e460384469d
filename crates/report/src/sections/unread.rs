//! Values that could not be read.

use run::UnreadField;

use crate::facts::Facts;
use crate::mend::{field_name, unread_share};
use crate::pictures::Frame;
use crate::pictures::bars::{Bar, bars};
use crate::section::{Cell, Section, Table, numbers, texts};

/// Limits the values in the picture; the most common are shown.
const MOST_SHOWN: usize = 8;

pub(crate) fn section(facts: &Facts) -> Section {
    let w = &facts.words.unread;
    let mut section = Section::new("unreadable", w.heading);
    if facts.cleaned.unread.is_empty() {
        section.text(w.none);
        return section;
    }
    section.text(w.lead);
    section.picture = picture(facts);
    let columns =
        vec![texts(facts.words.coverage.file), texts(w.column_field), numbers(w.column_cells), numbers(w.column_share)];
    let mut table = Table::of_section(w.heading, columns);
    table.rows = fields(facts)
        .map(|(source, field, values)| {
            let [n, share] = [facts.words.number(values.unread), unread_share(facts, values)].map(Cell::Number);
            vec![Cell::Text(facts.file_of(source)), Cell::Text(field_name(facts, field).to_owned()), n, share]
        })
        .collect();
    section.long_table(table, |n| facts.words.counted(&facts.words.page.more, n));
    section.command(w.list, facts.commands.of_this_run("ferry unreadable"));
    section
}

fn fields<'a>(facts: &'a Facts) -> impl Iterator<Item = (&'a str, &'a str, &'a UnreadField)> {
    let of_source = |(source, fields): (&'a String, &'a std::collections::BTreeMap<String, UnreadField>)| {
        fields.iter().map(move |(field, values)| (source.as_str(), field.as_str(), values))
    };
    facts.cleaned.unread.iter().flat_map(of_source)
}

/// The most common values, and how many are not shown because each may be about one person.
fn picture(facts: &Facts) -> String {
    let w = facts.words;
    let mut values: Vec<(String, u64)> = Vec::new();
    let mut n_others = 0;
    for (_, field, unread) in fields(facts) {
        let [open, close] = w.format.quotes;
        let name = |value: &str| format!("{open}{value}{close} · {}", field_name(facts, field));
        values.extend(unread.values.iter().map(|(value, n)| (name(value), *n)));
        n_others += unread.hidden;
    }
    values.sort_by_key(|it| std::cmp::Reverse(it.1));
    n_others += values.iter().skip(MOST_SHOWN).map(|it| it.1).sum::<u64>();
    values.truncate(MOST_SHOWN);
    if n_others > 0 {
        values.push((w.unread.others.to_owned(), n_others));
    }
    let described: Vec<String> = values.iter().map(|(label, n)| w.labelled(label, &w.number(*n))).collect();
    let frame = Frame { id: "values", title: w.unread.picture, description: described.join("; ") };
    let bar = |(label, n): (String, u64)| Bar { label, value: w.number(n), parts: vec![("warn", n)] };
    bars(&frame, &[], &values.into_iter().map(bar).collect::<Vec<_>>())
}
