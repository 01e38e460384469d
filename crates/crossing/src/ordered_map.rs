//! Pieces of work that are done on all cores and taken in their order.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

/// Makes a piece of each item on all cores, and gives them to `write` in their order. About `most` of them are in memory.
pub(crate) fn ordered_map<I: Send, T: Send>(
    items: impl Iterator<Item = I> + Send,
    most: usize,
    make: impl Fn(I) -> Result<T> + Sync,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let items = Mutex::new(items.enumerate());
    let n_threads = most.min(rayon::current_num_threads());
    // Writing some pieces takes longer than making them, and others take no time at all.
    let (to_write, pieces) = sync_channel::<(usize, Result<T>)>(most - n_threads);
    std::thread::scope(|scope| {
        for to_write in vec![to_write; n_threads] {
            let (items, make) = (&items, &make);
            scope.spawn(move || {
                loop {
                    let next = items.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((place, item)) = next else { return };
                    // Whoever writes has failed if nobody listens any more.
                    if to_write.send((place, make(item))).is_err() {
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
