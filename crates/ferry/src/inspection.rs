//! Finds out what files are, and what a plan has to say of them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use extract::{Cells, ExtractError, Fit, Layout, Mapping, Probe, Profile, Row, Settings, detect, guess, probe};
use model::{Channel, Direction, RawContact, Reason, Region};
use run::Coverage;
use serde::Serialize;

use crate::coverage::Tally;
use crate::session::shown;

/// So many rows are looked at closely.
const SAMPLE_ROWS: u64 = 10_000;
/// So many rows are shown.
const SHOWN_ROWS: usize = 3;
/// A list of numbers of the business longer than this is none.
const MOST_OWN_NUMBERS: usize = 20;

/// What files of one kind are.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) reading: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: u64,
    pub(crate) kind: Kind,
    /// Of the rows that were looked at, those that give a contact.
    pub(crate) sampled: u64,
    pub(crate) usable: u64,
    /// Why the others do not, by reason.
    pub(crate) faults: std::collections::BTreeMap<String, u64>,
    pub(crate) coverage: Coverage,
    /// Fields and masked values of some rows.
    pub(crate) sample: Vec<Vec<(String, String)>>,
    pub(crate) own_numbers: Vec<String>,
    /// The part of a plan that reads these files; none if nothing in them can be a person.
    pub(crate) source: Option<String>,
}

/// What kind of export it is, and how sure that is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(crate) enum Kind {
    /// All columns that tell the profile are there, and they are many.
    Known {
        profile: String,
        title: String,
        documented: String,
        sure: &'static str,
        unread_columns: Vec<String>,
    },
    /// No profile, but some columns have the names of what they hold.
    Guessed {
        nearest: Option<Nearest>,
        columns: Mapping,
        unread_columns: Vec<String>,
    },
    Unknown {
        nearest: Option<Nearest>,
    },
    Empty,
}

/// The profile that comes nearest to fitting.
#[derive(Debug, Serialize)]
pub(crate) struct Nearest {
    profile: String,
    missing: Vec<String>,
    unwanted: Vec<String>,
    unread_columns: Vec<String>,
}

/// Inspects files of one kind. `folder` is where a plan would stand.
pub(crate) fn inspect(
    files: &[PathBuf],
    profiles: &[Profile],
    region: Option<Region>,
    folder: &Path,
) -> Result<Inspection> {
    let probe = probe(files, &Settings::of_profiles(profiles))?;
    let fits = detect(profiles, &probe.columns, probe.records_key());
    let best = fits.first().filter(|it| it.is_whole());
    let contacts = profiles.iter().find(|it| it.name == "contacts");
    let guessed = contacts.map(|it| guess(it, &probe.columns, &[]).columns).filter(has_person).unwrap_or_default();
    let profile = match best {
        Some(fit) => Some(fit.profile.clone()),
        None if !guessed.is_empty() => Some(Profile::of_columns(guessed.clone())),
        None => phone_column(&probe)?
            .map(|column| Profile::of_columns([("phone".to_owned(), column.as_str().into())].into())),
    };
    let kind = match (best, &profile) {
        _ if probe.columns.is_empty() => Kind::Empty,
        (Some(fit), _) => known(fit),
        (None, Some(profile)) => Kind::Guessed {
            nearest: nearest(&fits),
            columns: profile.columns.clone(),
            unread_columns: unread(profile, &probe.columns),
        },
        (None, None) => Kind::Unknown { nearest: nearest(&fits) },
    };
    let path = files.first().cloned().unwrap_or_default();
    let nobody = Profile::of_columns(Mapping::new());
    let profile = profile.as_ref();
    let layout = match profile {
        Some(profile) => profile.layout(&path, &probe.columns)?,
        None => nobody.layout(&path, &[])?,
    };
    let looked = look(&probe, &layout, profile.unwrap_or(&nobody), region)?;
    let reading = probe.parts.first().map(|it| it.reading()).unwrap_or_default();
    let mut inspection = Inspection {
        files: files.to_vec(),
        reading,
        columns: probe.columns.clone(),
        rows: looked.rows,
        kind,
        sampled: looked.sampled,
        usable: looked.usable,
        faults: looked.faults,
        coverage: looked.coverage,
        sample: looked.sample,
        own_numbers: looked.own_numbers.into_iter().collect(),
        source: None,
    };
    inspection.source = profile.map(|profile| {
        let columns = if best.is_some() { None } else { Some(&profile.columns) };
        source_block(&inspection, profile, columns, folder)
    });
    Ok(inspection)
}

fn has_person(columns: &Mapping) -> bool {
    columns.contains_key("phone") || columns.contains_key("viber_id")
}

fn known(fit: &Fit) -> Kind {
    Kind::Known {
        profile: fit.profile.name.clone(),
        title: fit.profile.title.clone(),
        documented: fit.profile.documented.clone(),
        // Two or three columns of plain names may be there by chance.
        sure: if fit.profile.signature.len() >= 4 { "certain" } else { "likely" },
        unread_columns: fit.unread.clone(),
    }
}

fn unread(profile: &Profile, columns: &[String]) -> Vec<String> {
    let is_read = |column: &&String| profile.columns.values().any(|it| it.iter().any(|it| it == column.as_str()));
    columns.iter().filter(|it| !is_read(it)).cloned().collect()
}

/// A profile of which less than half is there is near to nothing.
fn nearest(fits: &[Fit]) -> Option<Nearest> {
    let fit = fits.iter().find(|it| it.missing.len() * 2 <= it.profile.signature.len())?;
    Some(Nearest {
        profile: fit.profile.name.clone(),
        missing: fit.missing.clone(),
        unwanted: fit.unwanted.clone(),
        unread_columns: fit.unread.clone(),
    })
}

/// The one column whose cells are phone numbers with their country code, in a table whose names say nothing.
fn phone_column(probe: &Probe) -> Result<Option<String>> {
    let mut n_phones = vec![0_u64; probe.columns.len()];
    let mut n_rows = 0;
    extract::read(probe, |row| -> Result<(), ExtractError> {
        if let (true, Ok(cells)) = (row.record <= SAMPLE_ROWS, &row.cells) {
            n_rows += 1;
            for (column, n) in n_phones.iter_mut().enumerate() {
                let cell = cells.get(column);
                let plus = if cell.trim().starts_with(['+', '0']) { String::new() } else { "+".to_owned() };
                *n += u64::from(clean::phone(&format!("{plus}{}", cell.trim()), None).is_ok());
            }
        }
        Ok(())
    })?;
    let mut found = (0..n_phones.len()).filter(|it| n_rows > 0 && n_phones[*it] * 2 > n_rows);
    Ok(match (found.next(), found.next()) {
        (Some(one), None) => Some(probe.columns[one].clone()),
        _ => None,
    })
}

#[derive(Default)]
struct Looked {
    rows: u64,
    sampled: u64,
    usable: u64,
    faults: std::collections::BTreeMap<String, u64>,
    coverage: Coverage,
    sample: Vec<Vec<(String, String)>>,
    own_numbers: BTreeSet<String>,
}

fn look(probe: &Probe, layout: &Layout, profile: &Profile, region: Option<Region>) -> Result<Looked> {
    let mut looked = Looked::default();
    let mut tally = Tally::new(layout, region);
    let seen = extract::read(probe, |row: Row| -> Result<(), ExtractError> {
        tally.add(&row);
        looked.rows = row.record;
        if row.record > SAMPLE_ROWS {
            return Ok(());
        }
        looked.sampled += 1;
        let fault = match &row.cells {
            Err(unread) => Some(unread.reason),
            Ok(cells) => match layout.contact(|it| cells.get(it)) {
                Err(reason) => Some(reason),
                Ok(raw) => {
                    looked.note_own(layout, *cells, raw.direction);
                    if looked.sample.len() < SHOWN_ROWS {
                        looked.sample.push(masked(&raw));
                    }
                    fault(&raw, region)
                }
            },
        };
        match fault {
            None => looked.usable += 1,
            Some(reason) => *looked.faults.entry(reason.code().to_owned()).or_default() += 1,
        }
        Ok(())
    })?;
    looked.coverage = tally.finish(profile, probe, &seen);
    if looked.own_numbers.len() > MOST_OWN_NUMBERS {
        looked.own_numbers.clear();
    }
    Ok(looked)
}

/// Why a row gives no contact. The region of the row comes before that of the plan.
fn fault(raw: &RawContact, region: Option<Region>) -> Option<Reason> {
    let region = Region::from_name(raw.region.trim()).or(region);
    match clean::read_phone(raw, region) {
        Ok(_) => None,
        Err(Reason::Empty) if !raw.viber_id.trim().is_empty() => None,
        Err(Reason::Letters | Reason::ShortCode) if raw.direction.is_some() => Some(Reason::NotSubscriber),
        Err(reason) => Some(reason),
    }
}

impl Looked {
    /// The business is the other side of each message.
    fn note_own(&mut self, layout: &Layout, cells: Cells, direction: Option<Direction>) {
        let field = match direction {
            Some(Direction::Inbound) => "to",
            Some(Direction::Outbound) => "from",
            None => return,
        };
        let own = layout.columns_of(field).iter().map(|it| cells.get(*it).trim()).find(|it| !it.is_empty());
        let is_number = |it: &&str| it.bytes().filter(u8::is_ascii_digit).count() >= 7;
        if let Some(own) = own.filter(is_number) {
            self.own_numbers.insert(own.to_owned());
        }
    }
}

/// What a row says, with what would tell who it is taken away.
fn masked(raw: &RawContact) -> Vec<(String, String)> {
    let hide = |field: &str, cell: &str| {
        let shown = match field {
            "phone" | "shared_phone" => 5,
            "name" => 1,
            "email" | "external_id" | "viber_id" | "message_id" => 3,
            _ => return cell.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let start: String = cell.trim().chars().take(shown).collect();
        format!("{start}***")
    };
    let cells = raw.cells().into_iter().filter(|it| !it.1.trim().is_empty());
    cells.map(|(field, cell)| (field.to_owned(), hide(field, cell))).collect()
}

/// The `[[source]]` that reads these files.
fn source_block(inspection: &Inspection, profile: &Profile, columns: Option<&Mapping>, folder: &Path) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let path = pattern(&inspection.files, folder);
    let channel = profile.channel.unwrap_or(match profile.columns.contains_key("phone") {
        true => Channel::Sms,
        false => Channel::Viber,
    });
    let mut block = format!(
        "[[source]]\nname = {}\nchannel = \"{}\"\npath = {}\nprofile = \"{}\"\n",
        quoted(&name_of(inspection)),
        channel.name(),
        quoted(&path),
        profile.name,
    );
    // Sources of one bot must share its name, or nobody can be linked across them.
    if profile.columns.contains_key("viber_id") {
        block.push_str("scope = \"viber\"\n");
    }
    if !inspection.own_numbers.is_empty() {
        let numbers: Vec<String> = inspection.own_numbers.iter().map(|it| quoted(it)).collect();
        let _ = writeln!(block, "own_numbers = [{}]", numbers.join(", "));
    }
    if let Some(columns) = columns {
        block.push_str("[source.columns]\n");
        for (field, names) in columns {
            let _ = writeln!(block, "{field} = {}", quoted(names.iter().next().unwrap_or_default()));
        }
    }
    block
}

/// A name for a source: that of its profile, or one from its files.
pub(crate) fn name_of(inspection: &Inspection) -> String {
    match &inspection.kind {
        Kind::Known { profile, .. } => source_name(&[PathBuf::from(profile)]),
        _ => source_name(&inspection.files),
    }
}

/// A name for a source from those of its files: small letters, digits and hyphens.
pub(crate) fn source_name(files: &[PathBuf]) -> String {
    let first = files.first().and_then(|it| it.file_name()).unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = first.split('.').next().unwrap_or_default();
    let hyphened: String = stem.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let words: Vec<&str> = hyphened.split('-').filter(|it| !it.is_empty()).collect();
    let name: String = words.join("-").chars().take(64).collect();
    if name.is_empty() { "source".to_owned() } else { name }
}

/// The path of a file, or the pattern of several, as a plan in `folder` writes it.
fn pattern(files: &[PathBuf], folder: &Path) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|it| {
            let absolute = std::path::absolute(it).unwrap_or_else(|_| it.clone());
            absolute.strip_prefix(folder).unwrap_or(&absolute).display().to_string()
        })
        .collect();
    let [first, .., last] = names.as_slice() else { return names.into_iter().next().unwrap_or_default() };
    let n_start = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
    let n_end = first.chars().rev().zip(last.chars().rev()).take_while(|(a, b)| a == b).count();
    let start: String = first.chars().take(n_start).collect();
    let n_end = n_end.min(first.chars().count() - n_start).min(last.chars().count() - n_start);
    let end: String = first.chars().skip(first.chars().count() - n_end).collect();
    format!("{start}*{end}")
}

/// The inspection in words.
pub(crate) fn text(inspection: &Inspection) -> String {
    let mut text = String::new();
    let names: Vec<String> = inspection.files.iter().map(|it| shown(it)).collect();
    let _ = writeln!(text, "{}", names.join(", "));
    let mut line = |name: &str, rest: &str| {
        let _ = writeln!(text, "  {name:10} {rest}");
    };
    match &inspection.kind {
        Kind::Known { profile, title, documented, sure, unread_columns } => {
            line("is", &format!("{title}: profile {profile}, {sure}"));
            line("", &format!("known from: {documented}"));
            if !unread_columns.is_empty() {
                line("not used", &unread_columns.join(", "));
            }
        }
        Kind::Guessed { nearest, columns, unread_columns } => {
            let guessed: Vec<String> =
                columns.iter().map(|it| format!("{} = {}", it.0, it.1.iter().next().unwrap_or_default())).collect();
            line("is", &format!("unknown; a guess by the columns: {}", guessed.join(", ")));
            if !unread_columns.is_empty() {
                line("not used", &unread_columns.join(", "));
            }
            nearest.iter().for_each(|it| line("nearest", &it.text()));
        }
        Kind::Unknown { nearest } => {
            line("is", "unknown, and no column looks like a phone number or a Viber id");
            nearest.iter().for_each(|it| line("nearest", &it.text()));
        }
        Kind::Empty => line("is", "empty"),
    }
    line("read as", &inspection.reading);
    line("columns", &inspection.columns.join(", "));
    line("rows", &crate::progress::grouped(inspection.rows));
    if inspection.sampled > 0 && inspection.source.is_some() {
        let looked = format!("{} of the first {} rows give a contact", inspection.usable, inspection.sampled);
        line("usable", &looked);
        for (reason, n) in &inspection.faults {
            line("", &format!("{n} {reason}: {}", Reason::from_code(reason).map_or("", Reason::describe)));
        }
        if inspection.faults.contains_key(Reason::NoRegion.code()) {
            line("", "give default_region in [run] of the plan, or --region here");
        }
    }
    for (n, window) in crate::coverage::lines(&inspection.coverage, inspection.rows).iter().enumerate() {
        line(if n == 0 { "covers" } else { "" }, window);
    }
    for row in inspection.sample.iter().filter(|it| !it.is_empty()) {
        let cells: Vec<String> = row.iter().map(|it| format!("{} {}", it.0, it.1)).collect();
        line("sample", &cells.join(" | "));
    }
    if let Some(source) = &inspection.source {
        let _ = write!(text, "\n{source}");
    }
    text
}

impl Nearest {
    fn text(&self) -> String {
        let mut text = self.profile.clone();
        for (what, columns) in [("it lacks", &self.missing), ("it does not expect", &self.unwanted)] {
            if !columns.is_empty() {
                let _ = write!(text, "; {what} {}", columns.join(", "));
            }
        }
        if !self.unread_columns.is_empty() {
            let _ = write!(text, "; it does not know {}", self.unread_columns.join(", "));
        }
        text
    }
}
