//! What became of the slots.

use std::collections::{BTreeSet, HashMap, HashSet};

use scenario::{Act, Scenario, Text};
use serde::Serialize;
use serde_json::Value;

use super::told::Told;
use super::whatsapp_side::{WhatsappSide, messages};
use super::{Item, ItemKind, ItemOutcome};
use crate::{FlowAct, FlowStep, Outgoing, Sends};

/// The fields that hold the name of a slot.
const FIELDS: [&str; 2] = ["slot", "within"];

/// Where the source uses a slot.
#[derive(Clone, Copy)]
enum Use {
    /// The step with this number.
    Step(usize),
    FirstMessage,
    Phrase,
}

/// The declared slots in their order, then those that are used and not declared in the order of the steps.
pub(super) fn items(
    scenario: &Scenario,
    reached: &HashSet<&str>,
    side: &WhatsappSide<'_>,
    told: &Told<'_>,
) -> Vec<Item> {
    let uses = uses(scenario);
    let ledger = Ledger { scenario, side, told, used: used(scenario, reached, side) };
    let declared = scenario.slots.iter().enumerate().map(|(n, it)| (format!("/slots/{n}"), it.name.clone()));
    let all = declared.chain(uses.undeclared.into_iter().map(|(place, name)| (place.pointer(), name)));
    let items = all.map(|(place, name)| {
        let outcome = match uses.by_name.get(&name) {
            Some(uses) => ledger.outcome(&name, uses),
            None => told.unused(&place),
        };
        Item { kind: ItemKind::Slot, place, name, outcome }
    });
    items.collect()
}

impl Use {
    fn pointer(self) -> String {
        match self {
            Self::Step(n) => format!("/steps/{n}"),
            Self::FirstMessage => "/first_message".to_owned(),
            Self::Phrase => "/trigger".to_owned(),
        }
    }
}

struct Ledger<'a> {
    scenario: &'a Scenario,
    side: &'a WhatsappSide<'a>,
    told: &'a Told<'a>,
    /// The slots that the WhatsApp side of each step uses, and where.
    used: Vec<HashMap<String, String>>,
}

impl Ledger<'_> {
    /// A slot is carried if each of its uses is carried or lost by name.
    fn outcome(&self, name: &str, uses: &[Use]) -> ItemOutcome {
        let (mut carried, mut lost) = (None, None);
        for it in uses {
            match self.outcome_of(name, *it) {
                it @ ItemOutcome::Carried { .. } => carried = carried.or(Some(it)),
                it @ ItemOutcome::Lost { .. } => lost = lost.or(Some(it)),
                it => return it,
            }
        }
        carried.or(lost).unwrap_or(ItemOutcome::Unaccounted)
    }

    fn outcome_of(&self, name: &str, place: Use) -> ItemOutcome {
        let carried = |to: &str| ItemOutcome::Carried { to: to.to_owned() };
        match place {
            Use::Step(n) => self.used[n].get(name).map_or_else(|| self.told.slot(n, name), |to| carried(to)),
            Use::FirstMessage if self.side.flow.first_message.as_deref() == Some(name) => carried("the first message"),
            Use::Phrase if self.side.flow.trigger.as_ref() == Some(&self.scenario.trigger) => carried("the trigger"),
            Use::FirstMessage | Use::Phrase => ItemOutcome::Unaccounted,
        }
    }
}

/// The uses of slots in the source.
#[derive(Default)]
struct Uses {
    by_name: HashMap<String, Vec<Use>>,
    /// The first use of each slot that is not declared.
    undeclared: Vec<(Use, String)>,
}

fn uses(scenario: &Scenario) -> Uses {
    let declared: HashSet<&str> = scenario.slots.iter().map(|it| it.name.as_str()).collect();
    let mut uses = Uses::default();
    let mut add = |place: Use, name: String| {
        let known = uses.by_name.entry(name.clone()).or_default();
        if known.is_empty() && !declared.contains(name.as_str()) {
            uses.undeclared.push((place, name));
        }
        known.push(place);
    };
    scenario.first_message.iter().for_each(|it| add(Use::FirstMessage, it.clone()));
    names(&scenario.trigger).into_iter().for_each(|it| add(Use::Phrase, it));
    for (n, step) in scenario.steps.iter().enumerate() {
        names_of(&step.act).into_iter().for_each(|it| add(Use::Step(n), it));
    }
    uses
}

/// The slots of an act. A message that does not wait saves no answer.
fn names_of(act: &Act) -> BTreeSet<String> {
    match act {
        Act::Message(it) if it.slot.is_some() && !it.waits() => names(&scenario::Message { slot: None, ..it.clone() }),
        act => names(act),
    }
}

/// The slots that the WhatsApp side of each step uses, each with its place.
fn used(scenario: &Scenario, reached: &HashSet<&str>, side: &WhatsappSide<'_>) -> Vec<HashMap<String, String>> {
    let of_step = |id: &str| {
        let mut used = HashMap::new();
        let is_still = |it: &&&FlowStep| !reached.contains(id) || side.is_reached(it);
        for step in side.became(id).iter().filter(is_still) {
            match &step.act {
                FlowAct::Send(sends) => add_sent(&mut used, step, sends, side),
                FlowAct::Other(act) => add(&mut used, names(act), &format!("step {}", step.id)),
            }
        }
        used
    };
    scenario.steps.iter().map(|it| of_step(&it.id)).collect()
}

fn add_sent(used: &mut HashMap<String, String>, step: &FlowStep, sends: &Sends, side: &WhatsappSide<'_>) {
    let at = format!("step {}", step.id);
    messages(sends).for_each(|it| add(used, names(it), &at));
    for outgoing in &sends.sends {
        let Outgoing::Template { name, parameters, buttons, header, cards, .. } = outgoing else { continue };
        let Some(template) = side.template(name) else { continue };
        let ends = buttons.iter().map(|it| &it.1);
        let own = parameters.iter().chain(ends).cloned();
        let of_cards = cards.iter().flat_map(|it| it.slots()).map(str::to_owned);
        add(used, own.chain(of_cards), &format!("template {name}"));
        add(used, names(header), &format!("template {name}"));
        // A variable in the title of a button is an error of the template, which names it.
        let buttons = template.buttons().iter().chain(template.cards().1.iter().flat_map(|it| it.buttons()));
        buttons.for_each(|it| add(used, names(&it.text), &format!("template {name}")));
    }
    let Some(awaits) = &sends.awaits else { return };
    add(used, awaits.slot.iter().cloned(), &at);
    awaits.ways.iter().for_each(|it| add(used, names(&it.title), &at));
}

fn add(used: &mut HashMap<String, String>, names: impl IntoIterator<Item = String>, at: &str) {
    for name in names {
        used.entry(name).or_insert_with(|| at.to_owned());
    }
}

/// The slots of a document: those in its texts, and those in fields for a slot.
fn names(document: &impl Serialize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(&serde_json::to_value(document).unwrap_or_default(), &mut names);
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains("{{") => names.extend(Text::parse(text).slots().map(str::to_owned)),
        Value::Array(values) => values.iter().for_each(|it| collect(it, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(name) if FIELDS.contains(&key.as_str()) => {
                        names.insert(name.clone());
                    }
                    value => collect(value, names),
                }
            }
        }
        _ => {}
    }
}
