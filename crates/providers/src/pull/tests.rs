//! Lists that change while they are read, answers that break, and processes that end: no record is lost that was there
//! from the first call to the last.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::test_server::{Asked, Reply, Server, options};
use crate::{PullError, PullOptions};

/// Numbers that follow from a seed.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn is_one_of(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A list at a provider, in its order, and the records of the first call that were never deleted.
struct List {
    records: Vec<u64>,
    stayed: BTreeSet<u64>,
    random: Random,
    n_added: u64,
    /// Whether what is new is at the front.
    is_newest_first: bool,
    /// Whether the list is still as before.
    is_still: bool,
}

impl List {
    fn new(seed: u64, is_newest_first: bool) -> Self {
        let mut random = Random(seed);
        for _ in 0..3 {
            random.below(2);
        }
        let records: Vec<u64> = (0..20 + random.below(60)).collect();
        let stayed = records.iter().copied().collect();
        Self { records, stayed, random, n_added: 0, is_newest_first, is_still: false }
    }

    /// Deletes and adds some records.
    fn change(&mut self) {
        let n_deleted = if self.random.is_one_of(5) { self.random.below(25) } else { self.random.below(4) };
        for _ in 0..n_deleted.min(self.records.len() as u64) {
            let place = usize::try_from(self.random.below(self.records.len() as u64)).unwrap();
            self.stayed.remove(&self.records.remove(place));
        }
        for _ in 0..self.random.below(3) {
            self.n_added += 1;
            let place = if self.is_newest_first { 0 } else { self.records.len() };
            self.records.insert(place, 1000 + self.n_added);
        }
    }

    /// Records of a page, fewer than were asked for at times. Between two pages the list changes at times.
    fn page(&mut self, skipped: usize, n_asked: u64, may_be_short: bool) -> Vec<u64> {
        if !self.is_still && self.random.is_one_of(4) {
            self.change();
        }
        let n = if may_be_short && self.random.is_one_of(6) { 1 + self.random.below(n_asked) } else { n_asked };
        self.records.iter().copied().skip(skipped).take(usize::try_from(n).unwrap()).collect()
    }

    /// A page as it comes, or what breaks it.
    fn reply(&mut self, page: &Value) -> Reply {
        let mut bytes = page.to_string().into_bytes();
        match self.random.below(25) {
            0 => Reply::Answer(503, Vec::new()),
            1 => Reply::Lost,
            n @ (2 | 3) => {
                bytes.truncate(usize::try_from(self.random.below(bytes.len() as u64)).unwrap());
                if n == 2 { Reply::Cut(bytes) } else { Reply::Answer(200, bytes) }
            }
            _ => Reply::Answer(200, bytes),
        }
    }
}

/// Plivo's messages: by offset, newest first, seven a page.
fn plivo(list: &mut List, asked: &Asked) -> Reply {
    let offset = asked.number("offset").unwrap();
    let shown = list.page(offset, 7, true);
    let objects: Vec<Value> = shown.iter().map(|it| json!({"message_uuid": it.to_string()})).collect();
    let has_more = offset + shown.len() < list.records.len();
    let next = has_more.then(|| format!("/v1/Account/abcd1234/Message/?offset={}", offset + shown.len()));
    list.reply(&json!({"meta": {"next": next, "total_count": list.records.len()}, "objects": objects}))
}

/// Infobip's people: by page, newest last, seven a page.
fn infobip(list: &mut List, asked: &Asked) -> Reply {
    let skipped = (asked.number("page").unwrap() - 1) * 7;
    let persons: Vec<Value> = list.page(skipped, 7, false).iter().map(|it| json!({"id": it})).collect();
    list.reply(&json!({"persons": persons, "totalCount": list.records.len()}))
}

/// Reads a list in processes that end after some calls, and returns what was lost.
async fn lost(seed: u64, name: &str, stream: &str, folder: &Path) -> Vec<u64> {
    let is_plivo = name == "plivo";
    let list = Arc::new(Mutex::new(List::new(seed, is_plivo)));
    let served = Arc::clone(&list);
    let server = Server::start(move |asked| {
        let mut list = served.lock().unwrap();
        if is_plivo { plivo(&mut list, asked) } else { infobip(&mut list, asked) }
    })
    .await;
    let mut random = Random(seed);
    let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    for n_process in 0..200 {
        // A list that never comes to rest cannot be read whole by its page numbers.
        list.lock().unwrap().is_still = n_process > 20;
        let max_calls = random.is_one_of(2).then(|| 1 + random.below(9));
        let options = PullOptions { max_calls, ..options.clone() };
        match server.pull(name, stream, folder, &options).await {
            Ok(_) => {
                let kept = server.ids_kept(name, stream, folder);
                let stayed = list.lock().unwrap().stayed.clone();
                return stayed.into_iter().filter(|it| !kept.contains(&it.to_string())).collect();
            }
            Err(error) => assert!(error.is_passing() || matches!(error, PullError::Call { .. }), "{seed}: {error}"),
        }
    }
    panic!("{name}, seed {seed}: the list was not read in 200 processes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_by_offset_that_changes_breaks_and_stops_loses_nothing_that_stayed() {
    for seed in seeds() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(lost(seed, "plivo", "messages", home.path()).await, Vec::<u64>::new(), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_numbered_list_that_changes_breaks_and_stops_loses_nothing_that_stayed() {
    for seed in seeds() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(lost(seed, "infobip", "people", home.path()).await, Vec::<u64>::new(), "seed {seed}");
    }
}

/// Twenty seeds, or as many as `FERRY_TEST_SEEDS` says; and those that once found what was lost: a gap that was taken for
/// closed, and one that was forgotten by the next process.
fn seeds() -> impl Iterator<Item = u64> {
    let n = std::env::var("FERRY_TEST_SEEDS").ok().and_then(|it| it.parse().ok());
    (0..n.unwrap_or(20)).chain([35, 756])
}
