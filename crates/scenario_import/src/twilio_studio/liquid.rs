//! Reads texts with Liquid in them: `{{widgets.ask.inbound.Body | capitalize}}`, `{% if … %}`.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use scenario::{Loss, Text};

use super::FlowBuilder;

/// An output, or a tag. An output has an expression and filters.
static LIQUID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?s)\{%-?\s*(\w+)(.*?)-?%\}|\{\{-?\s*("[^"]*"|'[^']*'|[^{}|]+?)\s*(\|[^{}]*?)?\s*-?\}\}"#).ok()
});

/// The text of an output that is the same in each message: a constant variable or a literal.
fn plain_output<'a>(found: &'a Captures<'_>, constant: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    let expression = found.get(3)?.as_str();
    if found.get(4).is_some() {
        return None;
    }
    let literal = ['"', '\''].iter().find_map(|it| expression.strip_prefix(*it)?.strip_suffix(*it));
    literal.or_else(|| constant(expression.strip_prefix("flow.variables.")?))
}

/// A text whose outputs are all constant; none if anything in it varies.
pub(super) fn constant<'a>(text: &str, constant: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let pattern = LIQUID.as_ref()?;
    let (mut whole, mut at) = (String::new(), 0);
    for found in pattern.captures_iter(text) {
        let place = found.get(0)?;
        whole.push_str(&text[at..place.start()]);
        let expression = found.get(3).filter(|_| found.get(4).is_none())?.as_str();
        let literal = ['"', '\''].iter().find_map(|it| expression.strip_prefix(*it)?.strip_suffix(*it));
        whole.push_str(literal.or_else(|| constant(expression.strip_prefix("flow.variables.")?))?);
        at = place.end();
    }
    whole.push_str(&text[at..]);
    Some(whole)
}

/// Replaces the braces of Liquid: a text of a finding has no slots.
pub(super) fn plain(text: &str) -> String {
    text.replace("{{", "{").replace("}}", "}")
}

impl FlowBuilder<'_> {
    /// A text of a state. Constants are text, everything else that varies is a slot.
    ///
    /// Of the alternatives of a condition the first is kept, since each message needs one text.
    pub(super) fn text(&mut self, raw: &str, state: &str) -> Text {
        let Some(pattern) = LIQUID.as_ref() else { return Text::plain(raw) };
        let mut text = Text::default();
        let mut tags = Tags::default();
        let mut at = 0;
        for found in pattern.captures_iter(raw) {
            let Some(place) = found.get(0) else { continue };
            if tags.are_open() {
                text.push_plain(&raw[at..place.start()]);
            }
            at = place.end();
            match found.get(1) {
                Some(tag) => {
                    if let Some(loss) = tags.read(tag.as_str()) {
                        self.builder.record_loss(loss, state, plain(place.as_str()));
                    }
                }
                None if tags.are_open() => self.output(&found, &mut text, state),
                None => {}
            }
        }
        text.push_plain(&raw[at..]);
        text
    }

    fn output(&mut self, found: &Captures<'_>, text: &mut Text, state: &str) {
        if let Some(plain) = plain_output(found, |key| self.constants.value(state, key)) {
            return text.push_plain(plain);
        }
        if found.get(4).is_some() {
            self.builder.record_loss(Loss::ExpressionDropped, state, plain(&found[0]));
        }
        let slot = self.slot(&found[3]);
        text.push_slot(&slot);
    }

    /// The slot of an argument such as `{{widgets.ask.inbound.Body}}`.
    pub(super) fn slot_of(&mut self, argument: &str, state: &str) -> String {
        let found = LIQUID.as_ref().and_then(|it| it.captures(argument)).filter(|it| it.get(3).is_some());
        let Some(found) = found else { return self.slot(argument) };
        if found[0].trim() != argument.trim() || found.get(4).is_some() {
            self.builder.record_loss(Loss::ExpressionDropped, state, plain(argument));
        }
        self.slot(&found[3])
    }
}

/// The tags around a place of a text.
#[derive(Default)]
struct Tags {
    /// For each open tag: its name, and whether its present alternative is kept.
    open: Vec<(String, bool)>,
}

impl Tags {
    fn are_open(&self) -> bool {
        self.open.iter().all(|it| it.1)
    }

    /// Reads a tag, and returns what it loses.
    fn read(&mut self, tag: &str) -> Option<Loss> {
        match tag {
            "if" | "unless" | "for" | "raw" => self.open.push((tag.to_owned(), true)),
            "case" | "comment" | "capture" => self.open.push((tag.to_owned(), false)),
            "when" => {
                // The first alternative opens the case, the others close it.
                let last = self.open.last_mut().filter(|it| it.0.starts_with("case"))?;
                last.1 = last.0 == "case";
                "case, taken".clone_into(&mut last.0);
            }
            "else" | "elsif" => {
                if let Some(last) = self.open.last_mut() {
                    last.1 = false;
                }
            }
            _ if tag.starts_with("end") => {
                self.open.pop();
            }
            _ => {}
        }
        match tag {
            "if" | "unless" | "case" => Some(Loss::ConditionDropped),
            "else" | "elsif" => Some(Loss::AlternativeText),
            "for" | "capture" | "assign" | "increment" | "decrement" => Some(Loss::ExpressionDropped),
            _ => None,
        }
    }
}
