//! What customers type: a decision between the intents that can follow, and the values that are saved.

use std::cmp::Reverse;
use std::collections::HashMap;

use scenario::{Act, Branch, Condition, Goal, Loss};

use super::build::{StoryBuilder, Values};
use super::entities::{self, Entities, named};
use super::examples::Example;
use super::stories::StoryEvent;
use super::tree::Root;
use import_base::phrases::{Captured, Piece, branches, has_words};

/// Limits the values that are read out of what a customer types at one step.
pub(super) const MAX_VALUES: usize = 30;

/// The expression of a value that can be any text.
pub(super) const ANY_VALUE: &str = ".+?";

impl StoryBuilder<'_> {
    /// The decision by what the customer types, for intents that can follow; `heard` follows any other answer. Returns the
    /// slot for what is typed, and the step that decides.
    pub(super) fn typed(
        &mut self,
        name: &str,
        intents: &[(StoryEvent, usize)],
        heard: Option<usize>,
    ) -> Option<(String, String)> {
        let slot = self.scenario.slot("customer answer");
        let mut condition = Condition { branches: Vec::new(), otherwise: None };
        let mut names: Vec<&str> = Vec::new();
        let mut all: Vec<(Reverse<usize>, Branch)> = Vec::new();
        for (event, after) in intents {
            let StoryEvent::Intent(intent, entities) = event else { continue };
            if intent == "nlu_fallback" {
                condition.otherwise = condition.otherwise.or_else(|| self.enter(*after, name));
                continue;
            }
            let others = entities_of(intents, intent);
            let ways = self.ways_to((intent, entities, *after), &others, &slot, name);
            if !ways.is_empty() && !names.contains(&intent.as_str()) {
                names.push(intent);
            }
            all.extend(ways);
        }
        // Phrases with any value come after the others, and of those the one with most words of its own comes first.
        all.sort_by_key(|it| it.0);
        condition.branches.extend(all.into_iter().map(|it| it.1));
        if let Some(after) = heard {
            condition.otherwise = condition.otherwise.or_else(|| self.heard(&slot, after, name));
        }
        if condition.branches.is_empty() && condition.otherwise.is_none() {
            return None;
        }
        condition.otherwise = condition.otherwise.or_else(|| self.other_scenarios(&slot));
        if !names.is_empty() {
            let what = format!("answers are compared with the examples of {}, word by word", names.join(", "));
            self.scenario.record_loss(Loss::ConditionDropped, name, what);
        }
        if condition.branches.is_empty() {
            return Some((slot, condition.otherwise?));
        }
        let id = self.free_id(&format!("{name} answer"));
        self.scenario.push(&id, Act::Condition(condition));
        Some((slot, id))
    }

    /// The decision for an answer that no way here takes: another scenario may begin with it. The fallback takes the rest.
    fn other_scenarios(&mut self, slot: &str) -> Goal {
        if let Some(known) = &self.others {
            return known.clone();
        }
        let context = self.context;
        let fallback = self.jump("nlu_fallback");
        let n_examples: usize = context.stories.roots.values().map(|it| self.n_examples(&it.intent)).sum();
        let Some(left) = context.n_other_examples.get().checked_sub(n_examples) else {
            let what = "other intents do not start here: the bot has too many examples";
            self.scenario.record_loss(Loss::RouteDropped, "examples", what);
            return fallback;
        };
        context.n_other_examples.set(left);
        let mut branches = Vec::new();
        for (name, root) in context.stories.roots.iter().filter(|it| context.scenarios.contains_key(it.0)) {
            branches.extend(self.ways_to_scenario(name, root, slot));
        }
        let goal = match branches.is_empty() {
            true => fallback,
            false => {
                branches.sort_by_key(|it: &(Reverse<usize>, Branch)| it.0);
                let branches = branches.into_iter().map(|it| it.1).collect();
                let id = self.scenario.free_id("other answers");
                self.scenario.push(&id, Act::Condition(Condition { branches, otherwise: fallback }));
                Some(id)
            }
        };
        self.others = Some(goal.clone());
        goal
    }

    fn n_examples(&self, intent: &str) -> usize {
        self.context.bot.examples.get(intent).map(Vec::len).unwrap_or_default()
    }

    /// The branches to the scenario of an intent, by how many words their phrases have of their own; those without values
    /// come first.
    fn ways_to_scenario(&mut self, name: &str, root: &Root, slot: &str) -> Vec<(Reverse<usize>, Branch)> {
        let roots = self.context.stories.roots.values().filter(|it| it.intent == root.intent);
        let others: Vec<&Entities> = roots.map(|it| &it.entities).collect();
        let mut ways = Vec::new();
        for group in self.groups(name, &root.intent, &root.entities, &others) {
            let next = self.jump(name);
            let Some(next) = self.set(&group.values, next) else { continue };
            let captured = group.captured();
            let next = match group.is_captured {
                true => captured.finds(&mut self.scenario, slot, &|_| ANY_VALUE.to_owned(), Some(next)),
                false => Some(next),
            };
            ways.extend(next.into_iter().flat_map(|it| group.branches(slot, &it)));
        }
        ways
    }

    /// The branches to what follows an intent. Its own scenario starts by what customers type, without a decision here.
    fn ways_to(
        &mut self,
        (intent, entities, after): (&str, &Entities, usize),
        others: &[&Entities],
        slot: &str,
        name: &str,
    ) -> Vec<(Reverse<usize>, Branch)> {
        let groups = self.groups(name, intent, entities, others);
        let root = named(intent, entities);
        if groups.is_empty() {
            let what = format!("if the customer says {root}: it has no examples");
            self.scenario.record_loss(Loss::RouteDropped, name, what);
        }
        let is_own = self.is_covered(&root, after);
        let mut ways = Vec::new();
        for group in groups.into_iter().filter(|it| !is_own || !it.values.is_empty()) {
            if let Some(next) = self.group_goal(&group, (&root, after), slot, name) {
                ways.extend(group.branches(slot, &next));
            }
        }
        ways
    }

    /// The first step of a way that a group of examples leads to: the values in them are saved.
    fn group_goal(&mut self, group: &Group, (root, after): (&str, usize), slot: &str, name: &str) -> Goal {
        let captured = if group.is_captured { Some(group.captured()) } else { None };
        let found = captured.iter().flat_map(Captured::slots).map(|it| (it.to_owned(), String::new()));
        let known: Values = group.values.iter().cloned().chain(found).collect();
        let next = self.after_intent(root, after, &known, name);
        let next = self.set(&group.values, next)?;
        match captured {
            Some(captured) => captured.finds(&mut self.scenario, slot, &|_| ANY_VALUE.to_owned(), Some(next)),
            None => Some(next),
        }
    }

    /// The decision that saves the values which the first message gives to slots of the scenario, and then leads to `start`.
    ///
    /// Values that are in the trigger as slots are saved by what starts the scenario.
    pub(super) fn first_values(&mut self, name: &str, root: &Root, start: Goal) -> Goal {
        let of_intent = self.context.stories.roots.values().filter(|it| it.intent == root.intent);
        let others: Vec<&Entities> = of_intent.map(|it| &it.entities).collect();
        let mut groups = self.groups(name, &root.intent, &root.entities, &others);
        let entities = root.entities.iter().filter_map(|it| Some((it.0.clone(), it.1.clone()?)));
        let known = self.slot_values(&entities.collect::<Values>());
        for group in &mut groups {
            group.values.retain(|it| self.scenario.known_slot(&it.0).is_some() && !known.contains(it));
        }
        groups.retain(|it| !it.values.is_empty());
        if groups.is_empty() || start.is_none() {
            return start;
        }
        let slot = self.scenario.slot("customer message");
        let mut condition = Condition { branches: Vec::new(), otherwise: start.clone() };
        for group in groups {
            let Some(next) = self.set(&group.values, start.clone()) else { continue };
            condition.branches.extend(group.branches(&slot, &next).into_iter().map(|it| it.1));
        }
        self.scenario.first_message = Some(slot);
        let id = self.free_id(&format!("{name} knows"));
        self.scenario.push(&id, Act::Condition(condition));
        Some(id)
    }

    /// The examples of an intent that have the entities, by the values that they give to slots.
    pub(super) fn groups(&mut self, name: &str, intent: &str, entities: &Entities, others: &[&Entities]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<(Values, Vec<String>), usize> = HashMap::new();
        let mut n_others = 0;
        for example in entities::examples(self.context.bot, intent, entities, others) {
            let (mut values, pieces) = self.meaning(&example, entities);
            let mut slots: Vec<String> = pieces.iter().filter_map(|it| it.1.clone()).collect();
            slots.sort();
            let mut key = (values.clone(), slots);
            if groups.len() >= MAX_VALUES && !places.contains_key(&key) {
                n_others += 1;
                (values, key) = (Values::new(), (Values::new(), Vec::new()));
            }
            let is_captured = !key.1.is_empty();
            let at = *places.entry(key).or_insert_with(|| {
                groups.push(Group { values, is_captured, phrases: Vec::new() });
                groups.len() - 1
            });
            groups[at].phrases.push(pieces);
        }
        if n_others > 0 {
            let what = format!("the values in {n_others} more examples of {intent}");
            self.scenario.record_loss(Loss::FormDropped, name, what);
        }
        groups
    }

    /// The values that an example gives to slots that are used, and its pieces: those that stand for any value have the
    /// name of their slot.
    fn meaning(&self, example: &Example, entities: &Entities) -> (Values, Vec<Piece>) {
        let bot = self.context.bot;
        let open = |entity: &str| {
            let is_one = entities.iter().any(|it| it.0 == entity && it.1.is_some());
            let slot = bot.slots_of(entity).into_iter().find(|it| self.context.used_slots.contains(*it))?;
            (!is_one && !bot.compares(slot)).then(|| slot.to_owned())
        };
        let of = |(words, entity): &Piece| (words.clone(), entity.as_deref().and_then(open));
        let pieces: Vec<Piece> = example.pieces.iter().map(of).collect();
        let pieces = match has_words(&pieces) {
            true => pieces,
            false => vec![(example.text.clone(), None)],
        };
        let is_captured = |slot: &str| pieces.iter().any(|it| it.1.as_deref() == Some(slot));
        let mut values = self.slot_values(&example.entities);
        values.retain(|it| self.context.used_slots.contains(&it.0) && !is_captured(&it.0));
        (values, pieces)
    }
}

/// Examples that give the same values to slots.
pub(super) struct Group {
    pub(super) values: Values,
    /// Whether words in the phrases stand for any value.
    pub(super) is_captured: bool,
    pub(super) phrases: Vec<Vec<Piece>>,
}

impl Group {
    /// The branches that lead to `next` if the answer in `slot` is one of the examples.
    ///
    /// Each comes with how many words its phrases have of their own: those without values come first.
    fn branches(&self, slot: &str, next: &str) -> Vec<(Reverse<usize>, Branch)> {
        let whole = |it: Branch| (Reverse(usize::MAX), it);
        match self.is_captured {
            true => {
                let captured = self.captured().branches(slot, &|_| ANY_VALUE.to_owned(), next);
                captured.into_iter().map(|(n_words, it)| (Reverse(n_words), it)).collect()
            }
            false => branches(slot, &self.texts(), next).into_iter().map(whole).collect(),
        }
    }

    pub(super) fn captured(&self) -> Captured {
        Captured { phrases: self.phrases.clone() }
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let text = |it: &Vec<Piece>| it.iter().map(|it| it.0.as_str()).collect::<String>().trim().to_owned();
        self.phrases.iter().map(text).collect()
    }
}

/// The entities of an intent in each of the ways that begin with it.
pub(super) fn entities_of<'e>(intents: &'e [(StoryEvent, usize)], wanted: &str) -> Vec<&'e Entities> {
    let of = |it: &'e (StoryEvent, usize)| match &it.0 {
        StoryEvent::Intent(intent, entities) if intent == wanted => Some(entities),
        _ => None,
    };
    intents.iter().filter_map(of).collect()
}
