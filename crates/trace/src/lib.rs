//! The work of `ferry trace`: follows a person to source rows, and a row to its contact. What it finds has a text for a
//! terminal.
//!
//! Nothing here prints or knows the command line.

mod fields;
mod json;
mod person;
mod row;
mod statements;
mod text;

use anyhow::{Context, Result, bail};
use crm::Crm;
use crossing::{FoundRun, RunPlace, TracedRow, find_run, row_name, traced_rows};
use jiff::Timestamp;
use model::ContactId;
use serde_json::{Value, json};

pub use crate::person::Person;

/// What a trace finds.
pub enum Traced {
    /// A row that belongs to no contact, such as a rejected one.
    Row(Box<TracedRow>),
    /// The contacts of the query, or the contact of the row.
    People(Vec<Person>),
}

/// Traces a phone number, a contact id, an id of another system, or a row such as `sms:12`, as of `now`.
///
/// Rows come from the files of the run, all else from the database. Without a database only rows can be traced.
pub async fn trace(place: &RunPlace, query: &str, now: Timestamp) -> Result<Traced> {
    let looked = find_run(place)?;
    let crm = Crm::look(&looked.plan.crm_url()?).await?;
    let query = query.trim();

    let ids = match row_name(&looked, query) {
        Some((source, record)) => {
            let rows = traced_rows(&looked, |it| it.source == source && it.record == record)?;
            let row = rows.into_iter().next().with_context(|| format!("source {source} has no row {record}"))?;
            match row.contact_id {
                Some(id) => vec![id],
                None => return Ok(Traced::Row(Box::new(row))),
            }
        }
        None => ids_of(&looked, crm.as_ref(), query).await?,
    };
    if ids.is_empty() {
        bail!("no contact has that phone number or id; find rejected rows by SOURCE:ROW");
    }
    let mut people = Vec::new();
    for id in ids {
        people.push(Person::find(&looked, crm.as_ref(), id, now).await?);
    }
    Ok(Traced::People(people))
}

impl Traced {
    /// The result in JSON: `docs/schemas/trace.schema.json` describes it.
    pub fn json(&self) -> Value {
        match self {
            Self::Row(row) => json!({ "contacts": [], "rows": [row::json(row)] }),
            Self::People(people) => json!({ "contacts": people.iter().map(Person::json).collect::<Vec<_>>() }),
        }
    }

    /// The result as text.
    pub fn text(&self) -> String {
        match self {
            Self::Row(row) => row::text(row),
            Self::People(people) => people.iter().map(Person::text).collect(),
        }
    }
}

/// The contacts that a query names. A contact that was merged stands for the one that was kept.
async fn ids_of(looked: &FoundRun, crm: Option<&Crm>, query: &str) -> Result<Vec<ContactId>> {
    if let Some(id) = ContactId::from_hex(query) {
        let decisions = match crm {
            Some(crm) => crm.decisions().await?,
            None => Vec::new(),
        };
        return Ok(vec![decisions.into_iter().collect::<clean::Decisions>().survivor(id)]);
    }
    let Some(crm) = crm else { bail!("there is no CRM database yet, so only rows can be traced, as SOURCE:ROW") };
    let phone = clean::phone(query, looked.plan.default_region()).map(|it| it.0.number.to_string());
    Ok(crm.find(phone.as_deref().unwrap_or(query)).await?)
}
