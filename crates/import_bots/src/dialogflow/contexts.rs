//! Which intents follow which: an intent with input contexts only matches after an intent that sets one of them.

use std::collections::{BTreeSet, HashMap};

use super::agent::Intent;

pub(super) struct Contexts {
    /// The intents that need a context, by its name.
    needs: HashMap<String, Vec<usize>>,
    /// The contexts that each intent sets.
    sets: Vec<Vec<String>>,
    /// The intents that name an intent as their parent and no context.
    children: HashMap<usize, Vec<usize>>,
    /// Whether each intent needs a context or a parent.
    is_follower: Vec<bool>,
}

impl Contexts {
    pub(super) fn of(intents: &[Intent]) -> Self {
        let numbers: HashMap<&str, usize> = intents.iter().zip(0..).filter_map(|(it, n)| Some((it.id()?, n))).collect();
        let mut needs: HashMap<String, Vec<usize>> = HashMap::new();
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut is_follower = Vec::new();
        for (intent, n) in intents.iter().zip(0..) {
            let contexts: BTreeSet<String> = intent.contexts().into_iter().collect();
            let parent = intent.value.get("parentId").and_then(|it| numbers.get(it.as_str()?)).filter(|it| **it != n);
            is_follower.push(!contexts.is_empty() || parent.is_some());
            if intent.is_off() {
                continue;
            }
            if let Some(parent) = parent.filter(|_| contexts.is_empty()) {
                children.entry(*parent).or_default().push(n);
            }
            contexts.into_iter().for_each(|it| needs.entry(it).or_default().push(n));
        }
        Self { needs, sets: intents.iter().map(Intent::sets).collect(), children, is_follower }
    }

    pub(super) fn is_follower(&self, intent: usize) -> bool {
        self.is_follower[intent]
    }

    /// The intents that can follow an intent, in the order of their files.
    pub(super) fn followers(&self, intent: usize) -> Vec<usize> {
        let by_context = self.sets[intent].iter().filter_map(|it| self.needs.get(it)).flatten();
        let children = self.children.get(&intent).into_iter().flatten();
        by_context.chain(children).copied().collect::<BTreeSet<usize>>().into_iter().collect()
    }
}
