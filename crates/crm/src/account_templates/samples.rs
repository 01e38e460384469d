//! Uploads of samples for the media headers of templates: claimed, resumed, and known by the digest of the file.

use jiff::Timestamp;

use crate::sql::Row;
use crate::{Crm, LoadError};

/// An upload as the database knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleRow {
    /// The id of the upload session; empty until there is one.
    pub session: String,
    /// The handle of the uploaded file; empty until all of it has arrived.
    pub handle: String,
    pub uploaded_at: Timestamp,
}

/// The result of an attempt to claim an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleClaim {
    /// Only the caller uploads the file.
    Claimed(SampleRow),
    /// Another process uploads it, or was killed while it did: its claim ends at this time.
    Held { until: Timestamp },
}

const SELECT: &str = "select session, handle, uploaded_at, held_until from sample_upload \
    where app = $1 and digest = $2";

const INSERT: &str = "insert into sample_upload (app, digest, session, handle, uploaded_at, holder, held_until) \
    values ($1, $2, '', '', 0, '', 0) on conflict do nothing returning digest";

// SQLite counts parameters in the order of the text.
const CLAIM: &str = "update sample_upload set holder = $1, held_until = $2 where app = $3 and digest = $4 \
    and (holder = '' or holder = $5 or held_until <= $6) returning digest";

const WRITE: &str = "update sample_upload set session = $1, handle = $2, uploaded_at = $3, holder = $4, held_until = $5 \
    where app = $6 and digest = $7 and holder = $8 returning digest";

const RELEASE: &str =
    "update sample_upload set holder = '' where app = $1 and digest = $2 and holder = $3 returning digest";

impl SampleRow {
    fn read(row: &dyn Row) -> Result<Self, LoadError> {
        Ok(Self { session: row.text(0)?, handle: row.text(1)?, uploaded_at: row.time(2)? })
    }
}

impl Crm {
    /// The upload of the file with this digest; none if it was never begun.
    pub async fn sample(&self, app: &str, digest: &str) -> Result<Option<SampleRow>, LoadError> {
        let rows = self.select("read an upload", SELECT, &[app.into(), digest.into()], SampleRow::read).await?;
        Ok(rows.into_iter().next())
    }

    /// Claims the upload of a file from `now` until `until`, or prolongs a claim of the same holder. One of several
    /// processes gets it.
    pub async fn claim_sample(
        &self,
        app: &str,
        digest: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<SampleClaim, LoadError> {
        let mut tx = self.begin("claim an upload").await?;
        let text = |it: &dyn Row| it.text(0);
        tx.select(INSERT, &[app.into(), digest.into()], text).await?;
        let claim = [holder.into(), until.into(), app.into(), digest.into(), holder.into(), now.into()];
        let is_claimed = !tx.select(CLAIM, &claim, text).await?.is_empty();
        let read = |it: &dyn Row| Ok((SampleRow::read(it)?, it.time(3)?));
        let row = tx.select(SELECT, &[app.into(), digest.into()], read).await?.pop();
        tx.commit().await?;
        Ok(match row {
            Some((row, _)) if is_claimed => SampleClaim::Claimed(row),
            row => SampleClaim::Held { until: row.map_or(now, |it| it.1) },
        })
    }

    /// Gives a claim back after a failure. What is known of the upload stays.
    pub async fn release_sample(&self, app: &str, digest: &str, holder: &str) -> Result<(), LoadError> {
        let mut tx = self.begin("release an upload").await?;
        tx.select(RELEASE, &[app.into(), digest.into(), holder.into()], |it: &dyn Row| it.text(0)).await?;
        tx.commit().await
    }

    /// Writes what is known of an upload. The claim of `holder` goes on until `until`, or ends if that is none. False, and
    /// nothing is written, if another process has the claim now.
    pub async fn write_sample(
        &self,
        app: &str,
        digest: &str,
        holder: &str,
        row: &SampleRow,
        until: Option<Timestamp>,
    ) -> Result<bool, LoadError> {
        let mut tx = self.begin_durable("write an upload").await?;
        let next = if until.is_some() { holder } else { "" };
        let cells = [
            (&row.session).into(),
            (&row.handle).into(),
            row.uploaded_at.into(),
            next.into(),
            until.unwrap_or(Timestamp::UNIX_EPOCH).into(),
            app.into(),
            digest.into(),
            holder.into(),
        ];
        let written = tx.select(WRITE, &cells, |it: &dyn Row| it.text(0)).await?;
        tx.commit().await?;
        Ok(!written.is_empty())
    }
}
