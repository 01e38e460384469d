//! Turns menus in texts into choices: “Reply 1 for opening hours, 2 for an agent”.

use std::sync::LazyLock;

use model::Finding;
use regex::Regex;
use scenario::{Accepts, Act, Branch, Choice, Message, Question, Scenario, Test, Text, TextPart};

use crate::rules;

/// A line of a menu: `1 - Opening hours`, or `1 Opening hours`.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)^[ \t]*(?:\*|_)?(?:(?<key>\d{1,2}|[A-Za-z])[ \t]*(?:[.):=–-]|\.\)|️⃣)+[ \t]*(?<title>\S[^\n]*?)|(?<number>\d{1,2})[ \t]+(?<name>\p{L}[^\n]*?))[ \t]*$",
    )
    .ok()
});

/// Asks for an answer, at the end of the text before a menu.
static ASKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[?؟]\s*$|(?:reply|answer|choose|select|press|répond|repond|tapez|choisissez|envoyez|respond|digite|escolha|elija|elige|marque|envie|envía|antwort|wähl|drücke|kies|antwoord|rispond|scegli|balas|pilih|ketik|seçin|yanıtla|wybierz|odpowiedz|ответьте|выберите|нажмите|отправьте|اختر|أرسل|أجب|चुनें|उत्तर|भेजें|chọn|trả lời|jibu|chagua)[^\n.!]*[:.]?\s*$").ok()
});

/// The longest title of a quick reply of a template (Meta, components).
const MAX_TITLE: usize = 25;

/// The scenario with its menus as choices, and a finding for each.
///
/// A question becomes a message with choices where the step after it decides by what was answered, and the words that
/// it waits for stand in the text as lines of a menu, or are words by themselves. The value that each choice sends back
/// is the word that the menu asked for, so that the decision stays as it is.
pub(crate) fn menus_to_choices(scenario: &Scenario) -> (Scenario, Vec<Finding>) {
    let mut changed = scenario.clone();
    let mut findings = Vec::new();
    for (n, step) in scenario.steps.iter().enumerate() {
        let found = match &step.act {
            Act::Question(question) => choices(scenario, question),
            Act::Message(message) => choices_of_message(message),
            _ => None,
        };
        let Some(message) = found else { continue };
        let titles: Vec<&str> = message.choices.iter().map(Choice::title).collect();
        let text = format!("“{}” became choices", titles.join("”, “"));
        findings.push(Finding::new(&rules::MENU, format!("/steps/{n}/text"), text));
        changed.steps[n].act = Act::Message(message);
    }
    (changed, findings)
}

fn choices(scenario: &Scenario, question: &Question) -> Option<Message> {
    if question.accepts != Accepts::Text {
        return None;
    }
    let Act::Condition(condition) = &scenario.step(question.next.as_deref()?)?.act else { return None };
    let (text, lines) = lines(&question.text);
    let mut words: Vec<String> = Vec::new();
    for branch in &condition.branches {
        let word =
            Some(branch).filter(|it| it.slot == question.slot).and_then(|it| word(it, &question.text, &lines))?;
        if !words.iter().any(|it| it.eq_ignore_ascii_case(&word)) {
            words.push(word);
        }
    }
    if words.len() < 2 {
        return None;
    }
    let title = |word: &String| lines.iter().find(|it| it.0.eq_ignore_ascii_case(word)).map(|it| it.1.clone());
    let titles: Vec<Option<String>> = words.iter().map(title).collect();
    let are_lines = titles.iter().all(Option::is_some);
    // A word such as YES can be its own title if the text names it; a number needs a line of the menu.
    let said = question.text.map_plain(str::to_lowercase).to_string();
    let is_named = |it: &str| said.split(|it: char| !it.is_alphanumeric()).any(|word| word == it.to_lowercase());
    let are_words =
        words.iter().all(|it| it.chars().any(char::is_alphabetic) && it.chars().count() > 1 && is_named(it));
    if !are_lines && !are_words {
        return None;
    }
    let choices = words.iter().zip(titles).map(|(word, title)| Choice::Reply {
        title: title.unwrap_or_else(|| capital(word)),
        description: None,
        value: Some(word.clone()),
        next: None,
    });
    Some(Message {
        text: if are_lines && !text.is_empty() { text } else { question.text.clone() },
        choices: choices.collect(),
        slot: Some(question.slot.clone()),
        next: question.next.clone(),
        timeout: question.timeout.clone(),
        ..Message::default()
    })
}

/// The word that a customer answers with to take a branch; none if it cannot be told.
fn word(branch: &Branch, text: &Text, lines: &[(String, String)]) -> Option<String> {
    let words: Vec<&str> = match branch.test {
        // The first of several words with the same meaning.
        Test::Equals | Test::OneOf | Test::Contains => {
            return branch.value.split(',').map(str::trim).find(|it| !it.is_empty()).map(str::to_owned);
        }
        Test::AnyWord => branch.value.split(|it: char| it == ',' || it.is_whitespace()).collect(),
        Test::Phrase | Test::OnlyPhrase | Test::Exactly | Test::NumberEquals => vec![branch.value.trim()],
        _ => return None,
    };
    // Of words that the source only looks for, the text must name one: as a line, or in capitals.
    let plain = text.fill(|_| " ".into());
    let in_capitals: Vec<&str> = plain.split(|it: char| !it.is_alphanumeric()).collect();
    words.into_iter().find_map(|it| {
        let is_line = lines.iter().any(|line| line.0.eq_ignore_ascii_case(it));
        let upper = it.to_uppercase();
        let is_named =
            it.chars().count() > 1 && it.contains(char::is_alphabetic) && in_capitals.contains(&upper.as_str());
        (is_line || is_named).then(|| it.to_owned())
    })
}

/// The choices of a message that asks for an answer and leaves the rest to the business: all lines count from 1.
fn choices_of_message(message: &Message) -> Option<Message> {
    if !message.choices.is_empty() || message.next.is_some() || message.media.is_some() {
        return None;
    }
    let (text, lines) = lines(&message.text);
    let are_counted = lines.iter().zip(1..).all(|(line, n)| line.0 == n.to_string());
    let are_short = lines.iter().all(|it| it.1.chars().count() <= MAX_TITLE);
    let asks = || ASKS.as_ref().is_some_and(|it| it.is_match(&text.fill(|_| "x".into())));
    if lines.len() < 2 || !are_counted || !are_short || !asks() {
        return None;
    }
    let choices = lines.into_iter().map(|(number, title)| Choice::Reply {
        title,
        description: None,
        value: Some(number),
        next: None,
    });
    Some(Message { text, choices: choices.collect(), ..message.clone() })
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    first + &characters.as_str().to_lowercase()
}

/// The text without the lines of its menu, and the lines: the answer and its title.
fn lines(text: &Text) -> (Text, Vec<(String, String)>) {
    let Some(pattern) = LINE.as_ref() else { return (text.clone(), Vec::new()) };
    let mut found = Vec::new();
    let mut rest = Text::default();
    for piece in text.parts() {
        match piece {
            TextPart::Plain(plain) => {
                found.extend(pattern.captures_iter(plain).filter_map(|it| {
                    let key = it.name("key").or(it.name("number"))?;
                    let title = it.name("title").or(it.name("name"))?;
                    Some((key.as_str().to_owned(), title.as_str().trim_matches('*').to_owned()))
                }));
                let left = pattern.replace_all(plain, "");
                rest.push_plain(&left);
            }
            TextPart::Slot(name) => rest.push_slot(name),
        }
    }
    let squeezed = rest.map_plain(|it| {
        let mut squeezed = it.to_owned();
        while squeezed.contains("\n\n\n") {
            squeezed = squeezed.replace("\n\n\n", "\n\n");
        }
        squeezed
    });
    (squeezed.trimmed(), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The choices that a question becomes where the step after it looks for words.
    fn check(text: &str, words: &[&str], choices: &[&str]) {
        let branches: Vec<_> =
            words.iter().map(|it| serde_json::json!({ "slot": "x", "test": "any_word", "value": it })).collect();
        let scenario = serde_json::json!({ "id": "a", "intent": "a", "language": "en", "purpose": "conversation",
            "trigger": { "type": "message" }, "start": "q", "steps": [
                { "id": "q", "type": "question", "text": text, "slot": "x", "next": "c" },
                { "id": "c", "type": "condition", "branches": branches } ] });
        let (changed, _) = menus_to_choices(&serde_json::from_value(scenario).unwrap());
        let titles = match &changed.steps[0].act {
            Act::Message(it) => it.choices.iter().map(|it| it.title().to_owned()).collect(),
            _ => Vec::new(),
        };
        assert_eq!(titles, choices, "{text}");
    }

    #[test]
    fn words_that_a_router_looks_for_are_choices_only_where_the_text_names_them() {
        check("Hello!\n1. Hours\n2. A person", &["1 hours", "person 2"], &["Hours", "A person"]);
        check("Reply YES or NO", &["yes ok", "no nope"], &["Yes", "No"]);
        check("Can you come?", &["yes ok", "no nope"], &[]);
    }
}
