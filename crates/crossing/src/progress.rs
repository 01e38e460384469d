//! What happens while a run works, as values. Whoever shows it finds the words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use model::{Answer, Counts};
use run::Bill;
use verify::Verdict;

use crate::estimate::Ask;

/// A piece of work that is shown by a bar and ends with one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    Extract,
    Clean,
    /// The second half of cleaning, over the same rows.
    Merge,
    Backup,
    Verify,
    Load,
    /// Templates go to an account.
    Submit,
}

/// Something that has happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A task begins. `total` is the number of its rows, contacts or templates; 0 if it is not known.
    Began {
        task: Task,
        total: u64,
    },
    Advanced {
        task: Task,
        n: u64,
    },
    /// A task goes through the same things once more, as `now`.
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

/// What came of a task.
#[derive(Clone, Debug)]
pub enum Outcome {
    Extracted(Vec<ExtractedSource>),
    Cleaned(Counts),
    BackedUp {
        n_contacts: u64,
    },
    Verified(VerifyTotals),
    /// `n_absorbed` contacts were known by their Viber id alone and have a phone now.
    Loaded {
        inserted: u64,
        updated: u64,
        unchanged: u64,
        n_absorbed: u64,
    },
    Submitted {
        n_templates: u64,
    },
}

/// A source that was extracted. `reading` says in which form it is.
#[derive(Clone, Debug)]
pub struct ExtractedSource {
    pub name: String,
    pub n_rows: u64,
    pub reading: String,
    pub is_empty: bool,
}

/// What came of a verification.
#[derive(Clone, Debug)]
pub struct VerifyTotals {
    pub answers: BTreeMap<Answer, u64>,
    /// None where answers come from files.
    pub bill: Option<Bill>,
    /// How many numbers are left, about, after a failure.
    pub n_left: Option<u64>,
    /// Batches that were not counted because every answer was the same.
    pub doubts: BTreeMap<Answer, u64>,
}

/// Something to know that is no task.
#[derive(Clone, Debug)]
pub enum Note {
    AlreadyDone(Task),
    /// The statements of earlier imports were read by the words of this plan, and so many contacts changed.
    StatementsReread {
        n_contacts: u64,
    },
    WillAsk(Ask),
    /// The answers of the provider are worth nothing, so no batch is sent.
    NotAsked(Verdict),
    /// The provider of this name is unofficial.
    Unofficial {
        adapter: &'static str,
    },
    AnswersRead(AnswersRead),
    /// Contacts were merged because WhatsApp has both spellings of their numbers as one account.
    SpellingsMerged {
        n_contacts: u64,
    },
}

/// What files of answers hold.
#[derive(Clone, Debug)]
pub struct AnswersRead {
    pub n_lines: u64,
    pub n_numbers: u64,
    /// Lines that say nothing about anybody, by what they are.
    pub silent: BTreeMap<&'static str, u64>,
    pub n_rejected: u64,
    /// Where rejected lines are listed, within the run folder.
    pub rejects: &'static str,
}

/// Takes events, from any thread.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Event) + Send + Sync>);

/// The progress of one task.
pub struct Work {
    progress: Progress,
    task: Task,
    started: Instant,
}

impl Task {
    pub fn name(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Clean => "clean",
            Self::Merge => "merge",
            Self::Backup => "backup",
            Self::Verify => "verify",
            Self::Load => "load",
            Self::Submit => "submit",
        }
    }
}

impl Progress {
    pub fn new(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Begins a task on `total` things; 0 if nobody knows.
    pub fn begin(&self, task: Task, total: u64) -> Work {
        self.begin_at(task, total, Instant::now())
    }

    /// The same for a task of which a part was done before.
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

    /// Goes through the same things once more; at the end it is one task.
    pub fn again(&self, now: Task) {
        self.progress.0(Event::Again { task: self.task, now });
    }

    pub fn end(self, outcome: Outcome) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.progress.0(Event::Ended { task: self.task, outcome, seconds });
    }
}
