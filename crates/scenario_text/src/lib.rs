//! Scenarios, findings and simulations as text for a terminal.

mod exports;
mod findings;
mod scenarios;

pub use exports::{exported, not_exported};
pub use findings::{Checked, grouped, templates};
pub use scenarios::{imported, n_findings, not_simulated, scenario, simulated, skipped};
