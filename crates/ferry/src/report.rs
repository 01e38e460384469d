//! `report.html`: the results of a run, with charts. It loads no outside resources, and is readable on a phone and on
//! paper.

mod picture;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use askama::Template;
use crm::{Registrations, Tally};
use crossing::{BatchState, DatabaseState, OpenRun, RunReport, SegmentCount, ShownValues, UnreadBySource};
use model::{Answer, Counts, Reason, Segment, Stage, counted, grouped, share};
use run::{Backup, Cost, ListQuality, Manifest, UnreadField, write_private};

use crate::report::picture::{Bar, Part, bars, stacked};
use crate::text;

/// The most countries or prefixes that are shown one by one; the others are summed up in one line.
const MOST_GROUPS: usize = 20;

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    run_id: String,
    tool: String,
    /// What a sample is of; empty if the run is whole.
    sample: String,
    finished: String,
    counts: Counts,
    outcome_picture: String,
    reject_rate: String,
    max_reject_rate: String,
    is_over_rate: bool,
    /// The reason why the answers of the provider are not usable; empty if they are usable.
    uninformative: &'static str,
    sources: Vec<SourceLine>,
    rejects: Vec<RejectLine>,
    rejects_picture: String,
    findings: Vec<(String, u64)>,
    links: Vec<(String, u64)>,
    /// A summary of possible duplicates; empty if there are none.
    duplicates: String,
    /// Findings about lists: the source and a sentence.
    lists: Vec<(String, String)>,
    n_merged_contacts: u64,
    has_verifier: bool,
    countries_picture: String,
    countries: Vec<GroupLine>,
    prefixes: Vec<GroupLine>,
    by_source: Vec<GroupLine>,
    /// The segments of the contacts; the most useful one comes first.
    segments: Vec<SegmentCard>,
    plan_segments: Vec<SegmentCount>,
    unread: Vec<UnreadLine>,
    /// Sources whose rows mostly give no contact.
    warnings: Vec<String>,
    /// The time and the cost of each verification, and the total.
    costs: Vec<(String, String)>,
    stages: Vec<StageLine>,
    stages_picture: String,
    batches: Vec<BatchLine>,
    backup: String,
}

struct SegmentCard {
    name: &'static str,
    n: u64,
    meaning: String,
}

/// The unreadable values of a field of a source.
struct UnreadLine {
    source: String,
    field: String,
    n: u64,
    share: String,
    values: String,
    remedy: &'static str,
    is_over: bool,
}

struct SourceLine {
    name: String,
    channel: &'static str,
    profile: String,
    rows: u64,
    rejected: u64,
    reading: String,
    coverage: Vec<String>,
    signature: String,
    sha256: String,
}

struct RejectLine {
    code: String,
    why: &'static str,
    rows: u64,
}

/// A country, a prefix or a source.
struct GroupLine {
    name: String,
    registered: u64,
    not_registered: u64,
    unknown: u64,
    share: String,
}

struct StageLine {
    name: &'static str,
    rows_in: u64,
    seconds: String,
    peak: String,
    finished: String,
}

struct BatchLine {
    number: u32,
    contacts: u64,
    digest: String,
    verified: String,
    loaded: String,
}

/// The name of the report in the run folder.
const REPORT: &str = "report.html";

/// Writes the report of a run into its folder and its digest into the manifest, unless it was a dry run. If the
/// verification ended early, the report is written first and the error is returned after it.
pub(crate) fn written(run: &mut OpenRun, mut report: RunReport) -> Result<RunReport> {
    if let Some(database) = &report.database {
        let page = page(run, &report, database)?;
        let html = page.render().context("could not make the report")?;
        let artifact = write_private(&run.folder.path(REPORT), html.as_bytes())?;
        run.folder.manifest.artifacts.insert(REPORT.to_owned(), artifact);
        run.folder.save()?;
    }
    match report.failure.take() {
        Some(failure) => Err(failure),
        None => Ok(report),
    }
}

fn page(run: &OpenRun, report: &RunReport, database: &DatabaseState) -> Result<Report> {
    let manifest = &run.folder.manifest;
    let registrations = &database.registrations;
    let cleaned = manifest.stages.get(&Stage::Clean).context("cleaning has not run yet")?;
    let counts = cleaned.counts;
    let rejects = reject_lines(&cleaned.rejects);
    let countries = group_lines(&registrations.countries, "no country");
    let stages = stage_lines(manifest);
    Ok(Report {
        run_id: manifest.run_id.clone(),
        tool: manifest.tool.clone(),
        sample: manifest
            .sample
            .map(|it| format!("the first {} of each source", counted(it, "row")))
            .unwrap_or_default(),
        finished: manifest.stages.values().map(|it| it.finished_at).max().map(moment).unwrap_or_default(),
        counts,
        outcome_picture: stacked(&[Bar {
            label: "rows".into(),
            parts: vec![
                Part { name: "kept", value: counts.kept },
                Part { name: "merged", value: counts.merged },
                Part { name: "rejected", value: counts.rejected },
                Part { name: "suppressed", value: counts.suppressed },
            ],
        }]),
        reject_rate: percent(report.reject_rate),
        max_reject_rate: percent(report.max_reject_rate),
        is_over_rate: report.reject_rate > report.max_reject_rate,
        uninformative: report.uninformative.map(text::verify::uninformative).unwrap_or_default(),
        sources: source_lines(manifest),
        rejects_picture: bars(&rejects.iter().map(|it| (it.code.clone(), it.rows)).collect::<Vec<_>>()),
        rejects,
        findings: cleaned.findings.iter().map(|(name, n)| (name.replace('_', " "), *n)).collect(),
        links: cleaned.links.iter().map(|(name, n)| (name.replace('_', " "), *n)).collect(),
        duplicates: match cleaned.duplicates.is_empty() {
            true => String::new(),
            false => text::run::duplicates(&cleaned.duplicates),
        },
        lists: list_lines(&cleaned.list_quality),
        n_merged_contacts: counts.kept,
        has_verifier: run.plan.verify.is_some(),
        countries_picture: stacked(&countries.iter().map(country_bar).collect::<Vec<_>>()),
        countries,
        prefixes: group_lines(&registrations.prefixes, ""),
        by_source: group_lines(&registrations.sources, ""),
        segments: segment_cards(registrations),
        plan_segments: report.plan_segments.clone(),
        unread: unread_lines(&cleaned.unread),
        warnings: report.low_yields.iter().map(text::run::low_yield).collect(),
        costs: cost_lines(&manifest.costs),
        stages_picture: bars(
            &manifest
                .stages
                .iter()
                .map(|(stage, it)| (stage.name().to_owned(), (it.seconds * 1000.0) as u64))
                .collect::<Vec<_>>(),
        ),
        stages,
        batches: database.batches.iter().map(batch_line).collect(),
        backup: match manifest.backups.last() {
            None => "none".into(),
            Some(Backup::NothingToLose { .. }) => "not needed: the database was empty before this run".into(),
            Some(Backup::Taken { at, contacts, number, .. }) => format!(
                "{} as of {}, in backup {number}; ferry restore restores them",
                counted(*contacts, "contact"),
                moment(*at)
            ),
        },
    })
}

/// Ready contacts first, then those who must not be messaged, then the others.
fn segment_cards(registrations: &Registrations) -> Vec<SegmentCard> {
    let order = [
        Segment::Ready,
        Segment::OptedOut,
        Segment::Suppressed,
        Segment::Unclear,
        Segment::ReEngage,
        Segment::Undecided,
    ];
    let card = |segment: Segment| {
        let n = *registrations.segments.get(&segment)?;
        let meaning = match segment {
            Segment::Ready => {
                let with_consent = registrations.ready_with_consent;
                format!(
                    "on WhatsApp and no refusal: {} with consent to WhatsApp, {} without (can be invited)",
                    grouped(with_consent),
                    grouped(n - with_consent)
                )
            }
            Segment::OptedOut => "refused on at least one channel".to_owned(),
            Segment::Suppressed => "on the list of ferry suppress".to_owned(),
            Segment::Unclear => "have an unclear statement about consent".to_owned(),
            Segment::ReEngage => "not on WhatsApp".to_owned(),
            Segment::Undecided => "registration unknown or contradictory".to_owned(),
        };
        Some(SegmentCard { name: segment.name(), n, meaning })
    };
    order.into_iter().filter_map(card).collect()
}

fn unread_lines(unread: &UnreadBySource) -> Vec<UnreadLine> {
    let line = |source: &String, field: &String, values: &UnreadField| UnreadLine {
        source: source.clone(),
        field: field.clone(),
        n: values.unread,
        share: percent(share(values.unread, values.filled)),
        values: ShownValues(values).to_string(),
        remedy: text::unread::remedy(field),
        is_over: values.is_over,
    };
    let of_source = |(source, fields): (&String, &BTreeMap<String, UnreadField>)| {
        fields.iter().map(|(field, values)| line(source, field, values)).collect::<Vec<_>>()
    };
    unread.iter().flat_map(of_source).collect()
}

fn source_lines(manifest: &Manifest) -> Vec<SourceLine> {
    let rejects = manifest.stages.get(&Stage::Clean).map(|it| &it.rejects);
    let rejected = |name: &str| rejects.and_then(|it| it.get(name)).map_or(0, |it| it.values().sum());
    let line = |it: &run::SourceRecord| SourceLine {
        name: it.name.clone(),
        channel: it.channel.name(),
        profile: it.profile.clone(),
        rows: it.rows,
        rejected: rejected(&it.name),
        reading: it.reading(),
        coverage: text::coverage::lines(&it.coverage, it.rows),
        signature: it.coverage.signature.chars().take(16).collect(),
        sha256: it.sha256().to_string().chars().take(16).collect(),
    };
    manifest.sources.iter().map(line).collect()
}

fn reject_lines(rejects: &BTreeMap<String, BTreeMap<String, u64>>) -> Vec<RejectLine> {
    let mut by_reason: BTreeMap<&String, u64> = BTreeMap::new();
    for (reason, n) in rejects.values().flatten() {
        *by_reason.entry(reason).or_default() += n;
    }
    let line = |(code, rows): (&String, u64)| RejectLine {
        code: code.clone(),
        why: Reason::from_code(code).map_or("", Reason::describe),
        rows,
    };
    let mut lines: Vec<RejectLine> = by_reason.into_iter().map(line).collect();
    lines.sort_by_key(|it| std::cmp::Reverse(it.rows));
    lines
}

fn group_lines(tally: &Tally, nameless: &str) -> Vec<GroupLine> {
    let mut by_group: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for ((group, answer), n) in tally {
        let name = if group.is_empty() { nameless.to_owned() } else { group.clone() };
        let place = match answer {
            Some(Answer::Registered) => 0,
            Some(Answer::NotRegistered) => 1,
            _ => 2,
        };
        by_group.entry(name).or_default()[place] += n;
    }
    let mut groups: Vec<(String, [u64; 3])> = by_group.into_iter().collect();
    groups.sort_by_key(|it| std::cmp::Reverse(it.1.iter().sum::<u64>()));
    if groups.len() > MOST_GROUPS + 1 {
        let others = groups.split_off(MOST_GROUPS);
        let sum = others.iter().fold([0; 3], |sum, it| std::array::from_fn(|n| sum[n] + it.1[n]));
        groups.push((format!("{} others", others.len()), sum));
    }
    let line = |(name, [registered, not_registered, unknown]): (String, [u64; 3])| GroupLine {
        name,
        registered,
        not_registered,
        unknown,
        share: match registered + not_registered {
            0 => "–".to_owned(),
            known => percent(share(registered, known)),
        },
    };
    groups.into_iter().map(line).collect()
}

fn country_bar(line: &GroupLine) -> Bar {
    Bar {
        label: line.name.clone(),
        parts: vec![
            Part { name: "registered", value: line.registered },
            Part { name: "not registered", value: line.not_registered },
            Part { name: "unknown", value: line.unknown },
        ],
    }
}

fn stage_lines(manifest: &Manifest) -> Vec<StageLine> {
    let line = |(stage, it): (&Stage, &run::StageRecord)| StageLine {
        name: stage.name(),
        rows_in: it.counts.rows_in,
        seconds: format!("{:.1}", it.seconds),
        peak: text::size::shown(it.peak_bytes),
        finished: moment(it.finished_at),
    };
    manifest.stages.iter().map(line).collect()
}

fn cost_lines(costs: &[Cost]) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = costs.iter().map(|it| (moment(it.at), text::verify::cost(it))).collect();
    if let [first, .., last] = costs
        && costs.iter().all(|it| it.currency == first.currency)
    {
        let sum = |of: fn(&Cost) -> u64| costs.iter().map(of).sum();
        let in_all = Cost {
            checks: sum(|it| it.checks),
            calls: sum(|it| it.calls),
            retries: sum(|it| it.retries),
            price_micros: sum(|it| it.price_micros),
            // Each verification counts the same known contacts again, so a sum would be wrong.
            known_already: 0,
            calls_saved: 0,
            ..last.clone()
        };
        lines.push(("total".to_owned(), text::verify::cost(&in_all)));
    }
    lines
}

fn batch_line(batch: &BatchState) -> BatchLine {
    let at = |it: Option<jiff::Timestamp>| it.map_or("–".to_owned(), moment);
    BatchLine {
        number: batch.number,
        contacts: batch.n_contacts,
        digest: batch.digest.to_string().chars().take(16).collect(),
        verified: at(batch.verified_at),
        loaded: at(batch.loaded_at),
    }
}

fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[allow(unreachable_pub, reason = "the macro of askama makes a public type")]
mod filters {
    /// `1,234`
    #[askama::filter_fn]
    pub(crate) fn grouped(n: &u64, _: &dyn askama::Values) -> askama::Result<String> {
        Ok(model::grouped(*n))
    }
}

fn list_lines(lists: &BTreeMap<String, ListQuality>) -> Vec<(String, String)> {
    let lines = |(name, list): (&String, &ListQuality)| -> Vec<_> {
        list.findings.iter().map(|it| (name.clone(), text::list_quality::finding(it))).collect()
    };
    lists.iter().flat_map(lines).collect()
}
