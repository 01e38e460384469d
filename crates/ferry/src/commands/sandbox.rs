use std::io::Write;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, Result};
use jiff::Timestamp;
use sandbox::{
    Clock, Ledger, Limits, Login, Population, ProviderSettings, Providers, Sandbox, Sending, SendingSettings, SendsLog,
    Templates, Uploads,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::sandbox::{SandboxArgs, SandboxCommand, SendsArgs, ServerArgs};
use crate::commands::sandbox_webhooks;
use crate::exit::Exit;
use crate::output::Output;

/// Runs `ferry sandbox` or one of its commands.
pub(crate) async fn run(args: SandboxArgs, output: Output) -> Result<Exit> {
    match args.command {
        Some(SandboxCommand::Webhooks(args)) => sandbox_webhooks::send(&args, output).await,
        None => serve(args.server).await,
    }
}

/// Runs the simulated server until it is stopped by a signal.
async fn serve(args: ServerArgs) -> Result<Exit> {
    let token = args.token_env.as_deref().map(variable).transpose()?;
    let ledger = args
        .ledger
        .map(|it| Ledger::open(&it).with_context(|| format!("could not open the ledger {}", it.display())))
        .transpose()?;
    let login = args.login_env.as_deref().map(variable).transpose()?;
    let starts_at = args.starts_at.unwrap_or_else(Timestamp::now);
    let provided = ProviderSettings {
        seed: args.seed,
        people: args.people,
        messages: args.messages,
        days: args.days,
        account: args.provider_account,
        no_rates: args.no_rates,
    };
    let sandbox = Sandbox {
        population: Population::new(args.seed, args.registered),
        faults: args.faults.into(),
        ledger,
        token,
        login: login.as_deref().map(Login::of),
        limits: Limits {
            calls_a_second: args.calls_a_second,
            numbers_a_day: args.numbers_a_day,
            lookup_seconds: args.lookup_seconds,
            ..Limits::default()
        },
        clock: if args.frozen_clock { Clock::frozen(starts_at) } else { Clock::starting(starts_at) },
        templates: Templates::default(),
        uploads: Uploads::default(),
        providers: Providers::new(provided, starts_at),
        sending: sending(args.sends)?,
        n_requests: AtomicU64::new(0),
    };
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await;
    let listener =
        listener.with_context(|| format!("could not listen on 127.0.0.1:{}: choose another --port", args.port))?;
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    writeln!(std::io::stdout(), "sandbox on http://{}", listener.local_addr()?)?;
    tokio::select! {
        served = sandbox::serve(sandbox, listener) => served.context("the sandbox failed")?,
        () = stop => {}
    }
    Ok(Exit::Done)
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("the environment variable {name} is not set"))
}

/// Makes the sending side by its options.
fn sending(args: SendsArgs) -> Result<Sending> {
    let settings = match &args.sending {
        None => SendingSettings::default(),
        Some(path) => {
            let shown = path.display();
            let text = std::fs::read_to_string(path).with_context(|| format!("could not read {shown}"))?;
            serde_json::from_str(&text).with_context(|| format!("{shown} holds no settings of sending"))?
        }
    };
    let log = args
        .sends_log
        .map(|it| SendsLog::open(&it).with_context(|| format!("could not open the log of sends {}", it.display())))
        .transpose()?;
    let secret = args.webhook_secret_env.as_deref().map(variable).transpose()?;
    Sending::new(settings, secret, log).context("the settings of sending are wrong")
}
