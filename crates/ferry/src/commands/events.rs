//! `ferry events`: what webhooks have brought.

use anyhow::Result;
use crossing::Progress;
use events_desk::Which;
use plan::Plan;

use crate::cli::events::EventsCommand;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn run(command: &EventsCommand, progress: &Progress, output: Output) -> Result<Exit> {
    match command {
        EventsCommand::Stats(plan) => {
            let (value, text) = events_desk::stats(&Plan::read(&plan.path())?).await?;
            output.print(&value, || text)?;
        }
        EventsCommand::Show(args) => {
            let which = match (&args.who, args.number) {
                (Some(who), _) => Which::Of(who.clone()),
                (None, Some(number)) => Which::Number(number),
                (None, None) => Which::Newest,
            };
            let (value, text) = events_desk::show(&Plan::read(&args.plan)?, &which, args.last).await?;
            output.print(&value, || text)?;
        }
        EventsCommand::Dead(args) => {
            let (value, text) = events_desk::dead(&Plan::read(&args.plan.path())?, args.all).await?;
            output.print(&value, || text)?;
        }
        EventsCommand::Retry(args) => {
            let (value, text) = events_desk::retry(&Plan::read(&args.plan.path())?, args.body, progress).await?;
            output.print(&value, || text)?;
            return Ok(if value.open + value.without_webhook > 0 { Exit::Rejects } else { Exit::Done });
        }
        EventsCommand::Drop(args) => {
            let (value, text) = events_desk::drop_letters(&Plan::read(&args.plan)?, &args.numbers, progress).await?;
            output.print(&value, || text)?;
        }
    }
    Ok(Exit::Done)
}
