//! What a report is about: the run, the database, and the words for them.

use crm::Registrations;
use crossing::{BatchState, OpenRun, RunReport};
use model::{Segment, printable};
use run::{Manifest, SourceRecord, StageRecord};

use crate::commands::Commands;
use crate::words::Words;

/// The run, its database, and the words and commands to report on them.
pub(crate) struct Facts<'a> {
    pub(crate) words: &'static Words,
    pub(crate) commands: Commands,
    pub(crate) report: &'a RunReport,
    pub(crate) manifest: &'a Manifest,
    pub(crate) cleaned: &'a StageRecord,
    pub(crate) registrations: &'a Registrations,
    pub(crate) batches: &'a [BatchState],
    /// Whether the plan has a verifier.
    pub(crate) has_verifier: bool,
}

impl<'a> Facts<'a> {
    /// None before the run is cleaned, and where the database was not read.
    pub(crate) fn of(run: &'a OpenRun, report: &'a RunReport) -> Option<Self> {
        let manifest = &run.folder.manifest;
        let database = report.database.as_ref()?;
        Some(Self {
            words: crate::words::words(run.plan.report.language),
            commands: Commands::of(run),
            report,
            manifest,
            cleaned: manifest.stages.get(&model::Stage::Clean)?,
            registrations: &database.registrations,
            batches: &database.batches,
            has_verifier: run.plan.verify.is_some(),
        })
    }

    /// Whether anyone in the database was ever checked.
    pub(crate) fn is_verified(&self) -> bool {
        !self.registrations.sources.is_empty()
    }

    /// How many people are in a segment.
    pub(crate) fn people_in(&self, segment: Segment) -> u64 {
        self.registrations.people_in(segment)
    }

    /// How many people are in the database.
    pub(crate) fn people(&self) -> u64 {
        self.registrations.segments.values().sum()
    }

    /// People on WhatsApp without a refusal and without consent to WhatsApp.
    pub(crate) fn can_be_invited(&self) -> u64 {
        self.registrations.can_be_invited()
    }

    /// People who may be messaged: neither refusal, suppression, hold nor an unclear statement keeps them out.
    pub(crate) fn allowed(&self) -> u64 {
        Segment::ALL.into_iter().filter(|it| it.can_be_chosen()).map(|it| self.people_in(it)).sum()
    }

    /// The file of a source, as people know it, with the name of the source where that says more. A source of an earlier
    /// run has its name alone.
    pub(crate) fn file_of(&self, source: &str) -> String {
        match self.manifest.sources.iter().find(|it| it.name == source) {
            Some(source) => self.files(source),
            None => source.to_owned(),
        }
    }

    pub(crate) fn files(&self, source: &SourceRecord) -> String {
        let files = match source.files.as_slice() {
            [only] => printable(&only.name).into_owned(),
            several => self.words.counted(&self.words.coverage.files, several.len() as u64),
        };
        let stem = files.rsplit_once('.').map_or(files.as_str(), |it| it.0);
        if stem == source.name { files } else { format!("{files} ({})", source.name) }
    }
}
