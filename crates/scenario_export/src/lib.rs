//! Scenarios as files that bot platforms import.
//!
//! A bot platform runs the conversation itself, so the WhatsApp side of a scenario is exported: the messages that Ferry
//! checked, with their short titles and pages, and references to the templates. [`export`] is the entry. It is pure: the
//! same scenarios give the same bytes. What the format of a platform cannot express is a finding with a rule of
//! [`RULES`].

mod rapidpro;
mod rules;

use model::Finding;
use scenario::Scenario;
use serde_json::Value;
use translate::Compiled;

pub use rules::RULES;

/// A format of a bot platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Flows of RapidPro and TextIt, specification 13.1, which later versions of both import too.
    RapidPro,
}

impl Platform {
    pub const ALL: [Self; 1] = [Self::RapidPro];

    /// The name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::RapidPro => "rapidpro",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A file for a bot platform, and what it leaves out.
#[derive(Clone, Debug)]
pub struct Exported {
    pub file: Value,
    /// One for each scenario, in their order.
    pub flows: Vec<ExportedFlow>,
    /// The fields of a contact that the business must fill before a flow starts, with the slots that they are for.
    pub fields: Vec<(String, String)>,
    /// The templates that the flows send, as names. The platform takes them over from the WhatsApp account.
    pub templates: Vec<String>,
}

/// What became of one scenario.
#[derive(Clone, Debug)]
pub struct ExportedFlow {
    pub scenario: String,
    pub language: String,
    /// The name of the flow on the platform.
    pub name: String,
    pub n_steps: usize,
    pub n_nodes: usize,
    /// Losses. The place is the id of the step, or empty if it is the whole scenario.
    pub findings: Vec<Finding>,
}

/// Writes scenarios as a file of the platform.
pub fn export(platform: Platform, scenarios: &[(&Scenario, &Compiled)]) -> Exported {
    match platform {
        Platform::RapidPro => rapidpro::export(scenarios),
    }
}
