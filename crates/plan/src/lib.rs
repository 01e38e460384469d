//! The plan of a run: its sources, its rules and its targets.
//!
//! A plan is checked as far as possible without access to files, a database or a provider. Each section is required
//! only by the commands that need it: a plan without `[[source]]` can still translate and submit.

mod digest;
mod error;
mod profiles;
mod read;
mod schema;
mod secrets;
mod sections;
mod suppression_keys;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use extract::{Limits, Profile};
use model::{ContactId, MAX_BATCH};
use notify::Target;
use phone::{PhoneNumber, Region};

pub use crate::error::{PlanError, nearest};
pub use crate::schema::schema;
pub use crate::secrets::{
    FoundKey, KeyPlace, SecretError, contact_key, draw_uid, find_key, import_key, key_path, make_key, passing_key,
};
pub use crate::sections::basis::{BasisSection, DeclaredBasis, SendingBasis};
pub use crate::sections::business::{BusinessSection, OptOutSection};
pub use crate::sections::campaign::{
    ParameterPlace, ParameterSource, ParameterValue, PlanCampaign, PlanStep, Spend, StepCondition, StepContent,
};
pub use crate::sections::gates::GatesSection;
pub use crate::sections::merge::{ListConsent, MergeSection};
pub use crate::sections::replies::RepliesSection;
pub use crate::sections::report::{ReportLanguage, ReportSection};
pub use crate::sections::scenario::{FILES, RatesSection, ScenarioSection, TranslateSection};
use crate::sections::secret_of_environment;
pub use crate::sections::segment::PlanSegment;
pub use crate::sections::sending::{PlanSending, Risk, SendingGates, SendingMode};
pub use crate::sections::source::SourceSection;
pub use crate::sections::source_provider::ProviderSource;
pub use crate::sections::value_schemas::SCENARIO_KINDS;
pub use crate::sections::verify::VerifySection;
pub use crate::sections::webhook::{KEEP_DAYS, WebhookKind, WebhookProof, WebhookSection};
pub use crate::sections::whatsapp::WhatsappSection;
pub use crate::sections::wording::{PlanWording, WordingSection};
pub use crate::sections::{CleanSection, CrmSection, IdentitySection, LimitsSection, RunSection, SuppressionSection};
pub use crate::suppression_keys::{
    SuppressionSecretError, find_suppression_keys, rotate_suppression_keys, suppression_keys, suppression_keys_path,
};

/// A plan that was read and checked.
#[derive(Debug)]
pub struct Plan {
    /// The plan file, as an absolute path.
    pub path: PathBuf,
    text: String,
    pub run: Option<RunSection>,
    pub crm: CrmSection,
    pub sources: Vec<SourceSection>,
    /// Sources of this plan that hold scenarios and no contacts.
    pub scenario_sources: Vec<SourceSection>,
    /// Sets of scenarios that are translated.
    pub scenarios: Vec<ScenarioSection>,
    pub translate: TranslateSection,
    pub rates: Option<RatesSection>,
    pub clean: CleanSection,
    /// The rules for choosing among several values of a field.
    pub merge: MergeSection,
    pub identity: IdentitySection,
    pub suppression: SuppressionSection,
    pub verify: Option<VerifySection>,
    pub whatsapp: Option<WhatsappSection>,
    /// The addresses that platforms call.
    pub webhooks: Vec<WebhookSection>,
    /// When an answer to a person is late.
    pub replies: RepliesSection,
    /// The wording and the contact of the business.
    pub business: BusinessSection,
    pub gates: GatesSection,
    pub report: ReportSection,
    /// Segments by a condition.
    pub segments: Vec<PlanSegment>,
    /// How messages are sent; none if the plan has no `[sending]`.
    pub sending: Option<PlanSending>,
    /// Messages to the people of a segment, in the order of the plan.
    pub campaigns: Vec<PlanCampaign>,
    /// The grounds on which people are written to by SMS and Viber.
    pub bases: Vec<DeclaredBasis>,
    pub limits: LimitsSection,
    wording_sections: Vec<WordingSection>,
    /// Profiles that come with Ferry, and those of the plan.
    profiles: Vec<Profile>,
}

impl Plan {
    /// Returns the name of the run; an error if the plan has no `[run]`.
    pub fn name(&self) -> Result<&str, PlanError> {
        let run = self.run.as_ref();
        run.map(|it| it.name.get_ref().as_str())
            .ok_or_else(|| self.wrong(0, "the plan has no [run]: give it a name".into()))
    }

    /// Returns the address or the command that is told when a command ends.
    pub fn notify(&self) -> Result<Option<Target>, PlanError> {
        let Some(run) = &self.run else { return Ok(None) };
        let (key, at, text) = match (&run.notify, &run.notify_env) {
            (Some(target), None) => ("notify", target.span().start, target.get_ref().clone()),
            (None, Some(variable)) => {
                let what = "the address or the command to notify";
                (variable.get_ref().as_str(), variable.span().start, secret_of_environment(self, variable, what)?)
            }
            (Some(target), Some(_)) => {
                return Err(self.wrong(target.span().start, "[run] has notify and notify_env: give one".into()));
            }
            (None, None) => return Ok(None),
        };
        // The error does not repeat the text, which can be a secret.
        Target::parse(&text).map(Some).map_err(|error| self.wrong(at, format!("{key}: {error}")))
    }

    /// Returns all sources: those of contacts, then those of scenarios.
    pub fn all_sources(&self) -> impl Iterator<Item = &SourceSection> {
        self.sources.iter().chain(&self.scenario_sources)
    }

    /// Fails if the plan has neither a `[[source]]` nor a `[[scenario]]`.
    pub fn check_sources(&self) -> Result<(), PlanError> {
        match self.sources.is_empty() && self.scenarios.is_empty() {
            true => Err(self.wrong(0, "the plan has no [[source]]: name at least one export".into())),
            false => Ok(()),
        }
    }

    /// Returns the country of rows and numbers that do not name one.
    pub fn default_region(&self) -> Option<Region> {
        self.run.as_ref().and_then(|it| it.default_region)
    }

    /// Returns the numbers of the business itself.
    pub fn own_numbers(&self) -> Result<HashSet<PhoneNumber>, PlanError> {
        let mut numbers = HashSet::new();
        for source in &self.sources {
            for number in &source.own_numbers {
                numbers.extend(source.own_number(self, number)?);
            }
        }
        Ok(numbers)
    }

    /// Returns the ids of suppressed people, who must not be imported again.
    pub fn suppressed(&self) -> Result<HashSet<ContactId>, PlanError> {
        let Some(path) = &self.clean.suppression else { return Ok(HashSet::new()) };
        let path = self.folder().join(path);
        let text = match run::read_small_text(&path, run::MOST_LIST_BYTES) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
            read => read.map_err(|source| PlanError::ReadSuppression { path: path.clone(), source })?,
        };
        let lines = (1..).zip(text.lines()).filter(|it| !it.1.trim().is_empty() && !it.1.starts_with('#'));
        lines
            .map(|(line, text)| {
                let message = "a line is the 32 digits of a contact id: `ferry trace` shows it".to_owned();
                ContactId::from_hex(text.trim()).ok_or(PlanError::Wrong { path: path.clone(), line, message })
            })
            .collect()
    }

    /// Returns the folder to which relative paths of the plan refer.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// Returns the consent words: those that come with Ferry, and those of the plan.
    pub fn words(&self) -> consent::Words {
        self.clean.consent_words.words()
    }

    /// Returns the largest allowed number of contacts in a batch.
    pub fn batch_size(&self) -> usize {
        self.verify.as_ref().map_or(MAX_BATCH, VerifySection::batch)
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { unpacked_bytes: (self.limits.unpacked_gib * f64::from(1 << 30)) as u64, ratio: self.limits.ratio }
    }
}
