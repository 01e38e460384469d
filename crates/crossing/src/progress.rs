//! Progress events of a run, as values. The listener chooses the wording.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crm::Reread;
use jiff::Timestamp;
use model::{Answer, Counts};
use pull::PulledSource;
use run::{Cost, TemplateChanges};
use verify::{Mismatches, Verdict};

use crate::estimate::PlannedChecks;

/// A task that is shown as a progress bar and ends with one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    Translate,
    /// Keeps scenarios and templates in the database.
    KeepScenarios,
    /// Reads sources from the APIs of their providers.
    Pull,
    Extract,
    Clean,
    /// The second half of cleaning, over the same rows.
    Merge,
    Backup,
    Verify,
    Load,
    /// Sends templates to an account.
    Submit,
    /// Imports statements about consent.
    ImportStatements,
}

/// A progress event.
#[derive(Clone, Debug)]
pub enum Event {
    /// A task begins. `total` is the number of its rows, contacts or templates; 0 if unknown.
    Began {
        task: Task,
        total: u64,
    },
    Advanced {
        task: Task,
        n: u64,
    },
    /// A task is estimated to have so many items.
    Expected {
        task: Task,
        total: u64,
    },
    /// A task goes through the same items again, under the name `now`.
    Again {
        task: Task,
        now: Task,
    },
    Ended {
        task: Task,
        outcome: Outcome,
        seconds: f64,
    },
    Noted(Note),
}

/// The result of a task.
#[derive(Clone, Debug)]
pub enum Outcome {
    Extracted(Vec<ExtractedSource>),
    /// Sources that were read from providers, and how many could not be read to the end.
    Pulled {
        sources: Vec<PulledSource>,
        n_failed: usize,
    },
    Cleaned(Counts),
    BackedUp {
        n_contacts: u64,
    },
    Verified(VerifyTotals),
    /// `n_absorbed` contacts were known only by their Viber id and now have a phone.
    Loaded {
        inserted: u64,
        updated: u64,
        unchanged: u64,
        n_absorbed: u64,
    },
    Submitted {
        n_templates: u64,
    },
    /// The rows of a file of statements.
    StatementsRead {
        n_rows: u64,
    },
    Translated {
        n_scenarios: u64,
        n_templates: u64,
    },
    /// Templates that changed in the database.
    Kept(TemplateChanges),
}

/// An extracted source. `reading` describes its format.
#[derive(Clone, Debug)]
pub struct ExtractedSource {
    pub name: String,
    pub n_rows: u64,
    pub reading: String,
    pub is_empty: bool,
}

/// The result of a verification.
#[derive(Clone, Debug)]
pub struct VerifyTotals {
    pub answers: BTreeMap<Answer, u64>,
    /// None if answers come from files.
    pub cost: Option<Cost>,
    /// Approximate count of numbers not yet checked, after a failure.
    pub n_left: Option<u64>,
    /// Batches that were not counted because every answer was the same.
    pub doubts: BTreeMap<Answer, u64>,
    pub mismatches: Mismatches,
}

/// A message that belongs to no task.
#[derive(Clone, Debug)]
pub enum Note {
    /// Corrections of an earlier run are applied to rows with the same content.
    TookOverCorrections {
        run_id: String,
    },
    AlreadyDone(Task),
    /// An optional source could not be read, so the run goes on without it, or with what was read before.
    SourceUnread(run::UnreadSource),
    /// A source failed, besides the one with whose error the command ends.
    SourceFailed {
        text: String,
    },
    /// A provider is not called until `until`.
    SourceWaits {
        name: String,
        length: Duration,
        is_asked_for: bool,
        until: Timestamp,
    },
    /// The run was begun before and is continued. If it is finished, its exports have nothing new.
    Continues {
        run_id: String,
        is_finished: bool,
    },
    /// The first contact key was made.
    /// The first key of the suppression list was made in this file.
    SuppressionKeyMade {
        path: PathBuf,
    },
    KeyMade {
        path: PathBuf,
    },
    /// A run was begun later than now: the clock of one of the machines is wrong.
    ClockBehind {
        run_id: String,
        at: Timestamp,
    },
    /// Statements of earlier imports were read again by the words and the rule of this plan.
    StatementsReread(Reread),
    WillCheck(PlannedChecks),
    /// The provider failed the canary test, so no batch is sent.
    NotAsked(Verdict),
    /// The provider with this name is unofficial.
    Unofficial {
        adapter: &'static str,
    },
    AnswersRead(AnswersRead),
    /// No call is made until `until`: the provider asks for it, or keeps failing.
    Waits {
        task: Task,
        length: Duration,
        /// Whether the provider asked for it, with 429 or `Retry-After`.
        is_asked_for: bool,
        until: Timestamp,
    },
    /// A sample of media is uploaded; `offset` bytes of it have arrived before.
    Uploads {
        file: String,
        n_bytes: u64,
        offset: u64,
    },
    /// Another run has the right to load into the database. If its process is dead, that ends within a minute.
    WaitsForLease {
        holder: String,
        since: Timestamp,
    },
    /// Contacts were merged because WhatsApp knows both variants of their numbers as one account.
    SpellingsMerged {
        n_contacts: u64,
    },
}

/// The content of answer files.
#[derive(Clone, Debug)]
pub struct AnswersRead {
    pub n_lines: u64,
    pub n_numbers: u64,
    /// Lines that give no answer about any number, by what they are.
    pub silent: BTreeMap<&'static str, u64>,
    pub n_rejected: u64,
    /// The list of rejected lines, within the run folder.
    pub rejects: &'static str,
}

/// Receives events, from any thread.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Event) + Send + Sync>);

/// Reports the progress of one task.
pub struct Work {
    progress: Progress,
    task: Task,
    started: Instant,
}

impl Task {
    pub fn name(self) -> &'static str {
        match self {
            Self::Translate => "translate",
            Self::KeepScenarios => "templates",
            Self::Pull => "pull",
            Self::Extract => "extract",
            Self::Clean => "clean",
            Self::Merge => "merge",
            Self::Backup => "backup",
            Self::Verify => "verify",
            Self::Load => "load",
            Self::Submit => "submit",
            Self::ImportStatements => "consent",
        }
    }
}

impl Progress {
    pub fn new(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Begins a task on `total` items; 0 if unknown.
    pub fn begin(&self, task: Task, total: u64) -> Work {
        self.begin_at(task, total, Instant::now())
    }

    /// Begins a task of which a part is already done; `started` is when that part began.
    pub fn begin_at(&self, task: Task, total: u64, started: Instant) -> Work {
        self.0(Event::Began { task, total });
        Work { progress: self.clone(), task, started }
    }

    pub fn note(&self, note: Note) {
        self.0(Event::Noted(note));
    }
}

impl Work {
    pub fn advance(&self, n: u64) {
        self.progress.0(Event::Advanced { task: self.task, n });
    }

    /// Says how many items there will probably be.
    pub fn expect(&self, total: u64) {
        self.progress.0(Event::Expected { task: self.task, total });
    }

    /// Goes through the same items again, as part of the same task.
    pub fn again(&self, now: Task) {
        self.progress.0(Event::Again { task: self.task, now });
    }

    pub fn end(self, outcome: Outcome) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.progress.0(Event::Ended { task: self.task, outcome, seconds });
    }
}
