//! What a run did, for people and for machines.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use crm::{Loaded, Registrations};
use model::{Answer, Counts, Reason, Segment, Stage};
use run::{Bill, SourceRecord};
use serde::Serialize;

use crate::commands::Output;
use crate::exit::Exit;
use crate::plan::VerifySection;
use crate::progress::grouped;
use crate::session::{Session, shown};
use crate::stages::load::described;
use crate::stages::verify::{Estimate, bill_text, uninformative};
use crate::unread::{self, UnreadBySource};

/// What a run did, or would do.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) run_id: String,
    pub(crate) run_dir: String,
    pub(crate) dry_run: bool,
    pub(crate) sources: Vec<SourceSummary>,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Rejected rows by reason code.
    pub(crate) rejects: BTreeMap<String, u64>,
    pub(crate) reject_rate: f64,
    pub(crate) max_reject_rate: f64,
    /// Values that were not understood, by source and field.
    pub(crate) not_understood: UnreadBySource,
    /// Doubtful encodings, and sources of which most rows give no contact, in words.
    pub(crate) warnings: Vec<String>,
    /// Whether more was not understood than the plan allows, so that people are held back.
    pub(crate) is_over_unreadable: bool,
    /// What is suspicious about the lists, by source.
    pub(crate) list_findings: BTreeMap<String, Vec<String>>,
    /// How Viber users and phone numbers came together.
    pub(crate) links: BTreeMap<String, u64>,
    /// What ties several contacts together, for a person to settle.
    pub(crate) ties: BTreeMap<String, u64>,
    pub(crate) contacts: u64,
    pub(crate) batches: u64,
    /// Contacts of the database by registration; none if the plan has no verifier.
    pub(crate) registration: Option<BTreeMap<&'static str, u64>>,
    /// Contacts of the database by what can be done with them; none if the plan has no verifier.
    pub(crate) segments: Option<BTreeMap<&'static str, u64>>,
    /// Of those that are ready, how many have consent to WhatsApp on record.
    pub(crate) ready_with_consent: u64,
    pub(crate) provider_is_informative: Option<bool>,
    /// Why it is not.
    pub(crate) uninformative: Option<&'static str>,
    /// What was asked now, and what it costs.
    pub(crate) bill: Option<Bill>,
    /// What a dry run would ask.
    pub(crate) estimate: Option<Estimate>,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    /// Of the changed contacts, how many have another value, by field.
    pub(crate) changed_fields: BTreeMap<&'static str, u64>,
    /// Edits made in the CRM that the import would have changed, by field; they stay.
    pub(crate) conflicts: BTreeMap<&'static str, u64>,
    pub(crate) report: Option<String>,
}

/// A source in a summary.
#[derive(Debug, Serialize)]
pub(crate) struct SourceSummary {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) profile: String,
    pub(crate) reading: String,
    pub(crate) coverage: run::Coverage,
}

impl Summary {
    pub(crate) fn of(session: &Session, registrations: &Registrations, bill: Option<Bill>, loaded: Loaded) -> Self {
        let verified = session.folder.manifest.stages.get(&Stage::Verify);
        let has_verifier = session.plan.verify.is_some();
        let mut by_answer = BTreeMap::new();
        for ((_, answer), n) in &registrations.countries {
            *by_answer.entry(answer.map_or("not_asked", Answer::name)).or_default() += n;
        }
        let segments = registrations.segments.iter().map(|(segment, n)| (segment.name(), *n)).collect();
        Self {
            registration: Some(by_answer).filter(|_| has_verifier),
            segments: Some(segments).filter(|_| has_verifier),
            ready_with_consent: registrations.ready_with_consent,
            bill,
            provider_is_informative: verified.map(|it| uninformative(it).is_none()),
            uninformative: verified.and_then(uninformative),
            report: Some(shown(&session.folder.path("report.html"))),
            ..Self::of_dry_run(session, loaded)
        }
    }

    pub(crate) fn of_dry_run(session: &Session, loaded: Loaded) -> Self {
        let manifest = &session.folder.manifest;
        let cleaned = manifest.stages.get(&Stage::Clean);
        let counts = cleaned.map(|it| it.counts).unwrap_or_default();
        let mut rejects = BTreeMap::new();
        for (reason, n) in cleaned.iter().flat_map(|it| it.rejects.values()).flatten() {
            *rejects.entry(reason.clone()).or_default() += n;
        }
        let sources = manifest.sources.iter().map(|it| SourceSummary {
            name: it.name.clone(),
            rows: it.rows,
            profile: it.profile.clone(),
            reading: it.reading(),
            coverage: it.coverage.clone(),
        });
        Self {
            run_id: session.run_id().to_owned(),
            run_dir: shown(session.folder.dir()),
            dry_run: session.is_dry_run,
            sources: sources.collect(),
            counts,
            reject_rate: share(n_faults(&rejects), counts.rows_in),
            rejects,
            warnings: session
                .doubts()
                .into_iter()
                .chain(cleaned.map(|it| warnings(&manifest.sources, &it.rejects)).unwrap_or_default())
                .collect(),
            is_over_unreadable: cleaned.is_some_and(|it| unread::is_over(&it.unread)),
            not_understood: cleaned.map(|it| it.unread.clone()).unwrap_or_default(),
            list_findings: cleaned
                .iter()
                .flat_map(|it| &it.lists)
                .filter(|it| !it.1.findings.is_empty())
                .map(|(name, list)| (name.clone(), list.findings.clone()))
                .collect(),
            links: cleaned.map(|it| it.links.clone()).unwrap_or_default(),
            ties: cleaned.map(|it| it.ties.clone()).unwrap_or_default(),
            max_reject_rate: session.plan.gates.max_reject_rate,
            contacts: counts.kept,
            batches: counts.kept.div_ceil(session.plan.batch_size() as u64),
            registration: None,
            segments: None,
            ready_with_consent: 0,
            bill: None,
            estimate: None,
            provider_is_informative: None,
            uninformative: None,
            inserted: loaded.inserted,
            updated: loaded.updated,
            unchanged: loaded.unchanged,
            changed_fields: loaded.fields,
            conflicts: loaded.conflicts.iter().fold(BTreeMap::new(), |mut counts, it| {
                *counts.entry(it.1).or_default() += 1;
                counts
            }),
            report: None,
        }
    }

    /// How the program ends after this.
    pub(crate) fn exit(&self) -> Exit {
        match self.reject_rate > self.max_reject_rate || self.is_over_unreadable {
            true => Exit::Rejects,
            false => self.exit_of_verification(),
        }
    }

    fn exit_of_verification(&self) -> Exit {
        self.uninformative.map_or(Exit::Done, |_| Exit::Unverified)
    }

    /// Prints what is known of registrations, or what would be asked.
    pub(crate) fn print_verified(&self, session: &Session, output: Output) -> Result<Exit> {
        let value = serde_json::json!({
            "registration": self.registration, "segments": self.segments,
            "provider_is_informative": self.provider_is_informative, "bill": self.bill, "estimate": self.estimate,
        });
        let estimate = session.plan.verify.as_ref().zip(self.estimate);
        let estimate = estimate.map(|(section, it)| format!("{:10} {}\n", "would ask", it.text(section)));
        output.print(&value, || estimate.unwrap_or_default() + &self.verified_text())?;
        Ok(self.exit_of_verification())
    }

    /// What is known of registrations, in words; empty if the plan has no verifier.
    fn verified_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, rest: String| {
            let _ = writeln!(text, "{name:10} {rest}");
        };
        if let Some(registration) = self.registration.as_ref().filter(|it| !it.is_empty()) {
            let parts: Vec<String> =
                registration.iter().map(|(answer, n)| format!("{} {answer}", grouped(*n))).collect();
            line("WhatsApp", parts.join(", "));
        }
        if let Some(why) = self.uninformative {
            line("", format!("{why}, so it was asked no further"));
        }
        if let Some(segments) = self.segments.as_ref().filter(|it| !it.is_empty()) {
            let parts: Vec<String> = segments.iter().map(|(segment, n)| format!("{} {segment}", grouped(*n))).collect();
            line("segments", format!("{}: `ferry export segment NAME` writes one", parts.join(", ")));
            if let Some(ready) = segments.get(Segment::Ready.name()).filter(|it| **it > 0) {
                let (with, without) = (self.ready_with_consent, *ready - self.ready_with_consent);
                line(
                    "",
                    format!(
                        "of the ready {} have consent to WhatsApp on record; {} have none and can be invited",
                        grouped(with),
                        grouped(without)
                    ),
                );
            }
        }
        match &self.bill {
            Some(bill) => line("asked", bill_text(bill)),
            None if self.registration.is_some() => line("asked", "nobody".to_owned()),
            None => {}
        }
        text
    }

    /// The summary in words.
    pub(crate) fn text(&self, verifier: Option<&VerifySection>) -> String {
        let mut text = String::new();
        let Counts { rows_in, kept, merged, rejected, suppressed } = self.counts;
        let mut line = |name: &str, rest: String| {
            let _ = writeln!(text, "{name:10} {rest}");
        };
        line("run", format!("{} in {}", self.run_id, self.run_dir));
        for source in &self.sources {
            let rows = grouped(source.rows);
            let window = crate::coverage::lines(&source.coverage, source.rows).swap_remove(0);
            line("source", format!("{}: {rows} rows, {window}", source.name));
        }
        line(
            "rows",
            format!(
                "{} in = {} kept + {} merged + {} rejected + {} suppressed",
                grouped(rows_in),
                grouped(kept),
                grouped(merged),
                grouped(rejected),
                grouped(suppressed)
            ),
        );
        for (code, n) in &self.rejects {
            let why = Reason::from_code(code).map_or("", Reason::describe);
            line("rejected", format!("{:>7} {code}: {why}", grouped(*n)));
        }
        self.warnings.iter().for_each(|it| line("warning", it.clone()));
        for (source, fields) in &self.not_understood {
            for (field, values) in fields {
                line("not read", unread::line(source, field, values));
                let held = if values.is_over { "; over max_unreadable: these people are held back" } else { "" };
                line("", format!("{}{held}", unread::remedy(field)));
            }
        }
        if !self.not_understood.is_empty() {
            line("", "`ferry unreadable` lists all values".to_owned());
        }
        for (name, findings) in &self.list_findings {
            findings.iter().for_each(|it| line("list", format!("{name}: {it}")));
        }
        if self.links.values().any(|it| *it > 0) {
            let n = |name: &str| grouped(self.links.get(name).copied().unwrap_or(0));
            line(
                "Viber",
                format!(
                    "{} users linked to a phone by a row, {} by a card, {} unlinked, {} ambiguous",
                    n("linked_by_row"),
                    n("linked_by_card"),
                    n("unlinked"),
                    n("ambiguous")
                ),
            );
        }
        if !self.ties.is_empty() {
            line(
                "ties",
                format!("{}: see clean/ties.csv, and `ferry merge` or `ferry unmerge --never`", ties(&self.ties)),
            );
        }
        text += &self.verified_text();
        let mut line = |name: &str, rest: String| {
            let _ = writeln!(text, "{name:10} {rest}");
        };
        let (inserted, updated, unchanged) = (self.inserted, self.updated, self.unchanged);
        let loaded = described(&Loaded { inserted, updated, unchanged, ..Loaded::default() });
        match self.dry_run {
            true => {
                if let Some((verifier, estimate)) = verifier.zip(self.estimate) {
                    line("would ask", estimate.text(verifier));
                }
                line("would load", format!("{} contacts: {loaded}", grouped(self.contacts)));
                line("", "nothing was written outside the run folder".into());
            }
            false if self.inserted + self.updated == 0 => line("contacts", format!("{loaded}: nothing changed")),
            false => line("contacts", loaded),
        }
        if !self.changed_fields.is_empty() {
            let fields: Vec<String> =
                self.changed_fields.iter().map(|(field, n)| format!("{field} {}", grouped(*n))).collect();
            line("changed", fields.join(", "));
        }
        if !self.conflicts.is_empty() {
            let fields: Vec<String> =
                self.conflicts.iter().map(|(field, n)| format!("{field} {}", grouped(*n))).collect();
            line(
                "conflicts",
                format!("{}: edited in the CRM, so the edit stays, but for new refusals", fields.join(", ")),
            );
        }
        if let Some(report) = &self.report {
            line("report", report.clone());
        }
        if self.reject_rate > self.max_reject_rate {
            line(
                "rejects",
                format!(
                    "{:.1} % of the rows, over the {:.1} % of the plan: see clean/rejects.csv",
                    self.reject_rate * 100.0,
                    self.max_reject_rate * 100.0
                ),
            );
        }
        text
    }
}

/// `1 Viber user and 2 e-mail addresses each tie several contacts`
pub(crate) fn ties(ties: &BTreeMap<String, u64>) -> String {
    let part = |(kind, n): (&String, &u64)| match (kind.as_str(), n) {
        ("viber", 1) => "1 Viber user".to_owned(),
        ("viber", n) => format!("{} Viber users", grouped(*n)),
        (_, 1) => "1 e-mail address".to_owned(),
        (_, n) => format!("{} e-mail addresses", grouped(*n)),
    };
    let parts: Vec<String> = ties.iter().rev().map(part).collect();
    let verb = if ties.values().sum::<u64>() == 1 { "ties" } else { "tie" };
    format!("{} {verb} several contacts", parts.join(" and "))
}

/// A source of which this share of rows and more gives no contact is warned of, whatever the reasons.
const MOST_GIVE_NONE: f64 = 0.5;

/// Sources of which most rows give no contact: a wrong column or a wrong direction looks so.
pub(crate) fn warnings(sources: &[SourceRecord], rejects: &BTreeMap<String, BTreeMap<String, u64>>) -> Vec<String> {
    let warning = |source: &SourceRecord| {
        let by_reason = rejects.get(&source.name)?;
        let n: u64 = by_reason.values().sum();
        let (commonest, n_commonest) = by_reason.iter().max_by_key(|it| it.1)?;
        (share(n, source.rows) > MOST_GIVE_NONE).then(|| {
            format!(
                "source \"{}\": {} of {} rows give no contact, most often {commonest} ({}): {}",
                source.name,
                grouped(n),
                grouped(source.rows),
                grouped(*n_commonest),
                Reason::from_code(commonest).map_or("", Reason::describe)
            )
        })
    };
    sources.iter().filter_map(warning).collect()
}

/// Rejected rows that speak of a person and could be corrected.
pub(crate) fn n_faults(rejects: &BTreeMap<String, u64>) -> u64 {
    rejects.iter().filter(|it| Reason::from_code(it.0).is_none_or(Reason::is_fault)).map(|it| it.1).sum()
}

/// A part of a whole, 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
