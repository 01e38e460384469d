//! Exports of all fixtures: read by others, read back by Ferry, and played beside WhatsApp's side.

#![expect(clippy::unwrap_used, reason = "a test fails where it stops")]
#![expect(clippy::disallowed_methods, reason = "these tests read fixtures and write what others read")]

mod others;
mod played;
mod read_back;
mod world;
