//! What the database holds of some contacts.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{
    Channel, Consent, ConsentState, Contact, ContactId, Field, Identity, IdentityKind, LineType, PURPOSE_MESSAGES, Personal, PhoneNumber,
    Region,
};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, SqliteConnection};

use crate::bulk::listed;
use crate::edits::Fingerprint;
use crate::{Crm, LoadError};

impl Crm {
    /// The contacts of these ids that the database holds.
    pub async fn held(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>, LoadError> {
        Ok(self.held_as_written(ids).await?.into_iter().map(|(id, held)| (id, held.contact)).collect())
    }

    pub(crate) async fn held_as_written(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Held>, LoadError> {
        let failed = LoadError::query("read contacts");
        match self {
            Self::Sqlite(pool) => held_sqlite(&mut *pool.acquire().await.map_err(failed)?, ids).await,
            Self::Postgres(pool) => held_postgres(&mut *pool.acquire().await.map_err(failed)?, ids).await,
        }
    }
}

const SELECT: &str = "select contact_id, e164, region, line_type, name, name_row, email, email_row, language, \
    language_row, first_at, last_at, last_at_row, last_inbound_at, last_outbound_at, n_messages, reachable, \
    reachable_row, consent, consent_at, consent_row, consent_channel, tags, channels, n_rows, source_rows, written from contact";

const SELECT_IDENTITY: &str = "select kind, scope, value, contact_id from identity";
const SELECT_CONSENT: &str = "select contact_id, channel, purpose, state, at, source_row from consent";

pub(crate) async fn held_sqlite(
    connection: &mut SqliteConnection,
    ids: &[ContactId],
) -> Result<HashMap<ContactId, Held>, LoadError> {
    if !is_anybody_between_sqlite(connection, ids).await? {
        return Ok(HashMap::new());
    }
    let contacts: Vec<ContactRow> = select_sqlite(connection, SELECT, ids).await?;
    if contacts.is_empty() {
        return Ok(HashMap::new());
    }
    let identities = select_sqlite(connection, SELECT_IDENTITY, ids).await?;
    let consents = select_sqlite(connection, SELECT_CONSENT, ids).await?;
    assembled(contacts, identities, consents)
}

pub(crate) async fn held_postgres(
    connection: &mut PgConnection,
    ids: &[ContactId],
) -> Result<HashMap<ContactId, Held>, LoadError> {
    if !is_anybody_between_postgres(connection, ids).await? {
        return Ok(HashMap::new());
    }
    let contacts: Vec<ContactRow> = select_postgres(connection, SELECT, ids).await?;
    if contacts.is_empty() {
        return Ok(HashMap::new());
    }
    let identities = select_postgres(connection, SELECT_IDENTITY, ids).await?;
    let consents = select_postgres(connection, SELECT_CONSENT, ids).await?;
    assembled(contacts, identities, consents)
}

/// Whether the database holds anybody between the first and the last id. One look at the index, where
/// a first load finds nobody and need not ask for a thousand ids.
async fn is_anybody_between_sqlite(connection: &mut SqliteConnection, ids: &[ContactId]) -> Result<bool, LoadError> {
    let Some((first, last)) = range(ids) else { return Ok(false) };
    let found = sqlx::query(ANYBODY_BETWEEN).bind(first).bind(last).fetch_optional(connection).await;
    found.map(|it| it.is_some()).map_err(LoadError::query("read contacts"))
}

/// See [`is_anybody_between_sqlite`].
async fn is_anybody_between_postgres(connection: &mut PgConnection, ids: &[ContactId]) -> Result<bool, LoadError> {
    let Some((first, last)) = range(ids) else { return Ok(false) };
    let found = sqlx::query(ANYBODY_BETWEEN).bind(first).bind(last).fetch_optional(connection).await;
    found.map(|it| it.is_some()).map_err(LoadError::query("read contacts"))
}

const ANYBODY_BETWEEN: &str = "select 1 from contact where contact_id between $1 and $2 limit 1";

fn range(ids: &[ContactId]) -> Option<(Vec<u8>, Vec<u8>)> {
    Some((ids.iter().min()?.0.to_vec(), ids.iter().max()?.0.to_vec()))
}

async fn select_sqlite<T>(
    connection: &mut SqliteConnection,
    select: &str,
    ids: &[ContactId],
) -> Result<Vec<T>, LoadError>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let text = format!("{select} where contact_id in ({})", listed(ids.len()));
    let query = ids.iter().fold(sqlx::query_as(AssertSqlSafe(text)), |query, id| query.bind(id.0.to_vec()));
    query.fetch_all(connection).await.map_err(LoadError::query("read contacts"))
}

async fn select_postgres<T>(connection: &mut PgConnection, select: &str, ids: &[ContactId]) -> Result<Vec<T>, LoadError>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let ids: Vec<Vec<u8>> = ids.iter().map(|it| it.0.to_vec()).collect();
    let query = sqlx::query_as(AssertSqlSafe(format!("{select} where contact_id = any($1)"))).bind(ids);
    query.fetch_all(connection).await.map_err(LoadError::query("read contacts"))
}

/// A contact of the database, and what Ferry wrote when it last wrote it; none if an earlier version did.
pub(crate) struct Held {
    pub(crate) contact: Contact,
    pub(crate) written: Option<Fingerprint>,
}

/// A contact as its table holds it.
#[derive(FromRow)]
pub(crate) struct ContactRow {
    contact_id: Vec<u8>,
    e164: Option<String>,
    region: Option<String>,
    line_type: Option<String>,
    name: Option<String>,
    name_row: Option<String>,
    email: Option<String>,
    email_row: Option<String>,
    language: Option<String>,
    language_row: Option<String>,
    first_at: Option<i64>,
    last_at: Option<i64>,
    last_at_row: Option<String>,
    last_inbound_at: Option<i64>,
    last_outbound_at: Option<i64>,
    n_messages: i64,
    reachable: Option<String>,
    reachable_row: Option<String>,
    consent: Option<String>,
    consent_at: Option<i64>,
    consent_row: Option<String>,
    consent_channel: Option<String>,
    tags: Option<String>,
    channels: String,
    n_rows: i64,
    source_rows: String,
    written: Option<i64>,
}

type IdentityRow = (String, String, String, Vec<u8>);
type ConsentRow = (Vec<u8>, String, String, String, Option<i64>, String);

fn assembled(
    contacts: Vec<ContactRow>,
    identities: Vec<IdentityRow>,
    consents: Vec<ConsentRow>,
) -> Result<HashMap<ContactId, Held>, LoadError> {
    let held = |row: ContactRow| {
        let written = row.written.map(Fingerprint);
        row.contact().map(|contact| (contact.id, Held { contact, written }))
    };
    let contacts = contacts.into_iter().map(held);
    let mut contacts = contacts.collect::<Result<HashMap<_, _>, _>>()?;
    for (kind, scope, value, id) in identities {
        let kind = known("identity.kind", IdentityKind::from_name(&kind))?;
        if let Some(contact) = ContactId::from_bytes(&id).and_then(|it| contacts.get_mut(&it)) {
            contact.contact.identities.push(Identity { kind, scope, value: Personal(value) });
        }
    }
    for (id, channel, purpose, state, at, row) in consents {
        let channel = known("consent.channel", Channel::from_name(&channel))?;
        let state = known("consent.state", ConsentState::from_name(&state))?;
        let at = at.map(|it| timestamp("consent.at", it)).transpose()?;
        if let Some(contact) = ContactId::from_bytes(&id).and_then(|it| contacts.get_mut(&it)) {
            contact.contact.consents.push(Consent { channel, purpose, state, at, row });
        }
    }
    for Held { contact, .. } in contacts.values_mut() {
        contact.identities.sort();
        contact.consents.sort();
    }
    Ok(contacts)
}

impl ContactRow {
    /// The contact, without its identities and other consents, which stand in tables of their own.
    pub(crate) fn contact(self) -> Result<Contact, LoadError> {
        let optional = |column, value: Option<i64>| value.map(|it| timestamp(column, it)).transpose();
        let last_at = optional("contact.last_at", self.last_at)?;
        let consent = self.consent.map(|it| known("contact.consent", ConsentState::from_name(&it))).transpose()?;
        let consent_at = optional("contact.consent_at", self.consent_at)?;
        let rows = self.source_rows;
        let consent = field(consent, self.consent_row, &rows);
        let channel =
            self.consent_channel.map(|it| known("contact.consent_channel", Channel::from_name(&it))).transpose()?;
        let said = channel.zip(consent.clone()).map(|(channel, Field { value, row })| Consent {
            channel,
            purpose: PURPOSE_MESSAGES.to_owned(),
            state: value,
            at: consent_at,
            row,
        });
        let channels = self.channels.split('+').map(|it| known("contact.channels", Channel::from_name(it)));
        Ok(Contact {
            id: known("contact.contact_id", ContactId::from_bytes(&self.contact_id))?,
            phone: self.e164.map(|it| known("contact.e164", PhoneNumber::from_e164(&it))).transpose()?,
            region: self.region.map(|it| known("contact.region", Region::from_code(&it))).transpose()?,
            line_type: self.line_type.map(|it| known("contact.line_type", LineType::from_name(&it))).transpose()?,
            name: field(self.name.map(Personal), self.name_row, &rows),
            email: field(self.email.map(Personal), self.email_row, &rows),
            language: field(self.language, self.language_row, &rows),
            first_at: optional("contact.first_at", self.first_at)?,
            last_at: field(last_at, self.last_at_row, &rows),
            last_inbound_at: optional("contact.last_inbound_at", self.last_inbound_at)?,
            last_outbound_at: optional("contact.last_outbound_at", self.last_outbound_at)?,
            n_messages: known("contact.n_messages", u64::try_from(self.n_messages).ok())?,
            is_reachable: field(self.reachable.map(|it| it == "yes"), self.reachable_row, &rows),
            consent,
            consent_at,
            consents: said.into_iter().collect(),
            identities: Vec::new(),
            tags: self.tags.map(|it| it.split(',').map(str::to_owned).collect()).unwrap_or_default(),
            channels: channels.collect::<Result<_, _>>()?,
            n_rows: known("contact.n_rows", u64::try_from(self.n_rows).ok())?,
            rows,
        })
    }
}

/// A value without a row beside it comes from the rows of the contact.
fn field<T>(value: Option<T>, row: Option<String>, rows: &str) -> Option<Field<T>> {
    value.map(|value| Field { value, row: row.unwrap_or_else(|| rows.to_owned()) })
}

fn known<T>(column: &'static str, value: Option<T>) -> Result<T, LoadError> {
    value.ok_or(LoadError::Value { column })
}

fn timestamp(column: &'static str, microseconds: i64) -> Result<Timestamp, LoadError> {
    known(column, Timestamp::from_microsecond(microseconds).ok())
}
