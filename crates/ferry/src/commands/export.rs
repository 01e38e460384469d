use std::io::Write;

use anyhow::{Context, Result, bail};
use crm::{Crm, Exported};
use jiff::Timestamp;
use model::{ConsentChannel, ConsentState, Contact, SHOWN_FIELDS, Segment, ShownField, WaId, printable};
use run::ArtifactWriter;

use crate::cli::ExportArgs;
use crate::exit::Exit;
use crate::output::Output;
use crossing::find_run;
use plan::Plan;

/// The first columns, in the order of the first release, so that old readers still work. Other fields follow.
const FIRST_COLUMNS: [&str; 21] = [
    "contact_id",
    "e164",
    "region",
    "line_type",
    "name",
    "email",
    "language",
    "consent",
    "last_at",
    "sources",
    "rows",
    "registration",
    "sendable",
    "first_at",
    "last_inbound_at",
    "last_outbound_at",
    "messages",
    "reachable",
    "consent_at",
    "whatsapp_consent",
    "suppressed",
];

const SEGMENT_COLUMNS: [&str; 14] = [
    "contact_id",
    "e164",
    "wa_id",
    "name",
    "language",
    "channels",
    "consent",
    "last_at",
    "registration",
    "method",
    "checked_at",
    "expires_at",
    "consent_channel",
    "whatsapp_consent",
];

/// Writes all contacts of the database as CSV, in the order of their ids.
pub(crate) async fn contacts(args: &ExportArgs, output: Output) -> Result<Exit> {
    let columns = columns();
    let names: Vec<&str> = columns.iter().map(|it| it.0).collect();
    let n_contacts = write(args, &names, |it| Some(columns.iter().map(|column| cell(it, column)).collect())).await?;
    output.print(&serde_json::json!({ "contacts": n_contacts }), || {
        format!("{n_contacts} contacts written to {}\n", printable(&args.to.display().to_string()))
    })?;
    Ok(Exit::Done)
}

/// Writes the contacts of one segment as CSV, in the order of their ids.
pub(crate) async fn segment(segment: Segment, args: &ExportArgs, output: Output) -> Result<Exit> {
    let mut n_with_consent = 0;
    let n_contacts = write(args, &SEGMENT_COLUMNS, |it| {
        if it.segment() != segment {
            return None;
        }
        n_with_consent += u64::from(it.contact.whatsapp_consent == Some(ConsentState::Yes));
        Some(segment_cells(it).into())
    })
    .await?;
    let name = segment.name();
    let value = serde_json::json!({
        "segment": name, "contacts": n_contacts, "with_consent_to_whatsapp": n_with_consent,
        "without_consent_to_whatsapp": n_contacts - n_with_consent,
    });
    output.print(&value, || {
        let with_consent = match segment {
            Segment::Ready => ready_text(n_contacts, n_with_consent),
            _ => String::new(),
        };
        format!(
            "{with_consent}{n_contacts} contacts of segment {name} written to {}\n",
            printable(&args.to.display().to_string())
        )
    })?;
    Ok(Exit::Done)
}

/// A summary of the ready contacts. Only contacts with consent to WhatsApp may be messaged; the others can be invited
/// over their old channel.
pub(crate) fn ready_text(n_ready: u64, n_with_consent: u64) -> String {
    format!("{n_with_consent} have consent to WhatsApp; {} do not and can be invited\n", n_ready - n_with_consent)
}

/// Writes the contacts for which `cells` returns cells, and returns their number.
async fn write(
    args: &ExportArgs,
    columns: &[&str],
    mut cells: impl FnMut(&Exported) -> Option<Vec<String>>,
) -> Result<u64> {
    let url = match (&args.crm, &args.place.run_dir) {
        (Some(url), _) => url.clone(),
        (None, Some(_)) => find_run(&args.place.place())?.plan.crm_url()?,
        (None, None) => Plan::read(&args.place.plan)?.crm_url()?,
    };
    let Some(crm) = Crm::look(&url).await? else { bail!("there is no CRM database yet: fill one with `ferry run`") };

    let failed = || format!("could not write {}", args.to.display());
    let mut csv = csv::Writer::from_writer(ArtifactWriter::create_output(&args.to)?);
    csv.write_record(columns).with_context(failed)?;
    let mut n_contacts = 0;
    crm.export(Timestamp::now(), |it| -> Result<()> {
        let Some(cells) = cells(&it) else { return Ok(()) };
        n_contacts += 1;
        let safe = |it: &String| if args.exact { it.clone() } else { run::guarded(it).into_owned() };
        csv.write_record(cells.iter().map(safe)).with_context(failed)
    })
    .await?;
    crm.close().await;
    let mut file = csv.into_inner().map_err(|error| error.into_error()).with_context(failed)?;
    file.flush().with_context(failed)?;
    file.publish(n_contacts)?;
    Ok(n_contacts)
}

fn segment_cells(Exported { contact, registration, .. }: &Exported) -> [String; 14] {
    let registration = registration.as_ref();
    [
        contact.id.to_string(),
        contact.phone.map(|it| it.to_string()).unwrap_or_default(),
        text(registration.and_then(|it| it.wa_id.as_ref()).map(WaId::as_str)),
        text(contact.name.as_ref().map(|it| it.value.0.as_str())),
        text(contact.language.as_ref().map(|it| it.value.as_str())),
        channels(contact),
        text(contact.consent.as_ref().map(|it| it.value.name())),
        contact.last_at.as_ref().map(|it| it.value.to_string()).unwrap_or_default(),
        text(registration.map(|it| it.answer.name())),
        text(registration.map(|it| it.method.as_str())),
        moment(registration.map(|it| it.checked_at)),
        moment(registration.and_then(|it| it.expires_at)),
        text(contact.consent_channel.map(ConsentChannel::name)),
        text(contact.whatsapp_consent.map(ConsentState::name)),
    ]
}

fn text(it: Option<&str>) -> String {
    it.unwrap_or_default().to_owned()
}

fn moment(it: Option<Timestamp>) -> String {
    it.map(|it| it.to_string()).unwrap_or_default()
}

fn channels(contact: &Contact) -> String {
    contact.channels.iter().map(|it| it.name()).collect::<Vec<_>>().join("+")
}

/// A column and its contact field; none if the value is not a field of the contact.
type Column = (&'static str, Option<&'static ShownField>);

fn columns() -> Vec<Column> {
    let exported = || SHOWN_FIELDS.iter().filter_map(|it| Some((it.export?, it)));
    let first = FIRST_COLUMNS.map(|name| (name, exported().find(|it| it.0 == name).map(|it| it.1)));
    let others = exported().filter(|it| !FIRST_COLUMNS.contains(&it.0)).map(|(name, field)| (name, Some(field)));
    first.into_iter().chain(others).collect()
}

fn cell(Exported { contact, registration, is_suppressed }: &Exported, column: &Column) -> String {
    match column {
        (_, Some(field)) => (field.values)(contact).pop().unwrap_or_else(|| field.empty.to_owned()),
        ("registration", None) => text(registration.as_ref().map(|it| it.answer.name())),
        ("suppressed", None) => is_suppressed.to_string(),
        (_, None) => String::new(),
    }
}
