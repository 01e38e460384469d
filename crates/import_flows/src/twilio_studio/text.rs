//! Texts of a flow: constants are text, and everything that varies is a slot.

use scenario::{Branch, Loss, Slot, Test, Text};

use super::FlowBuilder;
use super::decide::Comparison;
use super::liquid::{parse, split_quoted};
use super::render::{Bit, Renderer};

/// A text, or one of several: which of them the values of slots decide.
pub(super) enum Spoken {
    One(Text),
    Several(Vec<Variant>),
}

/// A text that is shown where any of the branches holds. The last has none.
pub(super) struct Variant {
    pub(super) branches: Vec<Branch>,
    pub(super) text: Text,
}

/// A text whose values are all constant; none if anything in it varies.
pub(super) fn constant<'a>(raw: &str, constant: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if !raw.contains('{') {
        return Some(raw.to_owned());
    }
    let constant = |key: &str| constant(key).map(str::to_owned);
    let bits = Renderer::new(&constant).bits(&parse(raw));
    super::filters::constant(&bits)
}

fn changes_only_case_and_blanks(raw: &str) -> bool {
    let inside = raw.trim_start_matches("{{").trim_end_matches("}}").trim_end_matches('-');
    let filters = split_quoted(inside, '|');
    let is_plain = |it: &&str| ["upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip"].contains(&it.trim());
    filters.iter().skip(1).all(is_plain)
}

/// Replaces the braces of Liquid: a text of a finding has no slots.
pub(super) fn plain(text: &str) -> String {
    text.replace("{{", "{").replace("}}", "}")
}

impl FlowBuilder<'_> {
    /// A text of a state. What only Liquid can compute is a slot, and a loss that says what stood there.
    pub(super) fn text(&mut self, raw: &str, state: &str) -> Text {
        let bits = self.rendered(state, |renderer| renderer.bits(&parse(raw)));
        self.put(bits, state)
    }

    /// A text of a state, or several where a condition in it compares a value.
    pub(super) fn spoken(&mut self, raw: &str, state: &str) -> Spoken {
        match self.alternatives(raw, state) {
            Some(variants) => Spoken::Several(variants),
            // Tags leave the line breaks that stand around them.
            None if raw.contains("{%") => Spoken::One(self.text(raw, state).trimmed()),
            None => Spoken::One(self.text(raw, state)),
        }
    }

    /// The texts of which a condition that compares a value chooses one; none if there is no such condition.
    pub(super) fn alternatives(&mut self, raw: &str, state: &str) -> Option<Vec<Variant>> {
        let alternatives = self.rendered(state, |renderer| renderer.alternatives(&parse(raw)))?;
        let mut variants = Vec::new();
        for alternative in alternatives {
            let branches = alternative.comparisons.into_iter().map(|it| self.compare(it, state)).collect();
            variants.push(Variant { branches, text: self.put(alternative.bits, state).trimmed() });
        }
        Some(variants)
    }

    /// The slot of an argument such as `{{widgets.ask.inbound.Body}}`.
    pub(super) fn slot_of(&mut self, argument: &str, state: &str) -> String {
        let text = match argument.contains('{') {
            true => argument.trim().to_owned(),
            false => format!("{{{{{argument}}}}}"),
        };
        // A constant is read like a value: the state that sets it stays.
        let bits = Renderer::new(&|_| None).bits(&parse(&text));
        let bits = match bits.as_slice() {
            // The tests of a split do not look at case and blanks.
            [Bit::Form { path, raw }] if changes_only_case_and_blanks(raw) => vec![Bit::Value(path.clone())],
            [Bit::Value(_) | Bit::Form { .. } | Bit::Lost { .. }] => bits,
            _ => vec![Bit::Lost { raw: text, name: "computed value".to_owned() }],
        };
        let text = self.put(bits, state);
        text.slots().next().unwrap_or_default().to_owned()
    }

    fn rendered<T>(&self, state: &str, render: impl FnOnce(&mut Renderer<'_>) -> T) -> T {
        let constant = |key: &str| self.constants.value(state, key).map(str::to_owned);
        render(&mut Renderer::new(&constant))
    }

    fn compare(&mut self, comparison: Comparison, state: &str) -> Branch {
        self.name_missing(&comparison.path, state);
        let Comparison { path, test, value } = comparison;
        let value = if matches!(test, Test::IsSet | Test::IsBlank) { String::new() } else { value };
        Branch { slot: self.slot(&path), test, value, next: None }
    }

    fn put(&mut self, bits: Vec<Bit>, state: &str) -> Text {
        let mut text = Text::default();
        for bit in bits {
            match bit {
                Bit::Plain(plain) => text.push_plain(&plain),
                Bit::Value(path) => {
                    self.name_missing(&path, state);
                    text.push_slot(&self.slot(&path));
                }
                Bit::Form { path, raw } => {
                    self.name_missing(&path, state);
                    self.builder.record_loss(Loss::ExpressionDropped, state, plain(&raw));
                    text.push_slot(&self.slot(&path));
                }
                Bit::Lost { raw, name } => {
                    self.builder.record_loss(Loss::ExpressionDropped, state, plain(&raw));
                    text.push_slot(&self.lost_slot(&raw, &name));
                }
                Bit::Note(raw) => self.builder.record_loss(Loss::ExpressionDropped, state, plain(&raw)),
            }
        }
        text
    }

    /// The slot of what cannot be computed. It has no source: whoever sends the message must compute it.
    fn lost_slot(&mut self, raw: &str, name: &str) -> String {
        if let Some(known) = self.slots.get(raw) {
            return known.clone();
        }
        let name = self.builder.free_slot(&scenario::slot_name(name));
        self.builder.slots.push(Slot::named(&name));
        self.slots.insert(raw.to_owned(), name.clone());
        name
    }

    /// Names a value of a widget that the flow does not have, and a variable that it never sets.
    fn name_missing(&mut self, path: &str, state: &str) {
        let of = |prefix: &str| path.strip_prefix(prefix).and_then(|it| it.split(['.', '[']).next());
        let what = match (of("widgets."), of("flow.variables.")) {
            (Some(widget), _) if !self.states.contains(widget) => format!("{path}: the flow has no widget “{widget}”"),
            (_, Some(key)) if !self.variables.contains(key) => format!("{path}: no widget of the flow sets it"),
            _ => return,
        };
        self.builder.record_loss(Loss::MissingReference, state, what);
    }
}
