//! Runs, sources, batches and receipts: the record of work done, kept in the database.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use model::{Counts, Digest, Receipt, Stage, free_label};

use crate::sql::{Cell, OnConflict, Row, Rows, Table, Tx, Type};
use crate::{Crm, LoadError};

/// A run as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The label of the run, such as `2026-11-28-spring`.
    pub run_id: String,
    /// Names the run for good, whatever its label.
    pub uid: String,
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
        ("uid", Type::Text),
        ("number", Type::Int),
        ("started_at", Type::Time),
        ("key_id", Type::Text),
        ("tool", Type::Text),
    ],
    on_conflict: OnConflict::Update { key: &["run_id"], columns: &["key_id", "tool"] },
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
    on_conflict: OnConflict::Fail,
};

const REJECT_SUMMARY: Table = Table {
    name: "reject_summary",
    columns: &[("run_id", Type::Text), ("source", Type::Text), ("reason", Type::Text), ("n_rows", Type::Int)],
    on_conflict: OnConflict::Fail,
};

const BATCH: Table = Table {
    name: "batch",
    columns: &[("run_id", Type::Text), ("number", Type::Int), ("n_contacts", Type::Int), ("digest", Type::Text)],
    on_conflict: OnConflict::Fail,
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
        ("at", Type::Time),
        ("tool", Type::Text),
        ("adapter", Type::Text),
    ],
    on_conflict: OnConflict::Replace { key: &["run_id", "stage", "batch"] },
};

const LABELS: &str = "select run_id, uid from run";
const META: &str = "select value from ferry_meta where key = $1";
const RAISE: &str = "update ferry_meta set value = cast(cast(value as bigint) + 1 as text) where key = $1";
const SET_META: &str =
    "insert into ferry_meta (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value";
const RUN_NUMBER: &str = "select coalesce((select number from run where run_id = $1), \
    (select coalesce(max(number), 0) + 1 from run))";
const FORGET_RUN: [&str; 3] = [
    "delete from source where run_id = $1",
    "delete from reject_summary where run_id = $1",
    "delete from batch where run_id = $1",
];
const FORGET_RECEIPTS: &str = "delete from receipt where run_id = $1 and stage <> 'translate' and not exists (select 1 from batch \
    where batch.run_id = receipt.run_id and batch.number = receipt.batch and batch.digest = receipt.input)";
const FORGET_RECEIPT: &str = "delete from receipt where run_id = $1 and stage = $2 and batch = $3";

impl Crm {
    /// Writes down what a run is: its sources, its rejects and its batches, and claims the database for its contact
    /// key. A run that was planned before is planned again; batches whose content has changed lose their receipts.
    ///
    /// Gives the label under which the run is recorded. That is `run_id`, or the next free label if another run has
    /// it: `2026-11-28.2-spring`, then `2026-11-28.3-spring`.
    pub async fn plan_run(&self, run: &RunRow) -> Result<String, LoadError> {
        let mut tx = self.begin("write the run down").await?;
        tx.claim_key(&run.key_id).await?;
        let taken = tx.select(LABELS, &[], |it| Ok((it.text(0)?, it.text(1)?))).await?;
        let run = RunRow { run_id: label(run, &taken), ..run.clone() };
        for statement in FORGET_RUN {
            tx.execute(statement, &[(&run.run_id).into()]).await?;
        }
        let number = tx.select(RUN_NUMBER, &[(&run.run_id).into()], |it| it.int(0)).await?.pop().unwrap_or(1);
        tx.write_rows(run_rows(&run, number)).await?;
        tx.execute(FORGET_RECEIPTS, &[(&run.run_id).into()]).await?;
        tx.commit().await?;
        Ok(run.run_id)
    }

    /// The labels of all runs that the database knows.
    pub async fn run_labels(&self) -> Result<HashSet<String>, LoadError> {
        let labels = self.select("read the runs", "select run_id from run", &[], |it| it.text(0)).await?;
        Ok(labels.into_iter().collect())
    }

    /// The uids of all runs that the database knows.
    pub async fn run_uids(&self) -> Result<HashSet<String>, LoadError> {
        let uids = self.select("read the runs", "select uid from run", &[], |it| it.text(0)).await?;
        Ok(uids.into_iter().collect())
    }

    /// Reads a run; none if the database does not know it.
    pub async fn planned_run(&self, run_id: &str) -> Result<Option<RunRow>, LoadError> {
        let of_run = |table: &Table| table.select() + " where run_id = $1";
        let mut reader = self.reader("read the run").await?;
        let run = |it: &dyn Row| Ok((it.text(1)?, it.time(3)?, it.text(4)?, it.text(5)?));
        let found = reader.select(&of_run(&RUN), &[run_id.into()], run).await?.pop();
        let Some((uid, started_at, key_id, tool)) = found else { return Ok(None) };
        let source = |it: &dyn Row| {
            let sha256 = it.word(4, |text| Digest::try_from(text.to_owned()).ok())?;
            Ok((it.text(1)?, it.text(2)?, it.text(3)?, sha256, it.count(5)?))
        };
        let reject = |it: &dyn Row| Ok(((it.text(1)?, it.text(2)?), it.count(3)?));
        let sources = reader.select(&(of_run(&SOURCE) + " order by name"), &[run_id.into()], source).await?;
        let rejects = reader.select(&of_run(&REJECT_SUMMARY), &[run_id.into()], reject).await?.into_iter().collect();
        let batches = reader.batches(run_id).await?;
        Ok(Some(RunRow { run_id: run_id.to_owned(), uid, started_at, key_id, tool, sources, rejects, batches }))
    }

    /// The batches of a run as planned: number, size and digest.
    pub async fn batches(&self, run_id: &str) -> Result<Vec<(u32, u64, Digest)>, LoadError> {
        self.reader("read the batches").await?.batches(run_id).await
    }

    /// The receipts of a stage that count, by batch: those given for the contacts that the batch is planned with. A batch
    /// of stage translate is a section of the plan: the caller knows what its input is today.
    pub async fn receipts(&self, run_id: &str, stage: Stage) -> Result<BTreeMap<u32, Receipt>, LoadError> {
        if stage == Stage::Translate {
            return self.all_receipts(run_id, stage).await;
        }
        let (mut receipts, planned) = (self.all_receipts(run_id, stage).await?, self.batches(run_id).await?);
        let planned: HashMap<u32, Digest> = planned.into_iter().map(|it| (it.0, it.2)).collect();
        receipts.retain(|batch, receipt| planned.get(batch) == Some(&receipt.input));
        Ok(receipts)
    }

    /// All receipts of a stage, by batch, also those that do not count.
    pub async fn all_receipts(&self, run_id: &str, stage: Stage) -> Result<BTreeMap<u32, Receipt>, LoadError> {
        let select = RECEIPT.select() + " where run_id = $1 and stage = $2 order by batch";
        let receipt = move |row: &dyn Row| read_receipt(row, stage).map(|it| (it.batch, it));
        let receipts =
            self.select("read the receipts", &select, &[run_id.into(), stage.name().into()], receipt).await?;
        Ok(receipts.into_iter().collect())
    }

    /// Forgets that a stage did a batch, so that it is done again.
    pub async fn forget_receipt(&self, run_id: &str, stage: Stage, batch: u32) -> Result<(), LoadError> {
        let mut tx = self.begin("forget a receipt").await?;
        tx.execute(FORGET_RECEIPT, &[run_id.into(), stage.name().into(), i64::from(batch).into()]).await?;
        tx.commit().await
    }
}

/// The label of a run: the one under which it is recorded, or the first free one.
fn label(run: &RunRow, taken: &[(String, String)]) -> String {
    match taken.iter().find(|it| it.1 == run.uid) {
        Some((label, _)) => label.clone(),
        None => free_label(&run.run_id, |label| taken.iter().any(|it| it.0 == label)),
    }
}

impl Tx {
    /// The value of a key of `ferry_meta`.
    pub(crate) async fn meta(&mut self, key: &str) -> Result<Option<String>, LoadError> {
        Ok(self.select(META, &[key.into()], |it| it.text(0)).await?.pop())
    }

    pub(crate) async fn set_meta(&mut self, key: &str, value: &str) -> Result<(), LoadError> {
        self.execute(SET_META, &[key.into(), value.into()]).await
    }

    /// The number under a key of `ferry_meta`.
    pub(crate) async fn number(&mut self, key: &str) -> Result<i64, LoadError> {
        let number = self.meta(key).await?.and_then(|it| it.parse().ok());
        number.ok_or_else(|| LoadError::Value { column: format!("ferry_meta.{key}") })
    }

    /// Raises the number under a key of `ferry_meta` by one.
    pub(crate) async fn raise_number(&mut self, key: &str) -> Result<(), LoadError> {
        self.execute(RAISE, &[key.into()]).await
    }

    async fn batches(&mut self, run_id: &str) -> Result<Vec<(u32, u64, Digest)>, LoadError> {
        let select = BATCH.select() + " where run_id = $1 order by number";
        let batch = |it: &dyn Row| {
            let number = u32::try_from(it.int(1)?).map_err(|_| it.unknown(1))?;
            Ok((number, it.count(2)?, it.word(3, |text| Digest::try_from(text.to_owned()).ok())?))
        };
        self.select(&select, &[run_id.into()], batch).await
    }
}

/// Reads a row of [`RECEIPT`].
fn read_receipt(row: &dyn Row, stage: Stage) -> Result<Receipt, LoadError> {
    let digest = |text: &str| Digest::try_from(text.to_owned()).ok();
    Ok(Receipt {
        stage,
        batch: u32::try_from(row.int(2)?).map_err(|_| row.unknown(2))?,
        input: row.word(3, digest)?,
        output: row.word(4, digest)?,
        counts: Counts {
            rows_in: row.count(5)?,
            kept: row.count(6)?,
            merged: row.count(7)?,
            rejected: row.count(8)?,
            suppressed: row.count(9)?,
        },
        at: row.time(10)?,
        tool: row.text(11)?,
        adapter: row.text(12)?,
    })
}

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
            receipt.at.into(),
            (&receipt.tool).into(),
            (&receipt.adapter).into(),
        ]);
    }
    rows
}

fn run_rows(run: &RunRow, number: i64) -> [Rows; 4] {
    let [mut runs, mut sources, mut rejects, mut batches] = [&RUN, &SOURCE, &REJECT_SUMMARY, &BATCH].map(Rows::new);
    let run_id = || Cell::from(&run.run_id);
    runs.push([
        run_id(),
        (&run.uid).into(),
        number.into(),
        run.started_at.into(),
        (&run.key_id).into(),
        (&run.tool).into(),
    ]);
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
