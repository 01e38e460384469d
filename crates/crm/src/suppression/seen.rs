//! People of the database whom the list may be about: they are seen without an import.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use model::ContactId;

use crate::load_run::LoadRun;
use crate::sql::Tx;
use crate::suppression::Suppressee;
use crate::suppression::list::{Hit, SuppressionList};
use crate::{Crm, LoadError};

const SEE: &str = "look for contacts in the suppression list";
const LAST_ACTION: &str = "select action from suppression where key_id = $1 and digest = $2 order by at desc limit 1";
const UNDER_OLD_KEYS: &str = "select distinct contact_id from suppression_contact where key_id <> $1";

impl Crm {
    /// Fails if the key of an entry of the list is missing: nothing may be loaded or sent while the list cannot be checked.
    pub async fn check_suppression_keys(&self) -> Result<(), LoadError> {
        self.reader(SEE).await?.suppression_list(self.2.as_ref()).await.map(drop)
    }

    /// Whether a person is suppressed, also if the database does not hold them and nobody has seen their number yet. An
    /// error if the key of an entry is missing and nothing else tells.
    pub async fn is_suppressed(&self, person: Suppressee) -> Result<bool, LoadError> {
        let mut reader = self.reader(SEE).await?;
        if reader.suppressed().await?.contains(&person.contact) {
            return Ok(true);
        }
        let Some(list) = reader.suppression_list(self.2.as_ref()).await? else { return Ok(false) };
        let people = reader.people(&[person]).await?;
        for hit in people.iter().filter(|it| it.id == person.contact).flat_map(|it| list.hits(it)) {
            let entry = [hit.key_id.into(), hit.digest.as_slice().into()];
            if reader.select(LAST_ACTION, &entry, |it| it.text(0)).await?.pop().as_deref() == Some("add") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the entries under older keys that are about contacts of the database again under the current key. Gives how
    /// many that were. The others are written again when their number is seen.
    pub async fn rekey_suppression(&self) -> Result<u64, LoadError> {
        let mut tx = self.begin(SEE).await?;
        let Some(list) = tx.suppression_list(self.2.as_ref()).await?.filter(|it| !it.is_empty()) else { return Ok(0) };
        let current = list.keys.current().id();
        let ids = tx.select(UNDER_OLD_KEYS, &[current.into()], |it| it.contact_id(0)).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let n_moved = tx.see(&list, &ids).await?;
        tx.commit().await?;
        Ok(n_moved)
    }

    /// Looks for all contacts of the database in the list. Needed only if contacts have come other than by an import.
    pub async fn see_all_suppressed(&self) -> Result<(), LoadError> {
        let mut tx = self.begin(SEE).await?;
        let Some(list) = tx.suppression_list(self.2.as_ref()).await?.filter(|it| !it.is_empty()) else { return Ok(()) };
        let mut hits: Vec<Hit> = Vec::new();
        let mut last = None;
        loop {
            let people = tx.next_people(last).await?;
            let Some(person) = people.last() else { break };
            last = Some(person.id);
            hits.extend(people.iter().flat_map(|it| list.hits(it)));
        }
        tx.settle(&list, hits, Timestamp::now()).await?;
        tx.raise_decision_number().await?;
        tx.commit().await
    }
}

impl Crm {
    /// Reads the list again if there are other decisions now; none if it is empty.
    pub(crate) async fn suppression_list(&self, run: &LoadRun) -> Result<Option<Arc<SuppressionList>>, LoadError> {
        let mut reader = self.reader("read the suppression list").await?;
        let number = reader.decision_number().await?;
        if let Some(known) = run.suppression_list(number) {
            return Ok(known);
        }
        let list = reader.suppression_list(self.2.as_ref()).await?;
        let list = list.filter(|it| !it.is_empty()).map(Arc::new);
        run.keep_suppression_list(number, list.clone());
        Ok(list)
    }
}

impl Tx {
    /// Writes down whom of the loaded contacts the list is about, before their receipts are committed. `alone` are contacts
    /// whose rows were not looked at.
    pub(crate) async fn settle_load(
        &mut self,
        run: &LoadRun,
        list: Option<&SuppressionList>,
        hits: Vec<Hit>,
        alone: &[ContactId],
    ) -> Result<(), LoadError> {
        let Some(list) = list else { return Ok(()) };
        let n_moved = self.settle(list, hits, Timestamp::now()).await? + self.see(list, alone).await?;
        if n_moved > 0 {
            run.forget_suppression_list();
        }
        Ok(())
    }

    /// Looks for some contacts in the list, by what the database knows of them. Gives how many entries were written again.
    pub(crate) async fn see(&mut self, list: &SuppressionList, contacts: &[ContactId]) -> Result<u64, LoadError> {
        let people: Vec<Suppressee> = contacts.iter().copied().map(Suppressee::from).collect();
        let people = self.people(&people).await?;
        let hits: HashMap<_, Hit> =
            people.iter().flat_map(|it| list.hits(it)).map(|it| ((it.contact, it.digest), it)).collect();
        self.settle(list, hits.into_values().collect(), Timestamp::now()).await
    }
}
