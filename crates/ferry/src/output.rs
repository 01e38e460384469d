//! Output of results. Everything that Ferry prints goes through this file, so that no text of a file, a provider or a
//! person reaches the terminal with characters that the terminal acts on.

use std::io::Write;

use anyhow::Result;
use model::{is_unprintable, printable_text};
use serde::Serialize;

use crate::cli::Format;

/// Prints results to standard output, in the format that the user chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
}

impl Output {
    /// The same output, in JSON.
    pub(crate) fn as_json(self) -> Self {
        Self { format: Format::Json }
    }

    /// Prints a result. A reader that closes the pipe early, such as `head`, is not an error.
    pub(crate) fn print(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Text => write(printable_text(&text()).as_bytes()),
            Format::Json => write(json(value)?.as_bytes()),
        }
    }

    /// Prints a result whose text may have colours. No value in the text may hold an escape character.
    pub(crate) fn print_coloured(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Text => write(coloured(&text()).as_bytes()),
            Format::Json => write(json(value)?.as_bytes()),
        }
    }
}

/// Prints a line for the person at the terminal to standard error. Lines after the first are indented, so that a line
/// break in a value cannot begin a line that looks like one of Ferry's.
#[expect(clippy::print_stderr, reason = "this is where messages reach the user")]
pub(crate) fn print_message(message: &str) {
    eprintln!("{}", printable_text(message.trim_end()).replace('\n', "\n  "));
}

/// Writes bytes to standard output. A reader that closes the pipe early is not an error.
pub(crate) fn write(bytes: &[u8]) -> Result<()> {
    match std::io::stdout().write_all(bytes).and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// The value as JSON, with hidden characters in JSON's own escapes.
fn json(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    if !text.contains(is_unprintable) {
        return Ok(text);
    }
    let mut escaped = String::with_capacity(text.len() + 64);
    for it in text.chars() {
        match is_unprintable(it) {
            true => it.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}")),
            false => escaped.push(it),
        }
    }
    Ok(escaped)
}

/// The text with its colours, such as `ESC[1;31m`, and with all other hidden characters written out.
fn coloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut safe = printable_text(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let n_codes = part.bytes().take_while(|it| it.is_ascii_digit() || *it == b';').count();
        match part[n_codes..].strip_prefix('m') {
            Some(rest) => safe += &format!("\u{1b}[{}m{}", &part[..n_codes], printable_text(rest)),
            None => safe += &format!("\\u{{1b}}[{}", printable_text(part)),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_without_hidden_characters() {
        let value = ["a\u{9b}2J\u{202e}\u{1b}\u{e0001}\n", "é"];
        let text = json(&value).unwrap();
        assert!(!text.contains(is_unprintable) && text.contains("\\u009b"), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), value);
    }

    #[test]
    fn only_colours_are_left_of_what_a_terminal_acts_on() {
        assert_eq!(
            coloured("\u{1b}[1;31merror\u{1b}[0m: a\u{1b}[2J\u{9b}b\n"),
            "\u{1b}[1;31merror\u{1b}[0m: a\\u{1b}[2J\\u{9b}b\n"
        );
    }
}
