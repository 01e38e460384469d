//! Text of results. That of runs is in `run_text`, that of scenarios in `scenario_text`, that of templates in `template_text`.

pub(crate) mod check;
pub(crate) mod inspection;
pub(crate) mod profile;

pub(crate) use run_text::{
    audit, coverage, names, next, path, progress, restore, run, runs, runs_diff, scenarios, size, verify,
};
