use std::time::Duration;

use url::Url;

use crate::client::builder;
use crate::{CallError, ClientConfig};

/// A silent server is not waited for any longer: it was reached.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the host of a provider, with TLS as a client does, and asks it nothing that counts: `HEAD /`, without
/// credentials. Any answer will do, and so will none once the connection is there.
pub async fn reach(base: &Url) -> Result<(), CallError> {
    let config = ClientConfig { timeout: TIMEOUT, ..ClientConfig::default() };
    let client = builder(base, &config).build().map_err(|source| CallError::Setup { source })?;
    let mut root = base.clone();
    root.set_path("/");
    match client.head(root).send().await {
        Err(error) if error.is_connect() => Err(CallError::Unreachable {
            host: base.host_str().unwrap_or_default().to_owned(),
            source: error.without_url(),
        }),
        _ => Ok(()),
    }
}
