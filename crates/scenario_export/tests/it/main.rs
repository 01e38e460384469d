//! Exports of all fixtures: read by others, read back by Ferry, and played beside WhatsApp's side.

mod others;
mod played;
mod read_back;
mod world;
