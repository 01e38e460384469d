//! A file with templates, and the place of each value in its text.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use model::Finding;
use serde_json::Value;
use template::Template;

use crate::line_index::{Excerpt, LineIndex};

/// Limits a file of templates, in bytes: an account has at most 6,000, which are 1 MiB. Parsed JSON takes up to fifty times
/// as much memory.
const MOST_BYTES: u64 = 16 << 20;

/// A file that was read.
pub struct Document {
    pub path: PathBuf,
    pub text: String,
    pub value: Value,
    /// Each template with its place as a JSON pointer, or the reason why it is not a template.
    pub templates: Vec<(String, Result<Template, String>)>,
    places: HashMap<String, Place>,
    lines: LineIndex,
}

/// A finding and the number of its document.
pub type DocumentFinding = (usize, Finding);

enum Place {
    /// A text or another value without parts.
    Text(Range<usize>),
    Container(Range<usize>),
}

/// Reads all files and the JSON files of folders. In a folder that `ferry translate` wrote, only `templates` is read.
pub fn read_documents(paths: &[PathBuf]) -> Result<Vec<Document>> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.iter().map(|it| Document::read(it)).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let translated = path.join("templates");
    let folder = if translated.is_dir() { &translated } else { path };
    let context = || format!("could not read {}", folder.display());
    let entries: std::io::Result<Vec<PathBuf>> =
        fs::read_dir(folder).with_context(context)?.map(|it| Ok(it?.path())).collect();
    let mut entries = entries.with_context(context)?;
    entries.sort();
    files.extend(entries.into_iter().filter(|it| it.extension().is_some_and(|it| it == "json")));
    Ok(())
}

impl Document {
    fn read(path: &Path) -> Result<Self> {
        let text = run::read_small_text(path, MOST_BYTES);
        let text = text.with_context(|| format!("could not read {}", path.display()))?;
        let value: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        let mut templates = Vec::new();
        find(&value, String::new(), &mut templates);
        let lines = LineIndex::of(&text);
        Ok(Self { path: path.to_owned(), places: places(&text), lines, text, value, templates })
    }

    /// The bytes of a place; if the place is missing, those of the value around it.
    pub fn range(&self, pointer: &str, span: Option<(usize, usize)>) -> Range<usize> {
        let mut pointer = pointer;
        let mut is_missing = false;
        let place = loop {
            if let Some(place) = self.places.get(pointer) {
                break place;
            }
            is_missing = true;
            let Some(parent) = pointer.rfind('/') else { return 0..self.text.len().min(1) };
            pointer = &pointer[..parent];
        };
        match (place, span) {
            (Place::Text(range), Some(span)) if !is_missing => self.within(range, span),
            (Place::Container(range), _) => range.start..range.start + 1,
            (Place::Text(range), _) => range.clone(),
        }
    }

    /// The bytes of some characters of a string literal: escapes are longer than their characters.
    fn within(&self, literal: &Range<usize>, (from, to): (usize, usize)) -> Range<usize> {
        let (start, end) = (literal.start + 1, literal.end - 1);
        let raw = &self.text[start..end];
        let mut bounds = Vec::new();
        let mut at = 0;
        while at < raw.len() {
            bounds.push(at);
            let rest = &raw[at..];
            at += match rest.as_bytes() {
                // Two escapes form one character outside the basic plane.
                [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B', ..]
                    if rest[6.min(rest.len())..].starts_with("\\u") =>
                {
                    12
                }
                [b'\\', b'u', ..] => 6,
                [b'\\', ..] => 2,
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
        }
        bounds.push(raw.len());
        let bound = |n: usize| bounds.get(n).copied().unwrap_or(raw.len()).min(raw.len());
        start + bound(from)..start + bound(to).max(bound(from))
    }

    /// Line and column of a byte, both from 1; columns are characters.
    pub fn line(&self, byte: usize) -> (usize, usize) {
        self.lines.line(&self.text, byte)
    }

    /// The text around some bytes that is shown with them.
    pub fn excerpt(&self, bytes: &Range<usize>) -> Excerpt {
        self.lines.excerpt(&self.text, bytes)
    }
}

/// The places of all values of a document, by JSON pointer.
fn places(text: &str) -> HashMap<String, Place> {
    let mut places = HashMap::new();
    let strict = ParseOptions { allow_comments: false, ..ParseOptions::default() };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &strict);
    let mut waiting: Vec<(String, Node<'_>)> =
        parsed.ok().and_then(|it| it.value).map(|it| (String::new(), it)).into_iter().collect();
    while let Some((pointer, node)) = waiting.pop() {
        let range = node.range().start..node.range().end;
        let is_container = matches!(node, Node::Object(_) | Node::Array(_));
        places.insert(pointer.clone(), if is_container { Place::Container(range) } else { Place::Text(range) });
        match node {
            // The last of two equal keys counts, as in serde_json.
            Node::Object(object) => waiting.extend(
                object.properties.into_iter().rev().map(|it| (format!("{pointer}/{}", it.name.as_str()), it.value)),
            ),
            Node::Array(array) => {
                waiting.extend(array.elements.into_iter().enumerate().map(|(n, it)| (format!("{pointer}/{n}"), it)));
            }
            _ => {}
        }
    }
    places
}

/// Finds templates: the document itself, a list, or the list in an answer of the Cloud API.
fn find(value: &Value, pointer: String, templates: &mut Vec<(String, Result<Template, String>)>) {
    match value {
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(n, it)| find(it, format!("{pointer}/{n}"), templates));
        }
        Value::Object(object) if !object.contains_key("components") => {
            let key = ["data", "templates", "message_templates"]
                .into_iter()
                .find(|it| object.get(*it).is_some_and(Value::is_array));
            match key {
                Some(key) => find(&value[key], format!("{pointer}/{key}"), templates),
                None => templates.push((pointer, Err("it has no components".to_owned()))),
            }
        }
        _ => {
            let read = serde_json::from_value(value.clone()).map_err(|it| it.to_string());
            templates.push((pointer, read));
        }
    }
}
