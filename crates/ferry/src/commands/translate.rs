//! `ferry translate`: writes templates and flows of scenarios into a folder.

use anyhow::Result;
use model::counted;
use serde_json::json;
use translate::{Compiled, Parameters};
use translation::{Set, compile_sets, outputs, write_folder};

use crate::cli::scenario::TranslateArgs;
use crate::commands::{output_place, scenario};
use crate::exit::Exit;
use crate::output::Output;
use scenario_text::{self as text, Checked};

pub(crate) fn run(args: &TranslateArgs, output: Output) -> Result<Exit> {
    let (imported, mut options) = scenario::read(&args.scenarios)?;
    if args.named {
        options.parameters = Parameters::Named;
    }
    let mut sets = [Set::new("", "", imported)];
    compile_sets(&mut sets, &options);
    let [set] = &sets;
    if let Some(to) = &args.to {
        output_place::check_scenarios(to, &args.scenarios)?;
        write_folder(to, &outputs(&sets, &args.catalog)?)?;
    }
    let n_templates: usize = set.compiled.iter().map(|it| it.templates.len()).sum();
    output.print(&json!({ "compiled": set.compiled, "skipped": set.skipped }), || {
        let all: Vec<Checked<'_>> = set.pairs().map(|(scenario, it)| Checked::of(scenario, it)).collect();
        text::grouped(&all)
            + &text::skipped(&set.skipped)
            + &counted(n_templates as u64, "template")
            + ":\n"
            + &text::templates(&all)
            + &text::n_findings(&all)
    })?;
    let has_errors = set.compiled.is_empty() || set.compiled.iter().any(Compiled::has_errors);
    Ok(if has_errors { Exit::Failed } else { Exit::Done })
}
