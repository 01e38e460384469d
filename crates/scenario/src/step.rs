//! The steps of a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Card, CodeNotice, Condition, Find, Location, Media, Product, Text};

/// The id that ends a scenario in place of a step.
pub const END: &str = "end";

/// A step of a scenario. `next` and similar fields hold the id of another step; without an id the scenario ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Unique in its scenario.
    pub id: String,
    #[serde(flatten)]
    pub act: Act,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "most steps are messages")]
pub enum Act {
    Message(Message),
    Question(Question),
    Listen(Listen),
    Condition(Condition),
    Find(Find),
    /// Saves a value in a slot.
    Set {
        slot: String,
        value: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Goal,
    },
    Call(Call),
    /// Waits for a time.
    Wait {
        seconds: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Goal,
    },
    Handover(Handover),
}

/// The id of the step that comes next; none, or `end`, ends the scenario.
pub type Goal = Option<String>;

/// Sends a message. If it has replies as choices, the step waits for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    pub text: Text,
    /// A line above the text.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub header: Text,
    /// A small line below the text.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub footer: Text,
    /// How a one-time code is sent, if the message is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeNotice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Cards that customers scroll, below the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// The button that opens the choices, where WhatsApp shows them as a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_button: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    /// Media that are sent right after the message, before its answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Media>,
    /// The slot that the answer is saved in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The next step. If the message waits for an answer: the step after any answer that is not one of the choices, and
    /// after choices without a `next` of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Timeout>,
}

/// A button or a row that the customer can tap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Choice {
    /// An answer.
    Reply {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What the source receives when it is tapped, if not the title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Goal,
    },
    /// Opens a web page; the address may end with a slot.
    Link { title: String, url: Text },
    /// Calls a phone of the business.
    Phone { title: String, number: String },
    /// The customer sends where they are.
    ShareLocation {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Goal,
    },
    /// The customer sends their phone number.
    SharePhone {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Goal,
    },
    /// A code to copy.
    CopyCode { title: String, code: Text },
    /// Opens a form that WhatsApp shows (a Flow of the WhatsApp Business account).
    Form {
        title: String,
        /// The id of the Flow.
        flow: String,
        /// The first screen; none if the Flow's own endpoint decides it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        screen: Option<String>,
    },
}

impl Choice {
    pub fn title(&self) -> &str {
        match self {
            Self::Reply { title, .. }
            | Self::Link { title, .. }
            | Self::Phone { title, .. }
            | Self::ShareLocation { title, .. }
            | Self::SharePhone { title, .. }
            | Self::CopyCode { title, .. }
            | Self::Form { title, .. } => title,
        }
    }

    pub fn title_mut(&mut self) -> &mut String {
        match self {
            Self::Reply { title, .. }
            | Self::Link { title, .. }
            | Self::Phone { title, .. }
            | Self::ShareLocation { title, .. }
            | Self::SharePhone { title, .. }
            | Self::CopyCode { title, .. }
            | Self::Form { title, .. } => title,
        }
    }

    /// The next step, if the choice is an answer.
    pub fn next(&self) -> Option<&Goal> {
        match self {
            Self::Reply { next, .. } | Self::ShareLocation { next, .. } | Self::SharePhone { next, .. } => Some(next),
            Self::Link { .. } | Self::Phone { .. } | Self::CopyCode { .. } | Self::Form { .. } => None,
        }
    }

    fn next_mut(&mut self) -> Option<&mut Goal> {
        match self {
            Self::Reply { next, .. } | Self::ShareLocation { next, .. } | Self::SharePhone { next, .. } => Some(next),
            Self::Link { .. } | Self::Phone { .. } | Self::CopyCode { .. } | Self::Form { .. } => None,
        }
    }

    /// A reply that leads to `next`.
    pub fn reply(title: &str, next: Goal) -> Self {
        Self::Reply { title: title.to_owned(), description: None, value: None, next }
    }
}

/// What happens if no answer comes in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeout {
    pub seconds: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
}

/// Asks for something that the customer types or sends, and saves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    pub text: Text,
    /// The slot that the answer is saved in.
    pub slot: String,
    #[serde(default)]
    pub accepts: Accepts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Timeout>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accepts {
    #[default]
    Text,
    Location,
    Phone,
    Media,
}

/// Waits for a message of the customer and says nothing: the step before it asked already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listen {
    /// The slot that the message is saved in.
    pub slot: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Timeout>,
}

/// Calls another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// What is asked, such as `GET https://…` or the name of a function.
    pub system: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Goal,
}

/// Hands the customer over to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handover {
    pub via: Via,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub text: Text,
    /// Such as a phone number, an address or a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Goal,
}

/// How a person is reached. WhatsApp does not accept the last three as an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Agent,
    Phone,
    Email,
    WebForm,
    Store,
    SocialMedia,
    HelpPage,
    App,
}

impl Via {
    pub fn is_accepted(self) -> bool {
        !matches!(self, Self::SocialMedia | Self::HelpPage | Self::App)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Phone => "phone",
            Self::Email => "e-mail",
            Self::WebForm => "web form",
            Self::Store => "store",
            Self::SocialMedia => "social media",
            Self::HelpPage => "help page",
            Self::App => "app",
        }
    }
}

impl Act {
    /// The routes out of this step, each with its label, always in the same order. Two routes may lead to the same
    /// step.
    pub fn routes(&self) -> Vec<(String, &Goal)> {
        let mut routes = Vec::new();
        match self {
            Self::Message(it) => {
                let choices = it.all_choices().filter_map(|(card, choice)| {
                    let next = choice.next()?;
                    let title = card.map_or_else(|| choice.title().to_owned(), |it| it.answer(choice.title()));
                    Some((title, if next.is_some() { next } else { &it.next }))
                });
                routes.extend(choices);
                let last = if routes.is_empty() { "" } else { "anything else" };
                routes.push((last.to_owned(), &it.next));
                routes.extend(it.timeout.iter().map(|it| ("no answer".to_owned(), &it.next)));
            }
            Self::Question(it) => {
                routes.push((String::new(), &it.next));
                routes.extend(it.timeout.iter().map(|it| ("no answer".to_owned(), &it.next)));
            }
            Self::Listen(it) => {
                routes.push((String::new(), &it.next));
                routes.extend(it.timeout.iter().map(|it| ("no answer".to_owned(), &it.next)));
            }
            Self::Find(it) => routes.push((String::new(), &it.next)),
            Self::Condition(it) => {
                routes.extend(it.branches.iter().map(|it| (format!("{} {}", it.slot, it.words()), &it.next)));
                routes.push(("otherwise".to_owned(), &it.otherwise));
            }
            Self::Set { next, .. } | Self::Wait { next, .. } => routes.push((String::new(), next)),
            Self::Call(it) => {
                routes.push(("done".to_owned(), &it.next));
                routes.push(("failed".to_owned(), &it.on_failure));
            }
            Self::Handover(it) => routes.push((String::new(), &it.next)),
        }
        routes
    }

    /// The next step of a step with one way out; none of a decision and of a call.
    pub fn next_mut(&mut self) -> Option<&mut Goal> {
        match self {
            Self::Message(it) => Some(&mut it.next),
            Self::Question(it) => Some(&mut it.next),
            Self::Listen(it) => Some(&mut it.next),
            Self::Find(it) => Some(&mut it.next),
            Self::Handover(it) => Some(&mut it.next),
            Self::Set { next, .. } | Self::Wait { next, .. } => Some(next),
            Self::Call(_) | Self::Condition(_) => None,
        }
    }

    /// Every goal of the step, to be changed. A choice without a goal of its own has none here.
    pub fn goals_mut(&mut self) -> Vec<&mut Goal> {
        fn at_timeout(timeout: &mut Option<Timeout>) -> Option<&mut Goal> {
            timeout.as_mut().map(|it| &mut it.next)
        }
        match self {
            Self::Message(it) => {
                let of_cards = it.cards.iter_mut().flat_map(|it| &mut it.choices);
                let choices = it.choices.iter_mut().chain(of_cards).filter_map(Choice::next_mut);
                choices.chain([&mut it.next]).chain(at_timeout(&mut it.timeout)).collect()
            }
            Self::Question(it) => [&mut it.next].into_iter().chain(at_timeout(&mut it.timeout)).collect(),
            Self::Listen(it) => [&mut it.next].into_iter().chain(at_timeout(&mut it.timeout)).collect(),
            Self::Condition(it) => it.branches.iter_mut().map(|it| &mut it.next).chain([&mut it.otherwise]).collect(),
            Self::Call(it) => vec![&mut it.next, &mut it.on_failure],
            Self::Find(it) => vec![&mut it.next],
            Self::Set { next, .. } | Self::Wait { next, .. } => vec![next],
            Self::Handover(it) => vec![&mut it.next],
        }
    }

    /// Every text of the step that a customer reads, to be changed. Titles of buttons are none.
    pub fn texts_mut(&mut self) -> Vec<&mut Text> {
        match self {
            Self::Message(it) => {
                let of_cards = it.cards.iter_mut().flat_map(|it| [&mut it.title, &mut it.text]);
                [&mut it.text, &mut it.header, &mut it.footer].into_iter().chain(of_cards).collect()
            }
            Self::Question(it) => vec![&mut it.text],
            Self::Handover(it) => vec![&mut it.text],
            Self::Set { value, .. } => vec![value],
            Self::Listen(_) | Self::Condition(_) | Self::Find(_) | Self::Call(_) | Self::Wait { .. } => Vec::new(),
        }
    }

    /// Whether the step waits for the customer.
    pub fn waits(&self) -> bool {
        match self {
            Self::Message(it) => it.waits(),
            Self::Question(_) | Self::Listen(_) => true,
            _ => false,
        }
    }

    /// What the customer reads.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Message(it) => Some(&it.text),
            Self::Question(it) => Some(&it.text),
            Self::Handover(it) if !it.text.is_empty() => Some(&it.text),
            _ => None,
        }
    }
}

impl Message {
    pub fn waits(&self) -> bool {
        self.all_choices().any(|it| it.1.next().is_some())
    }
}
