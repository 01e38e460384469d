//! `ferry consent import`: a file of statements into the ledger.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clean::{DateForm, DateOrder};
use consent_ledger::import::{CountedRows, HeaderLine, Rules, StatementField};
use consent_ledger::{Defaults, Import, Imported, import as import_file};
use crm::Crm;
use crossing::progress::{Outcome, Task};
use crossing::{Progress, open_ledger};
use extract::Settings;
use jiff::Timestamp;
use model::{Channel, ConsentChannel, ContactKey, counted, grouped};
use plan::{Plan, find_key, passing_key};
use results::{ConsentImportResult, RefusedRow};

use crate::{mark, safe, wordings};

/// The longest name of a source.
const MAX_NAME: usize = 64;

/// What to import, and what rows have that do not say it themselves.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    pub file: PathBuf,
    /// Everybody in the file refuses.
    pub opt_outs: bool,
    pub columns: Vec<(StatementField, String)>,
    /// The scope of Viber ids is that of the plan, if it gives none.
    pub defaults: Defaults,
    pub date_order: Option<DateOrder>,
    /// The zone of times that name none; UTC, if none.
    pub timezone: Option<String>,
    /// The name of the source in the ledger; that of the file, if none.
    pub source: Option<String>,
    pub rejects: Option<PathBuf>,
    pub dry_run: bool,
}

/// Imports a file, and gives the result with its text.
pub async fn import(plan: &Plan, args: &ImportOptions, progress: &Progress) -> Result<(ConsentImportResult, String)> {
    if args.file.is_dir() {
        bail!("{} is a folder: name a file with statements", shown_path(&args.file));
    }
    let (crm, key) = open(plan, args.dry_run, progress).await?;
    let rules = rules(args, plan, key, crm.as_ref()).await?;
    let (import_id, source) = (rules.run.id.to_string(), rules.source.clone());
    let what = Import {
        file: &args.file,
        rules,
        columns: args.columns.clone(),
        rejects: args.rejects.as_deref(),
        is_dry_run: args.dry_run,
        settings: Settings::default(),
    };
    let work = progress.begin(Task::ImportStatements, 0);
    let imported = import_file(crm.as_ref(), what, |n_rows| work.advance(n_rows)).await?;
    work.end(Outcome::StatementsRead { n_rows: imported.n_rows });
    if let Some(crm) = crm {
        crm.close().await;
    }
    let value = result(args, import_id, source, &imported);
    let text = summary(args, &value, &imported);
    Ok((value, text))
}

/// The database with the wordings of the plan, and the key. A dry run makes neither a database nor a key.
async fn open(plan: &Plan, is_dry_run: bool, progress: &Progress) -> Result<(Option<Crm>, ContactKey)> {
    if is_dry_run {
        let crm = Crm::look(&plan.crm_url()?).await?;
        let key = match (find_key(plan)?.map(|it| it.key), &crm) {
            (Some(key), _) => key,
            (None, None) => passing_key()?,
            (None, Some(_)) => plan::contact_key(plan)?,
        };
        if let Some(crm) = &crm {
            crm.check_key(&key.id()).await?;
        }
        return Ok((crm, key));
    }
    let (crm, key) = open_ledger(plan, progress).await?;
    Ok((Some(crm), key))
}

async fn rules(args: &ImportOptions, plan: &Plan, key: ContactKey, crm: Option<&Crm>) -> Result<Rules> {
    let mut defaults = args.defaults.clone();
    defaults.channel = defaults.channel.or(args.opt_outs.then_some(ConsentChannel::All));
    defaults.scope = defaults.scope.or_else(|| viber_scope(plan));
    Ok(Rules {
        key,
        region: plan.default_region(),
        words: plan.words(),
        wordings: wordings(plan, crm).await?,
        source: source(args)?,
        run: mark("consent", Timestamp::now())?,
        dates: DateForm {
            order: args.date_order,
            zone: args.timezone.as_deref().and_then(clean::zone),
            ..DateForm::default()
        },
        defaults,
        is_list: args.opt_outs,
    })
}

/// The scope of the Viber sources of the plan, if they have one.
fn viber_scope(plan: &Plan) -> Option<String> {
    let scopes: BTreeSet<&str> =
        plan.sources.iter().filter(|it| it.channel() == Channel::Viber).map(|it| it.scope()).collect();
    if scopes.len() == 1 { scopes.first().map(|it| (*it).to_owned()) } else { None }
}

/// The name of the source: the one that is given, or the name of the file in the letters of a source.
fn source(args: &ImportOptions) -> Result<String> {
    if let Some(name) = &args.source {
        return Ok(run::run_name("a source", name)?.to_owned());
    }
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain = stem.replace(|it: char| !it.is_ascii_alphanumeric(), "-");
    let name: String = plain.trim_matches('-').chars().take(MAX_NAME).collect();
    if name.is_empty() {
        bail!("the name of the file cannot name a source: give --source");
    }
    Ok(name)
}

fn result(args: &ImportOptions, import: String, source: String, it: &Imported) -> ConsentImportResult {
    ConsentImportResult {
        import,
        source,
        dry_run: args.dry_run,
        rows: it.n_rows,
        added: it.n_added,
        known: it.n_known,
        review: it.n_review,
        refused: it.n_refused,
        statements: it.n_statements,
        refused_because: it.refused_because.iter().map(|(it, rows)| (it.text().into_owned(), rows.n_rows)).collect(),
        first_refused: it
            .first_refused
            .iter()
            .map(|(line, it)| RefusedRow { line: *line, reason: it.text() })
            .collect(),
        rejects: args.rejects.as_deref().map(shown_path),
        not_in_database: it.n_unknown_people,
        without_purpose: it.n_without_wording + it.n_other_purpose,
        other_purpose: it.n_other_purpose,
        undated: it.n_undated,
        without_field: it.without_field.iter().map(|(field, rows)| (field.name(), rows.n_rows)).collect(),
        without_zone: it.n_without_zone,
        header_line: it.header.map(|it| it.line),
        lines_above_header: it.header.map_or(0, |it| it.n_above),
        columns_not_read: it.unread_columns.clone(),
    }
}

fn shown_path(path: &Path) -> String {
    safe(&run_text::path(path))
}

fn summary(args: &ImportOptions, value: &ConsentImportResult, it: &Imported) -> String {
    let did = if args.dry_run { "would be added" } else { "added" };
    let mut lines = vec![format!(
        "{:10} {}: {} {did}, {} known already, {} to review, {} refused",
        value.source,
        counted(it.n_rows, "row"),
        grouped(it.n_added),
        grouped(it.n_known),
        grouped(it.n_review),
        grouped(it.n_refused),
    )];
    lines.extend(it.header.map(header));
    lines.extend(refused_lines(args, it));
    let note = |n: u64, text: String| (n > 0).then_some(text);
    let people = |n: u64| if n == 1 { "1 person is".to_owned() } else { format!("{} people are", grouped(n)) };
    lines.extend(note(
        it.n_review,
        format!("{:10} answers that are not understood hold people back: `ferry consent review`", "review"),
    ));
    lines.extend(note(it.n_without_wording, format!("{:10} {}", "purpose", without_wording(it.n_without_wording))));
    lines.extend(note(it.n_other_purpose, format!("{:10} {}", "purpose", other_purpose(it.n_other_purpose))));
    lines.extend(note(
        it.n_undated,
        format!(
            "{:10} {} undated, because the date could not be used; --date-order says whether 03/04 is in March or April",
            "date",
            are(it.n_undated, "refusal")
        ),
    ));
    lines.extend(it.without_field.iter().map(|(field, rows)| without_field(*field, rows)));
    lines.extend(note(it.n_without_zone, without_zone(args, it.n_without_zone)));
    lines.extend(note(
        it.n_unknown_people,
        format!("{:10} {} not in the database: their statements wait for them", "people", people(it.n_unknown_people)),
    ));
    if !it.unread_columns.is_empty() {
        let columns: Vec<String> = it.unread_columns.iter().map(|it| safe(it)).collect();
        lines.push(format!("{:10} not read: {}", "columns", columns.join(", ")));
    }
    lines.join("\n") + "\n"
}

fn header(it: HeaderLine) -> String {
    let files = if it.n_files > 1 { format!(" in each of {} files", grouped(it.n_files)) } else { String::new() };
    let above = match it.n_above {
        0 => String::new(),
        n => format!("; {} above it {} not read", counted(n, "line"), if n == 1 { "is" } else { "are" }),
    };
    format!("{:10} line {} names the columns{files}{above}", "header", grouped(it.line))
}

fn without_field(field: StatementField, rows: &CountedRows) -> String {
    let is_one = rows.n_rows == 1;
    let it = if is_one { "it is" } else { "they are" };
    let instead = match field {
        StatementField::Channel => format!(", so {it} about all channels"),
        StatementField::Purpose => format!(", so {it} about all messages"),
        _ => String::new(),
    };
    format!(
        "{:10} {} {} kept without the {}, which cannot be used{instead} {}",
        "kept",
        counted(rows.n_rows, "answer"),
        if is_one { "is" } else { "are" },
        field.name(),
        places(rows)
    )
}

/// `(lines 3, 8, …)`
fn places(rows: &CountedRows) -> String {
    let lines: Vec<String> = rows.lines.iter().map(|it| grouped(*it)).collect();
    let more = if (lines.len() as u64) < rows.n_rows { ", …" } else { "" };
    let line = if rows.n_rows == 1 { "line" } else { "lines" };
    format!("({line} {}{more})", lines.join(", "))
}

/// `12 refusals are`
fn are(n: u64, thing: &str) -> String {
    format!("{} {}", counted(n, thing), if n == 1 { "is" } else { "are" })
}

fn without_zone(args: &ImportOptions, n: u64) -> String {
    let times = if n == 1 { "time names no zone and was" } else { "times name no zone and were" };
    let zone = args.timezone.as_deref().map_or_else(|| "UTC; --timezone names another".to_owned(), safe);
    format!("{:10} {} {times} read as of {zone}", "zone", grouped(n))
}

fn without_wording(n: u64) -> String {
    let (have, it) = if n == 1 { ("has", "it counts") } else { ("have", "they count") };
    format!(
        "{} {have} no wording, so {it} for nothing: give --wording NAME@VERSION of a [[wording]]",
        counted(n, "consent")
    )
}

fn other_purpose(n: u64) -> String {
    let (have, it) = if n == 1 { ("has", "it counts") } else { ("have", "they count") };
    format!(
        "{} {have} a purpose that the wording does not name, so {it} for nothing: correct the purpose, or give the wording \
         that was shown",
        counted(n, "consent")
    )
}

fn refused_lines(args: &ImportOptions, it: &Imported) -> Vec<String> {
    let mut lines = Vec::new();
    for (refusal, rows) in &it.refused_because {
        let n = grouped(rows.n_rows);
        lines.push(format!("{:10} {n}: {} {}", "refused", refusal.text(), places(rows)));
    }
    match &args.rejects {
        Some(rejects) if it.n_refused > 0 => {
            lines.push(format!("{:10} all refused rows are in {}", "", shown_path(rejects)));
        }
        None if it.n_refused > it.first_refused.len() as u64 => {
            lines.push(format!("{:10} --rejects FILE writes all of them to a file", ""));
        }
        _ => {}
    }
    lines
}
