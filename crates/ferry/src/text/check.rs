//! Text of `ferry check`.

use crossing::{Check, DiskSpace, Found, KeyMatch, Subject};
use model::counted;
use plan::KeyPlace;
use run_text::{Role, Styled};

use crate::exit::{Exit, exit_of, texts_of};
use crate::hint;
use crate::text::{self, size};

/// One line for each check, and one for all.
pub(crate) fn list(checks: &[Check]) -> Styled {
    let mut lines = Styled::default();
    for it in checks {
        let role = match it.found {
            Ok(_) => Role::Plain,
            Err(_) => Role::Error,
        };
        lines.push(Role::Plain, format!("{:10} ", it.subject.name()));
        lines.push(role, format!("{:8}", state(it)));
        lines.push(Role::Plain, format!(" {}\n", message(it)));
        if let Some(hint) = hint(it) {
            lines.push(Role::Plain, format!("{:10} {:8} {hint}\n", "", "hint"));
        }
    }
    let n_wrong = checks.iter().filter(|it| it.found.is_err()).count() as u64;
    let has_plan = checks.iter().any(|it| it.subject == Subject::Disk);
    let end = match (n_wrong, has_plan) {
        (0, _) => "all well: `ferry run` can begin".to_owned(),
        (_, true) => format!("{} not well", counted(n_wrong, "check")),
        (_, false) => "nothing else was checked: correct the plan first".to_owned(),
    };
    lines.push(if n_wrong == 0 { Role::Main } else { Role::Error }, end);
    lines.push(Role::Plain, "\n");
    lines
}

/// What can be done about a check that failed.
pub(crate) fn hint(check: &Check) -> Option<String> {
    check.found.as_ref().err().and_then(hint::of)
}

/// `ok`; or by what has to be done: `wrong` in the plan, `later` if it may pass, else `failed`.
pub(crate) fn state(check: &Check) -> &'static str {
    match check.found.as_ref().map_err(exit_of) {
        Ok(_) => "ok",
        Err(Exit::Usage) => "wrong",
        Err(Exit::TryLater) => "later",
        Err(_) => "failed",
    }
}

/// The finding of a check, or its error, in one line.
pub(crate) fn message(check: &Check) -> String {
    match &check.found {
        Ok(found) => well(found),
        Err(error) => texts_of(error).join(": "),
    }
    .replace(['\n', '\r'], " ")
}

fn well(found: &Found) -> String {
    match found {
        Found::Plan { path, sources, scenarios: 0 } => {
            format!("{}: {}", text::path(path), counted(*sources as u64, "source"))
        }
        Found::Plan { path, sources, scenarios } => {
            let [sources, sets] = [(sources, "source"), (scenarios, "set")].map(|(n, it)| counted(*n as u64, it));
            format!("{}: {sources}, {sets} of scenarios", text::path(path))
        }
        Found::Key { key_id, place, database } => key(key_id, place, *database),
        Found::NoKey {} => "none yet: the first run makes one".to_owned(),
        Found::Source { name, files, bytes, columns, reading } => {
            let (files, columns) = (counted(*files as u64, "file"), counted(*columns as u64, "column"));
            format!("{name}: {files}, {}, {columns}, {reading}", size::shown(*bytes))
        }
        Found::SourceToRead { name, provider, stream, host } => {
            format!("{name}: {stream}, not read yet; {host} of {provider} can be reached")
        }
        Found::Scenario { name, files, format, scenarios, skipped } => {
            let [files, scenarios] = [(files, "file"), (scenarios, "scenario")].map(|(n, it)| counted(*n as u64, it));
            let skipped = match skipped {
                0 => String::new(),
                n => format!(", {} not read", counted(*n as u64, "part")),
            };
            format!("{name}: {files}, {format}, {scenarios}{skipped}")
        }
        Found::Database { server, has_tables } => {
            let server = server.as_ref().map_or("SQLite".to_owned(), |it| format!("PostgreSQL {it}"));
            format!("{server}{}", if *has_tables { "" } else { ", no tables yet: the first run makes them" })
        }
        Found::Segments { segments } => format!("{} by condition", counted(*segments as u64, "segment")),
        Found::Secrets { places } if places.is_empty() => "the plan names none".to_owned(),
        Found::Secrets { places } => {
            format!("{} {} set", text::names(places), if places.len() == 1 { "is" } else { "are" })
        }
        Found::Reached { host } => format!("{host} can be reached"),
        Found::Answers { files } => format!("{} of answers", counted(*files as u64, "file")),
        Found::Disk { disks } => disks.iter().map(disk).collect::<Vec<_>>().join("; "),
        Found::Versions { ferry, sqlite, postgresql } => {
            let server = postgresql.as_ref().map_or(String::new(), |it| format!(", PostgreSQL {it}"));
            format!("{ferry}, SQLite {sqlite}{server}")
        }
    }
}

fn key(key_id: &str, place: &KeyPlace, database: KeyMatch) -> String {
    let place = match place {
        KeyPlace::Environment(name) => name.clone(),
        KeyPlace::File(path) => text::path(path),
    };
    let database = match database {
        KeyMatch::Same => "the one of the database",
        KeyMatch::NoneYet => "the database has none yet",
        KeyMatch::NotCompared => "not compared with the database",
    };
    format!("{key_id} in {place}: {database}")
}

/// `runs, backups: 12,345 MiB free, 3 KiB needed`
fn disk(it: &DiskSpace) -> String {
    let (free, needed) = (size::shown(it.free_bytes), size::shown(it.needed_bytes));
    format!("{}: {free} free, at least {needed} needed", it.holds.join(", "))
}
