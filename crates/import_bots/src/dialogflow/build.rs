//! Builds the scenario of an intent: its steps, and the intents that follow it by their contexts.

use std::collections::{HashMap, HashSet, VecDeque};

use scenario::{Act, Branch, Condition, Goal, Listen, Loss, Message, Question, Scenario};

use super::agent::Intent;
use super::contexts::Contexts;
use super::entities::Entities;
use super::fields::record_lost;
use super::parts::{Part, parts};
use import_base::scenario_builder::ScenarioBuilder;

/// Limits the intents of one scenario: intents that share a context all follow each other.
const MAX_INTENTS: usize = 1_000;

/// Limits the ways from one intent to another in all scenarios. An agent has at most 2,000 intents; in a small file each
/// of them can follow each.
const MAX_WAYS: usize = 50_000;

/// An agent in one language.
pub(super) struct Bot<'a> {
    pub(super) intents: &'a [Intent],
    pub(super) contexts: &'a Contexts,
    pub(super) language: &'a str,
    /// The language of texts that name none.
    pub(super) own: &'a str,
    pub(super) entities: &'a Entities,
    /// The parameters that other intents read out of contexts.
    pub(super) shared: HashSet<String>,
    /// What means each intent, in small letters.
    pub(super) texts: Vec<Vec<String>>,
    /// The ids of the scenarios, by the number of their intent.
    pub(super) scenarios: HashMap<usize, String>,
    /// The intents with a scenario, by what customers say.
    pub(super) phrases: HashMap<String, usize>,
}

/// Builds one scenario. Each intent is in it once, however many ways lead to it.
pub(super) struct IntentBuilder<'a, 'b> {
    pub(super) bot: &'b Bot<'a>,
    pub(super) scenario: ScenarioBuilder,
    /// The first step of each intent that is in the scenario.
    entered: HashMap<usize, Goal>,
    /// The branches to each intent that follows another, which do not depend on the other.
    pub(super) branches: HashMap<(usize, bool), Vec<(usize, Branch)>>,
    /// The steps that start another scenario.
    jumps: HashMap<usize, String>,
    waiting: VecDeque<(usize, Vec<(String, Act)>)>,
    n_ways: &'b mut usize,
}

impl<'a, 'b> IntentBuilder<'a, 'b> {
    pub(super) fn new(bot: &'b Bot<'a>, n_ways: &'b mut usize) -> Self {
        Self {
            bot,
            scenario: ScenarioBuilder::default(),
            entered: HashMap::new(),
            branches: HashMap::new(),
            jumps: HashMap::new(),
            waiting: VecDeque::new(),
            n_ways,
        }
    }

    /// Builds the steps of an intent and of all that follow it. Returns the id of the first step.
    pub(super) fn build(&mut self, intent: usize) -> Goal {
        let start = self.enter(intent)?;
        while let Some((intent, steps)) = self.waiting.pop_front() {
            self.link(intent, steps);
        }
        self.first_values(intent, start)
    }

    /// The intents in the scenario.
    pub(super) fn intents(&self) -> impl Iterator<Item = usize> {
        self.entered.keys().copied()
    }

    /// The first step of an intent, which is added if it is new.
    pub(super) fn enter(&mut self, intent: usize) -> Goal {
        let is_first = self.entered.is_empty();
        *self.n_ways += usize::from(!is_first);
        let has_room = is_first || *self.n_ways <= MAX_WAYS;
        if let Some(first) = self.entered.get(&intent).filter(|_| has_room) {
            return first.clone();
        }
        if !has_room || self.entered.len() >= MAX_INTENTS {
            let what = format!("at most {MAX_INTENTS} intents that follow each other are read");
            self.scenario.record_loss(Loss::RouteDropped, "contexts", what);
            return None;
        }
        let read = &self.bot.intents[intent];
        record_lost(&mut self.scenario, read, self.bot.language);
        let parts: Vec<Part> = parts(&mut self.scenario, read, self.bot.language, self.bot.own);
        let mut steps: Vec<(String, Act)> =
            parts.into_iter().map(|(name, act)| (self.scenario.free_id(&name), act)).collect();
        let is_waiting = !self.bot.contexts.followers(intent).is_empty();
        if steps.is_empty() && is_waiting {
            // An intent that says nothing still leads to those that follow it.
            steps.push((self.scenario.free_id(&format!("{} listens", read.name)), listen(String::new(), None)));
        }
        let first = steps.first().map(|it| it.0.clone());
        self.entered.insert(intent, first.clone());
        if first.is_none() {
            let what = format!("it says nothing in {}", self.bot.language);
            self.scenario.record_loss(Loss::RouteDropped, &read.name, what);
        }
        self.waiting.push_back((intent, steps));
        first
    }

    /// Pushes the steps of an intent, each leading to the next, and the last to the intents that follow.
    fn link(&mut self, intent: usize, mut steps: Vec<(String, Act)>) {
        let followers = self.bot.contexts.followers(intent);
        let Some((last_id, last)) = steps.pop() else { return };
        let ids: Vec<String> = steps.iter().map(|it| it.0.clone()).chain([last_id.clone()]).collect();
        let is_said = |it: &Act| matches!(it, Act::Message(_) | Act::Question(_));
        // The texts after a webhook are said if it fails.
        let is_person = matches!(last, Act::Handover(_));
        let said_last = is_said(&last);
        let mut webhook = None;
        for (n, (id, mut act)) in steps.into_iter().enumerate() {
            set_next(&mut act, &ids[n + 1]);
            match &mut act {
                // A value that is known is not asked for: the question is the next step.
                Act::Condition(known) => {
                    known.branches.iter_mut().for_each(|it| it.next = ids.get(n + 2).cloned());
                }
                Act::Call(call) => {
                    call.next = if is_person { Some(last_id.clone()) } else { None };
                    webhook = said_last.then_some(self.scenario.steps.len());
                }
                _ => {}
            }
            let at = self.scenario.steps.len();
            self.scenario.push(&id, act);
            self.read_answer_of(&self.bot.intents[intent], at);
        }
        let read = &self.bot.intents[intent];
        let decision = self.push_last(read, &last_id, last, &followers);
        if let (Some(at), Some((slot, next))) = (webhook, decision) {
            let id = self.scenario.free_id(&format!("{} listens", read.name));
            self.scenario.push(&id, listen(slot, Some(next)));
            if let Act::Call(call) = &mut self.scenario.steps[at].act {
                call.next = Some(id);
            }
        }
    }

    /// Pushes the last step of an intent. Returns the slot for what the customer types after it, and the step that decides
    /// between the intents that follow.
    fn push_last(&mut self, intent: &Intent, id: &str, last: Act, followers: &[usize]) -> Option<(String, String)> {
        // The step is pushed first, so that it comes before those that follow it.
        let at = self.scenario.steps.len();
        self.scenario.push(id, last.clone());
        match last {
            Act::Message(message) if message.waits() => {
                let message = self.with_ways(intent, message, followers);
                let decision = message.slot.clone().zip(message.next.clone());
                self.scenario.steps[at].act = Act::Message(message);
                decision
            }
            // A message without answers ends the intent; one that others follow waits for what the customer types.
            Act::Message(message) if is_text(&message) => {
                let (slot, next) = self.decision(intent, followers)?;
                let (text, accepts) = (message.text, scenario::Accepts::Text);
                let question = Question { text, slot: slot.clone(), accepts, next: Some(next.clone()), timeout: None };
                self.scenario.steps[at].act = Act::Question(question);
                Some((slot, next))
            }
            Act::Listen(_) => {
                let (slot, next) = self.decision(intent, followers)?;
                self.scenario.steps[at].act = listen(slot.clone(), Some(next.clone()));
                Some((slot, next))
            }
            mut act => {
                let Some((slot, next)) = self.decision(intent, followers) else {
                    self.read_answer_of(intent, at);
                    return None;
                };
                let listens = self.scenario.free_id(&format!("{} listens", intent.name));
                self.scenario.push(&listens, listen(slot.clone(), Some(next.clone())));
                set_next(&mut act, &listens);
                self.scenario.steps[at].act = act;
                self.read_answer_of(intent, at);
                Some((slot, next))
            }
        }
    }

    /// The decision between the intents that follow: what the customer types is compared with their phrases. Returns the
    /// slot for what is typed, and the step that decides.
    fn decision(&mut self, intent: &Intent, followers: &[usize]) -> Option<(String, String)> {
        let bot = self.bot;
        let slot = self.scenario.slot("customer answer");
        let mut condition = Condition { branches: Vec::new(), otherwise: None };
        let mut names = Vec::new();
        let mut ways: Vec<(usize, Branch)> = Vec::new();
        for follower in followers {
            let other = &bot.intents[*follower];
            if !other.phrases(bot.language).is_empty() {
                names.push(format!("“{}”", other.name));
                ways.extend(self.branches_to(*follower, &slot, followers.len() == 1));
            } else if other.is_set("fallbackIntent") {
                condition.otherwise = condition.otherwise.or_else(|| self.enter(*follower));
            } else {
                let what = format!("to {}: it has no phrase in {}", other.name, bot.language);
                self.scenario.record_loss(Loss::RouteDropped, &intent.name, what);
            }
        }
        // Phrases come before those in which words can vary.
        ways.sort_by_key(|it| it.0);
        condition.branches.extend(ways.into_iter().map(|it| it.1));
        if condition.branches.is_empty() && condition.otherwise.is_none() {
            return None;
        }
        if !names.is_empty() {
            let what = format!("answers are compared with the phrases of {}, word by word", names.join(", "));
            self.scenario.record_loss(Loss::ConditionDropped, &intent.name, what);
        }
        let id = self.scenario.free_id(&format!("{} decides", intent.name));
        self.scenario.push(&id, Act::Condition(condition));
        Some((slot, id))
    }

    /// Quick replies lead to the intent that has them as a phrase: one that follows, else one with a scenario.
    fn with_ways(&mut self, intent: &Intent, mut message: Message, followers: &[usize]) -> Message {
        let bot = self.bot;
        let mut after: HashMap<String, usize> = HashMap::new();
        for follower in followers {
            for text in &bot.texts[*follower] {
                after.entry(text.clone()).or_insert(*follower);
            }
        }
        for choice in &mut message.choices {
            let scenario::Choice::Reply { title, value, next, .. } = choice else { continue };
            let said = value.as_deref().unwrap_or(title).trim().to_lowercase();
            *next = match (after.get(&said), bot.phrases.get(&said)) {
                (Some(follower), _) => {
                    let next = self.enter(*follower);
                    self.values_of(*follower, &said, next)
                }
                (None, Some(other)) => {
                    let next = self.jump(*other);
                    self.values_of(*other, &said, next)
                }
                (None, None) => {
                    let what = format!("“{title}” is no phrase of an intent, so it leads nowhere");
                    self.scenario.record_loss(Loss::RouteDropped, &intent.name, what);
                    None
                }
            };
        }
        if let Some((slot, next)) = self.decision(intent, followers) {
            message.slot = Some(slot);
            message.next = Some(next);
        }
        message
    }

    /// The step that starts the scenario of another intent.
    fn jump(&mut self, intent: usize) -> Goal {
        if let Some(first) = self.entered.get(&intent) {
            return first.clone();
        }
        let scenario = self.bot.scenarios.get(&intent)?;
        if let Some(id) = self.jumps.get(&intent) {
            return Some(id.clone());
        }
        let id = self.scenario.jump_to(scenario);
        self.jumps.insert(intent, id.clone());
        Some(id)
    }
}

/// Whether a message is a text and nothing else, so that it can be a question.
fn is_text(message: &Message) -> bool {
    let has_more = message.media.is_some() || !message.choices.is_empty() || !message.then.is_empty();
    !message.text.is_empty() && !has_more
}

fn listen(slot: String, next: Goal) -> Act {
    Act::Listen(Listen { slot, next, timeout: None })
}

fn set_next(act: &mut Act, id: &str) {
    let goal = Some(id.to_owned());
    match act {
        Act::Call(it) => (it.next, it.on_failure) = (goal.clone(), goal),
        Act::Condition(it) => it.otherwise = goal,
        act => act.next_mut().into_iter().for_each(|next| next.clone_from(&goal)),
    }
}

/// The scenario under the id that other scenarios name.
pub(super) fn with_id(mut scenario: Scenario, id: &str) -> Scenario {
    id.clone_into(&mut scenario.id);
    scenario
}
