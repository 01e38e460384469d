use super::SendingSettings;
use crate::webhooks::Target;

/// Settings that contradict themselves.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("the number {number} is of the account {account}, which is not among \"accounts\": add it there")]
    NoAccount { number: String, account: String },
    #[error("\"webhooks\".\"to\" is not an address on this machine, such as http://127.0.0.1:8443/webhooks/meta")]
    Target,
    #[error("webhooks need the app secret that signs them: name its variable with --webhook-secret-env")]
    NoSecret,
}

impl SendingSettings {
    /// Checks what the form of the settings cannot say.
    pub(in crate::sending) fn check(&self, has_secret: bool) -> Result<(), SettingsError> {
        for (number, settings) in &self.numbers {
            if !self.accounts.contains_key(&settings.account) {
                let (number, account) = (number.clone(), settings.account.clone());
                return Err(SettingsError::NoAccount { number, account });
            }
        }
        let Some(webhooks) = &self.webhooks else { return Ok(()) };
        if !has_secret {
            return Err(SettingsError::NoSecret);
        }
        Target::parse(&webhooks.to, false).map_err(|_| SettingsError::Target)?;
        Ok(())
    }
}
