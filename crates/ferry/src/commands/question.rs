//! Questions on the terminal.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Result, bail};

/// Asks on the terminal. Without a terminal nobody can answer.
#[expect(clippy::print_stderr, reason = "a question is no result")]
pub(super) fn confirmed(facts: &str, question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("{facts}Add --yes to do it.");
    }
    eprint!("{facts}{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Asks for some words on the terminal, and says whether they came. Without a terminal nobody can type them.
#[expect(clippy::print_stderr, reason = "a question is no result")]
pub(super) fn typed(words: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "messages to real people begin only when somebody types \"{words}\": use a terminal, or --yes-send with the number"
        );
    }
    eprint!("Type \"{words}\" to send: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == words)
}
