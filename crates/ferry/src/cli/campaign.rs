use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum CampaignCommand {
    /// Say whom a campaign would go to, when, and what must be in order first
    ///
    /// The calendar is made by the code that sends. Nothing is sent or changed.
    Plan(CampaignLook),
    /// The same, with the messages as they would be sent
    DryRun(CampaignLook),
    /// Send a campaign, and go on until everybody was written to, a gate pauses it, or somebody stops it
    ///
    /// Nobody gets a step twice, however often this is started, killed or run beside another. Ctrl-C and SIGTERM end it after the
    /// answers that are awaited; start goes on.
    ///
    /// In mode live it begins only after you have typed the name of the campaign and the number of people, or with --yes-send.
    Start(StartArgs),
    /// Let nothing more go until resume
    Pause(OrderArgs),
    /// Let a paused campaign go on; start sends it
    Resume(ResumeArgs),
    /// End a campaign for good
    ///
    /// A sender that is running lets nothing more go after this is written, and this says how long after the order the last message
    /// was let go.
    Stop(OrderArgs),
    /// Show how far a campaign has come, and what the next message waits for
    Status(CampaignLook),
    /// Show messages of which nobody knows whether they left, and settle them
    ///
    /// A status that comes settles such a message. Without one it counts as sent for ever, unless you know better: --as sent or
    /// --as not-sent with a reason, which is kept. What was not sent is sent again.
    Settle(SettleArgs),
    /// Prove what became of a campaign: who got a message twice, after a stop, or not at all
    ///
    /// By the database, the log of sends, and in a rehearsal the log of the sandbox. Ends with 1 if anything is wrong.
    Prove(ProveArgs),
}

/// The campaign of a plan.
#[derive(Debug, Args)]
pub(crate) struct CampaignArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The name of the campaign
    #[arg(value_name = "NAME")]
    pub(crate) campaign: String,
}

#[derive(Debug, Args)]
pub(crate) struct CampaignLook {
    #[command(flatten)]
    pub(crate) of: CampaignArgs,
    /// Take the time from the sandbox, whose clock moves only when a sender moves it
    #[arg(long)]
    pub(crate) rehearse: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(crate) of: CampaignArgs,
    /// Take the time from the sandbox, and move it when there is nothing to do before some moment
    ///
    /// Only with an address of this machine. Weeks take minutes, and the same seed goes the same way.
    #[arg(long)]
    pub(crate) rehearse: bool,
    /// Begin in mode live without a question, if so many people would get the first step now
    #[arg(long, value_name = "N")]
    pub(crate) yes_send: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    #[command(flatten)]
    pub(crate) of: CampaignArgs,
    /// Why; it is kept
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    pub(crate) order: OrderArgs,
    /// Take templates that have changed as they are now
    ///
    /// Whoever has not consented to the purpose of a new category stays held.
    #[arg(long)]
    pub(crate) accept_templates: bool,
}

/// What is known of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettledAs {
    Sent,
    NotSent,
}

#[derive(Debug, Args)]
pub(crate) struct SettleArgs {
    #[command(flatten)]
    pub(crate) of: CampaignArgs,
    /// The ids of the messages
    #[arg(value_name = "MESSAGE", requires = "settled_as")]
    pub(crate) messages: Vec<String>,
    /// What you know of them
    #[arg(long = "as", value_name = "OUTCOME", requires = "reason")]
    pub(crate) settled_as: Option<SettledAs>,
    /// How you know it; it is kept
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// All messages of the campaign that are unknown
    #[arg(long, requires = "settled_as", conflicts_with = "messages")]
    pub(crate) all: bool,
    /// Add what the log of sends has and the database does not, as unknown: after a restore
    #[arg(long, conflicts_with = "settled_as")]
    pub(crate) from_log: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    pub(crate) of: CampaignArgs,
    /// The log of the sandbox, which `ferry sandbox --sends-log` writes
    #[arg(long, value_name = "FILE")]
    pub(crate) sandbox_log: Option<PathBuf>,
}
