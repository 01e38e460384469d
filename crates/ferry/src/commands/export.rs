//! `ferry export`: the contacts of the database as a file.

use anyhow::{Result, bail};
use contact_export::{Export, ExportFormat, Remark, Written};
use crm::Crm;
use crossing::find_run;
use model::{Segment, counted, printable};
use plan::Plan;
use serde_json::json;

use crate::cli::ExportArgs;
use crate::exit::Exit;
use crate::output::{Output, print_message};

/// Writes all contacts of the database, in the order of their ids.
pub(crate) async fn contacts(args: &ExportArgs, output: Output) -> Result<Exit> {
    let Some(Written { n_contacts, remarks, .. }) = write(args, None).await? else { return Ok(Exit::Done) };
    let remarks = remark_lines(&remarks);
    let value = json!({ "contacts": n_contacts, "remarks": remarks });
    said(args, output, &value, || {
        format!("{}{} written to {}\n", remarks.concat(), counted(n_contacts, "contact"), place(args))
    })
}

/// Writes the contacts of one segment, in the order of their ids.
pub(crate) async fn segment(segment: Segment, args: &ExportArgs, output: Output) -> Result<Exit> {
    let Some(Written { n_contacts: n, n_with_consent, remarks }) = write(args, Some(segment)).await? else {
        return Ok(Exit::Done);
    };
    let (name, remarks) = (segment.name(), remark_lines(&remarks));
    let value = json!({
        "segment": name, "contacts": n, "with_consent_to_whatsapp": n_with_consent,
        "without_consent_to_whatsapp": n - n_with_consent, "remarks": remarks,
    });
    said(args, output, &value, || {
        let with_consent = match segment {
            Segment::Ready => ready_text(n, n_with_consent),
            _ => String::new(),
        };
        let (remarks, contacts) = (remarks.concat(), counted(n, "contact"));
        format!("{with_consent}{remarks}{contacts} of segment {name} written to {}\n", place(args))
    })
}

/// A summary of the ready contacts. Only contacts with consent to WhatsApp may be messaged; the others can be invited
/// over their old channel.
pub(crate) fn ready_text(n_ready: u64, n_with_consent: u64) -> String {
    format!("{n_with_consent} have consent to WhatsApp; {} do not and can be invited\n", n_ready - n_with_consent)
}

/// Writes the contacts of a segment, or all. None if the reader of a pipe has had enough, as `head` has.
async fn write(args: &ExportArgs, segment: Option<Segment>) -> Result<Option<Written>> {
    let format = match args.r#as {
        Some(format) => format.into(),
        None => ExportFormat::of_path(&args.to)?,
    };
    let url = match (&args.crm, &args.place.place.run_dir) {
        (Some(url), _) => url.clone(),
        (None, Some(_)) => find_run(&args.place.place())?.plan.crm_url()?,
        (None, None) => Plan::read(&args.place.plan())?.crm_url()?,
    };
    let Some(crm) = Crm::look(&url).await? else { bail!("there is no CRM database yet: fill one with `ferry run`") };
    let what = Export { to: &args.to, format, is_exact: args.exact, segment };
    let written = contact_export::export(&crm, what).await.map_err(anyhow::Error::from);
    crm.close().await;
    match written {
        Err(error) if is_closed_pipe(&error) => Ok(None),
        written => written.map(Some),
    }
}

/// Whether an error says that the reader of a pipe has had enough.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = |it: &(dyn std::error::Error + 'static)| it.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    error.chain().any(|it| kind(it) == Some(std::io::ErrorKind::BrokenPipe))
}

fn remark_lines(remarks: &[Remark]) -> Vec<String> {
    let line = |it: &Remark| match *it {
        Remark::Nameless(n) => {
            format!("{} without a name: the phone number or id stands in its place\n", counted(n, "contact"))
        }
        Remark::SameEmail(n) => {
            let contacts = counted(n, "contact");
            format!("{contacts} with the e-mail address of another: the importer makes one contact of both\n")
        }
    };
    remarks.iter().map(line).collect()
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
