//! What loading a section changed, by name.

use std::ops::AddAssign;

/// What became of a text when its source was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    New,
    /// The source changed, and the current text with it. Its decision no longer holds.
    Changed,
    /// The source changed beside an edit, which stays current: a person decides.
    Proposed,
    /// The source changed and proposes nothing: it says what the edit says, or again what the edit was made from.
    Agreed,
    Unchanged,
    /// The section had it until now. What people wrote and decided stays.
    Missing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChange {
    pub name: String,
    pub language: String,
    pub change: Change,
}

/// Names a message for good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageName {
    pub scenario: String,
    pub language: String,
    pub step_id: String,
    pub part: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageChange {
    pub message: MessageName,
    pub change: Change,
}

/// A template or a scenario that was in another section before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedFrom {
    pub name: String,
    pub language: String,
    /// The other section.
    pub section: String,
}

/// What loading sections changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScenarioChanges {
    /// All templates of the sections, and those that are newly missing; of each section by name and language.
    pub templates: Vec<TemplateChange>,
    /// All messages with a text, and those that are newly missing; of each section by scenario, language and step.
    pub messages: Vec<MessageChange>,
    /// Scenarios that are newly missing, as id and language.
    pub missing_scenarios: Vec<(String, String)>,
    /// Edited messages whose step is gone, or sends no text any more. If the step comes back with a text, an edit whose row
    /// stayed is current again; all edits are in the table `review`.
    pub edits_without_place: Vec<MessageName>,
    /// Versions of templates that somebody changed in the database by hand, as name, language and version. The new text is
    /// an edit now.
    pub templates_by_hand: Vec<(String, String, u32)>,
    /// The same of messages.
    pub messages_by_hand: Vec<MessageName>,
    pub moved_templates: Vec<MovedFrom>,
    pub moved_scenarios: Vec<MovedFrom>,
}

impl ScenarioChanges {
    /// How many templates changed this way.
    pub fn n_templates(&self, change: Change) -> u64 {
        self.templates.iter().filter(|it| it.change == change).count() as u64
    }

    /// How many messages changed this way.
    pub fn n_messages(&self, change: Change) -> u64 {
        self.messages.iter().filter(|it| it.change == change).count() as u64
    }

    /// Name and language of the templates that changed this way.
    pub fn templates_of(&self, change: Change) -> impl Iterator<Item = (&str, &str)> {
        self.templates.iter().filter(move |it| it.change == change).map(|it| (it.name.as_str(), it.language.as_str()))
    }
}

impl AddAssign for ScenarioChanges {
    fn add_assign(&mut self, other: Self) {
        self.templates.extend(other.templates);
        self.messages.extend(other.messages);
        self.missing_scenarios.extend(other.missing_scenarios);
        self.edits_without_place.extend(other.edits_without_place);
        self.templates_by_hand.extend(other.templates_by_hand);
        self.messages_by_hand.extend(other.messages_by_hand);
        self.moved_templates.extend(other.moved_templates);
        self.moved_scenarios.extend(other.moved_scenarios);
    }
}
