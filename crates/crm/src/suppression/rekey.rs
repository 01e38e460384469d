//! Links entries of the list to the contacts that are seen, and writes entries under older keys again.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use model::{ContactId, SuppressionDigest};

use crate::LoadError;
use crate::sql::{Cell, Row, Rows, Tx};
use crate::suppression::digest_of::DigestOf;
use crate::suppression::list::{Hit, SuppressionList};
use crate::suppression::person::{MOST_LISTED, placeholders};
use crate::suppression::{LINK, SUPPRESSION};

/// The entries of one key that are written again, each with its digest under the current key.
type Moved = HashMap<SuppressionDigest, (SuppressionDigest, DigestOf)>;

impl Tx {
    /// Notes whom entries are about, and writes those under an older key, or of a digest of others, again under the
    /// current key: the same history, in this transaction. Gives how many entries that were.
    pub(crate) async fn settle(
        &mut self,
        list: &SuppressionList,
        hits: Vec<Hit>,
        at: Timestamp,
    ) -> Result<u64, LoadError> {
        let current = list.keys.current().id();
        let mut links = Rows::new(&LINK);
        let mut moved: BTreeMap<String, Moved> = BTreeMap::new();
        for Hit { contact, key_id, digest, now, now_of } in hits {
            links.push([(&contact).into(), current.into(), now.as_slice().into(), at.into()]);
            if digest != now {
                // The database lets an entry go only if all whom it is about are linked to the new one.
                links.push([(&contact).into(), (&key_id).into(), digest.as_slice().into(), at.into()]);
                moved.entry(key_id).or_default().insert(digest, (now, now_of));
            }
        }
        let mut n_moved = 0;
        for (key_id, moved) in &moved {
            n_moved += moved.len() as u64;
            let all: Vec<SuppressionDigest> = moved.keys().copied().collect();
            for digests in all.chunks(MOST_LISTED) {
                self.write_again(current, key_id, digests, moved).await?;
            }
        }
        // After the links of earlier days, which stay as they are.
        self.write_rows([links]).await?;
        for (key_id, moved) in &moved {
            let all: Vec<SuppressionDigest> = moved.keys().copied().collect();
            for digests in all.chunks(MOST_LISTED) {
                let (of_them, parameters) = of_entries(key_id, digests);
                for table in ["suppression", "suppression_contact"] {
                    self.execute(&format!("delete from {table} {of_them}"), &parameters).await?;
                }
            }
        }
        Ok(n_moved)
    }

    /// Writes entries of one key, and their links, under the current key too.
    async fn write_again(
        &mut self,
        current: &str,
        key_id: &str,
        digests: &[SuppressionDigest],
        moved: &Moved,
    ) -> Result<(), LoadError> {
        let (of_them, parameters) = of_entries(key_id, digests);
        let entries = format!("select digest, at, action, reason from suppression {of_them}");
        let entry = |it: &dyn Row| Ok((it.digest(0)?, it.int(1)?, it.text(2)?, it.text(3)?));
        let mut rows = Rows::new(&SUPPRESSION);
        for (digest, at, action, reason) in self.select(&entries, &parameters, entry).await? {
            let Some((now, of)) = moved.get(&digest) else { continue };
            rows.push([
                current.into(),
                now.as_slice().into(),
                at.into(),
                action.into(),
                of.name().into(),
                reason.into(),
            ]);
        }
        let links = format!("select contact_id, digest, at from suppression_contact {of_them}");
        let link = |it: &dyn Row| Ok((it.contact_id(0)?, it.digest(1)?, it.int(2)?));
        let found: Vec<(ContactId, SuppressionDigest, i64)> = self.select(&links, &parameters, link).await?;
        let mut links = Rows::new(&LINK);
        for (contact, digest, at) in &found {
            let Some((now, _)) = moved.get(digest) else { continue };
            links.push([contact.into(), current.into(), now.as_slice().into(), (*at).into()]);
        }
        self.write_rows([rows, links]).await
    }
}

/// The condition for the rows of some entries of one key, and its parameters.
fn of_entries<'a>(key_id: &'a str, digests: &'a [SuppressionDigest]) -> (String, Vec<Cell<'a>>) {
    let of_them = format!("where key_id = $1 and digest in ({})", placeholders(2, digests.len()));
    let parameters = std::iter::once(key_id.into()).chain(digests.iter().map(|it| it.as_slice().into())).collect();
    (of_them, parameters)
}
