//! Rules and stories as paths of steps.

use super::yaml::Node;

/// Limits the stories that checkpoints make of each other.
const MOST_STORIES: usize = 1_000;
const MOST_STEPS: usize = 80;

#[derive(Debug, Default)]
pub(super) struct Paths {
    pub(super) rules: Vec<Path>,
    pub(super) stories: Vec<Path>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) name: String,
    /// The conditions of a rule.
    pub(super) condition: Vec<Step>,
    pub(super) is_at_start: bool,
    /// Whether the bot listens after the last step.
    pub(super) listens: bool,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// One of these.
    Intent(Vec<Said>),
    Action(String),
    /// A slot with this value, with any value, or with none.
    Slot(String, SlotIs),
    Loop(String),
    /// The loop that was active ends.
    LoopEnds,
    Checkpoint(String),
}

/// An intent and the entities that must be in the text, with the values that they have in the story.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) intent: String,
    pub(super) entities: Vec<(String, Option<String>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum SlotIs {
    Value(String),
    Set,
    Empty,
}

impl Paths {
    pub(super) fn add(&mut self, document: &Node) {
        for rule in document.get("rules").map(Node::list).unwrap_or_default() {
            let mut path = read(rule, "rule");
            path.condition = steps(rule.get("condition"));
            path.is_at_start = rule.text_of("conversation_start") == Some("true");
            path.listens = rule.text_of("wait_for_user_input") != Some("false");
            // The form runs once more before it ends: that turn is not an event of its own.
            if let [Step::Action(_), Step::LoopEnds, ..] = path.steps.as_slice() {
                path.steps.remove(0);
            }
            self.rules.push(path);
        }
        for story in document.get("stories").map(Node::list).unwrap_or_default() {
            self.stories.push(read(story, "story"));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.stories.is_empty()
    }

    /// The slots that steps and conditions name, with their values.
    pub(super) fn slot_values(&self) -> impl Iterator<Item = (String, String)> {
        let steps = self.rules.iter().chain(&self.stories).flat_map(|it| it.condition.iter().chain(&it.steps));
        steps.filter_map(|it| match it {
            Step::Slot(name, SlotIs::Value(value)) => Some((name.clone(), value.clone())),
            Step::Slot(name, SlotIs::Set) => Some((name.clone(), "something".to_owned())),
            _ => None,
        })
    }

    /// Joins stories that end with a checkpoint with those that begin with it.
    pub(super) fn join(&mut self) {
        let (mut waiting, mut whole) = (self.stories.clone(), Vec::new());
        waiting.retain(|it| !matches!(it.steps.first(), Some(Step::Checkpoint(_))));
        while let Some(mut path) = waiting.pop() {
            let Some(Step::Checkpoint(name)) = path.steps.last().cloned() else {
                whole.push(path);
                continue;
            };
            path.steps.pop();
            let begins = |it: &&Path| it.steps.first() == Some(&Step::Checkpoint(name.clone()));
            let next: Vec<&Path> = self.stories.iter().filter(begins).collect();
            if next.is_empty() || whole.len() + waiting.len() > MOST_STORIES || path.steps.len() > MOST_STEPS {
                whole.push(path);
                continue;
            }
            waiting.extend(next.into_iter().map(|it| {
                let steps = [&path.steps[..], &it.steps[1..]].concat();
                Path { name: format!("{} / {}", path.name, it.name), steps, ..path.clone() }
            }));
        }
        whole.reverse();
        self.stories = whole;
    }
}

fn read(node: &Node, key: &str) -> Path {
    Path {
        name: node.text_of(key).unwrap_or_default().to_owned(),
        listens: true,
        steps: steps(node.get("steps")),
        ..Path::default()
    }
}

fn steps(node: Option<&Node>) -> Vec<Step> {
    node.map(Node::list).unwrap_or_default().iter().flat_map(step).collect()
}

fn step(node: &Node) -> Vec<Step> {
    let text = |key: &str| node.text_of(key).map(str::to_owned);
    if let Some(said) = said(node) {
        return vec![Step::Intent(vec![said])];
    }
    if let Some(alternatives) = node.get("or") {
        let intents: Vec<Said> = alternatives.list().iter().filter_map(said).collect();
        return if intents.is_empty() { Vec::new() } else { vec![Step::Intent(intents)] };
    }
    if let Some(action) = text("action") {
        return vec![Step::Action(action)];
    }
    if let Some(name) = text("checkpoint") {
        return vec![Step::Checkpoint(name)];
    }
    for key in ["active_loop", "form"] {
        match node.get(key) {
            Some(Node::Text(name)) if !["null", "~", ""].contains(&name.as_str()) => {
                return vec![Step::Loop(name.clone())];
            }
            Some(_) => return vec![Step::LoopEnds],
            None => {}
        }
    }
    let slots = node.get("slot_was_set").map(Node::list).unwrap_or_default();
    slots.iter().flat_map(slot).collect()
}

fn said(node: &Node) -> Option<Said> {
    let intent = node.text_of("intent")?.to_owned();
    let mut entities = Vec::new();
    for entity in node.get("entities").map(Node::list).unwrap_or_default() {
        match entity {
            Node::Text(name) => entities.push((name.clone(), None)),
            Node::Map(pairs) => {
                let pairs = pairs.iter().filter(|it| it.0 != "role" && it.0 != "group");
                entities.extend(pairs.map(|(name, value)| (name.clone(), value.text().map(str::to_owned))));
            }
            _ => {}
        }
    }
    Some(Said { intent, entities })
}

fn slot(node: &Node) -> Vec<Step> {
    match node {
        Node::Text(name) => vec![Step::Slot(name.clone(), SlotIs::Set)],
        Node::Map(pairs) => pairs
            .iter()
            .map(|(name, value)| match value {
                Node::Text(value) if value != "null" => Step::Slot(name.clone(), SlotIs::Value(value.clone())),
                _ => Step::Slot(name.clone(), SlotIs::Empty),
            })
            .collect(),
        _ => Vec::new(),
    }
}
