//! `ferry template show`: templates as they would look.

use anyhow::Result;
use template_text::BubbleLook;

use crate::cli::template::ShowArgs;
use crate::exit::Exit;
use crate::output::{Output, is_coloured};

pub(super) async fn show(args: &ShowArgs, output: Output) -> Result<Exit> {
    let look = BubbleLook { has_variables: args.variables, is_coloured: is_coloured() };
    let (value, text) = template_desk::show(&args.account.plan, &args.names, look).await?;
    output.print(&value, || text)?;
    Ok(Exit::Done)
}
