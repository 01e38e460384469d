//! Segments by a condition: who is in them.
//!
//! The view `person_view` has the people who can be in one, which leaves out refusals, unclear statements, suppressions and
//! people who are held. `person_or_held` has these last as well, to count them, and `person_or_kept_out` has all contacts.
//! A condition is written anew from its parts, with its texts as parameters, and read by a connection that cannot write.

use jiff::{SignedDuration, Timestamp};
use model::{Condition, ConditionPart, ContactId};

use crate::sql::{Cell, Dialect, Row, postgres, sqlite};
use crate::{Crm, LoadError};

/// The people who can be in a segment.
const IN_SEGMENTS: &str = "person_view";
/// All contacts. It has all columns of [`IN_SEGMENTS`].
pub(crate) const ALL_CONTACTS: &str = "person_or_kept_out";

impl Crm {
    /// Fails if the database does not take a condition. Reads no rows.
    pub async fn check_condition(&self, condition: &Condition, now: Timestamp) -> Result<(), LoadError> {
        let found =
            self.people_of("check a segment", ("id", IN_SEGMENTS), condition, " limit 0", now, |_| Ok(())).await?;
        drop(found);
        Ok(())
    }

    /// Counts the people of a segment at the moment `now`.
    pub async fn count_segment(&self, condition: &Condition, now: Timestamp) -> Result<u64, LoadError> {
        let count = |it: &dyn Row| it.count(0);
        let counts = self.people_of("count a segment", ("count(*)", IN_SEGMENTS), condition, "", now, count).await?;
        Ok(counts.first().copied().unwrap_or(0))
    }

    /// Counts the people who would be in a segment at the moment `now` if they were not held.
    pub async fn count_held_in_segment(&self, condition: &Condition, now: Timestamp) -> Result<u64, LoadError> {
        // Nearly always nobody is held, which is known sooner than who meets the condition.
        if self.contacts_on_hold().await?.is_empty() {
            return Ok(0);
        }
        let (text, parameters) = written(condition, self.dialect(), now);
        let select = format!("select count(*) from person_or_held where is_held = 1 and ({text})");
        let count = |it: &dyn Row| it.count(0);
        let counts = self.read_only("count who is held").await?.select(&select, &parameters, count).await?;
        Ok(counts.first().copied().unwrap_or(0))
    }

    /// Lists the people of a segment at the moment `now`, in the order of their ids.
    pub async fn segment_members(&self, condition: &Condition, now: Timestamp) -> Result<Vec<ContactId>, LoadError> {
        let read = |it: &dyn Row| it.contact_id(0);
        self.people_of("read a segment", ("id", IN_SEGMENTS), condition, " order by id", now, read).await
    }

    pub(crate) async fn people_of<T: Send + 'static>(
        &self,
        what: &'static str,
        (columns, view): (&str, &str),
        condition: &Condition,
        end: &str,
        now: Timestamp,
        read: impl Fn(&dyn Row) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<Vec<T>, LoadError> {
        let (text, parameters) = written(condition, self.dialect(), now);
        let select = format!("select {columns} from {view} where ({text}){end}");
        self.read_only(what).await?.select(&select, &parameters, read).await
    }
}

/// The condition in the SQL of a database, and its parameters.
fn written(condition: &Condition, dialect: Dialect, now: Timestamp) -> (String, Vec<Cell<'static>>) {
    let mut parameters: Vec<Cell> = Vec::new();
    let mut parameter = |text: String| {
        parameters.push(Cell::Text(text.into()));
        format!("${}", parameters.len())
    };
    let parts = condition.parts().iter().map(|part| match (part, dialect) {
        (ConditionPart::Word(word), _) => (*word).to_owned(),
        (ConditionPart::Number(number), _) => number.to_string(),
        (ConditionPart::Text(text), _) => parameter(text.clone()),
        (ConditionPart::DaysAgo(days), _) => parameter(days_before(now, *days)),
        (ConditionPart::HasTag(tag), Dialect::Sqlite) => sqlite::condition::has_tag(&parameter(format!(",{tag},"))),
        (ConditionPart::HasTag(tag), Dialect::Postgres) => postgres::condition::has_tag(&parameter(format!(",{tag},"))),
        (ConditionPart::Attribute(name), Dialect::Sqlite) => sqlite::condition::attribute(&parameter(name.clone())),
        (ConditionPart::Attribute(name), Dialect::Postgres) => postgres::condition::attribute(&parameter(name.clone())),
        (ConditionPart::Like(pattern), Dialect::Sqlite) => {
            sqlite::condition::like(&parameter(sqlite::condition::pattern(pattern)))
        }
        (ConditionPart::Like(pattern), Dialect::Postgres) => postgres::condition::like(&parameter(pattern.clone())),
    });
    let text = parts.collect::<Vec<_>>().join(" ");
    (text, parameters)
}

/// The moment of some days before `now`, as the view writes it.
fn days_before(now: Timestamp, days: u32) -> String {
    let moment = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
