//! A run as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use crossing::inspect::EncodingGuess;
use crossing::{LowYield, RunReport, UnreadLine};
use model::{Reason, Segment, counted, grouped, printable};
use run::SAMPLE_DATABASE;
use serde_json::{Value, json};

use crate::text;

/// The report as one JSON object.
pub(crate) fn json(report: &RunReport) -> Result<Value> {
    let mut value = serde_json::to_value(report)?;
    value["run_dir"] = json!(text::path(&report.run_dir));
    value["warnings"] = json!(warnings(report));
    value["uninformative"] = json!(report.uninformative.map(text::verify::uninformative));
    value["report"] = json!(report_file(report));
    Ok(value)
}

/// The path of `report.html`; none after a dry run.
fn report_file(report: &RunReport) -> Option<String> {
    report.database.as_ref().map(|_| text::path(&report.run_dir.join("report.html")))
}

/// Warnings about guessed encodings and about sources whose rows mostly give no contact.
fn warnings(report: &RunReport) -> Vec<String> {
    report.encoding_guesses.iter().map(encoding_guess).chain(report.low_yields.iter().map(low_yield)).collect()
}

/// A guessed encoding, with sample words in both encodings.
pub(crate) fn encoding_guess(guess: &EncodingGuess) -> String {
    let EncodingGuess { file, encoding, next, samples } = guess;
    let samples: Vec<String> =
        samples.iter().map(|(one, other)| format!("\"{}\" or \"{}\"", printable(one), printable(other))).collect();
    let file = printable(file);
    format!(
        "{file}: the encoding was guessed as {encoding}, and could be {next}: {}; set encoding in the [[source]] to be \
         sure",
        samples.join(", ")
    )
}

/// A source whose rows mostly give no contact.
pub(crate) fn low_yield(it: &LowYield) -> String {
    format!(
        "source \"{}\": {} of {} rows give no contact, most often {} ({}): {}",
        it.source,
        grouped(it.n_without),
        grouped(it.n_rows),
        it.reason,
        grouped(it.n_reason),
        Reason::from_code(&it.reason).map_or("", Reason::describe)
    )
}

/// `3 new, 1 changed, 7 unchanged`
pub(crate) fn loaded(inserted: u64, updated: u64, unchanged: u64) -> String {
    format!("{} new, {} changed, {} unchanged", grouped(inserted), grouped(updated), grouped(unchanged))
}

/// The known registrations, or the estimate of a dry run.
pub(crate) fn verified_alone(report: &RunReport) -> String {
    let mut text = Lines::default();
    if let Some(checks) = &report.planned_checks {
        text.line("would check", text::verify::planned_checks(checks));
    }
    add_verified(&mut text, report);
    text.0
}

/// The report as text.
pub(crate) fn text(report: &RunReport) -> String {
    let mut text = Lines::default();
    add_rows(&mut text, report);
    warnings(report).into_iter().for_each(|it| text.line("warning", it));
    add_unread(&mut text, report);
    for (name, findings) in &report.list_findings {
        findings.iter().for_each(|it| text.line("list", format!("{name}: {}", text::list_quality::finding(it))));
    }
    add_people(&mut text, report);
    add_verified(&mut text, report);
    add_loaded(&mut text, report);
    text.line_if("report", report_file(report));
    if report.reject_rate > report.max_reject_rate {
        let (rate, most) = (report.reject_rate * 100.0, report.max_reject_rate * 100.0);
        let rest = format!("{rate:.1} % of the rows, and the plan allows {most:.1} %: see clean/rejects");
        text.line("rejects", rest);
    }
    text.0
}

/// Lines that begin with a name, aligned in columns.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, name: &str, rest: impl AsRef<str>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{name:10} {}", rest.as_ref());
    }

    fn line_if(&mut self, name: &str, rest: Option<String>) {
        if let Some(rest) = rest {
            self.line(name, rest);
        }
    }
}

fn add_rows(text: &mut Lines, report: &RunReport) {
    text.line("run", format!("{} in {}", report.run_id, text::path(&report.run_dir)));
    if let Some(n_rows) = report.sample {
        let database = text::path(&report.run_dir.join(SAMPLE_DATABASE));
        let rows = match n_rows {
            1 => "row".to_owned(),
            n => format!("{} rows", grouped(n)),
        };
        text.line("sample", format!("the first {rows} of each source, loaded into {database}"));
        let asked = if report.cost.is_none() { ", and no provider was asked (--verify asks)" } else { "" };
        text.line("", format!("nothing was written to the database of the plan{asked}"));
    }
    for source in &report.sources {
        let window = text::coverage::lines(&source.coverage, source.rows).swap_remove(0);
        text.line("source", format!("{}: {}, {window}", source.name, counted(source.rows, "row")));
    }
    text.line("rows", grouped(report.counts.rows_in) + &text::progress::equation(&report.counts));
    for (code, n) in &report.rejects {
        let why = Reason::from_code(code).map_or("", Reason::describe);
        text.line("rejected", format!("{:>7} {code}: {why}", grouped(*n)));
    }
}

fn add_unread(text: &mut Lines, report: &RunReport) {
    for (source, fields) in &report.not_understood {
        for (field, values) in fields {
            text.line("not read", UnreadLine { source, field, values }.to_string());
            let held = if values.is_over { "; over max_unreadable: these people are held back" } else { "" };
            text.line("", format!("{}{held}", text::unread::remedy(field)));
        }
    }
    if !report.not_understood.is_empty() {
        text.line("", "`ferry unreadable` lists all values");
    }
    if report.n_dates_out_of_range > 0 {
        let n_rows = counted(report.n_dates_out_of_range, "row");
        text.line("dates", format!("{n_rows} with a date before 2005 or in the future, which decides nothing"));
    }
}

fn add_people(text: &mut Lines, report: &RunReport) {
    if report.links.values().any(|it| *it > 0) {
        let n = |name: &str| grouped(report.links.get(name).copied().unwrap_or(0));
        text.line(
            "Viber",
            format!(
                "users linked to a phone: {} by a row, {} by a card; {} not linked, {} ambiguous",
                n("linked_by_row"),
                n("linked_by_card"),
                n("unlinked"),
                n("ambiguous")
            ),
        );
    }
    if !report.duplicates.is_empty() {
        let shared = duplicates(&report.duplicates);
        let rest = format!("{shared}: see clean/duplicates.csv, and `ferry merge` or `ferry unmerge --never`");
        text.line("duplicates", rest);
    }
}

/// The known registrations; nothing if the plan has no verifier.
fn add_verified(text: &mut Lines, report: &RunReport) {
    let listed = |counts: &BTreeMap<&str, u64>| {
        counts.iter().map(|(name, n)| format!("{} {name}", grouped(*n))).collect::<Vec<_>>().join(", ")
    };
    if let Some(registration) = report.registration.as_ref().filter(|it| !it.is_empty()) {
        text.line("WhatsApp", listed(registration));
    }
    if let Some(why) = report.uninformative {
        text.line("", format!("{}, so no more calls were made", text::verify::uninformative(why)));
    }
    if let Some(segments) = report.segments.as_ref().filter(|it| !it.is_empty()) {
        text.line("segments", format!("{}: `ferry export segment NAME` writes one", listed(segments)));
        if let Some(ready) = segments.get(Segment::Ready.name()).filter(|it| **it > 0) {
            let (with, without) = (report.ready_with_consent, *ready - report.ready_with_consent);
            text.line(
                "",
                format!(
                    "{} of the ready contacts have consent to WhatsApp; {} do not and can be invited",
                    grouped(with),
                    grouped(without)
                ),
            );
        }
    }
    let segments = report.plan_segments.iter().map(|it| format!("{} {}", it.name, grouped(it.contacts)));
    let segments: Vec<String> = segments.collect();
    text.line_if("segments", (!segments.is_empty()).then(|| format!("of the plan: {}", segments.join(", "))));
    match &report.cost {
        Some(cost) => text.line("cost", text::verify::cost(cost)),
        None if report.registration.is_some() => text.line("cost", "no checks"),
        None => {}
    }
}

fn add_loaded(text: &mut Lines, report: &RunReport) {
    let loaded = loaded(report.inserted, report.updated, report.unchanged);
    if report.dry_run {
        text.line_if("would check", report.planned_checks.as_ref().map(text::verify::planned_checks));
        text.line("would load", format!("{}: {loaded}", counted(report.contacts, "contact")));
        text.line("", "nothing was written outside the run folder");
    } else if report.inserted + report.updated == 0 {
        text.line("contacts", format!("{loaded}: nothing changed"));
    } else {
        text.line("contacts", loaded);
    }
    let listed = |counts: &BTreeMap<&str, u64>| {
        counts.iter().map(|(field, n)| format!("{field} {}", grouped(*n))).collect::<Vec<_>>().join(", ")
    };
    if !report.changed_fields.is_empty() {
        text.line("changed", listed(&report.changed_fields));
    }
    if !report.conflicts.is_empty() {
        let fields = listed(&report.conflicts);
        text.line("conflicts", format!("{fields}: edited in the CRM; edits are kept, except for new refusals"));
    }
}

/// `1 Viber user and 2 e-mail addresses are shared by several contacts`
pub(crate) fn duplicates(counts: &BTreeMap<String, u64>) -> String {
    let part = |(kind, n): (&String, &u64)| match (kind.as_str(), n) {
        ("viber", 1) => "1 Viber user".to_owned(),
        ("viber", n) => format!("{} Viber users", grouped(*n)),
        (_, 1) => "1 e-mail address".to_owned(),
        (_, n) => format!("{} e-mail addresses", grouped(*n)),
    };
    let parts: Vec<String> = counts.iter().rev().map(part).collect();
    let verb = if counts.values().sum::<u64>() == 1 { "is" } else { "are" };
    format!("{} {verb} shared by several contacts", parts.join(" and "))
}
