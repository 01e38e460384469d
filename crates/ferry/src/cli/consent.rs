use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use consent_ledger::import::StatementField;
use model::{ConsentChannel, ConsentPurpose, ConsentState, ProofKind, WordingName};

#[derive(Debug, Subcommand)]
pub(crate) enum ConsentCommand {
    /// Import opt-ins with their own dates, wordings and proofs, or a list of people who refuse
    ///
    /// One statement a row, as CSV or any format of an export. The columns are phone, contact_id or viber_id (with scope),
    /// channel, state, said_at, purpose, wording, place, proof, proof_digest, identity and words; --column names others. A
    /// yes needs its date. An answer that is not understood is recorded as unclear and is never a yes: see `ferry consent
    /// review`. People need not be in the database. The same file again adds nothing.
    ///
    /// Ends with 3 if rows were refused or are to be reviewed.
    Import(ConsentImportArgs),
    /// Show what a person has said, what counts now, and why
    Show(ConsentShowArgs),
    /// Write the whole ledger, with all statements that were ever recorded
    Export(ConsentExportArgs),
    /// Write a signed receipt for a consent that counts, or check one
    ///
    /// The receipt is JSON in the terms of ISO/IEC TS 27560:2023. Ends with 1 if there is no consent that counts, and says
    /// what is there instead.
    Prove(ConsentProveArgs),
    /// List answers that are not understood and hold people back, and decide about them
    ///
    /// A decision says how an old answer is read: it is a new statement with the date of the answer and its reason, and
    /// settles the answer. A consent that was given later is imported: see `ferry consent import`. Many are decided in a
    /// file: write it with --export, fill in its columns decision, wording, because and by, and read it with --import. The
    /// same decision again changes nothing.
    ///
    /// Ends with 3 if decisions of a file were refused.
    Review(ConsentReviewArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConsentImportArgs {
    /// The file with the statements
    pub(crate) file: PathBuf,
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// Everybody in the file refuses: a list of people who have opted out, one in a row
    #[arg(long, conflicts_with_all = ["wording", "proof_kind"])]
    pub(crate) opt_outs: bool,
    /// Column of a field, such as phone="Tel"; may be repeated
    #[arg(long = "column", value_name = "FIELD=NAME", value_parser = column)]
    pub(crate) columns: Vec<(StatementField, String)>,
    /// Channel of rows that name none [default: none; with --opt-outs: all]
    #[arg(long, value_parser = channel)]
    pub(crate) channel: Option<ConsentChannel>,
    /// Answer of rows that give none: yes, no or stop [default: none; with --opt-outs: stop]
    #[arg(long, value_parser = state)]
    pub(crate) state: Option<ConsentState>,
    /// Purpose of rows that name none; may be repeated [default: those of the wording]
    #[arg(long = "purpose", value_parser = purpose)]
    pub(crate) purposes: Vec<ConsentPurpose>,
    /// Wording of rows that name none: what the people were told
    #[arg(long, value_name = "NAME@VERSION", value_parser = wording)]
    pub(crate) wording: Option<WordingName>,
    /// Place of rows that name none: the page, the shop, the number that was called
    #[arg(long, value_name = "PLACE")]
    pub(crate) place: Option<String>,
    /// Kind of proofs that are written without one: message, row, form or call
    #[arg(long, value_name = "KIND", value_parser = proof_kind)]
    pub(crate) proof_kind: Option<ProofKind>,
    /// Scope of Viber ids, such as the name of the bot [default: that of the Viber sources of the plan, if they have one]
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Whether 03/04/2026 has the day or the month first: day-first or month-first
    #[arg(long, value_name = "ORDER", value_parser = date_order)]
    pub(crate) date_order: Option<clean::DateOrder>,
    /// Time zone of times and days that name none, such as Europe/Paris [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = timezone)]
    pub(crate) timezone: Option<String>,
    /// Name of the source in the ledger [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Write refused rows to this file, with their line and the reason
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Print what would happen, and write nothing to the database
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConsentShowArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// A phone number, a contact id, or an id of Viber or another system
    pub(crate) who: String,
}

#[derive(Debug, Args)]
pub(crate) struct ConsentExportArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// The format [default: by the file extension, else csv]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) r#as: Option<LedgerFormat>,
    /// Write phone numbers too
    #[arg(long)]
    pub(crate) with_numbers: bool,
    /// Write cells unchanged, even if a spreadsheet may run them as formulas
    #[arg(long)]
    pub(crate) exact: bool,
}

/// The format of an exported ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LedgerFormat {
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct ConsentProveArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// A phone number, a contact id, or an id of Viber or another system
    #[arg(required_unless_present = "check", conflicts_with = "check")]
    pub(crate) who: Option<String>,
    /// Channel of the consent
    #[arg(long, value_parser = messaging_channel, default_value = "whatsapp")]
    pub(crate) channel: ConsentChannel,
    /// Purpose of the consent
    #[arg(long, value_parser = purpose, default_value = "marketing")]
    pub(crate) purpose: ConsentPurpose,
    /// Write the receipt to this file
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub(crate) to: Option<PathBuf>,
    /// Check the signature of a receipt
    #[arg(long, value_name = "FILE")]
    pub(crate) check: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ConsentReviewArgs {
    /// The plan
    #[arg(long, default_value = "plan.toml")]
    pub(crate) plan: PathBuf,
    /// The person to decide about: a phone number, a contact id, or an id of Viber or another system
    #[arg(requires = "decide", conflicts_with_all = ["export", "import"])]
    pub(crate) who: Option<String>,
    /// The decision: yes, no or stop
    #[arg(long, value_name = "STATE", value_parser = state, requires = "who", requires_all = ["because", "by"])]
    pub(crate) decide: Option<ConsentState>,
    /// The reason of the decision
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: Option<String>,
    /// The name of the person who decides
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// What the person consents to; a yes needs it
    #[arg(long, value_name = "NAME@VERSION", value_parser = wording)]
    pub(crate) wording: Option<WordingName>,
    /// Decide for this channel, which the answer holds back too: no or stop [default: the channel of the answer]
    #[arg(long, value_parser = messaging_channel)]
    pub(crate) channel: Option<ConsentChannel>,
    /// Decide anew: the answer was decided in another way before, and that was wrong. A refusal stays
    #[arg(long)]
    pub(crate) again: bool,
    /// The id of one statement, if the person has several that are unclear
    #[arg(long, value_name = "ID", value_parser = statement_id)]
    pub(crate) statement: Option<i64>,
    /// Write the list as CSV, with columns for decisions; - is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "import")]
    pub(crate) export: Option<PathBuf>,
    /// Write phone numbers into the list too
    #[arg(long, requires = "export")]
    pub(crate) with_numbers: bool,
    /// Read decisions from a list that --export wrote
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
}

fn column(text: &str) -> Result<(StatementField, String), String> {
    let (field, name) = text.split_once('=').ok_or("write FIELD=NAME, such as phone=Tel")?;
    let known = || StatementField::ALL.map(StatementField::name).join(", ");
    let field = StatementField::from_name(field).ok_or_else(|| format!("the fields are {}", known()))?;
    Ok((field, name.to_owned()))
}

fn channel(text: &str) -> Result<ConsentChannel, String> {
    ConsentChannel::from_name(text).ok_or_else(|| "a channel is sms, viber, whatsapp, email or all".to_owned())
}

fn messaging_channel(text: &str) -> Result<ConsentChannel, String> {
    let found = ConsentChannel::MESSAGING.into_iter().find(|it| it.name() == text);
    found.ok_or_else(|| "the channels are sms, viber and whatsapp".to_owned())
}

fn state(text: &str) -> Result<ConsentState, String> {
    let found = ConsentState::from_name(text).filter(|it| *it != ConsentState::Unclear);
    found.ok_or_else(|| "an answer is yes, no or stop".to_owned())
}

fn purpose(text: &str) -> Result<ConsentPurpose, String> {
    let found = ConsentPurpose::OF_MESSAGES.into_iter().find(|it| it.name() == text);
    found.ok_or_else(|| "a purpose is conversation, utility, marketing or authentication".to_owned())
}

fn wording(text: &str) -> Result<WordingName, String> {
    WordingName::parse(text).ok_or_else(|| "a wording is NAME@VERSION of a [[wording]] in the plan".to_owned())
}

fn proof_kind(text: &str) -> Result<ProofKind, String> {
    ProofKind::from_name(text).ok_or_else(|| "a proof is a message, row, form or call".to_owned())
}

fn date_order(text: &str) -> Result<clean::DateOrder, String> {
    clean::DateOrder::from_name(text).ok_or_else(|| "the order is day-first or month-first".to_owned())
}

fn timezone(text: &str) -> Result<String, String> {
    let zone = clean::zone(text).map(|_| text.to_owned());
    zone.ok_or_else(|| "a time zone is one such as Europe/Paris or UTC".to_owned())
}

fn statement_id(text: &str) -> Result<i64, String> {
    let id = u64::from_str_radix(text, 16).map(u64::cast_signed);
    id.map_err(|_| "the id of a statement has hexadecimal digits: `ferry consent review` shows it".to_owned())
}
