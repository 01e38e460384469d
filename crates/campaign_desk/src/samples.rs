//! Messages as they would be sent, with invented values.

use anyhow::Result;
use campaign::sending::SendingAccount;
use results::SampleMessage;

/// One message of each step and language.
pub(crate) async fn samples(account: &SendingAccount) -> Result<Vec<SampleMessage>> {
    let mut samples = Vec::new();
    for step in &account.plan.steps {
        for sample in account.samples(step).await? {
            samples.push(SampleMessage {
                step: step.name.clone(),
                language: sample.language,
                body: serde_json::from_slice(&sample.prepared.body)?,
                path: sample.prepared.path,
            });
        }
    }
    Ok(samples)
}
