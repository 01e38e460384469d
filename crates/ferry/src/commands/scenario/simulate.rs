//! `ferry scenario simulate`: the same inputs on both sides.
//!
//! An interpreter of the format plays the source side, from the files themselves. Formats without one have the neutral form.

use anyhow::{Context, Result};
use scenario::{Script, read_scripts};
use serde_json::json;
use source_side::SourceFile;
use translate::{Simulated, compile_all, simulate_set};

use translation::read_files;

use super::{named, read_as};
use crate::cli::scenario::SimulateArgs;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::output::Output;
use scenario_text as text;

pub(super) fn run(args: &SimulateArgs, output: Output) -> Result<Exit> {
    let files = read_files(&args.scenarios.files)?;
    let unpacked = scenario_import::unpack(files.clone())?;
    let sources: Vec<SourceFile> =
        unpacked.into_iter().map(|it| SourceFile { path: it.path, bytes: it.bytes }).collect();
    let (imported, options) = read_as(&args.scenarios, files)?;
    let given = given(args)?;
    let (compiled, broken) = compile_all(&imported.scenarios, &options);
    let mut broken: Vec<String> = broken.into_iter().map(named).collect();
    let format = imported.format.name();
    // Files that it cannot read have the neutral form too.
    let flows = source_side::open(format, &sources).unwrap_or_default();
    let (simulated, left_out) = simulate_set(&compiled, &flows, format, given.as_deref());
    // A scenario that could not be compiled is named already.
    if broken.is_empty() && args.scenarios.only.is_none() {
        broken.extend(left_out);
    }
    if let Some(path) = &args.record {
        output_place::check_scenarios(path, &args.scenarios)?;
        output_place::check_input(path, args.script.as_deref())?;
        let scripts: Vec<&Script> = simulated.iter().flat_map(|it| &it.scripts).collect();
        run::write_output(path, (serde_json::to_string_pretty(&scripts)? + "\n").as_bytes())?;
    }
    output.print(&json!({ "simulated": simulated, "not_simulated": broken }), || {
        simulated.iter().map(text::simulated).collect::<String>() + &text::not_simulated(&broken)
    })?;
    let is_explained = simulated.iter().all(|it| it.runs.iter().all(Simulated::is_explained));
    Ok(if is_explained && broken.is_empty() && !simulated.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The scripts of `--script`.
fn given(args: &SimulateArgs) -> Result<Option<Vec<Script>>> {
    let Some(path) = &args.script else { return Ok(None) };
    let text = run::read_small_text(path, run::MOST_LIST_BYTES);
    let text = text.with_context(|| format!("could not read {}", path.display()))?;
    read_scripts(&text).map(Some).with_context(|| format!("{} holds no scripts", path.display()))
}
