//! What the page is about, as the caller hands it in.

use std::borrow::Cow;

use jiff::Timestamp;
use model::Finding;
use scenario::Scenario;
use template::Template;
use translate::{Compiled, Flow};

/// The scenarios of a plan, to be decided about.
pub struct Review<'a> {
    /// The name of the plan.
    pub name: &'a str,
    pub run_id: &'a str,
    pub made_at: Timestamp,
    /// The program and its version, such as `ferry 0.2.0`.
    pub made_by: &'a str,
    pub scenarios: Vec<Reviewed<'a>>,
}

/// A scenario with both sides and what people made of its texts.
///
/// The languages of a scenario are scenarios of their own.
pub struct Reviewed<'a> {
    /// With the criticality of the plan.
    pub scenario: &'a Scenario,
    pub flow: &'a Flow,
    /// The templates that the flow sends. The findings with places below `/templates/N` are about the one at index N.
    pub templates: Vec<ReviewedTemplate<'a>>,
    /// The session messages that somebody has edited or decided on. The others are as the flow has them, undecided.
    pub messages: Vec<ReviewedMessage<'a>>,
    /// Of the translation, with places as in [`Compiled::findings`]. Findings about a text that was edited should be
    /// those of the edited text.
    pub findings: Cow<'a, [Finding]>,
    /// Who answers for the scenario; empty if nobody does.
    pub owner: &'a str,
    /// The section of the plan that names its file; empty if there is none.
    pub section: &'a str,
}

/// A template and what was decided about it.
pub struct ReviewedTemplate<'a> {
    /// The one that would be submitted.
    pub current: Cow<'a, Template>,
    /// Who wrote the current text, if a person did.
    pub edit: Option<By<'a>>,
    /// What the source says now, if it has changed after the edit.
    pub proposed: Option<Cow<'a, Template>>,
    pub decision: Decision<'a>,
    /// A comment of the reviewer; empty if there is none.
    pub comment: &'a str,
}

/// A session message that somebody has edited or decided on.
pub struct ReviewedMessage<'a> {
    /// The id of the step in the flow.
    pub step: &'a str,
    /// The index of the message among those that the step sends.
    pub part: usize,
    /// The text that is sent now.
    pub text: &'a str,
    pub edit: Option<By<'a>>,
    /// What the source says now, if it has changed after the edit.
    pub proposed: Option<&'a str>,
    pub decision: Decision<'a>,
    pub comment: &'a str,
}

/// A person, and when they did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By<'a> {
    pub who: &'a str,
    /// None if it was not recorded.
    pub when: Option<Timestamp>,
}

/// The decision about the current text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision<'a> {
    Approved(By<'a>),
    Rejected(By<'a>),
    #[default]
    Undecided,
}

impl<'a> Reviewed<'a> {
    /// A scenario as it was translated, which nobody has edited or decided on.
    pub fn undecided(scenario: &'a Scenario, compiled: &'a Compiled) -> Self {
        Self {
            scenario,
            flow: &compiled.flow,
            templates: compiled.templates.iter().map(ReviewedTemplate::undecided).collect(),
            messages: Vec::new(),
            findings: Cow::Borrowed(&compiled.findings),
            owner: "",
            section: "",
        }
    }
}

impl<'a> ReviewedTemplate<'a> {
    /// A template that nobody has edited or decided on.
    pub fn undecided(template: &'a Template) -> Self {
        Self {
            current: Cow::Borrowed(template),
            edit: None,
            proposed: None,
            decision: Decision::Undecided,
            comment: "",
        }
    }
}
