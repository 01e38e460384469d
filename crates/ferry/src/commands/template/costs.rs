//! `ferry template costs`: people by country, templates by category, and what one message to each person costs.

use anyhow::Result;
use campaign::CostPeople;
use jiff::{Timestamp, tz::TimeZone};
use plan::Plan;

use crate::cli::template::CostsArgs;
use crate::exit::Exit;
use crate::output::Output;

pub(super) async fn costs(args: &CostsArgs, output: Output) -> Result<Exit> {
    let on = args.on.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date());
    let people = if args.invited { CostPeople::Invited } else { CostPeople::Consented };
    let (value, text) = template_desk::costs(&Plan::read(&args.account.plan)?, people, on).await?;
    output.print(&value, || text)?;
    Ok(Exit::Done)
}
