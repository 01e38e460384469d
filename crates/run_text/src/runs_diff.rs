//! Text of the differences between two runs.

use std::path::Path;

use crossing::{ComparedRun, PersonChange, PersonDiff, RunsDiff};
use model::{counted, grouped, printable};

/// The columns of the file of differences.
pub const COLUMNS: [&str; 6] = ["contact_id", "e164", "change", "field", "before", "after"];

/// The counts, one line for each kind of difference.
pub fn counts(diff: &RunsDiff) -> String {
    let run = |it: &ComparedRun| format!("{}, {}", it.run_id, counted(it.contacts, "contact"));
    let [new, gone, changed, unchanged] = [diff.new, diff.gone, diff.changed, diff.unchanged].map(grouped);
    let mut lines = vec![
        format!("{:10} {}", "from", run(&diff.from)),
        format!("{:10} {}", "to", run(&diff.to)),
        format!("{:10} {new} new, {gone} gone, {changed} changed, {unchanged} unchanged", "people"),
    ];
    lines
        .extend(diff.fields.iter().map(|(field, n)| format!("{:10} {:16} {}", "field", printable(field), grouped(*n))));
    lines.extend(
        diff.moves.iter().map(|it| format!("{:10} {} -> {}: {}", "segment", it.from, it.to, grouped(it.people))),
    );
    let moments = [&diff.from, &diff.to].map(|it| it.at.strftime("%F %H:%M:%S UTC").to_string());
    lines.push(match diff.has_segments {
        true => format!("{:10} as known at {} and at {}", "segments", moments[0], moments[1]),
        false => format!("{:10} not compared: there is no CRM database yet", "segments"),
    });
    lines.join("\n") + "\n"
}

/// The people, with the fields that changed.
pub fn people(people: &[PersonDiff], n_more: u64) -> String {
    let mut text: String = people.iter().map(person).collect();
    if n_more > 0 {
        text += &format!("and {} more: --all shows everyone, --to FILE writes them as CSV\n", grouped(n_more));
    }
    text
}

fn person(it: &PersonDiff) -> String {
    let phone = it.e164.as_ref().map_or(String::new(), |it| format!(" {it}"));
    let segment = match it.change {
        PersonChange::New => it.segment_after,
        PersonChange::Gone => it.segment_before,
        PersonChange::Changed => None,
    };
    let segment = segment.map_or(String::new(), |it| format!(", segment {it}"));
    let merged = it.merged_into.as_ref().map_or(String::new(), |it| format!(", merged into {it}"));
    let mut text = format!("{:10} contact {}{phone}{segment}{merged}\n", it.change.name(), it.contact_id);
    for [field, before, after] in changes(it) {
        text += &format!("  {:16} {} -> {}\n", printable(field), value(before), value(after));
    }
    text
}

fn value(value: &str) -> std::borrow::Cow<'_, str> {
    if value.is_empty() { "(none)".into() } else { printable(value) }
}

/// The rows of a person in the file of differences: one for each changed field. A person who is new or gone has one row,
/// with the segment.
pub fn rows<'a>(it: &'a PersonDiff) -> Vec<[&'a str; 6]> {
    let phone = it.e164.as_deref().unwrap_or_default();
    let of_person =
        |[field, before, after]: [&'a str; 3]| [it.contact_id.as_str(), phone, it.change.name(), field, before, after];
    if it.change == PersonChange::Changed {
        return changes(it).into_iter().map(of_person).collect();
    }
    let [before, after] = [it.segment_before, it.segment_after].map(Option::unwrap_or_default);
    let field = if before.is_empty() && after.is_empty() { "" } else { "segment" };
    vec![of_person([field, before, after])]
}

/// Field, value before and value after. The segment is the last.
fn changes(it: &PersonDiff) -> Vec<[&str; 3]> {
    let mut changes: Vec<[&str; 3]> =
        it.fields.iter().map(|it| [it.field.as_str(), it.before.as_str(), it.after.as_str()]).collect();
    if let (Some(before), Some(after)) = (it.segment_before, it.segment_after)
        && before != after
    {
        changes.push(["segment", before, after]);
    }
    changes
}

/// `3 rows written to diff.csv`
pub fn written(n_rows: u64, file: &Path) -> String {
    let place = match run::is_standard_output(file) {
        true => "standard output".to_owned(),
        false => crate::path(file),
    };
    format!("{} written to {place}\n", counted(n_rows, "row"))
}
