//! Values: the slots of expressions, and their names.

use scenario::{Loss, Text};

use super::expression::{Case, Parsed, Piece, parts, pieces};
use super::flow::FlowReader;

/// Names below `results` that Glific fills in by itself.
const OF_GLIFIC: [&str; 3] = ["parent", "child", "flow_keyword"];

impl FlowReader<'_> {
    /// A text with its expressions as slots.
    pub(super) fn text(&mut self, raw: &str, place: &str) -> Text {
        let mut text = Text::default();
        for piece in pieces(raw) {
            match piece {
                Piece::Plain(plain) => text.push_plain(plain),
                Piece::Path(path) => {
                    self.name_missing(path, place);
                    text.push_slot(&self.slot(path));
                }
                Piece::Computed(expression) if constant(expression).is_some() => {
                    text.push_plain(constant(expression).unwrap_or_default());
                }
                Piece::Computed(expression) => text.push_slot(&self.computed(expression, place)),
                Piece::Code(code) => text.push_slot(&self.computed_as(code, code, place)),
            }
        }
        text
    }

    /// The slot of an expression in parentheses.
    pub(super) fn computed(&mut self, expression: &str, place: &str) -> String {
        let parsed = Parsed::read(expression);
        parsed.paths.iter().for_each(|it| self.name_missing(it, place));
        if parsed.is_path(expression) {
            return self.slot(parsed.paths[0]);
        }
        let whole = format!("@({expression})");
        match parsed.paths.first() {
            Some(path) if parsed.is_same_value(expression) => {
                self.builder.record_loss(Loss::ExpressionDropped, place, whole);
                self.slot_in(path, parsed.case())
            }
            _ => self.computed_as(expression, &whole, place),
        }
    }

    /// The slot of what only the source computes.
    pub(super) fn computed_as(&mut self, expression: &str, whole: &str, place: &str) -> String {
        self.builder.record_loss(Loss::ExpressionDropped, place, whole);
        let parsed = Parsed::read(expression);
        let name = match parsed.paths.first() {
            Some(path) => self.named(path).1,
            None => parsed.functions.last().copied().unwrap_or("value").to_owned(),
        };
        self.builder.slot_called(whole, &name, &format!("{name}_value"), whole)
    }

    /// Names a result that no flow of the file saves. Those of a parent may come from another file.
    fn name_missing(&mut self, path: &str, place: &str) {
        let parts = parts(path);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (["results", name, ..] | ["run", "results", name, ..]) = parts.as_slice() else { return };
        if !self.export.results.contains(*name) && !OF_GLIFIC.contains(name) {
            let what = format!("@{path}: no flow of the file saves the result “{name}”");
            self.builder.record_loss(Loss::MissingReference, place, what);
        }
    }

    pub(super) fn slot(&mut self, path: &str) -> String {
        self.slot_in(path, Case::Same)
    }

    fn slot_in(&mut self, path: &str, case: Case) -> String {
        let (key, name) = self.named(path);
        let other = other_name(path, &name);
        if let Some(result) = key.strip_suffix("#category") {
            let cased = format!("{key}{case:?}");
            let slot = self.builder.slot_called(&cased, &name, &other, path);
            self.results.categories.entry(result.to_owned()).or_default().insert(case, slot.clone());
            return slot;
        }
        let slot = self.builder.slot_called(&key, &name, &other, path);
        if let Some(result) = key.strip_suffix("#input") {
            self.results.inputs.insert(result.to_owned(), slot.clone());
        } else if key == "last message" {
            self.results.last_message = Some(slot.clone());
        } else {
            self.results.values.insert(key);
        }
        slot
    }

    /// The key of a value, and a name for it.
    fn named(&self, path: &str) -> (String, String) {
        let parts = parts(path);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let run = &self.runs.get(self.run);
        let flow = run.map_or(0, |it| it.flow);
        let parent = run.and_then(|it| it.parent).map(|it| self.runs[it].flow);
        let child = run.and_then(|it| it.child);
        match parts.as_slice() {
            ["parent", "results" | "flow", rest @ ..] => result(parent.unwrap_or(flow), rest),
            ["child", "results" | "flow", rest @ ..] => result(child.unwrap_or(flow), rest),
            ["parent" | "child", rest @ ("contact" | "fields" | "urns"), more @ ..] => contact(rest, more),
            ["results" | "flow", rest @ ..] if !rest.is_empty() => result(flow, rest),
            ["contact", "results", rest @ ..] if !rest.is_empty() => result(flow, rest),
            [root @ ("contact" | "fields" | "urns"), rest @ ..] => contact(root, rest),
            ["input" | "step"] | ["input", "text"] | ["step", "value" | "text"] => {
                ("last message".to_owned(), "last_message".to_owned())
            }
            ["locals", local] => (format!("{flow} local {local}"), (*local).trim_start_matches('_').to_owned()),
            ["globals" | "global", name, ..] => (format!("global {name}"), (*name).to_owned()),
            ["webhook", "status"] => (format!("{flow} webhook.status"), "webhook_status".to_owned()),
            ["webhook" | "extra" | "legacy_extra" | "trigger", .., last] => {
                let name =
                    if last.bytes().all(|it| it.is_ascii_digit()) { parts.join("_") } else { (*last).to_owned() };
                (format!("{flow} {}", parts.join(".")), name)
            }
            _ => (format!("{flow} {}", parts.join(".")), parts.join("_")),
        }
    }
}

/// The text of an expression that is only a text in quotes, as `@("")` of a message without words.
fn constant(expression: &str) -> Option<&str> {
    let inside = expression.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!inside.contains(['"', '\\'])).then_some(inside)
}

/// A result of a flow: its value, its category, the answer, or what a call brought.
fn result(flow: usize, parts: &[&str]) -> (String, String) {
    let Some((name, rest)) = parts.split_first() else { return (format!("{flow} results"), "results".to_owned()) };
    let key = result_key(flow, name);
    match rest {
        ["category" | "category_localized", ..] => (format!("{key}#category"), format!("{name}_category")),
        ["input" | "text", ..] => (format!("{key}#input"), format!("{name}_answer")),
        ["extra", .., last] => {
            let is_number = last.bytes().all(|it| it.is_ascii_digit());
            let called = if is_number { format!("{name}_{last}") } else { (*last).to_owned() };
            (format!("{key}.{}", rest.join(".")), called)
        }
        [] | ["value" | "values", ..] => (key, (*name).to_owned()),
        // Calls of Glific put what they brought into the result itself.
        [.., last] => {
            let called = if is_general(last) { format!("{name}_{last}") } else { (*last).to_owned() };
            (format!("{key}.{}", rest.join(".")), called)
        }
    }
}

/// Whether the last word of a path says nothing without the word before it.
fn is_general(word: &str) -> bool {
    const GENERAL: [&str; 7] = ["name", "status", "id", "uuid", "created_on", "node_uuid", "categories"];
    word.bytes().all(|it| it.is_ascii_digit()) || GENERAL.contains(&word)
}

/// The name for a value whose own name is taken: with the word before it.
fn other_name(path: &str, name: &str) -> String {
    let parts = parts(path);
    let is_number = |it: &&String| it.bytes().all(|it| it.is_ascii_digit());
    let mut before = parts.iter().rev().skip(1).filter(|it| !is_number(it) && !name.contains(it.as_str()));
    let first = before.next();
    // `json` and `extra` stand for whatever the call brought.
    let named = first.filter(|it| *it != "extra" && *it != "json").or_else(|| before.next()).or(first);
    format!("{}_{name}", named.map_or("other", String::as_str))
}

/// The key of a result of a flow.
pub(super) fn result_key(flow: usize, name: &str) -> String {
    format!("{flow} result {name}")
}

fn contact(root: &str, parts: &[&str]) -> (String, String) {
    const ATTRIBUTES: [&str; 14] = [
        "name",
        "first_name",
        "id",
        "uuid",
        "ref",
        "language",
        "timezone",
        "created_on",
        "last_seen_on",
        "groups",
        "channel",
        "status",
        "tickets",
        "urns",
    ];
    match (root, parts) {
        ("contact", ["fields", field, ..]) | ("fields", [field, ..]) => (format!("field {field}"), (*field).to_owned()),
        ("contact", []) => ("contact name".to_owned(), "name".to_owned()),
        ("contact", ["tel" | "tel_e164" | "urn" | "phone", ..]) | ("urns", ["tel", ..]) => {
            ("contact phone".to_owned(), "phone".to_owned())
        }
        ("contact", [attribute, ..]) if ATTRIBUTES.contains(attribute) => {
            (format!("contact {attribute}"), (*attribute).to_owned())
        }
        ("contact", [field, ..]) => (format!("field {field}"), (*field).to_owned()),
        (_, [name, ..]) => (format!("{root} {name}"), (*name).to_owned()),
        (_, []) => (root.to_owned(), root.to_owned()),
    }
}
