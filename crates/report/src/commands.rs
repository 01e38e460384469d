//! The commands of a report, which list the people behind a figure. They are for a shell in the folder of the plan.

use std::collections::BTreeSet;
use std::path::Path;

use crossing::OpenRun;
use model::shell_word;
use run::Manifest;

/// The default name of a plan, which commands need not name.
const PLAN: &str = "plan.toml";

/// What the commands of one run have to name.
pub(crate) struct Commands {
    /// ` --plan NAME`; empty for the default.
    plan: String,
    /// Names the run to commands about a run; empty if it is the latest in `runs/`.
    run: String,
    /// Names the run to commands about the database; only a sample has a database of its own.
    database: String,
    /// The run folder.
    pub(crate) folder: String,
    /// The names of the files of the run, in small letters. No command may write over one of them.
    taken: BTreeSet<String>,
}

impl Commands {
    pub(crate) fn of(run: &OpenRun) -> Self {
        let mut commands = Self::of_run(&run.plan.path, run.folder.dir(), &run.folder.manifest);
        let answers = run.plan.verify.as_ref().and_then(|it| it.path.as_deref());
        commands.taken.extend(answers.and_then(name_of));
        commands
    }

    fn of_run(plan: &Path, dir: &Path, manifest: &Manifest) -> Self {
        let home = plan.parent().unwrap_or(Path::new("/"));
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let folder = dir.strip_prefix(home).unwrap_or(&dir).display().to_string();
        let file = plan.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let is_in_runs = dir.parent() == Some(home.join("runs").as_path());
        let run = match (is_in_runs, manifest.sample) {
            (false, _) => format!(" --run-dir {}", shell_word(&folder)),
            (true, Some(_)) => format!(" --run {}", manifest.run_id),
            (true, None) => String::new(),
        };
        Self {
            plan: if file == PLAN { String::new() } else { format!(" --plan {}", shell_word(&file)) },
            database: if manifest.sample.is_some() { run.clone() } else { String::new() },
            run,
            folder,
            taken: manifest.sources.iter().flat_map(|it| &it.files).filter_map(|it| name_of(&it.path)).collect(),
        }
    }

    /// Whether they are about the latest run, because they name none.
    pub(crate) fn are_about_latest(&self) -> bool {
        self.run.is_empty()
    }

    /// A command about the plan and its database.
    pub(crate) fn of_plan(&self, command: &str) -> String {
        format!("{command}{}", self.plan)
    }

    /// Writes the people of a segment.
    pub(crate) fn segment(&self, name: &str) -> String {
        format!("ferry export segment {name}{}{} --to {}", self.plan, self.database, self.unused(name, "segment"))
    }

    /// Writes everyone.
    pub(crate) fn contacts(&self) -> String {
        format!("ferry export contacts{}{} --to {}", self.plan, self.database, self.unused("contacts", "export"))
    }

    /// `NAME.csv`, or `NAME-segment.csv` where the run has a file of the first name.
    fn unused(&self, name: &str, kind: &str) -> String {
        let mut file = format!("{name}.csv");
        while self.taken.contains(&file.to_lowercase()) {
            file.insert_str(file.len() - ".csv".len(), &format!("-{kind}"));
        }
        file
    }

    /// Runs a command about this run, such as `ferry unreadable`.
    pub(crate) fn of_this_run(&self, command: &str) -> String {
        format!("{command}{}{}", self.plan, self.run)
    }

    /// Lists who differs between two runs.
    pub(crate) fn diff(&self, before: &str, now: &str) -> String {
        format!("ferry runs diff {before} {now}{} --all", self.plan)
    }

    /// The file of rejected rows of a source, the name for a corrected copy of it, and the command that imports the copy.
    pub(crate) fn fix(&self, source: &str) -> [String; 3] {
        let copy = format!("{source}-corrected.csv");
        let command = format!("ferry fix {copy}{}{}", self.plan, self.run);
        [format!("{}/clean/rejects/{source}.csv", self.folder), copy, command]
    }
}

/// The name of a file in small letters: some disks do not tell capitals apart.
fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().to_lowercase())
}
