//! Events as rows of the database, and what the other tables say of identities.

use jiff::Timestamp;
use model::{
    ContactId, IDENTITY_CHANGED, Identity, IdentityChange, IdentityEvent, IdentityKind, ImportedIdentity, Personal,
};

use crate::LoadError;
use crate::sql::{OnConflict, Row, Rows, Table, Tx, Type};

/// The events. Triggers refuse to write one twice, so those that are known are left out before.
pub(super) const EVENT: Table = Table {
    name: "identity_event",
    columns: &[
        ("event_id", Type::Text),
        ("number", Type::Int),
        ("contact_id", Type::Bytes),
        ("event", Type::Text),
        ("kind", Type::Text),
        ("scope", Type::Text),
        ("value", Type::Text),
        ("from_kind", Type::Text),
        ("from_scope", Type::Text),
        ("from_value", Type::Text),
        ("at", Type::Time),
        ("recorded_at", Type::Time),
        ("source", Type::Text),
        ("note", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

const CHANGED: &str = "select contact_id, checked_at, method, wa_id, evidence_id, raw_status from evidence";
const PHONES: &str = "select contact_id, 'phone', '', e164, run_number from contact";
const IDENTITIES: &str = "select contact_id, kind, scope, value, (select run_number from contact \
    where contact.contact_id = identity.contact_id) from identity";
const RUNS: &str = "select number, started_at, run_id from run";

/// An event as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    pub event: IdentityEvent,
    /// None of an event that evidence tells of.
    pub recorded_at: Option<Timestamp>,
}

impl RecordedEvent {
    /// The identities that the event names.
    pub(super) fn named(&self) -> impl Iterator<Item = Identity> + use<> {
        self.event.change.identity().cloned().into_iter().chain(self.event.change.from())
    }
}

pub(super) fn push_event(rows: &mut Rows, number: i64, event: &IdentityEvent, recorded_at: Timestamp) {
    let (identity, from) = (event.change.identity(), event.change.from());
    let from = from.as_ref();
    rows.push([
        event.id.as_str().into(),
        number.into(),
        (&event.contact).into(),
        event.change.name().into(),
        identity.map(|it| it.kind.name()).into(),
        identity.map(|it| it.scope.as_str()).into(),
        identity.map(|it| it.value.0.as_str()).into(),
        from.map(|it| it.kind.name()).into(),
        from.map(|it| it.scope.as_str()).into(),
        from.map(|it| it.value.0.as_str()).into(),
        event.at.into(),
        recorded_at.into(),
        event.source.as_str().into(),
        event.note.as_str().into(),
    ]);
}

fn read_event(row: &dyn Row) -> Result<RecordedEvent, LoadError> {
    let (identity, from) = (read_identity(row, 4)?, read_identity(row, 7)?);
    let event = IdentityEvent {
        id: row.text(0)?,
        contact: row.contact_id(2)?,
        change: row.word(3, |name| IdentityChange::from_parts(name, identity.clone(), from.clone()))?,
        at: row.time(10)?,
        source: row.text(12)?,
        note: row.text(13)?,
    };
    Ok(RecordedEvent { event, recorded_at: Some(row.time(11)?) })
}

/// The identity in three columns from `column` on; none if they are empty.
fn read_identity(row: &dyn Row, column: usize) -> Result<Option<Identity>, LoadError> {
    let Some(value) = row.opt_text(column + 2)? else { return Ok(None) };
    let kind = row.word(column, IdentityKind::from_name)?;
    Ok(Some(Identity { kind, scope: row.text(column + 1)?, value: Personal(value) }))
}

impl Tx {
    /// All that is known of the identities of some contacts: what happened, in the order of time, and what imports say.
    pub(super) async fn identity_rows(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<(Vec<RecordedEvent>, Vec<ImportedIdentity>), LoadError> {
        let imported = self.imported_identities(contacts).await?;
        let mut events = self.select_of(&EVENT.select(), contacts, read_event).await?;
        events.extend(self.changes_in_evidence(contacts, &imported).await?);
        events.sort_by(|a, b| (a.event.at, &a.event.id).cmp(&(b.event.at, &b.event.id)));
        Ok((events, imported))
    }

    async fn imported_identities(&mut self, contacts: &[ContactId]) -> Result<Vec<ImportedIdentity>, LoadError> {
        if contacts.is_empty() {
            return Ok(Vec::new());
        }
        let runs = self.select(RUNS, &[], |it| Ok((it.int(0)?, it.time(1)?, it.text(2)?))).await?;
        let identity = |row: &dyn Row| Ok((row.contact_id(0)?, read_identity(row, 1)?, row.opt_int(4)?));
        let mut found = self.select_of(PHONES, contacts, identity).await?;
        found.extend(self.select_of(IDENTITIES, contacts, identity).await?);
        let imported = found.into_iter().filter_map(|(contact, identity, number)| {
            let run = runs.iter().find(|it| Some(it.0) == number)?;
            Some(ImportedIdentity { contact, identity: identity?, at: run.1, source: run.2.clone() })
        });
        let mut imported: Vec<ImportedIdentity> = imported.collect();
        imported.sort_by(|a, b| (a.contact, &a.identity).cmp(&(b.contact, &b.identity)));
        Ok(imported)
    }

    /// What WhatsApp has reported of the numbers of contacts, beside the answers of checks.
    async fn changes_in_evidence(
        &mut self,
        contacts: &[ContactId],
        imported: &[ImportedIdentity],
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let row = |it: &dyn Row| {
            let status = (it.opt_text(3)?, it.opt_text(5)?);
            Ok((it.contact_id(0)?, it.time(1)?, it.text(2)?, status, it.int(4)?))
        };
        let rows = self.select_of(CHANGED, contacts, row).await?;
        let changed = rows.into_iter().filter(|it| it.3.1.as_deref() == Some(IDENTITY_CHANGED));
        let event = |(contact, at, method, (wa_id, _), evidence_id): (_, _, String, (Option<String>, _), i64)| {
            let phone = |it: &&ImportedIdentity| it.identity.kind == IdentityKind::Phone;
            let phones = || imported.iter().filter(phone);
            let phone = phones().find(|it| it.contact == contact).or(phones().next()).map(|it| it.identity.clone());
            let of_wa_id = |value| Identity { kind: IdentityKind::WaId, scope: String::new(), value: Personal(value) };
            let change = IdentityChange::Questioned(phone.or(wa_id.map(of_wa_id))?);
            let id = format!("evidence {contact} {evidence_id}");
            let event = IdentityEvent { id, contact, change, at, source: method, note: String::new() };
            Some(RecordedEvent { event, recorded_at: None })
        };
        Ok(changed.filter_map(event).collect())
    }
}
