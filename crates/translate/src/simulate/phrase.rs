//! Phrases that start a scenario and hold values, such as `a table for {{people}}`.

use regex::{Regex, RegexBuilder};
use scenario::{Scenario, Text, TextPart, Trigger};

/// The values that a text gives to the slots of a phrase of the trigger; none if it is no such phrase, or a phrase without
/// values.
pub(super) fn values(scenario: &Scenario, text: &str) -> Vec<(String, String)> {
    let Trigger::Message { phrases: all } = &scenario.trigger else { return Vec::new() };
    if all.iter().any(|it| it.trim().to_lowercase() == text.trim().to_lowercase()) {
        return Vec::new();
    }
    let mut fitting: Vec<Text> = phrases(scenario).filter(|it| fits(it, text)).collect();
    fitting.sort_by_key(|it| std::cmp::Reverse(own_words(it)));
    let found = fitting.into_iter().find_map(|phrase| {
        let values = expression(&phrase)?.captures(text)?;
        let values = values.iter().skip(1).flatten().map(|it| it.as_str().trim().to_owned());
        Some(phrase.slots().map(str::to_owned).zip(values).collect())
    });
    found.unwrap_or_default()
}

/// The words of the phrase of the trigger that a text is, without its values; none if it is no such phrase.
pub(super) fn n_own_words(scenario: &Scenario, text: &str) -> Option<usize> {
    phrases(scenario).filter(|it| fits(it, text)).map(|it| own_words(&it)).max()
}

/// Whether a text is a phrase with values. An expression is built only where all words of the phrase are in the text.
fn fits(phrase: &Text, text: &str) -> bool {
    let text_in_small = text.to_lowercase();
    let has_words = phrase.parts().iter().all(|it| match it {
        TextPart::Plain(words) => {
            let words = words.to_lowercase();
            words.split_whitespace().all(|it| text_in_small.contains(it.trim_end_matches(['.', '!', '?'])))
        }
        TextPart::Slot(_) => true,
    });
    has_words && expression(phrase).is_some_and(|it| it.is_match(text))
}

fn own_words(phrase: &Text) -> usize {
    let plain = phrase.parts().iter().map(|it| match it {
        TextPart::Plain(text) => text.split_whitespace().filter(|it| it.contains(char::is_alphanumeric)).count(),
        TextPart::Slot(_) => 0,
    });
    plain.sum()
}

/// The phrases of a trigger that hold slots.
fn phrases(scenario: &Scenario) -> impl Iterator<Item = Text> {
    let phrases = match &scenario.trigger {
        Trigger::Message { phrases } => phrases.as_slice(),
        _ => &[],
    };
    phrases.iter().filter(|it| it.contains("{{")).map(|it| Text::parse(it)).filter(|it| it.slots().next().is_some())
}

fn expression(phrase: &Text) -> Option<Regex> {
    let parts = phrase.parts().iter().map(|it| match it {
        TextPart::Plain(text) => regex::escape(text),
        TextPart::Slot(_) => "(.+?)".to_owned(),
    });
    let parts = parts.collect::<String>();
    let expression = format!(r"^\s*{}\s*[.!?]*\s*$", parts.trim_end_matches(['.', '!', '?', '\\']));
    RegexBuilder::new(&expression).case_insensitive(true).build().ok()
}

#[cfg(test)]
mod tests {
    use scenario::read_scenarios;

    use super::*;

    #[test]
    fn a_phrase_gives_its_values_to_slots_and_a_phrase_without_values_comes_first() {
        let scenario = r#"{"intent": "book", "response": "A table for {{people}}, {{day}}."}"#;
        let mut scenario = read_scenarios(scenario).unwrap().remove(0);
        scenario.trigger = Trigger::Message {
            phrases: ["a table for {{people}} on {{day}}.", "a table for two on Monday", "book"]
                .map(str::to_owned)
                .to_vec(),
        };
        let said = |text: &str| {
            let values = values(&scenario, text);
            values.iter().map(|it| format!("{}={}", it.0, it.1)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said("A table for 4 on Friday!"), "people=4 day=Friday");
        assert_eq!(said("a table for two on monday"), "");
        assert_eq!(said("book"), "");
        assert_eq!(n_own_words(&scenario, "a table for 4 on Friday"), Some(4));
        assert_eq!(n_own_words(&scenario, "a table on Friday"), None);
    }
}
