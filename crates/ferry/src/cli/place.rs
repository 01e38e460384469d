//! The plan and the run that a command works on.

use std::path::PathBuf;

use clap::Args;
use crossing::RunPlace;

/// The run to work on.
#[derive(Clone, Debug, Args)]
pub(crate) struct Where {
    /// The plan; its latest run is used
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The label or uid of the run, as `ferry runs` lists it
    #[arg(long, value_name = "ID", conflicts_with = "run_dir")]
    pub(crate) run: Option<String>,
    /// The run folder
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
}

impl Where {
    pub(crate) fn place(&self) -> RunPlace {
        RunPlace { plan: self.plan.clone(), run: self.run.clone(), run_dir: self.run_dir.clone() }
    }
}

/// The run to work on, of a command that takes the plan as an argument too.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlannedWhere {
    /// The plan; its latest run is used [default: plan.toml]
    #[arg(value_name = "PLAN", conflicts_with = "plan")]
    positional: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Where,
}

impl PlannedWhere {
    pub(crate) fn place(&self) -> RunPlace {
        RunPlace { plan: self.plan(), ..self.place.place() }
    }

    /// The plan, from either argument.
    pub(crate) fn plan(&self) -> PathBuf {
        self.positional.as_ref().unwrap_or(&self.place.plan).clone()
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
}

/// The plan of a command that takes it as an argument too.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlannedArgs {
    /// The plan [default: plan.toml]
    #[arg(value_name = "PLAN", conflicts_with = "plan")]
    positional: Option<PathBuf>,
    #[command(flatten)]
    option: PlanArgs,
}

impl PlannedArgs {
    /// The plan, from either argument.
    pub(crate) fn path(&self) -> PathBuf {
        self.positional.as_ref().unwrap_or(&self.option.plan).clone()
    }
}
