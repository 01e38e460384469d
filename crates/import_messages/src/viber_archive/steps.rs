//! Writes the steps of a scenario: each message of the bot with what followed it most often.

use std::collections::{BTreeSet, HashMap};

use scenario::{
    Act, Branch, Choice, Condition, END, Goal, Loss, Message, PlacedLoss, Purpose, Question, Scenario, Test, Text,
    Trigger,
};

use super::graph::{Count, Graph, Way};
use super::messages::Messages;
use super::plan::Plan;
use super::values::{Kind, Part};
use import_base::Format;
use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};

/// Limits the phrases that a scenario is known to begin with.
const MAX_PHRASES: usize = 20;

/// Writes the scenarios of a graph.
pub(super) struct Writer<'a> {
    pub(super) messages: &'a Messages,
    pub(super) graph: &'a Graph,
    pub(super) by_business: bool,
    pub(super) n_sessions: usize,
    pub(super) file: &'a str,
}

/// A scenario that is being written.
struct Writing<'a> {
    of: &'a Writer<'a>,
    builder: ScenarioBuilder,
    /// The ids of the steps, by the number of the message.
    ids: HashMap<usize, String>,
    /// The slots of answers, by the number of the message that asks.
    answers: HashMap<usize, String>,
}

impl Writer<'_> {
    /// The scenario that begins with a message, and the messages that it has.
    pub(super) fn scenario(&self, root: usize) -> (Scenario, BTreeSet<usize>) {
        let mut plans: Vec<(usize, Plan)> = Vec::new();
        let mut waiting = std::collections::VecDeque::from([root]);
        let mut seen = BTreeSet::from([root]);
        while let Some(number) = waiting.pop_front() {
            let plan = self.plan(number);
            waiting.extend(plan.goals().filter(|it| seen.insert(*it)));
            plans.push((number, plan));
        }
        let ids = plans.iter().zip(1..).map(|(it, n)| (it.0, format!("message_{n}"))).collect();
        let mut writing = Writing { of: self, builder: ScenarioBuilder::default(), ids, answers: HashMap::new() };
        for (number, plan) in &plans {
            writing.step(*number, plan);
        }
        let trigger = match self.by_business {
            true => Trigger::Event { name: None },
            false => Trigger::Message { phrases: self.phrases(root) },
        };
        (writing.finish(trigger), seen)
    }

    /// The beginning of a message, for a loss.
    pub(super) fn shown(&self, number: usize) -> String {
        let parts = self.messages.all[number].parts.iter().map(|it| match it {
            Part::Plain(text) => text.as_str(),
            Part::Value(..) => "{{}}",
        });
        parts.collect::<String>().chars().take(60).collect()
    }

    /// Records a loss of all scenarios with the first.
    pub(super) fn record(&self, scenarios: &mut [Scenario], loss: Loss, what: String) {
        if let Some(scenario) = scenarios.first_mut() {
            scenario.losses.push(PlacedLoss { loss, place: "the archive".to_owned(), what });
        }
    }

    /// Texts with which several people begin.
    fn phrases(&self, root: usize) -> Vec<String> {
        let ways = self.graph.starts.get(&root).into_iter().flatten();
        let phrases = ways.filter_map(|it| match it {
            (Way::Text(text), count) if is_common(count) => Some(text.clone()),
            _ => None,
        });
        phrases.take(MAX_PHRASES).collect()
    }
}

fn is_common(count: &Count) -> bool {
    count.people.len() > 1
}

impl Writing<'_> {
    fn step(&mut self, number: usize, plan: &Plan) {
        let id = self.ids[&number].clone();
        for (after, n, to) in &plan.dropped {
            let to = self.ids.get(to).map_or_else(|| format!("“{}”", self.of.shown(*to)), Clone::clone);
            self.builder.record_loss(Loss::RouteDropped, &id, format!("after {after} {n} times {to} instead"));
        }
        let Some(mut message) = self.message(number, &id) else { return };
        let rest = plan.rest.map(|it| self.ids[&it].clone());
        if message.waits() {
            self.choices(&id, plan, &mut message);
            message.slot = self.answers.get(&number).cloned();
            message.next = rest.or_else(|| plan.silent.map(|it| self.ids[&it.0].clone()));
            return self.builder.push(&id, Act::Message(message));
        }
        if plan.asks {
            return self.question(number, &id, plan, message);
        }
        message.next = self.silent(&id, plan);
        self.builder.push(&id, Act::Message(message));
        self.pause(&id, plan);
    }

    /// Reads the message with its slots.
    fn message(&mut self, number: usize, id: &str) -> Option<Message> {
        let mut names: Vec<String> = Vec::new();
        for part in &self.of.messages.all[number].parts {
            if let Part::Value(kind, example) = part {
                names.push(self.slot(*kind, example));
            }
        }
        let mut names = names.into_iter();
        let message = &self.of.messages.all[number];
        message.message(&mut self.builder, id, |_| names.next().unwrap_or_default()).ok()
    }

    fn slot(&mut self, kind: Kind, example: &str) -> String {
        let name = match kind {
            Kind::Name => "user_name".to_owned(),
            Kind::Answer(line) => return self.answer_slot(self.of.messages.of[line]),
            _ => self.builder.free_slot(kind.name()),
        };
        let name = self.builder.slot(&name);
        if let Some(slot) = self.builder.slots.iter_mut().find(|it| it.name == name && it.examples.is_empty()) {
            slot.examples.extend(kind.example(example));
        }
        name
    }

    /// The slot that holds the answer to a message.
    fn answer_slot(&mut self, number: usize) -> String {
        if let Some(slot) = self.answers.get(&number) {
            return slot.clone();
        }
        let step = self.ids.get(&number).and_then(|it| it.strip_prefix("message_")).unwrap_or_default();
        let slot = self.builder.slot(format!("answer_{step}").trim_end_matches('_'));
        self.answers.insert(number, slot.clone());
        slot
    }

    fn choices(&mut self, id: &str, plan: &Plan, message: &mut Message) {
        for choice in &mut message.choices {
            let shared = match choice {
                Choice::ShareLocation { .. } => Some("location"),
                Choice::SharePhone { .. } => Some("contact"),
                _ => None,
            };
            let to = match (&*choice, shared) {
                (_, Some(kind)) => plan.shared.get(kind),
                (Choice::Reply { title, value, .. }, None) => {
                    plan.buttons.get(&value.as_ref().unwrap_or(title).trim().to_lowercase())
                }
                _ => continue,
            };
            if to.is_none() {
                let what = format!("“{}” was never tapped: what follows is not known", choice.title());
                self.builder.record_loss(Loss::RouteDropped, id, what);
            }
            let goal = to.map_or_else(|| END.to_owned(), |it| self.ids[it].clone());
            if let Choice::Reply { next, .. } | Choice::ShareLocation { next, .. } | Choice::SharePhone { next, .. } =
                choice
            {
                *next = Some(goal);
            }
        }
    }

    /// Asks. What a question cannot show is a message before it.
    fn question(&mut self, number: usize, id: &str, plan: &Plan, mut message: Message) {
        let text = std::mem::take(&mut message.text);
        let rest = plan.rest.map(|it| self.ids[&it].clone());
        if text.is_empty() {
            message.next = rest;
            let what = "people answered it, and a message without text does not wait";
            self.builder.record_loss(Loss::RouteDropped, id, what);
            return self.builder.push(id, Act::Message(message));
        }
        let text = with_links(&mut self.builder, id, text, &mut message);
        let mut own = id.to_owned();
        if message.media.is_some() || message.location.is_some() {
            own = format!("{id}_question");
            message.next = Some(own.clone());
            self.builder.push(id, Act::Message(message));
        }
        let slot = self.answer_slot(number);
        let decides = format!("{id}_answer");
        let next = if plan.branches.is_empty() { rest.clone() } else { Some(decides.clone()) };
        let accepts = plan.accepts;
        self.builder.push(&own, Act::Question(Question { text, slot: slot.clone(), accepts, next, timeout: None }));
        if !plan.branches.is_empty() {
            let branch = |(text, to): &(String, usize)| Branch {
                slot: slot.clone(),
                test: Test::Equals,
                value: text.clone(),
                next: Some(self.ids[to].clone()),
            };
            let branches = plan.branches.iter().map(branch).collect();
            self.builder.push(&decides, Act::Condition(Condition { branches, otherwise: rest }));
        }
    }

    fn silent(&self, id: &str, plan: &Plan) -> Goal {
        let (to, pause) = plan.silent?;
        Some(if pause > 0 { format!("{id}_pause") } else { self.ids[&to].clone() })
    }

    fn pause(&mut self, id: &str, plan: &Plan) {
        if let Some((to, seconds)) = plan.silent.filter(|it| it.1 > 0) {
            let next = Some(self.ids[&to].clone());
            self.builder.push(&format!("{id}_pause"), Act::Wait { seconds, next });
        }
    }

    fn finish(mut self, trigger: Trigger) -> Scenario {
        join_losses(&mut self.builder.losses);
        let waits = self.builder.steps.iter().any(|it| it.act.waits());
        let is_notification = self.of.by_business && !waits;
        let purpose = if is_notification { Purpose::Notification } else { Purpose::Conversation };
        let name = dialogue_name(&self.builder.first_text());
        let origin = origin(Format::ViberArchive, self.of.file, format!("{} dialogues", self.of.n_sessions));
        self.builder.finish(ScenarioHead { intent: &name, language: "", purpose, trigger, origin }, None)
    }
}

/// A name from the first words, or a plain one if they are not in Latin letters.
fn dialogue_name(text: &str) -> String {
    let words = Text::parse(text).fill(|_| " ".into());
    match words.contains(|it: char| it.is_ascii_alphabetic()) {
        true => name_of(&words),
        false => "viber dialogue".to_owned(),
    }
}

/// A question has no buttons: links go into its text.
fn with_links(builder: &mut ScenarioBuilder, id: &str, mut text: Text, message: &mut Message) -> Text {
    for choice in std::mem::take(&mut message.choices) {
        text.push_plain(&format!("\n{}: ", choice.title()));
        match &choice {
            Choice::Link { url, .. } => text.push(url),
            Choice::Phone { number, .. } => text.push_plain(number),
            _ => {}
        }
        builder.record_loss(Loss::ButtonDropped, id, format!("“{}” is in the text", choice.title()));
    }
    text
}

/// Makes one loss of those that are equal at several steps.
fn join_losses(losses: &mut Vec<PlacedLoss>) {
    let mut joined: Vec<(PlacedLoss, usize)> = Vec::new();
    let mut numbers: HashMap<(Loss, String), usize> = HashMap::new();
    for lost in losses.drain(..) {
        let known = *numbers.entry((lost.loss, lost.what.clone())).or_insert(joined.len());
        match joined.get_mut(known) {
            Some((first, n)) => {
                *n += 1;
                if *n <= 3 {
                    first.place += &format!(", {}", lost.place);
                }
            }
            None => joined.push((lost, 1)),
        }
    }
    losses.extend(joined.into_iter().map(|(mut lost, n)| {
        if n > 3 {
            lost.place += &format!(" and {} more", n - 3);
        }
        lost
    }));
}
