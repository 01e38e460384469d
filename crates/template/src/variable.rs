//! The variables of texts.

use std::collections::HashMap;

/// A variable in a text of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'a> {
    /// The text between the braces, such as `1` or `order_id`.
    pub name: &'a str,
    /// The range from the first brace to after the last one, in characters.
    pub span: (usize, usize),
    /// The same in bytes.
    pub bytes: (usize, usize),
}

impl Variable<'_> {
    /// The number of a positional variable.
    pub fn number(&self) -> Option<usize> {
        let is_number = !self.name.is_empty() && self.name.bytes().all(|it| it.is_ascii_digit());
        is_number.then(|| self.name.parse().ok()).flatten()
    }
}

/// The variables of a text, and the ranges (in characters) of braces that form no variable.
pub fn variables(text: &str) -> (Vec<Variable<'_>>, Vec<(usize, usize)>) {
    let (mut found, mut broken) = (Vec::new(), Vec::new());
    let chars = |bytes: usize| text[..bytes].chars().count();
    let mut at = 0;
    while let Some(brace) = text[at..].find(['{', '}']).map(|it| at + it) {
        let rest = &text[brace..];
        let run = rest.len() - rest.trim_start_matches(&rest[..1]).len();
        let is_open = rest.starts_with('{');
        let inside = &rest[run..];
        let close = inside.find(['{', '}']).filter(|it| inside[*it..].starts_with("}}"));
        match close {
            Some(length) if is_open && run == 2 && !inside[..length].trim().is_empty() => {
                let end = brace + run + length + 2;
                // `{{1}}}` has one closing brace too many.
                let closing = text[end..].len() - text[end..].trim_start_matches('}').len();
                let span = (chars(brace), chars(end));
                match closing {
                    0 => found.push(Variable { name: inside[..length].trim(), span, bytes: (brace, end) }),
                    _ => broken.push((span.0, span.1 + closing)),
                }
                at = end + closing;
            }
            Some(length) if is_open => {
                let closing = inside[length..].len() - inside[length..].trim_start_matches('}').len();
                let end = brace + run + length + closing;
                broken.push((chars(brace), chars(end)));
                at = end;
            }
            // A single brace is text.
            _ if run == 1 => at = brace + 1,
            _ => {
                broken.push((chars(brace), chars(brace) + run));
                at = brace + run;
            }
        }
    }
    (found, broken)
}

/// How long the values are that will be sent.
#[derive(Clone, Debug, Default)]
pub struct ValueLengths {
    /// The length of the longest value of each variable, in characters.
    pub longest: HashMap<String, usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_name_in_two_braces() {
        let message = |text| {
            let (found, broken) = variables(text);
            let names: Vec<String> = found.iter().map(|it| format!("{}@{}", it.name, it.span.0)).collect();
            format!("{} | {broken:?}", names.join(" "))
        };
        assert_eq!(message("é {{1}} {{order_id}}"), "1@2 order_id@8 | []");
        assert_eq!(message("{1} and }"), " | []");
        assert_eq!(message("{{1} x"), " | [(0, 2)]");
        assert_eq!(message("{{}} {{{1}}} {{1}}}"), " | [(0, 4), (5, 12), (13, 19)]");
        assert_eq!(message("a }} b {{"), " | [(2, 4), (7, 9)]");
    }
}
