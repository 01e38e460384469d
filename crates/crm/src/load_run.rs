//! The run that loads contacts, and how it relates to the earlier runs of the database.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use model::Digest;

use crate::contact::Merges;
use crate::sql::Tx;
use crate::statements::ConsentRules;
use crate::suppression::list::SuppressionList;
use crate::{Crm, LoadError};

/// A suppression list, none if it is empty, and the number of decisions at which it was read.
type ReadList = Option<(i64, Option<Arc<SuppressionList>>)>;

const OF_SAME_FILE: &str = "select run_id from source where name = $1 and sha256 = $2";
const RUNS: &str = "select number, run_id from run";

/// The run that loads contacts.
#[derive(Clone, Debug)]
pub struct LoadRun {
    pub id: String,
    /// Contacts name the run of their rows by this number.
    pub number: i64,
    /// What decides which statement about consent counts.
    pub(crate) consent: ConsentRules,
    /// The ids of all runs of the database, by their numbers.
    ids: HashMap<i64, String>,
    /// Sources of earlier runs whose files this run reads again: the id of the run, and the name of the source.
    read_again: HashSet<(String, String)>,
    /// The merges that were last read.
    merges: Arc<Mutex<Arc<Merges>>>,
    /// The suppression list that was last read.
    suppression: Arc<Mutex<ReadList>>,
}

impl LoadRun {
    /// Whether the rows of this source of a run are rows of this run too.
    pub(crate) fn reads_again(&self, run_id: &str, source: &str) -> bool {
        run_id == self.id || self.read_again.contains(&(run_id.to_owned(), source.to_owned()))
    }

    /// The id of the run of this number, if it is another one.
    pub(crate) fn earlier_id(&self, number: i64) -> Option<&str> {
        self.id_of(number).filter(|_| number != self.number)
    }

    pub(crate) fn merges(&self) -> Arc<Merges> {
        Arc::clone(&self.merges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn keep_merges(&self, merges: Merges) -> Arc<Merges> {
        let merges = Arc::new(merges);
        *self.merges.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&merges);
        merges
    }

    /// The suppression list, if it was read at this number of decisions. The inner option is none if the list is empty.
    pub(crate) fn suppression_list(&self, number: i64) -> Option<Option<Arc<SuppressionList>>> {
        let list = self.suppression.lock().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().filter(|it| it.0 == number).map(|it| it.1.clone())
    }

    pub(crate) fn keep_suppression_list(&self, number: i64, list: Option<Arc<SuppressionList>>) {
        *self.suppression.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, list));
    }

    /// Forgets the suppression list, because entries were written again.
    pub(crate) fn forget_suppression_list(&self) {
        *self.suppression.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn id_of(&self, number: i64) -> Option<&str> {
        self.ids.get(&number).map(String::as_str)
    }
}

impl Crm {
    /// A run that is about to load. It is planned already, or it is a preview. `sources` are its exports.
    pub async fn load_run(
        &self,
        run_id: &str,
        rule: consent::Rule,
        sources: &[(String, Digest)],
    ) -> Result<LoadRun, LoadError> {
        let mut reader = self.reader("read the runs").await?;
        let rows = reader.select(RUNS, &[], |it| Ok((it.int(0)?, it.text(1)?))).await?;
        let next = rows.iter().map(|it| it.0).max().unwrap_or(0) + 1;
        let number = rows.iter().find(|it| it.1 == run_id).map_or(next, |it| it.0);
        let mut read_again = HashSet::new();
        for (name, digest) in sources {
            let parameters = [name.into(), digest.to_string().into()];
            let runs = reader.select(OF_SAME_FILE, &parameters, |it| it.text(0)).await?;
            read_again.extend(runs.into_iter().map(|it| (it, name.clone())));
        }
        let consent = ConsentRules { rule, wordings: reader.named_purposes().await? };
        let (id, ids) = (run_id.to_owned(), rows.into_iter().collect());
        Ok(LoadRun { id, number, consent, ids, read_again, merges: Arc::default(), suppression: Arc::default() })
    }
}

impl Tx {
    /// Reads what merging two contacts needs: the ids of all runs, and the rule by which statements count.
    pub(crate) async fn any_run(&mut self) -> Result<LoadRun, LoadError> {
        let ids = self.run_ids().await?;
        let consent = self.consent_rules().await?;
        let (read_again, merges, suppression) = (HashSet::new(), Arc::default(), Arc::default());
        Ok(LoadRun { id: String::new(), number: 0, consent, ids, read_again, merges, suppression })
    }

    /// The ids of all runs, by their numbers.
    pub(crate) async fn run_ids(&mut self) -> Result<HashMap<i64, String>, LoadError> {
        Ok(self.select(RUNS, &[], |it| Ok((it.int(0)?, it.text(1)?))).await?.into_iter().collect())
    }
}
