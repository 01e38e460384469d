//! Who is on WhatsApp, and what it cost to find out.

use std::collections::BTreeMap;

use crm::Tally;
use model::{Answer, share};
use run::Cost;

use crate::facts::Facts;
use crate::pictures::Frame;
use crate::pictures::bars::{Bar, bars};
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::fill;

/// Limits the groups that are listed; the others are summed up.
const MOST_LISTED: usize = 20;
/// Limits the countries in the picture.
const MOST_DRAWN: usize = 8;

/// A country, a source or the first digits of numbers: registered, not registered, unknown.
struct Group {
    name: String,
    answers: [u64; 3],
}

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w, registrations) = (facts.words, &facts.words.verification, facts.registrations);
    let mut section = Section::new("verification", w.heading);
    section.text(if facts.has_verifier { w.lead } else { w.off });
    if !facts.is_verified() {
        return section;
    }
    let countries = groups(facts, &registrations.countries, |it| match it {
        "" => w.no_country.to_owned(),
        code => code.to_owned(),
    });
    section.picture = picture(facts, &countries);
    section.fold(w.by_country, vec![table(facts, w.by_country, w.country, &countries)]);
    let sources = groups(facts, &registrations.sources, |it| facts.file_of(it));
    section.fold(w.by_source, vec![table(facts, w.by_source, words.coverage.file, &sources)]);
    let prefixes = groups(facts, &registrations.prefixes, str::to_owned);
    section.fold(w.by_digits, vec![table(facts, w.by_digits, w.digits, &prefixes)]);
    section.table(costs(facts));
    if facts.has_verifier {
        section.command(w.next, facts.commands.of_this_run("ferry verify --dry-run"));
    }
    section
}

/// The groups of a tally, the largest first.
fn groups(facts: &Facts, tally: &Tally, name: impl Fn(&str) -> String) -> Vec<Group> {
    let mut by_name: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for ((group, answer), n) in tally {
        let place = match answer {
            Some(Answer::Registered) => 0,
            Some(Answer::NotRegistered) => 1,
            Some(Answer::NoAnswer | Answer::Contradictory) | None => 2,
        };
        by_name.entry(name(group)).or_default()[place] += n;
    }
    let mut groups: Vec<Group> = by_name.into_iter().map(|(name, answers)| Group { name, answers }).collect();
    groups.sort_by_key(|it| std::cmp::Reverse(it.answers.iter().sum::<u64>()));
    shortened(facts, groups, MOST_LISTED)
}

/// Sums up all groups beyond `most`, unless it is a single one.
fn shortened(facts: &Facts, mut groups: Vec<Group>, most: usize) -> Vec<Group> {
    if groups.len() > most + 1 {
        let others = groups.split_off(most);
        let answers = others.iter().fold([0; 3], |sum, it| std::array::from_fn(|n| sum[n] + it.answers[n]));
        let name = facts.words.counted(&facts.words.verification.others, others.len() as u64);
        groups.push(Group { name, answers });
    }
    groups
}

fn picture(facts: &Facts, countries: &[Group]) -> String {
    let (words, w) = (facts.words, &facts.words.verification);
    let legend = [("good", w.registered), ("bad", w.not_registered), ("quiet", w.unknown)];
    let shown = countries.iter().map(|it| Group { name: it.name.clone(), answers: it.answers }).collect();
    let shown = shortened(facts, shown, MOST_DRAWN);
    let described = shown.iter().map(|it| {
        let parts: Vec<String> =
            legend.iter().zip(it.answers).map(|((_, name), n)| format!("{} {name}", words.number(n))).collect();
        words.labelled(&it.name, &parts.join(", "))
    });
    let frame = Frame { id: "countries", title: w.picture, description: described.collect::<Vec<_>>().join("; ") };
    let bar = |it: &Group| Bar {
        label: it.name.clone(),
        value: words.number(it.answers.iter().sum()),
        parts: legend.iter().zip(it.answers).map(|((class, _), n)| (*class, n)).collect(),
    };
    bars(&frame, &legend, &shown.iter().map(bar).collect::<Vec<_>>())
}

fn table(facts: &Facts, title: &'static str, heading: &'static str, groups: &[Group]) -> Table {
    let (words, w) = (facts.words, &facts.words.verification);
    let columns =
        vec![texts(heading), numbers(w.registered), numbers(w.not_registered), numbers(w.unknown), numbers(w.of_known)];
    let row = |it: &Group| {
        let [registered, not_registered, _] = it.answers;
        let rate = match registered + not_registered {
            0 => "–".to_owned(),
            known => words.percent(share(registered, known)),
        };
        let numbers = it.answers.map(|it| words.number(it)).into_iter().chain([rate]).map(Cell::Number);
        [Cell::Text(it.name.clone())].into_iter().chain(numbers).collect()
    };
    let mut table = Table::new(title, columns);
    table.rows = groups.iter().map(row).collect();
    table
}

/// The cost of each verification, and of all.
fn costs(facts: &Facts) -> Table {
    let (words, w, costs) = (facts.words, &facts.words.verification, &facts.manifest.costs);
    let columns = vec![
        texts(w.when),
        numbers(w.checks),
        numbers(w.calls),
        numbers(w.retries),
        numbers(w.known),
        numbers(w.price),
    ];
    let row = |when: String, of: &dyn Fn(fn(&Cost) -> u64) -> u64, known: String, currency: &str| {
        let numbers = [of(|it| it.checks), of(|it| it.calls), of(|it| it.retries)].map(|it| words.number(it));
        let price = words.money(of(|it| it.price_micros), currency);
        let numbers = numbers.into_iter().chain([known, price]).map(Cell::Number);
        [Cell::Text(when)].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    let mut table = Table::new(w.costs, columns);
    let of_one = |it: &Cost| row(words.moment(it.at), &|of| of(it), words.number(it.known_already), &it.currency);
    table.rows = costs.iter().map(of_one).collect();
    if let [first, .., last] = costs.as_slice()
        && costs.iter().all(|it| it.currency == first.currency)
    {
        // Each verification counts the same known people again, so a sum would be wrong.
        let total = fill(w.total, &[]);
        table.rows.push(row(total, &|of| costs.iter().map(of).sum(), "–".to_owned(), &last.currency));
    }
    table
}
