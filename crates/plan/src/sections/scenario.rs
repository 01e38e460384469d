//! `[[scenario]]`: files with scenarios, and how they are read. `[translate]`: how they are written for WhatsApp.

use std::path::{Path, PathBuf};

use scenario::Criticality;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::sections::value_schemas::{self, SCENARIO_KINDS};
use crate::{Plan, PlanError, SourceSection};

/// The folder, beside its pages, with the files of a source that holds scenarios.
pub const FILES: &str = "files";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSection {
    /// The name of the set of scenarios in reports and in the database: small letters, digits and hyphens, a letter or
    /// digit first.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    pub name: Spanned<String>,
    /// A file, or a folder whose files are one set. Relative to the plan.
    path: Option<PathBuf>,
    /// The [[source]] of this plan whose provider the scenarios are read from, instead of `path`: one with a stream of
    /// scenarios, such as `studio` of `twilio`.
    #[schemars(with = "Option<String>")]
    source: Option<Spanned<String>>,
    /// The format of the files. Default: detected.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::scenario_kind")]
    kind: Option<Spanned<String>>,
    /// The language of texts that are too short to recognise, or the region of their language, such as `pt_PT`.
    /// Default: `language` of `[business]`.
    #[schemars(with = "Option<String>")]
    pub language: Option<Spanned<String>>,
    /// How important the scenarios are. Templates of less critical scenarios are submitted first. Default: as the file
    /// says, else `normal`.
    pub criticality: Option<Criticality>,
    /// Who decides about the texts: a person or a team. It is shown on the review page and in the review sheet.
    pub owner: Option<String>,
    /// How many messages of a log a template must have. Default: 3.
    pub min_messages: Option<u64>,
    /// The column of a list or a log that holds the texts: its name or its number. Default: detected.
    pub text_column: Option<String>,
    /// The column of a list with the names of templates.
    pub name_column: Option<String>,
    /// The column of a list with the languages of the texts.
    pub language_column: Option<String>,
}

impl ScenarioSection {
    /// Returns the file or folder of the set, as an absolute path.
    pub fn path(&self, plan: &Plan) -> PathBuf {
        let of_source = || plan.scenario_sources.iter().find(|it| Some(it.name.get_ref().as_str()) == self.source());
        match (&self.path, of_source().and_then(SourceSection::of_provider)) {
            (None, Some(of)) => of.folder(plan).join(FILES),
            (path, _) => plan.folder().join(path.as_deref().unwrap_or(Path::new(""))),
        }
    }

    /// Returns the name of the source from which the scenarios are read.
    pub fn source(&self) -> Option<&str> {
        self.source.as_ref().map(|it| it.get_ref().as_str())
    }

    /// The format, if the plan names one.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_ref().map(|it| it.get_ref().as_str())
    }

    pub fn name(&self) -> &str {
        self.name.get_ref()
    }

    fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        plan.check_name("a set of scenarios", &self.name)?;
        let (name, at) = (self.name.get_ref(), self.name.span().start);
        match (&self.path, &self.source) {
            (None, None) => return Err(plan.wrong(at, format!("set of scenarios \"{name}\": missing field `path`"))),
            (Some(_), Some(_)) => {
                return Err(plan.wrong(at, format!("set of scenarios \"{name}\" has path and source: give one")));
            }
            (None, Some(source)) if !plan.scenario_sources.iter().any(|it| it.name.get_ref() == source.get_ref()) => {
                let message = format!(
                    "the plan has no [[source]] \"{}\" with a stream of scenarios, such as studio of twilio",
                    source.get_ref()
                );
                return Err(plan.wrong(source.span().start, message));
            }
            _ => {}
        }
        match &self.kind {
            Some(kind) if !SCENARIO_KINDS.contains(&kind.get_ref().as_str()) => {
                let message = format!("kind is one of {}", SCENARIO_KINDS.join(", "));
                Err(plan.wrong(kind.span().start, message))
            }
            _ => Ok(()),
        }
    }
}

/// How scenarios are written for WhatsApp.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TranslateSection {
    /// Whether the variables of templates are written as `{{name}}` instead of `{{1}}`.
    pub named: bool,
    /// The id of the catalogue that products are in.
    pub catalog: String,
}

/// Prices of messages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatesSection {
    /// Your rate card: a CSV file in the form in which Meta publishes its rates, or with the columns `market`, `currency`,
    /// `category`, `rate` and `effective_from`. Relative to the plan. Ferry comes without prices.
    pub path: PathBuf,
    /// The currency of the amounts, by its three letters, such as `EUR`. It is needed if the card has several.
    pub currency: Option<String>,
}

impl Plan {
    pub(crate) fn check_scenarios(&self) -> Result<(), PlanError> {
        for (n, section) in self.scenarios.iter().enumerate() {
            section.check(self)?;
            if self.scenarios[..n].iter().any(|it| it.name() == section.name()) {
                let message = format!("two sets of scenarios are named \"{}\"", section.name());
                return Err(self.wrong(section.name.span().start, message));
            }
        }
        Ok(())
    }
}
