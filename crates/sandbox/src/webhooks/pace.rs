use std::time::Duration;

use tokio::time::Instant;

use crate::webhooks::sender::Sender;
use crate::webhooks::webhook::Webhook;

/// How fast webhooks are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Webhooks a second. Without it, as fast as they are answered.
    pub rate: Option<f64>,
    /// Sends for so long, then nothing for as long, and so on.
    pub burst: Option<Duration>,
}

impl Pace {
    /// When the webhook with this number, from 0, is due, after the first; none if it is as soon as possible.
    fn due(&self, n: u64) -> Option<Duration> {
        let sending = Duration::from_secs_f64(n as f64 / self.rate?);
        let Some(burst) = self.burst.filter(|it| !it.is_zero()) else { return Some(sending) };
        let n_pauses = (sending.as_secs_f64() / burst.as_secs_f64()) as u32;
        Some(sending + burst * n_pauses)
    }

    /// Sends webhooks at this pace, and stops at the first that could not be had.
    pub async fn send<E>(
        self,
        sender: &Sender,
        webhooks: impl IntoIterator<Item = Result<Webhook, E>>,
    ) -> Result<(), E> {
        let began = Instant::now();
        for (webhook, n) in webhooks.into_iter().zip(0..) {
            let webhook = webhook?;
            match self.due(n).map(|it| began + it) {
                Some(due) => {
                    tokio::time::sleep_until(due).await;
                    sender.send_due(webhook, due).await;
                }
                None => sender.send(webhook).await,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spreads_webhooks_and_a_burst_adds_pauses() {
        let due = |pace: Pace, n| pace.due(n).map(|it| it.as_millis());
        let steady = Pace { rate: Some(100.0), burst: None };
        assert_eq!([0, 1, 100, 250].map(|n| due(steady, n)), [Some(0), Some(10), Some(1_000), Some(2_500)]);
        let bursts = Pace { burst: Some(Duration::from_secs(1)), ..steady };
        assert_eq!([0, 99, 100, 250].map(|n| due(bursts, n)), [Some(0), Some(990), Some(2_000), Some(4_500)]);
        assert_eq!(due(Pace::default(), 7), None);
    }
}
