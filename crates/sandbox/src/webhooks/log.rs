//! The log of requests: one JSON object a line, so that a script can hold what was acknowledged against a database.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::webhooks::webhook::{Manner, Trick};

/// A file with a line for each request that was sent.
pub struct RequestLog {
    file: Mutex<File>,
}

/// A request and its answer.
#[derive(Serialize)]
pub(super) struct LoggedRequest<'a> {
    /// The number of the webhook, from 1. Each attempt is a line.
    pub(super) number: u64,
    pub(super) attempt: u32,
    pub(super) kind: Trick,
    pub(super) manner: Manner,
    pub(super) late: bool,
    pub(super) events: u32,
    /// Of the whole body, also if only a part of it went out.
    pub(super) sha256: &'a str,
    pub(super) expected: u16,
    /// None if there was no answer.
    pub(super) status: Option<u16>,
    /// From the first byte of the request to the answer.
    pub(super) ms: f64,
    /// Since the first webhook, when the answer came.
    pub(super) at_ms: f64,
}

impl RequestLog {
    /// Makes the file anew.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: Mutex::new(File::create(path)?) })
    }

    /// Writes a line at once, so that it is there if the process is killed.
    pub(super) fn add(&self, request: &LoggedRequest<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}
