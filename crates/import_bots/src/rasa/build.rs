//! Builds the steps of a scenario out of what can happen in the stories.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use scenario::{Act, Call, Condition, Goal, Handover, Listen, Loss, Text, Via};
use serde_json::Value;

use super::bot::Bot;
use super::responses::{self, Constraints, branch};
use super::stories::{LISTEN, StoryEvent};
use super::tree::{Root, Stories};
use import_base::scenario_builder::ScenarioBuilder;

/// Limits the actions that follow each other and say nothing: they are built by recursion.
const MAX_DEPTH: usize = 200;

/// Values of slots that an answer gives.
pub(super) type Values = Vec<(String, String)>;

/// The parts that all scenarios of a bot share.
pub(super) struct Context<'a> {
    pub(super) bot: &'a Bot,
    pub(super) stories: &'a Stories,
    /// The ids of scenarios, by the intent or the flow that begins them.
    pub(super) scenarios: BTreeMap<String, String>,
    /// The slots that texts, conditions and forms use.
    pub(super) used_slots: BTreeSet<String>,
    /// The slots that a button or a phrase can fill before a form asks for them.
    pub(super) filled_slots: BTreeSet<String>,
    /// How many more examples of other scenarios answers may be compared with.
    pub(super) n_other_examples: Cell<usize>,
}

/// A message that waits to be built: its step, its response, what follows.
pub(super) struct Saying<'a> {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) variation: &'a Value,
    pub(super) after: usize,
}

/// Builds the steps of one scenario. Steps with the same action and the same continuation are built once.
pub(super) struct StoryBuilder<'a> {
    pub(super) scenario: ScenarioBuilder,
    pub(super) context: &'a Context<'a>,
    /// The name of the intent or the flow that begins the scenario, with its entities, and its first step.
    pub(super) start: (String, Goal),
    /// The intent that begins the scenario.
    pub(super) intent: String,
    pub(super) actions: HashMap<(String, usize), Goal>,
    decisions: HashMap<usize, Goal>,
    pub(super) sets: HashMap<(Values, Goal), Goal>,
    jumps: HashMap<String, String>,
    /// The step that compares an answer with the examples of other scenarios.
    pub(super) others: Option<Goal>,
    waiting: VecDeque<Saying<'a>>,
    /// The responses that the scenario says.
    pub(super) said: BTreeSet<String>,
    /// The slots that are filled by the answer to a text before their form.
    pub(super) heard: BTreeSet<String>,
    /// The continuations that the scenario has.
    pub(super) continued: BTreeSet<String>,
    n_left: &'a Cell<usize>,
    depth: usize,
}

impl<'a> StoryBuilder<'a> {
    pub(super) fn new(context: &'a Context<'a>, n_left: &'a Cell<usize>) -> Self {
        Self {
            scenario: ScenarioBuilder::default(),
            context,
            start: (String::new(), None),
            intent: String::new(),
            actions: HashMap::new(),
            decisions: HashMap::new(),
            sets: HashMap::new(),
            jumps: HashMap::new(),
            others: None,
            waiting: VecDeque::new(),
            said: BTreeSet::new(),
            heard: BTreeSet::new(),
            continued: BTreeSet::new(),
            n_left,
            depth: 0,
        }
    }

    /// Builds the scenario of an intent, which `name` tells with its entities. Returns the id of the first step.
    pub(super) fn story(&mut self, name: &str, root: &Root) -> Goal {
        name.clone_into(&mut self.start.0);
        self.intent.clone_from(&root.intent);
        let entities = root.entities.iter().filter_map(|it| Some((it.0.clone(), it.1.clone()?)));
        let values = self.slot_values(&entities.collect::<Values>());
        let start = self.after_values(root.node, &values, name);
        let start = self.set(&values, start);
        self.start.1.clone_from(&start);
        self.build_waiting();
        self.first_values(name, root, start)
    }

    pub(super) fn build_waiting(&mut self) {
        while let Some(saying) = self.waiting.pop_front() {
            self.say(saying);
        }
    }

    /// The first step of what the bot does at a node; none if it waits or ends.
    pub(super) fn enter(&mut self, node: usize, place: &str) -> Goal {
        let options = self.context.stories.options(node);
        if options.iter().any(|it| matches!(it.0, StoryEvent::Slot(..))) {
            return self.decide(node, &options, place);
        }
        let mut actions = options.iter().filter_map(|(event, after)| match event {
            StoryEvent::Action(action) => Some((action.as_str(), *after)),
            _ => None,
        });
        let (action, after) = actions.next()?;
        for (other, _) in actions.filter(|it| it.0 != action) {
            let what = format!("to {other}, but the story does not say when");
            self.scenario.record_loss(Loss::RouteDropped, place, what);
        }
        self.act(action, after)
    }

    /// A decision by the values of slots.
    fn decide(&mut self, node: usize, options: &[(StoryEvent, usize)], place: &str) -> Goal {
        if let Some(known) = self.decisions.get(&node) {
            return known.clone();
        }
        if !self.has_room(place) {
            return None;
        }
        let id = self.free_id(&format!("{place} decides"));
        self.decisions.insert(node, Some(id.clone()));
        let at = self.scenario.steps.len();
        self.scenario.push(&id, Act::Condition(Condition { branches: Vec::new(), otherwise: None }));
        let rest = options.iter().find(|it| matches!(it.0, StoryEvent::Action(_))).cloned();
        let mut condition = Condition { branches: Vec::new(), otherwise: None };
        for (event, after) in options {
            let StoryEvent::Slot(slot, value) = event else { continue };
            let next = self.enter(*after, place);
            let (branch, holds) = branch(&mut self.scenario, slot, value, next.clone());
            match holds {
                true => condition.branches.push(branch),
                // The slot has no value: what is left when it has one.
                false => {
                    condition.branches.push(scenario::Branch { next: None, ..branch });
                    condition.otherwise = condition.otherwise.or(next);
                }
            }
        }
        if let Some((StoryEvent::Action(action), after)) = rest {
            condition.otherwise = condition.otherwise.or_else(|| self.act(&action, after));
        }
        // A slot that must have no value is tested last.
        condition.branches.sort_by_key(|it| it.test == scenario::Test::IsSet);
        self.scenario.steps[at].act = Act::Condition(condition);
        Some(id)
    }

    /// The first step of an action and what follows it.
    pub(super) fn act(&mut self, action: &str, after: usize) -> Goal {
        let said_there = after;
        let after = self.continuation(action, after);
        let key = (action.to_owned(), after);
        if let Some(known) = self.actions.get(&key) {
            return known.clone();
        }
        if !self.has_room(action) {
            return None;
        }
        // Known before it is built, so that stories which come back to the action end.
        self.actions.insert(key.clone(), None);
        self.depth += 1;
        let context = self.context;
        let first = match (context.bot.forms.get(action), context.bot.responses.get(action)) {
            (Some(form), _) => {
                let interruptions = self.interruptions(action, said_there);
                self.form((action, form), after, interruptions, &key)
            }
            (None, Some(_)) => self.respond(action, after, &key),
            (None, None) if action == LISTEN => self.listen(after, action),
            (None, None) if action.starts_with("utter_") => {
                let what = "no file has this response: nothing is said";
                self.scenario.record_loss(Loss::MissingReference, action, what);
                self.enter(after, action)
            }
            (None, None) => self.own_code(action, after, &key),
        };
        self.depth -= 1;
        self.actions.insert(key, first.clone());
        first
    }

    /// The continuation of an action: the rest of the story, or stories that begin with the action. What the customer says
    /// while a form runs does not end it.
    fn continuation(&mut self, action: &str, after: usize) -> usize {
        let stories = self.context.stories;
        let is_form = self.context.bot.forms.contains_key(action);
        let after = if is_form { stories.without_intents(after) } else { after };
        if !stories.options(after).is_empty() {
            return after;
        }
        // The story ends. Where the same response is answered in another story, Rasa goes on there.
        let answered = stories.answered.get(action).filter(|_| self.context.bot.responses.contains_key(action));
        match stories.continuations.get(action) {
            Some(continuation) => {
                self.continued.insert(action.to_owned());
                *continuation
            }
            None => answered.copied().unwrap_or(after),
        }
    }

    /// The step that waits for the customer and says nothing; none if no story says what follows.
    fn listen(&mut self, after: usize, place: &str) -> Goal {
        let id = self.scenario.free_id(&format!("{place} listens"));
        let at = self.scenario.steps.len();
        let listen = |slot: &str, next| Act::Listen(Listen { slot: slot.to_owned(), next, timeout: None });
        self.scenario.push(&id, listen("", None));
        let options = self.context.stories.options(after);
        let (intents, others): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|it| matches!(it.0, StoryEvent::Intent(..)));
        let heard = if others.is_empty() { None } else { Some(after) };
        match self.typed(place, &intents, heard) {
            Some((slot, next)) => self.scenario.steps[at].act = listen(&slot, Some(next)),
            None => {
                self.scenario.steps.remove(at);
                return None;
            }
        }
        Some(id)
    }

    /// A custom action: the export does not say what it does.
    fn own_code(&mut self, action: &str, after: usize, key: &(String, usize)) -> Goal {
        let id = self.scenario.free_id(action);
        self.actions.insert(key.clone(), Some(id.clone()));
        let at = self.scenario.steps.len();
        self.scenario.push(&id, Act::Call(Call { system: action.to_owned(), next: None, on_failure: None }));
        let options = self.context.stories.options(after);
        let next = match options.iter().any(|it| matches!(it.0, StoryEvent::Action(_) | StoryEvent::Slot(..))) {
            true => self.enter(after, action),
            // The bot's own code has asked for what the customer says next.
            false if !options.is_empty() => self.listen(after, action),
            false => None,
        };
        self.scenario.steps[at].act = own_code(&mut self.scenario, action, next);
        Some(id)
    }

    /// The steps of a response: its variations behind decisions, if it has conditions.
    fn respond(&mut self, name: &str, after: usize, key: &(String, usize)) -> Goal {
        let context = self.context;
        self.said.insert(name.to_owned());
        let chosen = responses::choose(&mut self.scenario, name, &context.bot.responses[name]);
        let mut steps: Vec<(Constraints, String)> = Vec::new();
        for (constraints, variation) in chosen {
            let id = self.free_id(name);
            if steps.is_empty() && constraints.is_empty() {
                self.actions.insert(key.clone(), Some(id.clone()));
            }
            steps.push((constraints, id.clone()));
            self.waiting.push_back(Saying { id, name: name.to_owned(), variation, after });
        }
        // Without a variation that holds, the bot says nothing and goes on.
        let otherwise = match steps.pop() {
            Some((constraints, id)) if constraints.is_empty() => Some(id),
            Some(last) => {
                steps.push(last);
                self.enter(after, name)
            }
            None => return self.enter(after, name),
        };
        self.conditions(name, steps, otherwise)
    }

    /// Decisions for steps with constraints. Returns the first of them.
    pub(super) fn conditions(&mut self, name: &str, steps: Vec<(Constraints, String)>, otherwise: Goal) -> Goal {
        let mut fail = otherwise;
        let mut made: Vec<usize> = Vec::new();
        for (constraints, id) in steps.into_iter().rev() {
            let mut next = Some(id);
            for (slot, value) in constraints.iter().rev() {
                let (mut branch, holds) = branch(&mut self.scenario, slot, value, None);
                let otherwise = match holds {
                    true => {
                        branch.next = next;
                        fail.clone()
                    }
                    false => {
                        branch.next.clone_from(&fail);
                        next
                    }
                };
                // Decisions by one slot after the other are one.
                let is_joined = holds && constraints.len() == 1;
                let last = made.last().copied().filter(|_| is_joined).map(|it| &mut self.scenario.steps[it]);
                if let Some(scenario::Step { id, act: Act::Condition(known) }) = last
                    && otherwise.as_ref() == Some(id)
                    && known.branches.iter().all(|it| it.test == branch.test && it.slot == branch.slot)
                {
                    known.branches.insert(0, branch);
                    next = otherwise;
                    continue;
                }
                made.push(self.scenario.steps.len());
                let decision = self.free_id(&format!("{name} decides"));
                self.scenario.push(&decision, Act::Condition(Condition { branches: vec![branch], otherwise }));
                next = Some(decision);
            }
            fail = next;
        }
        fail
    }

    /// The id of a step that says a response, without the word that all responses begin with.
    pub(super) fn free_id(&mut self, response: &str) -> String {
        self.scenario.free_id(response.strip_prefix("utter_").unwrap_or(response))
    }

    /// The step that starts the scenario of another intent or flow.
    pub(super) fn jump(&mut self, name: &str) -> Goal {
        if self.start.0 == name && self.start.1.is_some() {
            return self.start.1.clone();
        }
        let scenario = self.context.scenarios.get(name)?;
        if let Some(id) = self.jumps.get(name) {
            return Some(id.clone());
        }
        let id = self.scenario.jump_to(scenario);
        self.jumps.insert(name.to_owned(), id.clone());
        Some(id)
    }

    /// Whether one more step may be built. Small files can ask for very many.
    pub(super) fn has_room(&mut self, place: &str) -> bool {
        let left = self.n_left.get();
        if left == 0 || self.depth >= MAX_DEPTH {
            self.scenario.record_loss(Loss::RouteDropped, place, "the bot has too many steps to read all of them");
            return false;
        }
        self.n_left.set(left - 1);
        true
    }
}

/// The step of an action of the bot's own code, whose file does not say what it does: a person, by its name, or a call.
pub(super) fn own_code(scenario: &mut ScenarioBuilder, action: &str, next: Goal) -> Act {
    let is_person = ["handoff", "handover", "human", "agent", "escalat"].iter().any(|it| action.contains(it));
    if is_person {
        return Act::Handover(Handover { via: Via::Agent, text: Text::default(), target: None, next });
    }
    let what = "what the bot's own code says there is not in its files";
    scenario.record_loss(Loss::StepDropped, action, what);
    Act::Call(Call { system: action.to_owned(), on_failure: next.clone(), next })
}
