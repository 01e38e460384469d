//! A provider that checks numbers, and whether its answers count.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use crm::{Crm, ReadyEvidence};
use jiff::{SignedDuration, Timestamp};
use model::{Answer, Counts, Digest, Evidence, Receipt, Stage};
use verify::{
    Adapter, AdapterKind, Check, CheckOptions, ForeignIds, Mismatches, PollPolicy, SUSPECT_ANSWERS, Secret, Verdict,
    VerifyError,
};
use whatsapp::{CallCounts, CallError, Client, Credentials, EVOLUTION_KEY, Hooks, OnWait, WAHA_KEY, WUZAPI_KEY, Wait};

use crate::open_run::{OpenRun, TOOL};
use crate::progress::{Note, Progress, Task};
use crate::verify::answer_files::AnswerFiles;
use crate::verify::quota::Quota;
use plan::VerifySection;

/// A provider, and the options and limits of its checks.
pub(crate) struct Verifier {
    adapter: Adapter,
    /// Whether its answers count.
    verdict: Verdict,
    options: CheckOptions,
    quota: Quota,
    /// The name of the adapter in receipts.
    name: String,
}

/// A batch, and its numbers that have to be checked.
pub(crate) struct BatchCheck {
    pub(crate) batch: u32,
    pub(crate) n_contacts: u64,
    pub(crate) n_phones: u64,
    pub(crate) asked: Vec<Check>,
}

/// The totals of a batch, without its evidence.
pub(crate) struct BatchTotals {
    pub(crate) batch: u32,
    pub(crate) n_contacts: u64,
    pub(crate) mismatches: Mismatches,
    pub(crate) doubt: Option<Answer>,
    pub(crate) known_already: u64,
    pub(crate) calls_saved: u64,
    pub(crate) n_answered: u64,
    pub(crate) failure: Option<VerifyError>,
}

/// A batch that was checked.
pub(crate) struct Checked {
    pub(crate) totals: BatchTotals,
    evidence: Vec<Evidence>,
    /// None if only a part was answered.
    receipt: Option<Receipt>,
}

/// A checked batch whose evidence is prepared for the database.
pub(crate) struct PreparedBatch {
    pub(crate) totals: BatchTotals,
    pub(crate) answers: BTreeMap<Answer, u64>,
    pub(crate) evidence: ReadyEvidence,
}

impl Checked {
    /// Prepares the evidence for the database.
    pub(crate) fn prepare(self, crm: &Crm, run_id: &str) -> PreparedBatch {
        let mut answers = BTreeMap::new();
        for of_one in self.evidence.chunk_by(|a, b| a.answer == b.answer) {
            *answers.entry(of_one[0].answer).or_default() += of_one.len() as u64;
        }
        let evidence = crm.ready_evidence(run_id, &self.evidence, self.receipt.as_slice());
        PreparedBatch { totals: self.totals, answers, evidence }
    }

    /// Returns whether every answer is a no, in a batch that is too small to be treated as suspect on its own.
    pub(crate) fn is_small_no(&self) -> bool {
        let is_no = |it: &Evidence| it.answer == Answer::NotRegistered;
        self.evidence.len() < SUSPECT_ANSWERS && !self.evidence.is_empty() && self.evidence.iter().all(is_no)
    }

    /// Returns the batch with answers that do not count.
    pub(crate) fn uncounted(self) -> Self {
        let evidence: Vec<Evidence> = self.evidence.into_iter().map(verify::uncounted).collect();
        let receipt = self.receipt.map(|it| Receipt { output: digest_of(&evidence), ..it });
        let totals = BatchTotals { doubt: Some(Answer::NotRegistered), ..self.totals };
        Self { totals, evidence, receipt }
    }
}

impl Verifier {
    /// Sets up the provider.
    pub(crate) async fn new(
        run: &OpenRun,
        crm: &Crm,
        section: &VerifySection,
        name: String,
        answer_files: Option<AnswerFiles>,
    ) -> Result<Self> {
        let quota = Quota::open(crm, section).await?;
        if section.properties().is_unofficial {
            run.progress.note(Note::Unofficial { adapter: section.properties().name });
        }
        let adapter = adapter(run, section, answer_files, &quota).context("could not set up the verifier")?;
        let options = CheckOptions {
            valid_for: SignedDuration::from_hours(24 * i64::from(section.valid_days())),
            price_micros: section.price_micros(),
            concurrency: section.concurrency(),
            poll: PollPolicy { n_polls: section.polls(), between_polls: section.between_polls() },
            known_registered: section.known_registered(&run.plan)?,
            foreign_ids: ForeignIds::default(),
        };
        Ok(Self { adapter, verdict: Verdict::Informative, options, quota, name })
    }

    /// Tests with canaries whether the provider's answers count.
    pub(crate) async fn examine(&mut self) -> Result<(), VerifyError> {
        self.verdict = verify::examine(&self.adapter, &self.options.known_registered).await?;
        Ok(())
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    pub(crate) fn usage(&self) -> CallCounts {
        self.adapter.counts()
    }

    /// Records in the database how many numbers were checked.
    pub(crate) async fn settle(&self) -> Result<()> {
        self.quota.settle(self.usage().units).await
    }

    /// Returns checks that are not recorded yet, while batches are being checked: see [`Quota::unnoted`].
    pub(crate) fn unnoted(&self) -> Result<Option<crm::Usage>> {
        self.quota.unnoted(self.usage().units)
    }

    /// Checks one batch.
    pub(crate) async fn check(&self, work: BatchCheck, digest: Digest) -> Result<Checked> {
        let BatchCheck { batch, n_contacts, n_phones, asked } = work;
        let verified = verify::verify(&self.adapter, &asked, &self.options, Timestamp::now).await;
        let receipt = Receipt {
            stage: Stage::Verify,
            batch,
            input: digest,
            output: digest_of(&verified.evidence),
            counts: Counts { rows_in: n_contacts, kept: n_contacts, ..Counts::default() },
            at: Timestamp::now(),
            tool: TOOL.to_owned(),
            adapter: self.name.clone(),
        };
        let largest = self.adapter.kind().properties().largest_batch as u64;
        let n_asked = asked.len() as u64;
        Ok(Checked {
            receipt: Some(receipt).filter(|_| verified.failure.is_none()),
            evidence: verified.evidence,
            totals: BatchTotals {
                batch,
                n_contacts,
                mismatches: verified.mismatches,
                doubt: verified.doubt,
                known_already: n_phones - n_asked,
                calls_saved: n_phones.div_ceil(largest) - n_asked.div_ceil(largest),
                n_answered: verified.n_answered,
                failure: verified.failure,
            },
        })
    }

    /// Adds to a failure when a retry can succeed, or in which step it occurred.
    pub(crate) async fn explained(&self, failure: VerifyError) -> anyhow::Error {
        let (VerifyError::Call { source, .. } | VerifyError::TestNumbers { source, .. }) = &failure;
        match source {
            CallError::AllowanceUsed => self.quota.when_free().await.into(),
            _ => anyhow!(failure).context("could not verify all batches"),
        }
    }
}

/// Reports each long wait when it begins.
fn on_wait(progress: Progress) -> OnWait {
    Arc::new(move |Wait { length, is_asked_for }| {
        let until = Timestamp::now().saturating_add(length).unwrap_or(Timestamp::MAX);
        progress.note(Note::Waits { task: Task::Verify, length, is_asked_for, until });
    })
}

fn adapter(
    run: &OpenRun,
    section: &VerifySection,
    answer_files: Option<AnswerFiles>,
    quota: &Quota,
) -> Result<Adapter> {
    let plan = &run.plan;
    let token = section.token(plan)?;
    let client = |credentials: Credentials| -> Result<Client> {
        let base = whatsapp::base_url(section.url.as_ref().map_or("", |it| it.get_ref()))?;
        let on_wait = Some(on_wait(run.progress.clone()));
        let hooks = Hooks { claim: quota.claims(), on_wait, ..Hooks::default() };
        Ok(Client::with_hooks(base, credentials, section.client_config(quota.allowance()), hooks)?)
    };
    let key = |header| token.clone().map_or(Credentials::None, |it| Credentials::Key(header, it));
    let instance = section.instance.clone();
    let known = answer_files.map(|it| it.known).unwrap_or_default();
    Ok(match section.kind() {
        AdapterKind::Contacts => {
            let login = section.login(plan)?.map(|it| whatsapp::login(&it));
            let credentials = login.or(token.map(Credentials::Bearer)).unwrap_or(Credentials::None);
            Adapter::Contacts { client: client(credentials)?, is_blocking: section.blocking }
        }
        AdapterKind::Waha => Adapter::Waha { client: client(key(WAHA_KEY))?, session: section.session.clone() },
        AdapterKind::Evolution => Adapter::Evolution { client: client(key(EVOLUTION_KEY))?, instance },
        AdapterKind::Wuzapi => Adapter::Wuzapi { client: client(key(WUZAPI_KEY))? },
        AdapterKind::GreenApi => {
            let token = Secret(token.context("green-api needs a token: set token_env or token_file")?);
            Adapter::GreenApi { client: client(Credentials::None)?, instance, token }
        }
        AdapterKind::Passive => Adapter::Passive(known),
        AdapterKind::File => Adapter::File(known),
    })
}

/// Digests the checked contacts and their answers.
fn digest_of(evidence: &[Evidence]) -> Digest {
    let mut bytes = Vec::with_capacity(48 * evidence.len());
    for it in evidence {
        bytes.extend_from_slice(&it.contact_id.0);
        bytes.extend_from_slice(&it.variant.map_or(0, phone::PhoneNumber::digits).to_le_bytes());
        bytes.extend_from_slice(it.answer.name().as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(it.raw_status.as_deref().unwrap_or_default().as_bytes());
        bytes.push(b'\n');
    }
    Digest::of_parts([bytes.as_slice()])
}
