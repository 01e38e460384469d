//! `ferry trace`: the rows of a person, or the contact of a row.

use anyhow::Result;
use jiff::Timestamp;

use crate::cli::rows::TraceArgs;
use crate::exit::Exit;
use crate::output::Output;

/// Traces a person to source rows, or a row to its contact.
pub(crate) async fn trace(args: &TraceArgs, output: Output) -> Result<Exit> {
    let traced = trace::trace(&args.place.place(), &args.query, Timestamp::now()).await?;
    output.print(&traced.json(), || traced.text())?;
    Ok(Exit::Done)
}
