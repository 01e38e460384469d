//! Requests in a file: one JSON object a line, with `path`, `headers` as pairs, and `body`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::webhooks::webhook::{Manner, OK, Trick, Webhook};

/// A file of requests cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WebhookFileError {
    #[error("could not read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}:{line}: this is not a request: a line is a JSON object with path, headers and body", path.display())]
    Line { path: PathBuf, line: usize, source: serde_json::Error },
}

/// A request as a line. Other fields are ignored.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    path: Cow<'a, str>,
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    body: Cow<'a, str>,
    /// What is wrong with it, in the words of [`Trick`]. Other words are ignored.
    #[serde(default)]
    faults: Vec<Cow<'a, str>>,
    #[serde(default = "accepted")]
    status: u16,
    #[serde(default)]
    events: u32,
}

fn accepted() -> u16 {
    OK
}

/// Reads requests, one by one.
pub struct WebhookFile {
    path: PathBuf,
    lines: io::Lines<BufReader<File>>,
    n_lines: usize,
}

impl WebhookFile {
    /// Opens a file. Its lines are read one by one, so that it can be large.
    pub fn open(path: &Path) -> Result<Self, WebhookFileError> {
        let file = File::open(path).map_err(|source| WebhookFileError::Read { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), lines: BufReader::new(file).lines(), n_lines: 0 })
    }

    fn read(&self, line: io::Result<String>) -> Result<Webhook, WebhookFileError> {
        let line = line.map_err(|source| WebhookFileError::Read { path: self.path.clone(), source })?;
        let read: Line<'_> = serde_json::from_str(&line).map_err(|source| WebhookFileError::Line {
            path: self.path.clone(),
            line: self.n_lines,
            source,
        })?;
        let known = read.faults.iter().find_map(|it| Trick::from_name(it));
        let headers = read.headers.into_iter().map(|(name, value)| (name.into_owned().into(), value.into_owned()));
        Ok(Webhook {
            path: read.path.into_owned(),
            headers: headers.collect(),
            body: read.body.into_owned().into(),
            trick: known.unwrap_or(Trick::Good),
            manner: Manner::Whole,
            is_late: read.faults.iter().any(|it| it == LATE),
            n_events: read.events,
            expected: read.status,
        })
    }
}

const LATE: &str = "late";

impl Iterator for WebhookFile {
    type Item = Result<Webhook, WebhookFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.lines.next()?;
            self.n_lines += 1;
            if line.as_ref().is_ok_and(|it| it.trim().is_empty()) {
                continue;
            }
            return Some(self.read(line));
        }
    }
}

/// Writes requests into a file that [`WebhookFile`] reads.
pub struct WebhookWriter {
    file: BufWriter<File>,
}

impl WebhookWriter {
    /// Makes the file anew.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(File::create(path)?) })
    }

    /// Adds a request. Its manner is not kept.
    pub fn add(&mut self, webhook: &Webhook) -> io::Result<()> {
        let faults = [(webhook.trick != Trick::Good).then(|| webhook.trick.name()), webhook.is_late.then_some(LATE)];
        let line = Line {
            path: webhook.path.as_str().into(),
            headers: webhook.headers.iter().map(|(name, value)| ((&**name).into(), value.as_str().into())).collect(),
            body: String::from_utf8_lossy(&webhook.body),
            faults: faults.into_iter().flatten().map(Cow::Borrowed).collect(),
            status: webhook.expected,
            events: webhook.n_events,
        };
        serde_json::to_writer(&mut self.file, &line)?;
        self.file.write_all(b"\n")
    }

    /// Writes what is still in memory.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}
