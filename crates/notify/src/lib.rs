//! Tells another program that a command has ended: an address gets JSON by POST, a command gets it on standard input.
//!
//! There is one try with a time limit. No error holds the address, which can be a secret.

use std::fmt;
use std::io::{self, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use http::{CallError, Client, ClientConfig, Credentials};
use serde_json::Value;
use thiserror::Error;
use tokio::task::spawn_blocking;
use url::Url;

/// An address that takes longer to answer is given up.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(10);
/// A command that takes longer is ended.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a command is looked at while it runs.
const LOOK_EVERY: Duration = Duration::from_millis(20);

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
    /// Reads an address or a command. What begins with `http://` or `https://` is an address.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        let start = text.to_ascii_lowercase();
        if !start.starts_with("http://") && !start.starts_with("https://") {
            return Ok(Self::Command(text.to_owned()));
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
pub async fn notify(target: &Target, body: &Value, variables: &[(&'static str, String)]) -> Result<(), NotifyError> {
    match target {
        Target::Address(url) => {
            let host = url.host_str().unwrap_or_default().to_owned();
            post(url, body).await.map_err(|why| NotifyError::Address { host, why })
        }
        Target::Command(command) => {
            let (command, body, variables) = (command.clone(), body.to_string(), variables.to_vec());
            let ran = spawn_blocking(move || run(&command, &body, &variables)).await;
            ran.unwrap_or_else(|error| Err(NotifyError::Lost(error.into())))
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
        CallError::Unreachable { .. } => "it cannot be reached".to_owned(),
        _ => "the connection broke".to_owned(),
    }
}

/// Runs a command to its end. What it prints to standard output is dropped, because that is for results.
fn run(command: &str, body: &str, variables: &[(&'static str, String)]) -> Result<(), NotifyError> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).envs(variables.iter().map(|(name, value)| (name, value)));
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().map_err(NotifyError::Start)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command may end without reading. The body is smaller than the buffer of a pipe.
        let _ = stdin.write_all(body.as_bytes());
    }
    let until = Instant::now() + COMMAND_TIMEOUT;
    loop {
        match child.try_wait().map_err(NotifyError::Lost)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(NotifyError::Failed(status)),
            None if Instant::now() > until => {
                child.kill().and_then(|()| child.wait()).map_err(NotifyError::Lost)?;
                return Err(NotifyError::TooLong);
            }
            None => thread::sleep(LOOK_EVERY),
        }
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
    fn a_command_gets_the_body_and_the_variables() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("told");
        let variables = [("FERRY_EXIT", "3".to_owned()), ("OUT", file.display().to_string())];
        run("(cat; echo \" $FERRY_EXIT\") > \"$OUT\"", "{\"a\":1}", &variables).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"a\":1} 3\n");
        let failed = run("exit 4", "{}", &[]).unwrap_err().to_string();
        assert!(failed.ends_with("exit status: 4"), "{failed}");
        run("true", &"x".repeat(10_000), &[]).unwrap();
    }
}
