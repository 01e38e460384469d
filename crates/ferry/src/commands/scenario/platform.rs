//! `ferry scenario export`: a file that a bot platform imports.

use anyhow::Result;
use results::{PlatformExport, PlatformField, PlatformFlow, PlatformLoss};
use scenario_export::{Exported, export};
use scenario_text as text;
use translate::compile_all;

use super::{named, read};
use crate::cli::scenario::PlatformArgs;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::output::Output;

pub(super) fn run(args: &PlatformArgs, output: Output) -> Result<Exit> {
    let (imported, options) = read(&args.scenarios)?;
    let (compiled, broken) = compile_all(&imported.scenarios, &options);
    let broken: Vec<String> = broken.into_iter().map(named).collect();
    let sides: Vec<_> = compiled.iter().map(|(scenario, it)| (*scenario, it)).collect();
    let exported = export(args.platform, &sides);
    output_place::check_scenarios(&args.to, &args.scenarios)?;
    if !exported.flows.is_empty() {
        let file = serde_json::to_string_pretty(&exported.file)? + "\n";
        run::write_output(&args.to, file.as_bytes())?;
    }
    let to = args.to.display().to_string();
    output.print(&result(args.platform.name(), &to, &exported, &broken), || {
        text::exported(&exported, args.platform.name()) + &text::not_exported(&broken)
    })?;
    // Nothing to import is no success, and a scenario that is missing is one to look at.
    Ok(if exported.flows.is_empty() || !broken.is_empty() { Exit::Failed } else { Exit::Done })
}

fn result<'a>(platform: &'a str, to: &'a str, exported: &'a Exported, broken: &'a [String]) -> PlatformExport<'a> {
    let flow = |it: &'a scenario_export::ExportedFlow| PlatformFlow {
        scenario: &it.scenario,
        language: &it.language,
        name: &it.name,
        steps: it.n_steps as u64,
        nodes: it.n_nodes as u64,
        losses: it
            .findings
            .iter()
            .map(|it| PlatformLoss {
                code: it.rule.code,
                name: it.rule.name,
                about: it.rule.about,
                step: &it.place,
                message: &it.message,
            })
            .collect(),
    };
    PlatformExport {
        platform,
        file: to,
        flows: exported.flows.iter().map(flow).collect(),
        fields: exported.fields.iter().map(|(key, slot)| PlatformField { key, slot }).collect(),
        templates: &exported.templates,
        not_exported: broken,
    }
}
