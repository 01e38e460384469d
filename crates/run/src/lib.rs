//! The run folder: what a run has made so far, and proof of it.
//!
//! ```text
//! runs/2026-11-22-spring/
//!   manifest.json              inputs, artifacts with SHA-256 and row counts, balance
//!   extract/<source>.parquet   rows as received
//!   clean/contacts.parquet     one row per contact
//!   clean/ledger.parquet       one row per source row
//!   clean/rejects/SOURCE.csv   rejected rows as they came, plus the reason
//!   verify/ load/              receipts as NDJSON
//!   report.html
//! ```
//!
//! An artifact is written to a temporary name, synced and renamed; then the manifest that names its
//! digest is written the same way. So a file is either whole and named, or not there.

mod backups;
mod batches;
mod column;
mod disk;
mod error;
mod folder;
mod folders;
pub mod formats;
mod group;
mod list_quality;
mod manifest;
mod people_counts;
mod publish;
mod runs;
mod scenario_sets;
mod small_file;
mod spill;
mod spreadsheet;
mod table;

pub use backups::{BackupCause, BackupRecord, Backups};
pub use column::{Column, Kind};
pub use disk::Disk;
pub use error::RunError;
pub use folder::{MANIFEST_VERSION, RunFolder, holder, run_name, who};
pub use folders::FolderLock;
pub use group::Group;
pub use list_quality::{ListFinding, ListQuality};
pub use manifest::{
    Artifact, Backup, ColumnReading, Cost, Coverage, CoverageFinding, FileRecord, Fix, LoadedCounts, Manifest,
    SAMPLE_DATABASE, SourceRecord, StageRecord, UnreadField, UnreadSource,
};
pub use people_counts::PeopleCounts;
pub use publish::{ArtifactWriter, digest_of, is_standard_output, sync_parent, target_of, write_output, write_private};
pub use runs::{Label, LabelKind, ListedRuns, Runs, holds_run};
pub use scenario_sets::{ScenarioFile, ScenarioSetRecord, TemplateChanges};
pub use small_file::{MOST_LIST_BYTES, MOST_PLAN_BYTES, MOST_SECRET_BYTES, open_plain, read_small, read_small_text};
pub use spill::SpillFolder;
pub use spreadsheet::{guarded, unguarded};
pub use table::{TableReader, TableWriter};
