//! The review of scenarios: the page and the sheet on which people decide about texts.
//!
//! Both show what the database keeps: the current texts with their edits and decisions.

mod kept;
mod page;
pub mod sheet;

pub use page::{PAGE, written};
