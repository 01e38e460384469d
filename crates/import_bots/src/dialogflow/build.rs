//! Builds the scenario of an intent: its steps, and the intents that follow it by their contexts.

use std::collections::{HashMap, HashSet, VecDeque};

use scenario::{Act, Branch, Condition, Goal, Listen, Loss, Message, Question, Scenario, Test, Text};

use super::agent::Intent;
use super::contexts::{Contexts, Dialogue, Place};
use super::entities::Entities;
use super::fields::record_lost;
use super::parts::{Part, parts};
use super::said::Order;
use import_base::scenario_builder::ScenarioBuilder;

/// Limits the places of one scenario: intents that share a context all follow each other.
const MAX_PLACES: usize = 1_000;

/// Limits the ways from one intent to another in all scenarios. An agent has at most 2,000 intents; in a small file each
/// of them can follow each.
pub(super) const MAX_WAYS: usize = 200_000;

/// Limits the phrases of other scenarios that answers are compared with, in all scenarios: each decision has all of them.
pub(super) const MAX_OTHER_PHRASES: usize = 100_000;

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

/// What all scenarios of an agent may still have.
pub(super) struct Room {
    pub(super) n_ways: usize,
    pub(super) n_other_phrases: usize,
}

/// Builds one scenario. Each place of its dialogue is in it once, however many ways lead to it.
pub(super) struct IntentBuilder<'a, 'b> {
    pub(super) bot: &'b Bot<'a>,
    pub(super) scenario: ScenarioBuilder,
    dialogue: Dialogue,
    /// The first step of each place that is in the scenario.
    entered: HashMap<usize, Goal>,
    /// The branches to each place that follows another, which do not depend on the other.
    pub(super) branches: HashMap<(usize, bool), Vec<(Order, Branch)>>,
    /// The steps that start another scenario.
    jumps: HashMap<usize, String>,
    /// The steps that compare an answer with the phrases of other scenarios, by what follows if it is none of them.
    others: HashMap<Goal, Goal>,
    /// The steps of the fallback that needs no context, which asks again; they are pushed at the end.
    fallback: Option<Vec<(String, Act)>>,
    /// The decisions that the fallback leads back to, by their place among the steps.
    open_questions: Vec<usize>,
    /// The step that leads back to the question which was not understood, while the fallback is pushed.
    back: Goal,
    waiting: VecDeque<(usize, Vec<(String, Act)>)>,
    room: &'b mut Room,
}

impl<'a, 'b> IntentBuilder<'a, 'b> {
    pub(super) fn new(bot: &'b Bot<'a>, intent: usize, room: &'b mut Room) -> Self {
        Self {
            bot,
            scenario: ScenarioBuilder::default(),
            dialogue: bot.contexts.dialogue(intent, &mut room.n_ways),
            entered: HashMap::new(),
            branches: HashMap::new(),
            jumps: HashMap::new(),
            others: HashMap::new(),
            fallback: None,
            open_questions: Vec::new(),
            back: None,
            waiting: VecDeque::new(),
            room,
        }
    }

    /// Builds the steps of the intent that begins the dialogue and of all that follow it. Returns the id of the first step.
    pub(super) fn build(&mut self) -> Goal {
        let start = self.enter(0)?;
        while let Some((place, steps)) = self.waiting.pop_front() {
            self.link(place, steps);
        }
        self.push_fallback();
        if self.dialogue.is_cut {
            let what = format!("at most {MAX_PLACES} intents that follow each other are read");
            self.scenario.record_loss(Loss::RouteDropped, "contexts", what);
        }
        if self.dialogue.has_lost {
            let what =
                "intents that can follow only on longer ways, while contexts of earlier intents are open, do not";
            self.scenario.record_loss(Loss::RouteDropped, "contexts", what);
        }
        self.first_values(self.dialogue.places[0].intent, start)
    }

    /// The intents in the scenario.
    pub(super) fn intents(&self) -> impl Iterator<Item = usize> {
        self.entered.keys().map(|it| self.dialogue.places[*it].intent)
    }

    /// The intent at a place.
    pub(super) fn intent_at(&self, place: usize) -> usize {
        self.dialogue.places[place].intent
    }

    /// The first step of a place, which is added if it is new.
    pub(super) fn enter(&mut self, place: usize) -> Goal {
        if let Some(first) = self.entered.get(&place) {
            return first.clone();
        }
        if self.entered.len() >= MAX_PLACES {
            self.dialogue.is_cut = true;
            return None;
        }
        let read = &self.bot.intents[self.intent_at(place)];
        let mut steps = self.steps_of(read);
        let is_waiting = !self.dialogue.places[place].followers.is_empty();
        if steps.is_empty() && is_waiting {
            // An intent that says nothing still leads to those that follow it.
            steps.push((self.scenario.free_id(&format!("{} listens", read.name)), listen(String::new(), None)));
        }
        let first = steps.first().map(|it| it.0.clone());
        self.entered.insert(place, first.clone());
        if first.is_none() {
            let what = format!("it says nothing in {}", self.bot.language);
            self.scenario.record_loss(Loss::RouteDropped, &read.name, what);
        }
        self.waiting.push_back((place, steps));
        first
    }

    fn steps_of(&mut self, intent: &Intent) -> Vec<(String, Act)> {
        record_lost(&mut self.scenario, intent, self.bot.language);
        let parts: Vec<Part> = parts(&mut self.scenario, intent, self.bot.language, self.bot.own);
        parts.into_iter().map(|(name, act)| (self.scenario.free_id(&name), act)).collect()
    }

    /// Pushes the steps of an intent, each leading to the next, and the last to the intents that follow.
    fn link(&mut self, place: usize, mut steps: Vec<(String, Act)>) {
        let (intent, followers) = (self.intent_at(place), self.dialogue.places[place].followers.clone());
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
                let (slot, next) = self.decision(intent, followers, false)?;
                let (text, accepts) = (message.text, scenario::Accepts::Text);
                let question = Question { text, slot: slot.clone(), accepts, next: Some(next.clone()), timeout: None };
                self.scenario.steps[at].act = Act::Question(question);
                Some((slot, next))
            }
            Act::Listen(_) => {
                let (slot, next) = self.decision(intent, followers, false)?;
                self.scenario.steps[at].act = listen(slot.clone(), Some(next.clone()));
                Some((slot, next))
            }
            // A person goes on.
            Act::Handover(_) => None,
            mut act => {
                let Some((slot, next)) = self.decision(intent, followers, false) else {
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
    ///
    /// Without any that follow, the next message starts a scenario by itself: only a message with choices waits for it.
    fn decision(&mut self, intent: &Intent, followers: &[usize], waits: bool) -> Option<(String, String)> {
        if followers.is_empty() && !waits && self.back.is_none() {
            return None;
        }
        let bot = self.bot;
        let slot = self.scenario.slot("customer answer");
        if let Some(back) = &self.back {
            return Some((slot, back.clone()));
        }
        let mut condition = Condition { branches: Vec::new(), otherwise: None };
        let mut names = Vec::new();
        let mut ways: Vec<(Order, Branch)> = Vec::new();
        for follower in followers {
            let other = &bot.intents[self.intent_at(*follower)];
            if other.is_set("fallbackIntent") {
                condition.otherwise = condition.otherwise.or_else(|| self.enter(*follower));
            } else if !other.phrases(bot.language).is_empty() {
                names.push(format!("“{}”", other.name));
                ways.extend(self.branches_to(*follower, &slot, names.len() == 1));
            } else {
                let what = format!("to {}: it has no phrase in {}", other.name, bot.language);
                self.scenario.record_loss(Loss::RouteDropped, &intent.name, what);
            }
        }
        // Phrases come before those in which words can vary, and of those the one with most words of its own.
        ways.sort_by_key(|it| it.0);
        condition.branches.extend(ways.into_iter().map(|it| it.1));
        let asks_again = condition.otherwise.is_none() && !followers.is_empty();
        let fallback = condition.otherwise.take().or_else(|| self.fallback(asks_again));
        let asks_again = asks_again && fallback.is_some();
        condition.otherwise = self.other_scenarios(&slot, fallback);
        if condition.branches.is_empty() && condition.otherwise.is_none() {
            return None;
        }
        if !names.is_empty() {
            let what = format!("answers are compared with the phrases of {}, word by word", names.join(", "));
            self.scenario.record_loss(Loss::ConditionDropped, &intent.name, what);
        }
        if condition.branches.is_empty() {
            return Some((slot, condition.otherwise?));
        }
        let id = self.scenario.free_id(&format!("{} decides", intent.name));
        if asks_again {
            self.open_questions.push(self.scenario.steps.len());
        }
        self.scenario.push(&id, Act::Condition(condition));
        Some((slot, id))
    }

    /// The first step of the fallback that needs no context: its own scenario, or steps here that ask again.
    fn fallback(&mut self, asks_again: bool) -> Goal {
        let intent = self.bot.contexts.fallback()?;
        if !asks_again {
            return self.jump(intent);
        }
        if self.fallback.is_none() {
            self.fallback = Some(self.steps_of(&self.bot.intents[intent]));
        }
        self.fallback.iter().flatten().next().map(|it| it.0.clone())
    }

    /// Pushes the steps of the fallback, which lead back to the question that was not understood.
    fn push_fallback(&mut self) {
        let Some(intent) = self.bot.contexts.fallback() else { return };
        let Some(steps) = self.fallback.take().filter(|it| !it.is_empty()) else { return };
        let asked: Vec<(usize, String)> =
            self.open_questions.iter().map(|it| (*it, self.scenario.steps[*it].id.clone())).collect();
        self.back = match asked.as_slice() {
            [(_, only)] => Some(only.clone()),
            asked => self.remember_questions(asked),
        };
        self.dialogue.places.push(Place { intent, followers: Vec::new() });
        self.link(self.dialogue.places.len() - 1, steps);
    }

    /// Remembers which question is open before the fallback. Returns the step that leads back to it.
    fn remember_questions(&mut self, asked: &[(usize, String)]) -> Goal {
        let slot = self.scenario.slot("open question");
        let mut back = Condition { branches: Vec::new(), otherwise: None };
        for ((at, id), number) in asked.iter().zip(1..) {
            let value = number.to_string();
            let remembers = self.scenario.free_id(&format!("{id} is open"));
            if let Act::Condition(condition) = &mut self.scenario.steps[*at].act {
                let next = condition.otherwise.replace(remembers.clone());
                let set = Act::Set { slot: slot.clone(), value: Text::plain(&value), next };
                self.scenario.push(&remembers, set);
            }
            back.branches.push(Branch { slot: slot.clone(), test: Test::Equals, value, next: Some(id.clone()) });
        }
        let id = self.scenario.free_id("back to the question");
        self.scenario.push(&id, Act::Condition(back));
        Some(id)
    }

    /// The decision for an answer that no intent here takes: another scenario may have it as a phrase. `fallback` follows
    /// if none has.
    fn other_scenarios(&mut self, slot: &str, fallback: Goal) -> Goal {
        let bot = self.bot;
        if let Some(known) = self.others.get(&fallback) {
            return known.clone();
        }
        let mut starts: Vec<usize> = bot.scenarios.keys().copied().collect();
        starts.retain(|it| !bot.intents[*it].phrases(bot.language).is_empty());
        starts.sort_unstable();
        let n_phrases: usize = starts.iter().map(|it| bot.intents[*it].phrases(bot.language).len()).sum();
        let mut ways: Vec<(Order, Branch)> = Vec::new();
        if n_phrases <= self.room.n_other_phrases {
            self.room.n_other_phrases -= n_phrases;
            for other in starts {
                if let Some(next) = self.jump(other) {
                    ways.extend(self.ways_to(other, slot, false, next));
                }
            }
        } else {
            let what = "other intents do not start here: the agent has too many phrases";
            self.scenario.record_loss(Loss::RouteDropped, "phrases", what);
        }
        ways.sort_by_key(|it| it.0);
        let goal = match ways.is_empty() {
            true => fallback.clone(),
            false => {
                let id = self.scenario.free_id("other answers");
                let branches = ways.into_iter().map(|it| it.1).collect();
                self.scenario.push(&id, Act::Condition(Condition { branches, otherwise: fallback.clone() }));
                Some(id)
            }
        };
        self.others.insert(fallback, goal.clone());
        goal
    }

    /// Quick replies lead to the intent that has them as a phrase: one that follows, else one with a scenario.
    fn with_ways(&mut self, intent: &Intent, mut message: Message, followers: &[usize]) -> Message {
        let bot = self.bot;
        let mut after: HashMap<String, usize> = HashMap::new();
        for follower in followers {
            for text in &bot.texts[self.intent_at(*follower)] {
                after.entry(text.clone()).or_insert(*follower);
            }
        }
        for choice in &mut message.choices {
            let scenario::Choice::Reply { title, value, next, .. } = choice else { continue };
            let said = value.as_deref().unwrap_or(title).trim().to_lowercase();
            *next = match (after.get(&said), bot.phrases.get(&said)) {
                (Some(follower), _) => {
                    let next = self.enter(*follower);
                    self.values_of(self.intent_at(*follower), &said, next)
                }
                (None, Some(other)) => {
                    let next = self.jump(*other);
                    self.values_of(*other, &said, next)
                }
                (None, None) => {
                    let what =
                        format!("“{title}” is no phrase of an intent: only Dialogflow's model knows where it leads");
                    self.scenario.record_loss(Loss::RouteDropped, &intent.name, what);
                    None
                }
            };
        }
        if let Some((slot, next)) = self.decision(intent, followers, true) {
            message.slot = Some(slot);
            message.next = Some(next);
        }
        message
    }

    /// The step that starts the scenario of another intent.
    fn jump(&mut self, intent: usize) -> Goal {
        if self.intent_at(0) == intent {
            return self.entered.get(&0).cloned().flatten();
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
