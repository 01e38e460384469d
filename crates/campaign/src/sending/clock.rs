//! The clock of a campaign: that of this machine, or that of a rehearsal.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use http::{Client, ClientConfig, Credentials, Parameters, Request};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use url::Url;

/// Where the sandbox has its clock.
const CLOCK: &str = "/sandbox/clock";
/// A move of the clock brings all webhooks that are due, which can be many.
const TIMEOUT: Duration = Duration::from_secs(300);

/// What time it is for a campaign.
///
/// On a real platform it is the clock of this machine when the sender was started, and from then on a clock that is never
/// moved: a wall clock that is set does not make a campaign faster. In a rehearsal it is the clock of the sandbox, which moves
/// only when the sender has nothing to do before some moment.
pub struct CampaignClock(Kind);

enum Kind {
    Real { began_at: Timestamp, began: Instant },
    Rehearsal { sandbox: Client, now: Mutex<Timestamp> },
}

/// The clock of a rehearsal cannot be read or moved.
#[derive(Debug, Error)]
pub enum ClockError {
    #[error("a rehearsal needs the sandbox on this machine: {url} is not a loopback address")]
    NotLoopback { url: Url },
    #[error("the sandbox does not say what time it is: is it running?")]
    Read { source: http::CallError },
    #[error("could not move the clock of the sandbox: is it running, and does `ferry serve` take its webhooks?")]
    Move { source: http::CallError },
    #[error("another sender has moved the clock of the sandbox: a rehearsal has one sender at a time")]
    Moved,
    #[error("the answer of the sandbox about its clock is not one: is it `ferry sandbox --frozen-clock`?")]
    Answer,
}

/// What the sandbox says of its clock.
#[derive(Debug, Deserialize)]
struct Shown {
    now: Timestamp,
    #[serde(default)]
    frozen: bool,
}

impl CampaignClock {
    /// The clock of this machine.
    pub fn real() -> Self {
        Self(Kind::Real { began_at: Timestamp::now(), began: Instant::now() })
    }

    /// The clock of the sandbox at an address of the API. Nothing else has one that moves.
    pub async fn rehearsal(api: &Url) -> Result<Self, ClockError> {
        if !http::is_loopback(api) {
            return Err(ClockError::NotLoopback { url: api.clone() });
        }
        let base = api.join("/").map_err(|_| ClockError::Answer)?;
        let config = ClientConfig { timeout: TIMEOUT, attempts: 3, ..ClientConfig::default() };
        let refused = |status, _: &[u8]| http::CallError::Refused { status, code: None };
        let sandbox =
            Client::new(base, Credentials::None, config, refused).map_err(|source| ClockError::Read { source })?;
        let shown = read(&sandbox).await?;
        match shown.frozen {
            true => Ok(Self(Kind::Rehearsal { sandbox, now: Mutex::new(shown.now) })),
            false => Err(ClockError::Answer),
        }
    }

    /// Whether this is a rehearsal.
    pub fn is_rehearsal(&self) -> bool {
        matches!(self.0, Kind::Rehearsal { .. })
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Real { began_at, began } => began_at.saturating_add(began.elapsed()).unwrap_or(*began_at),
            Kind::Rehearsal { now, .. } => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Reads the clock of a rehearsal, which another process moves.
    pub(crate) async fn refresh(&self) -> Result<(), ClockError> {
        let Kind::Rehearsal { sandbox, now } = &self.0 else { return Ok(()) };
        let shown = read(sandbox).await?;
        *now.lock().unwrap_or_else(PoisonError::into_inner) = shown.now;
        Ok(())
    }

    /// Moves a rehearsal to a moment. A real clock moves by itself.
    pub(crate) async fn move_to(&self, at: Timestamp) -> Result<(), ClockError> {
        let Kind::Rehearsal { sandbox, now } = &self.0 else { return Ok(()) };
        let body = Parameters::json(&json!({ "to": at })).map_err(|source| ClockError::Move { source })?;
        let shown = match call(sandbox, body).await {
            Ok(shown) => shown,
            Err(source) => {
                // It refuses to go back.
                let is_moved = read(sandbox).await.is_ok_and(|it| it.now > at);
                return Err(if is_moved { ClockError::Moved } else { ClockError::Move { source } });
            }
        };
        *now.lock().unwrap_or_else(PoisonError::into_inner) = shown.now;
        Ok(())
    }
}

async fn read(sandbox: &Client) -> Result<Shown, ClockError> {
    call(sandbox, Parameters::Query(&[])).await.map_err(|source| match source {
        http::CallError::Malformed => ClockError::Answer,
        source => ClockError::Read { source },
    })
}

async fn call(sandbox: &Client, parameters: Parameters<'_>) -> Result<Shown, http::CallError> {
    let read = |body: &[u8]| serde_json::from_slice(body).map_err(|_| http::CallError::Malformed);
    sandbox.send_retrying(Request { path: CLOCK, parameters, units: 0 }, read).await
}
