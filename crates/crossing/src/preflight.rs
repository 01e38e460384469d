//! Checks that a run of a plan would find what it needs: files, key, database, provider, disk. Reads no rows, writes
//! nothing and asks a provider nothing that costs.
//!
//! An error is the one with which the run would end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, bail};
use crm::{Crm, Examined, LoadError};
use model::grouped;
use plan::{FoundKey, KeyPlace, Plan, PlanError, ProviderSource, find_key, find_suppression_keys};
use rayon::prelude::*;
use run::Disk;
use serde::Serialize;
use tokio::task::block_in_place;

use crate::backup::folder_of_backups;
use crate::error::RunChoice;
use crate::find_run::folder_of_runs;
use crate::open_run::TOOL;
use crate::probing::probe_columns;
use crate::segments::check_segments;
use crate::translate;

/// The checks of a plan, in the order in which they are shown.
pub struct Preflight {
    pub checks: Vec<Check>,
}

/// One thing that a run needs, and what was found.
pub struct Check {
    pub subject: Subject,
    pub found: Result<Found>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Plan,
    Key,
    /// A source of this name.
    Source(String),
    /// A set of scenarios of this name.
    Scenario(String),
    Database,
    Segments,
    Secrets,
    Verifier,
    Whatsapp,
    Disk,
    Versions,
}

impl Subject {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Key => "key",
            Self::Source(_) => "source",
            Self::Scenario(_) => "scenario",
            Self::Database => "database",
            Self::Segments => "segments",
            Self::Secrets => "secrets",
            Self::Verifier => "verifier",
            Self::Whatsapp => "whatsapp",
            Self::Disk => "disk",
            Self::Versions => "versions",
        }
    }
}

/// The finding of a check that passed.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Found {
    Plan {
        path: PathBuf,
        sources: usize,
        /// Sets of scenarios.
        scenarios: usize,
    },
    Key {
        key_id: String,
        #[serde(skip)]
        place: KeyPlace,
        database: KeyMatch,
    },
    /// There is no key, and no database that wants one: the first run makes it.
    NoKey {},
    Source {
        name: String,
        files: usize,
        bytes: u64,
        columns: usize,
        reading: String,
    },
    /// A source of which nothing was read yet: the first run reads it.
    SourceToRead {
        name: String,
        provider: &'static str,
        stream: &'static str,
        /// The host that was reached; none if it was not tried.
        host: Option<String>,
    },
    Scenario {
        name: String,
        files: usize,
        format: &'static str,
        scenarios: usize,
        /// Parts of the files that cannot be read.
        skipped: usize,
    },
    Database {
        server: Option<String>,
        /// Whether the tables are there; else the first run makes them.
        has_tables: bool,
    },
    /// Segments by condition.
    Segments {
        segments: usize,
    },
    /// Variables and files that the plan names, and that hold a secret.
    Secrets {
        places: Vec<String>,
    },
    Reached {
        host: String,
    },
    /// The files of a verifier that asks nobody.
    Answers {
        files: usize,
    },
    Disk {
        disks: Vec<DiskSpace>,
    },
    Versions {
        ferry: &'static str,
        sqlite: &'static str,
        postgresql: Option<String>,
    },
}

/// Whether the contacts of the database are made from the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMatch {
    Same,
    /// The database has no contacts yet.
    NoneYet,
    /// The database could not be examined.
    NotCompared,
}

/// A file system to which a run writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiskSpace {
    /// The things written there: `runs`, `backups`, `database`.
    pub holds: Vec<&'static str>,
    pub free_bytes: u64,
    /// The size of the exports for runs and for a database in a file, and of that file for backups.
    pub needed_bytes: u64,
}

/// Checks all that a run of the plan needs.
pub async fn preflight(path: &Path) -> Preflight {
    let plan = match Plan::read(path) {
        Ok(plan) => plan,
        Err(error) => {
            let versions = Check { subject: Subject::Versions, found: Ok(versions(None)) };
            return Preflight { checks: vec![Check { subject: Subject::Plan, found: Err(error.into()) }, versions] };
        }
    };
    let database = examine(&plan).await;
    let mut checks = Vec::new();
    let mut add = |subject, found| checks.push(Check { subject, found });
    add(Subject::Plan, check_plan(&plan).map_err(Error::from));
    let suppression = check_suppression_keys(&plan, database.as_ref().is_ok_and(|it| it.has_tables)).await;
    let key = check_key(&plan, database.as_ref().ok());
    add(Subject::Key, suppression.and(key));
    let mut sources = block_in_place(|| check_sources(&plan));
    for ((_, found), source) in sources.iter_mut().zip(&plan.sources) {
        if let Some(of) = source.of_provider() {
            check_provider(&plan, of, found).await;
        }
    }
    let n_bytes = sources.iter().map(|it| it.1.as_ref().map_or(0, bytes_of)).sum();
    sources.into_iter().for_each(|(name, found)| add(Subject::Source(name), found));
    let scenarios = block_in_place(|| check_scenarios(&plan));
    scenarios.into_iter().for_each(|(name, found)| add(Subject::Scenario(name), found));
    let server = database.as_ref().ok().and_then(|it| it.server_version.clone());
    add(Subject::Database, database.map(|it| Found::Database { server: it.server_version, has_tables: it.has_tables }));
    if !plan.segments.is_empty() {
        add(Subject::Segments, check_conditions(&plan).await);
    }
    add(Subject::Secrets, plan.check_all_secrets().map(|places| Found::Secrets { places }).map_err(Error::from));
    if plan.verify.is_some() {
        add(Subject::Verifier, check_verifier(&plan).await);
    }
    if plan.whatsapp.is_some() {
        add(Subject::Whatsapp, check_whatsapp(&plan).await);
    }
    add(Subject::Disk, check_disk(&plan, n_bytes));
    add(Subject::Versions, Ok(versions(server)));
    Preflight { checks }
}

fn versions(postgresql: Option<String>) -> Found {
    Found::Versions { ferry: TOOL, sqlite: crm::sqlite_version(), postgresql }
}

fn bytes_of(found: &Found) -> u64 {
    match found {
        Found::Source { bytes, .. } => *bytes,
        _ => 0,
    }
}

fn check_plan(plan: &Plan) -> Result<Found, PlanError> {
    plan.name()?;
    plan.check_sources()?;
    plan.suppressed()?;
    Ok(Found::Plan { path: plan.path.clone(), sources: plan.sources.len(), scenarios: plan.scenarios.len() })
}

/// Examines the database; for a file that the first run makes, its folder.
async fn examine(plan: &Plan) -> Result<Examined> {
    let url = plan.crm_url()?;
    let examined = Crm::examine(&url).await.context("could not use the CRM database")?;
    if let Some(folder) = sqlite_path(&url).as_deref().and_then(Path::parent)
        && !folder.is_dir()
    {
        bail!("the folder {} of the CRM database is not there: make it first", folder.display());
    }
    Ok(examined)
}

/// The file of the database, if it is SQLite.
pub(crate) fn sqlite_path(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(|it| it.strip_prefix("//").unwrap_or(it).into())
}

fn check_key(plan: &Plan, database: Option<&Examined>) -> Result<Found> {
    let known = database.and_then(|it| it.key_id.clone());
    match (find_key(plan)?, known) {
        (None, None) => Ok(Found::NoKey {}),
        (None, Some(known)) => Err(RunChoice::KeyMissing { known }.into()),
        (Some(found), Some(theirs)) if theirs != found.key.id() => {
            Err(LoadError::OtherKey { theirs, ours: found.key.id() }.into())
        }
        (Some(FoundKey { key, place, .. }), known) => {
            let database = match (database, known) {
                (None, _) => KeyMatch::NotCompared,
                (Some(_), None) => KeyMatch::NoneYet,
                (Some(_), Some(_)) => KeyMatch::Same,
            };
            Ok(Found::Key { key_id: key.id(), place, database })
        }
    }
}

/// Fails if the suppression list of the database cannot be checked with the keys that are here.
async fn check_suppression_keys(plan: &Plan, has_tables: bool) -> Result<()> {
    let keys = find_suppression_keys(plan)?.map(|it| it.0);
    if has_tables && let Some(crm) = Crm::look(&plan.crm_url()?).await? {
        let crm = crm.with_suppression_keys(keys);
        let checked = crm.check_suppression_keys().await;
        crm.close().await;
        checked?;
    }
    Ok(())
}

/// Reads each set of scenarios by itself, so that all mistakes are found at once.
fn check_scenarios(plan: &Plan) -> Vec<(String, Result<Found>)> {
    let check = |section: &plan::ScenarioSection| {
        let of = plan.scenario_sources.iter().find(|it| Some(it.name.get_ref().as_str()) == section.source());
        if let Some(of) = of.and_then(plan::SourceSection::of_provider)
            && !section.path(plan).exists()
        {
            let (name, provider, stream) = (section.name().to_owned(), of.provider.title, of.stream.title);
            return (name.clone(), Ok(Found::SourceToRead { name, provider, stream, host: None }));
        }
        let found = translate::read_section(plan, section).map(|(n_files, set)| Found::Scenario {
            name: set.name.clone(),
            files: n_files,
            format: set.format.name(),
            scenarios: set.scenarios.len(),
            skipped: set.skipped.len(),
        });
        (section.name().to_owned(), found)
    };
    plan.scenarios.iter().map(check).collect()
}

/// Checks each source by itself, so that all mistakes are found at once.
fn check_sources(plan: &Plan) -> Vec<(String, Result<Found>)> {
    let check = |source: &plan::SourceSection| {
        let name = source.name.get_ref().clone();
        let found = probe_columns(plan, source).map(|(files, probed)| Found::Source {
            name: name.clone(),
            files: files.len(),
            bytes: probed.n_bytes,
            columns: probed.columns.len(),
            reading: probed.reading,
        });
        (name, found)
    };
    plan.sources.par_iter().map(check).collect()
}

/// Connects to the provider of a source. What was read of it has been checked before; a source of which nothing was read is
/// none that is wrong.
async fn check_provider(plan: &Plan, of: ProviderSource<'_>, found: &mut Result<Found>) {
    let reached = async {
        let connection = of.connection(plan, Vec::new())?;
        for base in &connection.bases {
            http::reach(base).await?;
        }
        Ok::<_, Error>(host_of(connection.bases.first().and_then(|it| it.host_str())))
    };
    match reached.await {
        Err(error) => *found = Err(error),
        Ok(host) if pull::files_of(plan, of.source).is_err() => {
            let (provider, stream) = (of.provider.title, of.stream.title);
            let name = of.source.name.get_ref().clone();
            *found = Ok(Found::SourceToRead { name, provider, stream, host: Some(host) });
        }
        Ok(_) => {}
    }
}

/// Checks the conditions of segments, by the database if it has tables.
async fn check_conditions(plan: &Plan) -> Result<Found> {
    let crm = Crm::look(&plan.crm_url()?).await.ok().flatten();
    let checked = check_segments(plan, crm.as_ref()).await;
    if let Some(crm) = crm {
        crm.close().await;
    }
    checked.map(|()| Found::Segments { segments: plan.segments.len() })
}

async fn check_verifier(plan: &Plan) -> Result<Found> {
    let Some(section) = &plan.verify else { bail!("the plan has no [verify]") };
    if section.asks_nobody() {
        let path = section.path.as_deref().unwrap_or(Path::new(""));
        let files = extract::files(plan.folder(), path).context("could not use the answers of [verify]")?;
        for file in &files {
            run::open_plain(file).with_context(|| format!("could not read {}", file.display()))?;
        }
        return Ok(Found::Answers { files: files.len() });
    }
    let base = whatsapp::base_url(section.url.as_ref().map_or("", |it| it.get_ref()))?;
    whatsapp::reach(&base).await?;
    Ok(Found::Reached { host: host_of(base.host_str()) })
}

async fn check_whatsapp(plan: &Plan) -> Result<Found> {
    let Some(section) = &plan.whatsapp else { bail!("the plan has no [whatsapp]") };
    let base = section.base_url(plan)?;
    whatsapp::reach(&base).await?;
    Ok(Found::Reached { host: host_of(base.host_str()) })
}

fn host_of(host: Option<&str>) -> String {
    host.unwrap_or_default().to_owned()
}

/// Compares the free space of each file system with what a run writes there at least.
fn check_disk(plan: &Plan, n_bytes: u64) -> Result<Found> {
    let database = plan.crm_url().ok().as_deref().and_then(sqlite_path);
    let n_database = database.as_ref().and_then(|it| it.metadata().ok()).map_or(0, |it| it.len());
    let mut places = vec![("runs", folder_of_runs(plan), n_bytes), ("backups", folder_of_backups(plan), n_database)];
    if let Some(folder) = database.as_deref().and_then(Path::parent) {
        places.push(("database", folder.to_owned(), n_bytes));
    }
    let mut disks: BTreeMap<u64, DiskSpace> = BTreeMap::new();
    for (what, folder, needed) in places {
        let disk = Disk::of(&folder).with_context(|| format!("could not look at the disk of {}", folder.display()))?;
        if !disk.is_writable {
            bail!("{} cannot be written: may this user write there?", folder.display());
        }
        let empty = DiskSpace { holds: Vec::new(), free_bytes: disk.free_bytes, needed_bytes: 0 };
        let space = disks.entry(disk.device).or_insert(empty);
        space.holds.push(what);
        space.needed_bytes += needed;
    }
    if let Some(full) = disks.values().find(|it| it.free_bytes < it.needed_bytes) {
        let (free, needed) = (grouped(full.free_bytes), grouped(full.needed_bytes));
        let holds = full.holds.join(", ");
        bail!("the disk for {holds} has {free} bytes free, and at least {needed} are needed: make room first");
    }
    Ok(Found::Disk { disks: disks.into_values().collect() })
}
