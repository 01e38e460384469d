//! Uploads of samples: each file once, resumed where it was interrupted.

use std::time::Duration;

use anyhow::{Context, Result};
use crm::{SampleClaim, SampleRow};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use whatsapp::{CallError, PostOutcome, UploadFile, UploadSession};

use super::account::TemplateAccount;
use super::sample::Sample;

/// How long a handle is used again. Meta names no time, and a provider says “about 24 hours” (mindhunters.ai, read
/// 2026-11-29).
pub const HANDLE_HOURS: i64 = 20;

/// Parts of one file in one submission: each begins where an interruption has left the one before.
const MOST_PARTS: usize = 8;

/// The work left for a sample when its template is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadState {
    /// Nothing has been sent yet, or the handle is too old.
    New,
    /// An upload was begun and not finished.
    Interrupted,
    /// The file was uploaded, and its handle is not used up.
    Done,
}

/// A part of a sample that is sent now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UploadPart {
    pub file: String,
    pub media_type: &'static str,
    pub n_bytes: u64,
    /// How many bytes have arrived before.
    pub offset: u64,
}

/// The result of an upload.
pub(crate) enum Uploaded {
    Handle(String),
    /// WhatsApp refuses the file.
    Refused {
        reason: String,
    },
    /// Another process is uploading it.
    Held {
        until: Timestamp,
    },
}

/// The result of sending the bytes of a session.
enum Sent {
    Handle(String),
    Refused {
        reason: String,
    },
    /// The session is no longer known.
    Gone,
}

/// An upload that this process has claimed.
struct Upload<'a> {
    account: &'a TemplateAccount,
    app: &'a str,
    sample: &'a Sample,
    bytes: Vec<u8>,
}

impl UploadState {
    fn of(row: Option<&SampleRow>, now: Timestamp) -> Self {
        match row {
            Some(row) if is_fresh(row, now) => Self::Done,
            Some(row) if row.handle.is_empty() && !row.session.is_empty() => Self::Interrupted,
            _ => Self::New,
        }
    }
}

fn is_fresh(row: &SampleRow, now: Timestamp) -> bool {
    let age = now.duration_since(row.uploaded_at);
    !row.handle.is_empty() && (SignedDuration::ZERO..SignedDuration::from_hours(HANDLE_HOURS)).contains(&age)
}

impl TemplateAccount {
    /// What [`TemplateAccount::submit`] would do for a sample.
    pub(crate) async fn upload_state(&self, sample: &Sample, now: Timestamp) -> Result<UploadState> {
        let row = self.crm.sample(self.app()?, &sample.digest).await?;
        Ok(UploadState::of(row.as_ref(), now))
    }

    /// Uploads a sample unless that was done before, and returns its handle. `on` is told of each part when it begins.
    ///
    /// The session is in the database before its first byte is sent, so a submission that is killed is resumed by the next
    /// one. `Err` concerns all templates.
    pub(crate) async fn upload(&self, sample: &Sample, on: &mut dyn FnMut(UploadPart)) -> Result<Uploaded> {
        let app = self.app()?;
        if let Some(row) = self.crm.sample(app, &sample.digest).await?.filter(|it| is_fresh(it, Timestamp::now())) {
            return Ok(Uploaded::Handle(row.handle));
        }
        let bytes = sample.bytes()?;
        let row = match self.claim_upload(app, sample).await? {
            SampleClaim::Claimed(row) => row,
            SampleClaim::Held { until } => return Ok(Uploaded::Held { until }),
        };
        let upload = Upload { account: self, app, sample, bytes };
        let uploaded = upload.run(row, on).await;
        if uploaded.is_err() {
            self.crm.release_sample(app, &sample.digest, &self.holder).await?;
        }
        uploaded.with_context(|| format!("could not upload the sample {}", sample.path.display()))
    }

    /// Claims an upload. A claim that another process has is waited for until its time: the process may have been killed.
    /// A claim that is prolonged meanwhile belongs to a process that is alive.
    async fn claim_upload(&self, app: &str, sample: &Sample) -> Result<SampleClaim> {
        let mut claim = self.try_claim(app, sample).await?;
        let SampleClaim::Held { until: first } = claim else { return Ok(claim) };
        while let SampleClaim::Held { until } = claim
            && until <= first
        {
            let left = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
            tokio::time::sleep(left.clamp(Duration::from_millis(20), Duration::from_secs(1))).await;
            claim = self.try_claim(app, sample).await?;
        }
        Ok(claim)
    }

    async fn try_claim(&self, app: &str, sample: &Sample) -> Result<SampleClaim> {
        let now = Timestamp::now();
        let until = self.upload_until(sample.n_bytes);
        Ok(self.crm.claim_sample(app, &sample.digest, &self.holder, now, until).await?)
    }

    /// When a request with so many bytes that begins now is over.
    fn upload_until(&self, n_bytes: u64) -> Timestamp {
        Timestamp::now().saturating_add(self.uploads.timeout(n_bytes)).unwrap_or(Timestamp::MAX)
    }
}

impl Upload<'_> {
    async fn run(&self, row: SampleRow, on: &mut dyn FnMut(UploadPart)) -> Result<Uploaded> {
        // The upload may have ended while this process waited for its claim.
        if is_fresh(&row, Timestamp::now()) {
            self.write(&row, false).await?;
            return Ok(Uploaded::Handle(row.handle));
        }
        let interrupted = UploadSession::read(&row.session).filter(|_| row.handle.is_empty());
        let resumed = match interrupted {
            Some(session) => self.send_all(&session, true, on).await?,
            None => Sent::Gone,
        };
        let (session, sent) = match resumed {
            Sent::Gone => self.send_anew(on).await?,
            sent => (row.session, sent),
        };
        match sent {
            Sent::Handle(handle) => {
                let row = SampleRow { session, handle: handle.clone(), uploaded_at: Timestamp::now() };
                self.write(&row, false).await?;
                Ok(Uploaded::Handle(handle))
            }
            Sent::Refused { reason } => {
                self.write(&SampleRow::default(), false).await?;
                let reason = format!("the sample {}: {reason}", self.sample.path.display());
                Ok(Uploaded::Refused { reason })
            }
            Sent::Gone => Err(lost().into()),
        }
    }

    /// Begins a session, writes it down, and sends the whole file.
    async fn send_anew(&self, on: &mut dyn FnMut(UploadPart)) -> Result<(String, Sent)> {
        let session = match self.account.uploads.begin(self.app, self.file()).await? {
            PostOutcome::Accepted(session) => session,
            PostOutcome::Refused { code, subcode, message } => {
                return Ok((String::new(), Sent::Refused { reason: reason(code, subcode, &message) }));
            }
            PostOutcome::Unknown => return Err(lost().into()),
        };
        let name = session.as_str().to_owned();
        self.write(&SampleRow { session: name.clone(), ..SampleRow::default() }, true).await?;
        Ok((name, self.send_all(&session, false, on).await?))
    }

    /// Sends the bytes of a session that have not arrived. `is_begun` means that some may have arrived.
    async fn send_all(
        &self,
        session: &UploadSession,
        mut is_begun: bool,
        on: &mut dyn FnMut(UploadPart),
    ) -> Result<Sent> {
        let uploads = &self.account.uploads;
        for _ in 0..MOST_PARTS {
            let offset = match is_begun {
                false => Some(0),
                true => self.offset(session).await?,
            };
            let Some(offset) = offset else { return Ok(Sent::Gone) };
            if !self.prolong().await? {
                return Err(lost().into());
            }
            on(self.part(offset));
            let rest = self.bytes[usize::try_from(offset)?..].to_vec();
            match uploads.send(session, offset, rest, self.sample.media_type).await? {
                PostOutcome::Accepted(handle) => return Ok(Sent::Handle(handle.into_string())),
                // After an interruption a refusal may concern the session and not the file.
                PostOutcome::Refused { .. } if is_begun => return Ok(Sent::Gone),
                PostOutcome::Refused { code, subcode, message } => {
                    return Ok(Sent::Refused { reason: reason(code, subcode, &message) });
                }
                PostOutcome::Unknown => is_begun = true,
            }
        }
        Err(lost().into())
    }

    /// How many bytes have arrived; none if the session is not known or is that of another file.
    async fn offset(&self, session: &UploadSession) -> Result<Option<u64>> {
        match self.account.uploads.offset(session).await {
            Ok(offset) => Ok(Some(offset).filter(|it| *it <= self.sample.n_bytes)),
            Err(CallError::Refused { status: 400 | 404, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn file(&self) -> UploadFile<'_> {
        let Sample { n_bytes, media_type, .. } = self.sample;
        UploadFile { name: &self.sample.name, length: *n_bytes, media_type }
    }

    fn part(&self, offset: u64) -> UploadPart {
        let Sample { n_bytes, media_type, .. } = *self.sample;
        UploadPart { file: self.sample.path.display().to_string(), media_type, n_bytes, offset }
    }

    /// Writes the row of the upload, and keeps the claim or gives it back.
    async fn write(&self, row: &SampleRow, keeps: bool) -> Result<()> {
        let TemplateAccount { crm, holder, .. } = self.account;
        let until = keeps.then(|| self.account.upload_until(self.sample.n_bytes));
        crm.write_sample(self.app, &self.sample.digest, holder, row, until).await?;
        Ok(())
    }

    /// Prolongs the claim for one more request. False if another process has the upload now.
    async fn prolong(&self) -> Result<bool> {
        Ok(matches!(self.account.try_claim(self.app, self.sample).await?, SampleClaim::Claimed(_)))
    }
}

fn reason(code: i64, subcode: i64, message: &str) -> String {
    format!("{message} ({code}/{subcode})")
}

/// The upload can go on in a later submission.
fn lost() -> CallError {
    CallError::TimedOut
}
