//! Brings templates to a WhatsApp account, and follows what becomes of them.
//!
//! Everything here has an effect outside, so everything keeps a journal in the database: an order is written before it
//! is sent, and its outcome after the answer. Nothing prints, knows the command line or returns words for people:
//! results are values.

mod document;
mod kept;
mod line_index;
pub mod sending;
mod templates;

pub use crate::document::{Document, DocumentFinding, read_documents};
pub use crate::kept::compared::{ComparedTemplate, ComparedTemplates, Comparison, compare_templates};
pub use crate::kept::costs::{
    COST_CATEGORIES, CategoryTemplates, CategoryTotal, Cost, CostPeople, CountryCosts, TemplateCosts, template_costs,
};
pub use crate::kept::versions::{ComparedVersions, compare_all_versions, compare_versions};
pub use crate::kept::wanted::{KeptWanted, LeftOut, LeftOutReason};
pub use crate::kept::{is_meant, template_of};
pub use crate::line_index::Excerpt;
pub use crate::templates::account::{ProviderWait, TemplateAccount, TemplateKey};
pub use crate::templates::limits::{EXPECTED_APPROVAL_HOURS, MAX_SUBMISSIONS_PER_HOUR};
pub use crate::templates::order::{TemplateOutcome, Wait};
pub use crate::templates::sample::Sample;
pub use crate::templates::schedule::{PlannedUpload, SubmissionSchedule, Wave};
pub use crate::templates::submit::{SubmitEvent, SubmitReport, SubmittedTemplate};
pub use crate::templates::sync::{SyncReport, TemplateAlert, TemplateChange, TemplateState};
pub use crate::templates::upload::{HANDLE_HOURS, UploadPart, UploadState};
pub use crate::templates::wanted::{WantedTemplate, sample_to_send};
