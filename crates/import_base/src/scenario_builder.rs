//! Builds scenarios: unique ids, slots, losses.

mod meanings;

use std::collections::{HashMap, HashSet};

use scenario::{
    Act, Call, Criticality, END, LanguageBasis, Loss, Origin, PlacedLoss, Purpose, Scenario, Slot, Step, Trigger,
    slot_name,
};

/// A scenario that is being built.
#[derive(Debug, Default)]
pub struct ScenarioBuilder {
    pub steps: Vec<Step>,
    pub slots: Vec<Slot>,
    pub losses: Vec<PlacedLoss>,
    /// The slot that the customer's first message is saved in.
    pub first_message: Option<String>,
    /// The name of each slot, by its name in the source.
    names: HashMap<String, String>,
    /// The ids that steps have or will have.
    ids: UniqueNames,
}

/// Gives out names, each once. A name that is taken gets a number: `name_2`.
#[derive(Debug, Default)]
pub struct UniqueNames {
    taken: HashSet<String>,
    /// The number to try next for each name, so that many equal names take no quadratic time.
    next: HashMap<String, usize>,
}

impl UniqueNames {
    pub fn take(&mut self, wanted: &str) -> String {
        if self.taken.insert(wanted.to_owned()) {
            return wanted.to_owned();
        }
        let next = self.next.entry(wanted.to_owned()).or_insert(2);
        loop {
            let name = format!("{wanted}_{next}");
            *next += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// The fields of a scenario that are not steps.
pub struct ScenarioHead<'a> {
    pub intent: &'a str,
    /// Empty if the source declares none: the texts say it then.
    pub language: &'a str,
    pub purpose: Purpose,
    pub trigger: Trigger,
    pub origin: Origin,
}

impl ScenarioBuilder {
    /// The slot for a name of the source; it is added if it is new.
    pub fn slot(&mut self, source_name: &str) -> String {
        if let Some(name) = self.names.get(source_name) {
            return name.clone();
        }
        let plain = meanings::name_in_latin(source_name).unwrap_or_else(|| slot_name(source_name));
        let name = self.free_slot(&plain);
        let source = (name != source_name).then(|| source_name.to_owned());
        self.slots.push(Slot { source_name: source, ..Slot::named(&name) });
        self.names.insert(source_name.to_owned(), name.clone());
        name
    }

    /// The slot for a name of the source, if there is one.
    pub fn known_slot(&self, source_name: &str) -> Option<&str> {
        self.names.get(source_name).map(String::as_str)
    }

    /// The slot for a value that the source tells apart by `key`. A new one has the name `wanted`, or `other` if `wanted` is
    /// taken. `source_name` is its name for people.
    pub fn slot_called(&mut self, key: &str, wanted: &str, other: &str, source_name: &str) -> String {
        if let Some(name) = self.names.get(key) {
            return name.clone();
        }
        let (wanted, other) = (slot_name(wanted), slot_name(other));
        let name = if self.free_slot(&wanted) == wanted { wanted } else { self.free_slot(&other) };
        let source = (name != source_name).then(|| source_name.to_owned());
        self.slots.push(Slot { source_name: source, ..Slot::named(&name) });
        self.names.insert(key.to_owned(), name.clone());
        name
    }

    /// A name that no other slot has.
    pub fn free_slot(&self, wanted: &str) -> String {
        free_name(wanted, |name| self.slots.iter().all(|it| it.name != name))
    }

    pub fn record_loss(&mut self, loss: Loss, place: &str, what: impl Into<String>) {
        let lost = PlacedLoss { loss, place: place.to_owned(), what: what.into() };
        if !self.losses.contains(&lost) {
            self.losses.push(lost);
        }
    }

    /// An id that no other step has or was given. The step may be pushed later.
    pub fn free_id(&mut self, wanted: &str) -> String {
        // `end` is no step.
        self.ids.taken.insert(END.to_owned());
        self.ids.take(&slot_name(wanted))
    }

    /// A step that starts another scenario, and its id.
    pub fn jump_to(&mut self, scenario: &str) -> String {
        let id = self.free_id(&format!("to {scenario}"));
        self.push(&id, Act::Call(Call { system: format!("scenario {scenario}"), next: None, on_failure: None }));
        id
    }

    pub fn push(&mut self, id: &str, act: Act) {
        self.ids.taken.insert(id.to_owned());
        self.steps.push(Step { id: id.to_owned(), act });
    }

    /// The first text that a customer reads.
    pub fn first_text(&self) -> String {
        self.steps.iter().find_map(|it| it.act.text()).map(ToString::to_string).unwrap_or_default()
    }

    /// The scenario, which starts with the first step unless `start` says otherwise.
    pub fn finish(mut self, head: ScenarioHead<'_>, start: Option<&str>) -> Scenario {
        let start = start.map(str::to_owned).or_else(|| Some(self.steps.first()?.id.clone())).unwrap_or_default();
        self.drop_unused_slots();
        Scenario {
            id: slot_name(head.intent),
            intent: head.intent.to_owned(),
            language: head.language.to_owned(),
            language_basis: LanguageBasis::Declared,
            purpose: head.purpose,
            category: None,
            criticality: Criticality::Normal,
            trigger: head.trigger,
            first_message: self.first_message,
            origin: Some(head.origin),
            slots: self.slots,
            start,
            steps: self.steps,
            losses: self.losses,
        }
    }

    fn drop_unused_slots(&mut self) {
        let steps = serde_json::to_string(&self.steps).unwrap_or_default();
        let in_texts = steps.split("{{").skip(1).filter_map(|it| it.trim_start_matches('{').split_once("}}"));
        let of_step = |key: &'static str| steps.split(key).skip(1).filter_map(|it| it.split_once('"'));
        let saved = of_step("\"slot\":\"").chain(of_step("\"within\":\""));
        let used: HashSet<&str> = in_texts.chain(saved).map(|it| it.0).collect();
        self.slots.retain(|it| used.contains(it.name.as_str()));
    }
}

pub fn origin(format: crate::Format, file: &str, place: impl Into<String>) -> Origin {
    Origin {
        format: format.name().to_owned(),
        file: file.to_owned(),
        place: Some(place.into()).filter(|it: &String| !it.is_empty()),
        n_messages: None,
        last_used: None,
    }
}

/// `wanted`, or `wanted_2` and so on.
fn free_name(wanted: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut numbered = (2..).map(|n| format!("{wanted}_{n}"));
    match is_free(wanted) {
        true => wanted.to_owned(),
        false => numbered.find(|it| is_free(it)).unwrap_or_default(),
    }
}

/// Makes ids unique within each language. As with templates, one name may exist in several languages.
pub fn make_ids_unique(scenarios: &mut [Scenario]) {
    let mut taken = HashSet::new();
    // The number that is tried next for a name: thousands of scenarios may have one name.
    let mut next: HashMap<(String, String), usize> = HashMap::new();
    for scenario in scenarios {
        let end = (0..=200.min(scenario.id.len())).rev().find(|it| scenario.id.is_char_boundary(*it));
        scenario.id.truncate(end.unwrap_or_default());
        let wanted = (scenario.id.clone(), scenario.language.clone());
        let mut key = wanted.clone();
        while taken.contains(&key) {
            let n = next.entry(wanted.clone()).or_insert(2);
            key.0 = format!("{}_{n}", wanted.0);
            *n += 1;
        }
        scenario.id.clone_from(&key.0);
        taken.insert(key);
    }
}

/// A name from the first words of a text.
pub fn name_of(text: &str) -> String {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let name = words.take(5).collect::<Vec<_>>().join(" ");
    if name.is_empty() { "text".to_owned() } else { slot_name(&name) }
}
