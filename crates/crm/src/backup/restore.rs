//! The way back to what a backup holds, without taking back what must not be.
//!
//! Contacts, identities, decisions, runs and their receipts become those of the backup. The ledger of consent keeps all its
//! rows: statements that the backup lacks stay if they are refusals or unclear, and are retracted if they are consents.
//! Neither is taken back what no backup holds: evidence, suppression, usage and orders of templates, and the scenarios,
//! messages and templates with what people wrote and decided about them. What came in by webhooks stays as well, with all that
//! people said there, also their consents. Messages and their keys stay too, and those that wait are not sent any more. A run whose receipts of stage translate are taken
//! back loads its sections again, which changes nothing. Statements and evidence of somebody whose contact vanishes stay
//! without one, and count when that person is imported again.

use std::path::Path;

use jiff::Timestamp;

use crate::backup::TABLES;
use crate::contact::columns;
use crate::inbox::WEBHOOK_RUN;
use crate::lease::Lease;
use crate::sql::{OnConflict, Rows, Table, Tx, Type};
use crate::statements::{CONSENT, CONSENT_WORDS};
use crate::{Crm, LoadError};

/// Tables that are not replaced, because their rows are never deleted.
const KEPT: [&str; 4] = ["evidence", "consent", "consent_reading", "consent_retraction"];

const RESTORE: &str = "restore the backup";
const COMPARE: &str = "compare the database with the backup";

/// All restores. Rows are added and never changed, also by a restore.
const RESTORE_LOG: Table = Table {
    name: "restore_log",
    columns: &[("at", Type::Time), ("backup", Type::Text), ("taken_at", Type::Time), ("n_contacts", Type::Int)],
    on_conflict: OnConflict::Ignore,
};

/// Brings the ledger to what the backup holds, and to what must not be taken back. `{copy}` precedes the name of a table of
/// the backup.
///
/// `copy_held` has the held statements of the backup, and `now_held` those of the database. `lost` lists the contacts that
/// were merged since the backup: each with the contact that holds their statements now. A copy that such a merge made goes,
/// and what its holder has refused since goes to all of them. `turned` are the statements to be retracted or held again.
const BRING_BACK: &str = "\
insert into consent select * from {copy}consent where true on conflict do nothing;
insert into consent_retraction select * from {copy}consent_retraction as old where not exists (
  select 1 from consent_retraction as now where now.contact_id = old.contact_id and now.statement_id = old.statement_id
    and now.number = old.number) order by contact_id, statement_id, number;
create temp table copy_held as select contact_id, statement_id from {copy}consent as old where not exists (
  select 1 from {copy}consent_retraction as retracted where retracted.contact_id = old.contact_id
    and retracted.statement_id = old.statement_id group by contact_id, statement_id having max(number) % 2 = 1);
create temp table now_held as select contact_id, statement_id, strictness, first_run from consent_held;
create index copy_held_id on copy_held (contact_id, statement_id);
create index now_held_id on now_held (contact_id, statement_id);
create temp table lost as
  with recursive since as (
    select contact_id as holder, other_id as member from decision where decision = 'merge' and not exists (
      select 1 from {copy}decision as old where old.decision = 'merge' and old.contact_id = decision.contact_id
        and old.other_id = decision.other_id)
  ),
  merged as (
    select holder, member from since
    union select merged.holder, since.member from merged join since on since.holder = merged.member
  )
  select holder, member from merged;
insert into consent ({columns})
  select {columns of member} from consent as said join now_held as held on held.contact_id = said.contact_id
      and held.statement_id = said.statement_id and held.strictness > 1
    join lost on lost.holder = said.contact_id
  where not exists (select 1 from lost as other join copy_held as old on old.contact_id = other.member
      or old.contact_id = other.holder
    where other.holder = said.contact_id and old.statement_id = said.statement_id)
  on conflict do nothing;
create temp table turned as
  select now.contact_id, now.statement_id from now_held as now where not exists (
      select 1 from copy_held as old where old.contact_id = now.contact_id and old.statement_id = now.statement_id)
    and ((now.strictness = 1 and now.first_run <> '{webhook}') or exists (select 1 from lost join copy_held as old on old.contact_id = lost.member
      where lost.holder = now.contact_id and old.statement_id = now.statement_id))
  union all
  select old.contact_id, old.statement_id from copy_held as old where not exists (
    select 1 from now_held as now where now.contact_id = old.contact_id and now.statement_id = old.statement_id);
insert into consent_retraction (contact_id, statement_id, number, at, reason)
  select contact_id, statement_id, 1 + coalesce((select max(number) from consent_retraction as last
    where last.contact_id = turned.contact_id and last.statement_id = turned.statement_id), 0), {now}, 'a backup was restored'
  from turned;
drop table copy_held; drop table now_held; drop table lost; drop table turned;
";

const FORGET_META: &str = "delete from ferry_meta where key = $1";

/// The changes that a restore would take back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Contacts that the backup does not have.
    pub contacts: u64,
    /// Contacts that the backup has otherwise.
    pub changed: u64,
    /// Decisions about people that the backup does not have.
    pub decisions: u64,
    /// The labels of the runs that the backup does not have, in the order in which they were planned.
    pub runs: Vec<String>,
}

impl Crm {
    /// Restores the tables that [`Crm::back_up`] copied at `taken_at`, in one transaction; without a folder, those of
    /// an empty database. The copy must be of this [`SCHEMA_VERSION`](crate::SCHEMA_VERSION). The head of this module
    /// says what is not taken back. Gives the number of contacts afterwards.
    pub async fn restore(&self, lease: &Lease, folder: Option<&Path>, taken_at: Timestamp) -> Result<u64, LoadError> {
        let crm = lease.crm();
        let result = async {
            let mut tx = crm.begin_with_copy(RESTORE, folder).await?;
            let n_contacts = tx.restore(folder, taken_at).await?;
            tx.commit().await?;
            Ok(n_contacts)
        };
        let result = result.await;
        crm.end_copy(RESTORE).await?;
        result
    }

    /// Tells what [`Crm::restore`] would take back, and changes nothing.
    pub async fn would_lose(&self, folder: Option<&Path>) -> Result<Losses, LoadError> {
        let losses = async { self.begin_with_copy(COMPARE, folder).await?.losses().await };
        let losses = losses.await;
        self.end_copy(COMPARE).await?;
        losses
    }
}

impl Tx {
    async fn restore(&mut self, folder: Option<&Path>, taken_at: Timestamp) -> Result<u64, LoadError> {
        self.with_copy(BRING_BACK).await?;
        for table in TABLES.iter().filter(|it| !KEPT.contains(it)) {
            self.with_copy(&format!("delete from {table}; insert into {table} select * from {{copy}}{table};")).await?;
        }
        self.with_copy("insert into evidence select * from {copy}evidence where true on conflict do nothing;").await?;
        // Other words may have read the statements of the backup.
        self.execute(FORGET_META, &[CONSENT_WORDS.into()]).await?;
        self.raise_decision_number().await?;
        self.raise_outbox_epoch().await?;
        let n_contacts = self.select("select count(*) from contact", &[], |it| it.count(0)).await?.pop().unwrap_or(0);
        let mut log = Rows::new(&RESTORE_LOG);
        let backup = folder.map_or("nothing".into(), |it| it.display().to_string());
        log.push([Timestamp::now().into(), backup.into(), taken_at.into(), n_contacts.into()]);
        self.write_rows([log]).await?;
        Ok(n_contacts)
    }

    async fn losses(&mut self) -> Result<Losses, LoadError> {
        const LOST_CONTACTS: &str = "select count(*) from contact where not exists \
            (select 1 from {copy}contact as old where old.contact_id = contact.contact_id)";
        const LOST_DECISIONS: &str = "select count(*) from decision where not exists (select 1 from {copy}decision as old \
            where old.contact_id = decision.contact_id and old.other_id = decision.other_id \
            and old.decision = decision.decision)";
        const LOST_RUNS: &str = "select run_id from run where not exists \
            (select 1 from {copy}run as old where old.uid = run.uid) order by number";
        Ok(Losses {
            contacts: self.count(LOST_CONTACTS).await?,
            changed: self.count(&changed_contacts()).await?,
            decisions: self.count(LOST_DECISIONS).await?,
            runs: self.select(&self.name_copy(LOST_RUNS), &[], |it| it.text(0)).await?,
        })
    }

    async fn count(&mut self, select: &str) -> Result<u64, LoadError> {
        let select = self.name_copy(select);
        Ok(self.select(&select, &[], |it| it.count(0)).await?.pop().unwrap_or(0))
    }

    async fn with_copy(&mut self, script: &str) -> Result<(), LoadError> {
        let script = self.name_copy(&filled_in(script));
        self.execute_script(script).await
    }

    fn name_copy(&self, text: &str) -> String {
        text.replace("{copy}", if self.is_postgres() { "copy_" } else { "copy." })
    }
}

fn filled_in(script: &str) -> String {
    let of_member = CONSENT.columns.iter().map(|it| match it.0 {
        "contact_id" => "lost.member".to_owned(),
        name => format!("said.{name}"),
    });
    script
        .replace("{columns of member}", &of_member.collect::<Vec<_>>().join(", "))
        .replace("{columns}", &CONSENT.names())
        .replace("{webhook}", WEBHOOK_RUN)
        .replace("{now}", &Timestamp::now().as_microsecond().to_string())
}

fn changed_contacts() -> String {
    let differs: Vec<String> =
        columns::OF_TABLE.iter().map(|it| format!("old.{0} is distinct from contact.{0}", it.0)).collect();
    format!(
        "select count(*) from contact join {{copy}}contact as old on old.contact_id = contact.contact_id where {}",
        differs.join(" or ")
    )
}
