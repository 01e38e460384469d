mod by_hand;
mod fixtures;
mod found;
mod mutations;
mod random;

use super::counts::{ItemTotals, add};
use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use scenario::Scenario;
use serde_json::Value;

use super::*;
use crate::{Options, compile};

static WRITTEN_SLOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{\s*([a-z0-9_]+)\s*\}\}").unwrap());

fn scenario(json: &Value) -> Scenario {
    serde_json::from_value(json.clone()).unwrap()
}

/// The items of a scenario, each on a line.
fn told(scenario: &Scenario) -> String {
    let items = items(scenario, &compile(scenario, &Options::default()));
    items.iter().map(|it| format!("{}\n", in_words(it))).collect()
}

fn in_words(item: &Item) -> String {
    let outcome = &item.outcome;
    let words = [item.kind.name(), &item.name, outcome.name(), outcome.code(), outcome.about()];
    words.iter().filter(|it| !it.is_empty()).copied().collect::<Vec<_>>().join(" | ")
}

/// The items that nothing speaks of.
fn unaccounted(items: &[Item]) -> Vec<String> {
    let missing = items.iter().filter(|it| it.outcome == ItemOutcome::Unaccounted);
    missing.map(|it| format!("{} {} {}", it.kind.name(), it.place, it.name)).collect()
}

/// The number of items, counted in the JSON of the neutral form alone.
fn n_items(scenario: &Scenario) -> usize {
    let json = serde_json::to_value(scenario).unwrap();
    let steps = list(&json["steps"]);
    let of_step = |step: &Value| {
        let of_cards: usize = list(&step["cards"]).iter().map(|it| list(&it["choices"]).len()).sum();
        list(&step["choices"]).len() + list(&step["products"]).len() + of_cards
    };
    let declared: HashSet<&str> = list(&json["slots"]).iter().map(|it| it["name"].as_str().unwrap()).collect();
    let mut used: HashSet<String> = json["first_message"].as_str().map(str::to_owned).into_iter().collect();
    for step in steps.iter().chain([&json["trigger"]]) {
        let text = step.to_string();
        used.extend(WRITTEN_SLOT.captures_iter(&text).map(|it| it[1].to_owned()));
        let saves = ["question", "listen", "find", "set"].iter().any(|it| step["type"] == *it) || is_answered(step);
        used.extend(step["slot"].as_str().filter(|_| saves).map(str::to_owned));
        used.extend(step["within"].as_str().map(str::to_owned));
        used.extend(list(&step["branches"]).iter().map(|it| it["slot"].as_str().unwrap().to_owned()));
    }
    let n_undeclared = used.iter().filter(|it| !declared.contains(it.as_str())).count();
    let is_loss =
        |it: &&Value| !["missing-reference", "begin-assumed", "other-language"].iter().any(|no| it["loss"] == *no);
    let n_losses = list(&json["losses"]).iter().filter(is_loss).count();
    steps.len() + steps.iter().map(of_step).sum::<usize>() + list(&json["slots"]).len() + n_undeclared + n_losses
}

/// Whether a message waits for an answer.
fn is_answered(step: &Value) -> bool {
    let is_reply = |it: &Value| ["reply", "share_location", "share_phone"].iter().any(|reply| it["action"] == *reply);
    let of_cards = list(&step["cards"]).iter().flat_map(|it| list(&it["choices"]));
    list(&step["choices"]).iter().chain(of_cards).any(is_reply)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn totals_add_up_by_kind() {
    let (of, _) = fixtures::one("neutral/scenarios.json", "twelve");
    let mut totals = ItemTotals::of(&items(&of, &compile(&of, &Options::default())));
    assert_eq!((totals.choices.items_in, totals.all().items_in), (12, 15));
    totals += totals;
    assert_eq!((totals.choices.carried, totals.all().items_in), (24, 30));
    assert!(totals.close());
    add(&mut totals.slots, &ItemOutcome::Unaccounted);
    assert!(!totals.close());
}
