//! Finds out what files are, and what a plan must say about them.

mod columns;
mod profile;
mod source;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use extract::{
    Cells, ColumnGuess, ExtractError, Layout, Mapping, Probe, Profile, ProfileMatch, Row, Settings, detect,
    guess_columns, looks_like_opt_outs, probe,
};
use model::{Direction, RawContact, Reason};
use phone::{PhoneForm, ReadRegion, Region};
use run::Coverage;
use serde::Serialize;

use crate::coverage::CoverageCounter;
use crate::inspect::columns::{FirstRows, column_samples};
pub use crate::inspect::profile::{ColumnProfile, Common, DayOrMonth, FileProfile, LooksLike};
use crate::inspect::profile::{Profiler, masked};
use crate::inspect::source::source_block;
pub use crate::inspect::source::{name_of, source_name};

/// Limits the rows that are checked in full.
const SAMPLE_ROWS: u64 = 10_000;
/// Limits the rows that are shown.
const SHOWN_ROWS: usize = 3;
/// Limits the senders that are taken for numbers of the business. Businesses send from thousands of numbers, so a log
/// with more is probably read in the wrong direction, which gives a warning.
const MOST_OWN_NUMBERS: usize = 10_000;

/// How files are inspected.
#[derive(Clone, Copy, Debug)]
pub struct InspectSettings<'a> {
    pub profiles: &'a [Profile],
    /// The country of phone numbers without a country code.
    pub region: Option<Region>,
    /// The folder of the future plan.
    pub folder: &'a Path,
    /// Number of rows that the profile of the columns is of. Everything else is about all rows.
    pub profiled_rows: u64,
}

/// The result of inspecting files of one kind.
#[derive(Debug, Serialize)]
pub struct Inspection {
    pub files: Vec<PathBuf>,
    pub reading: String,
    pub columns: Vec<String>,
    pub rows: u64,
    pub kind: Kind,
    /// Number of rows that were checked in full, and of those that give a contact.
    pub sampled: u64,
    pub usable: u64,
    /// Reasons why the other rows give no contact, with counts.
    pub faults: std::collections::BTreeMap<String, u64>,
    pub coverage: Coverage,
    /// What each column holds.
    pub profile: FileProfile,
    /// Fields and masked values of some rows.
    pub sample: Vec<Vec<(String, String)>>,
    pub own_numbers: Vec<String>,
    /// Warnings to read before the run.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    /// The files look most like an opt-out list, and a person must say what they are.
    pub may_be_opt_outs: bool,
    /// The part of a plan that reads these files; none if no column can identify a person.
    pub source: Option<String>,
}

/// A warning about files, to read before a run.
#[derive(Clone, Debug)]
pub enum Warning {
    Encoding(EncodingGuess),
    /// Some dates can only have the day first, others only the month.
    MixedDateOrder,
    /// No date shows whether the day or the month comes first.
    UnknownDateOrder,
    /// There are so many senders that the direction may be wrong; own numbers are left out.
    ManySenders {
        most: usize,
    },
    /// These columns look like phone numbers, but not of this country; or without a country code, if none is given.
    NationalPhones {
        columns: Vec<String>,
        region: Option<Region>,
    },
}

/// The kind of an export, and how certain that is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Kind {
    /// All columns that identify the profile are present, and there are many.
    Known {
        profile: String,
        title: String,
        documented: String,
        sure: &'static str,
        unread_columns: Vec<String>,
    },
    /// No profile fits, but the names and cells of some columns show what they hold.
    Guessed {
        nearest: Option<Nearest>,
        columns: Mapping,
        unread_columns: Vec<String>,
        /// Columns with a matching name, and why they were not used.
        left_out: Vec<(String, String)>,
    },
    Unknown {
        nearest: Option<Nearest>,
    },
    Empty,
}

/// The profile that fits best.
#[derive(Debug, Serialize)]
pub struct Nearest {
    pub profile: String,
    pub missing: Vec<String>,
    pub unwanted: Vec<String>,
    pub unread_columns: Vec<String>,
}

/// Inspects files of one kind.
pub fn inspect(files: &[PathBuf], settings: &InspectSettings) -> Result<Inspection> {
    let InspectSettings { profiles, region, folder, profiled_rows } = *settings;
    let probe = probe(files, &Settings::of_profiles(profiles))?;
    let fits = detect(profiles, &probe.columns, probe.records_key());
    let best = fits.first().filter(|it| it.is_complete());
    let guessed = match profiles
        .iter()
        .find(|it| it.name == "contacts")
        .filter(|_| !best.is_some_and(ProfileMatch::is_certain))
    {
        Some(contacts) => guess_columns(contacts, &probe.columns, &column_samples(&probe, region)?),
        None => ColumnGuess::default(),
    };
    let national_phones = guessed.national_phones.clone();
    let is_list = best.is_some_and(|it| is_list_of_contacts(it, &guessed));
    let best = best.filter(|_| !is_list);
    let path = files.first().cloned().unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let may_be_opt_outs =
        !best.is_some_and(ProfileMatch::is_certain) && !is_list && looks_like_opt_outs(&fits, &probe.columns, &name);
    let profile = match best {
        Some(fit) => Some(fit.profile.clone()),
        None if has_person(&guessed.columns) => {
            let channel = guessed.consent_channel.and_then(model::ConsentChannel::from_name);
            Some(Profile { consent_channel: channel, ..Profile::of_columns(guessed.columns.clone()) })
        }
        None => None,
    };
    let kind = match (best, &profile) {
        _ if probe.columns.is_empty() => Kind::Empty,
        (Some(fit), _) => known(fit),
        (None, Some(profile)) => Kind::Guessed {
            nearest: nearest(&fits),
            columns: profile.columns.clone(),
            unread_columns: unread(profile, &probe.columns),
            left_out: guessed.left_out,
        },
        (None, None) => Kind::Unknown { nearest: nearest(&fits) },
    };
    let empty_profile = Profile::of_columns(Mapping::new());
    let profile = profile.as_ref();
    let layout = match profile {
        Some(profile) => profile.layout(&path, &probe.columns)?,
        None => empty_profile.layout(&path, &[])?,
    };
    let first = FirstRows::of(&probe, &layout, region)?;
    let numbers = match profile {
        Some(profile) if profile.is_international => None,
        _ => crate::reading::form_of(&layout, &probe, first.bare),
    };
    let read_by = profile.unwrap_or(&empty_profile);
    let mut profiler = Profiler::new(probe.columns.len(), region, profiled_rows);
    let counter = CoverageCounter::new(&layout, first.date_form(region), None);
    let found = sample_rows(&probe, (&layout, read_by), (region, numbers), counter, &mut profiler)?;
    let reading = probe.parts.first().map(|it| it.reading()).unwrap_or_default();
    let mut inspection = Inspection {
        files: files.to_vec(),
        reading,
        columns: probe.columns.clone(),
        rows: found.rows,
        kind,
        sampled: found.sampled,
        usable: found.usable,
        faults: found.faults,
        coverage: found.coverage,
        profile: profiler.finish(&probe.columns, &layout, read_by, profiles),
        sample: found.sample,
        own_numbers: found.own_numbers.into_iter().collect(),
        warnings: encoding_guesses(&probe).into_iter().map(Warning::Encoding).collect(),
        may_be_opt_outs,
        source: None,
    };
    inspection.warnings.extend(first.warnings(region));
    if best.is_none() && !national_phones.is_empty() {
        inspection.warnings.push(Warning::NationalPhones { columns: national_phones, region });
    }
    if inspection.own_numbers.len() > MOST_OWN_NUMBERS {
        inspection.warnings.push(Warning::ManySenders { most: MOST_OWN_NUMBERS });
        inspection.own_numbers.clear();
    }
    inspection.source = profile.map(|profile| {
        let columns = if best.is_some() { None } else { Some(&profile.columns) };
        source_block(&inspection, profile, columns, folder)
    });
    Ok(inspection)
}

/// A guessed encoding.
#[derive(Clone, Debug)]
pub struct EncodingGuess {
    pub file: String,
    pub encoding: String,
    pub next: String,
    /// Characters of cells, in both encodings.
    pub samples: Vec<(char, char)>,
}

/// Returns the guessed encodings of files.
pub(crate) fn encoding_guesses(probe: &Probe) -> Vec<EncodingGuess> {
    let doubts = probe.parts.iter().filter_map(|it| Some((it, it.doubt.as_ref()?)));
    doubts
        .map(|(part, doubt)| {
            let samples: BTreeSet<(char, char)> = doubt.samples.iter().filter_map(differing_character).collect();
            EncodingGuess {
                file: part.name(),
                encoding: part.encoding_name(),
                next: doubt.other.name(),
                samples: samples.into_iter().collect(),
            }
        })
        .collect()
}

/// The first character that differs between two readings of a cell. It is enough to see which is right, and shows
/// nothing of what the cell says.
fn differing_character((one, other): &(String, String)) -> Option<(char, char)> {
    one.chars().zip(other.chars()).find(|it| it.0 != it.1)
}

/// Returns whether a table that fits the opt-out profile is rather a contact list in which some people have refused: it
/// says more about consent than an opt-out list can.
fn is_list_of_contacts(fit: &ProfileMatch, guessed: &ColumnGuess) -> bool {
    let n_refusals = guessed.columns.get("opt_out").map_or(0, |it| it.iter().count());
    fit.profile.name == "opt-outs"
        && (n_refusals > 1 || ["consent", "consent_at"].iter().any(|it| guessed.columns.contains_key(*it)))
}

fn has_person(columns: &Mapping) -> bool {
    columns.contains_key("phone") || columns.contains_key("viber_id")
}

fn known(fit: &ProfileMatch) -> Kind {
    Kind::Known {
        profile: fit.profile.name.clone(),
        title: fit.profile.title.clone(),
        documented: fit.profile.documented.clone(),
        sure: if fit.is_certain() { "certain" } else { "likely" },
        unread_columns: fit.unread.clone(),
    }
}

fn unread(profile: &Profile, columns: &[String]) -> Vec<String> {
    let is_read = |column: &&String| profile.columns.values().any(|names| names.iter().any(|it| it == column.as_str()));
    columns.iter().filter(|it| !is_read(it)).cloned().collect()
}

/// Returns the best profile, unless more than half of its columns are missing.
fn nearest(fits: &[ProfileMatch]) -> Option<Nearest> {
    let fit = fits.iter().find(|it| it.missing.len() * 2 <= it.profile.signature.len())?;
    Some(Nearest {
        profile: fit.profile.name.clone(),
        missing: fit.missing.clone(),
        unwanted: fit.unwanted.clone(),
        unread_columns: fit.unread.clone(),
    })
}

#[derive(Default)]
struct SampledRows {
    rows: u64,
    sampled: u64,
    usable: u64,
    faults: std::collections::BTreeMap<String, u64>,
    coverage: Coverage,
    sample: Vec<Vec<(String, String)>>,
    own_numbers: BTreeSet<String>,
}

fn sample_rows(
    probe: &Probe,
    (layout, profile): (&Layout, &Profile),
    (region, numbers): (Option<Region>, Option<PhoneForm>),
    mut counter: CoverageCounter,
    profiler: &mut Profiler,
) -> Result<SampledRows> {
    let mut found = SampledRows::default();
    let seen = extract::read(probe, |row: Row| -> Result<(), ExtractError> {
        counter.add(&row);
        profiler.add(probe.columns.len(), row.cells.as_ref().ok().copied());
        found.rows = row.record;
        if row.record > SAMPLE_ROWS {
            // Numbers of the business may first appear anywhere in a log.
            if layout.has_messages()
                && let Ok(cells) = &row.cells
                && let Ok(raw) = layout.contact(|it| cells.get(it))
            {
                found.note_own(layout, *cells, &raw);
            }
            return Ok(());
        }
        found.sampled += 1;
        let fault = match &row.cells {
            Err(unread) => Some(unread.reason),
            Ok(cells) => match layout.contact(|it| cells.get(it)) {
                Err(reason) => Some(reason),
                Ok(raw) => {
                    found.note_own(layout, *cells, &raw);
                    if found.sample.len() < SHOWN_ROWS {
                        found.sample.push(masked(&raw));
                    }
                    fault(&raw, region, numbers)
                }
            },
        };
        match fault {
            None => found.usable += 1,
            Some(reason) => *found.faults.entry(reason.code().to_owned()).or_default() += 1,
        }
        Ok(())
    })?;
    found.coverage = counter.finish(profile, probe, &seen);
    Ok(found)
}

/// Returns why a row gives no contact. The region of the row overrides that of the plan.
fn fault(raw: &RawContact, region: Option<Region>, numbers: Option<PhoneForm>) -> Option<Reason> {
    let region = match Region::read(raw.region) {
        ReadRegion::Nothing => region,
        ReadRegion::Region(region) => Some(region),
        ReadRegion::Unknown => None,
    };
    match clean::read_phone(raw, region, numbers) {
        Ok(_) => None,
        Err(Reason::Empty) if !raw.viber_id.trim().is_empty() => None,
        Err(Reason::Letters | Reason::ShortCode) if raw.direction.is_some() => Some(Reason::NotSubscriber),
        Err(reason) => Some(reason),
    }
}

impl SampledRows {
    /// Notes the number of the business, which is the other side of each message.
    fn note_own(&mut self, layout: &Layout, cells: Cells, raw: &RawContact) {
        let field = match raw.direction {
            Some(Direction::Inbound) => "to",
            Some(Direction::Outbound) => "from",
            None => return,
        };
        let own = layout.columns_of(field).iter().map(|it| cells.get(*it).trim()).find(|it| !it.is_empty());
        let form = if raw.is_international { PhoneForm::International } else { PhoneForm::Unknown };
        // Letter senders and short codes are not phone numbers.
        let number = own.and_then(|it| clean::phone_in(it, None, form).ok());
        if let Some((phone, _)) = number.filter(|_| self.own_numbers.len() <= MOST_OWN_NUMBERS) {
            self.own_numbers.insert(phone.number.to_string());
        }
    }
}
