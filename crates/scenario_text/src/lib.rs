//! Scenarios, findings and simulations as text for a terminal.

mod findings;
mod scenarios;

pub use findings::{Checked, grouped, templates};
pub use scenarios::{imported, n_findings, not_simulated, scenario, simulated, skipped};
