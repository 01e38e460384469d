//! Output of results.

use std::io::Write;

use anyhow::Result;
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
        let text = match self.format {
            Format::Text => text(),
            Format::Json => serde_json::to_string_pretty(value)? + "\n",
        };
        match std::io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }
}
