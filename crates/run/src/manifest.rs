use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use model::{Counts, Digest, Stage};
use serde::{Deserialize, Serialize};

/// What a run is made of and what it has made. Holds no personal data and no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    pub run_id: String,
    /// The plan file, as an absolute path.
    pub plan: PathBuf,
    pub tool: String,
    pub created_at: Timestamp,
    /// Names the key under which contact ids were made; never the key itself.
    pub key_id: String,
    #[serde(default)]
    pub sources: Vec<SourceRecord>,
    #[serde(default)]
    pub stages: BTreeMap<Stage, StageRecord>,
    /// By path within the run folder.
    #[serde(default)]
    pub artifacts: BTreeMap<String, Artifact>,
    #[serde(default)]
    pub backup: Option<Backup>,
}

/// A source as it was when the run read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    pub name: String,
    pub channel: model::Channel,
    pub profile: String,
    pub path: PathBuf,
    pub sha256: Digest,
    pub bytes: u64,
    pub encoding: String,
    pub delimiter: String,
    pub columns: Vec<String>,
    pub rows: u64,
}

/// That a stage is complete, and what it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// Digest of all that the stage's result depends on; another digest means: do it again.
    pub inputs: Digest,
    pub counts: Counts,
    /// Rejected rows by source and reason code.
    #[serde(default)]
    pub rejects: BTreeMap<String, BTreeMap<String, u64>>,
    /// Rows kept with a remark, by remark.
    #[serde(default)]
    pub findings: BTreeMap<String, u64>,
    pub seconds: f64,
    pub finished_at: Timestamp,
}

/// A file that a stage made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    pub sha256: Digest,
    pub bytes: u64,
    pub rows: u64,
}

/// The copy of the CRM database from before the run's first write to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Backup {
    /// The database held no contacts: there was nothing to lose.
    NothingToLose { at: Timestamp },
    /// Files within the run folder, each with its digest, and how many contacts they hold.
    Taken { at: Timestamp, files: BTreeMap<String, Artifact>, contacts: u64 },
}
