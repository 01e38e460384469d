//! The WhatsApp side of a scenario, by the steps that it comes from.

use std::collections::{HashMap, HashSet};

use scenario::Goal;
use template::{SessionMessage, Template};

use crate::goal::known;
use crate::{Awaits, Compiled, Flow, FlowAct, FlowStep, Outgoing, Sends};

pub(super) struct WhatsappSide<'a> {
    pub(super) flow: &'a Flow,
    /// The steps by the id of the step that they come from.
    became: HashMap<&'a str, Vec<&'a FlowStep>>,
    templates: HashMap<&'a str, &'a Template>,
    ids: HashSet<&'a str>,
    reached: HashSet<&'a str>,
}

impl<'a> WhatsappSide<'a> {
    pub(super) fn of(compiled: &'a Compiled) -> Self {
        let flow = &compiled.flow;
        let mut became: HashMap<&str, Vec<&FlowStep>> = HashMap::new();
        for step in &flow.steps {
            became.entry(step.from.as_str()).or_default().push(step);
        }
        let templates = compiled.templates.iter().map(|it| (it.name.as_str(), it)).collect();
        let ids = flow.steps.iter().map(|it| it.id.as_str()).collect();
        Self { flow, became, templates, ids, reached: reached(flow) }
    }

    /// The steps that come from a step of the scenario.
    pub(super) fn became(&self, id: &str) -> &[&'a FlowStep] {
        self.became.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_reached(&self, step: &FlowStep) -> bool {
        self.reached.contains(step.id.as_str())
    }

    /// Whether a goal ends the scenario or is a step that is there.
    pub(super) fn leads_on(&self, goal: &Goal) -> bool {
        known(goal).is_none_or(|it| self.ids.contains(it))
    }

    /// The template of this name, if it was written.
    pub(super) fn template(&self, name: &str) -> Option<&'a Template> {
        self.templates.get(name).copied()
    }

    /// The ids and payloads of the replies that a step shows, each with its title.
    pub(super) fn shown(&self, sends: &'a Sends) -> HashMap<&'a str, &'a str> {
        let mut shown = HashMap::new();
        for outgoing in &sends.sends {
            match outgoing {
                Outgoing::Message(message) => shown.extend(message.replies().iter().map(|it| (&*it.id, &*it.title))),
                Outgoing::Template { name, cards, .. } => {
                    let Some(template) = self.template(name) else { continue };
                    let texts = template.buttons().iter().filter(|it| it.is("QUICK_REPLY"));
                    shown.extend(texts.filter_map(|it| it.text.as_deref()).map(|it| (it, it)));
                    for (sent, card) in cards.iter().zip(template.cards().1) {
                        let text = |n: usize| card.buttons().get(n).and_then(|it| it.text.as_deref());
                        shown.extend(sent.payloads.iter().filter_map(|it| Some((it.1.as_str(), text(it.0)?))));
                    }
                }
            }
        }
        shown
    }

    /// Everything that a step says, with its slots as they are written there.
    pub(super) fn texts(&self, sends: &'a Sends) -> Vec<&'a str> {
        let mut texts = Vec::new();
        for outgoing in &sends.sends {
            match outgoing {
                Outgoing::Message(message) => texts.push(message.body()),
                Outgoing::Template { name, .. } => texts.extend(self.template(name).map(Template::body_text)),
            }
        }
        texts
    }

    /// Whether a step sends something that is there.
    pub(super) fn says(&self, sends: &Sends) -> bool {
        let is_there = |it: &Outgoing| match it {
            Outgoing::Message(SessionMessage::Text { body }) => !body.is_empty(),
            Outgoing::Message(_) => true,
            Outgoing::Template { name, .. } => self.template(name).is_some(),
        };
        !sends.sends.is_empty() && sends.sends.iter().all(is_there)
    }
}

/// The names of the templates that a step sends.
pub(super) fn templates(sends: &Sends) -> impl Iterator<Item = &str> {
    sends.sends.iter().filter_map(|it| match it {
        Outgoing::Template { name, .. } => Some(name.as_str()),
        Outgoing::Message(_) => None,
    })
}

/// The session messages of a step.
pub(super) fn messages(sends: &Sends) -> impl Iterator<Item = &SessionMessage> {
    sends.sends.iter().filter_map(|it| match it {
        Outgoing::Message(message) => Some(message),
        Outgoing::Template { .. } => None,
    })
}

/// What a step sends; none if it decides, calls, waits or hands over.
pub(super) fn sends<'a>(step: &&'a FlowStep) -> Option<&'a Sends> {
    match &step.act {
        FlowAct::Send(sends) => Some(sends),
        FlowAct::Other(_) => None,
    }
}

/// The ids of the steps that the flow can come to.
fn reached(flow: &Flow) -> HashSet<&str> {
    let steps: HashMap<&str, &FlowStep> = flow.steps.iter().map(|it| (it.id.as_str(), it)).collect();
    let (mut reached, mut waiting) = (HashSet::new(), vec![flow.start.as_str()]);
    while let Some(id) = waiting.pop() {
        let Some(step) = steps.get(id).filter(|_| reached.insert(id)) else { continue };
        match &step.act {
            FlowAct::Send(Sends { awaits: Some(awaits), .. }) => waiting.extend(after(awaits)),
            FlowAct::Send(it) => waiting.extend(known(&it.next)),
            FlowAct::Other(act) => waiting.extend(act.routes().into_iter().filter_map(|it| known(it.1))),
        }
    }
    reached
}

fn after(awaits: &Awaits) -> impl Iterator<Item = &str> {
    let ways = awaits.ways.iter().filter_map(|it| known(&it.next));
    ways.chain(known(&awaits.other)).chain(awaits.timeout.iter().filter_map(|it| known(&it.next)))
}
