//! What the pages of a store cover.

use jiff::Timestamp;
use model::{Digest, Hasher};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Contents, FrameKind};

/// What was read of a stream. The same pages always give the same coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullCoverage {
    /// The time that ended readings cover; none for a list.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Whether the last reading has ended.
    pub is_complete: bool,
    /// Readings that have ended.
    pub pulls: u32,
    /// The number of the last reading that has ended.
    pub last_pull: u32,
    pub windows: u64,
    pub pages: u64,
    /// Records that came, those that came again among them.
    pub rows: u64,
    pub findings: Vec<PullFinding>,
    /// The digest of all pages, whenever they were read.
    pub content: Option<Digest>,
}

/// Something about a reading that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PullFinding {
    /// The plan asks for earlier records than the provider keeps.
    KeptSince { wanted: Timestamp, since: Timestamp },
    /// The provider states another number of records than came.
    TotalDiffers { claimed: u64, records: u64 },
    /// No record came, of any window.
    NothingCame,
    /// Records had moved between two pages, so pages were read again.
    Moved { times: u64 },
    /// Records of an earlier reading are gone: they were deleted at the provider.
    Deleted { records: u64 },
}

/// Returns what the pages of a store cover.
pub fn coverage_of(contents: &Contents) -> PullCoverage {
    let mut coverage = PullCoverage::default();
    let mut content = Hasher::default();
    let (mut claimed, mut records, mut moves, mut deleted) = (None, 0, 0, 0);
    for placed in &contents.frames {
        let frame = &placed.frame;
        let fact = |name: &str| frame.facts.get(name).and_then(serde_json::Value::as_u64);
        match frame.kind {
            FrameKind::Begin => {
                coverage.is_complete = false;
                let wanted = frame.facts.get("wanted_since").and_then(|it| it.as_str()?.parse().ok());
                if let (Some(wanted), Some(window)) = (wanted, frame.window)
                    && wanted < window.since
                {
                    coverage.findings.push(PullFinding::KeptSince { wanted, since: window.since });
                }
            }
            FrameKind::Page => {
                coverage.pages += 1;
                content.update(frame.body.to_string().as_bytes());
                coverage.rows += frame.rows;
            }
            FrameKind::WindowEnd => {
                coverage.windows += 1;
                moves += fact("moves").unwrap_or(0);
                if let Some(total) = fact("claimed") {
                    claimed = Some(claimed.unwrap_or(0) + total);
                    records += fact("records").unwrap_or(0);
                }
            }
            FrameKind::End => {
                coverage.is_complete = true;
                coverage.pulls += 1;
                coverage.last_pull = frame.pull;
                deleted += fact("deleted").unwrap_or(0);
                if let Some(window) = frame.window {
                    coverage.since = Some(coverage.since.map_or(window.since, |it| it.min(window.since)));
                    coverage.until = Some(coverage.until.map_or(window.until, |it| it.max(window.until)));
                }
            }
            FrameKind::Order | FrameKind::Restart => {}
        }
    }
    let mut add = |found: bool, finding| coverage.findings.extend(found.then_some(finding));
    if let Some(claimed) = claimed {
        add(claimed != records, PullFinding::TotalDiffers { claimed, records });
    }
    add(coverage.is_complete && coverage.rows == 0 && coverage.until.is_some(), PullFinding::NothingCame);
    add(moves > 0, PullFinding::Moved { times: moves });
    add(deleted > 0, PullFinding::Deleted { records: deleted });
    coverage.content = (coverage.pages > 0).then(|| content.finish());
    coverage
}

/// Returns when the last reading that has ended began; none if none has.
pub fn last_read_at(contents: &Contents) -> Option<Timestamp> {
    let ended = contents.frames.iter().rfind(|it| it.frame.kind == FrameKind::End)?.frame.pull;
    let began = contents.frames.iter().find(|it| it.frame.kind == FrameKind::Begin && it.frame.pull == ended);
    began.map(|it| it.frame.at)
}
