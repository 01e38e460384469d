//! `ferry template status`: the templates of the account, as they were last observed.

use anyhow::Result;
use crossing::Progress;
use jiff::Timestamp;
use plan::Plan;
use template_text as text;

use crate::cli::template::AccountArgs;
use crate::exit::Exit;
use crate::output::Output;

pub(super) async fn status(args: &AccountArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let now = Timestamp::now();
    let states = template_desk::states(&Plan::read(&args.plan)?, progress, now).await?;
    output.print(&template_desk::status(&states, now), || text::status(&states, now))?;
    Ok(Exit::Done)
}
