//! What the database holds of some contacts.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{
    Channel, ConsentChannel, ConsentState, Contact, ContactId, Field, Identity, IdentityKind, Lineage, Personal,
    RowName,
};
use phone::{LineType, PhoneNumber, Region};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, SqliteConnection};

use crate::bulk::{Cell, listed};
use crate::edits::{Content, Fingerprint, Marks};
use crate::statements::StatementRow;
use crate::{Crm, LoadError};

impl Crm {
    /// The contacts of these ids that the database holds.
    pub async fn held(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>, LoadError> {
        Ok(self.held_as_written(ids).await?.into_iter().map(|(id, held)| (id, held.contact)).collect())
    }

    /// See [`Contents`].
    pub(crate) async fn contents(&self, ids: &[ContactId]) -> Result<Contents, LoadError> {
        let failed = LoadError::query("read contacts");
        match self {
            Self::Sqlite(pool) => contents_sqlite(&mut *pool.acquire().await.map_err(failed)?, ids).await,
            Self::Postgres(pool) => contents_postgres(&mut *pool.acquire().await.map_err(failed)?, ids).await,
        }
    }

    pub(crate) async fn held_as_written(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Held>, LoadError> {
        let failed = LoadError::query("read contacts");
        assembled(match self {
            Self::Sqlite(pool) => stored_sqlite(&mut *pool.acquire().await.map_err(failed)?, ids).await?,
            Self::Postgres(pool) => stored_postgres(&mut *pool.acquire().await.map_err(failed)?, ids).await?,
        })
    }
}

const SELECT: &str = "select contact_id, e164, region, line_type, name, email, language, first_at, last_at, \
    last_inbound_at, last_outbound_at, n_messages, reachable, consent, consent_at, consent_channel, \
    whatsapp_consent, tags, channels, n_rows, source_rows, value_rows, run_number, written, content from contact";

const SELECT_IDENTITY: &str = "select kind, scope, value, contact_id from identity";
const SELECT_CONSENT: &str = "select contact_id, statement_id, channel, purpose, state, said_from, said_until, basis, words, \
    source_row, first_run, first_run_at, last_run, last_run_at from consent";

/// Which of these contacts the database holds, and what the last import said of each; none where somebody has edited it
/// since, or nothing is known of that.
pub(crate) type Contents = HashMap<ContactId, Option<Content>>;

const SELECT_CONTENT: &str = "select contact_id, content, written, name, email, language, consent from contact";

type ContentRow = (Vec<u8>, Option<i64>, Option<i64>, Option<String>, Option<String>, Option<String>, Option<String>);

pub(crate) async fn contents_sqlite(
    connection: &mut SqliteConnection,
    ids: &[ContactId],
) -> Result<Contents, LoadError> {
    match is_anybody_between_sqlite(connection, ids).await? {
        true => contents(select_sqlite(connection, SELECT_CONTENT, ids).await?),
        false => Ok(Contents::new()),
    }
}

pub(crate) async fn contents_postgres(connection: &mut PgConnection, ids: &[ContactId]) -> Result<Contents, LoadError> {
    match is_anybody_between_postgres(connection, ids).await? {
        true => contents(select_postgres(connection, SELECT_CONTENT, ids).await?),
        false => Ok(Contents::new()),
    }
}

fn contents(rows: Vec<ContentRow>) -> Result<Contents, LoadError> {
    rows.into_iter()
        .map(|(id, content, written, name, email, language, consent)| {
            let now = Fingerprint::of_texts([&name, &email, &language, &consent].map(|it| it.as_deref()));
            let content = content.map(Content).filter(|_| written == Some(now.0));
            Ok((known("contact.contact_id", ContactId::from_bytes(&id))?, content))
        })
        .collect()
}

/// The rows of some contacts, table by table.
pub(crate) type StoredRows = (Vec<ContactRow>, Vec<IdentityRow>, Vec<StatementRow>);

pub(crate) async fn stored_sqlite(
    connection: &mut SqliteConnection,
    ids: &[ContactId],
) -> Result<StoredRows, LoadError> {
    if !is_anybody_between_sqlite(connection, ids).await? {
        return Ok(StoredRows::default());
    }
    let contacts: Vec<ContactRow> = select_sqlite(connection, SELECT, ids).await?;
    if contacts.is_empty() {
        return Ok(StoredRows::default());
    }
    let identities = select_sqlite(connection, SELECT_IDENTITY, ids).await?;
    let consents = select_sqlite(connection, SELECT_CONSENT, ids).await?;
    Ok((contacts, identities, consents))
}

pub(crate) async fn stored_postgres(connection: &mut PgConnection, ids: &[ContactId]) -> Result<StoredRows, LoadError> {
    if !is_anybody_between_postgres(connection, ids).await? {
        return Ok(StoredRows::default());
    }
    let contacts: Vec<ContactRow> = select_postgres(connection, SELECT, ids).await?;
    if contacts.is_empty() {
        return Ok(StoredRows::default());
    }
    let identities = select_postgres(connection, SELECT_IDENTITY, ids).await?;
    let consents = select_postgres(connection, SELECT_CONSENT, ids).await?;
    Ok((contacts, identities, consents))
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
    /// The run of the rows that it names.
    pub(crate) run_number: i64,
}

/// A contact as its table holds it.
#[derive(Clone, FromRow, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    contact_id: Vec<u8>,
    e164: Option<String>,
    region: Option<String>,
    line_type: Option<String>,
    name: Option<String>,
    email: Option<String>,
    language: Option<String>,
    first_at: Option<i64>,
    last_at: Option<i64>,
    last_inbound_at: Option<i64>,
    last_outbound_at: Option<i64>,
    n_messages: i64,
    reachable: Option<String>,
    consent: Option<String>,
    consent_at: Option<i64>,
    consent_channel: Option<String>,
    whatsapp_consent: Option<String>,
    tags: Option<String>,
    channels: String,
    n_rows: i64,
    source_rows: String,
    value_rows: Option<String>,
    run_number: i64,
    written: Option<i64>,
    content: Option<i64>,
}

pub(crate) type IdentityRow = (String, String, String, Vec<u8>);

pub(crate) fn assembled((contacts, identities, consents): StoredRows) -> Result<HashMap<ContactId, Held>, LoadError> {
    let held = |row: ContactRow| {
        let (written, run_number) = (row.written.map(Fingerprint), row.run_number);
        row.contact().map(|contact| (contact.id, Held { contact, written, run_number }))
    };
    let contacts = contacts.into_iter().map(held);
    let mut contacts = contacts.collect::<Result<HashMap<_, _>, _>>()?;
    for (kind, scope, value, id) in identities {
        let kind = known("identity.kind", IdentityKind::from_name(&kind))?;
        if let Some(contact) = ContactId::from_bytes(&id).and_then(|it| contacts.get_mut(&it)) {
            contact.contact.identities.push(Identity { kind, scope, value: Personal(value) });
        }
    }
    for row in consents {
        if let Some(contact) = row.contact().and_then(|it| contacts.get_mut(&it)) {
            contact.contact.statements.push(row.statement()?);
        }
    }
    for Held { contact, .. } in contacts.values_mut() {
        contact.identities.sort();
        contact.statements.sort();
    }
    Ok(contacts)
}

/// The cells of a contact, in the order of the columns of [`crate::contacts::CONTACT`].
pub(crate) fn contact_cells(contact: &Contact, run_number: i64, marks: Marks) -> [Cell<'_>; 25] {
    let channels = match contact.channels.as_slice() {
        [only] => only.name().into(),
        several => several.iter().map(|it| it.name()).collect::<Vec<_>>().join("+").into(),
    };
    [
        (&contact.id).into(),
        contact.phone.map(|it| it.to_string()).into(),
        contact.region.as_ref().map(Region::code).into(),
        contact.line_type.map(LineType::name).into(),
        contact.name.as_ref().map(|it| &it.value.0).into(),
        contact.email.as_ref().map(|it| &it.value.0).into(),
        contact.language.as_ref().map(|it| &it.value).into(),
        contact.first_at.into(),
        contact.last_at.as_ref().map(|it| it.value).into(),
        contact.last_inbound_at.into(),
        contact.last_outbound_at.into(),
        contact.n_messages.into(),
        contact.is_reachable.as_ref().map(|it| if it.value { "yes" } else { "no" }).into(),
        contact.consent.as_ref().map(|it| it.value.name()).into(),
        contact.consent_at.into(),
        contact.consent_channel.map(ConsentChannel::name).into(),
        contact.whatsapp_consent.map(ConsentState::name).into(),
        (!contact.tags.is_empty()).then(|| contact.tags.join(",")).into(),
        channels,
        contact.n_rows.into(),
        (&*contact.rows).into(),
        Lineage::text(&contact.rows, &contact.value_rows()).into(),
        run_number.into(),
        marks.written.0.into(),
        marks.content.map(|it| it.0).into(),
    ]
}

impl ContactRow {
    /// The cells, in the order of the columns of [`crate::contacts::CONTACT`].
    pub(crate) fn cells(&self) -> [Cell<'_>; 25] {
        [
            self.contact_id.as_slice().into(),
            self.e164.as_deref().into(),
            self.region.as_deref().into(),
            self.line_type.as_deref().into(),
            self.name.as_deref().into(),
            self.email.as_deref().into(),
            self.language.as_deref().into(),
            self.first_at.into(),
            self.last_at.into(),
            self.last_inbound_at.into(),
            self.last_outbound_at.into(),
            self.n_messages.into(),
            self.reachable.as_deref().into(),
            self.consent.as_deref().into(),
            self.consent_at.into(),
            self.consent_channel.as_deref().into(),
            self.whatsapp_consent.as_deref().into(),
            self.tags.as_deref().into(),
            self.channels.as_str().into(),
            self.n_rows.into(),
            self.source_rows.as_str().into(),
            self.value_rows.as_deref().into(),
            self.run_number.into(),
            self.written.into(),
            self.content.into(),
        ]
    }

    /// The contact, without its identities and statements, which stand in tables of their own.
    pub(crate) fn contact(self) -> Result<Contact, LoadError> {
        let optional = |column, value: Option<i64>| value.map(|it| timestamp(column, it)).transpose();
        let last_at = optional("contact.last_at", self.last_at)?;
        let consent = self.consent.map(|it| known("contact.consent", ConsentState::from_name(&it))).transpose()?;
        let consent_at = optional("contact.consent_at", self.consent_at)?;
        let rows: RowName = self.source_rows.into();
        let lineage = Lineage::read(self.value_rows.as_deref(), &rows);
        let text = |name, value: Option<String>| value.map(|value| Field { value, row: lineage.row(name) });
        let personal = |it: Field<String>| Field { value: Personal(it.value), row: it.row };
        let consent = consent.map(|value| Field { value, row: lineage.row("consent") });
        let consent_channel = self
            .consent_channel
            .map(|it| known("contact.consent_channel", ConsentChannel::from_name(&it)))
            .transpose()?;
        let whatsapp_consent = self
            .whatsapp_consent
            .map(|it| known("contact.whatsapp_consent", ConsentState::from_name(&it)))
            .transpose()?;
        let channels = self.channels.split('+').map(|it| known("contact.channels", Channel::from_name(it)));
        Ok(Contact {
            id: known("contact.contact_id", ContactId::from_bytes(&self.contact_id))?,
            phone: self.e164.map(|it| known("contact.e164", PhoneNumber::from_e164(&it))).transpose()?,
            region: self.region.map(|it| known("contact.region", Region::from_code(&it))).transpose()?,
            line_type: self.line_type.map(|it| known("contact.line_type", LineType::from_name(&it))).transpose()?,
            name: text("name", self.name).map(personal),
            email: text("email", self.email).map(personal),
            language: text("language", self.language),
            first_at: optional("contact.first_at", self.first_at)?,
            last_at: last_at.map(|value| Field { value, row: lineage.row("last_at") }),
            last_inbound_at: optional("contact.last_inbound_at", self.last_inbound_at)?,
            last_outbound_at: optional("contact.last_outbound_at", self.last_outbound_at)?,
            n_messages: known("contact.n_messages", u64::try_from(self.n_messages).ok())?,
            is_reachable: self.reachable.map(|it| Field { value: it == "yes", row: lineage.row("reachable") }),
            consent,
            consent_at,
            consent_channel,
            whatsapp_consent,
            statements: Vec::new(),
            identities: Vec::new(),
            tags: self.tags.map(|it| it.split(',').map(str::to_owned).collect()).unwrap_or_default(),
            channels: channels.collect::<Result<_, _>>()?,
            n_rows: known("contact.n_rows", u64::try_from(self.n_rows).ok())?,
            rows,
        })
    }
}

pub(crate) fn known<T>(column: &'static str, value: Option<T>) -> Result<T, LoadError> {
    value.ok_or(LoadError::Value { column })
}

pub(crate) fn timestamp(column: &'static str, microseconds: i64) -> Result<Timestamp, LoadError> {
    known(column, Timestamp::from_microsecond(microseconds).ok())
}
