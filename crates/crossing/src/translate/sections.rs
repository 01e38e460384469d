//! The `[[scenario]]` sections of a plan with the content of their files.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use model::{Digest, DigestInput};
use plan::{Plan, ScenarioSection};
use scenario::Criticality;
use scenario_import::{File, import};
use template::language_code;
use translation::{Edits, Set, compile_options, compile_sets, read_files, read_options, with_digests};

use crate::open_run::TOOL;

/// The sections of a plan, as they were read.
pub(crate) struct Sections {
    sections: Vec<Section>,
    /// The scenarios and what they became, once they are needed.
    compiled: OnceLock<Vec<Set>>,
}

/// A section and its files.
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) files: Vec<translation::SourceFile>,
    input: DigestInput,
}

impl Sections {
    /// Reads the files of all sections.
    pub(crate) fn read(plan: &Plan) -> Result<Self> {
        let sections = plan.scenarios.iter().map(|it| Section::read(plan, it)).collect::<Result<_>>()?;
        Ok(Self { sections, compiled: OnceLock::new() })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter()
    }

    /// The number of each section, from 1, with the digest of what its rows in the database depend on. Scenarios of one
    /// section can refuse those of another, so each depends on all.
    pub(crate) fn numbers(&self, plan: &Plan) -> impl Iterator<Item = (u32, Digest)> {
        let all = self.input(plan);
        (1..).zip(&self.sections).map(move |(number, it)| {
            let input = DigestInput::new("translate.set", 1).nested("section", &it.input).nested("all", &all);
            (number, input.digest())
        })
    }

    /// The digest of what the files of the stage depend on. Version 1.
    pub(crate) fn inputs(&self, plan: &Plan, edits: &Edits) -> Digest {
        let templates = edits.templates.iter().map(|((name, language), template)| {
            format!("{name} {language} {}", serde_json::to_string(template).unwrap_or_default())
        });
        let messages = edits
            .messages
            .iter()
            .map(|(key, text)| format!("{} {} {} {} {text}", key.scenario, key.language, key.step, key.part));
        self.input(plan).field("catalog", &plan.translate.catalog).list("edits", templates.chain(messages)).digest()
    }

    fn input(&self, plan: &Plan) -> DigestInput {
        let business = &plan.business;
        let opt_out = business.opt_out.iter().map(|(language, it)| format!("{language} {} {}", it.button(), it.line()));
        let input = DigestInput::new("translate", 1)
            .field("tool", TOOL)
            .field("named", plan.translate.named)
            .optional("business.name", business.name.as_ref())
            .optional("business.footer", business.footer())
            .optional("business.contact", business.contact.as_ref())
            .list("business.opt_out", opt_out);
        self.sections.iter().fold(input, |input, it| input.nested("section", &it.input))
    }

    /// The scenarios of all sections and what they became, without edits. They are read and compiled once.
    pub(crate) fn compiled(&self, plan: &Plan) -> Result<&[Set]> {
        if let Some(sets) = self.compiled.get() {
            return Ok(sets);
        }
        let sections = self.sections.iter().zip(&plan.scenarios);
        let mut sets: Vec<Set> = sections.map(|(it, section)| it.import(plan, section)).collect::<Result<_>>()?;
        compile_sets(&mut sets, &compile_options(Some(plan)));
        Ok(self.compiled.get_or_init(|| sets))
    }
}

impl Section {
    fn read(plan: &Plan, section: &ScenarioSection) -> Result<Self> {
        let path = path_of(plan, section);
        let content = content(plan, section)?;
        if content.is_empty() {
            bail!("the folder {} of the scenarios \"{}\" has no files", path.display(), section.name());
        }
        if let Some(language) = section.language.as_ref().filter(|it| language_code(it.get_ref()).is_none()) {
            let message =
                format!("WhatsApp supports no language \"{}\": write a code such as en or pt_BR", language.get_ref());
            return Err(plan.wrong(language.span().start, message).into());
        }
        let files = with_digests(&content);
        let options = read_options(section, &plan.business);
        let input = DigestInput::new("translate.section", 1)
            .field("name", section.name())
            .optional("kind", section.kind())
            .optional("language", options.language.as_ref())
            .optional("criticality", section.criticality.map(Criticality::name))
            .optional("owner", section.owner.as_ref())
            .field("min_messages", options.min_messages)
            .optional("text_column", options.text_column.as_ref())
            .optional("name_column", options.name_column.as_ref())
            .optional("language_column", options.language_column.as_ref());
        let input = files.iter().fold(input, |input, it| input.field("file", &it.path).field("sha256", it.sha256));
        let (name, owner) = (section.name().to_owned(), section.owner.clone().unwrap_or_default());
        Ok(Self { name, owner, files, input })
    }

    fn import(&self, plan: &Plan, section: &ScenarioSection) -> Result<Set> {
        let content = content(plan, section)?;
        if with_digests(&content) != self.files {
            bail!("the files of the scenarios \"{}\" changed while they were read: run again", self.name);
        }
        let imported = import(content, &read_options(section, &plan.business))
            .with_context(|| format!("could not read the scenarios \"{}\"", self.name))?;
        let mut set = Set::new(&self.name, &self.owner, imported);
        if let Some(criticality) = section.criticality {
            set.scenarios.iter_mut().for_each(|it| it.criticality = criticality);
        }
        Ok(set)
    }
}

/// The files of a section. They are not kept in memory: a log can be large, and is needed only when it is translated.
fn content(plan: &Plan, section: &ScenarioSection) -> Result<Vec<File>> {
    read_files(&[path_of(plan, section)])
        .with_context(|| format!("could not read the scenarios \"{}\"", section.name()))
}

fn path_of(plan: &Plan, section: &ScenarioSection) -> PathBuf {
    section.path(plan)
}

/// Reads a section alone. Gives the number of its files, and its scenarios, which are not compiled.
pub(crate) fn read_section(plan: &Plan, section: &ScenarioSection) -> Result<(usize, Set)> {
    let read = Section::read(plan, section)?;
    Ok((read.files.len(), read.import(plan, section)?))
}
