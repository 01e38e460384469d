//! When people were last in contact.

use jiff::civil::Date;

use crate::facts::Facts;
use crate::pictures::Frame;
use crate::pictures::columns::{Column, columns};
use crate::section::Section;

/// The months of the picture. Earlier ones are summed up.
const N_MONTHS: usize = 36;

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w) = (facts.words, &facts.words.contact);
    let mut section = Section::new("contact", w.heading);
    let months = months(facts);
    let by_month = &facts.registrations.last_contact;
    let sum = |is_in: &dyn Fn(Date) -> bool| -> u64 {
        by_month.iter().filter(|it| it.0.is_some_and(is_in)).map(|it| it.1).sum()
    };
    let (Some(first), Some(last)) = (months.first(), months.last()) else {
        section.text(w.no_dates);
        return section;
    };
    section.text(w.lead);
    section.picture = picture(facts, &months);
    let undated = by_month.get(&None).copied().unwrap_or(0);
    let others = [(sum(&|it| it < first.0), &w.earlier), (sum(&|it| it > last.0), &w.later), (undated, &w.undated)];
    let others = others.iter().filter(|it| it.0 > 0);
    section.list(others.map(|(n, text)| words.counted(text, *n)).collect());
    section.command(w.list, facts.commands.contacts());
    section
}

/// The months up to the one in which the exports were read, with how many people were last in contact in each.
fn months(facts: &Facts) -> Vec<(Date, u64)> {
    let read = facts.manifest.started_at().to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let known: Vec<Date> =
        facts.registrations.last_contact.keys().flatten().copied().filter(|it| *it <= read).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return Vec::new() };
    let before = |date: &Date| date.yesterday().ok().map(Date::first_of_month);
    let mut months: Vec<Date> =
        std::iter::successors(Some(*last), before).take_while(|it| it >= first).take(N_MONTHS).collect();
    months.reverse();
    let n_people = |month: Date| facts.registrations.last_contact.get(&Some(month)).copied().unwrap_or(0);
    months.into_iter().map(|it| (it, n_people(it))).collect()
}

fn picture(facts: &Facts, months: &[(Date, u64)]) -> String {
    let w = facts.words;
    let described: Vec<String> = months.iter().map(|(it, n)| w.labelled(&w.month(*it), &w.number(*n))).collect();
    let frame = Frame { id: "months", title: w.contact.picture, description: described.join("; ") };
    let most = w.number(months.iter().map(|it| it.1).max().unwrap_or(0));
    let column = |(n, (month, value)): (usize, &(Date, u64))| {
        let is_marked = month.month() == 1 || (n == 0 && month.month() < 11);
        Column { value: *value, mark: if is_marked { month.year().to_string() } else { String::new() } }
    };
    columns(&frame, &most, &months.iter().enumerate().map(column).collect::<Vec<_>>())
}
