//! A run as text.

use std::collections::BTreeMap;

use crossing::inspect::EncodingGuess;
use crossing::{LowYield, MainNumbers, RunReport, UnreadLine};
use model::{Reason, counted, grouped, printable};
use run::SAMPLE_DATABASE;

use crate::list_quality::percent;
use crate::styled::{Role, Styled};

/// The name of the report in the run folder.
pub const REPORT: &str = "report.html";

/// The exit code of a run with more rejects or unreadable values than the plan allows.
pub const EXIT_REJECTS: u8 = 3;
/// The exit code of a run whose verifier gave no usable answers.
pub const EXIT_UNVERIFIED: u8 = 5;

/// The path of the report; none after a dry run.
pub fn report_file(report: &RunReport) -> Option<String> {
    report.database.as_ref().map(|_| crate::path(&report.run_dir.join(REPORT)))
}

/// How many warnings the summary of a run has.
pub fn n_warnings(report: &RunReport) -> u64 {
    let unread: usize = report.not_understood.values().map(|it| it.len()).sum();
    let lists: usize = report.list_findings.values().map(Vec::len).sum();
    let others = [
        report.reject_rate > report.max_reject_rate,
        report.uninformative.is_some(),
        report.n_dates_out_of_range > 0,
        !report.conflicts.is_empty(),
        !report.duplicates.is_empty(),
    ];
    (warnings(report).len() + unread + lists + others.into_iter().filter(|it| *it).count()) as u64
}

/// Warnings about sources that could not be read, about guessed encodings and about sources whose rows mostly give no contact.
pub fn warnings(report: &RunReport) -> Vec<String> {
    let pulled = report.sources.iter().filter_map(|it| Some((&it.name, it.coverage.pulled.as_ref()?)));
    let pulled = pulled.flat_map(|(name, it)| crate::sources::warnings(name, it));
    let unread = report.unread_sources.iter().map(crate::sources::unread).chain(pulled);
    let guesses = report.encoding_guesses.iter().map(encoding_guess);
    unread.chain(guesses).chain(report.low_yields.iter().map(low_yield)).collect()
}

/// A guessed encoding, with sample characters in both encodings.
pub fn encoding_guess(guess: &EncodingGuess) -> String {
    let EncodingGuess { file, encoding, next, samples } = guess;
    let shown = |it: &char| printable(&it.to_string()).into_owned();
    let samples: Vec<String> =
        samples.iter().map(|(one, other)| format!("\"{}\" or \"{}\"", shown(one), shown(other))).collect();
    let file = printable(file);
    format!(
        "{file}: the encoding was guessed as {encoding}, and could be {next}: {}; set encoding in the [[source]] to be \
         sure",
        samples.join(", ")
    )
}

/// A source whose rows mostly give no contact.
pub fn low_yield(it: &LowYield) -> String {
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
pub fn loaded(inserted: u64, updated: u64, unchanged: u64) -> String {
    format!("{} new, {} changed, {} unchanged", grouped(inserted), grouped(updated), grouped(unchanged))
}

/// `statements of 4 contacts were read again with the words and rules of the plan: the consent of 3 has changed`
///
/// `n_answers` are imported answers that were recorded with another meaning.
pub fn reread(n_contacts: u64, n_changed: u64, n_answers: u64) -> String {
    let changed = match n_changed {
        0 => "no consent has changed".to_owned(),
        n => format!("the consent of {} has changed", grouped(n)),
    };
    let contacts = counted(n_contacts, "contact");
    let mut text = format!("statements of {contacts} were read again with the words and rules of the plan: {changed}");
    if n_answers > 0 {
        let answers = counted(n_answers, "imported answer");
        text += &format!(
            "; {answers} of other meaning by these words: import their file again with `ferry consent import`"
        );
    }
    text
}

/// The known registrations, or the estimate of a dry run. `exit` is the exit code.
pub fn verified_alone(report: &RunReport, next: &str, exit: u8) -> Styled {
    let mut text = Lines::default();
    if let Some(checks) = &report.planned_checks {
        text.line("would check", crate::verify::planned_checks(checks));
    }
    add_verified(&mut text, report);
    add_end(&mut text, report, next, exit);
    text.0
}

/// What a load has changed. `exit` is the exit code.
pub fn loaded_alone(report: &RunReport, next: &str, exit: u8) -> Styled {
    let mut text = Lines::default();
    add_loaded(&mut text, report);
    add_end(&mut text, report, next, exit);
    text.0
}

/// What became of the scenarios. `exit` is the exit code.
pub fn translated_alone(report: &RunReport, next: &str, exit: u8) -> Styled {
    let mut text = Lines::default();
    add_scenarios(&mut text, report);
    for it in report.scenarios.iter().flat_map(crate::scenarios::warnings) {
        text.warning("scenarios", it);
    }
    add_end(&mut text, report, next, exit);
    text.0
}

/// The numbers that matter, why the exit code is not 0, where the report is, and the next command.
pub fn end(report: &RunReport, next: &str, exit: u8) -> Styled {
    let mut text = Lines::default();
    add_end(&mut text, report, next, exit);
    text.0
}

/// The report as text. Warnings come last before the numbers that matter. `exit` is the exit code.
pub fn text(report: &RunReport, next: &str, exit: u8) -> Styled {
    let mut text = Lines::default();
    add_rows(&mut text, report);
    add_scenarios(&mut text, report);
    add_people(&mut text, report);
    add_verified(&mut text, report);
    add_loaded(&mut text, report);
    add_warnings(&mut text, report);
    add_end(&mut text, report, next, exit);
    text.0
}

/// Lines that begin with a name, aligned in columns.
#[derive(Default)]
struct Lines(Styled);

impl Lines {
    fn line(&mut self, name: &str, rest: impl AsRef<str>) {
        self.0.push(Role::Plain, format!("{name:10} {}\n", rest.as_ref()));
    }

    /// A line whose name is a warning.
    fn warning(&mut self, name: &str, rest: impl AsRef<str>) {
        self.0.push(Role::Warning, format!("{name:10}"));
        self.0.push(Role::Plain, format!(" {}\n", rest.as_ref()));
    }

    /// A number that matters, with what it counts; without one it is not known.
    fn number(&mut self, name: &str, n: Option<u64>, what: &str) {
        self.0.push(Role::Plain, format!("{name:16}"));
        match n {
            Some(n) => self.0.push(Role::Main, format!("{:>12}", grouped(n))),
            None => self.0.push(Role::Warning, "not verified"),
        }
        self.0.push(Role::Plain, format!("  {what}\n"));
    }

    fn path(&mut self, name: &str, path: &str) {
        self.0.push(Role::Plain, format!("{name:10} "));
        self.0.push(Role::Path, path);
        self.0.push(Role::Plain, "\n");
    }

    fn blank(&mut self) {
        self.0.push(Role::Plain, "\n");
    }

    fn line_if(&mut self, name: &str, rest: Option<String>) {
        if let Some(rest) = rest {
            self.line(name, rest);
        }
    }
}

/// The lines that end a run: the numbers that matter, why the exit code is not 0, where the report is, and the next
/// command.
fn add_end(text: &mut Lines, report: &RunReport, next: &str, exit: u8) {
    text.blank();
    if report.database.is_some() && !report.sources.is_empty() {
        let MainNumbers { can_be_invited, have_consented, without_proof, said_no } = report.main_numbers();
        text.number("can be invited", can_be_invited, "on WhatsApp, no refusal, no consent to WhatsApp yet");
        let consented = match without_proof.unwrap_or_default() {
            0 => "on WhatsApp, with consent to it".to_owned(),
            n => format!(
                "on WhatsApp, with consent to it; {} lack a wording or a date: send them nothing yet",
                grouped(n)
            ),
        };
        text.number("have consented", have_consented, &consented);
        text.number("said no", said_no, "refused on at least one channel: do not write to them");
        text.blank();
    }
    if let Some(why) = why_not_well(report, exit) {
        text.warning(&format!("exit code {exit}:"), why);
    }
    if let Some(path) = report_file(report) {
        text.path("report", &path);
        if report.scenarios.is_some() {
            text.path("review", &crate::path(&report.run_dir.join(crate::scenarios::REVIEW_PAGE)));
            text.line("", "decide about the texts: ferry scenario review --to review.xlsx");
        }
    }
    text.line("next", next);
}

/// Why a run that is done ends with an exit code other than 0; none for any other code.
fn why_not_well(report: &RunReport, exit: u8) -> Option<String> {
    match exit {
        EXIT_REJECTS => {
            let over = report.not_understood.values().flat_map(BTreeMap::values).filter(|it| it.is_over);
            let rejected = (report.reject_rate > report.max_reject_rate).then(|| rejected(report));
            let unread = report.is_over_unreadable.then(|| {
                let values = counted(over.map(|it| it.unread).sum(), "value");
                format!("{values} could not be read, more than the plan allows; their people are held back")
            });
            let not_taken = report.scenarios.as_ref().and_then(crate::scenarios::not_taken);
            let sources = crate::sources::why_not_well(&report.unread_sources);
            let whys = rejected.into_iter().chain(unread).chain(not_taken).chain(sources);
            Some(whys.collect::<Vec<_>>().join("; "))
        }
        EXIT_UNVERIFIED => Some("the answers of the verifier are not usable; all else is done".to_owned()),
        _ => None,
    }
}

/// `12.5 % of the rows were rejected, and the plan allows 5.0 %`
fn rejected(report: &RunReport) -> String {
    let [rate, most] = [report.reject_rate, report.max_reject_rate].map(percent);
    format!("{rate} of the rows were rejected, and the plan allows {most}")
}

/// What a person has to look at.
fn add_warnings(text: &mut Lines, report: &RunReport) {
    warnings(report).into_iter().for_each(|it| text.warning("warning", it));
    add_unread(text, report);
    for it in report.scenarios.iter().flat_map(crate::scenarios::warnings) {
        text.warning("scenarios", it);
    }
    for (name, findings) in &report.list_findings {
        findings.iter().for_each(|it| text.warning("list", format!("{name}: {}", crate::list_quality::finding(it))));
    }
    if report.reject_rate > report.max_reject_rate {
        text.warning("rejects", format!("{}: see clean/rejects", rejected(report)));
    }
}

fn add_rows(text: &mut Lines, report: &RunReport) {
    text.line("run", format!("{} in {}", report.run_id, crate::path(&report.run_dir)));
    if let Some(n_rows) = report.sample {
        let database = crate::path(&report.run_dir.join(SAMPLE_DATABASE));
        let rows = match n_rows {
            1 => "row".to_owned(),
            n => format!("{} rows", grouped(n)),
        };
        text.line("sample", format!("the first {rows} of each source, loaded into {database}"));
        let asked = if report.cost.is_none() { ", and no provider was asked (--verify asks)" } else { "" };
        text.line("", format!("nothing was written to the database of the plan{asked}"));
    }
    for source in &report.sources {
        let window = crate::coverage::lines(&source.coverage, source.rows).swap_remove(0);
        text.line("source", format!("{}: {}, {window}", source.name, counted(source.rows, "row")));
    }
    // A plan can have scenarios alone.
    if report.sources.is_empty() {
        return;
    }
    text.line("rows", grouped(report.counts.rows_in) + &crate::progress::equation(&report.counts));
    for (code, n) in &report.rejects {
        let why = Reason::from_code(code).map_or("", Reason::describe);
        text.line("rejected", format!("{:>7} {code}: {why}", grouped(*n)));
    }
    if report.rejects.contains_key(Reason::NoRegion.code()) {
        text.line("", "set default_region in [run] of the plan, or region in the [[source]]");
    }
}

fn add_scenarios(text: &mut Lines, report: &RunReport) {
    if let Some(scenarios) = &report.scenarios {
        crate::scenarios::lines(scenarios, report.dry_run).into_iter().for_each(|(name, it)| text.line(name, it));
    }
}

fn add_unread(text: &mut Lines, report: &RunReport) {
    for (source, fields) in &report.not_understood {
        for (field, values) in fields {
            text.warning("not read", UnreadLine { source, field, values }.to_string());
            let held = if values.is_over { "; over max_unreadable: these people are held back" } else { "" };
            text.line("", format!("{}{held}", crate::unread::remedy(field)));
        }
    }
    // The values of a sample cannot be listed: its folder is no run of the plan.
    if !report.not_understood.is_empty() && report.sample.is_none() {
        text.line("", "`ferry unreadable` lists all values");
    }
    if report.n_dates_out_of_range > 0 {
        let n_rows = counted(report.n_dates_out_of_range, "row");
        text.warning("dates", format!("{n_rows} with a date before 2005 or in the future, which is ignored"));
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
        text.warning("duplicates", rest);
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
        text.warning("warning", format!("{}, so no more calls were made", crate::verify::uninformative(why)));
    }
    if let Some(segments) = report.segments.as_ref().filter(|it| !it.is_empty()) {
        text.line("segments", format!("{}: `ferry export segment NAME` writes one", listed(segments)));
    }
    let held = |n: u64| if n == 0 { String::new() } else { format!(" ({} held)", grouped(n)) };
    let segments = report.plan_segments.iter();
    let segments = segments.map(|it| format!("{} {}{}", it.name, grouped(it.contacts), held(it.held)));
    let segments: Vec<String> = segments.collect();
    text.line_if("segments", (!segments.is_empty()).then(|| format!("of the plan: {}", segments.join(", "))));
    if report.held > 0 {
        text.line("held", format!("{}: {}", counted(report.held, "contact"), crate::identity::HOLDS));
    }
    match &report.cost {
        Some(cost) => text.line("cost", crate::verify::cost(cost)),
        None if report.registration.is_some() => text.line("cost", "no checks"),
        None => {}
    }
}

fn add_loaded(text: &mut Lines, report: &RunReport) {
    if report.sources.is_empty() {
        text.line_if("", report.dry_run.then(|| "nothing was written outside the run folder".to_owned()));
        return;
    }
    let loaded = loaded(report.inserted, report.updated, report.unchanged);
    if report.dry_run {
        text.line_if("would check", report.planned_checks.as_ref().map(crate::verify::planned_checks));
        text.line("would load", format!("{}: {loaded}", counted(report.contacts, "contact")));
        text.line("", "nothing was written outside the run folder");
    } else if report.inserted + report.updated + report.n_consent_changed == 0 {
        text.line("contacts", format!("{loaded}: nothing changed"));
    } else {
        text.line("contacts", loaded);
    }
    if report.n_reread + report.n_answers_differ > 0 {
        text.line("consent", reread(report.n_reread, report.n_consent_changed, report.n_answers_differ));
    }
    let listed = |counts: &BTreeMap<&str, u64>| {
        counts.iter().map(|(field, n)| format!("{field} {}", grouped(*n))).collect::<Vec<_>>().join(", ")
    };
    if !report.changed_fields.is_empty() {
        text.line("changed", listed(&report.changed_fields));
    }
    if !report.conflicts.is_empty() {
        let fields = listed(&report.conflicts);
        text.warning("conflicts", format!("{fields}: edited in the CRM; edits are kept, except for new refusals"));
    }
}

/// `1 Viber user and 2 e-mail addresses are shared by several contacts`
pub fn duplicates(counts: &BTreeMap<String, u64>) -> String {
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
