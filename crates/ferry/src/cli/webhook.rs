use clap::{Args, Subcommand};

use super::PlannedArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Show which addresses are registered at the platforms, and where they differ from the plan
    ///
    /// At Meta: the address of the app, of the account of [whatsapp], and of each of its numbers. At 360dialog: that of the API key.
    /// For Twilio it says what to enter where.
    Show(ShowWebhookArgs),
    /// Register the address of the plan at the platform of a webhook
    ///
    /// Says what it replaces, asks, registers the address, and reads it back. `ferry serve` must run, because Meta calls the address
    /// first. If another program gets the messages today, the webhook must hand them on to it with forward, or --replace says that
    /// nobody needs it.
    Register(RegisterWebhookArgs),
    /// Hand on again what was given up
    ///
    /// `ferry serve` gives a body up when the program of forward has refused it 20 times, or has not taken it for 7 days. It is
    /// handed on again as long as the raw body is kept.
    Retry(ShowWebhookArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowWebhookArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// Only the webhook of this name
    #[arg(value_name = "NAME")]
    pub(crate) webhook: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RegisterWebhookArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// The name of the webhook, if the plan has several
    #[arg(value_name = "NAME")]
    pub(crate) webhook: Option<String>,
    /// Register it for the number with this id at Meta, and not for the whole account
    #[arg(long, value_name = "ID")]
    pub(crate) number: Option<String>,
    /// Cut off the program that gets the messages today
    #[arg(long)]
    pub(crate) replace: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
