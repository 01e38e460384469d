//! The work of `ferry events`: what webhooks have brought, and what could not be read of it.
//!
//! Nothing here prints or knows the command line.

mod dead;
mod show;
mod stats;

pub use crate::dead::{dead, drop_letters, retry};
pub use crate::show::{Which, show};
pub use crate::stats::stats;
