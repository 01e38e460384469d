//! Reads the windows of a reading, page by page.

use std::collections::HashSet;

use http::{CallError, Client, Parameters, Request};
use pages::{Contents, Frame, FrameKind, PageStore, Window};
use serde_json::{Value, json};

use crate::pull::guard::{Fault, WindowState};
use crate::pull::history::{Begun, History, Resumed};
use crate::pull::offset::{Moved, Offset};
use crate::pull::{DurablePage, PullError, PullOptions, frame};
use crate::{Call, Method, PageRead, Paging, Stream, StreamSpec, Then};

/// How often a window is begun again because its cursor was refused or its pages went in a circle.
const MOST_RESTARTS: u32 = 1;
/// How often a first page is asked for again that is empty and counts records.
const MOST_AGAIN: u32 = 2;
/// Passes over a numbered list that changes while it is read, and over one of which records are known to be missing.
const MOST_PASSES: u32 = 4;
const MOST_PASSES_FOR_MISSING: u32 = 8;

pub(crate) struct Reader<'a> {
    spec: &'a StreamSpec,
    pub(crate) stream: &'a dyn Stream,
    clients: Vec<Client>,
    store: PageStore,
    options: &'a PullOptions,
    on_page: &'a (dyn Fn(DurablePage) + Sync),
    /// The share of the whole that the window before has reached, and that of this window.
    pub(crate) share: (f64, f64),
    /// Calls of this process, without retries.
    n_calls: u64,
    /// Records that disappeared between two readings of the same time.
    deleted: u64,
    /// The ids of records that earlier readings saw, in a brief reading of a stream whose latest records come first.
    known: HashSet<String>,
}

/// A page that came, and the call that gave it.
struct Answer {
    call: Call,
    body: Vec<u8>,
    page: PageRead,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        spec: &'a StreamSpec,
        stream: &'a dyn Stream,
        clients: Vec<Client>,
        store: PageStore,
        options: &'a PullOptions,
        on_page: &'a (dyn Fn(DurablePage) + Sync),
    ) -> Self {
        let share = (0.0, 1.0);
        Self { spec, stream, clients, store, options, on_page, share, n_calls: 0, deleted: 0, known: HashSet::new() }
    }

    /// Returns the calls of this process, retries among them.
    pub(crate) fn calls(&self) -> u64 {
        self.clients.iter().map(|it| it.counts().calls).sum()
    }

    pub(crate) fn begin(&mut self, begun: &Begun) -> Result<(), PullError> {
        let facts = serde_json::to_value(begun).unwrap_or_default();
        let frame = Frame { facts, ..frame(FrameKind::Begin, begun.pull, begun.window) };
        self.store.append(frame, b"")?;
        Ok(())
    }

    pub(crate) fn end(&mut self, begun: &Begun) -> Result<(), PullError> {
        let facts = json!({ "deleted": self.deleted });
        let frame = Frame { facts, ..frame(FrameKind::End, begun.pull, begun.window) };
        self.store.append(frame, b"")?;
        Ok(())
    }

    /// Reads a window to its end, from its beginning or from where it was left.
    pub(crate) async fn window(
        &mut self,
        pull: u32,
        window: Option<Window>,
        resumed: Option<Resumed>,
    ) -> Result<(), PullError> {
        let is_resumed = resumed.is_some();
        let (mut state, mut next) = match resumed {
            Some(Resumed { state, .. }) if state.is_order_open && !self.options.orders_again => {
                return Err(PullError::OrderUnknown);
            }
            Some(Resumed { call, state }) => (state, call),
            None => (WindowState::default(), self.stream.first(window)),
        };
        let (mut n_restarts, mut n_passes) = (0, 1);
        loop {
            match self.pages(pull, window, &mut state, next.take(), is_resumed && n_restarts == 0).await {
                Ok(()) if n_passes < self.most_passes(&mut state) => {
                    n_passes += 1;
                    state.begin_pass();
                }
                Ok(()) => break,
                Err(Stop::BeginAgain(_)) if n_restarts < MOST_RESTARTS => {
                    n_restarts += 1;
                    self.restart(pull, window)?;
                    state = WindowState::default();
                }
                Err(Stop::BeginAgain(error) | Stop::NextTime(error)) => {
                    self.restart(pull, window)?;
                    return Err(error);
                }
                Err(Stop::Failed(error)) => return Err(error),
            }
            next = self.stream.first(window);
        }
        self.end_window(pull, window, &state)
    }

    /// Whether a first page is empty, and the last one, although it counts records.
    fn contradicts(&self, state: &WindowState, page: &PageRead) -> bool {
        let is_last = page.next.is_none() || self.spec.paging == Paging::Offset;
        state.ids.is_empty() && page.rows.is_empty() && is_last && page.total.is_some_and(|it| it > 0)
    }

    /// How often a list is gone through, by what was seen of it: a numbered one that may have moved again and again, one by
    /// offsets of which fewer records came than its pages count once more.
    fn most_passes(&self, state: &mut WindowState) -> u32 {
        match self.spec.paging {
            Paging::Numbered if state.proves_list() => 1,
            Paging::Numbered if state.lacks_records() => MOST_PASSES_FOR_MISSING,
            Paging::Numbered => MOST_PASSES,
            Paging::Offset if state.lacks_records() => 2,
            Paging::Offset | Paging::Cursor => 1,
        }
    }

    fn restart(&mut self, pull: u32, window: Option<Window>) -> Result<(), PullError> {
        self.store.append(frame(FrameKind::Restart, pull, window), b"")?;
        Ok(())
    }

    fn end_window(&mut self, pull: u32, window: Option<Window>, state: &WindowState) -> Result<(), PullError> {
        let facts = json!({
            "pages": state.pages,
            "rows": state.rows,
            "records": state.ids.len(),
            "claimed": state.total,
            "moves": state.moves,
        });
        let frame = Frame { facts, ..frame(FrameKind::WindowEnd, pull, window) };
        self.store.append(frame, b"")?;
        Ok(())
    }

    /// Reads pages until there is no next one. While a page is written, the next is asked for.
    async fn pages(
        &mut self,
        pull: u32,
        window: Option<Window>,
        state: &mut WindowState,
        first: Option<Call>,
        is_resumed: bool,
    ) -> Result<(), Stop> {
        let Some(first) = first else { return Ok(()) };
        let mut offset = Offset::of(&first, self.spec);
        let mut answer = match self.ask(pull, window, first).await {
            // A cursor that was kept for long is not accepted any more.
            Err(PullError::Call { source: CallError::Refused { status: 400 | 404 | 410 | 422, .. }, pages })
                if is_resumed =>
            {
                let source = CallError::Refused { status: 410, code: None };
                return Err(Stop::BeginAgain(PullError::Call { source, pages }));
            }
            other => other?,
        };
        for _ in 0..MOST_AGAIN {
            if !self.contradicts(state, &answer.page) {
                break;
            }
            answer = self.ask(pull, window, answer.call).await?;
        }
        loop {
            let Answer { call, mut body, page } = answer;
            // In a brief reading a page without anything new is none to keep.
            if page.is_dropped || self.is_known(&page) {
                body = Vec::new();
            }
            let moved = offset.next(self.stream, window, self.spec.paging, state, &page);
            state.add(&call, &page);
            let next = match moved {
                Moved::Back(next) => {
                    // Behind `add`, because this call is made again too.
                    state.note_move(&page);
                    Some(next)
                }
                Moved::Again(next) => {
                    state.allow_again(&next);
                    Some(next)
                }
                Moved::On(_) if self.is_known(&page) => None,
                Moved::On(next) => next,
            };
            let frame = self.page_frame(pull, window, &call, &page, &body, next.as_ref());
            let Some(next) = next else {
                self.keep(frame, body).await?;
                return Ok(());
            };
            let may_repeat = call.then != Then::Page || page.wait.is_some();
            match state.fault(&next, may_repeat) {
                Some(fault) => {
                    self.keep(frame, body).await?;
                    return Err(Stop::of(fault, state, self.spec.price.is_some()));
                }
                None => answer = self.keep_and_ask(frame, body, pull, window, next, page.wait).await?,
            }
        }
    }

    fn page_frame(
        &self,
        pull: u32,
        window: Option<Window>,
        call: &Call,
        page: &PageRead,
        body: &[u8],
        next: Option<&Call>,
    ) -> Option<Frame> {
        let value = |it: &Call| serde_json::to_value(it).unwrap_or(Value::Null);
        let kind = match call.then {
            Then::Step => return None,
            Then::Order => FrameKind::Order,
            Then::Page => FrameKind::Page,
        };
        let rows = if body.is_empty() { 0 } else { page.rows.len() as u64 };
        let next = next.map_or(Value::Null, value);
        Some(Frame { call: value(call), next, rows, ..frame(kind, pull, window) })
    }

    /// Writes a page and asks for the next one at the same time, unless asking costs or consumes something.
    async fn keep_and_ask(
        &mut self,
        frame: Option<Frame>,
        body: Vec<u8>,
        pull: u32,
        window: Option<Window>,
        next: Call,
        wait: Option<std::time::Duration>,
    ) -> Result<Answer, PullError> {
        let has_effects = self.spec.consumes || self.spec.price.is_some() || next.then == Then::Order;
        if has_effects || wait.is_some() || frame.is_none() {
            self.keep(frame, body).await?;
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
            return self.ask(pull, window, next).await;
        }
        self.check_budget()?;
        let rows = frame.as_ref().map_or(0, |it| it.rows);
        let Some(frame) = frame else { return self.ask(pull, window, next).await };
        let (answer, kept) = {
            let Self { clients, store, stream, .. } = self;
            let keeping = async { tokio::task::block_in_place(|| store.append(frame, &body).map(drop)) };
            // The call is on its way while the page is written.
            tokio::join!(call_provider(clients, *stream, next), keeping)
        };
        kept?;
        (self.on_page)(DurablePage { rows, done: self.done(window) });
        answer.map_err(|source| PullError::Call { pages: self.n_calls.saturating_sub(1), source })
    }

    async fn keep(&mut self, frame: Option<Frame>, body: Vec<u8>) -> Result<(), PullError> {
        let Some(frame) = frame else { return Ok(()) };
        let (rows, window) = (frame.rows, frame.window);
        let body = if frame.kind == FrameKind::Page { body } else { Vec::new() };
        tokio::task::block_in_place(|| self.store.append(frame, &body))?;
        (self.on_page)(DurablePage { rows, done: self.done(window) });
        Ok(())
    }

    fn done(&self, window: Option<Window>) -> Option<f64> {
        window.map(|_| self.share.0 + self.share.1 / 2.0)
    }

    fn check_budget(&mut self) -> Result<(), PullError> {
        if self.options.max_calls.is_some_and(|it| self.n_calls >= it) {
            return Err(PullError::CallsUsed { calls: self.n_calls });
        }
        self.n_calls += 1;
        Ok(())
    }

    async fn ask(&mut self, pull: u32, window: Option<Window>, call: Call) -> Result<Answer, PullError> {
        self.check_budget()?;
        if call.then == Then::Order {
            return self.order(pull, window, call).await;
        }
        let answer = call_provider(&self.clients, self.stream, call).await;
        answer.map_err(|source| PullError::Call { pages: self.n_calls.saturating_sub(1), source })
    }

    /// Gives an order, which is noted before. If the provider has certainly not carried it out, that is noted too, so that
    /// the next reading gives it; without that note nobody knows.
    async fn order(&mut self, pull: u32, window: Option<Window>, call: Call) -> Result<Answer, PullError> {
        let value = serde_json::to_value(&call).unwrap_or_default();
        let noted = Frame { call: value.clone(), ..frame(FrameKind::Order, pull, window) };
        tokio::task::block_in_place(|| self.store.append(noted.clone(), b""))?;
        match call_provider(&self.clients, self.stream, call).await {
            Ok(answer) => Ok(answer),
            Err(CallError::OutcomeUnknown { .. }) => Err(PullError::OrderUnknown),
            Err(source) => {
                let not_given = Frame { next: value, ..noted };
                tokio::task::block_in_place(|| self.store.append(not_given, b""))?;
                Err(PullError::Call { pages: self.n_calls.saturating_sub(1), source })
            }
        }
    }

    /// Counts the records that an earlier reading saw in the time that this one has read again, and that are gone.
    pub(crate) fn compare_overlap(
        &mut self,
        contents: &Contents,
        history: &History,
        begun: &Begun,
    ) -> Result<(), PullError> {
        let Some(range) = begun.window else { return Ok(()) };
        let before = history.pages_before(contents, begun.pull, range);
        if before.is_empty() {
            return Ok(());
        }
        let is_inside = |it: &crate::Row| it.at.is_some_and(|at| range.since <= at && at < range.until);
        let mut earlier: HashSet<String> = HashSet::new();
        for number in before {
            earlier.extend(self.rows_of(contents, number)?.into_iter().filter(is_inside).map(|it| it.id));
        }
        let now = pages::read_store(self.store.folder())?;
        for (number, placed) in now.frames.iter().enumerate() {
            if placed.frame.kind == FrameKind::Page && placed.frame.pull == begun.pull {
                self.rows_of(&now, number)?.iter().for_each(|it| {
                    earlier.remove(&it.id);
                });
            }
        }
        self.deleted = earlier.len() as u64;
        Ok(())
    }

    pub(crate) fn is_brief(&self) -> bool {
        self.options.is_brief
    }

    /// Remembers the records that earlier readings saw around a range, so that a brief reading can end at them.
    pub(crate) fn know_rows_before(
        &mut self,
        contents: &Contents,
        history: &History,
        pull: u32,
        range: Window,
    ) -> Result<(), PullError> {
        if self.stream.is_newest_first() {
            // The windows of a stream can be coarser than its range, such as days.
            let Some(windows) = self.spec.windows.spec() else { return Ok(()) };
            let length = jiff::SignedDuration::try_from(windows.length).unwrap_or_default();
            let since = range.since.saturating_sub(length).unwrap_or(range.since);
            for number in history.pages_before(contents, pull, Window { since, ..range }) {
                let ids = self.rows_of(contents, number)?.into_iter().map(|it| it.id);
                self.known.extend(ids);
            }
        }
        Ok(())
    }

    /// Whether all records of a page are known from earlier readings, and so are those behind it.
    fn is_known(&self, page: &PageRead) -> bool {
        !page.rows.is_empty() && page.rows.iter().all(|it| self.known.contains(&it.id))
    }

    fn rows_of(&self, contents: &Contents, number: usize) -> Result<Vec<crate::Row>, PullError> {
        let placed = &contents.frames[number];
        let Ok(call) = serde_json::from_value::<Call>(placed.frame.call.clone()) else { return Ok(Vec::new()) };
        let body = contents.body(placed)?;
        Ok(self.stream.read(&call, &body).map(|it| it.rows).unwrap_or_default())
    }
}

/// Sends a call, and reads what it gives. What is missing gives an empty page if the stream says so.
async fn call_provider(clients: &[Client], stream: &dyn Stream, call: Call) -> Result<Answer, CallError> {
    match send(clients, stream, &call).await {
        Ok((body, page)) => Ok(Answer { call, body, page }),
        Err(CallError::Refused { status: 404, code }) => match stream.missing(&call) {
            Some(page) => Ok(Answer { call, body: Vec::new(), page }),
            None => Err(CallError::Refused { status: 404, code }),
        },
        Err(error) => Err(error),
    }
}

async fn send(clients: &[Client], stream: &dyn Stream, call: &Call) -> Result<(Vec<u8>, PageRead), CallError> {
    let client = clients.get(call.host).ok_or(CallError::Malformed)?;
    let read = |body: &[u8]| {
        let kept = stream.kept(call, body.to_vec())?;
        let page = stream.read(call, &kept)?;
        Ok((kept, page))
    };
    match (call.then, call.method) {
        (Then::Order, _) => {
            let read = |status: u16, body: &[u8]| match status {
                200..300 => read(body),
                _ => Err(CallError::Refused { status, code: None }),
            };
            client.post_once(&call.path, &call.body, read).await
        }
        (_, Method::Get) => {
            let parameters = if call.is_file { Parameters::File } else { Parameters::Query(&[]) };
            client.send_retrying(Request { path: &call.path, parameters, units: 0 }, read).await
        }
        (_, Method::Post) => {
            let parameters = Parameters::json(&call.body)?;
            client.send_retrying(Request { path: &call.path, parameters, units: 0 }, read).await
        }
        (_, Method::PostForm) => {
            let parameters = Parameters::form(&call.body)?;
            client.send_retrying(Request { path: &call.path, parameters, units: 0 }, read).await
        }
    }
}

/// Why the pages of a window end early.
enum Stop {
    /// The window is begun again, or the error ends the reading.
    BeginAgain(PullError),
    /// The error ends the reading, and the next one begins the window again.
    NextTime(PullError),
    Failed(PullError),
}

impl Stop {
    /// What is charged is not read again by itself.
    fn of(fault: Fault, state: &WindowState, is_charged: bool) -> Self {
        let pages = state.pages;
        match fault {
            Fault::Circle if is_charged => Self::NextTime(PullError::Circle { pages }),
            Fault::Circle => Self::BeginAgain(PullError::Circle { pages }),
            Fault::OnlyEmpty => Self::NextTime(PullError::OnlyEmptyPages { pages }),
        }
    }
}

impl From<PullError> for Stop {
    fn from(error: PullError) -> Self {
        Self::Failed(error)
    }
}
