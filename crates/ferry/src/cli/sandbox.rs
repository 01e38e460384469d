//! `ferry sandbox`.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};
use jiff::Timestamp;
use sandbox::Fault;

use super::sandbox_webhooks::WebhooksArgs;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SandboxCommand>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Send a server what platforms call back: signed events, also doubled, reordered, late, forged, cut and slow
    ///
    /// What is not answered with 200 is sent again, as platforms do. Ends with 1 if a forged request was accepted, or
    /// another one was not in the end. Only servers on this machine are sent to, and all numbers are reserved for fiction.
    Webhooks(Box<WebhooksArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Port on 127.0.0.1; 0 picks a free port and prints it
    #[arg(long, default_value_t = 8480)]
    pub(crate) port: u16,
    /// Seed of the simulated population: the same seed gives the same population
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Share of valid numbers that are on WhatsApp
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    pub(crate) registered: f64,
    /// Append every checked number and its answer to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Environment variable with the token that callers must send
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) token_env: Option<String>,
    /// Environment variable with the USER:PASSWORD that can log in for a token
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) login_env: Option<String>,
    /// Calls allowed per second; further calls get 429
    #[arg(long, value_name = "N")]
    pub(crate) calls_a_second: Option<usize>,
    /// Numbers allowed per 24 hours; further numbers get 466
    #[arg(long, value_name = "N")]
    pub(crate) numbers_a_day: Option<u64>,
    /// Seconds that a lookup takes when the caller does not wait for it
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lookup_seconds: i64,
    /// Fault to inject: KIND, KIND=FIRST_REQUESTS, KIND@REQUEST or KIND:SHARE; may be repeated
    ///
    /// Kinds: rate-limit, retry-after, server-error, timeout-before, timeout-after, truncate,
    /// always-valid, processing, missing, contradict, html, always-invalid, doubled, reordered,
    /// unasked, expired-token; for pages of providers repeat-page, loop-page, empty-page, foreign-link, small-page,
    /// wrong-total, error-body, cut-page, tied-times. `POST /sandbox/faults` changes the faults while the sandbox runs,
    /// and `POST /sandbox/clock` moves its clock
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<Fault>,
    /// People that each provider knows, such as Twilio; without them providers hold nothing
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(..=5_000))]
    pub(crate) people: u32,
    /// Messages that each provider keeps
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) messages: u32,
    /// Days from the oldest message of a provider to the newest, which is of the start of the clock
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) days: u32,
    /// Account at every provider; without it every account is answered
    #[arg(long, value_name = "ID")]
    pub(crate) provider_account: Option<String>,
    /// Lift the documented rates of providers
    #[arg(long)]
    pub(crate) no_rates: bool,
    /// Time at which the clock starts, such as 2026-03-03T09:14:07Z [default: now]
    #[arg(long, visible_alias = "clock-from", value_name = "TIME")]
    pub(crate) starts_at: Option<Timestamp>,
    /// Let the clock stand still until `POST /sandbox/clock` moves it
    #[arg(long)]
    pub(crate) frozen_clock: bool,
    #[command(flatten)]
    pub(crate) sends: SendsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SendsArgs {
    /// Settings of the sending side: numbers, limits, faults and what people do; `POST /sandbox/sending` replaces them
    #[arg(long, value_name = "FILE")]
    pub(crate) sending: Option<PathBuf>,
    /// Append every message, status and answer of a person to a file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) sends_log: Option<PathBuf>,
    /// Environment variable with the app secret that signs webhooks of the sending side
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) webhook_secret_env: Option<String>,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|it| (0.0..=1.0).contains(it)).ok_or_else(|| "a share is a number from 0 to 1".to_owned())
}
