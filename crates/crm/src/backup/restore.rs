//! The way back to what a backup holds, without taking back what must not be.
//!
//! Contacts, identities, decisions, runs and their receipts become those of the backup. Not taken back are refusals and
//! unclear statements, all evidence, and what no backup holds: suppression, usage and orders of templates. Statements
//! and evidence of somebody whose contact vanishes stay without one, and count when that person is imported again.

use std::path::Path;

use jiff::Timestamp;

use crate::backup::TABLES;
use crate::contact::columns;
use crate::lease::Lease;
use crate::sql::{OnConflict, Rows, Table, Tx, Type};
use crate::statements::{CONSENT, CONSENT_WORDS};
use crate::{Crm, LoadError};

const RESTORE: &str = "restore the backup";
const COMPARE: &str = "compare the database with the backup";

/// All restores. Rows are added and never changed, also by a restore.
const RESTORE_LOG: Table = Table {
    name: "restore_log",
    columns: &[("at", Type::Time), ("backup", Type::Text), ("taken_at", Type::Time), ("n_contacts", Type::Int)],
    on_conflict: OnConflict::Ignore,
};

/// What is put aside before the tables are replaced. `{copy}` is before the name of a table of the backup.
///
/// `kept` are statements that are no yes, and that the backup has not or reads more mildly. `member` says which contacts
/// of the backup a contact of now was merged from since: itself is one.
const PUT_ASIDE: &str = "\
create temp table kept as select * from consent where state <> 'yes' and not exists (
  select 1 from {copy}consent as old where old.contact_id = consent.contact_id
    and old.statement_id = consent.statement_id and {strictness of old} >= {strictness of consent});
create temp table member as
  with recursive lost as (
    select contact_id as holder, other_id as member from decision where decision = 'merge' and not exists (
      select 1 from {copy}decision as old where old.decision = 'merge' and old.contact_id = decision.contact_id
        and old.other_id = decision.other_id)
  ),
  merged as (
    select holder, member from lost
    union select merged.holder, lost.member from merged join lost on lost.holder = merged.member
  )
  select holder, member from merged union select contact_id, contact_id from kept;
";

/// A statement that a contact of the backup made itself goes back to that one. What was said since the merge counts for
/// all of whom the contact was merged.
const PUT_BACK: &str = "\
insert into consent ({columns}) select {columns of member} from kept join member on member.holder = kept.contact_id
  where not exists (
    select 1 from {copy}consent as old join member as owner on owner.member = old.contact_id
    where owner.holder = kept.contact_id and old.statement_id = kept.statement_id and old.contact_id <> member.member)
  on conflict (contact_id, statement_id) do update
  set state = excluded.state, last_run = excluded.last_run, last_run_at = excluded.last_run_at;
";

const TOUCHED: &str = "select distinct contact.contact_id from contact \
    join consent on consent.contact_id = contact.contact_id join kept on kept.statement_id = consent.statement_id";
const DROP: &str = "drop table kept; drop table member;";
const FORGET_META: &str = "delete from ferry_meta where key = $1";

/// What a restore would take back.
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
    /// Puts back what [`Crm::back_up`] copied from tables of this [`SCHEMA_VERSION`](crate::SCHEMA_VERSION) at
    /// `taken_at`, in one transaction; without a folder, what an empty database holds. What is not taken back is in the
    /// head of this module. Gives how many contacts there are then.
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
        self.with_copy(PUT_ASIDE).await?;
        for table in TABLES.iter().filter(|it| **it != "evidence") {
            self.with_copy(&format!("delete from {table}; insert into {table} select * from {{copy}}{table};")).await?;
        }
        self.with_copy("insert into evidence select * from {copy}evidence where true on conflict do nothing;").await?;
        self.with_copy(PUT_BACK).await?;
        // The backup has the statements as other words may have read them.
        self.execute(FORGET_META, &[CONSENT_WORDS.into()]).await?;
        let touched = self.select(TOUCHED, &[], |it| it.contact_id(0)).await?;
        self.execute_script(DROP.to_owned()).await?;
        let rule = self.any_run().await?.rule;
        for ids in touched.chunks(model::MAX_BATCH) {
            self.derive_again(rule, ids, true).await?;
        }
        self.raise_decision_number().await?;
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
    let strictness = |table: &str| {
        format!("case {table}.state when 'stop' then 3 when 'no' then 2 when 'unclear' then 1 else 0 end")
    };
    let of_member: Vec<String> = CONSENT
        .columns
        .iter()
        .map(|it| if it.0 == "contact_id" { "member.member".to_owned() } else { format!("kept.{}", it.0) })
        .collect();
    script
        .replace("{strictness of old}", &strictness("old"))
        .replace("{strictness of consent}", &strictness("consent"))
        .replace("{columns}", &CONSENT.names())
        .replace("{columns of member}", &of_member.join(", "))
}

fn changed_contacts() -> String {
    let differs: Vec<String> =
        columns::OF_TABLE.iter().map(|it| format!("old.{0} is distinct from contact.{0}", it.0)).collect();
    format!(
        "select count(*) from contact join {{copy}}contact as old on old.contact_id = contact.contact_id where {}",
        differs.join(" or ")
    )
}
