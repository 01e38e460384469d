//! The quality of the lists.

use model::share;
use run::ListFinding;

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::fill;

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w) = (facts.words, &facts.words.quality);
    let mut section = Section::new("quality", w.heading);
    let lists = &facts.cleaned.list_quality;
    let findings = lists.iter().flat_map(|(source, list)| list.findings.iter().map(move |it| (source, it)));
    let lines: Vec<String> =
        findings.map(|(source, it)| words.labelled(&facts.file_of(source), &finding(facts, it))).collect();
    if lines.is_empty() {
        section.text(w.good);
    }
    section.list(lines);
    let columns = vec![texts(words.coverage.file), numbers(w.numbers), numbers(w.invalid_column), numbers(w.share)];
    let mut table = Table::new(w.table, columns);
    table.rows = lists
        .iter()
        .map(|(source, it)| {
            let share = words.percent(share(it.invalid, it.phones));
            let numbers = [words.number(it.phones), words.number(it.invalid), share].map(Cell::Number);
            [Cell::Text(facts.file_of(source))].into_iter().chain(numbers).collect()
        })
        .collect();
    section.table(table);
    section
}

fn finding(facts: &Facts, finding: &ListFinding) -> String {
    let (words, w) = (facts.words, &facts.words.quality);
    let percent = |part: &u64, whole: &u64| words.percent(share(*part, *whole));
    match finding {
        ListFinding::InvalidNumbers { n_invalid, n_numbers } => fill(w.invalid, &[&percent(n_invalid, n_numbers)]),
        ListFinding::InvalidGroup { group, n_invalid, n_numbers } => {
            fill(w.invalid_group, &[group, &percent(n_invalid, n_numbers), &words.number(*n_numbers)])
        }
        ListFinding::NumbersInSequence { n_in_sequence, n_numbers } => {
            fill(w.sequence, &[&percent(n_in_sequence, n_numbers)])
        }
        ListFinding::NumbersAlone => w.alone.to_owned(),
    }
}
