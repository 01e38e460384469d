//! `ferry export`: the contacts of the database as a file, for spreadsheets, for analysis and for other CRMs.

mod columns;
mod crms;
mod file;

use anyhow::{Result, bail};
use crm::{Crm, Exported};
use crossing::find_run;
use jiff::Timestamp;
use model::{ConsentState, Segment, counted, printable};
use plan::Plan;
use serde_json::json;

use crate::cli::{ExportArgs, ExportFormat};
use crate::commands::export::columns::{Column, contact_columns, segment_columns};
use crate::commands::export::crms::Remarks;
use crate::commands::export::file::{ExportFile, format_of};
use crate::exit::Exit;
use crate::output::{Output, print_message};

/// Writes all contacts of the database, in the order of their ids.
pub(crate) async fn contacts(args: &ExportArgs, output: Output) -> Result<Exit> {
    let Some(written) = write(args, contact_columns, |_| true).await? else { return Ok(Exit::Done) };
    let n = written.n_contacts;
    let value = json!({ "contacts": n, "remarks": written.remarks });
    said(args, output, &value, || {
        written.remarks.join("") + &format!("{} written to {}\n", counted(n, "contact"), place(args))
    })
}

/// Writes the contacts of one segment, in the order of their ids.
pub(crate) async fn segment(segment: Segment, args: &ExportArgs, output: Output) -> Result<Exit> {
    let Some(written) = write(args, segment_columns, |it| it.segment() == segment).await? else {
        return Ok(Exit::Done);
    };
    let (n, n_with_consent) = (written.n_contacts, written.n_with_consent);
    let name = segment.name();
    let value = json!({
        "segment": name, "contacts": n, "with_consent_to_whatsapp": n_with_consent,
        "without_consent_to_whatsapp": n - n_with_consent, "remarks": written.remarks,
    });
    said(args, output, &value, || {
        let with_consent = match segment {
            Segment::Ready => ready_text(n, n_with_consent),
            _ => String::new(),
        };
        let remarks = written.remarks.join("");
        format!("{with_consent}{remarks}{} of segment {name} written to {}\n", counted(n, "contact"), place(args))
    })
}

/// A summary of the ready contacts. Only contacts with consent to WhatsApp may be messaged; the others can be invited
/// over their old channel.
pub(crate) fn ready_text(n_ready: u64, n_with_consent: u64) -> String {
    format!("{n_with_consent} have consent to WhatsApp; {} do not and can be invited\n", n_ready - n_with_consent)
}

/// What an export wrote.
struct Written {
    n_contacts: u64,
    n_with_consent: u64,
    /// Lines about values that another system does not take as they are.
    remarks: Vec<String>,
}

/// Writes the wanted contacts. None if the reader of a pipe has had enough, as `head` has.
async fn write(
    args: &ExportArgs,
    columns: impl FnOnce(&[String]) -> Vec<Column>,
    is_wanted: impl Fn(&Exported) -> bool,
) -> Result<Option<Written>> {
    let format = format_of(args)?;
    let url = match (&args.crm, &args.place.place.run_dir) {
        (Some(url), _) => url.clone(),
        (None, Some(_)) => find_run(&args.place.place())?.plan.crm_url()?,
        (None, None) => Plan::read(&args.place.plan())?.crm_url()?,
    };
    let Some(crm) = Crm::look(&url).await? else { bail!("there is no CRM database yet: fill one with `ferry run`") };

    let attributes = crm.attribute_names().await?;
    let columns = match format {
        ExportFormat::Hubspot => crms::hubspot(&attributes),
        ExportFormat::Salesforce => crms::salesforce(&attributes),
        ExportFormat::Chatwoot => crms::chatwoot(&attributes),
        ExportFormat::Csv | ExportFormat::Jsonl | ExportFormat::Parquet => columns(&attributes),
    };
    let mut remarks = Remarks::of(format);
    // An importer takes an apostrophe as part of the value.
    let is_for_importer = matches!(format, ExportFormat::Hubspot | ExportFormat::Salesforce | ExportFormat::Chatwoot);
    let mut file = ExportFile::create(&args.to, format, &columns, args.exact || is_for_importer)?;
    let (mut n_contacts, mut n_with_consent) = (0, 0);
    let each = |it: Exported| -> Result<()> {
        if !is_wanted(&it) {
            return Ok(());
        }
        n_contacts += 1;
        n_with_consent += u64::from(it.contact.whatsapp_consent == Some(ConsentState::Yes));
        remarks.see(&it);
        file.write(&it, &columns)
    };
    let written = crm.export(Timestamp::now(), each).await.map(|_| ()).and_then(|()| file.publish(n_contacts));
    crm.close().await;
    match written {
        Err(error) if is_closed_pipe(&error) => Ok(None),
        written => written.map(|()| Some(Written { n_contacts, n_with_consent, remarks: remarks.lines() })),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|it| it.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == std::io::ErrorKind::BrokenPipe))
}

/// Prints the summary: beside the rows, if those went to standard output.
fn said(args: &ExportArgs, output: Output, value: &serde_json::Value, text: impl FnOnce() -> String) -> Result<Exit> {
    match run::is_standard_output(&args.to) {
        true => print_message(&text()),
        false => output.print(value, text)?,
    }
    Ok(Exit::Done)
}

fn place(args: &ExportArgs) -> String {
    match run::is_standard_output(&args.to) {
        true => "standard output".to_owned(),
        false => printable(&args.to.display().to_string()).into_owned(),
    }
}
