//! One module per command.

mod audit;
mod campaign;
mod check;
mod consent;
mod crm;
mod events;
pub(crate) mod export;
mod export_suppression;
mod fix;
mod identity;
mod inspect;
mod key;
mod manual;
mod notification;
mod output_place;
mod people;
mod question;
mod restore;
mod run;
mod runs;
mod sandbox;
mod sandbox_webhooks;
mod scenario;
mod serve;
mod sources;
mod status;
mod stop;
mod suppress;
mod template;
mod trace;
mod translate;
mod unreadable;
mod webhook;

use anyhow::Result;
use std::time::Instant;

use crossing::Progress;
use tracing_subscriber::EnvFilter;

use crate::cli::export::ExportCommand;
use crate::cli::{Cli, Command, LogFormat};
use crate::exit::{Exit, exit_of};
use crate::output::{Output, print_message};
use crate::progress_bars;

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<Exit> {
    let started = Instant::now();
    tell_of_interrupts(&cli.command);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "ferry begins");
    let ended = command(cli).await;
    let exit = ended.as_ref().map_or_else(exit_of, |it| *it);
    tracing::info!(exit = exit as u8, status = exit.name(), seconds = started.elapsed().as_secs_f64(), "ferry ends");
    ended
}

/// Says at Ctrl-C that a run can go on, and ends the process. What a run has done by then is kept.
fn tell_of_interrupts(command: &Command) {
    let is_stopped_here = match command {
        // Stops by itself.
        Command::Extract(args) => !args.follow,
        _ => false,
    };
    let goes_on = is_stopped_here
        || matches!(
            command,
            Command::Run(_)
                | Command::Clean(_)
                | Command::Verify(_)
                | Command::Load(_)
                | Command::Rerun(_)
                | Command::Fix(_)
        );
    if goes_on {
        tokio::spawn(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                print_message("stopped: finished work is kept; run the same command again to go on");
                std::process::exit(Exit::Interrupted as i32);
            }
        });
    }
}

async fn command(cli: Cli) -> Result<Exit> {
    let output = Output { format: cli.format };
    let has_bars = cli.verbose == 0 && cli.log_format == LogFormat::Text;
    let progress: Progress = progress_bars::progress(cli.quiet, has_bars);
    match cli.command {
        Command::Inspect(args) => inspect::files(&args, output),
        Command::Init(args) => inspect::init(&args, output),
        Command::Profiles { name } => inspect::profile_list(name.as_deref(), output),
        Command::Check(plan) => check::check(&plan.path(), output).await,
        Command::Run(args) => run::run(&args, progress, output).await,
        Command::Extract(args) => run::extract(&args, progress, output).await,
        Command::Sources(command) => sources::run(&command, output).await,
        Command::Clean(args) => run::clean(&args, progress).await,
        Command::Verify(args) => run::verify(&args, progress, output).await,
        Command::Load(args) => run::load(&args, progress, output).await,
        Command::Runs(args) => runs::runs(&args, output).await,
        Command::Status(args) => status::status(&args, output).await,
        Command::Rerun(args) => run::rerun(&args, progress, output).await,
        Command::Fix(args) => fix::fix(&args, progress, output).await,
        Command::Suppress(args) => suppress::suppress(&args, &progress, output).await,
        Command::Consent(command) => consent::run(&command, &progress, output).await,
        Command::Unreadable(args) => unreadable::unreadable(&args, output),
        Command::Merge(args) => people::merge(&args, output).await,
        Command::Unmerge(args) => people::unmerge(&args, output).await,
        Command::Share(args) => people::share(&args, output).await,
        Command::Identity(command) => identity::run(&command, output).await,
        Command::Audit(place) => audit::audit(&place, output).await,
        Command::Trace(args) => trace::trace(&args, output).await,
        Command::Export(ExportCommand::Contacts(args)) => export::contacts(&args, output).await,
        Command::Export(ExportCommand::Segment { name, args }) => export::segment(&name, &args, output).await,
        Command::Export(ExportCommand::Suppression(args)) => export_suppression::export(&args, output).await,
        Command::Restore(args) => restore::restore(&args, &progress, output).await,
        Command::Crm(command) => crm::crm(&command, output),
        Command::Key(command) => key::run(&command, output).await,
        Command::Scenario(command) => scenario::run(&command, output).await,
        Command::Translate(args) => translate::run(&args, output),
        Command::Template(command) => template::run(&command, progress, output).await,
        Command::Campaign(command) => campaign::run(&command, output).await,
        Command::Serve(args) => serve::run(&args, &progress, output).await,
        Command::Events(command) => events::run(&command, &progress, output).await,
        Command::Webhook(command) => webhook::run(&command, output).await,
        Command::Sandbox(args) => sandbox::run(args, output).await,
        Command::Schema { of } => manual::schema(&of),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
    }
}

/// Logs go to standard error, so that standard output holds only results.
pub(crate) fn start_log(cli: &Cli) {
    let filter = EnvFilter::try_from_env("FERRY_LOG").unwrap_or_else(|_| EnvFilter::new(default_filter(cli)));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
}

/// The crates of this workspace that log. Logs of other libraries may hold what they send, and are left to FERRY_LOG.
const LOGGING: [&str; 5] = ["crossing", "ferry", "http", "notify", "serve"];

fn default_filter(cli: &Cli) -> String {
    match cli.verbose {
        // Then progress is lines of the log.
        0 if cli.log_format == LogFormat::Json && !cli.quiet => "warn,ferry=info".to_owned(),
        0 => "warn".to_owned(),
        n => {
            let level = if n == 1 { "info" } else { "debug" };
            LOGGING.iter().fold("warn".to_owned(), |filter, it| format!("{filter},{it}={level}"))
        }
    }
}
