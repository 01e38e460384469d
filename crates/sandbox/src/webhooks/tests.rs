//! The traffic as others read it, and the sender against a server on loopback.

mod bodies;
mod clients;
mod files;
mod sending;
mod signatures;

use jiff::Timestamp;

use super::*;

const SECRET: &str = "a secret of the sandbox";

const URL: &str = "https://hooks.example.com/webhooks/x";

/// Good traffic of a thousand events.
fn settings() -> TrafficSettings {
    TrafficSettings {
        seed: 1,
        profile: Profile::MetaDoc,
        events: 1_000,
        starts_at: "2026-11-30T12:00:00Z".parse::<Timestamp>().unwrap(),
        path: "/webhooks/x".to_owned(),
        doubled: 0.0,
        shuffled: 0.0,
        late: 0.0,
        forged: 0.0,
        truncated: 0.0,
        cut_off: 0.0,
        slow: 0.0,
        large: 0,
    }
}

/// The same with everything that can go wrong.
fn bad_settings() -> TrafficSettings {
    TrafficSettings {
        doubled: 0.2,
        shuffled: 0.5,
        late: 0.1,
        forged: 0.1,
        truncated: 0.05,
        cut_off: 0.02,
        slow: 0.02,
        large: 1,
        ..settings()
    }
}

fn traffic(kind: WebhookKind, settings: TrafficSettings) -> Traffic {
    Traffic::new(settings, Signer::new(kind, SECRET, URL).unwrap())
}
