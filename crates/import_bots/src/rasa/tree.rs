//! Stories with the same beginning, as a tree: where they differ, each intent is a way.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::bot::Bot;
use super::entities::{Entities, agree, named};
use super::stories::{SlotValue, Story, StoryEvent};

/// Limits the events of all trees: alternatives multiply what follows them.
const MAX_NODES: usize = 50_000;

/// Stories as a tree while they are read.
#[derive(Default)]
struct StoryTree {
    next: Vec<(StoryEvent, StoryTree)>,
    places: HashMap<StoryEvent, usize>,
}

impl StoryTree {
    /// Removes slots that decide nothing: with and without the slot the bot does the same, or no story says what it does
    /// without the slot. Rasa writes such events whenever a slot is filled.
    fn drop_idle_slots(&mut self) {
        let is_action = |it: &StoryEvent| matches!(it, StoryEvent::Action(_));
        loop {
            let known: HashSet<&StoryEvent> = self.next.iter().map(|it| &it.0).filter(|it| is_action(it)).collect();
            let is_alone = self.next.len() == 1;
            let idle = self.next.iter().position(|(event, after)| match event {
                StoryEvent::Slot(_, SlotValue::Set) if is_alone => true,
                StoryEvent::Slot(..) => after.next.iter().any(|it| known.contains(&it.0)),
                _ => false,
            });
            let Some(idle) = idle else { return };
            let (_, after) = self.next.remove(idle);
            self.merge(after);
        }
    }

    fn merge(&mut self, other: Self) {
        let places: HashMap<StoryEvent, usize> = self.next.iter().map(|it| it.0.clone()).zip(0..).collect();
        for (event, after) in other.next {
            match places.get(&event) {
                Some(at) => self.next[*at].1.merge(after),
                None => self.next.push((event, after)),
            }
        }
    }
}

/// The stories of a bot. A node is the number of what can happen next; equal nodes have one number, so what follows two
/// alternatives is built once.
#[derive(Default)]
pub(super) struct Stories {
    nodes: Vec<Vec<(StoryEvent, usize)>>,
    numbers: HashMap<Vec<(StoryEvent, usize)>, usize>,
    /// What begins a story, by the names of the intents with their entities.
    pub(super) roots: BTreeMap<String, Root>,
    /// What customers can say while a form runs, by the form.
    pub(super) interruptions: BTreeMap<String, usize>,
    /// What follows an action, for stories that begin with it.
    pub(super) continuations: BTreeMap<String, usize>,
    checkpoints: BTreeMap<String, usize>,
    /// The stories that are too large, by their place in the list.
    pub(super) too_large: Vec<usize>,
    /// The nodes without what the customer can say there.
    without_intents: HashMap<usize, usize>,
    /// What customers can say after each action, in all stories.
    pub(super) answered: BTreeMap<String, usize>,
}

/// An intent that begins stories.
pub(super) struct Root {
    pub(super) intent: String,
    /// The entities that the text must have.
    pub(super) entities: Entities,
    /// The file of the first story.
    pub(super) file: String,
    /// What follows.
    pub(super) node: usize,
}

/// The trees of a bot, by what their stories begin with.
#[derive(Default)]
struct Trees {
    roots: BTreeMap<(String, Entities), (String, StoryTree)>,
    continuations: BTreeMap<String, StoryTree>,
    checkpoints: BTreeMap<String, StoryTree>,
    interruptions: BTreeMap<String, StoryTree>,
}

impl Trees {
    /// Adds a story. Returns whether there was room for all of it.
    fn add(&mut self, story: &Story, mut inserts: Inserts<'_, '_>) -> bool {
        let Some((first, rest)) = story.steps.split_first() else { return true };
        if let Some(form) = &story.within {
            return inserts.add(self.interruptions.entry(form.clone()).or_default(), &story.steps, None);
        }
        let mut is_whole = true;
        for event in first {
            is_whole &= match event {
                StoryEvent::Intent(intent, entities) => {
                    inserts.roots(&mut self.roots, story, (intent.as_str(), entities), rest)
                }
                StoryEvent::Action(it) => inserts.add(self.continuations.entry(it.clone()).or_default(), rest, None),
                StoryEvent::Checkpoint(it) => inserts.add(self.checkpoints.entry(it.clone()).or_default(), rest, None),
                StoryEvent::Slot(..) => true,
            };
        }
        is_whole
    }
}

impl Stories {
    pub(super) fn of(bot: &Bot) -> Self {
        let mut stories = Self::default();
        let retrieved = retrieved(bot);
        let mut trees = Trees::default();
        let mut left = MAX_NODES;
        for (story, n) in bot.stories.iter().zip(0..) {
            if !trees.add(story, Inserts { retrieved: &retrieved, left: &mut left }) {
                stories.too_large.push(n);
            }
        }
        for ((intent, entities), (file, tree)) in trees.roots {
            let node = stories.number(tree);
            stories.roots.insert(named(&intent, &entities), Root { intent, entities, file, node });
        }
        stories.continuations = trees.continuations.into_iter().map(|(it, tree)| (it, stories.number(tree))).collect();
        stories.checkpoints = trees.checkpoints.into_iter().map(|(it, tree)| (it, stories.number(tree))).collect();
        stories.interruptions = trees.interruptions.into_iter().map(|(it, tree)| (it, stories.number(tree))).collect();
        stories.add_answered();
        stories.add_without_intents();
        stories
    }

    /// Adds the nodes without what the customer can say there.
    fn add_without_intents(&mut self) {
        for node in 0..self.nodes.len() {
            let is_intent = |it: &&(StoryEvent, usize)| matches!(it.0, StoryEvent::Intent(..));
            let others = self.nodes[node].iter().filter(|it| !is_intent(it)).cloned().collect();
            let other = self.node(others);
            self.without_intents.insert(node, other);
        }
    }

    /// A node without what the customer can say there.
    pub(super) fn without_intents(&self, node: usize) -> usize {
        self.without_intents.get(&node).copied().unwrap_or(node)
    }

    /// Adds what customers can say after each action, in any story, with what follows there first.
    fn add_answered(&mut self) {
        let mut said: BTreeMap<String, Vec<(StoryEvent, usize)>> = BTreeMap::new();
        let mut known = HashSet::new();
        for (event, after) in self.nodes.iter().flatten() {
            let StoryEvent::Action(action) = event else { continue };
            let options = self.options(*after).into_iter().filter(|it| matches!(it.0, StoryEvent::Intent(..)));
            let new = options.filter(|it| known.insert((action.clone(), it.0.clone())));
            said.entry(action.clone()).or_default().extend(new);
        }
        said.retain(|_, it| !it.is_empty());
        self.answered = said.into_iter().map(|(action, it)| (action, self.node(it))).collect();
    }

    /// The root that a text with an intent and values begins: the one with the most entities that the text has.
    pub(super) fn root_of(&self, intent: &str, values: &[(String, String)]) -> Option<(&String, &Root)> {
        let of_intent = self.roots.iter().filter(|it| it.1.intent == intent && agree(&it.1.entities, values));
        of_intent.max_by_key(|it| it.1.entities.len())
    }

    fn number(&mut self, mut tree: StoryTree) -> usize {
        tree.drop_idle_slots();
        let next = tree.next.into_iter().map(|(event, after)| (event, self.number(after))).collect();
        self.node(next)
    }

    /// The number of a node.
    pub(super) fn node(&mut self, next: Vec<(StoryEvent, usize)>) -> usize {
        if let Some(number) = self.numbers.get(&next) {
            return *number;
        }
        self.nodes.push(next.clone());
        self.numbers.insert(next, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// The events that can happen next; a checkpoint stands for the stories that begin with it.
    pub(super) fn options(&self, node: usize) -> Vec<(StoryEvent, usize)> {
        let (mut options, mut known) = (Vec::new(), HashSet::new());
        let (mut seen, mut waiting) = (HashSet::new(), vec![node]);
        while let Some(node) = waiting.pop() {
            for (event, after) in self.nodes.get(node).into_iter().flatten() {
                match event {
                    StoryEvent::Checkpoint(name) => {
                        let joined = self.checkpoints.get(name).filter(|_| seen.insert(name.as_str()));
                        waiting.extend(joined);
                        waiting.push(*after);
                    }
                    event => {
                        if known.insert((event, *after)) {
                            options.push((event.clone(), *after));
                        }
                    }
                }
            }
        }
        options
    }

    /// Whether all that can happen after `part` can happen after `whole`.
    pub(super) fn covers(&self, whole: usize, part: usize) -> bool {
        let mut waiting = vec![(whole, part)];
        let mut seen = HashSet::new();
        while let Some((whole, part)) = waiting.pop() {
            if whole == part || !seen.insert((whole, part)) {
                continue;
            }
            let of_whole: HashMap<&StoryEvent, usize> = self.nodes[whole].iter().map(|it| (&it.0, it.1)).collect();
            for (event, after) in &self.nodes[part] {
                match of_whole.get(event) {
                    Some(other) => waiting.push((*other, *after)),
                    None => return false,
                }
            }
        }
        true
    }
}

/// The parts of each retrieval intent: `faq` has `faq/hours` and `faq/address`.
fn retrieved(bot: &Bot) -> BTreeMap<&str, Vec<&str>> {
    let mut retrieved: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (intent, part) in bot.examples.keys().filter_map(|it| it.split_once('/')) {
        retrieved.entry(intent).or_default().push(part);
    }
    retrieved
}

struct Inserts<'a, 'b> {
    retrieved: &'a BTreeMap<&'a str, Vec<&'a str>>,
    left: &'b mut usize,
}

impl Inserts<'_, '_> {
    fn roots(
        &mut self,
        roots: &mut BTreeMap<(String, Entities), (String, StoryTree)>,
        story: &Story,
        (intent, entities): (&str, &Entities),
        rest: &[Vec<StoryEvent>],
    ) -> bool {
        let Some(parts) = self.retrieved.get(intent) else {
            let root = roots.entry((intent.to_owned(), entities.clone()));
            let root = root.or_insert_with(|| (story.file.clone(), StoryTree::default()));
            return self.add(&mut root.1, rest, None);
        };
        parts.iter().all(|part| {
            let root = roots.entry((format!("{intent}/{part}"), entities.clone()));
            let root = root.or_insert_with(|| (story.file.clone(), StoryTree::default()));
            self.add(&mut root.1, rest, Some((intent, part)))
        })
    }

    /// Adds steps to a tree. `part` is the retrieval intent that was last said, and which part of it. Returns whether
    /// there was room for all.
    fn add(&mut self, tree: &mut StoryTree, steps: &[Vec<StoryEvent>], part: Option<(&str, &str)>) -> bool {
        let Some((first, rest)) = steps.split_first() else { return true };
        first.iter().all(|event| match event {
            StoryEvent::Intent(intent, entities) if self.retrieved.contains_key(intent.as_str()) => {
                let parts = self.retrieved[intent.as_str()].clone();
                parts.iter().all(|it| {
                    let event = StoryEvent::Intent(format!("{intent}/{it}"), entities.clone());
                    self.child(tree, event).is_some_and(|tree| self.add(tree, rest, Some((intent, it))))
                })
            }
            StoryEvent::Action(action) => {
                let said = part.filter(|it| action.strip_prefix("utter_") == Some(it.0));
                let name = said.map_or_else(|| action.clone(), |it| format!("{action}/{}", it.1));
                self.child(tree, StoryEvent::Action(name)).is_some_and(|tree| self.add(tree, rest, part))
            }
            event => self.child(tree, event.clone()).is_some_and(|tree| self.add(tree, rest, part)),
        })
    }

    fn child<'t>(&mut self, tree: &'t mut StoryTree, event: StoryEvent) -> Option<&'t mut StoryTree> {
        let at = match tree.places.get(&event) {
            Some(at) => *at,
            None => {
                *self.left = self.left.checked_sub(1)?;
                tree.places.insert(event.clone(), tree.next.len());
                tree.next.push((event, StoryTree::default()));
                tree.next.len() - 1
            }
        };
        Some(&mut tree.next[at].1)
    }
}
