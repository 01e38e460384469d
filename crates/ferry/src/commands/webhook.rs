//! `ferry webhook`: where platforms send what happens.

use anyhow::Result;
use plan::Plan;
use webhook_desk::{RegisterOptions, Registering, retry, show};

use crate::cli::webhook::{RegisterWebhookArgs, WebhookCommand};
use crate::commands::question::confirmed;
use crate::exit::Exit;
use crate::output::{Output, print_message};

pub(crate) async fn run(command: &WebhookCommand, output: Output) -> Result<Exit> {
    match command {
        WebhookCommand::Show(args) => {
            let (value, text) = show(&Plan::read(&args.plan.path())?, args.webhook.as_deref()).await?;
            output.print(&value, || text)?;
        }
        WebhookCommand::Register(args) => register(args, output).await?,
        WebhookCommand::Retry(args) => {
            let (value, text) = retry(&Plan::read(&args.plan.path())?, args.webhook.as_deref()).await?;
            output.print(&value, || text)?;
        }
    }
    Ok(Exit::Done)
}

async fn register(args: &RegisterWebhookArgs, output: Output) -> Result<()> {
    let plan = Plan::read(&args.plan.path())?;
    let options = RegisterOptions { number: args.number.clone(), may_replace: args.replace };
    let registering = Registering::prepare(&plan, args.webhook.as_deref(), &options).await?;
    let question = registering.question();
    if !registering.is_needed() {
        return output.print(&registering.result(false), || format!("{question}it is registered already\n"));
    }
    if args.dry_run {
        return output.print(&registering.result(false), || format!("{question}nothing was changed\n"));
    }
    if !args.yes && !confirmed(&question, "Register?")? {
        return output.print(&registering.result(false), || "nothing was changed\n".to_owned());
    }
    if args.yes {
        print_message(question.trim_end());
    }
    let value = registering.carry_out().await?;
    output.print(&value, || format!("registered: {}\n", value.address))
}
