//! What platforms say that somebody should hear of.

use std::collections::BTreeSet;

use model::{Event, EventContent};
use sync::{Said, Subject};

use crate::derived::tables::{ACCOUNT_STATE, NUMBER_STATE, read_said};
use crate::sql::Row;
use crate::{Crm, LoadError};

const READ: &str = "read what platforms say";
const STOPPED: &str = "select account, name, language, status from account_template \
    where status = 'PAUSED' or status = 'DISABLED' order by account, name, language";
const FAILED: &str = "select distinct failed_code from delivery where failed_code is not null order by failed_code";
const DEAD: &str = "select count(*) from dead_letter where state = 'open'";
const OTHERS: &str = "select number, fact from event where kind = 'other' and number > $1 order by number limit $2";
const PAGE: i64 = 500;

/// What platforms say that somebody should hear of, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlatformFacts {
    /// The last words on numbers and accounts.
    pub said: Vec<(Subject, Said)>,
    /// The templates that cannot be sent.
    pub stopped_templates: Vec<StoppedTemplate>,
    /// The codes of all failures of messages.
    pub failed_codes: Vec<i64>,
    /// Parts of bodies that could not be read, and about which nothing is decided.
    pub n_dead: u64,
}

/// A template that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoppedTemplate {
    pub account: String,
    pub name: String,
    pub language: String,
    /// `PAUSED` or `DISABLED`.
    pub status: String,
}

/// Kinds of events that are not known, with the field and the type by which the platform names them.
pub type UnknownKinds = BTreeSet<(String, String)>;

impl Crm {
    /// What platforms say that somebody should hear of.
    pub async fn platform_facts(&self) -> Result<PlatformFacts, LoadError> {
        let mut reader = self.reader(READ).await?;
        let mut said = reader.select(&NUMBER_STATE.select(), &[], |it| read_said(it, 3)).await?;
        said.extend(reader.select(&ACCOUNT_STATE.select(), &[], |it| read_said(it, 2)).await?);
        said.sort_by(|one, other| one.0.cmp(&other.0));
        let stopped = |it: &dyn Row| {
            let (account, name) = (it.text(0)?, it.text(1)?);
            Ok(StoppedTemplate { account, name, language: it.text(2)?, status: it.text(3)? })
        };
        let stopped_templates = reader.select(STOPPED, &[], stopped).await?;
        let failed_codes = reader.select(FAILED, &[], |it| it.int(0)).await?;
        let n_dead = reader.select(DEAD, &[], |it| it.count(0)).await?.pop().unwrap_or(0);
        Ok(PlatformFacts { said, stopped_templates, failed_codes, n_dead })
    }

    /// The kinds of events that are not known, of the events after the one of a number. Gives also the number to go on with.
    pub async fn unknown_kinds_after(&self, number: i64) -> Result<(i64, UnknownKinds), LoadError> {
        let mut reader = self.reader(READ).await?;
        let (mut last, mut kinds) = (number, UnknownKinds::new());
        loop {
            let other = |it: &dyn Row| Ok((it.int(0)?, it.word(1, |it| serde_json::from_str::<Event>(it).ok())?));
            let page = reader.select(OTHERS, &[last.into(), PAGE.into()], other).await?;
            let Some(end) = page.last() else { return Ok((last, kinds)) };
            last = end.0;
            for (_, event) in page {
                if let EventContent::Other(it) = event.content
                    && !it.is_known
                {
                    kinds.insert((it.field, it.kind));
                }
            }
        }
    }
}
