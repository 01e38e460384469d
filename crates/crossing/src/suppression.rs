//! The suppression list of the database of a plan, and the keys that it needs.

use std::collections::HashSet;

use anyhow::{Context, Result, bail};
use crm::{Crm, SuppressAction, Suppressee, SuppressionCounts};
use extract::{DELIMITERS, Profile, names_columns};
use jiff::Timestamp;
use model::{ContactId, ContactKey, read_sha256};
use plan::{Plan, find_suppression_keys, rotate_suppression_keys, suppression_keys, suppression_keys_path};

use crate::progress::{Note, Progress};

/// Opens the database of a plan to write to it, with the keys of the suppression list if there are any yet.
pub async fn open_crm(plan: &Plan) -> Result<Crm> {
    let keys = find_suppression_keys(plan)?.map(|it| it.0);
    let crm = Crm::open(&plan.crm_url()?).await.context("could not open the CRM database")?;
    Ok(crm.with_suppression_keys(keys))
}

/// Opens the database of a plan to write to it and to its suppression list, for which the first key is made.
pub(crate) async fn open_crm_to_suppress(plan: &Plan, progress: &Progress) -> Result<Crm> {
    let is_new = find_suppression_keys(plan)?.is_none();
    let keys = suppression_keys(plan)?;
    if is_new {
        progress.note(Note::SuppressionKeyMade { path: suppression_keys_path(plan) });
    }
    let crm = Crm::open(&plan.crm_url()?).await.context("could not open the CRM database")?;
    Ok(crm.with_suppression_keys(Some(keys)))
}

/// Opens the database of a plan to load into it. People on the plan's own list are put on the list of the database.
pub(crate) async fn open_crm_to_load(plan: &Plan, progress: &Progress) -> Result<Crm> {
    match plan.suppressed()?.is_empty() {
        true => open_crm(plan).await,
        false => open_crm_to_suppress(plan, progress).await,
    }
}

/// The people or digests to put on the list, or to take off.
#[derive(Debug)]
pub enum SuppressInput {
    People(Vec<Suppressee>),
    /// Plain SHA-256 digests that others have made of numbers.
    Digests(HashSet<[u8; 32]>),
}

/// The values of a column of a table that came by standard input, each with its line.
pub fn column_of(text: &str, column: &str) -> Result<Vec<(u64, String)>> {
    let text = text.trim_start_matches('\u{feff}').as_bytes();
    let reader = |delimiter| csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text);
    let header = |delimiter: u8| -> Vec<String> {
        reader(delimiter).headers().map_or(Vec::new(), |it| it.iter().map(|it| it.trim().to_owned()).collect())
    };
    let named = |is_it: &dyn Fn(&str) -> bool| {
        let found = |delimiter: u8| Some((delimiter, header(delimiter).iter().position(|it| is_it(it))?));
        DELIMITERS.into_iter().find_map(found)
    };
    let is_like = |it: &str| it.to_lowercase() == column.trim().to_lowercase();
    let Some((delimiter, place)) = named(&|it| it == column.trim()).or_else(|| named(&is_like)) else {
        let widest = DELIMITERS.into_iter().map(header).rev().max_by_key(Vec::len).unwrap_or_default();
        bail!("{}; nothing was changed", no_column(column, &widest)?)
    };
    let mut values = Vec::new();
    for record in reader(delimiter).records() {
        let record = record.context("could not read standard input as CSV")?;
        let line = record.position().map_or(0, csv::Position::line);
        let Some(cell) = record.get(place) else {
            bail!("line {line} of standard input ends before column {column}: correct it; nothing was changed")
        };
        values.push((line, cell.to_owned()));
    }
    Ok(values)
}

/// Says that a table has no such column. A first line that names no known column may be about a person, so it is not shown.
fn no_column(column: &str, header: &[String]) -> Result<String> {
    let missing = format!("the first line of standard input names no column {column}");
    Ok(match names_columns(&Profile::contacts()?, header) {
        true => format!("{missing}: its columns are {}", header.join(", ")),
        false => {
            format!("{missing}, whether its cells are separated by commas, semicolons, tabs or |")
        }
    })
}

/// The result of a change of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuppressOutcome {
    /// People or digests that were changed; of a rotation, entries that were written again.
    pub n_changed: u64,
    /// How many of the people are in the database.
    pub n_in_database: usize,
    pub counts: SuppressionCounts,
}

impl SuppressInput {
    /// Reads phone numbers and contact ids, each with its place in the input.
    pub fn people(values: Vec<(String, String)>, plan: &Plan, key: &ContactKey) -> Result<Self> {
        let mut people = Vec::new();
        for (place, value) in values {
            people.push(match ContactId::from_hex(&value) {
                Some(id) => id.into(),
                None => match clean::phone(&value, plan.default_region()) {
                    Ok((phone, _)) => Suppressee { contact: key.of_phone(phone.number), phone: Some(phone.number) },
                    Err(reason) => bail!(
                        "{place} is neither a phone number nor a contact id: {}; nothing was changed",
                        reason.describe()
                    ),
                },
            });
        }
        Ok(Self::People(people))
    }

    /// Reads plain SHA-256 digests, each with its place in the input. Errors do not repeat them.
    pub fn digests(values: Vec<(String, String)>) -> Result<Self> {
        let digest = |(place, value): (String, String)| {
            let n = value.chars().count();
            read_sha256(&value).with_context(|| {
                format!("{place} is no SHA-256 of 64 hexadecimal digits: it has {n} characters; nothing was changed")
            })
        };
        values.into_iter().map(digest).collect::<Result<_>>().map(Self::Digests)
    }
}

/// Changes the suppression list of the database of a plan.
pub async fn suppress(
    plan: &Plan,
    key: &ContactKey,
    input: &SuppressInput,
    (action, reason): (SuppressAction, &str),
    progress: &Progress,
) -> Result<SuppressOutcome> {
    let crm = open_crm_to_suppress(plan, progress).await?;
    crm.claim_key(&key.id()).await?;
    let (n_changed, n_in_database) = match input {
        SuppressInput::Digests(digests) => (crm.suppress_digests(digests, action, reason, Timestamp::now()).await?, 0),
        SuppressInput::People(people) => change_people(&crm, people, action, reason).await?,
    };
    let counts = crm.suppression_counts().await?;
    crm.close().await;
    Ok(SuppressOutcome { n_changed, n_in_database, counts })
}

/// Gives how many of the people were changed, and how many are in the database.
async fn change_people(crm: &Crm, people: &[Suppressee], action: SuppressAction, reason: &str) -> Result<(u64, usize)> {
    // A number that was merged into another contact suppresses that contact.
    let decisions: clean::Decisions = crm.decisions().await?.into_iter().collect();
    let survivors = people.iter().map(|it| decisions.survivor(it.contact).into());
    let all: Vec<Suppressee> = people.iter().copied().chain(survivors).collect();
    let changed = crm.suppress_people(&all, action, reason, Timestamp::now()).await?;
    let named: HashSet<ContactId> = people.iter().map(|it| it.contact).collect();
    let ids: HashSet<ContactId> = all.iter().map(|it| it.contact).collect();
    let n_in_database = crm.held(&ids.into_iter().collect::<Vec<_>>()).await?.len();
    Ok((named.intersection(&changed).count() as u64, n_in_database))
}

/// Puts a new suppression key before the others, and writes the entries again whose numbers the database knows.
pub async fn rotate_suppression(plan: &Plan, progress: &Progress) -> Result<SuppressOutcome> {
    let crm = open_crm_to_suppress(plan, progress).await?;
    crm.check_suppression_keys().await?;
    // A run has read the keys at its start, and would stop at the first entry under the new one.
    if let Some(holder) = crm.lease_holder().await? {
        bail!("{holder} is loading into the database: rotate the keys when that has ended; nothing was changed");
    }
    let crm = crm.with_suppression_keys(Some(rotate_suppression_keys(plan)?));
    let n_changed = crm.rekey_suppression().await?;
    let counts = crm.suppression_counts().await?;
    crm.close().await;
    Ok(SuppressOutcome { n_changed, n_in_database: 0, counts })
}
