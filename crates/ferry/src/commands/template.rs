//! `ferry template`: checks, shows, submits and follows templates.

mod costs;
mod diff;
mod lint;
mod show;
mod status;
mod submit;
mod sync;

use anyhow::{Result, bail};
use model::Rule;
use results::{RuleEntry, RulesResult};
use scenario::LOSSES;

use crate::cli::template::TemplateCommand;
use crate::exit::Exit;
use crate::output::Output;
use crossing::Progress;

pub(crate) async fn run(command: &TemplateCommand, progress: Progress, output: Output) -> Result<Exit> {
    match command {
        TemplateCommand::Lint(args) => lint::lint(args, output),
        TemplateCommand::Show(args) => show::show(args, output).await,
        TemplateCommand::Diff(args) => diff::diff(args, output).await,
        TemplateCommand::Costs(args) => costs::costs(args, output).await,
        TemplateCommand::Submit(args) => submit::submit(args, &progress, output).await,
        TemplateCommand::Status(args) => status::status(args, &progress, output).await,
        TemplateCommand::Sync(args) => sync::sync(args, &progress, output).await,
        TemplateCommand::Rules { rule } => rules(rule.as_deref(), output),
    }
}

/// Every rule: for templates, messages and scenarios, the notes of the compiler, and the losses of imports and exports.
fn all_rules() -> impl Iterator<Item = &'static Rule> {
    let rules = template::RULES.iter().chain(translate::RULES).copied().chain(&LOSSES);
    rules.chain(scenario_export::RULES.iter().copied())
}

fn rules(name: Option<&str>, output: Output) -> Result<Exit> {
    let is_meant = |it: &&Rule| name.is_none_or(|name| it.code.eq_ignore_ascii_case(name) || it.name == name);
    let rules: Vec<&Rule> = all_rules().filter(is_meant).collect();
    if rules.is_empty() {
        bail!("there is no rule {}: `ferry template rules` lists them", name.unwrap_or_default());
    }
    let entry = |it: &&'static Rule| RuleEntry {
        code: it.code,
        name: it.name,
        severity: it.severity.name(),
        about: it.about,
        source: it.source,
    };
    output.print(&RulesResult { rules: rules.iter().map(entry).collect() }, || {
        let line = |it: &&Rule| {
            format!(
                "{} {:22} {:7} {}\n{:36}source: {}\n",
                it.code,
                it.name,
                it.severity.name(),
                it.about,
                "",
                it.source
            )
        };
        rules.iter().map(line).collect::<String>()
    })?;
    Ok(Exit::Done)
}
