//! What changed since the last run.

use crossing::PreviousRun;
use model::Segment;

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::fill;

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w) = (facts.words, &facts.words.change);
    let mut section = Section::new("change", w.heading);
    if let Some(loaded) = facts.manifest.stages.get(&model::Stage::Load).and_then(|it| it.loaded) {
        let [new, changed, unchanged] = [loaded.inserted, loaded.updated, loaded.unchanged].map(|it| words.number(it));
        section.text(fill(w.loaded, &[&new, &changed, &unchanged]));
    }
    match &facts.report.previous {
        None => section.text(w.first),
        Some(previous) => {
            let of_run = words.moment(previous.finished_at);
            section.text(fill(w.lead, &[&previous.run_id, &of_run]));
            section.table(compared(facts, previous));
            if previous.can_be_compared {
                section.command(w.list, facts.commands.diff(&previous.run_id, &facts.manifest.run_id));
            }
        }
    }
    let named = |(field, n): (&&str, &u64)| {
        let name = w.field_names.iter().find(|it| it.0 == *field).map_or(*field, |it| it.1);
        format!("{name} {}", words.number(*n))
    };
    for (fields, text) in [(&facts.report.changed_fields, w.fields), (&facts.report.conflicts, w.conflicts)] {
        if !fields.is_empty() {
            section.text(fill(text, &[&fields.iter().map(named).collect::<Vec<_>>().join(", ")]));
        }
    }
    section
}

/// The figures of both runs beside each other.
fn compared(facts: &Facts, previous: &PreviousRun) -> Table {
    let (words, w) = (facts.words, &facts.words.change);
    let columns = vec![texts(w.figure), numbers(w.before), numbers(w.now), numbers(w.difference)];
    let mut table = Table::new(w.table, columns);
    let (before, now) = (previous.counts, facts.cleaned.counts);
    let answer = &words.answer;
    let mut lines = vec![
        (w.rows, before.rows_in, now.rows_in),
        (w.rejected, before.rejected, now.rejected),
        (w.run_people, before.kept, now.kept),
        (answer.invited, previous.people.can_be_invited(), facts.can_be_invited()),
        (answer.consented, previous.people.ready_with_consent, facts.registrations.ready_with_consent),
    ];
    lines.extend(
        [
            (Segment::OptedOut, answer.refused),
            (Segment::Suppressed, words.people.suppressed_name),
            (Segment::Held, words.people.held_name),
            (Segment::Unclear, answer.unclear),
            (Segment::ReEngage, answer.unreachable),
            (Segment::Undecided, answer.undecided),
        ]
        .map(|(segment, name)| (name, previous.people.people_in(segment), facts.people_in(segment))),
    );
    let row = |(name, before, now): (&str, u64, u64)| {
        let numbers = [words.number(before), words.number(now), words.difference(before, now)].map(Cell::Number);
        [Cell::Text(name.to_owned())].into_iter().chain(numbers).collect()
    };
    table.rows = lines.into_iter().filter(|it| it.1 > 0 || it.2 > 0).map(row).collect();
    table
}
