//! What the YAML files of a bot say: responses, slots, forms, examples, stories, flows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::examples::Example;
use super::ordered::Keys;
use super::stories::{Story, StoryEvent};

#[derive(Default)]
pub(super) struct Bot {
    /// The language that `config.yml` declares.
    pub(super) language: String,
    /// The variations of each response.
    pub(super) responses: BTreeMap<String, Vec<Value>>,
    pub(super) slots: BTreeMap<String, Value>,
    pub(super) forms: BTreeMap<String, Form>,
    pub(super) actions: BTreeSet<String>,
    /// Actions that an intent always leads to (`triggers`).
    pub(super) triggers: BTreeMap<String, String>,
    /// What users say, by intent.
    pub(super) examples: BTreeMap<String, Vec<Example>>,
    /// The values that words stand for, by the words in small letters.
    synonyms: BTreeMap<String, String>,
    pub(super) stories: Vec<Story>,
    /// How many stories and rules have each event of a site, which is cut out of them.
    pub(super) cut_events: BTreeMap<String, usize>,
    /// Flows of CALM: their file, their name, their content.
    pub(super) flows: Vec<(String, String, Value)>,
}

/// A form: the slots that it asks for, and how each is filled.
#[derive(Default)]
pub(super) struct Form {
    pub(super) slots: Vec<String>,
    /// In Rasa 2 the form says how its slots are filled, in Rasa 3 each slot.
    pub(super) mappings: BTreeMap<String, Vec<Value>>,
    /// The keys that are not read.
    pub(super) others: Vec<String>,
}

impl Bot {
    /// Adds what a YAML file says, but for its stories: these are read when all slots are known.
    pub(super) fn read(&mut self, value: &Value, keys: &Keys, file: &str) {
        let object = |key: &str| value.get(key).and_then(Value::as_object).into_iter().flatten();
        if let Some(language) =
            value.get("language").and_then(Value::as_str).filter(|_| value.get("pipeline").is_some())
        {
            language.clone_into(&mut self.language);
        }
        // `templates` is what Rasa 1 called responses.
        for (name, response) in object("responses").chain(object("templates")) {
            self.responses.entry(name.clone()).or_default().extend(variations(response));
        }
        self.slots.extend(object("slots").map(|(name, slot)| (name.clone(), slot.clone())));
        let actions = value.get("actions").and_then(Value::as_array).into_iter().flatten();
        self.actions.extend(actions.filter_map(|it| it.as_str().map(str::to_owned)));
        self.read_triggers(value);
        self.read_forms(value, keys);
        self.read_examples(value);
        self.flows.extend(object("flows").map(|(name, flow)| (file.to_owned(), name.clone(), flow.clone())));
    }

    fn read_triggers(&mut self, value: &Value) {
        for intent in value.get("intents").and_then(Value::as_array).into_iter().flatten() {
            let pairs = intent.as_object().into_iter().flatten();
            let pairs = pairs.filter_map(|(name, it)| Some((name.clone(), it.get("triggers")?.as_str()?.to_owned())));
            self.triggers.extend(pairs);
        }
    }

    /// Adds the actions that intents trigger, as if each were a rule.
    pub(super) fn add_triggers(&mut self) {
        for (intent, action) in std::mem::take(&mut self.triggers) {
            if self.is_site_event(&intent) {
                *self.cut_events.entry(intent).or_default() += 1;
                continue;
            }
            let steps = vec![vec![StoryEvent::Intent(intent.clone(), Vec::new())], vec![StoryEvent::Action(action)]];
            self.stories.push(Story { file: "domain.yml".to_owned(), name: intent, steps, within: None });
        }
    }

    fn read_forms(&mut self, value: &Value, keys: &Keys) {
        for (name, value) in value.get("forms").and_then(Value::as_object).into_iter().flatten() {
            let order = keys.get("forms").and_then(|it| it.get(name));
            let required = value.get("required_slots");
            let order = match required {
                Some(_) => order.and_then(|it| it.get("required_slots")),
                None => order,
            };
            let mut form = Form::default();
            match required.unwrap_or(value) {
                Value::Array(names) => form.slots.extend(names.iter().filter_map(|it| it.as_str().map(str::to_owned))),
                // Rasa 2: a map of slots, each with its mappings.
                Value::Object(slots) => {
                    form.slots.extend(order.into_iter().flat_map(|it| &it.0).map(|it| it.0.clone()));
                    form.slots.retain(|it| slots.contains_key(it) && it != "ignored_intents");
                    let mappings = slots.iter().map(|(slot, it)| (slot.clone(), list(it)));
                    form.mappings.extend(mappings);
                }
                _ => {}
            }
            let others = value.as_object().into_iter().flatten().filter(|_| required.is_some());
            form.others.extend(others.map(|it| it.0.clone()).filter(|it| it != "required_slots"));
            self.forms.insert(name.clone(), form);
        }
    }

    fn read_examples(&mut self, value: &Value) {
        for entry in value.get("nlu").and_then(Value::as_array).into_iter().flatten() {
            let string = |key: &str| entry.get(key).and_then(Value::as_str);
            let lines = super::examples::lines(entry.get("examples").unwrap_or(&Value::Null));
            if let Some(intent) = string("intent") {
                let examples = lines.iter().map(|it| Example::parse(it)).filter(|it| !it.text.is_empty());
                self.examples.entry(intent.to_owned()).or_default().extend(examples);
            }
            if let Some(value) = string("synonym") {
                self.synonyms.extend(lines.iter().map(|it| (it.to_lowercase(), value.to_owned())));
            }
        }
    }

    /// Gives the examples the values that their words stand for, as synonyms do when all files are read.
    pub(super) fn apply_synonyms(&mut self) {
        for example in self.examples.values_mut().flatten() {
            example.apply_synonyms(&self.synonyms);
        }
    }

    /// The examples of an intent.
    pub(super) fn phrases(&self, intent: &str) -> Vec<String> {
        self.examples.get(intent).into_iter().flatten().map(|it| it.text.clone()).collect()
    }

    /// Whether a form says a response by itself, as the question for one of its slots.
    pub(super) fn asks_in_a_form(&self, response: &str) -> bool {
        let asked = ["utter_ask_", "action_ask_"].iter().find_map(|it| response.strip_prefix(it)).unwrap_or_default();
        self.forms.iter().any(|(form, it)| {
            let of_form = asked.strip_prefix(form.as_str()).and_then(|it| it.strip_prefix('_'));
            it.slots.iter().any(|slot| slot == asked || Some(slot.as_str()) == of_form)
        })
    }

    /// The file of the first story that begins with an action.
    pub(super) fn file_of_beginning(&self, action: &str) -> &str {
        let begins =
            |it: &&Story| it.steps.first().is_some_and(|it| it.contains(&StoryEvent::Action(action.to_owned())));
        self.stories.iter().find(begins).map(|it| it.file.as_str()).unwrap_or_default()
    }

    /// Whether an intent is an event that a site or a program sends, and nothing that customers type: it has the name of an
    /// event, or all of its examples hold addresses or are commands.
    pub(super) fn is_site_event(&self, intent: &str) -> bool {
        let examples = self.examples.get(intent).map(Vec::as_slice).unwrap_or_default();
        let is_sent = |it: &Example| it.text.starts_with('/') || it.text.contains("://");
        intent.starts_with("EXTERNAL_") || !examples.is_empty() && examples.iter().all(is_sent)
    }

    /// How a slot is filled: by the form that asks for it, else by the slot itself.
    pub(super) fn mappings(&self, form: &str, slot: &str) -> Vec<Value> {
        let of_form = self.forms.get(form).and_then(|it| it.mappings.get(slot)).cloned();
        let of_slot = || list(self.slots.get(slot).and_then(|it| it.get("mappings")).unwrap_or(&Value::Null));
        of_form.filter(|it| !it.is_empty()).unwrap_or_else(of_slot)
    }

    /// Whether Rasa compares the values of a slot, not only whether it has one.
    pub(super) fn compares(&self, slot: &str) -> bool {
        let slot = self.slots.get(slot).unwrap_or(&Value::Null);
        let kind = slot.get("type").and_then(Value::as_str).unwrap_or_default();
        let has_influence = slot.get("influence_conversation").and_then(Value::as_bool) != Some(false);
        has_influence && ["bool", "categorical"].contains(&kind)
    }

    /// The slots that an entity fills.
    pub(super) fn slots_of(&self, entity: &str) -> Vec<&str> {
        let fills = |it: &&String| {
            let mappings = self.mappings("", it);
            let by_mapping = mappings.iter().any(|it| it.get("entity").and_then(Value::as_str) == Some(entity));
            // Rasa 2 fills a slot with the entity of the same name.
            by_mapping || mappings.is_empty() && *it == entity
        };
        self.slots.keys().filter(fills).map(String::as_str).collect()
    }
}

/// A response of one text may be written without a list.
fn variations(response: &Value) -> Vec<Value> {
    let of_text = |it: &Value| match it {
        Value::String(text) => serde_json::json!({ "text": text }),
        it => it.clone(),
    };
    match response {
        Value::Array(list) => list.iter().map(of_text).collect(),
        Value::Null => Vec::new(),
        it => vec![of_text(it)],
    }
}

pub(super) fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.clone(),
        Value::Object(_) => vec![value.clone()],
        _ => Vec::new(),
    }
}

/// A name or a value may be a number or a boolean.
pub(super) fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
