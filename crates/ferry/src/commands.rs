//! One module per command.

mod audit;
mod check;
mod crm;
pub(crate) mod export;
mod fix;
mod inspect;
mod key;
mod manual;
mod people;
mod restore;
mod run;
mod runs;
mod sandbox;
mod scenario;
mod status;
mod suppress;
mod template;
mod trace;
mod translate;
mod unreadable;

use anyhow::Result;
use crossing::Progress;
use model::Stage;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, ExportCommand, Format};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress_bars;

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<Exit> {
    let output = Output { format: cli.format };
    let progress: Progress = progress_bars::progress(cli.quiet);
    match cli.command {
        Command::Inspect(args) => inspect::files(&args, output),
        Command::Init(args) => inspect::init(&args, output),
        Command::Profiles { name } => inspect::profile_list(name.as_deref(), output),
        Command::Check { plan } => check::check(&plan, output).await,
        Command::Run(args) => run::run(&args, progress, output).await,
        Command::Extract(args) => run::extract(&args, progress).await,
        Command::Clean(args) => run::stage(&args, Stage::Clean, progress).await,
        Command::Verify(args) => run::verify(&args, progress, output).await,
        Command::Load(args) => run::stage(&args, Stage::Load, progress).await,
        Command::Runs(args) => runs::runs(&args, output).await,
        Command::Status(args) => status::status(&args, output).await,
        Command::Rerun(args) => run::rerun(&args, progress, output).await,
        Command::Fix(args) => fix::fix(&args, progress, output).await,
        Command::Suppress(args) => suppress::suppress(&args, output).await,
        Command::Unreadable(args) => unreadable::unreadable(&args, output),
        Command::Merge(args) => people::merge(&args, output).await,
        Command::Unmerge(args) => people::unmerge(&args, output).await,
        Command::Share(args) => people::share(&args, output).await,
        Command::Audit(place) => audit::audit(&place, output).await,
        Command::Trace(args) => trace::trace(&args, output).await,
        Command::Export(ExportCommand::Contacts(args)) => export::contacts(&args, output).await,
        Command::Export(ExportCommand::Segment { name, args }) => export::segment(&name, &args, output).await,
        Command::Restore(args) => restore::restore(&args, &progress, output).await,
        Command::Crm(command) => crm::crm(&command, output),
        Command::Key(command) => key::run(&command, output).await,
        Command::Scenario(command) => scenario::run(&command, output),
        Command::Translate(args) => translate::run(&args, output),
        Command::Template(command) => template::run(&command, progress, output).await,
        Command::Sandbox(args) => sandbox::serve(args).await,
        Command::Schema { of } => manual::schema(of, output),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
    }
}

/// Logs go to standard error, so that standard output holds only results.
pub(crate) fn start_log(cli: &Cli) {
    let filter = EnvFilter::try_from_env("FERRY_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.format {
        Format::Text => log.init(),
        Format::Json => log.json().init(),
    }
}
