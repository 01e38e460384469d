//! A file with templates in it, and where in its text each thing stands.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jsonc_parser::ast::{StringLit, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;
use template::Template;

/// A file, read.
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) value: Value,
    /// Each template with its place as a JSON pointer; or why it is none.
    pub(crate) templates: Vec<(String, Result<Template, String>)>,
}

/// Reads all files and the JSON files of folders. A folder that `ferry translate` wrote is its folder `templates`.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<Document>> {
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
        let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
        let value: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        let mut templates = Vec::new();
        find(&value, String::new(), &mut templates);
        Ok(Self { path: path.to_owned(), text, value, templates })
    }

    /// The bytes of the text that a place means; the whole file if it is not there.
    pub(crate) fn range(&self, pointer: &str, span: Option<(usize, usize)>) -> Range<usize> {
        let strict = ParseOptions { allow_comments: false, ..ParseOptions::default() };
        let parsed = parse_to_ast(&self.text, &CollectOptions::default(), &strict);
        let Some(root) = parsed.ok().and_then(|it| it.value) else { return 0..self.text.len().min(1) };
        let mut node = &root;
        for key in pointer.split('/').skip(1) {
            let next = match node {
                Node::Object(object) => {
                    object.properties.iter().rev().find(|it| it.name.as_str() == key).map(|it| &it.value)
                }
                Node::Array(array) => key.parse::<usize>().ok().and_then(|it| array.elements.get(it)),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                // What is missing is marked where it would be.
                None => break,
            }
        }
        let whole = node.range().start..node.range().end;
        match (node, span) {
            (Node::StringLit(text), Some(span)) => self.within(text, span),
            (Node::Object(_) | Node::Array(_), _) => whole.start..whole.start + 1,
            _ => whole,
        }
    }

    /// The bytes of some characters of a string, whose escapes are longer than what they stand for.
    fn within(&self, literal: &StringLit<'_>, (from, to): (usize, usize)) -> Range<usize> {
        let (start, end) = (literal.range.start + 1, literal.range.end - 1);
        let raw = &self.text[start..end];
        let mut bounds = Vec::new();
        let mut at = 0;
        while at < raw.len() {
            bounds.push(at);
            let rest = &raw[at..];
            at += match rest.as_bytes() {
                // Two escapes make one character beyond the first plane.
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
    pub(crate) fn line(&self, byte: usize) -> (usize, usize) {
        let before = &self.text[..byte.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

/// Finds templates: the document itself, a list, or what stands under a key of an answer.
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
