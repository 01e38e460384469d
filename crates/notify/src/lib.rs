//! Tells another program that a command has ended: an address gets JSON by POST, a command gets it on standard input.
//!
//! There is one try with a time limit. No error holds the address or the command, which can hold a secret.

mod command;

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use http::{CallError, Client, ClientConfig, Credentials};
use serde_json::Value;
use thiserror::Error;
use tokio::task::spawn_blocking;
use url::Url;

/// An address that takes longer to answer is given up.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(10);
/// A command that takes longer is ended.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a notification goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// Gets JSON by POST.
    Address(Url),
    /// Runs in `sh -c`, and gets JSON on standard input.
    Command(String),
}

/// Why a target is refused. The text of the target is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    #[error("the address is not a URL with a host")]
    Url,
    #[error("it is empty")]
    Empty,
    #[error("the address must begin with https://")]
    NoScheme,
}

/// What came of a notification.
#[derive(Debug)]
pub struct Notified {
    pub outcome: Result<(), NotifyError>,
    /// What a command wrote to standard error.
    pub said: Said,
}

/// The first lines that a command wrote to standard error, without those that repeat a part of the command.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub lines: Vec<String>,
    /// Whether lines were left out.
    pub is_cut: bool,
}

/// Why a notification did not arrive.
#[derive(Debug, Error)]
pub enum NotifyError {
    #[error("{host} could not be notified: {why}")]
    Address { host: String, why: String },
    #[error("the notification command could not be started")]
    Start(#[source] io::Error),
    #[error("the notification command ended with {0}")]
    Failed(ExitStatus),
    #[error("the notification command was ended, because it took longer than {} s", COMMAND_TIMEOUT.as_secs())]
    TooLong,
    #[error("the notification command could not be followed")]
    Lost(#[source] io::Error),
}

impl Target {
    /// Reads an address or a command. What begins with `http://` or `https://` is an address; what looks like an address
    /// with another beginning is refused, because `sh` would print it.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        let start = text.to_ascii_lowercase();
        if !start.starts_with("http://") && !start.starts_with("https://") {
            let is_command = !command::looks_like_address(text);
            return is_command.then(|| Self::Command(text.to_owned())).ok_or(TargetError::NoScheme);
        }
        let url = Url::parse(text).map_err(|_| TargetError::Url)?;
        if url.host_str().is_some() { Ok(Self::Address(url)) } else { Err(TargetError::Url) }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address(_) => "Address",
            Self::Command(_) => "Command",
        })
    }
}

/// Sends a notification once. A command has the variables in its environment as well.
pub async fn notify(target: &Target, body: &Value, variables: &[(&'static str, String)]) -> Notified {
    match target {
        Target::Address(url) => {
            let host = url.host_str().unwrap_or_default().to_owned();
            let outcome = post(url, body).await.map_err(|why| NotifyError::Address { host, why });
            Notified { outcome, said: Said::default() }
        }
        Target::Command(text) => {
            let (text, body, variables) = (text.clone(), body.to_string(), variables.to_vec());
            let ran = spawn_blocking(move || command::run(&text, &body, &variables)).await;
            let lost = |error: tokio::task::JoinError| NotifyError::Lost(error.into());
            ran.unwrap_or_else(|error| Notified { outcome: Err(lost(error)), said: Said::default() })
        }
    }
}

async fn post(url: &Url, body: &Value) -> Result<(), String> {
    let config = ClientConfig { timeout: ADDRESS_TIMEOUT, attempts: 1, ..ClientConfig::default() };
    let refused = |status, _: &[u8]| CallError::Refused { status, code: None };
    let client = Client::new(url.clone(), Credentials::None, config, refused).map_err(|it| why(&it))?;
    match client.post_once("", body, |status, _| Ok(status)).await {
        Ok(200..300) => Ok(()),
        Ok(status) => Err(format!("it answered {status}")),
        Err(error) => Err(why(&error)),
    }
}

fn why(error: &CallError) -> String {
    match error {
        CallError::OutcomeUnknown { source } => why(source),
        CallError::Provider { status } => format!("it answered {status}"),
        CallError::RateLimited { .. } => "it answered 429".to_owned(),
        CallError::TimedOut => format!("it did not answer within {} s", ADDRESS_TIMEOUT.as_secs()),
        error if error.is_of_certificate() => "its certificate was not accepted".to_owned(),
        CallError::Unreachable { .. } => "it cannot be reached".to_owned(),
        _ => "the connection broke".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_by_its_beginning_and_is_never_shown() {
        let address = Target::parse(" https://user:secret@hooks.example.com/T0/secret?token=x ").unwrap();
        assert!(matches!(&address, Target::Address(url) if url.host_str() == Some("hooks.example.com")));
        assert_eq!(format!("{address:?}"), "Address");
        assert_eq!(Target::parse("mail -s done me"), Ok(Target::Command("mail -s done me".to_owned())));
        for (text, error) in [("", TargetError::Empty), (" ", TargetError::Empty), ("https://", TargetError::Url)] {
            assert_eq!(Target::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_address_without_its_beginning_is_no_command() {
        for text in [
            "hooks.example.com/services/T0/SEKRIT",
            "hooks.example.com:8443/SEKRIT",
            "user:SEKRIT@hooks.example.com/x",
            "hooks.example.com?token=SEKRIT",
            "localhost:8480/SEKRIT",
            "//hooks.example.com/SEKRIT",
            "ftp://hooks.example.com/SEKRIT",
            "Slack://SEKRIT now",
            "https:SEKRIT",
            "HTTP:/hooks.example.com/SEKRIT",
            "'https://hooks.example.com/SEKRIT'",
        ] {
            assert_eq!(Target::parse(text), Err(TargetError::NoScheme), "{text}");
        }
        for text in [
            "curl -d @- https://hooks.example.com/SEKRIT",
            "HOOK=https://hooks.example.com/SEKRIT notify",
            "DIR=a.b/c notify",
            "./notify.sh",
            "../bin/notify.sh now",
            "/usr/local/bin/notify.sh",
            "notify.sh",
            "(cat; echo) > told.txt",
            "http POST https://hooks.example.com",
        ] {
            assert_eq!(Target::parse(text), Ok(Target::Command(text.to_owned())), "{text}");
        }
    }
}
