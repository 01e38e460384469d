//! Support for the tests of this crate: databases of their own on SQLite and PostgreSQL, people as text, and the views
//! of the database as text.

use std::path::Path;
use std::sync::Arc;

use consent::Rule;
use jiff::Timestamp;
use model::{
    Basis, Batch, Channel, ConsentChannel, ConsentPurpose, ConsentState, Contact, ContactId, ContactKey, Counts,
    Digest, Field, Identity, IdentityKind, Personal, Receipt, RunMark, Stage, Statement, SuppressionKeys,
};
use phone::PhoneNumber;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use test_needs::Need;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use crate::statements::ConsentRules;
use crate::{Contacts, Crm, LoadBatch, LoadError, LoadRun, Loaded, NewContacts, RunRow};

pub(crate) const RUN: &str = "2026-11-28-spring";

/// A database of one test.
pub(crate) struct Place {
    pub(crate) url: String,
    /// An empty folder.
    pub(crate) folder: tempfile::TempDir,
}

/// Runs a test on SQLite and on PostgreSQL. A cluster that is named and cannot be reached fails the test.
pub(crate) fn check(test: impl AsyncFn(&Place)) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ferry.db").display());
    runtime.block_on(test(&Place { url, folder: tempfile::tempdir().unwrap() }));
    if let Some(cluster) = Need::Postgres.find() {
        runtime.block_on(on_postgres(&cluster, test));
    }
}

async fn on_postgres(cluster: &str, test: impl AsyncFn(&Place)) {
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("crm{}", hex::encode(random));
    let mut connection = PgConnection::connect(&cluster.replace("DATABASE", "postgres")).await.unwrap();
    let create = AssertSqlSafe(format!("create database {name}"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    test(&Place { url: cluster.replace("DATABASE", &name), folder: tempfile::tempdir().unwrap() }).await;
    let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
    sqlx::query(drop).execute(&mut connection).await.unwrap();
}

impl Place {
    pub(crate) async fn open(&self) -> Crm {
        self.open_with(&"a1".repeat(32)).await
    }

    /// The database with these suppression keys, one a line.
    pub(crate) async fn open_with(&self, keys: &str) -> Crm {
        Crm::open(&self.url).await.unwrap().with_suppression_keys(SuppressionKeys::read(keys).ok())
    }

    /// The place of another new database: on PostgreSQL a schema of its own.
    pub(crate) async fn another(&self, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match self.url.starts_with("sqlite") {
            true => format!("sqlite:{}", folder.path().join("ferry.db").display()),
            false => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                let create = AssertSqlSafe(format!("create schema {name}"));
                sqlx::query(create).execute(&mut connection).await.unwrap();
                format!("{}&options[search_path]={name}", self.url)
            }
        };
        Self { url, folder }
    }

    /// The file of the database; none on PostgreSQL.
    pub(crate) fn file(&self) -> Option<&str> {
        self.url.strip_prefix("sqlite:")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// What a program other than Ferry does to note a statement about WhatsApp of some contacts.
pub(crate) fn whatsapp_said(state: &str, contacts: &str) -> String {
    format!(
        "insert into consent (contact_id, statement_id, channel, purpose, state, said_from, said_until, basis, words, source_row, \
         first_run, first_run_at) select contact_id, 1, 'whatsapp', 'messages', '{state}', 1, 1, 'record', '{state}', 'crm:1', 'crm', 1 \
         from contact where {contacts}"
    )
}

impl Crm {
    /// Runs a statement as a person does who works with the database.
    pub(crate) async fn by_hand(&self, sql: &str) {
        let mut tx = self.begin("change the database by hand").await.unwrap();
        tx.execute_script(format!("{sql};")).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The rows of a statement that gives one text, one a line.
    pub(crate) async fn texts(&self, sql: &str) -> String {
        self.select("look", sql, &[], |it| it.text(0)).await.unwrap().join("\n")
    }

    /// The contacts as `number|name|email|language|consent|messages|rows`, by number.
    pub(crate) async fn people(&self) -> String {
        const COLUMNS: [&str; 7] = ["e164", "name", "email", "language", "consent", "n_messages", "source_rows"];
        let columns = COLUMNS.map(|it| format!("coalesce(cast({it} as text), '')")).join(" || '|' || ");
        self.texts(&format!("select {columns} from contact_view order by e164, source_rows")).await
    }

    /// All that the views of contacts hold.
    pub(crate) async fn dump(&self) -> String {
        const VIEWS: [(&str, &str); 3] = [
            (
                "contact_view",
                "contact_id e164 region line_type name email language first_at last_at last_inbound_at last_outbound_at \
                    n_messages reachable consent consent_at consent_channel whatsapp_consent tags channels n_rows source_rows \
                    value_rows suppressed",
            ),
            ("identity_view", "contact_id kind scope value"),
            ("consent_view", "contact_id channel purpose state said_from said_until basis words source_row first_run"),
        ];
        let mut lines = Vec::new();
        for (view, columns) in VIEWS {
            let columns: Vec<String> =
                columns.split_whitespace().map(|it| format!("coalesce(cast({it} as text), '~')")).collect();
            let held = if view == "consent_view" { " where retracted = 'no'" } else { "" };
            lines.push(
                self.texts(&format!("select {} from {view}{held} order by 1", columns.join(" || '|' || "))).await,
            );
        }
        lines.join("\n")
    }

    /// Imports people as one batch of a run.
    pub(crate) async fn import(&self, run_id: &str, people: &str) -> Loaded {
        self.import_contacts(run_id, people_of(run_id, people)).await.unwrap()
    }

    pub(crate) async fn import_contacts(&self, run_id: &str, contacts: Vec<Contact>) -> Result<Loaded, LoadError> {
        let contacts = self.planned(run_id, contacts).await?;
        self.load_batch(run_id, Contacts::Any(Batch::new(1, contacts).unwrap())).await
    }

    /// Imports people into a database that holds none.
    pub(crate) async fn import_new(&self, run_id: &str, people: &str) -> Loaded {
        let contacts = self.planned(run_id, people_of(run_id, people)).await.unwrap();
        let run = self.load_run(run_id, Rule::default(), &[]).await.unwrap();
        let new = NewContacts::of(run.number, &contacts);
        self.load_batch(run_id, Contacts::New(Box::new(new))).await.unwrap()
    }

    async fn planned(&self, run_id: &str, mut contacts: Vec<Contact>) -> Result<Vec<Contact>, LoadError> {
        contacts.sort_by_key(|it| it.id);
        self.plan_run(&run_row(run_id, &contacts)).await?;
        Ok(contacts)
    }

    /// Begins to load several batches, of which each goes in a transaction of its own.
    pub(crate) async fn begin_batches(&self, run_id: &str, batches: Vec<Vec<Contact>>) -> LoadingBatches {
        self.plan_run(&run_row(run_id, &batches.concat())).await.unwrap();
        let run = Arc::new(self.load_run(run_id, Rule::default(), &[]).await.unwrap());
        let (sender, receiver) = mpsc::channel(batches.len());
        for (number, mut contacts) in (1..).zip(batches) {
            contacts.sort_by_key(|it| it.id);
            let receipt = Box::new(move |output| Receipt { batch: number, ..receipt(Stage::Load, output) });
            let contacts = Contacts::Any(Batch::new(number, contacts).unwrap());
            sender.send(Ok(LoadBatch { contacts, receipt })).await.unwrap();
        }
        LoadingBatches { crm: self.clone(), run, batches: receiver }
    }

    async fn load_batch(&self, run_id: &str, contacts: Contacts) -> Result<Loaded, LoadError> {
        let run = Arc::new(self.load_run(run_id, Rule::default(), &[]).await?);
        let (sender, mut batches) = mpsc::channel(1);
        let receipt = Box::new(|output| receipt(Stage::Load, output));
        sender.send(Ok::<_, LoadError>(LoadBatch { contacts, receipt })).await.unwrap();
        drop(sender);
        let loaded = self.load(&run, &mut batches, 128).await?.unwrap();
        self.finish_load().await?;
        Ok(loaded)
    }
}

/// Batches that are being loaded.
pub(crate) struct LoadingBatches {
    crm: Crm,
    run: Arc<LoadRun>,
    batches: mpsc::Receiver<Result<LoadBatch, LoadError>>,
}

impl LoadingBatches {
    /// Loads the next batch.
    pub(crate) async fn next(&mut self) -> Result<Loaded, LoadError> {
        Ok(self.crm.load(&self.run, &mut self.batches, 1).await?.unwrap())
    }
}

pub(crate) fn run_row(run_id: &str, contacts: &[Contact]) -> RunRow {
    RunRow {
        run_id: run_id.to_owned(),
        uid: format!("uid of {run_id}"),
        started_at: started_at(run_id),
        key_id: "key".to_owned(),
        tool: "ferry".to_owned(),
        sources: vec![(
            "sms".to_owned(),
            "sms".to_owned(),
            "contacts".to_owned(),
            Digest::of_parts([b"".as_slice()]),
            9,
        )],
        rejects: [(("sms".to_owned(), "E_NUL".to_owned()), 2)].into(),
        batches: vec![(1, contacts.len() as u64, Digest::of_parts(contacts.iter().map(|it| it.id.0.as_slice())))],
    }
}

pub(crate) fn receipt(stage: Stage, output: Digest) -> Receipt {
    Receipt {
        stage,
        batch: 1,
        input: output,
        output,
        counts: Counts { rows_in: 3, kept: 2, merged: 1, ..Counts::default() },
        at: Timestamp::UNIX_EPOCH,
        tool: "ferry".to_owned(),
        adapter: String::new(),
    }
}

/// Runs start in the order of their ids, which are dates.
fn started_at(run_id: &str) -> Timestamp {
    format!("{}T00:00:00Z", &run_id[..10]).parse().unwrap()
}

pub(crate) fn id_of(number: &str) -> ContactId {
    key().of_phone(PhoneNumber::from_e164(number).unwrap())
}

pub(crate) fn key() -> ContactKey {
    ContactKey::from_hex(&"5a".repeat(32)).unwrap()
}

/// One person a line, such as `+33199000001 name=Ana email=ana@example.com consent=stop viber=x row=sms:1 messages=3`.
/// Somebody without a number is known by `viber`. `channels=sms+viber` names other channels than SMS.
pub(crate) fn people_of(run_id: &str, text: &str) -> Vec<Contact> {
    text.lines().map(str::trim).filter(|it| !it.is_empty()).map(|it| person(run_id, it)).collect()
}

fn person(run_id: &str, line: &str) -> Contact {
    let words: Vec<(&str, &str)> = line.split(' ').filter_map(|it| it.split_once('=')).collect();
    let get = |name: &str| words.iter().find(|it| it.0 == name).map(|it| it.1);
    let row: model::RowName = get("row").unwrap_or("sms:1").into();
    let phone = PhoneNumber::from_e164(line.split(' ').next().unwrap_or_default());
    let id = phone.map_or_else(
        || key().of_identity(IdentityKind::Viber, "bot", get("viber").unwrap_or_default()),
        |it| key().of_phone(it),
    );
    let personal = |name| get(name).map(|it| Field { value: Personal(it.to_owned()), row: row.clone() });
    let mut contact = Contact {
        phone,
        name: personal("name"),
        email: personal("email"),
        language: get("language").map(|it| Field { value: it.to_owned(), row: row.clone() }),
        last_at: get("at").map(|it| Field { value: format!("{it}T00:00:00Z").parse().unwrap(), row: row.clone() }),
        n_messages: get("messages").map_or(0, |it| it.parse().unwrap()),
        identities: get("viber").map(identity).into_iter().collect(),
        channels: get("channels").unwrap_or("sms").split('+').filter_map(Channel::from_name).collect(),
        n_rows: 1,
        ..Contact::new(id, row.clone())
    };
    let run = RunMark { id: run_id.into(), started_at: started_at(run_id) };
    contact.statements.extend(get("consent").map(|state| Statement {
        state: ConsentState::from_name(state).unwrap(),
        row,
        first_run: run,
        record: None,
        ..statement(state)
    }));
    crate::statements::derive(&ConsentRules::default(), run_id, &mut contact);
    contact
}

/// A contact with this phone, from one row of one source.
pub(crate) fn contact(phone: PhoneNumber) -> Contact {
    let id = key().of_phone(phone);
    Contact { phone: Some(phone), channels: vec![Channel::Sms], n_rows: 1, ..Contact::new(id, "sms:1".into()) }
}

pub(crate) fn identity(value: &str) -> Identity {
    Identity { kind: IdentityKind::Viber, scope: "bot".into(), value: Personal(value.to_owned()) }
}

/// An undated yes to SMS, in these words.
pub(crate) fn statement(words: &str) -> Statement {
    let run = RunMark { id: RUN.into(), started_at: started_at(RUN) };
    Statement {
        channel: ConsentChannel::Sms,
        at: None,
        state: ConsentState::Yes,
        basis: Basis::Cell,
        words: Personal(words.to_owned()),
        purpose: ConsentPurpose::Messages,
        row: "sms:1".into(),
        first_run: run,
        record: None,
    }
}
