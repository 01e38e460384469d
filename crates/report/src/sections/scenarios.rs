//! The scenarios that the run translated.

use crossing::ScenariosReport;

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::fill;

/// None if the plan has no scenarios.
pub(crate) fn section(facts: &Facts) -> Option<Section> {
    let scenarios = facts.report.scenarios.as_ref()?;
    let (words, w) = (facts.words, &facts.words.scenarios);
    let mut section = Section::new("scenarios", w.heading);
    let n_templates: u64 = scenarios.templates().values().sum();
    let [n_scenarios, templates] = [(&w.scenario, scenarios.n_scenarios()), (&w.template, n_templates)]
        .map(|(counted, n)| words.counted(counted, n));
    section.text(fill(w.lead, &[&n_scenarios, &templates]));
    let items = scenarios.items;
    let numbers_of = [items.items_in, items.carried, items.lost, items.not_taken].map(|it| words.number(it));
    section.text(fill(w.balance, &numbers_of.each_ref().map(String::as_str)));
    section.text(w.page);
    section.command(w.sheet, facts.commands.of_plan("ferry scenario review --to review.xlsx"));
    section.table(sets(facts, scenarios));
    section.table(categories(facts, scenarios));
    Some(section)
}

fn sets(facts: &Facts, scenarios: &ScenariosReport) -> Table {
    let (words, w) = (facts.words, &facts.words.scenarios);
    let columns = vec![
        texts(w.set),
        texts(w.owner),
        numbers(w.scenarios),
        numbers(w.refused),
        numbers(w.carried),
        numbers(w.lost),
        numbers(w.not_taken),
    ];
    let mut table = Table::new(w.sets, columns);
    let row = |set: &run::ScenarioSetRecord| {
        let items = set.all_items();
        let mut row = vec![Cell::Text(set.name.clone()), Cell::Text(set.owner.clone())];
        let counts = [set.scenarios, set.refused, items.carried, items.lost, items.not_taken];
        row.extend(counts.map(|it| Cell::Number(words.number(it))));
        row
    };
    table.rows = scenarios.sets.iter().map(row).collect();
    table
}

fn categories(facts: &Facts, scenarios: &ScenariosReport) -> Table {
    let w = &facts.words.scenarios;
    let mut table = Table::new(w.categories, vec![texts(w.category), numbers(w.templates)]);
    let row = |(category, n): (&str, u64)| vec![Cell::Code(category.to_owned()), Cell::Number(facts.words.number(n))];
    table.rows = scenarios.templates().into_iter().map(row).collect();
    table
}
