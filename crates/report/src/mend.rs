//! What must be mended, and how.

use crossing::{LowYield, Uninformative, n_faults};
use model::{Reason, share};
use run::{CoverageFinding, SourceRecord, UnreadField};

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::{Counted, fill};

/// Something to mend.
pub(crate) struct Problem {
    pub(crate) what: String,
    pub(crate) how: String,
    /// The command that lists or mends it; empty if there is none.
    pub(crate) command: String,
    /// How many rows, values or people it is about, and the words to sum it up with those of other files.
    pub(crate) n: u64,
    pub(crate) of: &'static Counted,
}

/// All that must be mended, the gravest first.
pub(crate) fn problems(facts: &Facts) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(uninformative(facts));
    problems.extend(incomplete(facts));
    problems.extend(shrunk(facts));
    problems.extend(facts.report.low_yields.iter().map(|it| low_yield(facts, it)));
    problems.extend(largest_first(unread(facts)));
    problems.extend(largest_first(rejects(facts)));
    problems.extend(small(facts));
    problems
}

fn largest_first(problems: impl Iterator<Item = Problem>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = problems.collect();
    problems.sort_by_key(|it| std::cmp::Reverse(it.n));
    problems
}

/// The problems in a few lines, summed up over all files.
pub(crate) fn summary(facts: &Facts, problems: &[Problem]) -> Vec<String> {
    let mut sums: Vec<(&'static Counted, u64)> = Vec::new();
    for problem in problems {
        match sums.iter_mut().find(|it| std::ptr::eq(it.0, problem.of)) {
            Some(sum) => sum.1 += problem.n,
            None => sums.push((problem.of, problem.n)),
        }
    }
    sums.into_iter().map(|(of, n)| facts.words.counted(of, n)).collect()
}

fn uninformative(facts: &Facts) -> Option<Problem> {
    let w = &facts.words.mend;
    let why = match facts.report.uninformative? {
        Uninformative::SaysYesToAll => w.yes_to_all,
        Uninformative::SaysNoToKnown => w.no_to_known,
        Uninformative::OneAnswerForAll => w.one_answer,
    };
    let what = fill(w.uninformative, &[why]);
    Some(Problem {
        what,
        how: w.other_provider.to_owned(),
        command: facts.commands.of_this_run("ferry verify --dry-run"),
        n: 1,
        of: &w.uninformative_sum,
    })
}

/// Sources whose files lack something that the provider counts.
fn incomplete<'a>(facts: &'a Facts) -> impl Iterator<Item = Problem> + 'a {
    use CoverageFinding::{NextPageMissing, RecordCutOff, RecordsMissing};
    let is_lacking = |it: &CoverageFinding| matches!(it, RecordsMissing { .. } | NextPageMissing | RecordCutOff);
    let sources = facts.manifest.sources.iter().filter(move |it| it.coverage.findings.iter().any(is_lacking));
    sources.map(|source| Problem {
        what: fill(facts.words.mend.incomplete, &[&facts.files(source)]),
        how: facts.words.mend.incomplete_how.to_owned(),
        command: String::new(),
        n: 1,
        of: &facts.words.mend.incomplete_sum,
    })
}

/// Sources with less than a tenth of the rows that they had in the last run.
fn shrunk<'a>(facts: &'a Facts) -> impl Iterator<Item = Problem> + 'a {
    let (words, w) = (facts.words, &facts.words.mend);
    let before = |source: &SourceRecord| facts.report.previous.as_ref()?.rows.get(&source.name).copied();
    let sources = facts.manifest.sources.iter().filter_map(move |it| Some((it, before(it)?)));
    sources.filter(|(it, before)| it.rows.saturating_mul(10) < *before).map(move |(it, before)| {
        let rows = words.counted(&words.funnel.row_finding, it.rows);
        let what = fill(w.shrunk, &[&facts.files(it), &rows, &words.number(before)]);
        Problem { what, how: w.shrunk_how.to_owned(), command: String::new(), n: 1, of: &w.shrunk_sum }
    })
}

fn low_yield(facts: &Facts, it: &LowYield) -> Problem {
    let w = facts.words;
    let (without, rows) = (w.counted(&w.funnel.row_finding, it.n_without), w.number(it.n_rows));
    let what =
        fill(w.mend.low_yield, &[&facts.file_of(&it.source), &without, &rows, &it.reason, w.meaning(&it.reason)]);
    let (how, command) = (w.mend.low_yield_how.to_owned(), String::new());
    Problem { what, how, command, n: 1, of: &w.mend.low_yield_sum }
}

/// Values that could not be read, by source and field.
fn unread<'a>(facts: &'a Facts) -> impl Iterator<Item = Problem> + 'a {
    let all = facts.cleaned.unread.iter().flat_map(|(source, fields)| fields.iter().map(move |it| (source, it)));
    let w = facts.words;
    all.map(move |(source, (field, values))| {
        let (counted, how) = words_of_field(facts, field);
        let what = w.labelled(&facts.file_of(source), &w.counted(counted, values.unread));
        let what =
            if values.is_over { format!("{what} {}", w.counted(&w.mend.held_back, values.unread)) } else { what };
        let command = facts.commands.of_this_run(&format!("ferry unreadable {field}"));
        Problem { what, how: how.to_owned(), command, n: values.unread, of: &w.mend.unread_sum }
    })
}

/// The words for values of a field that could not be read, and how to mend them.
fn words_of_field(facts: &Facts, field: &str) -> (&'static Counted, &'static str) {
    let w = &facts.words.unread;
    match field {
        "consent" => (&w.consent, w.consent_how),
        "date" => (&w.date, w.date_how),
        "region" => (&w.region, w.region_how),
        "language" => (&w.language, w.language_how),
        "name" => (&w.name, w.name_how),
        _ => (&w.email, w.email_how),
    }
}

/// Rejected rows that can be corrected, by source.
fn rejects<'a>(facts: &'a Facts) -> impl Iterator<Item = Problem> + 'a {
    let sources = facts.cleaned.rejects.iter().map(move |(source, it)| (source, n_faults(it)));
    let w = facts.words;
    sources.filter(|it| it.1 > 0).map(move |(source, n)| {
        let [file, copy, command] = facts.commands.fix(source);
        let what = w.labelled(&facts.file_of(source), &w.counted(&w.mend.rejects, n));
        let how = fill(w.mend.rejects_how, &[&file, &copy]);
        Problem { what, how, command, n, of: &w.mend.rejects }
    })
}

/// Duplicates, dates out of range and people without a clear answer.
fn small(facts: &Facts) -> Vec<Problem> {
    let w = &facts.words.mend;
    let n_duplicates: u64 = facts.cleaned.duplicates.values().sum();
    let n_undecided = if facts.has_verifier { facts.registrations.undecided_with_phone } else { 0 };
    let rerun = facts.commands.of_this_run("ferry rerun --only no_answer");
    let all = [
        (n_duplicates, &w.duplicates, w.duplicates_how, String::new()),
        (facts.report.n_dates_out_of_range, &w.out_of_range, w.out_of_range_how, String::new()),
        (n_undecided, &w.undecided, w.undecided_how, rerun),
    ];
    let all = all.into_iter().filter(|it| it.0 > 0);
    let problem = |(n, of, how, command): (u64, &'static Counted, &str, String)| Problem {
        what: facts.words.counted(of, n),
        how: how.to_owned(),
        command,
        n,
        of,
    };
    all.map(problem).collect()
}

/// What must be mended, and why rows were rejected.
pub(crate) fn section(facts: &Facts, problems: &[Problem]) -> Section {
    let w = &facts.words.mend;
    let mut section = Section::new("mend", w.heading);
    if problems.is_empty() {
        section.text(w.nothing);
    }
    let mut table =
        Table::of_section(w.heading, vec![texts(w.problem), texts(w.how), texts(facts.words.people.command)]);
    table.rows = problems
        .iter()
        .map(|it| vec![Cell::Text(it.what.clone()), Cell::Text(it.how.clone()), Cell::Code(it.command.clone())])
        .collect();
    section.long_table(table, |n| facts.words.counted(&facts.words.page.more, n));
    section.table(rejected(facts));
    section
}

fn rate(facts: &Facts) -> String {
    let (report, w) = (facts.report, facts.words);
    let pattern = if report.reject_rate > report.max_reject_rate { w.mend.over_rate } else { w.mend.reject_rate };
    fill(pattern, &[&w.percent(report.reject_rate), &w.percent(report.max_reject_rate)])
}

/// Rejected rows by reason, the most common first.
fn rejected(facts: &Facts) -> Table {
    let w = facts.words;
    let mut by_reason: Vec<(&String, u64)> = facts.report.rejects.iter().map(|(code, n)| (code, *n)).collect();
    by_reason.sort_by_key(|it| std::cmp::Reverse(it.1));
    let columns = vec![texts(w.mend.reason), texts(w.mend.meaning), numbers(w.mend.rows)];
    let mut table = Table::new(w.mend.rejected_heading, columns);
    table.note = rate(facts);
    table.rows = by_reason
        .into_iter()
        .map(|(code, n)| {
            let meaning = w.meaning(code);
            let meaning = if Reason::is_fault_code(code) {
                meaning.to_owned()
            } else {
                format!("{meaning} {}", w.mend.no_person)
            };
            vec![Cell::Code(code.clone()), Cell::Text(meaning), Cell::Number(w.number(n))]
        })
        .collect();
    table
}

/// The share of cells of a field that could not be read.
pub(crate) fn unread_share(facts: &Facts, values: &UnreadField) -> String {
    facts.words.percent(share(values.unread, values.filled))
}

/// The name of a field.
pub(crate) fn field_name(facts: &Facts, field: &str) -> &'static str {
    let w = &facts.words.unread;
    match field {
        "consent" => w.field_consent,
        "date" => w.field_date,
        "region" => w.field_region,
        "language" => w.field_language,
        "name" => w.field_name,
        _ => w.field_email,
    }
}
