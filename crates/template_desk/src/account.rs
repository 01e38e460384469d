//! The account of a plan, whose waits are notes of the progress.

use anyhow::Result;
use campaign::{ProviderWait, TemplateAccount};
use crossing::Progress;
use crossing::progress::{Note, Task};
use plan::Plan;

/// Opens the account of a plan.
pub(crate) async fn open(plan: &Plan, progress: &Progress) -> Result<TemplateAccount> {
    TemplateAccount::open(plan, on_wait(progress)).await
}

/// Opens the account of a plan for a command that asks again and again.
pub(crate) async fn open_briefly(plan: &Plan, progress: &Progress) -> Result<TemplateAccount> {
    TemplateAccount::open_briefly(plan, on_wait(progress)).await
}

/// Tells of each wait of a provider.
fn on_wait(progress: &Progress) -> impl Fn(ProviderWait) + Send + Sync + 'static {
    let progress = progress.clone();
    move |ProviderWait { length, is_asked_for, until }| {
        progress.note(Note::Waits { task: Task::Submit, length, is_asked_for, until });
    }
}
