use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Show everyone who has or had a number or an id, with all other identities and what happened to them
    ///
    /// Numbers change, and carriers give old numbers to other people. A contact whose number may have a new owner is held:
    /// nothing is sent to it until `ferry identity acknowledge`.
    Show(ShowIdentityArgs),
    /// Confirm that a contact is still the person who has its number
    ///
    /// Make sure first, for example by asking the person. If somebody else has the number now, do not acknowledge: the
    /// contact stays held, and nothing is sent. A later change holds the contact again.
    Acknowledge(AcknowledgeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowIdentityArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// A phone number, a contact id, or any other id: of Viber, of WhatsApp, a user name
    pub(crate) identity: String,
}

#[derive(Debug, Args)]
pub(crate) struct AcknowledgeArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The contact: a phone number, a contact id, or an id of Viber or another system
    pub(crate) contact: String,
    /// Your name; stored in the database
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) by: String,
    /// How you made sure; stored in the database
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// The name of a person; blanks name nobody.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() { Err("a name is needed: who decides this".to_owned()) } else { Ok(name.to_owned()) }
}
