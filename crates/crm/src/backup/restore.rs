//! The way back to what a backup holds, without taking back what must not be.
//!
//! Contacts, identities, decisions, runs and their receipts become those of the backup. Refusals, unclear statements
//! and all evidence are not taken back, nor is what no backup holds: suppression, usage and orders of templates, and the
//! scenarios, messages and templates with what people wrote and decided about them. A run whose receipts of stage translate
//! are taken back loads its sections again, which changes nothing.
//! Statements and evidence of somebody whose contact vanishes stay without one, and count when that person is imported
//! again.

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

/// Puts rows aside before the tables are replaced. `{copy}` precedes the name of a table of the backup.
///
/// `kept` holds the statements, other than a yes, that the backup lacks or reads more mildly. `member` lists the
/// contacts of the backup that were merged into a present contact since, and that contact itself.
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

/// Puts the statements back. A statement that the backup has for one contact of a merge goes back to that contact. A
/// statement made since the merge goes to all contacts of the merge.
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
        self.with_copy(PUT_ASIDE).await?;
        for table in TABLES.iter().filter(|it| **it != "evidence") {
            self.with_copy(&format!("delete from {table}; insert into {table} select * from {{copy}}{table};")).await?;
        }
        self.with_copy("insert into evidence select * from {copy}evidence where true on conflict do nothing;").await?;
        self.with_copy(PUT_BACK).await?;
        // Other words may have read the statements of the backup.
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
