//! Imports statements of people: opt-ins with their own dates, wordings and proofs, and lists of people who refuse.

pub mod columns;
mod counts;
mod exported;
mod header;
pub mod refusal;
mod rejects;
pub mod row;
pub mod rules;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use crm::{Crm, KnownStatements, MovedNumbers};
use extract::{Probe, Row, Settings};
use model::{ConsentState, ContactId, IdentityKind, Statement};
use phone::PhoneNumber;
use tokio::sync::mpsc;

use crate::ConsentError;
use crate::import::columns::Columns;
pub use crate::import::columns::StatementField;
use crate::import::counts::RecordedRow;
pub use crate::import::counts::{CountedRows, Imported};
use crate::import::exported::ExportedRow;
pub use crate::import::header::HeaderLine;
use crate::import::header::header_line;
pub use crate::import::refusal::{Refusal, UnknownWording};
use crate::import::rejects::Rejects;
use crate::import::row::{Person, ReadRow, read_row};
pub use crate::import::rules::{Defaults, Rules};

/// How many rows are recorded in one transaction: all of them, or none.
const BATCH: usize = 10_000;
/// How many batches are read ahead of the database.
const BATCHES_AHEAD: usize = 2;

/// What to import.
pub struct Import<'a> {
    pub file: &'a Path,
    pub rules: Rules,
    /// The columns that the command line names.
    pub columns: Vec<(StatementField, String)>,
    /// Where refused rows are written.
    pub rejects: Option<&'a Path>,
    /// Writes nothing to the database.
    pub is_dry_run: bool,
    pub settings: Settings,
}

/// Reads a file and records its statements, batch by batch. An import that is repeated adds nothing.
///
/// `crm` is none only in a dry run without a database. `advance` is told how many rows are done.
pub async fn import(
    crm: Option<&Crm>,
    import: Import<'_>,
    mut advance: impl FnMut(u64),
) -> Result<Imported, ConsentError> {
    let Import { file, rules, columns, rejects, is_dry_run, settings } = import;
    check_rules(&rules)?;
    let probe = header::probe(file, &settings, &columns)?;
    let columns = Columns::find(file, &probe, &columns, rules.is_list)?;
    check_columns(file, &rules, &columns)?;
    let mut rejects = rejects.map(|it| Rejects::create(it, &probe.columns)).transpose()?;
    let mut recorder = Recorder {
        crm,
        is_dry_run,
        rules: rules.clone(),
        counts: Imported { header: header_line(&probe), unread_columns: columns.unread.clone(), ..Imported::default() },
        seen: HashSet::new(),
        strangers: HashSet::new(),
        viber: HashMap::new(),
        moved: match crm {
            Some(crm) => crm.moved_numbers().await?,
            None => MovedNumbers::default(),
        },
    };
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let reading = tokio::task::spawn_blocking(move || read(&probe, &rules, &columns, &sender));
    while let Some(batch) = batches.recv().await {
        let n_rows = batch.len() as u64;
        recorder.record(batch, rejects.as_mut()).await?;
        advance(n_rows);
    }
    reading.await.map_err(ConsentError::Thread)??;
    if let Some(rejects) = rejects {
        rejects.publish()?;
    }
    recorder.counts.n_unknown_people = recorder.strangers.len() as u64;
    Ok(recorder.counts)
}

fn check_rules(rules: &Rules) -> Result<(), ConsentError> {
    if rules.is_list && rules.defaults.state == Some(ConsentState::Yes) {
        return Err(ConsentError::ListOfConsents);
    }
    match &rules.defaults.wording {
        Some(wording) if !rules.wordings.is_known(wording) => {
            let nearest = rules.wordings.nearest(wording).map_or(String::new(), |it| format!("; did you mean {it}?"));
            Err(ConsentError::UnknownWording { wording: wording.clone(), nearest })
        }
        _ => Ok(()),
    }
}

fn check_columns(file: &Path, rules: &Rules, columns: &Columns) -> Result<(), ConsentError> {
    let path = || file.to_owned();
    let has_answers = columns.has(StatementField::State) || columns.has(StatementField::Words);
    if !(rules.is_list || has_answers || rules.defaults.state.is_some()) {
        let columns = match columns.unread[..] {
            [] => "it has no other columns".to_owned(),
            _ => format!("its other columns are {}", columns.unread.join(", ")),
        };
        return Err(ConsentError::NoAnswers { path: path(), columns });
    }
    if !columns.has(StatementField::Channel) && rules.defaults.channel.is_none() {
        return Err(ConsentError::NoChannel { path: path() });
    }
    Ok(())
}

/// A row of the file.
struct FileRow {
    line: u64,
    /// What the row says, or why it is refused.
    read: Result<ReadRow, Refusal>,
    /// The cells, if the row is refused or can be.
    cells: Vec<String>,
    /// The statement of an exported ledger.
    exported: Option<ExportedRow>,
}

/// Reads all rows on a thread of its own.
fn read(
    probe: &Probe,
    rules: &Rules,
    columns: &Columns,
    batches: &mpsc::Sender<Vec<FileRow>>,
) -> Result<(), ConsentError> {
    let mut batch = Vec::with_capacity(BATCH);
    extract::read(probe, |row: Row| {
        let line = row.line;
        let exported = row.cells.as_ref().ok().and_then(|it| ExportedRow::read(columns, *it));
        let (read, cells) = match row.cells {
            Ok(cells) => {
                let read = read_row(rules, columns, cells, line);
                let is_kept = read.as_ref().map_or(true, |it| !it.also.is_empty());
                let n_columns = if is_kept { probe.columns.len() } else { 0 };
                (read, (0..n_columns).map(|place| cells.get(place).to_owned()).collect())
            }
            Err(unread) => (Err(Refusal::Row(unread.reason)), vec![unread.text.into_owned()]),
        };
        batch.push(FileRow { line, read, cells, exported });
        if batch.len() == BATCH {
            // The receiver is closed only if recording has failed, which its own error says.
            let _ = batches.blocking_send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
        Ok::<(), ConsentError>(())
    })?;
    let _ = batches.blocking_send(batch);
    Ok(())
}

/// Records rows and counts what becomes of them.
struct Recorder<'a> {
    crm: Option<&'a Crm>,
    is_dry_run: bool,
    rules: Rules,
    counts: Imported,
    /// The statements of this import.
    seen: HashSet<(ContactId, i64)>,
    /// People whom the database does not have.
    strangers: HashSet<ContactId>,
    /// The contacts of Viber users.
    viber: HashMap<(String, String), ContactId>,
    /// The numbers that have changed hands.
    moved: MovedNumbers,
}

impl Recorder<'_> {
    async fn record(&mut self, batch: Vec<FileRow>, mut rejects: Option<&mut Rejects>) -> Result<(), ConsentError> {
        let mut rows = Vec::with_capacity(batch.len());
        let mut refused = Vec::new();
        self.counts.n_rows += batch.len() as u64;
        for FileRow { line, read, cells, .. } in self.without_own(batch).await? {
            match read {
                Ok(row) if self.is_yes_of_left_number(&row) => refused.push((line, Refusal::NumberLeft, cells)),
                Ok(row) => rows.push((line, self.id_of(&row.person).await?, row, cells)),
                Err(refusal) => refused.push((line, refusal, cells)),
            }
        }
        let ids: Vec<ContactId> = rows.iter().map(|it| it.1).collect();
        let known = match self.crm {
            Some(crm) => crm.known_statements(&ids).await?,
            None => KnownStatements::default(),
        };
        let (mut new, mut recorded) = (Vec::new(), Vec::new());
        for (line, id, row, cells) in rows {
            match self.names_two_people(&known, id, &row).await? {
                true => refused.push((line, Refusal::TwoPeople, cells)),
                false => recorded.push(self.add(&known, id, line, row, &mut new)),
            }
        }
        refused.sort_by_key(|it| it.0);
        for (line, refusal, cells) in refused {
            if let Some(rejects) = &mut rejects {
                rejects.add(&cells, line, &refusal.text())?;
            }
            self.counts.refuse(line, refusal);
        }
        // Another import can have recorded some of them since.
        let is_added = match self.crm {
            Some(crm) if !self.is_dry_run && !new.is_empty() => crm.record_each_statement(&new).await?,
            _ => vec![true; new.len()],
        };
        for row in recorded {
            self.counts.count(row, &new, &is_added, &self.rules);
        }
        Ok(())
    }

    /// Whether a row is a yes of a number that its owner has left: another person can have said it.
    fn is_yes_of_left_number(&self, row: &ReadRow) -> bool {
        let is_yes = row.statements.iter().any(|it| it.state == ConsentState::Yes);
        let is_left = |it: &PhoneNumber| !self.moved.left.is_empty() && self.moved.left.contains(&it.to_string());
        is_yes && matches!(&row.person, Person::Phone(number) if is_left(number))
    }

    /// Leaves out the rows of an exported ledger that this database wrote: it has their statements, retracted or not.
    async fn without_own(&mut self, mut batch: Vec<FileRow>) -> Result<Vec<FileRow>, ConsentError> {
        let ids: Vec<ContactId> = batch.iter().filter_map(|it| Some(it.exported.as_ref()?.contact)).collect();
        let Some(crm) = self.crm.filter(|_| !ids.is_empty()) else { return Ok(batch) };
        let known = crm.known_statements(&ids).await?;
        let owners: BTreeSet<ContactId> = ids.iter().map(|it| known.owner(*it)).collect();
        let statements = crm.statements_of(&owners.into_iter().collect::<Vec<_>>()).await?;
        let is_own = |it: &FileRow| {
            it.exported.as_ref().is_some_and(|row| {
                statements.get(&(known.owner(row.contact), row.statement)).is_some_and(|it| row.is(it))
            })
        };
        let n_rows = batch.len();
        batch.retain(|it| !is_own(it));
        self.counts.n_known += (n_rows - batch.len()) as u64;
        Ok(batch)
    }

    /// Whether the columns of a row name different contacts. A number or id that no contact has is nobody else's.
    async fn names_two_people(
        &mut self,
        known: &KnownStatements,
        id: ContactId,
        row: &ReadRow,
    ) -> Result<bool, ConsentError> {
        for other in &row.also {
            let other_id = self.id_of(other).await?;
            let is_nobody = matches!(other, Person::Viber { .. }) && !self.is_of_contact(other_id).await?;
            if is_nobody || known.owner(other_id) == known.owner(id) {
                continue;
            }
            // A contact that has its id from a Viber id can have the number too.
            let is_of = |it: ContactId, with_number: Vec<ContactId>| {
                with_number.into_iter().any(|other| known.owner(other) == known.owner(it))
            };
            let is_one =
                is_of(id, self.with_number(other).await?) || is_of(other_id, self.with_number(&row.person).await?);
            if !is_one {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_of_contact(&self, id: ContactId) -> Result<bool, ConsentError> {
        match self.crm {
            Some(crm) => Ok(crm.known_statements(&[id]).await?.is_contact(id)),
            None => Ok(false),
        }
    }

    /// The contacts that have the number of a person.
    async fn with_number(&self, person: &Person) -> Result<Vec<ContactId>, ConsentError> {
        match (self.crm, person) {
            (Some(crm), Person::Phone(number)) => Ok(crm.find(&number.to_string()).await?),
            _ => Ok(Vec::new()),
        }
    }

    /// Adds the statements of a row that are new.
    fn add(
        &mut self,
        known: &KnownStatements,
        id: ContactId,
        line: u64,
        mut row: ReadRow,
        new: &mut Vec<(ContactId, Statement)>,
    ) -> RecordedRow {
        let owner = known.owner(id);
        if !known.is_contact(id) {
            self.strangers.insert(owner);
        }
        let first = new.len();
        for statement in std::mem::take(&mut row.statements) {
            if !known.holds(id, statement.id()) && self.seen.insert((owner, statement.id())) {
                new.push((id, statement));
            }
        }
        RecordedRow::new(line, &row, first..new.len())
    }

    /// The contact of a number: the one that was imported with it, else the one that has changed to it.
    async fn id_of_phone(&self, number: PhoneNumber) -> Result<ContactId, ConsentError> {
        let id = self.rules.key.of_phone(number);
        if self.moved.now.is_empty() {
            return Ok(id);
        }
        match self.moved.now.get(&number.to_string()) {
            Some(now) if !self.is_of_contact(id).await? => Ok(*now),
            _ => Ok(id),
        }
    }

    /// The contact of a person. A Viber user who is not in the database has the id that a run gives it.
    async fn id_of(&mut self, person: &Person) -> Result<ContactId, ConsentError> {
        let (scope, id) = match person {
            Person::Contact(id) => return Ok(*id),
            Person::Phone(number) => return self.id_of_phone(*number).await,
            Person::Viber { scope, id } => (scope.clone(), id.clone()),
        };
        if let Some(known) = self.viber.get(&(scope.clone(), id.clone())) {
            return Ok(*known);
        }
        let found = match self.crm {
            Some(crm) => crm.contact_of(IdentityKind::Viber, &scope, &id).await?,
            None => None,
        };
        let contact = found.unwrap_or_else(|| self.rules.key.of_identity(IdentityKind::Viber, &scope, &id));
        self.viber.insert((scope, id), contact);
        Ok(contact)
    }
}

#[cfg(test)]
mod tests;
