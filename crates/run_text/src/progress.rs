//! Text of progress events.

use crossing::progress::{ExtractedSource, Note, Outcome, VerifyTotals};
use model::{Counts, counted, grouped, printable};
use verify::{Mismatches, UNOFFICIAL};

/// The outcome of a task.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pulled { sources, n_failed } => {
            let mut parts: Vec<String> = sources.iter().map(crate::sources::pulled).collect();
            parts.extend(
                (*n_failed > 0).then(|| format!("{} not read to the end", counted(*n_failed as u64, "source"))),
            );
            parts.join("; ")
        }
        Outcome::Extracted(sources) => sources.iter().map(source).collect::<Vec<_>>().join("; "),
        Outcome::Cleaned(counts) => balance(counts),
        Outcome::BackedUp { n_contacts } => format!("{} saved", counted(*n_contacts, "contact")),
        Outcome::Verified(totals) => verified(totals),
        Outcome::Loaded { inserted, updated, unchanged, n_absorbed } => {
            let absorbed = match n_absorbed {
                0 => String::new(),
                n => format!("; {} known only from Viber now with a phone", counted(*n, "contact")),
            };
            crate::run::loaded(*inserted, *updated, *unchanged) + &absorbed
        }
        Outcome::StatementsRead { n_rows } => counted(*n_rows, "row"),
        Outcome::Submitted { n_templates } => counted(*n_templates, "template"),
        Outcome::Translated { n_scenarios, n_templates } => {
            format!("{}: {}", counted(*n_scenarios, "scenario"), counted(*n_templates, "template"))
        }
        Outcome::Kept(changes) => crate::scenarios::changes(changes),
    }
}

/// A note, with the name of its subject.
pub fn note(note: &Note) -> (&'static str, String) {
    match note {
        Note::SourceUnread(source) => ("pull", crate::sources::unread(source)),
        Note::SourceFailed { text } => ("pull", text.clone()),
        Note::SourceWaits { name, length, is_asked_for, until } => {
            ("pull", format!("{name}: {}", crate::verify::wait(*length, *is_asked_for, *until)))
        }
        Note::AlreadyDone(task) => (task.name(), "already done".to_owned()),
        Note::Continues { run_id, is_finished: false } => ("run", format!("{run_id} is continued")),
        Note::Continues { run_id, is_finished: true } => {
            ("run", format!("{run_id} has read these exports already; --new begins another run"))
        }
        Note::SuppressionKeyMade { path } => {
            let path = crate::path(path);
            ("key", format!("a suppression key was made in {path}: keep a copy in a safe place"))
        }
        Note::KeyMade { path } => {
            let path = crate::path(path);
            ("key", format!("a contact key was made in {path}: keep a copy in a safe place (ferry key export)"))
        }
        Note::ClockBehind { run_id, at } => {
            ("clock", format!("run {run_id} was begun at {at}, which is in the future: check this machine's clock"))
        }
        Note::StatementsReread(it) => ("consent", crate::run::reread(it.n_contacts, it.n_changed, it.n_answers)),
        Note::WillCheck(checks) => ("verify", format!("will check {}", crate::verify::planned_checks(checks))),
        Note::NotAsked(verdict) => {
            let why = crate::verify::verdict(*verdict).unwrap_or_default();
            ("verify", format!("{why}: no more calls are made"))
        }
        Note::Unofficial { adapter } => ("verify", format!("{adapter} is unofficial: {UNOFFICIAL}")),
        Note::AnswersRead(read) => {
            let mut text = format!("{}, {} known", counted(read.n_lines, "line"), counted(read.n_numbers, "number"));
            for (what, n) in &read.silent {
                text += &format!(", {} {what}", grouped(*n));
            }
            if read.n_rejected > 0 {
                text += &format!(", {} rejected: see {}", grouped(read.n_rejected), read.rejects);
            }
            ("verify", text)
        }
        Note::TookOverCorrections { run_id } => {
            ("clean", format!("corrections of {run_id} apply to rows with the same cells"))
        }
        Note::Waits { task, length, is_asked_for, until } => {
            (task.name(), crate::verify::wait(*length, *is_asked_for, *until))
        }
        Note::Uploads { file, n_bytes, offset } => ("upload", upload(file, *n_bytes, *offset)),
        Note::WaitsForLease { holder, since } => {
            let holder = printable(holder);
            let text = format!(
                "another run has been loading into this database since {since} ({holder}): \
                 waiting up to a minute, in case it was stopped"
            );
            ("load", text)
        }
        Note::SpellingsMerged { n_contacts } => {
            let n_contacts = counted(*n_contacts, "contact");
            ("verify", format!("{n_contacts} merged: WhatsApp treats both spellings of their numbers as one"))
        }
    }
}

/// `600 rows in = 316 kept + 261 merged + 23 rejected + 0 suppressed`
pub fn balance(counts: &Counts) -> String {
    counted(counts.rows_in, "row") + &equation(counts)
}

/// ` in = 316 kept + 261 merged + 23 rejected + 0 suppressed`
pub fn equation(counts: &Counts) -> String {
    format!(
        " in = {} kept + {} merged + {} rejected + {} suppressed",
        grouped(counts.kept),
        grouped(counts.merged),
        grouped(counts.rejected),
        grouped(counts.suppressed)
    )
}

fn source(source: &ExtractedSource) -> String {
    match source.is_empty {
        true => format!("{}: empty file", source.name),
        false => format!("{}: {} ({})", source.name, counted(source.n_rows, "row"), printable(&source.reading)),
    }
}

fn verified(totals: &VerifyTotals) -> String {
    let answers = totals.answers.iter().map(|(answer, n)| format!("{} {}", grouped(*n), answer.name()));
    let mut parts: Vec<String> = answers.collect();
    if parts.is_empty() {
        parts.push("nothing new".to_owned());
    }
    parts.extend(totals.cost.as_ref().map(crate::verify::cost));
    parts.extend(totals.n_left.map(|it| format!("about {} to go", grouped(it))));
    for (answer, n) in &totals.doubts {
        let batches = if *n == 1 { "batch" } else { "batches" };
        parts.push(format!("{} {batches} not counted: every answer was {}", grouped(*n), answer.name()));
    }
    let Mismatches { odd, shared_ids, .. } = totals.mismatches;
    if odd > 0 {
        parts.push(format!("{} not readable", counted(odd, "answer")));
    }
    if shared_ids > 0 {
        parts.push(format!("{} not believed: one WhatsApp id for several numbers", counted(shared_ids, "answer")));
    }
    parts.join("; ")
}

/// The note about a sample whose upload begins or is resumed.
fn upload(file: &str, n_bytes: u64, offset: u64) -> String {
    let (file, n_bytes) = (printable(file), grouped(n_bytes));
    match offset {
        0 => format!("{file} ({n_bytes} bytes)"),
        offset => format!("{file} is resumed at byte {} of {n_bytes}", grouped(offset)),
    }
}
