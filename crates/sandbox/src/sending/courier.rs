//! Brings the webhooks of the sending side to their address.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::sending::settings::WebhookSettings;
use crate::webhooks::{SendSettings, Sender, Settled, Signer, Target, WebhookKind};

/// The connections of a clock that runs.
const CONNECTIONS: usize = 64;

/// Signs bodies and sends them, again until they are answered with 200.
pub(super) struct Courier {
    pub(super) settings: WebhookSettings,
    sender: Sender,
    signer: Signer,
    path: String,
    connections: usize,
}

impl Courier {
    /// Returns none if the address or the secret is of no use: settings were checked before.
    pub(super) fn new(settings: &WebhookSettings, secret: &str, is_frozen: bool) -> Option<Self> {
        let target = Target::parse(&settings.to, false).ok()?;
        let signer = Signer::new(WebhookKind::Meta, secret, &settings.to)?;
        let path = target.path.clone();
        let connections = settings.connections.unwrap_or(if is_frozen { 1 } else { CONNECTIONS }).max(1);
        let seconds = |it: f64| Duration::from_secs_f64(it.clamp(0.0, 1e6));
        let send = SendSettings {
            connections,
            answer_timeout: seconds(settings.answer_seconds),
            retry_for: seconds(settings.retry_seconds),
            ..SendSettings::default()
        };
        Some(Self { settings: settings.clone(), sender: Sender::start(target, send, None), signer, path, connections })
    }

    /// The events that go out at the same time.
    pub(super) fn at_once(&self) -> usize {
        self.connections * self.settings.events_in_a_body.max(1)
    }

    /// Takes a body. The receipt comes when it is settled.
    pub(super) async fn send(&self, body: String) -> oneshot::Receiver<Settled> {
        self.sender.deliver(self.signer.sign(&self.path, body)).await
    }
}
