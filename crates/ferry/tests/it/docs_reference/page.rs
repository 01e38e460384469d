//! A page of docs/, as its readers use it: headings to find an entry, examples to copy.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of a file in docs/.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// A fenced block of code in a page: its language, and its text.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) language: String,
    pub(crate) text: String,
}

/// The blocks of code of a page, in order.
pub(crate) fn examples(name: &str) -> Vec<Example> {
    let page = text(name);
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let inside: String = lines.by_ref().take_while(|it| *it != "```").map(|it| format!("{it}\n")).collect();
        examples.push(Example { language: language.to_owned(), text: inside });
    }
    examples
}

/// The part of a page under a heading, such as `## Exit codes`, up to the next heading of the same level or a higher one.
pub(crate) fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let begin = page.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("the page has no \"{heading}\""));
    let rest = &page[begin + heading.len() + 2..];
    let level = heading.bytes().take_while(|it| *it == b'#').count();
    let is_end = |line: &str| (1..=level).any(|n| line.starts_with(&format!("{} ", "#".repeat(n))));
    let end = rest.lines().take_while(|line| !is_end(line)).map(|line| line.len() + 1).sum::<usize>();
    &rest[..end.min(rest.len())]
}
