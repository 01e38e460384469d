//! The work of `ferry webhook`: where platforms send what happens, and how the addresses of a plan are put there.
//!
//! One number has one address. Whoever takes it over without thought cuts off the program that has answered people until now, so
//! [`Registering`] says what it replaces, and refuses to replace a program that gets nothing any more.
//!
//! Nothing here prints or knows the command line.

mod dialog360;
mod found;
mod meta;
mod register;
mod retry;
mod show;
#[cfg(test)]
mod tests;

pub use crate::register::{RegisterOptions, Registering};
pub use crate::retry::retry;
pub use crate::show::show;

use anyhow::{Result, bail};
use plan::{Plan, WebhookKind, WebhookSection};

use crate::found::Found;

/// What a platform does today with what happens.
async fn find(plan: &Plan, webhook: &WebhookSection) -> Result<Found> {
    match webhook.kind() {
        WebhookKind::Meta => meta::find(plan).await,
        WebhookKind::Dialog360 => dialog360::find(plan, webhook).await,
        WebhookKind::Twilio => Ok(Found::default()),
    }
}

/// The webhooks of a plan, or the one of a name.
fn chosen<'a>(plan: &'a Plan, name: Option<&str>) -> Result<Vec<&'a WebhookSection>> {
    let names = || plan.webhooks.iter().map(WebhookSection::name).collect::<Vec<_>>().join(", ");
    if plan.webhooks.is_empty() {
        bail!("the plan has no [[webhook]]: see docs/receiving.md");
    }
    let Some(name) = name else { return Ok(plan.webhooks.iter().collect()) };
    match plan.webhooks.iter().find(|it| it.name() == name) {
        Some(webhook) => Ok(vec![webhook]),
        None => bail!("the plan has no webhook named {name}: it has {}", names()),
    }
}
