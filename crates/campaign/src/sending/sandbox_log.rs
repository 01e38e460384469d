//! The log of a sandbox: what really reached its people.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What a sandbox has noted of the messages of a campaign.
#[derive(Clone, Debug, Default)]
pub struct SandboxLog {
    /// The requests that the sandbox took, by our id: how many, and to whom.
    pub(crate) accepted: BTreeMap<String, Accepted>,
    pub(crate) n_requests: u64,
    /// Windows of a limit of the platform that were exceeded.
    pub(crate) n_over: u64,
    /// Refusals by people, with the real moment at which they were acknowledged, in microseconds.
    pub(crate) stops: Vec<(String, i64)>,
}

/// A message that the sandbox took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) n: u64,
    pub(crate) to: String,
    /// The last real moment, in microseconds.
    pub(crate) real_at_us: i64,
}

#[derive(Deserialize)]
struct Line {
    outcome: Option<String>,
    opaque: Option<String>,
    to: Option<String>,
    real_at_us: Option<i64>,
    over: Option<String>,
    inbound: Option<String>,
    from: Option<String>,
    acknowledged_real_at_us: Option<i64>,
}

impl SandboxLog {
    /// Reads the log of a sandbox. A last line that is not whole is passed over: the sandbox was stopped.
    pub fn read(path: &Path) -> Result<Self> {
        let context = || format!("could not read the log of the sandbox, {}", path.display());
        let mut log = Self::default();
        let mut lines = BufReader::new(File::open(path).with_context(context)?).lines().peekable();
        while let Some(line) = lines.next() {
            let line = line.with_context(context)?;
            match serde_json::from_str::<Line>(&line) {
                Ok(line) => log.take(line),
                Err(_) if lines.peek().is_none() => {}
                Err(error) => return Err(error).with_context(context),
            }
        }
        Ok(log)
    }

    fn take(&mut self, line: Line) {
        if line.over.is_some() {
            self.n_over += 1;
        }
        let said = line.inbound.as_deref().map(|it| it.strip_prefix("button ").unwrap_or(it));
        let is_stop = said.is_some_and(|it| it.trim().eq_ignore_ascii_case("stop"));
        if let (true, Some(from), Some(at)) = (is_stop, &line.from, line.acknowledged_real_at_us) {
            self.stops.push((from.clone(), at));
        }
        let Some(outcome) = line.outcome else { return };
        self.n_requests += 1;
        if !matches!(outcome.as_str(), "accepted" | "held") {
            return;
        }
        // A request without an id is not of a campaign.
        let Some(opaque) = line.opaque else { return };
        let of = self.accepted.entry(opaque).or_default();
        of.n += 1;
        of.to = line.to.unwrap_or_default();
        of.real_at_us = of.real_at_us.max(line.real_at_us.unwrap_or(0));
    }
}
