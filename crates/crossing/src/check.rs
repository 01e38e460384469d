//! Support for the tests of this crate: a project with its plan, exports and key, and a database of its own, on SQLite
//! and on PostgreSQL. The database is read through its views.

use std::fs;
use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use test_needs::Need;
use tokio::runtime::Builder;

use crate::{
    Audited, Chosen, FoundRun, OpenRun, Progress, PullSettings, Restore, Restored, RunOptions, RunPlace, RunReport,
    find_run,
};

/// All tests use one contact key, so that ids are the same wherever a test runs.
const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\n";

/// The people whom most tests look at.
pub(crate) const PEOPLE: &str = "select e164, name, consent from contact_view order by e164";

/// The folder of one test, with a plan and its exports, and the address of its database.
pub(crate) struct Project {
    home: tempfile::TempDir,
    url: String,
}

/// Runs a test on SQLite and on PostgreSQL. `files` are the plan and the exports; in the plan, `DATABASE` stands for the address of the database.
pub(crate) fn check(files: &[(&str, &str)], test: impl AsyncFn(&Project)) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", home.path().join("ferry.db").display());
    runtime.block_on(test(&Project::new(home, url, files)));
    if let Some(cluster) = Need::Postgres.find() {
        runtime.block_on(on_postgres(&cluster, files, test));
    }
}

async fn on_postgres(cluster: &str, files: &[(&str, &str)], test: impl AsyncFn(&Project)) {
    let home = tempfile::tempdir().unwrap();
    let name =
        format!("crossing{}", home.path().file_name().unwrap().to_str().unwrap().replace('.', "").to_lowercase());
    let mut connection = PgConnection::connect(&cluster.replace("DATABASE", "postgres")).await.unwrap();
    let create = AssertSqlSafe(format!("create database {name}"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    test(&Project::new(home, cluster.replace("DATABASE", &name), files)).await;
    let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
    sqlx::query(drop).execute(&mut connection).await.unwrap();
}

impl Project {
    fn new(home: tempfile::TempDir, url: String, files: &[(&str, &str)]) -> Self {
        let project = Self { home, url };
        project.write("ferry.key", KEY);
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file of the project. In the plan, `DATABASE` stands for the address of the database.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text.replace("DATABASE", &self.url)).unwrap();
    }

    fn place(&self) -> RunPlace {
        RunPlace { plan: self.path("plan.toml"), run: None, run_dir: None }
    }

    /// The options of `ferry run` without arguments.
    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            plan: self.path("plan.toml"),
            run_dir: None,
            is_new: false,
            is_dry_run: false,
            sample: None,
            pull: PullSettings::default(),
            memory: None,
        }
    }

    /// Opens the run of the plan, as `ferry run` does.
    pub(crate) async fn open(&self) -> OpenRun {
        OpenRun::open(&self.options(), Progress::new(|_| ())).await.unwrap()
    }

    /// Opens the latest run, as `ferry load` does.
    pub(crate) async fn reopen(&self) -> OpenRun {
        OpenRun::reopen(&self.place(), None, Progress::new(|_| ())).await.unwrap()
    }

    /// Opens a run of the plan in a folder of its own.
    pub(crate) async fn open_in(&self, dir: &str) -> OpenRun {
        let options = RunOptions { run_dir: Some(self.path(dir)), ..self.options() };
        OpenRun::open(&options, Progress::new(|_| ())).await.unwrap()
    }

    pub(crate) async fn run(&self) -> RunReport {
        crate::run(&mut self.open().await).await.unwrap()
    }

    pub(crate) async fn dry_run(&self) -> RunReport {
        let options = RunOptions { is_dry_run: true, ..self.options() };
        crate::run(&mut OpenRun::open(&options, Progress::new(|_| ())).await.unwrap()).await.unwrap()
    }

    /// Restores the database, as `ferry restore --yes` does.
    pub(crate) async fn restore(&self, chosen: Chosen) -> anyhow::Result<Restored> {
        Restore::prepare(self.found(), chosen).await?.run(&Progress::new(|_| ())).await
    }

    /// The newest run, for reading.
    pub(crate) fn found(&self) -> FoundRun {
        find_run(&self.place()).unwrap()
    }

    pub(crate) async fn audit(&self) -> Audited {
        crate::audit(&self.found()).await.unwrap()
    }

    /// The differences that an audit finds, one a line.
    pub(crate) async fn differences(&self) -> String {
        self.audit().await.differences.iter().map(|it| format!("{it:?}\n")).collect()
    }

    /// The rows of a query, one a line. Every column must be text.
    pub(crate) async fn select(&self, sql: &str) -> String {
        let rows = match self.url.strip_prefix("sqlite:") {
            Some(path) => select_sqlite(path, sql),
            None => select_postgres(&self.url, sql).await,
        };
        rows.into_iter().map(line).collect()
    }

    /// The database, as another program opens it.
    pub(crate) async fn crm(&self) -> crm::Crm {
        crm::Crm::open(&self.url).await.unwrap()
    }

    /// Changes the database as a person does who works with it.
    pub(crate) async fn by_hand(&self, sql: &str) {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            None => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
            }
        }
    }
}

type Cells = Vec<Option<String>>;

fn select_sqlite(path: &str, sql: &str) -> Vec<Cells> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let n_columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..n_columns).map(|it| row.get(it)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

async fn select_postgres(url: &str, sql: &str) -> Vec<Cells> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| (0..row.len()).map(|it| row.get(it)).collect()).collect()
}

fn line(cells: Cells) -> String {
    cells.into_iter().map(|it| it.unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join(" | ") + "\n"
}
