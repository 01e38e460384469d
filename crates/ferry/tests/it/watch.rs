//! A command that goes on, and what it says.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::world::Ended;

/// A sync that goes on, and its standard output and error.
pub(crate) struct Watch {
    pub(crate) process: Child,
    out: BufReader<std::process::ChildStdout>,
    err: BufReader<std::process::ChildStderr>,
}

impl Watch {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let err = BufReader::new(process.stderr.take().unwrap());
        Self { process, out, err }
    }

    /// The next line of the output that holds some words.
    pub(crate) fn line(&mut self, words: &str) -> String {
        line_with(&mut self.out, words)
    }

    pub(crate) fn err_line(&mut self, words: &str) -> String {
        line_with(&mut self.err, words)
    }

    pub(crate) fn end(&mut self) -> Ended {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.err.read_to_string(&mut err).unwrap();
        Ended { code: self.process.wait().unwrap().code().unwrap_or(-1), out, err }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn line_with(reader: &mut impl BufRead, words: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the command ended before it said: {words}");
        if line.contains(words) {
            return line;
        }
    }
}
