//! Everyone in the database, by segment.

use model::Segment;

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::fill;

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w) = (facts.words, &facts.words.people);
    let mut section = Section::new("people", w.heading);
    let [everyone, of_run] = [facts.people(), facts.cleaned.counts.kept].map(|it| words.number(it));
    section.text(fill(w.lead, &[&everyone, &of_run]));
    section.table(segments(facts));
    section.command(w.all, facts.commands.contacts());
    let mut of_plan = Table::new(w.of_plan, vec![texts(w.segment), numbers(w.people), texts(w.command)]);
    of_plan.rows = facts.report.plan_segments.iter().map(|it| row(facts, &it.name, it.contacts, None)).collect();
    of_plan.note = w.of_plan_note.to_owned();
    section.table(of_plan);
    section
}

fn segments(facts: &Facts) -> Table {
    let (words, w) = (facts.words, &facts.words.people);
    let meaning = |segment| match segment {
        Segment::Ready => w.ready,
        Segment::ReEngage => w.re_engage,
        Segment::Undecided => w.undecided,
        Segment::OptedOut => w.opted_out,
        Segment::Suppressed => w.suppressed,
        Segment::Held => w.held,
        Segment::Unclear => w.unclear,
    };
    let columns = vec![texts(w.segment), texts(w.meaning), numbers(w.people), texts(w.command)];
    let mut table = Table::new(w.table, columns);
    let known = Segment::ALL.into_iter().filter(|it| facts.people_in(*it) > 0);
    table.rows = known.map(|it| row(facts, it.name(), facts.people_in(it), Some(meaning(it)))).collect();
    if !table.rows.is_empty() {
        let everyone = words.number(facts.people());
        let sum = [String::new(), w.everyone.to_owned()].map(Cell::Text);
        table.rows.push(sum.into_iter().chain([Cell::Number(everyone), Cell::Text(String::new())]).collect());
    }
    table
}

fn row(facts: &Facts, name: &str, n: u64, meaning: Option<&str>) -> Vec<Cell> {
    let mut row = vec![Cell::Code(name.to_owned())];
    row.extend(meaning.map(|it| Cell::Text(it.to_owned())));
    row.extend([Cell::Number(facts.words.number(n)), Cell::Code(facts.commands.segment(name))]);
    row
}
