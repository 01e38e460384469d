use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use model::{Counts, Digest, RunMark, Stage};
use serde::{Deserialize, Serialize};

/// What a run is made of and what it has made. Holds no personal data and no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    pub run_id: String,
    /// The plan file, as an absolute path.
    pub plan: PathBuf,
    pub tool: String,
    /// When the run was begun first.
    pub created_at: Timestamp,
    /// When its exports were read last; none before that. Nothing else about it depends on the clock, so a run that is
    /// resumed gives the same files.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
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
    /// Of each verification that asked somebody, in their order.
    #[serde(default)]
    pub bills: Vec<Bill>,
    /// Files of corrected rejects that were taken in, in their order.
    #[serde(default)]
    pub fixes: Vec<String>,
}

impl Manifest {
    /// The moment that counts as that of the run: nothing in its exports was said later.
    pub fn started_at(&self) -> Timestamp {
        self.read_at.unwrap_or(self.created_at)
    }

    /// The run, as statements about consent name it.
    pub fn run_mark(&self) -> RunMark {
        RunMark { id: self.run_id.as_str().into(), started_at: self.started_at() }
    }
}

/// A source as it was when the run read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    pub name: String,
    pub channel: model::Channel,
    pub profile: String,
    /// In the order in which they were read.
    pub files: Vec<FileRecord>,
    pub columns: Vec<String>,
    pub rows: u64,
    pub coverage: Coverage,
    /// How its columns were read.
    #[serde(default)]
    pub reading: ColumnReading,
}

/// How the columns of a source are read, judged by all its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnReading {
    /// `day-first` or `month-first`, by field of dates; a field whose dates can be read only one way is not there.
    pub date_order: BTreeMap<String, String>,
    /// `international` or `national`: how digits without a plus sign were meant.
    pub numbers: Option<String>,
    /// Its countries are two-letter codes, so that `NA` is Namibia.
    pub has_region_codes: bool,
    /// The encodings of its files, each once.
    pub encodings: Vec<String>,
    /// The names of the columns of each field.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// The values of one field of a source that were not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadField {
    /// Cells that hold something.
    pub filled: u64,
    /// Cells that hold something that is not understood.
    pub unread: u64,
    /// The commonest of those values that cannot be about one person, and how often each was seen.
    pub values: Vec<(String, u64)>,
    /// Cells with other values, which are not written here.
    pub hidden: u64,
    /// The share is over what the plan allows, so the people of these rows are held back.
    pub is_over: bool,
}

/// One file of a source, or one member of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub path: PathBuf,
    /// The file's name, and the member's.
    pub name: String,
    /// Of the file as it stands on the disk.
    pub sha256: Digest,
    pub bytes: u64,
    /// How it was read, for people.
    pub reading: String,
    pub rows: u64,
}

/// What a source covers, and what it cannot: the same files give the same certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Records, before those that speak of several people were made several rows.
    pub records: u64,
    /// How many the provider says that it holds, where the files say so.
    pub claimed: Option<u64>,
    /// The dates of the rows.
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// Rows without a date.
    pub undated: u64,
    /// Rows whose date cannot be read.
    #[serde(default)]
    pub unreadable_dates: u64,
    /// Rows whose date says nothing of its time zone: UTC is assumed.
    pub zoneless: u64,
    /// Rows with digits of the phone number masked, and with the text of the message taken away.
    pub masked: u64,
    pub redacted: u64,
    /// Rows that could not be read, by reason.
    pub unreadable: BTreeMap<String, u64>,
    /// What was noticed in these files.
    pub findings: Vec<String>,
    /// What exports of this kind never show.
    pub gaps: Vec<String>,
    /// A keyed digest of all of the above, with the names and digests of the files.
    pub seal: String,
}

impl SourceRecord {
    /// The digest of all files together; of one file its own.
    pub fn sha256(&self) -> Digest {
        match self.files.as_slice() {
            [one] => one.sha256,
            files => Digest::of_parts(
                files.iter().map(|it| it.sha256.to_string()).collect::<Vec<_>>().iter().map(String::as_bytes),
            ),
        }
    }

    /// How its files were read, each way once.
    pub fn reading(&self) -> String {
        let mut ways: Vec<&str> = self.files.iter().map(|it| it.reading.as_str()).collect();
        ways.dedup();
        match ways.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("{} files, {}", self.files.len(), several.first().copied().unwrap_or("empty")),
        }
    }

    /// The file in which a record stands.
    pub fn file_of(&self, record: u64) -> Option<&FileRecord> {
        let mut first = 1;
        self.files.iter().find(|it| {
            first += it.rows;
            record < first
        })
    }

    /// What the seal of its coverage is made of.
    pub fn sealed_bytes(&self) -> Vec<u8> {
        let coverage = Coverage { seal: String::new(), ..self.coverage.clone() };
        let files: Vec<_> = self.files.iter().map(|it| (&it.name, it.sha256, it.rows)).collect();
        serde_json::to_vec(&(&self.name, &self.profile, self.rows, files, coverage)).unwrap_or_default()
    }
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
    /// How Viber users and phone numbers came together, in users.
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
    /// The most memory that the program had taken when the stage ended; 0 if nobody knows.
    #[serde(default)]
    pub peak_bytes: u64,
    pub finished_at: Timestamp,
}

/// What a provider was asked in one verification, and what that costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    pub at: Timestamp,
    /// Numbers asked about, each as often as it was, those among them that only try the provider.
    pub checks: u64,
    pub calls: u64,
    pub retries: u64,
    /// Contacts that were not asked about, because an answer of before still holds.
    pub known_already: u64,
    pub calls_saved: u64,
    /// In millionths of the currency.
    pub price_micros: u64,
    pub currency: String,
}

/// What the rows of a source say of the quality of their list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuality {
    /// Rows with a phone number, valid or not.
    pub phones: u64,
    pub invalid: u64,
    /// Valid numbers that stand in sequences.
    pub in_sequence: u64,
    /// Valid and invalid numbers by country; `--` where nothing says which.
    pub countries: BTreeMap<String, [u64; 2]>,
    /// What is suspicious, in words.
    pub findings: Vec<String>,
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
    /// Files within the run folder, each with its digest, and how many contacts they hold. `schema` is the version of the
    /// tables; manifests once did not say it.
    Taken {
        at: Timestamp,
        files: BTreeMap<String, Artifact>,
        contacts: u64,
        #[serde(default)]
        schema: Option<String>,
    },
}
