//! Runs the command of a notification.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{COMMAND_TIMEOUT, Notified, NotifyError, Said};

/// How often a command is looked at while it runs.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much of standard error is read.
const MOST_BYTES: u64 = 1 << 16;
/// How many lines of standard error are shown.
const MOST_LINES: usize = 20;
/// A shorter part of a command is too common in texts to be taken for a secret.
const SHORTEST_SECRET: usize = 6;

/// Whether a text that is no web address looks like one with a mistake in its beginning.
pub(crate) fn looks_like_address(text: &str) -> bool {
    let text = text.trim_start_matches(['"', '\'', '<']).to_ascii_lowercase();
    let first = text.split_whitespace().next().unwrap_or_default();
    if ["http:", "https:"].iter().any(|it| first.starts_with(it)) || has_scheme(first) {
        return true;
    }
    let Some((host, _)) = first.strip_prefix("//").unwrap_or(first).split_once(['/', '?']) else { return false };
    let is_host = !host.starts_with('.') && host.contains(['.', ':']);
    is_host && host.chars().all(|it| it.is_alphanumeric() || "-_.:@%".contains(it)) && !is_there(first)
}

/// Whether a word begins as `ftp://` does.
fn has_scheme(word: &str) -> bool {
    let scheme = word.split_once("://").map(|it| it.0);
    scheme.is_some_and(|it| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it)))
}

/// Whether a word names a path or a program that is there.
fn is_there(word: &str) -> bool {
    let in_folders = |folders| std::env::split_paths(&folders).any(|it| it.join(word).exists());
    !word.is_empty() && (Path::new(word).exists() || std::env::var_os("PATH").is_some_and(in_folders))
}

/// Runs a command to its end. What it prints to standard output is dropped, because that is for results.
pub(crate) fn run(command: &str, body: &str, variables: &[(&'static str, String)]) -> Notified {
    // A file never blocks the command, not even if it leaves a process in the background.
    let mut errors = tempfile::tempfile().ok();
    let started = start(command, variables, errors.as_ref()).map_err(NotifyError::Start);
    let outcome = started.and_then(|child| follow(child, body));
    Notified { outcome, said: errors.as_mut().map(|it| said(it, command)).unwrap_or_default() }
}

/// Starts a command in a process group of its own.
fn start(command: &str, variables: &[(&'static str, String)], errors: Option<&File>) -> io::Result<Child> {
    let errors = errors.and_then(|it| it.try_clone().ok()).map_or_else(Stdio::null, Stdio::from);
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).envs(variables.iter().map(|(name, value)| (name, value))).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(errors).spawn()
}

/// Gives a command its body, and waits for its end.
fn follow(mut child: Child, body: &str) -> Result<(), NotifyError> {
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
                end(&mut child).map_err(NotifyError::Lost)?;
                return Err(NotifyError::TooLong);
            }
            None => thread::sleep(LOOK_EVERY),
        }
    }
}

/// Ends a command with all processes that it has started.
fn end(child: &mut Child) -> io::Result<()> {
    kill_process_group(Pid::from_child(child), Signal::KILL)?;
    child.wait().map(drop)
}

/// The first lines of standard error, without those that repeat what may be a secret.
fn said(errors: &mut File, command: &str) -> Said {
    let mut bytes = Vec::new();
    if errors.rewind().and_then(|()| errors.take(MOST_BYTES).read_to_end(&mut bytes)).is_err() {
        return Said::default();
    }
    let text = String::from_utf8_lossy(&bytes);
    let secrets = possible_secrets(command);
    let is_safe = |line: &&str| !secrets.iter().any(|it| line.contains(it));
    let lines: Vec<String> = text.lines().filter(is_safe).take(MOST_LINES).map(str::to_owned).collect();
    Said { is_cut: lines.len() < text.lines().count(), lines }
}

/// The parts of a command that may be secret: those of words that name no program and no path.
fn possible_secrets(command: &str) -> Vec<&str> {
    let words = command.split(|it: char| it.is_whitespace() || "\"'`()<>|;&".contains(it)).filter(|it| !is_there(it));
    let parts = words.flat_map(|it| it.split(|it: char| !it.is_alphanumeric() && it != '-' && it != '_'));
    parts.filter(|it| it.len() >= SHORTEST_SECRET).collect()
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn a_command_gets_the_body_and_the_variables() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("told");
        let variables = [("FERRY_EXIT", "3".to_owned()), ("OUT", file.display().to_string())];
        run("(cat; echo \" $FERRY_EXIT\") > \"$OUT\"", "{\"a\":1}", &variables).outcome.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"a\":1} 3\n");
        let failed = run("exit 4", "{}", &[]).outcome.unwrap_err().to_string();
        assert!(failed.ends_with("exit status: 4"), "{failed}");
        run("true", &"x".repeat(10_000), &[]).outcome.unwrap();
    }

    #[test]
    fn the_first_lines_of_standard_error_are_kept_without_those_that_repeat_the_command() {
        let said = |command| run(command, "{}", &[]).said;
        let said_of =
            |lines: &[&str], is_cut| Said { lines: lines.iter().map(|it| (*it).to_owned()).collect(), is_cut };
        assert_eq!(said("true"), Said::default());
        assert_eq!(said("echo a b >&2; echo c >&2"), said_of(&["a b", "c"], false));
        assert_eq!(said("nobody-has-this --token=SEKRIT99"), said_of(&[], true));
        assert_eq!(said("echo one >&2; echo https://hooks.example.com/T0/SEKRIT99 >&2"), said_of(&["one"], true));
        let many = said("i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo $i >&2; done");
        assert_eq!((many.lines.len(), many.lines[19].as_str(), many.is_cut), (20, "20", true));
    }

    #[test]
    fn a_command_is_ended_with_all_that_it_has_started() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
        let command = "(sleep 5; echo still here) > \"$OUT\" & wait";
        let mut child = start(command, &[("OUT", pipe.display().to_string())], None).unwrap();
        // Opens when the process in the background has opened its side.
        let mut reader = File::open(&pipe).unwrap();
        end(&mut child).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "");
    }
}
