//! Templates with their example values in place of the variables.

use crate::{Button, Component, NamedExample, Template, variables};

impl Template {
    /// The template as a customer would read it, with the example values in place of the variables. A variable without
    /// an example stays.
    pub fn filled(&self) -> Self {
        let mut template = self.clone();
        fill_components(&mut template.components);
        template
    }
}

fn fill_components(components: &mut [Component]) {
    for component in components {
        match component {
            Component::Header(it) => {
                let example = it.example.clone().unwrap_or_default();
                fill(&mut it.text, &example.header_text, &example.header_text_named_params);
            }
            Component::Body(it) => {
                let example = it.example.clone().unwrap_or_default();
                fill(&mut it.text, example.body_text.values(), &example.body_text_named_params);
            }
            Component::Buttons(it) => it.buttons.iter_mut().for_each(fill_button),
            Component::Carousel(it) => it.cards.iter_mut().for_each(|it| fill_components(&mut it.components)),
            Component::Footer(_) | Component::Other(_) => {}
        }
    }
}

/// The example of an address is the whole address, or what comes in place of the variable.
fn fill_button(button: &mut Button) {
    let Some(example) = button.examples().first().map(|it| (*it).to_owned()) else { return };
    if button.url.as_deref().is_some_and(|it| !variables(it).0.is_empty()) {
        match example.contains("://") {
            true => button.url = Some(example),
            false => fill(&mut button.url, &[example], &[]),
        }
    }
}

fn fill(text: &mut Option<String>, values: &[String], named: &[NamedExample]) {
    let Some(text) = text else { return };
    let value = |name: &str, number: Option<usize>| match number {
        Some(number) => values.get(number.checked_sub(1)?),
        None => named.iter().find(|it| it.param_name == name).map(|it| &it.example),
    };
    let mut filled = String::with_capacity(text.len());
    let mut at = 0;
    for variable in variables(text).0 {
        if let Some(value) = value(variable.name, variable.number()) {
            filled += &text[at..variable.bytes.0];
            filled += value;
            at = variable.bytes.1;
        }
    }
    filled += &text[at..];
    *text = filled;
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn filled(template: Value) -> Value {
        let template: Template = serde_json::from_value(template).unwrap();
        serde_json::to_value(template.filled()).unwrap()
    }

    #[test]
    fn examples_come_in_place_of_variables_in_every_part() {
        let card = json!({ "components": [{ "type": "BODY", "text": "Only {{1}}", "example": { "body_text": [["5 EUR"]] } }] });
        let template = filled(json!({ "components": [
            { "type": "HEADER", "format": "TEXT", "text": "For {{1}}", "example": { "header_text": ["Ana"] } },
            { "type": "BODY", "text": "{{2}} for {{1}}, {{3}}.", "example": { "body_text": [["Ana", "A {{1}}"]] } },
            { "type": "BUTTONS", "buttons": [
                { "type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "example": ["https://example.com/A1"] },
                { "type": "URL", "text": "Pay", "url": "https://example.com/{{1}}/pay", "example": ["A1"] },
            ] },
            { "type": "CAROUSEL", "cards": [card] },
        ] }));
        let texts = [
            "/components/0/text",
            "/components/1/text",
            "/components/2/buttons/0/url",
            "/components/2/buttons/1/url",
            "/components/3/cards/0/components/0/text",
        ];
        let texts = texts.map(|it| template.pointer(it).and_then(Value::as_str).unwrap_or("none"));
        let expected = [
            "For Ana",
            "A {{1}} for Ana, {{3}}.",
            "https://example.com/A1",
            "https://example.com/A1/pay",
            "Only 5 EUR",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn named_variables_have_named_examples() {
        let example = json!({ "body_text_named_params": [{ "param_name": "name", "example": "Ana" }] });
        let body = json!({ "type": "BODY", "text": "Hello {{name}}, {{other}}.", "example": example });
        let template = filled(json!({ "parameter_format": "NAMED", "components": [body] }));
        assert_eq!(template["components"][0]["text"], "Hello Ana, {{other}}.");
    }
}
