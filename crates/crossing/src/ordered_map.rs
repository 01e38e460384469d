//! Maps items on all cores, and handles the results in order.
//!
//! Kept instead of a crate: forty lines, with a bound on the results in memory and an error that stops both sides.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

/// Runs `make` on each item on all cores, and passes the results to `write` in order. About `most` results are in
/// memory.
pub(crate) fn ordered_map<I: Send, T: Send>(
    items: impl Iterator<Item = I> + Send,
    most: usize,
    make: impl Fn(I) -> Result<T> + Sync,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let items = Mutex::new(items.enumerate());
    let n_threads = most.min(rayon::current_num_threads());
    // Some results take longer to write than to make, and others take no time, so the channel buffers them.
    let (to_write, pieces) = sync_channel::<(usize, Result<T>)>(most - n_threads);
    std::thread::scope(|scope| {
        for to_write in vec![to_write; n_threads] {
            let (items, make) = (&items, &make);
            scope.spawn(move || {
                loop {
                    let next = items.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((place, item)) = next else { return };
                    // The receiver is closed only if writing has failed.
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
