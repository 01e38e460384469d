//! Text of results. That of runs is in `run_text`, that of scenarios in `scenario_text`, that of templates in `template_text`.

pub(crate) mod check;

pub(crate) use run_text::{
    audit, names, next, path, progress, restore, run, runs, runs_diff, scenarios, size, sources, verify,
};
