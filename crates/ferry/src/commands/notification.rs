//! A notification and its target.

use anyhow::Result;
use notify::{Notified, Said, Target};
use results::Versioned;
use serde::Serialize;
use serde_json::Value;

use crate::hint::UserError;
use crate::output::{print_message, print_warning};

/// The target that the command line names.
pub(super) fn target(given: Option<&str>) -> Result<Option<Target>> {
    Ok(given.map(Target::parse).transpose().map_err(|it| UserError::Notify(it.to_string()))?)
}

/// Sends a notification once. Prints a warning and returns false if it did not arrive.
pub(super) async fn send(target: &Target, told: &impl Serialize, variables: &[(&'static str, String)]) -> bool {
    // A type without keys other than texts is always JSON.
    let body: Value = serde_json::to_value(Versioned::of(told)).unwrap_or_default();
    let Notified { outcome, said } = notify::notify(target, &body, variables).await;
    print_said(&said);
    match outcome {
        Ok(()) => tracing::info!("notified"),
        Err(error) => {
            print_warning(&format!("{:#}", anyhow::Error::from(error)));
            return false;
        }
    }
    true
}

/// Prints what a command wrote to standard error.
fn print_said(said: &Said) {
    let rest = said.is_cut.then_some("(some lines are left out)");
    let lines: Vec<&str> = said.lines.iter().map(String::as_str).chain(rest).collect();
    if !lines.is_empty() {
        print_message(&format!("the notification command wrote:\n{}", lines.join("\n")));
    }
}
