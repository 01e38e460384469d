//! Turns menus in texts into choices: “Reply 1 for opening hours, 2 for an agent”.

use std::collections::HashSet;
use std::sync::LazyLock;

use model::Finding;
use regex::{Captures, Regex};
use scenario::{Accepts, Act, Branch, Choice, Condition, Message, Question, Scenario, Test, Text};
use template::{MAX_ROW, MAX_ROWS};

use crate::rules;

/// Limits the branches of a menu: a longer list is no menu that people read.
const MOST: usize = 100;

/// A line of a menu: `1 - Opening hours`, `1 Opening hours`, or `Press 1 - Opening hours`.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)^[ \t]*(?:\*|_)?(?:(?i:press|reply|type|enter|send|text|choose|select|tapez|répondez|envoyez|digite|responda|envie|marque|escriba|escribe|oprima|presione|drücke|balas|ketik|tekan|jibu|andika|bonyeza|दबाएं|दबाएँ|टाइप)[ \t]+)?(?:(?<key>\d{1,2}|[A-Za-z])[ \t]*(?:(?:[.):=–-]|️⃣)[ \t]*)+(?<title>\S[^\n]*?)|(?<number>\d{1,2})[ \t]+(?<name>\p{L}[^\n]*?))[ \t]*$",
    )
    .ok()
});

/// Asks for an answer, at the end of the text before a menu.
static ASKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[?؟]\s*$|(?:reply|answer|choose|select|press|répond|repond|tapez|choisissez|envoyez|respond|digite|escolha|elija|elige|marque|envie|envía|antwort|wähl|drücke|kies|antwoord|rispond|scegli|balas|pilih|ketik|seçin|yanıtla|wybierz|odpowiedz|ответьте|выберите|нажмите|отправьте|اختر|أرسل|أجب|चुनें|उत्तर|भेजें|chọn|trả lời|jibu|chagua)[^\n.!]*[:.]?\s*$").ok()
});

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
        let Some(message) = found else {
            findings.extend(long_menu(n, &step.act));
            continue;
        };
        let titles: Vec<&str> = message.choices.iter().map(Choice::title).collect();
        let text = format!("“{}” became choices", titles.join("”, “"));
        findings.push(Finding::new(&rules::MENU, format!("/steps/{n}/text"), text));
        changed.steps[n].act = Act::Message(message);
    }
    (changed, findings)
}

/// A menu that stays in a text, and has more answers than any list.
fn long_menu(n: usize, act: &Act) -> Option<Finding> {
    let text = act.text().filter(|_| act.waits())?;
    let n_answers = lines(text, None).1.len();
    let finding = Finding::new(&rules::LONG_MENU, format!("/steps/{n}/text"), format!("a menu of {n_answers} answers"));
    (n_answers > MAX_ROWS).then(|| finding.fixed_by("ask in two steps, or for a word"))
}

fn choices(scenario: &Scenario, question: &Question) -> Option<Message> {
    if question.accepts != Accepts::Text {
        return None;
    }
    let Act::Condition(condition) = &scenario.step(question.next.as_deref()?)?.act else { return None };
    let (meanings, text, lines) = meanings(condition, question)?;
    let are_lines = meanings.iter().all(|it| line_of(&lines, it).is_some());
    // A word such as YES can be its own title if the text names it; a number needs a line of the menu.
    let said = question.text.map_plain(str::to_lowercase).to_string();
    let is_named = |it: &str| said.split(|it: char| !it.is_alphanumeric()).any(|word| word == it.to_lowercase());
    let is_word = |it: &str| it.chars().any(char::is_alphabetic) && it.chars().count() > 1 && is_named(it);
    if !are_lines && !meanings.iter().all(|it| is_word(&it[0])) {
        return None;
    }
    // A line that no button holds whole stays in the text, and its button has the word that the menu asks for.
    let is_whole = lines.iter().all(|it| it.1.chars().count() <= MAX_ROW);
    let choices = meanings.iter().map(|words| {
        let own = || (words[0].clone(), capital(&words[0]));
        let (word, title) = match line_of(&lines, words).cloned() {
            Some((word, _)) if !is_whole => (word.clone(), capital(&word)),
            line => line.unwrap_or_else(own),
        };
        Choice::Reply { title, description: None, value: Some(word), next: None }
    });
    Some(Message {
        text: if are_lines && is_whole && !text.is_empty() { text } else { question.text.clone() },
        choices: choices.collect(),
        slot: Some(question.slot.clone()),
        next: question.next.clone(),
        timeout: question.timeout.clone(),
        ..Message::default()
    })
}

/// The line of the menu for one of several words with the same meaning.
fn line_of<'a>(lines: &'a [(String, String)], words: &[String]) -> Option<&'a (String, String)> {
    words.iter().find_map(|word| lines.iter().find(|it| it.0.eq_ignore_ascii_case(word)))
}

/// The words that each branch waits for, the text without the lines of its menu, and the lines. None if there are fewer
/// than two branches, or a branch decides by anything else than words.
#[expect(clippy::type_complexity, reason = "three results of one reading")]
fn meanings(condition: &Condition, question: &Question) -> Option<(Vec<Vec<String>>, Text, Vec<(String, String)>)> {
    let branches = condition.branches.iter().filter(|_| condition.branches.len() <= MOST);
    let words: Option<Vec<Vec<String>>> = branches.clone().map(|it| words(it, &question.slot)).collect();
    let words = words?;
    let (text, lines) = lines(&question.text, Some(&words.concat()));
    let plain = question.text.fill(|_| " ".into());
    let in_capitals: HashSet<&str> = plain.split(|it: char| !it.is_alphanumeric()).collect();
    let (mut meanings, mut seen) = (Vec::new(), HashSet::new());
    for (branch, mut words) in branches.zip(words) {
        if is_search(branch.test) {
            // Of words that the source only looks for, the text must name one: as a line, or in capitals.
            words.retain(|it| {
                let is_word = it.chars().count() > 1 && it.contains(char::is_alphabetic);
                lines.iter().any(|line| line.0.eq_ignore_ascii_case(it))
                    || is_word && in_capitals.contains(it.to_uppercase().as_str())
            });
        }
        if seen.insert(words.first()?.to_lowercase()) {
            meanings.push(words);
        }
    }
    (meanings.len() >= 2).then_some((meanings, text, lines))
}

/// Whether a test looks for words anywhere in a text.
fn is_search(test: Test) -> bool {
    matches!(test, Test::AnyWord | Test::Phrase | Test::OnlyPhrase | Test::Exactly | Test::NumberEquals)
}

/// The words that a customer can answer with to take a branch.
fn words(branch: &Branch, slot: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = match branch.test {
        _ if branch.slot != slot => return None,
        Test::OneOf | Test::Contains => branch.value.split(',').collect(),
        Test::AnyWord => branch.value.split(|it: char| it == ',' || it.is_whitespace()).collect(),
        Test::Equals | Test::Holds => vec![&branch.value],
        test if is_search(test) => vec![&branch.value],
        _ => return None,
    };
    Some(words.iter().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect())
}

/// The choices of a message that asks for an answer and leaves the rest to the business: all lines count from 1.
fn choices_of_message(message: &Message) -> Option<Message> {
    let has_more = !message.choices.is_empty() || !message.cards.is_empty() || message.media.is_some();
    if has_more || message.next.is_some() {
        return None;
    }
    let (text, lines) = lines(&message.text, None);
    let are_counted = lines.iter().zip(1..).all(|(line, n)| line.0 == n.to_string());
    let are_short = lines.iter().all(|it| it.1.chars().count() <= MAX_ROW);
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

/// The text without the lines of its menu, and the lines: the answer and its title. Only the lines of the wanted
/// answers are its menu, if any are wanted, and the first of each; a line in which something varies cannot be a button.
fn lines(text: &Text, wanted: Option<&[String]>) -> (Text, Vec<(String, String)>) {
    let Some(pattern) = LINE.as_ref() else { return (text.clone(), Vec::new()) };
    let whole = text.to_string();
    let mut found: Vec<(String, String)> = Vec::new();
    let rest = pattern.replace_all(&whole, |line: &Captures<'_>| {
        let group = |one: &str, other: &str| line.name(one).or(line.name(other)).map_or("", |it| it.as_str());
        let (answer, title) = (group("key", "number"), group("title", "name"));
        let is_wanted = wanted.is_none_or(|it| it.iter().any(|it| it.eq_ignore_ascii_case(answer)));
        let is_known = found.iter().any(|it| it.0.eq_ignore_ascii_case(answer));
        if !is_wanted || is_known || title.contains("{{") {
            return line[0].to_owned();
        }
        found.push((answer.to_owned(), title.trim_matches('*').to_owned()));
        String::new()
    });
    let mut squeezed = rest.into_owned();
    while squeezed.contains("\n\n\n") {
        squeezed = squeezed.replace("\n\n\n", "\n\n");
    }
    (Text::parse(&squeezed).trimmed(), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The titles of a menu and the rest of the text.
    fn check(text: &str, wanted: &[&str]) -> String {
        let wanted: Vec<String> = wanted.iter().map(|it| (*it).to_owned()).collect();
        let (rest, found) = lines(&text.into(), Some(&wanted));
        let titles: Vec<String> = found.into_iter().map(|it| format!("[{}={}]", it.0, it.1)).collect();
        format!("{} {}", rest.to_string().replace('\n', "/"), titles.join(" "))
    }

    #[test]
    fn a_number_before_a_line_needs_no_sign() {
        let text = "Como podemos ajudar?\n\n1 Rastrear pedido\n2 - Trocar produto\n3️⃣ Falar com atendente";
        assert_eq!(
            check(text, &["1", "2", "3"]),
            "Como podemos ajudar? [1=Rastrear pedido] [2=Trocar produto] [3=Falar com atendente]"
        );
    }

    #[test]
    fn a_line_that_no_answer_asks_for_stays_in_the_text() {
        assert_eq!(
            check("We are open\n24 hours a day\n1 Hours\n2 Prices", &["1", "2"]),
            "We are open/24 hours a day [1=Hours] [2=Prices]"
        );
        assert_eq!(check("A day later\n1 Yes", &["1", "A"]), "A day later [1=Yes]");
    }

    #[test]
    fn a_line_may_begin_with_the_verb_that_asks_for_the_answer() {
        assert_eq!(
            check("Did you like it?\nPress 1️⃣ - Yes\nReply 2: No", &["1", "2"]),
            "Did you like it? [1=Yes] [2=No]"
        );
    }

    #[test]
    fn a_menu_with_lines_too_long_for_buttons_stays_in_the_text() {
        let text = "Did you like it?\n1 - Yes, I did understand the activity\n2 - No";
        check_choices(text, &["1", "2"], &["1", "2"]);
    }

    #[test]
    fn a_line_in_which_something_varies_is_no_button() {
        assert_eq!(check("Choose\n1 Order {{order}}\n2 Other", &["1", "2"]), "Choose/1 Order {{order}} [2=Other]");
    }

    /// The choices that a question becomes where the step after it looks for words.
    fn check_choices(text: &str, words: &[&str], choices: &[&str]) {
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
        check_choices("Hello!\n1. Hours\n2. A person", &["1 hours", "person 2"], &["Hours", "A person"]);
        check_choices("Reply YES or NO", &["yes ok", "no nope"], &["Yes", "No"]);
        check_choices("Can you come?", &["yes ok", "no nope"], &[]);
    }

    #[test]
    fn a_menu_that_no_list_holds_is_a_warning() {
        let found = |n: usize| {
            let text: String = (1..=n).map(|it| format!("{it}. Topic {it}\n")).collect();
            let question =
                serde_json::json!({ "type": "question", "text": format!("Which one?\n{text}"), "slot": "x" });
            long_menu(0, &serde_json::from_value(question).unwrap()).map(|it| it.message)
        };
        assert_eq!((found(10), found(12)), (None, Some("a menu of 12 answers".to_owned())));
    }
}
