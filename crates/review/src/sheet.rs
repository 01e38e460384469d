//! The review sheet: from the database into a workbook or CSV, and back.
//!
//! [`sheet`] makes the sheet of what the database keeps. [`read_sheet`] reads it back, checks every edit with the rules of
//! WhatsApp and against the flows, and gives a [`Draft`], which [`take()`] writes into the database.

mod button_cells;
mod context;
mod draft;
mod example_lines;
mod findings;
mod message_edit;
mod names;
mod rows;
mod summary;
mod take;
mod template_cells;
mod template_edit;
mod variables;

#[cfg(test)]
mod tests;

pub use draft::{Draft, RowNote, read_sheet};
pub use review_sheet::{SheetError, SheetForm};
pub use summary::{summary, written};
pub use take::{SheetReport, take};

use crm::{Crm, KeptFinding, KeptMessage, KeptScenario, KeptTemplate, LoadError};
use plan::Plan;

/// What people decide about, as the database keeps it.
#[derive(Clone, Debug, Default)]
pub struct KeptTexts {
    /// The names of the `[[scenario]]` sections whose texts are reviewed.
    pub sections: Vec<String>,
    /// All scenarios, templates, messages and findings of the database.
    pub scenarios: Vec<KeptScenario>,
    pub templates: Vec<KeptTemplate>,
    pub messages: Vec<KeptMessage>,
    pub findings: Vec<KeptFinding>,
}

impl KeptTexts {
    /// Reads what the database keeps, for a review of the sections of the plan.
    pub async fn read(plan: &Plan, crm: &Crm) -> Result<Self, LoadError> {
        Ok(Self {
            sections: plan.scenarios.iter().map(|it| it.name().to_owned()).collect(),
            scenarios: crm.kept_scenarios().await?,
            templates: crm.kept_templates().await?,
            messages: crm.kept_messages().await?,
            findings: crm.kept_findings().await?,
        })
    }

    /// How many rows a sheet has.
    pub fn n_rows(&self) -> usize {
        rows::subjects(self).len()
    }
}

/// Makes the sheet: a row for each template, and for each message within the 24-hour window.
pub fn sheet(kept: &KeptTexts, form: SheetForm) -> Result<Vec<u8>, SheetError> {
    review_sheet::write(&rows::rows(kept), form)
}
