//! Reads a body within its limits.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Limits;
use crate::cause::Cause;

/// The first bytes of each body that count for no limit. Statuses fit in it.
const FREE_BYTES: usize = 16 << 10;

/// Reads a whole body. Its length is counted, whatever the headers say of it.
pub(crate) async fn read(body: Incoming, limits: &Limits, reading: &Arc<Semaphore>) -> Result<Bytes, Cause> {
    // A body that says to be too large is refused before it comes.
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(Cause::TooLarge);
    }
    let read = tokio::time::timeout(limits.body_timeout, collect(body, limits, reading));
    read.await.unwrap_or(Err(Cause::SlowBody))
}

async fn collect(mut body: Incoming, limits: &Limits, reading: &Arc<Semaphore>) -> Result<Bytes, Cause> {
    let expected = body.size_hint().exact().unwrap_or_default() as usize;
    let mut bytes = Vec::with_capacity(expected.min(FREE_BYTES));
    let mut room: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Cause::BrokenBody)?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limits.body_bytes {
            return Err(Cause::TooLarge);
        }
        let n_more = (bytes.len() + data.len()).saturating_sub(bytes.len().max(FREE_BYTES));
        if n_more > 0 {
            let more = u32::try_from(n_more).map_err(|_| Cause::TooLarge)?;
            let more = Arc::clone(reading).try_acquire_many_owned(more).map_err(|_| Cause::Busy)?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}
