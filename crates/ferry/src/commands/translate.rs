//! `ferry translate`: writes templates and flows of scenarios into a folder.

use std::fs;
use std::path::Path;

use ::scenario::Criticality;
use anyhow::{Context, Result, bail};
use model::counted;
use scenario_import::Skipped;
use serde::{Deserialize, Serialize};
use serde_json::json;
use translate::{Compiled, Parameters, compile};

use crate::cli::scenario::TranslateArgs;
use crate::commands::{output_place, scenario};
use crate::exit::Exit;
use crate::output::Output;
use scenario_text::{self as text, Checked};

/// The file that marks a folder as written by `ferry translate`.
pub(crate) const ORDER: &str = "order.json";

/// A template in `order.json`: templates that are not critical come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrderEntry {
    pub(crate) criticality: Criticality,
    pub(crate) scenario: String,
    /// Relative to the folder.
    pub(crate) file: String,
}

pub(crate) fn run(args: &TranslateArgs, output: Output) -> Result<Exit> {
    let (imported, options) = scenario::read(&args.scenarios)?;
    let parameters = if args.named { Parameters::Named } else { Parameters::Positional };
    let options = translate::Options { parameters, ..options };
    let mut compiled: Vec<Compiled> = imported.scenarios.iter().map(|it| compile(it, &options)).collect();
    add_findings_between(&mut compiled);
    let mut order = Vec::new();
    for (scenario, compiled) in imported.scenarios.iter().zip(&compiled) {
        for template in &compiled.templates {
            let file = format!("templates/{}.{}.json", template.name, template.language);
            order.push(OrderEntry { criticality: scenario.criticality, scenario: scenario.id.clone(), file });
        }
    }
    order.sort_by(|a, b| (a.criticality, &a.file).cmp(&(b.criticality, &b.file)));
    if let Some(to) = &args.to {
        output_place::check(to, args.scenarios.plan.as_deref(), None)?;
        write(to, &compiled, &imported.skipped, &order, &args.catalog)?;
    }
    let n_templates: usize = compiled.iter().map(|it| it.templates.len()).sum();
    output.print(&json!({ "compiled": compiled, "skipped": imported.skipped }), || {
        let pairs = imported.scenarios.iter().zip(&compiled);
        let all: Vec<Checked<'_>> = pairs.map(|(scenario, it)| Checked::of(scenario, it)).collect();
        text::grouped(&all)
            + &text::skipped(&imported.skipped)
            + &counted(n_templates as u64, "template")
            + ":\n"
            + &text::templates(&all)
            + &text::n_findings(&all)
    })?;
    let has_errors = compiled.is_empty() || compiled.iter().any(Compiled::has_errors);
    Ok(if has_errors { Exit::Failed } else { Exit::Done })
}

/// Adds findings about names and texts that two scenarios share.
fn add_findings_between(compiled: &mut [Compiled]) {
    let places: Vec<(usize, usize)> =
        compiled.iter().enumerate().flat_map(|(n, it)| (0..it.templates.len()).map(move |k| (n, k))).collect();
    let all: Vec<&template::Template> = compiled.iter().flat_map(|it| &it.templates).collect();
    for (n, finding) in template::lint_set(&all) {
        let (scenario, template) = places[n];
        let finding = finding.within(&format!("/templates/{template}"));
        if !compiled[scenario].findings.contains(&finding) {
            compiled[scenario].findings.push(finding);
        }
    }
}

fn write(to: &Path, compiled: &[Compiled], skipped: &[Skipped], order: &[OrderEntry], catalog: &str) -> Result<()> {
    let put = |name: &str, text: String| run::write_output(&to.join(name), text.as_bytes());
    let folders = ["templates", "flows"].map(|it| to.join(it));
    if let Some(theirs) = folders.iter().find(|it| it.exists()).filter(|_| !to.join(ORDER).is_file()) {
        bail!("{} exists and was not written by `ferry translate`: name another folder with --to", theirs.display());
    }
    fs::create_dir_all(to).with_context(|| format!("could not make {}", to.display()))?;
    // Written first, so that the folder is marked even if a later write fails.
    put(ORDER, serde_json::to_string_pretty(order)? + "\n")?;
    for folder in folders {
        // Files of an earlier translation would be submitted too.
        let context = || format!("could not make {}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(context)?;
        }
        fs::create_dir_all(&folder).with_context(context)?;
    }
    let mut findings = String::new();
    for it in compiled {
        // A scenario that could not be compiled may have any id, such as a path.
        if it.flow.steps.is_empty() {
            findings += &finding_lines(it)?;
            continue;
        }
        for template in &it.templates {
            let name = format!("templates/{}.{}.json", template.name, template.language);
            put(&name, serde_json::to_string_pretty(template)? + "\n")?;
        }
        put(
            &format!("flows/{}.{}.json", it.scenario, ::scenario::slot_name(&it.language)),
            serde_json::to_string_pretty(&it.flow.json(catalog))? + "\n",
        )?;
        findings += &finding_lines(it)?;
    }
    for it in skipped {
        let message = format!("{} {}: {}", it.file, it.place, it.why);
        let line =
            json!({ "code": "I101", "rule": "skipped", "severity": "loss", "place": it.place, "message": message });
        findings += &(line.to_string() + "\n");
    }
    Ok(put("findings.ndjson", findings)?)
}

fn finding_lines(compiled: &Compiled) -> Result<String> {
    let mut lines = String::new();
    for finding in &compiled.findings {
        let mut value = serde_json::to_value(finding)?;
        value["scenario"] = json!(compiled.scenario);
        value["language"] = json!(compiled.language);
        lines += &(value.to_string() + "\n");
    }
    Ok(lines)
}
