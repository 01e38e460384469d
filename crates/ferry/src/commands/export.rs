//! `ferry export`: the contacts of the database as a file.

use anyhow::{Result, bail};
use contact_export::{Export, ExportFormat, Remark, Who, Written};
use crm::Crm;
use crossing::{check_refusals, check_segments, find_run};
use model::{Condition, Segment, counted, printable};
use plan::Plan;
use results::{ContactsExport, SegmentExport};
use serde::Serialize;

use crate::cli::export::ExportArgs;
use crate::commands::output_place;
use crate::exit::Exit;
use crate::hint::UserError;
use crate::output::{Output, print_message};

/// Writes all contacts of the database, in the order of their ids.
pub(crate) async fn contacts(args: &ExportArgs, output: Output) -> Result<Exit> {
    let Some(written) = write(args, &Wanted::All).await? else { return Ok(Exit::Done) };
    let Written { n_contacts, n_held, remarks, .. } = written;
    let are = if n_held == 1 { "is" } else { "are" };
    let held = (n_held > 0).then(|| format!("{n_held} of them {are} held: {}\n", run_text::identity::HOLDS));
    let remarks = held.into_iter().chain(remark_lines(&remarks)).collect();
    let value = ContactsExport { contacts: n_contacts, held: n_held, remarks };
    said(args, output, &value, || {
        let remarks = &value.remarks;
        format!("{}{} written to {}\n", remarks.concat(), counted(n_contacts, "contact"), place(args))
    })
}

/// The contacts to write.
enum Wanted {
    All,
    Segment(Segment),
    /// The people of a segment of this plan.
    Condition(Box<Plan>, Condition),
}

impl Wanted {
    /// Whether the people are exported so that somebody writes to them.
    fn is_to_write_to(&self) -> bool {
        match self {
            Self::All | Self::Segment(Segment::OptedOut | Segment::Suppressed | Segment::Held | Segment::Unclear) => {
                false
            }
            Self::Segment(Segment::Ready | Segment::ReEngage | Segment::Undecided) | Self::Condition(..) => true,
        }
    }
}

/// Writes the contacts of one segment, in the order of their ids.
pub(crate) async fn segment(name: &str, args: &ExportArgs, output: Output) -> Result<Exit> {
    let wanted = match Segment::from_name(name) {
        Some(segment) => Wanted::Segment(segment),
        None => {
            let plan = plan_of(args)?;
            let Some(segment) = plan.segment(name) else {
                return Err(UserError::NoSegment { name: name.to_owned(), known: plan.segment_names() }.into());
            };
            let condition = segment.condition.clone();
            Wanted::Condition(Box::new(plan), condition)
        }
    };
    if wanted.is_to_write_to()
        && let Ok(plan) = plan_of(args)
    {
        check_refusals(&plan)?;
    }
    let Some(written) = write(args, &wanted).await? else { return Ok(Exit::Done) };
    let Written { n_contacts: n, n_with_consent, n_held, .. } = written;
    let unverified = unverified_lines(&wanted, &written, args);
    let is_unverified = !unverified.is_empty();
    let held = held_line(n_held);
    let remarks: Vec<String> = unverified.into_iter().chain(held).chain(remark_lines(&written.remarks)).collect();
    let value = SegmentExport {
        segment: name.to_owned(),
        contacts: n,
        with_consent_to_whatsapp: n_with_consent,
        without_consent_to_whatsapp: n - n_with_consent,
        held_back: n_held,
        remarks,
    };
    said(args, output, &value, || {
        let with_consent = match wanted {
            Wanted::Segment(Segment::Ready) if !is_unverified => ready_text(n, n_with_consent),
            _ => String::new(),
        };
        let (remarks, contacts) = (value.remarks.concat(), counted(n, "contact"));
        format!("{with_consent}{remarks}{contacts} of segment {name} written to {}\n", place(args))
    })
}

/// How many contacts are left out because they are held, and what to do.
fn held_line(n: u64) -> Option<String> {
    let are = if n == 1 { "is" } else { "are" };
    (n > 0).then(|| format!("{} {are} held and left out: {}\n", counted(n, "contact"), run_text::identity::HOLDS))
}

/// Why a segment that follows from verification is empty, if no contact was ever verified, and what to do.
fn unverified_lines(wanted: &Wanted, written: &Written, args: &ExportArgs) -> Vec<String> {
    let &Written { n_contacts: 0, n_asked: 0, n_undecided: n @ 1.., .. } = written else { return Vec::new() };
    let Wanted::Segment(segment @ (Segment::Ready | Segment::ReEngage)) = wanted else { return Vec::new() };
    let has_verifier = plan_of(args).is_ok_and(|it| it.verify.is_some());
    let advice = if has_verifier { "run `ferry verify`" } else { "add [verify] to the plan, then run `ferry verify`" };
    let (segment, undecided) = (segment.name(), Segment::Undecided.name());
    let are = if n == 1 { "is" } else { "are" };
    vec![
        format!("no contact is verified yet, so segment {segment} is empty: {advice}\n"),
        format!("until then, {} {are} in segment {undecided}\n", counted(n, "contact")),
    ]
}

/// A summary of the ready contacts. Only contacts with consent to WhatsApp may be messaged; the others can be invited
/// over their old channel.
pub(crate) fn ready_text(n_ready: u64, n_with_consent: u64) -> String {
    format!("{n_with_consent} have consent to WhatsApp; {} do not and can be invited\n", n_ready - n_with_consent)
}

/// Writes the wanted contacts. None if the reader of a pipe has had enough, as `head` has.
async fn write(args: &ExportArgs, wanted: &Wanted) -> Result<Option<Written>> {
    let plan = plan_of(args).map_or_else(|_| args.place.plan(), |it| it.path);
    output_place::check(&args.to, Some(&plan), args.crm.as_deref())?;
    let format = match args.r#as {
        Some(format) => format.into(),
        None => ExportFormat::of_path(&args.to)?,
    };
    let url = match &args.crm {
        Some(url) => url.clone(),
        None => plan_of(args)?.crm_url()?,
    };
    let Some(crm) = Crm::look(&url).await? else { bail!("there is no CRM database yet: fill one with `ferry run`") };
    let who = match wanted {
        Wanted::All => Who::All,
        Wanted::Segment(segment) => Who::Segment(*segment),
        Wanted::Condition(plan, condition) => {
            check_segments(plan, Some(&crm)).await?;
            Who::Condition(condition)
        }
    };
    let what = Export { to: &args.to, format, is_exact: args.exact, who };
    let written = contact_export::export(&crm, what).await.map_err(anyhow::Error::from);
    crm.close().await;
    match written {
        Err(error) if is_closed_pipe(&error) => Ok(None),
        written => written.map(Some),
    }
}

/// The plan, or that of the run which is named: a sample has a database of its own.
fn plan_of(args: &ExportArgs) -> Result<Plan> {
    let place = args.place.place();
    match place.run_dir.is_some() || place.run.is_some() {
        true => Ok(find_run(&place)?.plan),
        false => Ok(Plan::read(&place.plan)?),
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
            let (has, its) = if n == 1 { ("has", "its") } else { ("have", "their") };
            let contacts = counted(n, "contact");
            format!("{contacts} {has} no name: the file has {its} phone number or id as the name\n")
        }
        Remark::SameEmail(n) => {
            let has = if n == 1 { "has" } else { "have" };
            let contacts = counted(n, "contact");
            format!("{contacts} {has} the same e-mail address as another: the importer merges contacts by e-mail\n")
        }
    };
    remarks.iter().map(line).collect()
}

/// Prints the summary: beside the rows, if those went to standard output.
fn said(args: &ExportArgs, output: Output, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<Exit> {
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
