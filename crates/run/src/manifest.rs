use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use model::{Counts, Digest, RunMark, Stage};
use pages::PullCoverage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ListQuality, PeopleCounts, ScenarioSetRecord, TemplateChanges};

/// The database of a sample in its run folder, a SQLite file.
pub const SAMPLE_DATABASE: &str = "sample.db";

/// The inputs and results of a run. Holds no personal data and no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// The random identity of the run, in hexadecimal digits.
    pub uid: String,
    /// The label of the run, such as `2026-11-29.2-spring`, under which the database knows it.
    pub run_id: String,
    /// The place of the run among all runs of its folder: the latest has the greatest.
    pub sequence: u64,
    /// The name of the run in the plan.
    pub name: String,
    /// Whether the run is a try that no other run goes on with: a dry run or a sample.
    #[serde(default)]
    pub is_dry_run: bool,
    /// Of a sample: how many rows of each source it reads, into the database [`SAMPLE_DATABASE`] of its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// The digest of what distinguishes this run from others: the files of its exports, the key, and the rules of the
    /// plan by which they become contacts.
    pub input: Digest,
    /// The plan file, as an absolute path: where the run was last worked on.
    pub plan: PathBuf,
    pub tool: String,
    /// The user and the machine that began the run, such as `ana@etl1`.
    pub started_by: String,
    /// When the run was first begun.
    pub created_at: Timestamp,
    /// The time zone of the date in the label.
    pub zone: String,
    /// When the exports were last read; none before that. Nothing else in the run depends on the clock, so a resumed
    /// run makes the same files.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
    /// The id of the key from which contact ids were made; never the key itself.
    pub key_id: String,
    #[serde(default)]
    pub sources: Vec<SourceRecord>,
    /// Sources that the plan calls optional and that could not be read, or not to the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_sources: Vec<UnreadSource>,
    #[serde(default)]
    pub stages: BTreeMap<Stage, StageRecord>,
    /// Files of the run, by path within the run folder.
    #[serde(default)]
    pub artifacts: BTreeMap<String, Artifact>,
    /// The backups from before the run's first write, one for each database that it was loaded into.
    #[serde(default)]
    pub backups: Vec<Backup>,
    /// The cost of each verification that sent requests, in order.
    #[serde(default)]
    pub costs: Vec<Cost>,
    /// Files of corrected rejects that were applied, in order.
    #[serde(default)]
    pub fixes: Vec<Fix>,
    /// The people of the database when the run was last reported; none before that. The next run compares with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<PeopleCounts>,
}

/// A file of corrected rejects. It corrects rows of these exports, and of no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The file within the run folder.
    pub file: String,
    /// The digest of each source whose rows it corrects.
    pub sources: BTreeMap<String, Digest>,
}

impl Manifest {
    /// Returns the moment that counts as the time of the run: no statement in its exports is later.
    pub fn started_at(&self) -> Timestamp {
        self.read_at.unwrap_or(self.created_at)
    }

    /// Returns the mark by which consent statements refer to the run.
    pub fn run_mark(&self) -> RunMark {
        RunMark { id: self.run_id.as_str().into(), started_at: self.started_at() }
    }
}

/// An optional source that could not be read from its provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadSource {
    pub name: String,
    pub provider: String,
    /// Why, for people.
    pub why: String,
    /// Whether the source can hold refusals: nothing may be written to people without it.
    pub holds_refusals: bool,
    /// Whether an earlier reading of it was used instead.
    pub has_earlier: bool,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A source as the run read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    pub name: String,
    pub channel: model::Channel,
    pub profile: String,
    /// Its files, in the order in which they were read.
    pub files: Vec<FileRecord>,
    pub columns: Vec<String>,
    pub rows: u64,
    pub coverage: Coverage,
    /// How the columns were read.
    #[serde(default)]
    pub reading: ColumnReading,
}

/// How the columns of a source are read, judged by all its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnReading {
    /// `day-first` or `month-first`, by date field. A field with unambiguous dates is missing here.
    pub date_order: BTreeMap<String, String>,
    /// `international` or `national`: the form of digits without a plus sign.
    pub numbers: Option<String>,
    /// Whether countries are two-letter codes, so that `NA` is Namibia.
    pub has_region_codes: bool,
    /// The encodings of the files, each once.
    pub encodings: Vec<String>,
    /// The column names of each field.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// The values of one field of a source that were not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadField {
    /// Cells that are not empty.
    pub filled: u64,
    /// Cells whose value is not understood.
    pub unread: u64,
    /// The most common of those values that cannot be about one person, with counts.
    pub values: Vec<(String, u64)>,
    /// Cells with other values, which are not kept here.
    pub hidden: u64,
    /// Whether the share exceeds what the plan allows, so that the people of these rows are held back.
    pub is_over: bool,
}

/// One file of a source, or one member of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub path: PathBuf,
    /// The name of the file, and of the archive member.
    pub name: String,
    /// The digest of the file on disk.
    pub sha256: Digest,
    pub bytes: u64,
    /// A description of the file's format, for people.
    pub reading: String,
    pub rows: u64,
}

/// The coverage of a source, and its gaps. The same files always give the same report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Records, before those about several people were split into rows.
    pub records: u64,
    /// Records that the provider claims to hold, if the files say so.
    pub claimed: Option<u64>,
    /// The earliest and the latest date of the rows.
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// Rows without a date.
    pub undated: u64,
    /// Rows with an unreadable date.
    #[serde(default)]
    pub unreadable_dates: u64,
    /// Rows with a date without a time zone, which is read as UTC.
    pub zoneless: u64,
    /// Rows with a masked phone number, and rows with a removed message text.
    pub masked: u64,
    pub redacted: u64,
    /// Records that came again in overlapping pages, and were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeats: u64,
    /// What was read from the API of the provider; none for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled: Option<PullCoverage>,
    /// Rows that could not be read, by reason.
    pub unreadable: BTreeMap<String, u64>,
    pub findings: Vec<CoverageFinding>,
    /// Data that exports of this kind never show.
    pub gaps: Vec<String>,
    /// The signature: a keyed digest of all of the above, with the names and digests of the files.
    pub signature: String,
}

/// Something about the files of a source that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CoverageFinding {
    /// The provider counts another number of records than these files hold.
    RecordsMissing {
        claimed: u64,
        records: u64,
    },
    /// The last page names a next one, which is not among the files.
    NextPageMissing,
    /// The provider deletes what is older than `days`, so nothing before `earliest` can be in the export.
    KeptForDays {
        days: u32,
        earliest: Timestamp,
    },
    HeadersRepeated {
        n_lines: u64,
    },
    /// Rows with a quote inside a cell that does not begin with one.
    StrayQuotes {
        n_rows: u64,
    },
    DatesWithoutZone {
        n_dates: u64,
    },
    EncodingGuessed {
        file: String,
        encoding: String,
        other: String,
    },
    /// The file may be incomplete: its last line has no end.
    LastLineOpen {
        file: String,
    },
    SheetsNotRead {
        file: String,
        sheets: Vec<String>,
    },
    /// A file ends in the middle of a record.
    RecordCutOff,
}

impl SourceRecord {
    /// Returns the digest of all files together; for one file, its own digest.
    pub fn sha256(&self) -> Digest {
        match self.files.as_slice() {
            [one] => one.sha256,
            files => Digest::of_parts(
                files.iter().map(|it| it.sha256.to_string()).collect::<Vec<_>>().iter().map(String::as_bytes),
            ),
        }
    }

    /// Returns a description of the formats of the files, each once.
    pub fn reading(&self) -> String {
        let mut ways: Vec<&str> = self.files.iter().map(|it| it.reading.as_str()).collect();
        ways.dedup();
        match ways.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("{} files, {}", self.files.len(), several.first().copied().unwrap_or("empty")),
        }
    }

    /// Returns the file that contains a record.
    pub fn file_of(&self, record: u64) -> Option<&FileRecord> {
        let mut first = 1;
        self.files.iter().find(|it| {
            first += it.rows;
            record < first
        })
    }

    /// Returns the bytes that the signature of the coverage report covers.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let coverage = Coverage { signature: String::new(), ..self.coverage.clone() };
        let files: Vec<_> = self.files.iter().map(|it| (&it.name, it.sha256, it.rows)).collect();
        serde_json::to_vec(&(&self.name, &self.profile, self.rows, files, coverage)).unwrap_or_default()
    }
}

/// The record of a completed stage, with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// The digest of everything that the result depends on. If it changes, the stage must run again.
    pub inputs: Digest,
    pub counts: Counts,
    /// Rejected rows by source and reason code.
    #[serde(default)]
    pub rejects: BTreeMap<String, BTreeMap<String, u64>>,
    /// Kept rows with a warning, by warning.
    #[serde(default)]
    pub findings: BTreeMap<String, u64>,
    /// Counts of Viber users by how they were linked to phone numbers.
    #[serde(default)]
    pub links: BTreeMap<String, u64>,
    /// Possible duplicates, by what their contacts share.
    #[serde(default)]
    pub duplicates: BTreeMap<String, u64>,
    /// The quality of the lists, by source.
    #[serde(default)]
    pub list_quality: BTreeMap<String, ListQuality>,
    /// Values that were not understood, by source and field.
    #[serde(default)]
    pub unread: BTreeMap<String, BTreeMap<String, UnreadField>>,
    pub seconds: f64,
    /// The most memory that the program had used when the stage ended; 0 if unknown.
    #[serde(default)]
    pub peak_bytes: u64,
    /// The changes that loading made in the database; none before that.
    #[serde(default)]
    pub loaded: Option<LoadedCounts>,
    /// The sets of scenarios that were translated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenario_sets: Vec<ScenarioSetRecord>,
    /// The changes that translating made in the database; none before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_changes: Option<TemplateChanges>,
    pub finished_at: Timestamp,
}

/// New, changed and unchanged contacts of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadedCounts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
}

impl StageRecord {
    /// Returns the record of a stage without findings, duration and memory.
    pub fn new(inputs: Digest, counts: Counts, finished_at: Timestamp) -> Self {
        Self {
            inputs,
            counts,
            rejects: BTreeMap::new(),
            findings: BTreeMap::new(),
            links: BTreeMap::new(),
            duplicates: BTreeMap::new(),
            list_quality: BTreeMap::new(),
            unread: BTreeMap::new(),
            seconds: 0.0,
            peak_bytes: 0,
            loaded: None,
            scenario_sets: Vec::new(),
            template_changes: None,
            finished_at,
        }
    }
}

/// The requests and the cost of one verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    pub at: Timestamp,
    /// Checked numbers, counted once per check, including canaries.
    pub checks: u64,
    pub calls: u64,
    pub retries: u64,
    /// Contacts that were not checked, because an earlier answer is still valid.
    pub known_already: u64,
    pub calls_saved: u64,
    /// The price, in millionths of the currency.
    pub price_micros: u64,
    pub currency: String,
}

/// A file that a stage made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    pub sha256: Digest,
    pub bytes: u64,
    pub rows: u64,
}

/// The backup of the CRM database from before the run's first write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Backup {
    /// The database held no contacts, so there was nothing to copy.
    NothingToLose { at: Timestamp, database: String },
    /// The number of the backup in the folder `backups`, and of how many contacts it is. `database` is the id of the
    /// database that it is a copy of.
    Taken { at: Timestamp, database: String, number: u64, contacts: u64 },
}
