use std::collections::BTreeMap;

use crossing::{
    Difference, Estimate, ListedRun, MainNumbers, PersonDiff, RunReport, RunsDiff, SegmentCount, UnreadBySource,
};
use jiff::Timestamp;
use model::{Counts, ItemCounts, Stage};
use run::{BackupRecord, Cost};
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry run` and `ferry load`.
#[derive(Serialize, JsonSchema)]
pub struct RunResult<'a> {
    #[serde(flatten)]
    pub run: &'a RunReport,
    /// The run folder.
    pub run_dir: String,
    /// Guessed encodings, and sources whose rows mostly give no contact.
    pub warnings: Vec<String>,
    /// Why the answers of the provider are not usable; null if they are.
    pub uninformative: Option<&'static str>,
    pub main_numbers: MainNumbers,
    /// The report for people; null after a dry run.
    pub report: Option<String>,
    /// The command to run next.
    pub next: String,
}

/// The result of `ferry verify` and `ferry rerun --only`.
#[derive(Serialize, JsonSchema)]
pub struct VerifyResult<'a> {
    /// Contacts of the database by registration.
    pub registration: &'a Option<BTreeMap<&'static str, u64>>,
    /// Contacts of the database by segment.
    pub segments: &'a Option<BTreeMap<&'static str, u64>>,
    /// Contacts of the database that are held, because their number may belong to another person now.
    pub held: u64,
    /// The segments of the plan, each by its condition.
    pub plan_segments: &'a [SegmentCount],
    /// Whether the answers of the provider are usable; null if it was never asked.
    pub provider_is_informative: Option<bool>,
    /// The requests of this verification, and their cost.
    pub cost: &'a Option<Cost>,
    /// The expected requests, in a dry run.
    pub estimate: &'a Option<Estimate>,
    pub main_numbers: MainNumbers,
    /// The report for people; null after a dry run.
    pub report: Option<String>,
    /// The command to run next.
    pub next: String,
}

/// The result of `ferry rerun --batch`.
#[derive(Serialize, JsonSchema)]
pub struct BatchResult {
    /// The number of the batch.
    pub batch: u32,
    /// New, changed and unchanged contacts of the batch.
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub main_numbers: MainNumbers,
    /// The report for people.
    pub report: Option<String>,
    /// The command to run next.
    pub next: String,
}

/// The result of `ferry rerun`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RerunResult<'a> {
    Batch(BatchResult),
    Only(VerifyResult<'a>),
}

/// The result of `ferry fix`.
#[derive(Serialize, JsonSchema)]
pub struct FixResult<'a> {
    /// Rows of the file that were changed.
    pub corrected: u64,
    /// Changed rows that were rejected again.
    pub rejected_again: u64,
    pub unchanged: u64,
    /// Rejected rows of the run before.
    pub rejected_before: u64,
    /// The run after the correction; null if no row was changed.
    pub run: Option<RunResult<'a>>,
}

/// The result of `ferry runs prune`.
#[derive(Serialize, JsonSchema)]
pub struct PruneResult<'a> {
    /// Runs that were removed, or would be.
    pub removed: &'a [ListedRun],
    pub dry_run: bool,
}

/// The result of `ferry runs diff`.
#[derive(Serialize, JsonSchema)]
pub struct DiffResult<'a> {
    #[serde(flatten)]
    pub diff: &'a RunsDiff,
    /// The first people who differ, or all with `--all`; null with `--to`, which writes them to a file.
    pub people: Option<&'a [PersonDiff]>,
    /// How many people differ beyond these.
    pub people_left_out: u64,
}

/// The result of `ferry status`.
#[derive(Serialize, JsonSchema)]
pub struct StatusResult {
    pub run_id: String,
    /// The run folder.
    pub run_dir: String,
    pub stages: Vec<StageStatus>,
    /// Contacts of the database that are held, because their number may belong to another person now.
    pub held: u64,
    /// Batches that are not done, or all with `--batches`.
    pub batches: Vec<BatchStatus>,
}

/// A stage of a run.
#[derive(Serialize, JsonSchema)]
pub struct StageStatus {
    pub stage: Stage,
    /// `done`, `in part`, `waiting`, or `not in the plan`.
    pub state: &'static str,
    /// The rows of the stage, once it is done.
    pub counts: Option<Counts>,
    pub batches_done: Option<u64>,
    pub batches: Option<u64>,
}

/// A batch of a run.
#[derive(Serialize, JsonSchema)]
pub struct BatchStatus {
    pub batch: u32,
    pub contacts: u64,
    pub verified_at: Option<Timestamp>,
    pub loaded_at: Option<Timestamp>,
}

/// The result of `ferry audit`.
#[derive(Serialize, JsonSchema)]
pub struct AuditResult {
    pub run_id: String,
    /// Whether everything adds up.
    pub balanced: bool,
    #[serde(flatten)]
    pub counts: Counts,
    pub contacts: u64,
    /// Files that were compared with their digests.
    pub artifacts: u64,
    pub batches: u64,
    pub scenarios: u64,
    /// What became of the steps, choices and slots of the scenarios.
    pub items: ItemCounts,
    pub differences: Vec<DifferenceResult>,
    /// Values that were not understood, by source and field.
    pub not_understood: UnreadBySource,
}

/// Something that does not add up.
#[derive(Serialize, JsonSchema)]
pub struct DifferenceResult {
    #[serde(flatten)]
    pub difference: Difference,
    /// The difference in words.
    pub message: String,
}

/// The result of `ferry restore --list`.
#[derive(Serialize, JsonSchema)]
pub struct BackupsResult {
    pub backups: Vec<BackupRecord>,
}

/// The result of `ferry restore`.
#[derive(Default, Serialize, JsonSchema)]
pub struct RestoreResult {
    /// Whether the database was restored; not if the question was answered with no.
    pub restored: bool,
    /// The number of the backup; null if the database is empty now.
    pub backup: Option<u64>,
    /// Contacts of the database after the restore.
    pub contacts: Option<u64>,
    /// The number of the backup of what was replaced.
    pub replaced: Option<u64>,
    pub taken_back: Option<TakenBack>,
}

/// What a restore takes back.
#[derive(Serialize, JsonSchema)]
pub struct TakenBack {
    pub contacts: u64,
    pub decisions: u64,
    /// The runs whose loads are taken back.
    pub runs: Vec<String>,
}

/// The result of `ferry restore`, with `--list` or without.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RestoreOrList {
    List(BackupsResult),
    Restored(RestoreResult),
}

/// The summary of a command that has ended, as `--notify` sends it. It holds counts alone.
#[derive(Serialize, JsonSchema)]
pub struct Notification {
    /// `run`, `verify` or `rerun`.
    pub command: &'static str,
    /// Names the exit code: `done`, `failed`, `usage`, `rejects`, `gate`, `unverified`, `fault` or `try_later`.
    pub status: &'static str,
    /// The exit code.
    pub exit: u8,
    /// The run; null if the command failed before it had one.
    pub run_id: Option<String>,
    pub dry_run: bool,
    pub started_at: Timestamp,
    /// How long the command took.
    pub seconds: f64,
    /// How long each stage of the run took when it was done.
    pub stage_seconds: BTreeMap<Stage, f64>,
    /// Rows of the exports and their outcomes; null if nothing was cleaned.
    pub rows: Option<Counts>,
    pub main_numbers: MainNumbers,
    /// How many warnings the summary of the run has.
    pub warnings: u64,
    /// The path of the report for people.
    pub report: Option<String>,
}
