//! Finds out which contacts are on WhatsApp, batch by batch, and what that knowledge is worth.
//!
//! [`is_informative`] first asks about numbers that cannot be on WhatsApp; a provider that knows
//! them says nothing about others either. [`verify`] asks about one batch and gives evidence.

mod answers;
mod canary;

pub use answers::{Judged, Said, judged};
pub use canary::{CANARIES, is_informative};

use std::time::Duration;

use jiff::Timestamp;
use model::{Answer, ContactId, Evidence, PhoneNumber};
use thiserror::Error;
use whatsapp::{CallError, CheckAnswer, CheckStatus, Client};

/// Who is asked.
#[derive(Clone, Debug)]
pub enum Adapter {
    /// The wire of `POST /v1/contacts`.
    Contacts(Client),
}

/// How long an unfinished answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a number that is still being looked up is asked for again.
    pub n_polls: u32,
    pub between_polls: Duration,
}

/// A contact and the number to ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub contact_id: ContactId,
    pub phone: PhoneNumber,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Verified {
    /// One per contact asked about, in their order.
    pub evidence: Vec<Evidence>,
    /// Answers about numbers that nobody asked for; they are not used.
    pub n_unasked: usize,
}

/// Why a batch could not be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    #[error("could not check {n_contacts} contacts")]
    Call { n_contacts: usize, source: CallError },
}

impl Adapter {
    /// The method as evidence names it.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Contacts(_) => "contacts",
        }
    }

    async fn check(&self, numbers: &[PhoneNumber]) -> Result<Vec<CheckAnswer>, VerifyError> {
        let Self::Contacts(client) = self;
        client.check(numbers).await.map_err(|source| VerifyError::Call { n_contacts: numbers.len(), source })
    }
}

/// Asks about one batch: one piece of evidence per contact, whatever the provider answers.
///
/// If the provider is not informative its answers are kept as `no_answer`, with its own word
/// beside, so that nobody later takes them for knowledge.
pub async fn verify(
    adapter: &Adapter,
    asked: &[Asked],
    is_informative: bool,
    patience: Patience,
    now: impl Fn() -> Timestamp,
) -> Result<Verified, VerifyError> {
    let numbers: Vec<PhoneNumber> = asked.iter().map(|it| it.phone).collect();
    let mut answers = adapter.check(&numbers).await?;
    for _ in 0..patience.n_polls {
        let waiting: Vec<PhoneNumber> = unfinished(&numbers, &answers);
        if waiting.is_empty() {
            break;
        }
        tokio::time::sleep(patience.between_polls).await;
        answers.retain(|it| it.status != CheckStatus::Processing);
        answers.extend(adapter.check(&waiting).await?);
    }
    let Judged { said, n_unasked } = judged(&numbers, &answers);
    let (method, checked_at) = (adapter.method(), now());
    let evidence = asked.iter().zip(said).map(|(asked, said)| Evidence {
        contact_id: asked.contact_id,
        method: method.to_owned(),
        checked_at,
        answer: if is_informative { said.answer } else { Answer::NoAnswer },
        wa_id: said.wa_id.filter(|_| is_informative),
        raw_status: said.raw_status,
    });
    Ok(Verified { evidence: evidence.collect(), n_unasked })
}

fn unfinished(numbers: &[PhoneNumber], answers: &[CheckAnswer]) -> Vec<PhoneNumber> {
    let is_asked = |it: &PhoneNumber| numbers.contains(it);
    let processing = answers.iter().filter(|it| it.status == CheckStatus::Processing);
    processing.filter_map(|it| PhoneNumber::from_e164(&it.input.0)).filter(is_asked).collect()
}
