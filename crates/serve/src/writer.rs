//! The one task that commits bodies. While a commit runs, further bodies gather: the next commit takes them together.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::queue::Waiting;
use crate::store::{CheckedBody, CommittedBody, Store, StoreError};
use crate::{Limits, Status};

/// Commits what waits, until the queue is closed and empty.
pub(crate) async fn write<S: Store>(
    store: S,
    queue: mpsc::Receiver<Waiting>,
    mut closed: oneshot::Receiver<()>,
    limits: Limits,
    status: Status,
) {
    let (probe_every, store_status) = (limits.probe_every, status.clone());
    let mut writer = Writer { store, queue, gathered: VecDeque::new(), limits, status };
    let mut is_closed = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut closed, if !is_closed => {
                is_closed = true;
                writer.queue.close();
            }
            has_more = writer.gather() => match has_more {
                true => writer.commit_group().await,
                false => return,
            },
            () = tokio::time::sleep(probe_every), if store_status.is_store_failing() => {
                writer.probe().await;
            }
        }
    }
}

struct Writer<S> {
    store: S,
    queue: mpsc::Receiver<Waiting>,
    /// Taken from the queue, in order, and not committed yet.
    gathered: VecDeque<Waiting>,
    limits: Limits,
    status: Status,
}

impl<S: Store> Writer<S> {
    /// Waits until a body is there, and takes what else waits. False if the queue has ended.
    async fn gather(&mut self) -> bool {
        if self.gathered.is_empty() {
            let mut taken = Vec::new();
            self.queue.recv_many(&mut taken, self.limits.group_bodies).await;
            self.gathered.extend(taken);
        }
        while self.gathered.len() < self.limits.group_bodies {
            let Ok(waiting) = self.queue.try_recv() else { break };
            self.gathered.push_back(waiting);
        }
        !self.gathered.is_empty()
    }

    /// Commits the oldest bodies together, as many as the limits allow.
    async fn commit_group(&mut self) {
        let mut n_bytes = 0;
        let fits = |it: &&Waiting| {
            n_bytes += it.body.body.len();
            n_bytes <= self.limits.group_bytes
        };
        let n_group = self.gathered.iter().take(self.limits.group_bodies).take_while(fits).count().max(1);
        let group: Vec<Waiting> = self.gathered.drain(..n_group).collect();
        match self.commit(group).await {
            Ok(()) => {}
            // A body that no commit takes must not cost the others.
            Err((group, false)) if group.len() > 1 => {
                for waiting in group {
                    if let Err((alone, _)) = self.commit(vec![waiting]).await {
                        refuse(alone);
                    }
                }
            }
            Err((group, _)) => refuse(group),
        }
    }

    /// Commits a group and answers it. Gives the group back if it was not committed, and whether it can work later.
    async fn commit(&mut self, group: Vec<Waiting>) -> Result<(), (Vec<Waiting>, bool)> {
        let (bodies, answers): (Vec<CheckedBody>, Vec<_>) =
            group.into_iter().map(|Waiting { body, answer, room }| (body, (answer, room))).unzip();
        let begun = Instant::now();
        self.status.commit_begins(begun);
        let committed = self.store.commit(&bodies).await;
        self.status.commit_ends(begun, bodies.len(), &committed);
        match committed {
            Ok(committed) => {
                self.count(&bodies, &committed);
                for ((answer, room), committed) in answers.into_iter().zip(&committed) {
                    acknowledge(answer, room, committed.answer_after);
                }
                Ok(())
            }
            Err(StoreError { is_passing, source }) => {
                tracing::error!(n_bodies = bodies.len(), error = %source, "webhooks were not stored");
                let group = bodies.into_iter().zip(answers);
                Err((group.map(|(body, (answer, room))| Waiting { body, answer, room }).collect(), is_passing))
            }
        }
    }

    fn count(&self, bodies: &[CheckedBody], committed: &[CommittedBody]) {
        for (body, committed) in bodies.iter().zip(committed) {
            self.status.count_committed(&body.webhook, committed);
        }
    }

    async fn probe(&mut self) {
        if self.store.probe().await.is_ok() {
            self.status.store_works();
            tracing::info!("webhooks can be stored again");
        }
    }
}

/// Answers that a body was committed, once nothing can leave any more to whoever has withdrawn in it. A client that went away gets
/// no answer.
fn acknowledge(answer: oneshot::Sender<bool>, room: OwnedSemaphorePermit, after: Duration) {
    if after.is_zero() {
        let _ = answer.send(true);
        return;
    }
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        let _ = answer.send(true);
        drop(room);
    });
}

/// Answers that these bodies were not committed: the platform sends them again.
fn refuse(group: Vec<Waiting>) {
    for waiting in group {
        let _ = waiting.answer.send(false);
    }
}
