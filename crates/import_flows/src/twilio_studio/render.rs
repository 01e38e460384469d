//! Computes templates as far as the file says what their values are.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::decide::{Comparison, Verdict};
use super::filters::{Value, constant, is_form};
use super::liquid::{Arm, Node, split_quoted};

/// A path such as `widgets.ask.parsed.items[0].name`.
static PATH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}_][\p{L}\p{N}_-]*(?:\.[\p{L}\p{N}_-]+|\[[^\[\]]*\])*$").ok());

/// Blanks around the dots of a path, which Studio ignores, or a literal.
static BLANKS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""[^"]*"|'[^']*'|\s*\.\s*"#).ok());

/// Limits the characters of a computed text: variables that hold each other several times would grow without end.
const MAX_LENGTH: usize = 20_000;

/// Limits the alternatives of a text, each of which becomes a step.
const MAX_ALTERNATIVES: usize = 20;

/// A part of a text that has been computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bit {
    Plain(String),
    /// The value of a path.
    Value(String),
    /// The value of a path in another form, and what is written there.
    Form {
        path: String,
        raw: String,
    },
    /// A value that only Liquid can compute: what is written there, and a name.
    Lost {
        raw: String,
        name: String,
    },
    /// A tag that shows nothing and cannot be computed.
    Note(String),
}

/// One of several texts: it is shown where any of the comparisons holds. The last has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alternative {
    pub(super) comparisons: Vec<Comparison>,
    pub(super) bits: Vec<Bit>,
}

pub(super) struct Renderer<'c> {
    /// The constant of a variable of the flow, by its key.
    pub(super) constant: &'c dyn Fn(&str) -> Option<String>,
    locals: HashMap<String, Vec<Bit>>,
}

impl<'c> Renderer<'c> {
    pub(super) fn new(constant: &'c dyn Fn(&str) -> Option<String>) -> Self {
        Self { constant, locals: HashMap::new() }
    }

    pub(super) fn bits(&mut self, nodes: &[Node<'_>]) -> Vec<Bit> {
        let mut bits = Vec::new();
        let mut length = 0;
        for node in nodes {
            let n_before = bits.len();
            self.node(node, &mut bits);
            length += length_of(&bits[n_before..]);
            if length > MAX_LENGTH {
                let raw = format!("a text of more than {MAX_LENGTH} characters");
                return vec![Bit::Lost { raw, name: "text".to_owned() }];
            }
        }
        bits
    }

    /// The texts of a template whose first condition can be decided by comparing values; none if there is no such
    /// condition, or if the text before it is too long.
    pub(super) fn alternatives(&mut self, nodes: &[Node<'_>]) -> Option<Vec<Alternative>> {
        let mut before = Vec::new();
        let mut length = 0;
        for (n, node) in nodes.iter().enumerate() {
            let open = match node {
                Node::Choice { arms, .. } => self.open_arms(arms),
                _ => None,
            };
            let Some(arms) = open else {
                let n_before = before.len();
                self.node(node, &mut before);
                length += length_of(&before[n_before..]);
                if length > MAX_LENGTH {
                    return None;
                }
                continue;
            };
            let locals = self.locals.clone();
            let one = |(comparisons, inner): (Vec<Comparison>, &[Node<'_>])| {
                self.locals.clone_from(&locals);
                let mut bits = before.clone();
                bits.extend(self.bits(inner));
                bits.extend(self.bits(&nodes[n + 1..]));
                Alternative { comparisons, bits }
            };
            return Some(arms.into_iter().map(one).collect());
        }
        None
    }

    fn node(&mut self, node: &Node<'_>, bits: &mut Vec<Bit>) {
        match node {
            Node::Plain(text) => bits.push(Bit::Plain((*text).to_owned())),
            Node::Output { raw, inside } => bits.extend(self.output(inside, raw)),
            Node::Choice { raw, arms } => match self.known_arm(arms) {
                Some(inner) => bits.extend(self.bits(inner)),
                None => self.lose(raw, !arms.iter().all(|it| is_silent(&it.nodes)), bits),
            },
            Node::Assign { raw, name, value } => {
                let value = self.output(value, raw);
                if value.iter().any(|it| !matches!(it, Bit::Plain(_) | Bit::Value(_))) {
                    bits.push(Bit::Note((*raw).to_owned()));
                }
                self.locals.insert((*name).to_owned(), value);
            }
            Node::Capture { name, nodes, .. } => {
                let value = self.bits(nodes);
                self.locals.insert((*name).to_owned(), value);
            }
            Node::Opaque { raw, .. } => self.lose(raw, true, bits),
            Node::Stray(raw) => bits.push(Bit::Note((*raw).to_owned())),
        }
    }

    /// A block that is not computed, and the names that it may give values to.
    fn lose(&mut self, raw: &str, is_shown: bool, bits: &mut Vec<Bit>) {
        let lost = Bit::Lost { raw: raw.to_owned(), name: name_of(raw) };
        for tag in ["assign ", "capture "] {
            for name in raw.split(tag).skip(1) {
                let name: String =
                    name.trim_start().chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
                self.locals.insert(name, vec![lost.clone()]);
            }
        }
        bits.push(if is_shown { lost } else { Bit::Note(raw.to_owned()) });
    }

    /// A value with its filters.
    fn output(&self, inside: &str, raw: &str) -> Vec<Bit> {
        let parts = split_quoted(inside, '|');
        let Some((first, filters)) = parts.split_first() else { return Vec::new() };
        let mut value = Value::Bits(self.value(first, raw));
        let mut is_other_form = false;
        for filter in filters {
            let (name, arguments) = filter.split_once(':').unwrap_or((filter, ""));
            let arguments: Vec<Vec<Bit>> = match arguments.trim() {
                "" => Vec::new(),
                list => split_quoted(list, ',').into_iter().map(|it| self.value(it, raw)).collect(),
            };
            match value.through(name.trim(), &arguments) {
                Some(next) if next.length() <= MAX_LENGTH => value = next,
                Some(_) => return vec![Bit::Lost { raw: raw.to_owned(), name: name_of(inside) }],
                None if is_form(name.trim()) => is_other_form = true,
                None => return vec![Bit::Lost { raw: raw.to_owned(), name: name_of(inside) }],
            }
        }
        match (is_other_form, value.bits()) {
            (false, bits) => bits,
            (true, bits) => match <[Bit; 1]>::try_from(bits) {
                Ok([Bit::Value(path)]) => vec![Bit::Form { path, raw: raw.to_owned() }],
                Ok(bits) => bits.into(),
                Err(bits) => [bits, vec![Bit::Note(raw.to_owned())]].concat(),
            },
        }
    }

    /// The value of a literal or a path.
    pub(super) fn value(&self, expression: &str, raw: &str) -> Vec<Bit> {
        let expression = without_blanks(expression);
        let plain = |it: &str| vec![Bit::Plain(it.to_owned())];
        let literal = ['"', '\''].iter().find_map(|it| expression.strip_prefix(*it)?.strip_suffix(*it));
        if let Some(literal) = literal {
            return plain(literal);
        }
        if ["nil", "null", "empty", "blank", ""].contains(&expression.as_str()) {
            return plain("");
        }
        if expression.parse::<f64>().is_ok() || ["true", "false"].contains(&expression.as_str()) {
            return plain(&expression);
        }
        if let Some(known) = self.locals.get(&expression) {
            return known.clone();
        }
        if let Some(known) = expression.strip_prefix("flow.variables.").and_then(|it| (self.constant)(it)) {
            return plain(&known);
        }
        match PATH.as_ref().is_some_and(|it| it.is_match(&expression)) {
            true => vec![Bit::Value(self.with_known_places(&expression))],
            false => vec![Bit::Lost { raw: raw.to_owned(), name: name_of(&expression) }],
        }
    }

    /// A path whose places in lists are numbers, where they are known.
    fn with_known_places(&self, path: &str) -> String {
        let mut parts = path.split('[');
        let mut known = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (place, rest) = part.split_once(']').unwrap_or((part, ""));
            let place = self.locals.get(place).and_then(|it| constant(it)).unwrap_or_else(|| place.to_owned());
            known.push_str(&format!("[{place}]{rest}"));
        }
        known
    }

    /// The content of the alternative that is shown, if that is known.
    fn known_arm<'n, 'a>(&self, arms: &'n [Arm<'a>]) -> Option<&'n [Node<'a>]> {
        for arm in arms {
            match self.verdict(arm.condition) {
                Verdict::Known(true) => return Some(&arm.nodes),
                Verdict::Known(false) => {}
                Verdict::Tests(_) | Verdict::Unknown => return None,
            }
        }
        Some(&[])
    }

    /// The alternatives that may be shown, with what decides. None if the file decides, or only Liquid can.
    fn open_arms<'n, 'a>(&self, arms: &'n [Arm<'a>]) -> Option<Vec<(Vec<Comparison>, &'n [Node<'a>])>> {
        let mut open: Vec<(Vec<Comparison>, &[Node<'_>])> = Vec::new();
        for arm in arms {
            match self.verdict(arm.condition) {
                Verdict::Known(false) => {}
                Verdict::Known(true) => {
                    open.push((Vec::new(), &arm.nodes));
                    break;
                }
                Verdict::Tests(tests) => open.push((tests, &arm.nodes)),
                Verdict::Unknown => return None,
            }
        }
        if open.last().is_some_and(|it| !it.0.is_empty()) {
            open.push((Vec::new(), &[]));
        }
        (2..=MAX_ALTERNATIVES).contains(&open.len()).then_some(open)
    }
}

/// The characters of a computed text; a value counts as one.
pub(super) fn length_of(bits: &[Bit]) -> usize {
    let length = |it: &Bit| if let Bit::Plain(text) = it { text.len() } else { 1 };
    bits.iter().map(length).sum()
}

/// Whether nothing of the parts can be seen.
fn is_silent(nodes: &[Node<'_>]) -> bool {
    nodes.iter().all(|it| match it {
        Node::Plain(text) => text.trim().is_empty(),
        Node::Assign { .. } | Node::Capture { .. } | Node::Stray(_) => true,
        Node::Choice { arms, .. } => arms.iter().all(|it| is_silent(&it.nodes)),
        Node::Output { .. } | Node::Opaque { .. } => false,
    })
}

/// An expression without blanks around the dots of its paths.
pub(super) fn without_blanks(expression: &str) -> String {
    let Some(pattern) = BLANKS.as_ref() else { return expression.to_owned() };
    let joined = pattern.replace_all(expression.trim(), |found: &regex::Captures<'_>| {
        if found[0].trim() == "." { ".".to_owned() } else { found[0].to_owned() }
    });
    joined.into_owned()
}

/// A name for what is lost, from the first path in it.
fn name_of(raw: &str) -> String {
    if raw.starts_with("{%") && raw.contains("for ") {
        return "list".to_owned();
    }
    let is_path = |it: &&str| it.contains('.') && it.starts_with(char::is_alphabetic);
    let path = raw.split(|it: char| !it.is_alphanumeric() && !['.', '_', '-', '[', ']'].contains(&it)).find(is_path);
    format!("{} value", path.map_or_else(|| "computed".to_owned(), |it| super::slot_names(it).0))
}
