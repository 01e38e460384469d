//! `ferry sandbox webhooks`.

use std::path::PathBuf;

use clap::{Args, value_parser};
use jiff::Timestamp;
use sandbox::webhooks::{Profile, WebhookKind};

#[derive(Debug, Args)]
pub(crate) struct WebhooksArgs {
    /// Address of the webhook; with --from only its host and port count
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Environment variable with the secret that signs: the app secret of Meta, the auth token of Twilio
    #[arg(long, value_name = "VARIABLE", required_unless_present_any = ["secret_file", "from"])]
    pub(crate) secret_env: Option<String>,
    /// File with the secret that signs
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Platform that is played: meta, 360dialog or twilio
    #[arg(long, default_value_t = WebhookKind::Meta)]
    pub(crate) kind: WebhookKind,
    /// Form of the bodies: meta-doc is as Meta documents them, pywa-compat as the Python library pywa reads them
    #[arg(long, default_value_t = Profile::MetaDoc)]
    pub(crate) profile: Profile,
    /// Address that Twilio calls, as the plan has it; Twilio signs it [default: the address of --to]
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Events, doubled ones not counted
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=20_000_000))]
    pub(crate) events: u32,
    /// Seed of everything that is invented but the times
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Time of the last event, such as 2026-03-03T09:14:07Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) sending: SendingArgs,
    #[command(flatten)]
    pub(crate) tricks: TrickArgs,
    /// Write each request and its answer into a new file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Write the requests into a new file, which --from reads
    #[arg(long, value_name = "FILE")]
    pub(crate) bodies: Option<PathBuf>,
    /// Send the requests of a file instead: one JSON object a line, with path, headers as pairs, and body
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SendingArgs {
    /// Webhooks a second; without it as fast as they are answered
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Send for so many seconds at the rate, then nothing for as long, and so on
    #[arg(long, value_name = "SECONDS", requires = "rate")]
    pub(crate) burst: Option<u32>,
    /// Connections that are open at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// Seconds for which a webhook is sent again; Meta does so for 7 days
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) retry_for: u32,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub(crate) timeout: u32,
    /// Allow a server on another machine
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrickArgs {
    /// Bodies that are sent again, as they are or among others
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, value_parser = per_cent)]
    pub(crate) doubled: f64,
    /// Bodies that are sent in another order; all without a number
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, default_missing_value = "100", num_args = 0..=1, value_parser = per_cent)]
    pub(crate) shuffled: f64,
    /// Events that come up to 8 days late
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, value_parser = per_cent)]
    pub(crate) late: f64,
    /// Further bodies whose signature is wrong
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, value_parser = per_cent)]
    pub(crate) forged: f64,
    /// Further bodies of which a part is signed and sent, so that they are no JSON; not with --kind twilio
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, value_parser = per_cent)]
    pub(crate) truncated: f64,
    /// Bodies whose connection ends before they do; they are sent again as a whole
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, value_parser = per_cent)]
    pub(crate) cut_off: f64,
    /// Bodies whose bytes trickle
    #[arg(long, value_name = "PER_CENT", default_value_t = 0.0, value_parser = per_cent)]
    pub(crate) slow: f64,
    /// Seconds that a slow body takes
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) slow_seconds: u32,
    /// Further bodies of nearly 3 MB, with a thousand events
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(..=1_000))]
    pub(crate) large: u32,
}

/// A share of a hundred, as a share of one.
fn per_cent(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|it| (0.0..=100.0).contains(it));
    share.map(|it| it / 100.0).ok_or_else(|| "a share is a number from 0 to 100".to_owned())
}
