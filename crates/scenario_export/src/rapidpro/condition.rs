//! Conditions: tests of values, in the tests of the platform.
//!
//! A router of the platform tests one value. Branches that follow each other and test the same value are one node; a
//! negative test is a node of its own, whose other way is the branch.

use scenario::{Branch, Condition, Find, Test};

use super::flow::{FlowWriter, Switch, Way};
use super::ids;
use super::slots::{Place, plain};
use crate::rules;

/// A test of the platform: its kind and its arguments, and whether the branch is taken where it fails.
struct Tested {
    kind: &'static str,
    arguments: Vec<String>,
    is_negative: bool,
}

/// Whether a condition has a branch that the platform can decide.
pub(super) fn decides(condition: &Condition) -> bool {
    condition.branches.iter().any(Branch::is_decidable)
}

impl FlowWriter<'_> {
    pub(super) fn condition(&mut self, id: &str, condition: &Condition) {
        for branch in condition.branches.iter().filter(|it| !it.is_decidable()) {
            self.lose(&rules::CONDITION, id, format!("{} {}", branch.slot, branch.words()));
        }
        let mut groups: Vec<(bool, Vec<(&Branch, Tested)>)> = Vec::new();
        for branch in condition.branches.iter().filter(|it| it.is_decidable()) {
            if matches!(branch.test, Test::Less | Test::Greater) {
                self.lose(&rules::NUMBER, id, format!("{} {}", branch.slot, branch.words()));
            }
            let tested = tested(branch.test, &branch.value);
            match groups.last_mut() {
                Some((false, group)) if !tested.is_negative && group[0].0.slot == branch.slot => {
                    group.push((branch, tested));
                }
                _ => groups.push((tested.is_negative, vec![(branch, tested)])),
            }
        }
        let key = |n: usize| if n == 0 { id.to_owned() } else { format!("{id}#test{n}") };
        let n_groups = groups.len();
        for (n, (is_negative, group)) in groups.into_iter().enumerate() {
            let rest = match n + 1 == n_groups {
                true => self.goal(&condition.otherwise),
                false => Some(self.id(&key(n + 1))),
            };
            self.group(&key(n), is_negative, group, rest);
        }
    }

    fn group(&mut self, key: &str, is_negative: bool, group: Vec<(&Branch, Tested)>, rest: Option<String>) {
        let Some(place) = group.first().map(|it| self.slots.place(&it.0.slot)) else { return };
        let mut switch = Switch::of(kind_of(&place), &format!("@{}", place.path()));
        switch.other = rest.clone();
        for (branch, tested) in group {
            let mut to = self.goal(&branch.next);
            if is_negative {
                switch.other = std::mem::replace(&mut to, rest.clone());
            }
            let name = if branch.value.is_empty() { branch.words() } else { branch.value.clone() };
            switch.ways.push(Way { name, tests: vec![(tested.kind, tested.arguments)], to });
        }
        self.switch(key, switch);
    }

    /// Saves the part of a value that a test finds. Where it finds nothing, the value stays.
    pub(super) fn find(&mut self, id: &str, find: &Find) {
        let (place, result) = (self.slots.place(&find.within), format!("found_{}", ids::short(id)));
        let tested = tested(find.test, &find.value);
        if !matches!(find.test, Test::IsSet | Test::Equals | Test::OneOf | Test::Exactly | Test::StartsWith) {
            self.lose(&rules::PATTERN, id, format!("in {}", find.within));
        }
        let save = format!("{id}#found");
        let rest = self.goal(&find.next);
        let (to, other) = match tested.is_negative {
            true => (rest.clone(), Some(self.id(&save))),
            false => (Some(self.id(&save)), rest.clone()),
        };
        let mut switch = Switch::of(kind_of(&place), &format!("@{}", place.path()));
        switch.result = Some(result.clone());
        switch.ways = vec![Way { name: "Found".to_owned(), tests: vec![(tested.kind, tested.arguments)], to }];
        switch.other = other;
        self.switch(id, switch);
        let value = value_found(find, &result, &place);
        let action = self.save(&save, &self.slots.place(&find.slot), &value);
        self.actions_node(&save, vec![action], rest);
    }
}

fn kind_of(place: &Place) -> &'static str {
    match place {
        Place::Result(_) => "split_by_run_result",
        Place::Field(_) => "split_by_contact_field",
    }
}

/// The expression of what was found.
fn value_found(find: &Find, result: &str, place: &Place) -> String {
    // Tests of the whole value find the whole value.
    let is_whole = matches!(
        find.test,
        Test::IsSet | Test::Equals | Test::OneOf | Test::Contains | Test::Holds | Test::StartsWith | Test::Exactly
    );
    if is_whole {
        return format!("@(trim({}))", place.path());
    }
    if !find.in_group {
        return format!("@results.{result}");
    }
    let n_groups = regex::Regex::new(&find.value).map_or(1, |it| it.captures_len().saturating_sub(1)).max(1);
    let group = |n: usize| format!("results.{result}.extra.{n}");
    let last = group(n_groups);
    let value = (1..n_groups).rev().fold(last, |rest, n| format!("default({}, {rest})", group(n)));
    format!("@({value})")
}

/// The test that a whole text is this one, whatever its case. Words alone are a phrase, which people can read.
pub(super) fn exact(text: &str) -> (&'static str, Vec<String>) {
    let is_words = text.split(' ').all(|it| !it.is_empty() && it.chars().all(char::is_alphanumeric));
    match is_words {
        true => ("has_only_phrase", vec![plain(text)]),
        false => ("has_pattern", vec![whole(&[text])]),
    }
}

/// A pattern of the whole text: one of these.
fn whole(texts: &[&str]) -> String {
    format!(r"\A\s*(?:{})\s*\z", escaped(texts))
}

fn escaped(texts: &[&str]) -> String {
    plain(&texts.iter().map(|it| regex::escape(it.trim())).collect::<Vec<_>>().join("|"))
}

fn tested(test: Test, value: &str) -> Tested {
    let one = |kind, argument: String| (kind, vec![argument]);
    let several: Vec<&str> = value.split(',').map(str::trim).collect();
    let pattern = |it: String| one("has_pattern", it);
    let (kind, arguments) = match test {
        Test::Equals | Test::NotEquals => pattern(whole(&[value])),
        Test::OneOf | Test::NotOneOf => pattern(whole(&several)),
        Test::Contains => pattern(escaped(&several)),
        Test::Holds | Test::HoldsNot => pattern(escaped(&[value])),
        Test::StartsWith | Test::StartsNotWith if value.trim().is_empty() => pattern(r"\A".to_owned()),
        Test::StartsWith | Test::StartsNotWith => one("has_beginning", plain(value.trim())),
        Test::IsSet | Test::IsBlank | Test::Other => ("has_text", Vec::new()),
        Test::Exactly => one("has_only_text", plain(value)),
        Test::AnyWord => one("has_any_word", plain(value)),
        Test::AllWords => one("has_all_words", plain(value)),
        Test::Phrase if value.trim().is_empty() => pattern(r"\A".to_owned()),
        Test::Phrase => one("has_phrase", plain(value)),
        Test::OnlyPhrase => one("has_only_phrase", plain(value)),
        Test::Pattern => pattern(plain(value)),
        Test::HasNumber => ("has_number", Vec::new()),
        Test::NumberEquals => one("has_number_eq", value.trim().to_owned()),
        Test::NumberBelow | Test::Less => one("has_number_lt", value.trim().to_owned()),
        Test::NumberAtMost => one("has_number_lte", value.trim().to_owned()),
        Test::NumberAtLeast => one("has_number_gte", value.trim().to_owned()),
        Test::NumberAbove | Test::Greater => one("has_number_gt", value.trim().to_owned()),
        Test::NumberBetween => ("has_number_between", several.iter().map(|it| (*it).to_owned()).collect()),
        Test::HasEmail => ("has_email", Vec::new()),
        Test::HasPhone => ("has_phone", Vec::new()),
        Test::HasDate => ("has_date", Vec::new()),
        Test::HasTime => ("has_time", Vec::new()),
    };
    let is_negative =
        matches!(test, Test::NotEquals | Test::NotOneOf | Test::HoldsNot | Test::StartsNotWith | Test::IsBlank);
    Tested { kind, arguments, is_negative }
}
