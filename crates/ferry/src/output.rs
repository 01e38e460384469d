//! Output of results and messages. Everything that Ferry prints goes through this file, so that no text of a file, a
//! provider or a person reaches the terminal with characters that the terminal acts on.

use std::io::Write;
use std::sync::OnceLock;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use model::{is_unprintable, printable_text};
use results::{Failure, FailureResult, Versioned};
use run_text::{Role, Styled};
use serde::Serialize;

use crate::cli::{Colour, Format, LogFormat};

/// How this process prints.
static MODE: OnceLock<Mode> = OnceLock::new();

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mode {
    pub(crate) format: Format,
    pub(crate) log_format: LogFormat,
}

/// Decides once how this process prints. Without a choice the environment decides about colours, then the terminal.
pub(crate) fn begin(mode: Mode, colour: Colour) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|it| !it.is_empty() && it != "0");
    let is_off = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    let choice = match colour {
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
        Colour::Auto if is_off => ColorChoice::Never,
        Colour::Auto if is_set("FORCE_COLOR") => ColorChoice::Always,
        // The library reads CLICOLOR_FORCE, CLICOLOR and TERM.
        Colour::Auto => ColorChoice::Auto,
    };
    choice.write_global();
    let _ = MODE.set(mode);
}

fn mode() -> Mode {
    MODE.get().copied().unwrap_or_default()
}

/// Whether results on standard output have colours.
pub(crate) fn is_coloured() -> bool {
    has_colours(&std::io::stdout())
}

fn has_colours<S: RawStream>(stream: &S) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

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

    /// Prints a result. In JSON it is an object with the version of its schema. A reader that closes the pipe early, such
    /// as `head`, is not an error.
    pub(crate) fn print<T: Into<Styled>>(self, value: &impl Serialize, text: impl FnOnce() -> T) -> Result<()> {
        match self.format {
            Format::Text => write(text().into().rendered(is_coloured()).as_bytes()),
            Format::Json => write(json(&Versioned::of(value))?.as_bytes()),
        }
    }

    /// Prints a result whose text another library has coloured. No value in the text may hold an escape character.
    pub(crate) fn print_coloured(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Text if is_coloured() => write(coloured(&text()).as_bytes()),
            _ => self.print(value, text),
        }
    }

    /// Prints JSON whose form is not Ferry's own, such as a JSON Schema.
    pub(crate) fn print_foreign(value: &impl Serialize) -> Result<()> {
        write(json(value)?.as_bytes())
    }
}

/// Prints an error: to people with a line for the hint, to machines as one line of JSON.
pub(crate) fn print_failure(failure: Failure) {
    if mode().format == Format::Json {
        let line = serde_json::to_string(&Versioned::of(&FailureResult { error: failure })).unwrap_or_default();
        return print_raw(&escaped(line));
    }
    let mut text = failure.message;
    failure.causes.iter().for_each(|it| text += &format!(": {it}"));
    let text = printable_text(text.trim_end()).into_owned();
    if mode().log_format == LogFormat::Json {
        return tracing::error!(target: "ferry", code = failure.code, exit = failure.exit, hint = failure.hint, "{text}");
    }
    print_labelled(Role::Error, "ferry", &text);
    if let Some(hint) = failure.hint {
        print_labelled(Role::Warning, "hint", &hint);
    }
}

/// Prints a warning that belongs to no result.
pub(crate) fn print_warning(message: &str) {
    match mode().log_format {
        LogFormat::Json => tracing::warn!(target: "ferry", "{}", printable_text(message)),
        LogFormat::Text => print_labelled(Role::Warning, "warning", message),
    }
}

fn print_labelled(role: Role, label: &str, message: &str) {
    let mut line = Styled::default();
    line.push(role, format!("{label}:"));
    line.push(Role::Plain, format!(" {}", indented(message)));
    print_raw(&line.rendered(has_colours(&std::io::stderr())));
}

/// Prints a line for the person at the terminal to standard error.
pub(crate) fn print_message(message: &str) {
    match mode().log_format {
        LogFormat::Json => tracing::info!(target: "ferry", "{}", printable_text(message.trim_end())),
        LogFormat::Text => print_raw(&printable_text(&indented(message))),
    }
}

/// Prints what came out of a task, and how long it took.
pub(crate) fn print_task(task: &str, outcome: &str, seconds: f64) {
    match mode().log_format {
        LogFormat::Json => tracing::info!(target: "ferry", task, seconds, "{}", printable_text(outcome)),
        LogFormat::Text => print_message(&format!("{task:10} {outcome} ({seconds:.1} s)")),
    }
}

/// Indents lines after the first, so that a line break in a value cannot begin a line that looks like one of Ferry's.
fn indented(message: &str) -> String {
    message.trim_end().replace('\n', "\n  ")
}

#[expect(clippy::print_stderr, reason = "this is where messages reach the user")]
fn print_raw(line: &str) {
    eprintln!("{line}");
}

/// Writes bytes to standard output. A reader that closes the pipe early is not an error.
pub(crate) fn write(bytes: &[u8]) -> Result<()> {
    match std::io::stdout().write_all(bytes).and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// The value as JSON.
fn json(value: &impl Serialize) -> Result<String> {
    Ok(escaped(serde_json::to_string_pretty(value)? + "\n"))
}

/// JSON with hidden characters in JSON's own escapes.
fn escaped(text: String) -> String {
    if !text.contains(is_unprintable) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 64);
    for it in text.chars() {
        match is_unprintable(it) {
            true => it.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}")),
            false => escaped.push(it),
        }
    }
    escaped
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
