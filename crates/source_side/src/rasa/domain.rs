//! Domain: responses, slots and forms.

use std::collections::BTreeMap;

use super::yaml::Node;

#[derive(Debug, Default)]
pub(super) struct Domain {
    pub(super) responses: BTreeMap<String, Vec<Variation>>,
    pub(super) slots: Vec<Slot>,
    pub(super) forms: Vec<Form>,
}

/// One of the ways to say a response.
#[derive(Debug)]
pub(super) struct Variation {
    pub(super) text: String,
    pub(super) image: Option<String>,
    /// Titles and payloads.
    pub(super) buttons: Vec<(String, String)>,
    channel: Option<String>,
    /// The values that slots must have.
    pub(super) condition: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) initial: Option<String>,
    /// Whether stories and rules look at it (`influence_conversation`).
    pub(super) has_influence: bool,
    pub(super) mappings: Vec<Mapping>,
}

/// How a slot is filled from a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    pub(super) kind: String,
    pub(super) entity: String,
    pub(super) value: String,
    pub(super) intents: Vec<String>,
    pub(super) not_intents: Vec<String>,
    /// The form that must be active, and the slot that must be asked for.
    pub(super) conditions: Vec<(Option<String>, Option<String>)>,
}

#[derive(Debug)]
pub(super) struct Form {
    pub(super) name: String,
    /// In the order in which they are asked. Rasa 2 has the mappings here.
    pub(super) slots: Vec<(String, Vec<Mapping>)>,
}

impl Domain {
    pub(super) fn add(&mut self, document: &Node) {
        for (name, variations) in document.get("responses").map(Node::pairs).unwrap_or_default() {
            let variations = variations.list().iter().map(Variation::read);
            self.responses.entry(name.clone()).or_default().extend(variations);
        }
        for (name, slot) in document.get("slots").map(Node::pairs).unwrap_or_default() {
            self.slots.push(Slot {
                name: name.clone(),
                kind: slot.text_of("type").unwrap_or("text").to_owned(),
                initial: slot.text_of("initial_value").map(str::to_owned),
                has_influence: slot.text_of("influence_conversation") != Some("false"),
                mappings: mappings(slot.get("mappings"), &[]),
            });
        }
        match document.get("forms") {
            Some(Node::Map(forms)) => self.forms.extend(forms.iter().map(|it| Form::read(&it.0, &it.1))),
            Some(Node::List(names)) => {
                self.forms.extend(names.iter().filter_map(Node::text).map(|it| Form::read(it, &Node::Null)));
            }
            _ => {}
        }
    }

    pub(super) fn form(&self, name: &str) -> Option<&Form> {
        self.forms.iter().find(|it| it.name == name)
    }

    pub(super) fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|it| it.name == name)
    }

    /// Whether the values of an entity count: it fills a slot of a few values.
    pub(super) fn compares(&self, entity: &str) -> bool {
        let fills = |it: &&Slot| {
            let by_mapping = it.mappings.iter().any(|it| it.entity == entity);
            by_mapping || it.mappings.is_empty() && it.name == entity
        };
        let has_values = |it: &Slot| it.has_influence && ["categorical", "bool"].contains(&it.kind.as_str());
        self.slots.iter().filter(fills).any(has_values)
    }

    /// The response that Rasa sends: those of the channel before the others, and those whose condition holds before
    /// those without one. Of several the first; Rasa takes any.
    pub(super) fn variation(&self, name: &str, value: impl Fn(&str) -> Option<String>) -> Option<&Variation> {
        let variations = self.responses.get(name)?;
        let holds = |it: &&Variation| {
            it.condition.iter().all(|(slot, wanted)| value(slot).unwrap_or_default().eq_ignore_ascii_case(wanted))
        };
        let rank = |it: &Variation| (it.channel.is_none(), it.condition.is_empty());
        let is_ours = |it: &&Variation| it.channel.as_deref().is_none_or(|it| it == "viber" || it == "sms");
        variations.iter().filter(is_ours).filter(holds).min_by_key(|it| rank(it))
    }
}

impl Variation {
    fn read(node: &Node) -> Self {
        let text = |key: &str| node.text_of(key).map(str::to_owned);
        let button = |it: &Node| {
            let title = it.text_of("title").unwrap_or_default();
            (title.to_owned(), it.text_of("payload").unwrap_or(title).to_owned())
        };
        let condition =
            |it: &Node| Some((it.text_of("name")?.to_owned(), it.text_of("value").unwrap_or_default().to_owned()));
        let list = |key: &str| node.get(key).map(Node::list).unwrap_or_default();
        Self {
            text: text("text").unwrap_or_default(),
            image: text("image"),
            buttons: list("buttons").iter().map(button).collect(),
            channel: text("channel"),
            condition: list("condition").iter().filter_map(condition).collect(),
        }
    }
}

impl Form {
    fn read(name: &str, node: &Node) -> Self {
        let ignored = node.get("ignored_intents").map(Node::texts).unwrap_or_default();
        let required = node.get("required_slots").unwrap_or(node);
        let slots = match required {
            Node::List(names) => names.iter().filter_map(Node::text).map(|it| (it.to_owned(), Vec::new())).collect(),
            Node::Map(slots) => {
                let slots = slots.iter().filter(|it| it.0 != "ignored_intents");
                slots.map(|(name, node)| (name.clone(), mappings(Some(node), &ignored))).collect()
            }
            _ => Vec::new(),
        };
        Self { name: name.to_owned(), slots }
    }
}

fn mappings(node: Option<&Node>, ignored: &[String]) -> Vec<Mapping> {
    node.map(Node::list).unwrap_or_default().iter().map(|it| Mapping::read(it, ignored)).collect()
}

impl Mapping {
    fn read(node: &Node, ignored: &[String]) -> Self {
        let text = |key: &str| node.text_of(key).unwrap_or_default().to_owned();
        let condition = |it: &Node| {
            let part = |key: &str| it.text_of(key).map(str::to_owned);
            (part("active_loop"), part("requested_slot"))
        };
        let mut not_intents = node.get("not_intent").map(Node::texts).unwrap_or_default();
        not_intents.extend(ignored.iter().cloned());
        Self {
            kind: text("type"),
            entity: text("entity"),
            value: text("value"),
            intents: node.get("intent").map(Node::texts).unwrap_or_default(),
            not_intents,
            conditions: node.get("conditions").map(Node::list).unwrap_or_default().iter().map(condition).collect(),
        }
    }

    /// A slot without a mapping is filled from the entity of its name.
    pub(super) fn from_entity(name: &str) -> Self {
        Self { kind: "from_entity".to_owned(), entity: name.to_owned(), ..Self::default() }
    }
}
