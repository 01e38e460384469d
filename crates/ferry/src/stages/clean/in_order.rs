//! Pieces of work that are made on all cores and taken in their order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use anyhow::Result;

/// Makes so many pieces on all cores, and gives them to `write` in their order. About `most` of them are in memory.
pub(crate) fn in_order<T: Send>(
    n_pieces: usize,
    most: usize,
    make: impl Fn(usize) -> Result<T> + Sync,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let n_threads = most.min(rayon::current_num_threads());
    // Writing some pieces takes longer than making them, and others take no time at all.
    let (to_write, pieces) = sync_channel::<(usize, Result<T>)>(most - n_threads);
    std::thread::scope(|scope| {
        for to_write in vec![to_write; n_threads] {
            let (next, make) = (&next, &make);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    // Whoever writes has failed if nobody listens any more.
                    if place >= n_pieces || to_write.send((place, make(place))).is_err() {
                        return;
                    }
                }
            });
        }
        let mut waiting = BTreeMap::new();
        let mut number = 0;
        for (place, piece) in pieces {
            waiting.insert(place, piece?);
            while let Some(piece) = waiting.remove(&number) {
                write(piece)?;
                number += 1;
            }
        }
        Ok(())
    })
}
