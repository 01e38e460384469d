use std::io::Write;

use anyhow::{Context, Result, bail};
use load::{Crm, Exported};
use run::ArtifactWriter;

use crate::cli::ExportArgs;
use crate::commands::Output;
use crate::exit::Exit;
use crate::plan::Plan;
use crate::session::look;

const COLUMNS: [&str; 18] = [
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
];

/// Writes all contacts of the database as CSV, in the order of their ids.
pub(crate) async fn contacts(args: &ExportArgs, output: Output) -> Result<Exit> {
    let url = match (&args.crm, &args.place.run_dir) {
        (Some(url), _) => url.clone(),
        (None, Some(_)) => look(&args.place)?.plan.crm_url()?,
        (None, None) => Plan::read(&args.place.plan)?.crm_url()?,
    };
    let Some(crm) = Crm::look(&url).await? else { bail!("there is no CRM database yet: fill one with `ferry run`") };

    let failed = || format!("could not write {}", args.to.display());
    let mut csv = csv::Writer::from_writer(ArtifactWriter::create(&args.to)?);
    csv.write_record(COLUMNS).with_context(failed)?;
    let n_contacts = crm
        .export(|it| -> Result<()> {
            let cells = cells(&it).map(|cell| if args.exact { cell } else { safe(cell) });
            csv.write_record(&cells).with_context(failed)
        })
        .await?;
    crm.close().await;
    let mut file = csv.into_inner().map_err(|error| error.into_error()).with_context(failed)?;
    file.flush().with_context(failed)?;
    file.publish(n_contacts)?;
    output.print(&serde_json::json!({ "contacts": n_contacts }), || {
        format!("{n_contacts} contacts written to {}\n", args.to.display())
    })?;
    Ok(Exit::Done)
}

fn cells(Exported { contact, registration }: &Exported) -> [String; 18] {
    let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
    let moment = |it: Option<jiff::Timestamp>| it.map(|it| it.to_string()).unwrap_or_default();
    let channels: Vec<&str> = contact.channels.iter().map(|it| it.name()).collect();
    [
        contact.id.to_string(),
        contact.phone.map(|it| it.to_string()).unwrap_or_default(),
        text(contact.region.as_ref().map(|it| it.code())),
        text(contact.line_type.map(|it| it.name())),
        text(contact.name.as_ref().map(|it| it.value.0.as_str())),
        text(contact.email.as_ref().map(|it| it.value.0.as_str())),
        text(contact.language.as_ref().map(|it| it.value.as_str())),
        text(contact.consent.as_ref().map(|it| it.value.name())),
        contact.last_at.as_ref().map(|it| it.value.to_string()).unwrap_or_default(),
        channels.join("+"),
        contact.n_rows.to_string(),
        text(registration.map(|it| it.name())),
        contact.line_type.map(|it| it.is_sendable().to_string()).unwrap_or_default(),
        moment(contact.first_at),
        moment(contact.last_inbound_at),
        moment(contact.last_outbound_at),
        contact.n_messages.to_string(),
        text(contact.is_reachable.as_ref().map(|it| if it.value { "yes" } else { "no" })),
    ]
}

/// A spreadsheet runs a cell that begins with one of these as a formula. OWASP's list ("CSV
/// Injection"), with the full-width forms that spreadsheets take for the same.
fn safe(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_quoted() {
        for cell in ["+33199000001", "=1+1", "-1", "@x", "\tx", "＝1"] {
            assert_eq!(safe(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(safe("Ana =)".to_owned()), "Ana =)");
    }
}
