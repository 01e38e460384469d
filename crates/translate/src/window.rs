//! Finds the steps that can be due while WhatsApp's 24-hour window is closed.

use std::collections::HashMap;

use scenario::{Act, Scenario};

use crate::goal::known;

/// The time after the customer's last message in which any message may be sent.
pub(crate) const WINDOW_SECONDS: u64 = 24 * 60 * 60;

/// For each step, the most seconds since the customer's last message; from [`WINDOW_SECONDS`] on, the window is closed.
/// Steps that cannot be reached are missing.
pub(crate) fn seconds_since_customer(scenario: &Scenario) -> HashMap<&str, u64> {
    let start = if scenario.trigger.is_by_business() { WINDOW_SECONDS } else { 0 };
    let mut most: HashMap<&str, u64> = HashMap::new();
    let mut waiting = vec![(scenario.start.as_str(), start)];
    while let Some((id, seconds)) = waiting.pop() {
        let Some(step) = scenario.step(id) else { continue };
        match most.get(id) {
            Some(known) if *known >= seconds => continue,
            _ => most.insert(step.id.as_str(), seconds),
        };
        let timeout = match &step.act {
            Act::Message(it) => it.timeout.as_ref(),
            Act::Question(it) => it.timeout.as_ref(),
            Act::Listen(it) => it.timeout.as_ref(),
            _ => None,
        };
        let routes = step.act.routes();
        let n_routes = routes.len();
        for (n, (_, goal)) in routes.into_iter().enumerate() {
            let Some(goal) = known(goal) else { continue };
            let after = match (&step.act, timeout) {
                // The timeout is the last route.
                (_, Some(timeout)) if n + 1 == n_routes => seconds.saturating_add(timeout.seconds),
                (act, _) if act.waits() => 0,
                (Act::Wait { seconds: more, .. }, _) => seconds.saturating_add(*more),
                _ => seconds,
            };
            // Capped at the window, so that loops of waits end.
            waiting.push((goal, after.min(WINDOW_SECONDS)));
        }
    }
    most
}
