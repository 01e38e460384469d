//! `ferry campaign`: sends the campaigns of a plan.

use anyhow::Result;
use campaign_desk::{OrderedWord, Settling, Starting, event_line, order, planned, prove, settle, status};
use plan::Plan;
use tokio::sync::watch;

use crate::cli::campaign::{CampaignArgs, CampaignCommand, OrderArgs, ProveArgs, SettleArgs, SettledAs, StartArgs};
use crate::commands::question::typed;
use crate::commands::stop::Stop;
use crate::exit::Exit;
use crate::output::{Output, print_message};

pub(crate) async fn run(command: &CampaignCommand, output: Output) -> Result<Exit> {
    match command {
        CampaignCommand::Plan(args) | CampaignCommand::DryRun(args) => {
            let is_dry_run = matches!(command, CampaignCommand::DryRun(_));
            let (value, text) = planned(&plan_of(&args.of)?, &args.of.campaign, args.rehearse, is_dry_run).await?;
            output.print(&value, || text)?;
            let is_good = value.checks.iter().all(|it| it.state != "bad");
            return Ok(if is_good { Exit::Done } else { Exit::Gate });
        }
        CampaignCommand::Start(args) => return start(args, output).await,
        CampaignCommand::Pause(args) => give(args, OrderedWord::Pause, output).await?,
        CampaignCommand::Resume(args) => {
            let word = OrderedWord::Resume { accepts_templates: args.accept_templates };
            give(&args.order, word, output).await?;
        }
        CampaignCommand::Stop(args) => give(args, OrderedWord::Stop, output).await?,
        CampaignCommand::Status(args) => {
            let (value, text) = status(&plan_of(&args.of)?, &args.of.campaign, args.rehearse).await?;
            output.print(&value, || text)?;
        }
        CampaignCommand::Settle(args) => settle_messages(args, output).await?,
        CampaignCommand::Prove(args) => return prove_campaign(args, output).await,
    }
    Ok(Exit::Done)
}

fn plan_of(args: &CampaignArgs) -> Result<Plan> {
    Ok(Plan::read(&args.plan)?)
}

/// Whoever gives an order, for the journal.
fn by_whom() -> String {
    std::env::var("USER").unwrap_or_default()
}

async fn give(args: &OrderArgs, word: OrderedWord, output: Output) -> Result<()> {
    let said = (args.reason.as_str(), by_whom());
    let (value, text) = order(&plan_of(&args.of)?, &args.of.campaign, word, (said.0, &said.1)).await?;
    output.print(&value, || text)
}

async fn start(args: &StartArgs, output: Output) -> Result<Exit> {
    let plan = plan_of(&args.of)?;
    // Whoever reads the first line may stop it at once: the signals must be known by then.
    let mut stop = Stop::new()?;
    let starting = Starting::prepare(&plan, &args.of.campaign, args.rehearse, &by_whom()).await?;
    print_message(starting.text().trim_end());
    if !starting.is_good() {
        print_message("nothing was sent: see what is BAD above");
        output.print(&starting.close().await, String::new)?;
        return Ok(Exit::Gate);
    }
    if let Some(n) = args.yes_send {
        starting.check_number(n)?;
    } else if starting.needs_confirmation() && !typed(&starting.words_to_type())? {
        print_message("nothing was sent");
        output.print(&starting.close().await, String::new)?;
        return Ok(Exit::Done);
    }
    let (interrupt, interrupted) = watch::channel(false);
    tokio::spawn(async move {
        stop.wait().await;
        print_message("ending: the answers that are awaited are still taken");
        let _ = interrupt.send(true);
    });
    let mut tell = |event| event_line(&event).iter().for_each(|it| print_message(it));
    let (value, text) = starting.carry_out(interrupted, &mut tell).await?;
    output.print(&value, || text)?;
    Ok(match value.ended {
        "paused" => Exit::Gate,
        "interrupted" => Exit::Interrupted,
        _ => Exit::Done,
    })
}

async fn settle_messages(args: &SettleArgs, output: Output) -> Result<()> {
    let settling = match args.settled_as {
        _ if args.from_log => Settling::FromLog,
        None => Settling::Show,
        Some(settled_as) => Settling::As {
            was_sent: settled_as == SettledAs::Sent,
            messages: args.messages.clone(),
            all: args.all,
            reason: args.reason.clone().unwrap_or_default(),
        },
    };
    let (value, text) = settle(&plan_of(&args.of)?, &args.of.campaign, &settling, &by_whom()).await?;
    output.print(&value, || text)
}

async fn prove_campaign(args: &ProveArgs, output: Output) -> Result<Exit> {
    let (value, text) = prove(&plan_of(&args.of)?, &args.of.campaign, args.sandbox_log.as_deref()).await?;
    output.print(&value, || text)?;
    Ok(if value.is_good { Exit::Done } else { Exit::Failed })
}
