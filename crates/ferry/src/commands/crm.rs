//! `ferry crm`: what PostgreSQL needs.

use anyhow::{Context, Result};
use plan::Plan;
use results::DdlResult;

use crate::cli::crm::CrmCommand;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn crm(command: &CrmCommand, output: Output) -> Result<Exit> {
    let CrmCommand::Ddl { plan, loader, reader, tables } = command;
    let plan = Plan::read(&plan.plan)?;
    let schema = plan.crm.schema().context("the plan names no schema: add schema = \"ferry\" to [crm]")?;
    // The address is checked, and with it the name of the schema.
    plan.crm_url()?;
    let sql = ::crm::ddl(schema, loader, reader.as_deref(), *tables);
    output.print(&DdlResult { schema, sql: &sql }, || sql.clone())?;
    Ok(Exit::Done)
}
