//! One module per command.

mod audit;
pub(crate) mod export;
mod fix;
mod inspect;
mod manual;
mod people;
mod sandbox;
mod scenario;
mod status;
mod suppress;
mod template;
mod trace;
mod translate;
pub(crate) mod unreadable;

use std::io::Write;

use anyhow::{Result, bail};
use model::Stage;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, ExportCommand, Format, Only, RerunArgs, RunArgs, Where};
use crate::exit::Exit;
use crate::pipeline;
use crate::progress::Progress;
use crate::session::Session;
use crate::stages::backup;
use crate::stages::load::described;
use crate::stages::verify::{Which, uninformative};

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<Exit> {
    let output = Output { format: cli.format };
    let progress = Progress::new(cli.quiet);
    match cli.command {
        Command::Inspect(args) => inspect::files(&args, output),
        Command::Init(args) => inspect::init(&args, output),
        Command::Profiles { name } => inspect::profile_list(name.as_deref(), output),
        Command::Run(args) => run_plan(&args, progress, output).await,
        Command::Extract(args) => run_stage(&args, Stage::Extract, progress).await,
        Command::Clean(args) => run_stage(&args, Stage::Clean, progress).await,
        Command::Verify(args) => verify(&args, progress, output).await,
        Command::Load(args) => run_stage(&args, Stage::Load, progress).await,
        Command::Status(args) => status::status(&args, output).await,
        Command::Rerun(args) => rerun(&args, progress, output).await,
        Command::Fix(args) => fix::fix(&args, progress, output).await,
        Command::Suppress(args) => suppress::suppress(&args, output).await,
        Command::Unreadable(args) => unreadable::unreadable(&args, output),
        Command::Merge(args) => people::merge(&args, output).await,
        Command::Unmerge(args) => people::unmerge(&args, output).await,
        Command::Share(args) => people::share(&args, output).await,
        Command::Audit(place) => audit::audit(&place, output).await,
        Command::Trace(args) => trace::trace(&args, output).await,
        Command::Export(ExportCommand::Contacts(args)) => export::contacts(&args, output).await,
        Command::Export(ExportCommand::Segment { name, args }) => export::segment(name, &args, output).await,
        Command::Restore(place) => restore(&place, progress, output).await,
        Command::Scenario(command) => scenario::run(&command, output),
        Command::Translate(args) => translate::run(&args, output),
        Command::Template(command) => template::run(&command, progress, output).await,
        Command::Sandbox(args) => sandbox::serve(args).await,
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
    }
}

/// Logs go to standard error, so that results stay alone on standard output.
pub(crate) fn start_log(cli: &Cli) {
    let filter = EnvFilter::try_from_env("FERRY_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.format {
        Format::Text => log.init(),
        Format::Json => log.json().init(),
    }
}

async fn run_plan(args: &RunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut session = Session::open(args, progress)?;
    let summary = pipeline::run(&mut session).await?;
    output.print(&summary, || summary.text(session.plan.verify.as_ref()))?;
    Ok(summary.exit())
}

async fn run_stage(args: &RunArgs, stage: Stage, progress: Progress) -> Result<Exit> {
    let mut session = Session::open(args, progress)?;
    if args.dry_run && stage == Stage::Load {
        bail!("loading works on the database: use `ferry run --dry-run` to see what it would do");
    }
    pipeline::stage(&mut session, stage).await?;
    Ok(Exit::Done)
}

async fn rerun(args: &RerunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut session = Session::reopen(&args.place, progress)?;
    if let Some(only) = args.only {
        return ask_again(&mut session, only, output).await;
    }
    let (Some(batch), Some(from)) = (args.batch, args.from) else {
        bail!("name a --batch, or whom to ask about --only")
    };
    let loaded = pipeline::rerun(&mut session, batch, from).await?;
    let value = serde_json::json!({
        "batch": batch, "inserted": loaded.inserted, "updated": loaded.updated, "unchanged": loaded.unchanged,
    });
    output.print(&value, || format!("batch {batch} is done again: {}\n", described(&loaded)))?;
    let verified = session.folder.manifest.stages.get(&Stage::Verify).filter(|_| from == Stage::Verify);
    Ok(verified.and_then(uninformative).map_or(Exit::Done, |_| Exit::Unverified))
}

async fn verify(args: &RunArgs, progress: Progress, output: Output) -> Result<Exit> {
    let mut session = Session::open(args, progress)?;
    check_verifier(&session)?;
    let summary = match args.dry_run {
        true => pipeline::ask_dry(&session).await?,
        false => pipeline::ask(&mut session, Which::Waiting).await?,
    };
    summary.print_verified(&session, output)
}

async fn ask_again(session: &mut Session, only: Only, output: Output) -> Result<Exit> {
    check_verifier(session)?;
    let which = match only {
        Only::NoAnswer => Which::NoAnswer,
        Only::Expired => Which::Expired,
        Only::Failed => Which::Waiting,
    };
    pipeline::ask(session, which).await?.print_verified(session, output)
}

fn check_verifier(session: &Session) -> Result<()> {
    match session.plan.verify {
        Some(_) => Ok(()),
        None => bail!("the plan has no [verify]: there is nobody to ask"),
    }
}

async fn restore(place: &Where, progress: Progress, output: Output) -> Result<Exit> {
    let mut session = Session::reopen(place, progress)?;
    let n_contacts = backup::restore(&mut session).await?;
    output.print(&serde_json::json!({ "contacts": n_contacts }), || {
        format!("the database is what it was before the run: {n_contacts} contacts\n")
    })?;
    Ok(Exit::Done)
}

/// Where results go: standard output, in the form that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    /// The same place, in JSON.
    pub(crate) fn as_json(self) -> Self {
        Self { format: Format::Json }
    }

    /// Prints a result. A reader that has had enough, such as `head`, is no error.
    pub(crate) fn print(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        let text = match self.format {
            Format::Text => text(),
            Format::Json => serde_json::to_string_pretty(value)? + "\n",
        };
        match std::io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }
}
