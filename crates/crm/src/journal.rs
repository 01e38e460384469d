//! Runs, sources, batches and receipts: what has been done, told by the database itself.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use model::{Counts, Digest, Receipt, Stage};
use sqlx::FromRow;

use crate::bulk::{Cell, Rows, Table, Type};
use crate::crm::on;
use crate::writing::Writing;
use crate::{Crm, LoadError};

/// The run that loads contacts.
#[derive(Clone, Debug)]
pub struct LoadRun {
    pub id: String,
    /// By which contacts name the run of their rows.
    pub number: i64,
    /// Which statement about consent counts.
    pub rule: consent::Rule,
    /// The ids of all runs of the database, by their numbers.
    ids: HashMap<i64, String>,
}

impl LoadRun {
    /// The id of the run of this number, if it is another one.
    pub(crate) fn earlier_id(&self, number: i64) -> Option<&str> {
        self.id_of(number).filter(|_| number != self.number)
    }

    pub(crate) fn id_of(&self, number: i64) -> Option<&str> {
        self.ids.get(&number).map(String::as_str)
    }
}

/// A run as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    pub run_id: String,
    pub started_at: Timestamp,
    /// Names the contact key; the key itself is nowhere in the database.
    pub key_id: String,
    pub tool: String,
    /// Name, channel, profile, SHA-256 and row count of each source, in the order of the names.
    pub sources: Vec<(String, String, String, Digest, u64)>,
    /// Rejected rows by (source, reason code).
    pub rejects: BTreeMap<(String, String), u64>,
    /// Number, size and digest of each batch.
    pub batches: Vec<(u32, u64, Digest)>,
}

const RUN: Table = Table {
    name: "run",
    columns: &[
        ("run_id", Type::Text),
        ("number", Type::Int),
        ("started_at", Type::Int),
        ("key_id", Type::Text),
        ("tool", Type::Text),
    ],
    conflict: "on conflict (run_id) do update set key_id = excluded.key_id, tool = excluded.tool",
};

const SOURCE: Table = Table {
    name: "source",
    columns: &[
        ("run_id", Type::Text),
        ("name", Type::Text),
        ("channel", Type::Text),
        ("profile", Type::Text),
        ("sha256", Type::Text),
        ("n_rows", Type::Int),
    ],
    conflict: "",
};

const REJECT_SUMMARY: Table = Table {
    name: "reject_summary",
    columns: &[("run_id", Type::Text), ("source", Type::Text), ("reason", Type::Text), ("n_rows", Type::Int)],
    conflict: "",
};

const BATCH: Table = Table {
    name: "batch",
    columns: &[("run_id", Type::Text), ("number", Type::Int), ("n_contacts", Type::Int), ("digest", Type::Text)],
    conflict: "",
};

pub(crate) const RECEIPT: Table = Table {
    name: "receipt",
    columns: &[
        ("run_id", Type::Text),
        ("stage", Type::Text),
        ("batch", Type::Int),
        ("input", Type::Text),
        ("output", Type::Text),
        ("rows_in", Type::Int),
        ("kept", Type::Int),
        ("merged", Type::Int),
        ("rejected", Type::Int),
        ("suppressed", Type::Int),
        ("at", Type::Int),
        ("tool", Type::Text),
        ("adapter", Type::Text),
    ],
    conflict: "on conflict (run_id, stage, batch) do update set input = excluded.input, output = excluded.output, \
        rows_in = excluded.rows_in, kept = excluded.kept, merged = excluded.merged, rejected = excluded.rejected, \
        suppressed = excluded.suppressed, at = excluded.at, tool = excluded.tool, \
        adapter = excluded.adapter",
};

pub(crate) fn receipt_rows(run_id: &str, receipts: &[Receipt]) -> Rows {
    let mut rows = Rows::new(&RECEIPT);
    for receipt in receipts {
        let Counts { rows_in, kept, merged, rejected, suppressed } = receipt.counts;
        rows.push([
            run_id.into(),
            receipt.stage.name().into(),
            i64::from(receipt.batch).into(),
            receipt.input.to_string().into(),
            receipt.output.to_string().into(),
            rows_in.into(),
            kept.into(),
            merged.into(),
            rejected.into(),
            suppressed.into(),
            Some(receipt.at).into(),
            (&receipt.tool).into(),
            (&receipt.adapter).into(),
        ]);
    }
    rows
}

impl Crm {
    /// Refuses a database whose contact ids were made with another key: the same person would get
    /// a second contact.
    pub async fn check_key(&self, key_id: &str) -> Result<(), LoadError> {
        let failed = LoadError::query("read the runs");
        let keys: Vec<(String,)> = on!(self, pool => {
            sqlx::query_as("select distinct key_id from run").fetch_all(pool).await.map_err(failed)?
        });
        match keys.into_iter().find(|it| it.0 != key_id) {
            Some((theirs,)) => Err(LoadError::OtherKey { theirs, ours: key_id.to_owned() }),
            None => Ok(()),
        }
    }

    /// Writes down what a run is: its sources, its rejects and its batches. A run that was planned
    /// before is planned anew; batches whose content changed lose their receipts.
    pub async fn plan_run(&self, run: &RunRow) -> Result<(), LoadError> {
        let failed = LoadError::query("write the run down");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        for statement in FORGET_RUN {
            writing.run(statement, &run.run_id).await.map_err(&failed)?;
        }
        let number = writing.run_number(&run.run_id).await.map_err(&failed)?;
        writing.write_rows(run_rows(run, number).into()).await.map_err(&failed)?;
        writing.run(FORGET_RECEIPTS, &run.run_id).await.map_err(&failed)?;
        writing.commit().await.map_err(&failed)
    }

    /// What the database knows of a run; none if it has never heard of it.
    pub async fn planned_run(&self, run_id: &str) -> Result<Option<RunRow>, LoadError> {
        let failed = LoadError::query("read the run");
        let runs: Vec<(String, String, i64)>;
        let sources: Vec<(String, String, String, String, i64)>;
        let rejects: Vec<(String, String, i64)>;
        on!(self, pool => {
            runs = sqlx::query_as("select key_id, tool, started_at from run where run_id = $1")
                .bind(run_id).fetch_all(pool).await.map_err(&failed)?;
            sources = sqlx::query_as("select name, channel, profile, sha256, n_rows from source where run_id = $1 order by name")
                .bind(run_id).fetch_all(pool).await.map_err(&failed)?;
            rejects = sqlx::query_as("select source, reason, n_rows from reject_summary where run_id = $1")
                .bind(run_id).fetch_all(pool).await.map_err(&failed)?;
        });
        let Some((key_id, tool, started_at)) = runs.into_iter().next() else { return Ok(None) };
        let count = |it: i64| u64::try_from(it).map_err(|_| LoadError::Value { column: "n_rows" });
        let source = |(name, channel, profile, sha256, n_rows)| {
            let sha256 = Digest::try_from(sha256).map_err(|_| LoadError::Value { column: "source.sha256" })?;
            Ok((name, channel, profile, sha256, count(n_rows)?))
        };
        Ok(Some(RunRow {
            run_id: run_id.to_owned(),
            started_at: crate::held::timestamp("run.started_at", started_at)?,
            key_id,
            tool,
            sources: sources.into_iter().map(source).collect::<Result<_, LoadError>>()?,
            rejects: rejects
                .into_iter()
                .map(|(source, reason, n)| Ok(((source, reason), count(n)?)))
                .collect::<Result<_, LoadError>>()?,
            batches: self.batches(run_id).await?,
        }))
    }

    /// A run that is about to load, which is planned already or only looks.
    pub async fn load_run(&self, run_id: &str, rule: consent::Rule) -> Result<LoadRun, LoadError> {
        let rows: Vec<(i64, String)> = on!(self, pool => {
            sqlx::query_as(RUNS).fetch_all(pool).await.map_err(LoadError::query("read the runs"))?
        });
        let next = rows.iter().map(|it| it.0).max().unwrap_or(0) + 1;
        let number = rows.iter().find(|it| it.1 == run_id).map_or(next, |it| it.0);
        Ok(LoadRun { id: run_id.to_owned(), number, rule, ids: rows.into_iter().collect() })
    }

    /// The batches of a run as planned: number, size and digest.
    pub async fn batches(&self, run_id: &str) -> Result<Vec<(u32, u64, Digest)>, LoadError> {
        let statement = "select number, n_contacts, digest from batch where run_id = $1 order by number";
        let rows: Vec<(i64, i64, String)> = on!(self, pool => {
            sqlx::query_as(statement).bind(run_id).fetch_all(pool).await.map_err(LoadError::query("read the batches"))?
        });
        let batch = |(number, n_contacts, digest): (i64, i64, String)| {
            Some((u32::try_from(number).ok()?, u64::try_from(n_contacts).ok()?, Digest::try_from(digest).ok()?))
        };
        rows.into_iter().map(|it| batch(it).ok_or(LoadError::Value { column: "batch" })).collect()
    }

    /// The receipts of a stage, by batch.
    pub async fn receipts(&self, run_id: &str, stage: Stage) -> Result<BTreeMap<u32, Receipt>, LoadError> {
        let rows: Vec<ReceiptRow> = on!(self, pool => {
            sqlx::query_as(SELECT_RECEIPTS).bind(run_id).bind(stage.name()).fetch_all(pool).await
                .map_err(LoadError::query("read the receipts"))?
        });
        let receipt = |row: ReceiptRow| row.receipt(stage).ok_or(LoadError::Value { column: "receipt" });
        rows.into_iter().map(|it| receipt(it).map(|it| (it.batch, it))).collect()
    }

    /// Forgets that a stage did a batch, so that it is done again.
    pub async fn forget_receipt(&self, run_id: &str, stage: Stage, batch: u32) -> Result<(), LoadError> {
        let statement = "delete from receipt where run_id = $1 and stage = $2 and batch = $3";
        on!(self, pool => {
            sqlx::query(statement).bind(run_id).bind(stage.name()).bind(i64::from(batch)).execute(pool).await
                .map(|_| ()).map_err(LoadError::query("forget a receipt"))
        })
    }
}

impl Writing {
    /// What merging two contacts needs to know of runs: their ids, and which statement counts in this database.
    pub(crate) async fn any_run(&mut self) -> Result<LoadRun, LoadError> {
        let failed = LoadError::query("read the runs");
        let rows: Vec<(i64, String)> = match self {
            Self::Sqlite(it) => sqlx::query_as(RUNS).fetch_all(&mut **it).await,
            Self::Postgres(it) => sqlx::query_as(RUNS).fetch_all(&mut **it).await,
        }
        .map_err(&failed)?;
        let rule = self.meta(CONSENT_RULE).await?;
        let rule = rule.and_then(|it| consent::Rule::from_name(&it)).unwrap_or_default();
        Ok(LoadRun { id: String::new(), number: 0, rule, ids: rows.into_iter().collect() })
    }

    /// What `ferry_meta` holds under a key.
    pub(crate) async fn meta(&mut self, key: &str) -> Result<Option<String>, LoadError> {
        const META: &str = "select value from ferry_meta where key = $1";
        let value: Option<(String,)> = match self {
            Self::Sqlite(it) => sqlx::query_as(META).bind(key).fetch_optional(&mut **it).await,
            Self::Postgres(it) => sqlx::query_as(META).bind(key).fetch_optional(&mut **it).await,
        }
        .map_err(LoadError::query("read the settings of the database"))?;
        Ok(value.map(|it| it.0))
    }

    pub(crate) async fn set_meta(&mut self, key: &str, value: &str) -> Result<(), LoadError> {
        const SET: &str = "insert into ferry_meta (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value";
        match self {
            Self::Sqlite(it) => sqlx::query(SET).bind(key).bind(value).execute(&mut **it).await.map(|_| ()),
            Self::Postgres(it) => sqlx::query(SET).bind(key).bind(value).execute(&mut **it).await.map(|_| ()),
        }
        .map_err(LoadError::query("note a setting of the database"))
    }

    /// The number of a run: the one that it has, or the next.
    async fn run_number(&mut self, run_id: &str) -> Result<i64, sqlx::Error> {
        const NUMBER: &str = "select coalesce((select number from run where run_id = $1), \
            (select coalesce(max(number), 0) + 1 from run))";
        let number: (i64,) = match self {
            Self::Sqlite(it) => sqlx::query_as(NUMBER).bind(run_id).fetch_one(&mut **it).await?,
            Self::Postgres(it) => sqlx::query_as(NUMBER).bind(run_id).fetch_one(&mut **it).await?,
        };
        Ok(number.0)
    }
}

const RUNS: &str = "select number, run_id from run";
/// The key of `ferry_meta` under which the rule stands by which statements count.
pub(crate) const CONSENT_RULE: &str = "consent_rule";

const FORGET_RUN: [&str; 3] = [
    "delete from source where run_id = $1",
    "delete from reject_summary where run_id = $1",
    "delete from batch where run_id = $1",
];

const FORGET_RECEIPTS: &str = "delete from receipt where run_id = $1 and not exists (select 1 from batch \
    where batch.run_id = receipt.run_id and batch.number = receipt.batch and batch.digest = receipt.input)";

const SELECT_RECEIPTS: &str = "select batch, input, output, rows_in, kept, merged, rejected, suppressed, at, tool, adapter \
    from receipt where run_id = $1 and stage = $2 order by batch";

fn run_rows(run: &RunRow, number: i64) -> [Rows; 4] {
    let [mut runs, mut sources, mut rejects, mut batches] = [&RUN, &SOURCE, &REJECT_SUMMARY, &BATCH].map(Rows::new);
    let run_id = || Cell::from(&run.run_id);
    runs.push([run_id(), number.into(), run.started_at.into(), (&run.key_id).into(), (&run.tool).into()]);
    for (name, channel, profile, sha256, n_rows) in &run.sources {
        let [name, channel, profile] = [name, channel, profile].map(Cell::from);
        sources.push([run_id(), name, channel, profile, sha256.to_string().into(), (*n_rows).into()]);
    }
    for ((source, reason), n_rows) in &run.rejects {
        rejects.push([run_id(), source.into(), reason.into(), (*n_rows).into()]);
    }
    for (number, n_contacts, digest) in &run.batches {
        batches.push([run_id(), i64::from(*number).into(), (*n_contacts).into(), digest.to_string().into()]);
    }
    [runs, sources, rejects, batches]
}

#[derive(FromRow)]
struct ReceiptRow {
    batch: i64,
    input: String,
    output: String,
    rows_in: i64,
    kept: i64,
    merged: i64,
    rejected: i64,
    suppressed: i64,
    at: i64,
    tool: String,
    adapter: String,
}

impl ReceiptRow {
    fn receipt(self, stage: Stage) -> Option<Receipt> {
        let count = |it: i64| u64::try_from(it).ok();
        Some(Receipt {
            stage,
            batch: u32::try_from(self.batch).ok()?,
            input: Digest::try_from(self.input).ok()?,
            output: Digest::try_from(self.output).ok()?,
            counts: Counts {
                rows_in: count(self.rows_in)?,
                kept: count(self.kept)?,
                merged: count(self.merged)?,
                rejected: count(self.rejected)?,
                suppressed: count(self.suppressed)?,
            },
            at: Timestamp::from_microsecond(self.at).ok()?,
            tool: self.tool,
            adapter: self.adapter,
        })
    }
}
