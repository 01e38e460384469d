//! Reads the placeholders of texts: `[nom]`, `{nom}`, `{{nom}}`, `%nom%`, `<nom>`, `$nom`, `##nom##`.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use scenario::Text;

use crate::html;
use crate::scenario_builder::ScenarioBuilder;

/// Limits the name of a slot, in characters: longer ones are text in brackets.
const MAX_NAME: usize = 60;

static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[\p{L}_][\p{L}\p{M}\p{N}_ .'’-]*";
    let word = r"[\p{L}_][\p{L}\p{M}\p{N}_]*";
    Regex::new(&format!(
        r"\{{\{{\s*([^{{}}]+?)\s*\}}\}}|##\s*({name}|\d{{1,3}})\s*##|\{{\s*({name}|\d{{1,3}})\s*\}}|\[\s*({name})\s*\]|%({word}|\d{{1,3}})%|<\s*({name})\s*>|\$\{{?({word})\}}?"
    ))
    .ok()
});

/// Reads a text with placeholders in any of these notations.
///
/// A label in capitals and brackets that the text begins with, as in `[ACME] Your code`, is its sender and no slot.
pub(crate) fn parse(builder: &mut ScenarioBuilder, text: &str) -> Text {
    let Some(pattern) = ANY.as_ref() else { return Text::plain(text) };
    parse_with(builder, text, pattern, |found| {
        let name = (1..found.len()).find_map(|it| found.get(it))?;
        let whole = found.get(0)?;
        let is_label =
            whole.start() == 0 && whole.as_str().starts_with('[') && !name.as_str().contains(char::is_lowercase);
        let is_tag = whole.as_str().starts_with('<') && html::is_tag(name.as_str());
        // Longer ones are text in brackets.
        let is_short = name.as_str().chars().count() <= MAX_NAME;
        (is_short && !is_label && !is_tag).then(|| name.as_str().trim().to_owned())
    })
}

/// A text whose slots are what a pattern finds, under the names that `name` gives; what it gives none stays text.
pub(crate) fn parse_with(
    builder: &mut ScenarioBuilder,
    text: &str,
    pattern: &Regex,
    name: impl Fn(&Captures<'_>) -> Option<String>,
) -> Text {
    let mut parsed = Text::default();
    let mut at = 0;
    for found in pattern.captures_iter(text) {
        let (Some(name), Some(whole)) = (name(&found), found.get(0)) else { continue };
        parsed.push_plain(&text[at..whole.start()]);
        parsed.push_slot(&builder.slot(&name));
        at = whole.end();
    }
    parsed.push_plain(&text[at..]);
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_known_in_seven_notations() {
        let read = |text: &str| parse(&mut ScenarioBuilder::default(), text).to_string();
        for text in ["[Nom]", "{Nom}", "{{Nom}}", "%Nom%", "<Nom>", "$Nom", "##Nom##", "${Nom}"] {
            assert_eq!(read(&format!("Bonjour {text}, merci.")), "Bonjour {{nom}}, merci.", "{text}");
        }
        assert_eq!(
            read("Dès {1} : [Prénom du client], $5 <b>gras</b>"),
            "Dès {{1}} : {{prenom_du_client}}, $5 <b>gras</b>"
        );
        assert_eq!(read("[ACME] Votre code : [CODE]"), "[ACME] Votre code : {{code}}");
        assert_eq!(read("50% de 100% et {} []"), "50% de 100% et {} []");
    }
}
