//! Compares two runs: who is new, gone, changed, and in another segment.
//!
//! Both files of contacts are in the order of ids, so they are read side by side. Segments are those that each run knew
//! when it ended: the statements of its own exports and of runs before it, and the ledgers of suppressions and of evidence
//! up to that moment.

mod moment;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use clean::Decisions;
use crm::Crm;
use jiff::Timestamp;
use model::{Contact, ContactId, FieldChange, Segment, Stage, field_changes};
use plan::Plan;
use run::formats::contacts::{self, ContactReader};
use run::{RunError, RunFolder};
use schemars::JsonSchema;
use serde::Serialize;

use crate::find_run::runs_of;
use crate::runs_diff::moment::RunMoment;

/// How many people are compared at once: their evidence and statements are read together.
const PAGE: usize = 4000;

/// Counts of the differences between two runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunsDiff {
    pub from: ComparedRun,
    pub to: ComparedRun,
    pub new: u64,
    pub gone: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// People of both runs by the fields that changed; one of several fields counts in each.
    pub fields: BTreeMap<String, u64>,
    /// People of both runs who are in another segment.
    pub moves: Vec<SegmentMove>,
    /// Whether segments were compared: there is a database.
    pub has_segments: bool,
}

/// A run as it is compared.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComparedRun {
    pub run_id: String,
    pub uid: String,
    pub contacts: u64,
    /// The end of the last stage of the run, for which its segments hold.
    pub at: Timestamp,
}

/// How many people moved from one segment to another.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SegmentMove {
    pub from: &'static str,
    pub to: &'static str,
    pub people: u64,
}

/// A person who differs between two runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PersonDiff {
    pub contact_id: String,
    pub e164: Option<String>,
    pub change: PersonChange,
    /// The contact that the person was merged into, of one who is gone.
    pub merged_into: Option<String>,
    /// The segments in both runs; none where the person is in one run only, or no database is there.
    pub segment_before: Option<&'static str>,
    pub segment_after: Option<&'static str>,
    pub fields: Vec<FieldChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonChange {
    New,
    Gone,
    /// In both runs, with other values or in another segment.
    Changed,
}

impl PersonChange {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

/// Compares two runs of a plan, by label or uid, and passes each person who differs to `each`, in the order of ids. Memory
/// does not grow with their number.
pub async fn diff_runs(
    plan: &Plan,
    [from, to]: [&str; 2],
    mut each: impl FnMut(PersonDiff) -> Result<()>,
) -> Result<RunsDiff> {
    let crm = Crm::look(&plan.crm_url()?).await?;
    let folders = [find(plan, crm.as_ref(), from).await?, find(plan, crm.as_ref(), to).await?];
    let [before, after] = &folders;
    if before.manifest.key_id != after.manifest.key_id {
        bail!("the runs were made with two contact keys, so the ids of one person differ: they cannot be compared");
    }
    let mut readers = [open(before)?, open(after)?];
    let moments = match &crm {
        Some(crm) => Some([RunMoment::of(plan, crm, before).await?, RunMoment::of(plan, crm, after).await?]),
        None => None,
    };
    let merges: Option<Decisions> = match &crm {
        Some(crm) => Some(crm.decisions().await?.into_iter().collect()),
        None => None,
    };
    let mut counting = Counting::new(&folders, &readers, moments.is_some());
    let mut people = Pairs { next: [readers[0].next().transpose()?, readers[1].next().transpose()?] };
    loop {
        let page = people.page(&mut readers)?;
        if page.is_empty() {
            return Ok(counting.finish());
        }
        let mut segments = vec![[None; 2]; page.len()];
        if let (Some(crm), Some(moments)) = (&crm, &moments) {
            moment::read_segments(crm, moments, &page, &mut segments).await?;
        }
        for (pair, segments) in page.iter().zip(segments) {
            if let Some(person) = counting.add(pair, segments, survivor(merges.as_ref(), pair)) {
                each(person)?;
            }
        }
    }
}

/// A person in both runs; none in the run that does not have them.
pub(crate) type Pair = [Option<Contact>; 2];

/// Finds a run that can be compared.
async fn find(plan: &Plan, crm: Option<&Crm>, id: &str) -> Result<RunFolder> {
    let folder = match (runs_of(plan).find(id), crm) {
        (Err(error @ RunError::UnknownRun { .. }), Some(crm)) => {
            let is_uid = |it: &String| id.len() >= 4 && it.starts_with(id);
            if crm.run_labels().await?.contains(id) || crm.run_uids().await?.iter().any(is_uid) {
                bail!(
                    "the database knows run {id}, but its folder is not there any more, as after `ferry runs prune`: only \
                     runs that `ferry runs` lists can be compared"
                );
            }
            return Err(error.into());
        }
        (found, _) => found?,
    };
    if !folder.manifest.stages.contains_key(&Stage::Clean) {
        let run_id = &folder.manifest.run_id;
        bail!("run {run_id} has no contacts yet, because it was not cleaned: run `ferry run` to go on with it");
    }
    Ok(folder)
}

fn open(folder: &RunFolder) -> Result<ContactReader> {
    folder.check_intact(contacts::ARTIFACT)?;
    let path = folder.path(contacts::ARTIFACT);
    let opened = ContactReader::open(&path, folder.manifest.run_mark());
    opened.with_context(|| format!("could not read the contacts of {}", folder.manifest.run_id))
}

/// The contacts of two runs, side by side.
struct Pairs {
    next: Pair,
}

impl Pairs {
    fn page(&mut self, readers: &mut [ContactReader; 2]) -> Result<Vec<Pair>, RunError> {
        let mut page = Vec::new();
        while page.len() < PAGE {
            let ids = self.next.each_ref().map(|it| it.as_ref().map(|it| it.id));
            let Some(id) = ids.iter().flatten().min() else { break };
            let mut pair = [None, None];
            for n in 0..2 {
                if ids[n].as_ref() == Some(id) {
                    pair[n] = std::mem::replace(&mut self.next[n], readers[n].next().transpose()?);
                }
            }
            page.push(pair);
        }
        Ok(page)
    }
}

/// Returns the contact that somebody who is gone was merged into.
fn survivor(merges: Option<&Decisions>, pair: &Pair) -> Option<ContactId> {
    let [Some(gone), None] = pair else { return None };
    Some(merges?.survivor(gone.id)).filter(|it| *it != gone.id)
}

struct Counting {
    diff: RunsDiff,
    moves: BTreeMap<[&'static str; 2], u64>,
}

impl Counting {
    fn new([from, to]: &[RunFolder; 2], [before, after]: &[ContactReader; 2], has_segments: bool) -> Self {
        let compared = |folder: &RunFolder, reader: &ContactReader| ComparedRun {
            run_id: folder.manifest.run_id.clone(),
            uid: folder.manifest.uid.clone(),
            contacts: reader.n_contacts(),
            at: moment::end_of(folder),
        };
        let diff = RunsDiff {
            from: compared(from, before),
            to: compared(to, after),
            new: 0,
            gone: 0,
            changed: 0,
            unchanged: 0,
            fields: BTreeMap::new(),
            moves: Vec::new(),
            has_segments,
        };
        Self { diff, moves: BTreeMap::new() }
    }

    /// Counts a person, and returns how they differ; none if they do not.
    fn add(&mut self, pair: &Pair, segments: [Option<Segment>; 2], survivor: Option<ContactId>) -> Option<PersonDiff> {
        let diff = &mut self.diff;
        let segments = segments.map(|it| it.map(Segment::name));
        let (change, fields) = match pair {
            [Some(before), Some(after)] => (PersonChange::Changed, field_changes(before, after)),
            [None, _] => (PersonChange::New, Vec::new()),
            [Some(_), None] => (PersonChange::Gone, Vec::new()),
        };
        match (change, segments) {
            (PersonChange::New, _) => diff.new += 1,
            (PersonChange::Gone, _) => diff.gone += 1,
            (PersonChange::Changed, [before, after]) if fields.is_empty() && before == after => {
                diff.unchanged += 1;
                return None;
            }
            (PersonChange::Changed, [before, after]) => {
                diff.changed += 1;
                if let ([Some(before), Some(after)], true) = ([before, after], before != after) {
                    *self.moves.entry([before, after]).or_default() += 1;
                }
            }
        }
        for field in &fields {
            *diff.fields.entry(field.field.clone()).or_default() += 1;
        }
        let [before, after] = pair;
        let person = after.as_ref().or(before.as_ref())?;
        let [segment_before, segment_after] = segments;
        Some(PersonDiff {
            contact_id: person.id.to_string(),
            e164: person.phone.map(|it| it.to_string()),
            change,
            merged_into: survivor.map(|it| it.to_string()),
            segment_before,
            segment_after,
            fields,
        })
    }

    fn finish(mut self) -> RunsDiff {
        let moves = self.moves.into_iter().map(|([from, to], people)| SegmentMove { from, to, people });
        self.diff.moves = moves.collect();
        self.diff
    }
}
