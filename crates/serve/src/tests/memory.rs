//! A store in memory, which can wait, fail and refuse.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Semaphore;

use crate::{CheckedBody, CommittedBody, Store, StoreError};

/// A store in memory. Clones share what it holds.
#[derive(Clone)]
pub(crate) struct Memory {
    state: Arc<Mutex<State>>,
    /// A commit waits for a permit and keeps it. There are many unless the store is held.
    gate: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    groups: Vec<Vec<CheckedBody>>,
    n_begun: usize,
    is_gone: bool,
}

/// This body makes each transaction fail that it is in.
pub(crate) const BAD: &str = "no database takes this";
/// This body makes the store panic.
pub(crate) const FATAL: &str = "a bug of the store";

impl Default for Memory {
    fn default() -> Self {
        Self { state: Arc::default(), gate: Arc::new(Semaphore::new(1_000_000)) }
    }
}

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The committed bodies, by groups.
    pub(crate) fn groups(&self) -> Vec<Vec<CheckedBody>> {
        self.state().groups.clone()
    }

    /// The texts of the committed bodies.
    pub(crate) fn texts(&self) -> Vec<String> {
        let bodies = self.groups().concat();
        bodies.iter().map(|it| String::from_utf8(it.body.to_vec()).unwrap()).collect()
    }

    /// Lets all further commits wait.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(1_000_000);
    }

    pub(crate) fn release(&self) {
        self.gate.add_permits(1_000_000);
    }

    pub(crate) fn n_begun(&self) -> usize {
        self.state().n_begun
    }

    /// Takes the database away or gives it back.
    pub(crate) fn set_gone(&self, is_gone: bool) {
        self.state().is_gone = is_gone;
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.state().is_gone {
            true => Err(StoreError { is_passing: true, source: "the database is gone".into() }),
            false => Ok(()),
        }
    }
}

impl Store for Memory {
    async fn commit(&mut self, group: &[CheckedBody]) -> Result<Vec<CommittedBody>, StoreError> {
        self.state().n_begun += 1;
        self.gate.acquire().await.unwrap().forget();
        self.check()?;
        assert!(!group.iter().any(|it| it.body == FATAL));
        if group.iter().any(|it| it.body == BAD) {
            return Err(StoreError { is_passing: false, source: "a body is bad".into() });
        }
        self.state().groups.push(group.to_vec());
        Ok(vec![CommittedBody { n_new: 2, n_duplicates: 1, ..CommittedBody::default() }; group.len()])
    }

    async fn probe(&mut self) -> Result<(), StoreError> {
        self.check()
    }
}
