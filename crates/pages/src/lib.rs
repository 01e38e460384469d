//! Pages of a provider's API, kept as they came.
//!
//! A [`PageStore`] is a folder of segments. A segment is a file of frames, and a frame is a line of JSON ([`Frame`]), the
//! bytes of a page, and a line feed. The line says how many bytes follow, what their digest is, and which call comes
//! next. A frame is written at once and synced once, so a page, its digest and the cursor behind it become durable
//! together. Each frame has the digest of all frames before it (`chain`), so one digest stands for everything that was
//! read.
//!
//! A frame that was cut off by a crash is removed when the store is opened for writing: its page is read again. Any other
//! damage is an error. Pages hold personal data, so files are readable for their owner alone.

mod bodies;
mod coverage;
mod error;
mod frame;
mod segment;
mod store;
#[cfg(test)]
mod tests;

pub use bodies::{Bodies, is_segment};
pub use coverage::{PullCoverage, PullFinding, coverage_of, last_read_at};
pub use error::PageError;
pub use frame::{Frame, FrameKind, Window};
pub use store::{Contents, PageStore, PlacedFrame, SEGMENT_BYTES, read_store};
