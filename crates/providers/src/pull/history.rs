//! What earlier processes have read, by the frames that they left.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;
use pages::{Contents, FrameKind, PlacedFrame, Window};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pull::error::PullError;
use crate::pull::guard::WindowState;
use crate::{Call, Stream};

/// A reading, as its first frame tells it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begun {
    #[serde(skip)]
    pub(crate) pull: u32,
    /// What is read; none for a list.
    #[serde(skip)]
    pub(crate) window: Option<Window>,
    /// From when on it was asked for, if the provider keeps less.
    pub(crate) wanted_since: Option<jiff::Timestamp>,
    /// The digest of the account, the address and the stream: pages of another are none of this one.
    pub(crate) account: Option<Digest>,
}

/// The readings of a store.
pub(crate) struct History {
    pulls: BTreeMap<u32, Past>,
}

#[derive(Default)]
struct Past {
    begun: Option<Begun>,
    done: Vec<Option<Window>>,
    has_ended: bool,
    /// The frames of each window since it was last begun, by their number.
    open: BTreeMap<Option<Window>, Vec<usize>>,
}

impl Past {
    fn has_pages(&self) -> bool {
        !self.done.is_empty() || !self.open.is_empty()
    }
}

/// Where a window is gone on with.
pub(crate) struct Resumed {
    /// None if the last page has come. Of an order without an answer, the order.
    pub(crate) call: Option<Call>,
    pub(crate) state: WindowState,
}

impl History {
    pub(crate) fn of(contents: &Contents) -> Self {
        let mut pulls: BTreeMap<u32, Past> = BTreeMap::new();
        for (number, PlacedFrame { frame, .. }) in contents.frames.iter().enumerate() {
            let past = pulls.entry(frame.pull).or_default();
            match frame.kind {
                FrameKind::Begin => {
                    let begun: Option<Begun> = serde_json::from_value(frame.facts.clone()).ok();
                    past.begun = begun.map(|it| Begun { pull: frame.pull, window: frame.window, ..it });
                }
                FrameKind::Page | FrameKind::Order => past.open.entry(frame.window).or_default().push(number),
                FrameKind::Restart => {
                    past.open.remove(&frame.window);
                }
                FrameKind::WindowEnd => {
                    past.open.remove(&frame.window);
                    past.done.push(frame.window);
                }
                FrameKind::End => past.has_ended = true,
            }
        }
        Self { pulls }
    }

    /// Returns the number of the last reading; 0 if there is none.
    pub(crate) fn last_pull(&self) -> u32 {
        self.pulls.keys().next_back().copied().unwrap_or(0)
    }

    /// Returns whose pages these are; none if there are none yet.
    pub(crate) fn account(&self) -> Option<Digest> {
        self.pulls.values().filter(|it| it.has_pages()).find_map(|it| it.begun?.account)
    }

    /// Returns whether a reading has kept a page.
    pub(crate) fn has_pages(&self, pull: u32) -> bool {
        self.pulls.get(&pull).is_some_and(Past::has_pages)
    }

    /// Returns the reading that has not ended.
    pub(crate) fn unfinished(&self) -> Option<Begun> {
        self.pulls.values().next_back().filter(|it| !it.has_ended).and_then(|it| it.begun)
    }

    /// Returns the time that ended readings cover together.
    pub(crate) fn covered(&self) -> Option<Window> {
        let ended = self.pulls.values().filter(|it| it.has_ended).filter_map(|it| it.begun?.window);
        ended.reduce(|one, other| Window { since: one.since.min(other.since), until: one.until.max(other.until) })
    }

    /// Returns the windows that a reading has read to their end.
    pub(crate) fn done_of(&self, pull: u32) -> Vec<Option<Window>> {
        self.pulls.get(&pull).map(|it| it.done.clone()).unwrap_or_default()
    }

    /// Returns where a window of a reading goes on; none if it begins.
    pub(crate) fn open(
        &self,
        contents: &Contents,
        pull: u32,
        window: Option<Window>,
        stream: &dyn Stream,
    ) -> Result<Option<Resumed>, PullError> {
        let Some(frames) = self.pulls.get(&pull).and_then(|it| it.open.get(&window)) else { return Ok(None) };
        let mut state = WindowState::default();
        let mut next = Value::Null;
        for number in frames {
            let placed = &contents.frames[*number];
            next = placed.frame.next.clone();
            if placed.frame.kind == FrameKind::Order {
                state.is_order_open = placed.frame.next.is_null();
                if state.is_order_open {
                    next = placed.frame.call.clone();
                }
                continue;
            }
            let Ok(call) = serde_json::from_value::<Call>(placed.frame.call.clone()) else { continue };
            if let Ok(read) = stream.read(&call, &contents.body(placed)?) {
                // Another pass over the list, or records had moved: else a call is not made twice.
                if state.has_made(&call) {
                    state.begin_pass();
                }
                state.add(&call, &read);
                // The driver went back: records had moved.
                if next["state"]["offset"].as_u64() < call.state["offset"].as_u64() && !next.is_null() {
                    state.note_move(&read);
                }
            }
        }
        // Without a next call, the last page of the window came and its end was not noted any more.
        Ok(Some(Resumed { call: serde_json::from_value(next).ok(), state }))
    }

    /// Returns the numbers of the frames with pages of earlier readings that touch a range.
    pub(crate) fn pages_before(&self, contents: &Contents, pull: u32, range: Window) -> BTreeSet<usize> {
        let touches = |it: Window| it.since < range.until && range.since < it.until;
        let frames = contents.frames.iter().enumerate();
        let frames = frames.filter(|(_, it)| it.frame.kind == FrameKind::Page && it.frame.pull < pull);
        frames.filter(|(_, it)| it.frame.window.is_some_and(touches)).map(|it| it.0).collect()
    }
}
