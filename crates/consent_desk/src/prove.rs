//! `ferry consent prove`: a signed receipt for a consent that counts.

use std::path::Path;

use anyhow::{Context, Result, bail};
use consent_ledger::receipt::{self, Checked, NoConsent, Proven, Receipt};
use crm::Crm;
use crossing::{check_ledger_reading, look_at_ledger, who};
use jiff::Timestamp;
use model::{Basis, ConsentChannel, ConsentPurpose, ConsentState, ContactId, ContactKey, Statement};
use plan::{Plan, contact_key, find_suppression_keys};
use results::ConsentProof;
use serde_json::Value;

use crate::kept_out::KeptOut;
use crate::{on_day, safe, told};

const TOOL: &str = concat!("ferry ", env!("CARGO_PKG_VERSION"));
/// The most bytes of a receipt: a person says less in a lifetime.
const MOST_BYTES: u64 = 16 << 20;

/// The consent to prove.
#[derive(Clone, Debug)]
pub struct ProveOptions<'a> {
    pub who: &'a str,
    pub channel: ConsentChannel,
    pub purpose: ConsentPurpose,
}

/// Makes a receipt, and says what keeps the person out of messages all the same; that is mostly empty. Fails if there is no
/// consent that counts, and says what is there instead.
pub async fn prove(plan: &Plan, args: &ProveOptions<'_>) -> Result<(ConsentProof, String)> {
    let (crm, key) = look_at_ledger(plan).await?;
    check_ledger_reading(plan, &crm).await?;
    let contact = who::found(plan, &crm, &key, args.who).await?;
    let (ledger, wordings) = (crm.ledger_of(contact).await?, crm.wordings().await?);
    let now = crm.consent_now(contact).await?;
    let kept_out = KeptOut::of(&crm, contact, who::phone(plan, args.who)).await?;
    crm.close().await;
    let proven = Proven {
        contact,
        channel: args.channel,
        purpose: args.purpose,
        ledger: &ledger,
        wordings: &wordings,
        business_name: plan.business.name.as_deref(),
        business_contact: plan.business.contact.as_deref(),
        at: Timestamp::from_microsecond(Timestamp::now().as_microsecond())?,
        tool: TOOL,
    };
    match receipt::prove(&proven, &now, &key) {
        Ok(receipt) => Ok((proof(receipt, Some((true, kept_out))), kept_out.text())),
        Err(none) => bail!(
            "there is no consent to {} by {} that counts: {}",
            args.purpose.name(),
            args.channel.name(),
            reason(&none)
        ),
    }
}

/// A genuine receipt, and whether its consent counts now and what keeps the person out; none without a database.
fn proof(receipt: Receipt, now: Option<(bool, KeptOut)>) -> ConsentProof {
    ConsentProof {
        receipt,
        genuine: true,
        counts: now.map(|it| it.0),
        suppressed: now.and_then(|it| it.1.is_suppressed),
        held: now.map(|it| it.1.is_held()),
    }
}

/// Names the statement that is there instead of a consent that counts.
fn reason(none: &NoConsent) -> String {
    match none {
        NoConsent::NothingSaid => "nothing was said about it".to_owned(),
        NoConsent::CoversNothing(said) => match said.wording() {
            None => format!("the {} names no wording, so it covers no purpose", told(said)),
            Some(_) if said.at.is_none() => format!("the {} has no date, so it covers no purpose", told(said)),
            Some(wording) => {
                let wording = safe(&wording.to_string());
                format!("the wording {wording} of the {} does not name the purpose, or is not known", told(said))
            }
        },
        NoConsent::Refused { statement, is_withdrawn } => refused(statement, *is_withdrawn),
    }
}

fn refused(said: &Statement, is_withdrawn: bool) -> String {
    let when = on_day(said);
    let channel = match said.channel {
        ConsentChannel::All => ", for all channels".to_owned(),
        channel => format!(" by {}", channel.name()),
    };
    match said.state {
        _ if said.basis == Basis::Platform => format!("blocked by the platform {when}{channel}"),
        ConsentState::Unclear => {
            format!("the answer{channel} {when} is not understood: see `ferry consent review`")
        }
        _ if is_withdrawn => format!("withdrawn {when}{channel}"),
        _ => format!("refused {when}{channel}"),
    }
}

/// Checks the signature of a receipt. Fails if it is not genuine, and says why. A genuine one is compared with the database,
/// if that is there: a consent can have been withdrawn since.
pub async fn check_receipt(plan: &Plan, file: &Path) -> Result<(ConsentProof, String)> {
    let key = contact_key(plan)?;
    let shown = || safe(&run_text::path(file));
    let bytes = run::read_small_text(file, MOST_BYTES).with_context(|| format!("could not read {}", shown()))?;
    let receipt = read(&bytes).with_context(|| format!("{} is not a receipt that Ferry has made", shown()))?;
    let why = match receipt.check(&key) {
        Checked::Genuine => {
            let (id, at) = (&receipt.receipt_id, receipt.issued_at);
            let text = format!("{} is genuine: receipt {id} of {at}, signed with this key\n", shown());
            let (now, told) = now(plan, &key, &receipt).await?;
            return Ok((proof(receipt, now), text + &told));
        }
        Checked::OtherKey => format!("it was signed with the contact key {}", safe(&receipt.signature.key_id)),
        Checked::Changed => "it has changed since it was signed".to_owned(),
    };
    bail!("{} is not genuine: {why}", shown())
}

/// Whether the consent of a receipt counts now, what keeps the person out, and both in words. Nothing is known without a
/// database.
async fn now(plan: &Plan, key: &ContactKey, receipt: &Receipt) -> Result<(Option<(bool, KeptOut)>, String)> {
    let about = receipt.pii_processing.purposes.first().and_then(|it| {
        let contact = ContactId::from_hex(&receipt.pii_principal_id)?;
        Some((contact, ConsentChannel::from_name(&it.service)?, ConsentPurpose::from_name(&it.purpose)?))
    });
    let found = Crm::look(&plan.crm_url()?).await?;
    let (Some(crm), Some((contact, channel, purpose))) = (found, about) else {
        return Ok((None, "whether it still counts is not known: there is no database\n".to_owned()));
    };
    crm.check_key(&key.id()).await?;
    let crm = crm.with_suppression_keys(find_suppression_keys(plan)?.map(|it| it.0));
    let contact = crm.known_statements(&[contact]).await?.owner(contact);
    let (ledger, now) = (crm.ledger_of(contact).await?, crm.consent_now(contact).await?);
    let kept_out = KeptOut::of(&crm, contact, None).await?;
    crm.close().await;
    let proven = Proven {
        contact,
        channel,
        purpose,
        ledger: &ledger,
        wordings: &[],
        business_name: None,
        business_contact: None,
        at: receipt.issued_at,
        tool: TOOL,
    };
    // The contact can have been merged into another since.
    let statement = |it: &Receipt| it.record_id.rsplit('-').next().map(str::to_owned);
    let remarks = kept_out.text();
    // A person who is kept out is never said to have a consent that counts without that.
    let end = if kept_out.is_kept_out() { ", and still nothing may be sent" } else { "" };
    let (counts, text) = match receipt::prove(&proven, &now, key) {
        Ok(now) if statement(&now) == statement(receipt) => (true, format!("the consent counts now{end}\n")),
        Ok(_) => (true, format!("another consent of this person counts now{end}\n")),
        Err(none) => (false, format!("the consent does not count any more: {}\n", reason(&none))),
    };
    Ok((Some((counts, kept_out)), text + &remarks))
}

/// A receipt by itself, or the result of this command in JSON.
fn read(text: &str) -> Result<Receipt> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Printed {
        #[serde(rename = "schema_version")]
        _schema_version: u32,
        receipt: Receipt,
        #[serde(rename = "genuine")]
        _genuine: bool,
        #[serde(rename = "counts")]
        _counts: Option<bool>,
        #[serde(rename = "suppressed")]
        _suppressed: Option<bool>,
        #[serde(rename = "held")]
        _held: Option<bool>,
    }
    let is_printed = serde_json::from_str::<Value>(text)?.get("receipt").is_some();
    Ok(if is_printed { serde_json::from_str::<Printed>(text)?.receipt } else { serde_json::from_str(text)? })
}
