use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::json;

/// All numbers that were checked, with their answers: one line of JSON per number.
pub struct Ledger(Mutex<File>);

impl Ledger {
    /// Opens a ledger; an existing file is continued.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(|it| Self(Mutex::new(it)))
    }

    /// Writes the numbers of one request, in one write.
    pub(crate) fn append<'a>(
        &self,
        request: u64,
        wire: &str,
        at: Timestamp,
        answers: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> io::Result<()> {
        let at = at.as_millisecond();
        let mut lines = String::new();
        for (number, answer) in answers {
            let number = format!("+{}", number.trim_start_matches('+'));
            let line = json!({ "request": request, "wire": wire, "at": at, "number": number, "answer": answer });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        let mut file = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(lines.as_bytes())
    }
}
