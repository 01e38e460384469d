//! Routers: tests of an answer or of a value, with the rules of RapidPro.

use std::collections::HashMap;

use regex::Regex;
use scenario::{Act, Branch, Condition, Goal, Loss, Test, TextPart};
use serde_json::Value;

use super::export::{list, string};
use super::expression::{Piece, parts, pieces};
use super::flow::{After, FlowReader};
use super::results::{Site, Way};
use super::values::result_key;

/// The ways out of a router, by its categories.
pub(super) struct Routes<'a> {
    /// The categories in their order: their ids, where they lead, and their names.
    pub(super) categories: Vec<(&'a str, After, &'a str)>,
    by_uuid: HashMap<&'a str, usize>,
}

impl<'a> Routes<'a> {
    pub(super) fn of(&self, uuid: &str) -> Option<&(&'a str, After, &'a str)> {
        self.by_uuid.get(uuid).map(|it| &self.categories[*it])
    }

    pub(super) fn called(&self, name: &str) -> Option<&After> {
        self.categories.iter().find(|it| it.2.eq_ignore_ascii_case(name)).map(|it| &it.1)
    }
}

/// How a case of RapidPro is tested; none if only RapidPro can decide it.
fn test(kind: &str) -> Option<Test> {
    Some(match kind {
        "has_any_word" => Test::AnyWord,
        "has_all_words" => Test::AllWords,
        "has_phrase" => Test::Phrase,
        "has_only_phrase" => Test::OnlyPhrase,
        "has_only_text" | "is_text_eq" => Test::Exactly,
        "has_beginning" => Test::StartsWith,
        "has_text" | "has_value" => Test::IsSet,
        "has_pattern" => Test::Pattern,
        "has_number" => Test::HasNumber,
        "has_number_eq" => Test::NumberEquals,
        "has_number_lt" => Test::NumberBelow,
        "has_number_lte" => Test::NumberAtMost,
        "has_number_gte" => Test::NumberAtLeast,
        "has_number_gt" => Test::NumberAbove,
        "has_number_between" => Test::NumberBetween,
        "has_email" => Test::HasEmail,
        "has_phone" => Test::HasPhone,
        "has_date" => Test::HasDate,
        "has_time" => Test::HasTime,
        _ => return None,
    })
}

impl<'a> FlowReader<'a> {
    pub(super) fn routes(&self, run: usize, node: &'a Value, router: &'a Value) -> Routes<'a> {
        let exits: HashMap<&str, &Value> =
            list(node, "exits").iter().filter_map(|it| Some((string(it, "uuid")?, it))).collect();
        let category = |it: &'a Value| {
            let exit = string(it, "exit_uuid").and_then(|it| exits.get(it));
            let after = exit.map_or_else(|| self.after(run), |it| self.destination(run, it));
            (string(it, "uuid").unwrap_or_default(), after, string(it, "name").unwrap_or_default())
        };
        let categories: Vec<_> = list(router, "categories").iter().map(category).collect();
        let by_uuid = categories.iter().enumerate().map(|(n, it)| (it.0, n)).collect();
        Routes { categories, by_uuid }
    }

    /// The name of a category in the language of the scenario.
    fn category_name(&self, run: usize, router: &'a Value, routes: &Routes<'a>, uuid: &str) -> String {
        let category = routes.by_uuid.get(uuid).and_then(|it| list(router, "categories").get(*it));
        let translated = category.and_then(|it| self.flow(run).translation(self.language, it, "name"));
        let translated = translated.and_then(|it| it.get(0)).and_then(Value::as_str);
        translated.or(category.and_then(|it| string(it, "name"))).unwrap_or_default().to_owned()
    }

    /// Remembers that a result gets a category on a way.
    pub(super) fn note_category(&mut self, result: Option<&str>, step: &str, way: Way, category: &str) {
        if let Some(result) = result {
            let site = Site { result: result.to_owned(), step: step.to_owned(), way, category: category.to_owned() };
            self.results.sites.push(site);
        }
    }

    /// The key of the result that a router saves.
    pub(super) fn result_of(&self, run: usize, router: &Value) -> Option<String> {
        let name = string(router, "result_name").filter(|it| !it.is_empty())?;
        // Results are known by the plain form of their names.
        Some(result_key(self.runs[run].flow, &snake(name)))
    }

    /// Decides where to go. `answer` is the slot of the answer that the node waited for.
    pub(super) fn decide(
        &mut self,
        run: usize,
        node: &'a Value,
        router: &'a Value,
        answer: Option<&str>,
        id: &str,
    ) -> Act {
        let routes = self.routes(run, node, router);
        match string(router, "type") {
            Some("random") => return self.split(&routes, id),
            Some("switch") | None => {}
            Some(other) => self.builder.record_loss(Loss::RouteDropped, id, format!("the router {other}")),
        }
        let operand = string(router, "operand").unwrap_or("@input.text");
        let slot = match answer {
            Some(slot) if is_input(operand) => slot.to_owned(),
            // Where there is nothing to decide the operand says nothing.
            _ if list(router, "cases").is_empty() => String::new(),
            _ => self.operand(operand, id),
        };
        let result = self.result_of(run, router);
        let mut branches = Vec::new();
        for case in list(router, "cases") {
            self.name_unknown("case", case, id);
            let category = string(case, "category_uuid").unwrap_or_default();
            let goal = routes.of(category).map(|it| it.1.clone()).unwrap_or(After::End);
            let next = self.follow(&goal, false);
            for (slot, test, value) in self.tests(run, case, operand, &slot, id) {
                let name = self.category_name(run, router, &routes, category);
                self.note_category(result.as_deref(), id, Way::Branch(branches.len()), &name);
                branches.push(Branch { slot, test, value, next: next.clone() });
            }
        }
        let default = string(router, "default_category_uuid").unwrap_or_default();
        let otherwise = routes.of(default).map(|it| it.1.clone());
        let otherwise = otherwise.map_or_else(|| None, |it| self.follow(&it, false));
        let name = self.category_name(run, router, &routes, default);
        self.note_category(result.as_deref(), id, Way::Otherwise, &name);
        if let Some(result) = result {
            self.results.finds.push((id.to_owned(), slot, result));
        }
        Act::Condition(Condition { branches, otherwise })
    }

    /// A choice at random: the first way, unless something else decides.
    fn split(&mut self, routes: &Routes<'_>, id: &str) -> Act {
        let n = routes.categories.len();
        let what = format!("one of {n} ways is taken at random: a system of the business must choose");
        self.builder.record_loss(Loss::ConditionDropped, id, what);
        let slot = self.builder.slot_called("random", "random_way", "random_way", "random");
        let goals: Vec<Goal> = routes.categories.iter().map(|it| self.follow(&it.1, false)).collect();
        let others = goals.iter().enumerate().skip(1).map(|(k, next)| Branch {
            slot: slot.clone(),
            test: Test::Equals,
            value: (k + 1).to_string(),
            next: next.clone(),
        });
        Act::Condition(Condition { branches: others.collect(), otherwise: goals.first().cloned().flatten() })
    }

    /// The tests of a case: a slot, a test and a value each.
    fn tests(
        &mut self,
        run: usize,
        case: &'a Value,
        operand: &str,
        slot: &str,
        id: &str,
    ) -> Vec<(String, Test, String)> {
        let kind = string(case, "type").unwrap_or_default();
        let translated = self.flow(run).translation(self.language, case, "arguments");
        let arguments: Vec<&str> = match translated.and_then(Value::as_array) {
            Some(translated) => translated.iter().filter_map(Value::as_str).collect(),
            None => list(case, "arguments").iter().filter_map(Value::as_str).collect(),
        };
        let computes = arguments.iter().any(|it| pieces(it).iter().any(|it| !matches!(it, Piece::Plain(_))));
        if kind == "has_category" && !computes {
            let slot = self.operand(&format!("{}.category", operand.trim_end_matches(".category")), id);
            let one = |it: &&str| (slot.clone(), Test::Exactly, (*it).to_owned());
            return arguments.iter().map(one).collect();
        }
        let value = if kind == "has_number_between" { arguments.join(",") } else { arguments.join(" ") };
        let is_pattern = kind != "has_pattern" || Regex::new(value.trim()).is_ok();
        let is_possible = kind != "has_beginning" || !value.trim().is_empty();
        match test(kind).filter(|_| !computes && is_pattern && is_possible) {
            Some(test) => vec![(slot.to_owned(), test, value)],
            None => {
                // The id of a group says nothing; its name comes second.
                let about = if kind == "has_group" { arguments.get(1).copied().unwrap_or_default() } else { &value };
                let what = format!("{kind} {about}");
                self.builder.record_loss(Loss::ConditionDropped, id, format!("the test {}", what.trim()));
                vec![(slot.to_owned(), Test::Other, self.text(what.trim(), id).to_string())]
            }
        }
    }

    /// The slot of a value that is tested. A text with several values, or with words around them, is a value of its own.
    fn operand(&mut self, operand: &str, id: &str) -> String {
        let text = self.text(operand, id);
        if let [TextPart::Slot(slot)] = text.trimmed().parts() {
            return slot.clone();
        }
        match pieces(operand).iter().all(|it| matches!(it, Piece::Plain(_))) {
            true => self.builder.slot_called(operand, operand, "operand", operand),
            false => self.computed_as(operand, operand, id),
        }
    }
}

/// Whether a router tests the answer.
pub(super) fn is_input(operand: &str) -> bool {
    let operand = operand.trim();
    let inner = operand.strip_prefix("@(").and_then(|it| it.strip_suffix(')')).or(operand.strip_prefix('@'));
    matches!(parts(inner.unwrap_or_default()).join(".").as_str(), "input" | "input.text" | "step.value")
}

/// The name that a result has in expressions.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.trim().to_lowercase().chars() {
        match character {
            _ if character.is_alphanumeric() || character == '_' => snake.push(character),
            _ if snake.ends_with('_') => {}
            _ => snake.push('_'),
        }
    }
    snake
}
