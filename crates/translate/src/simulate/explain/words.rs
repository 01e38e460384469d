//! The words in which two texts differ, and the texts of steps as patterns.

use scenario::{Act, Scenario, Text};

/// Limits the words of texts that are compared word by word, as the product of both sides.
const MOST_WORDS: usize = 4_000_000;

/// Words that only one side has, at one place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) removed: String,
    pub(super) added: String,
}

/// The places in which the texts of two sides differ; none if they are too long to compare. The words that WhatsApp adds at
/// one place are of one text: each text has reasons of its own.
pub(super) fn runs(source: &[&str], whatsapp: &[&str]) -> Option<Vec<Run>> {
    let source: Vec<&str> = source.iter().flat_map(|it| it.split_whitespace()).collect();
    let texts = whatsapp.iter().enumerate();
    let whatsapp: Vec<(usize, &str)> =
        texts.flat_map(|(text, it)| it.split_whitespace().map(move |word| (text, word))).collect();
    let (n, m) = (source.len(), whatsapp.len());
    if n * m > MOST_WORDS {
        return None;
    }
    let mut common = vec![vec![0u16; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i][j] = match source[i] == whatsapp[j].1 {
                true => common[i + 1][j + 1].saturating_add(1),
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut runs, mut is_open, mut i, mut j) = (Vec::<Run>::new(), false, 0, 0);
    while i < n || j < m {
        if i < n && j < m && source[i] == whatsapp[j].1 {
            (i, j, is_open) = (i + 1, j + 1, false);
            continue;
        }
        let is_removed = j >= m || (i < n && common[i + 1][j] >= common[i][j + 1]);
        let is_next_text = !is_removed && j > 0 && whatsapp[j].0 != whatsapp[j - 1].0;
        if !is_open || is_next_text && runs.last().is_some_and(|it| !it.added.is_empty()) {
            runs.push(Run::default());
            is_open = true;
        }
        let Some(run) = runs.last_mut() else { break };
        let (side, word) = if is_removed { (&mut run.removed, source[i]) } else { (&mut run.added, whatsapp[j].1) };
        side.push_str(if side.is_empty() { "" } else { " " });
        side.push_str(word);
        if is_removed {
            i += 1;
        } else {
            j += 1;
        }
    }
    Some(runs)
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

pub(super) fn squeezed(text: &str) -> String {
    words(text).join(" ")
}

/// The words of a text without tags, marks and signs.
pub(super) fn plain_words(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut is_tag = false;
    for it in text.chars() {
        match it {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                plain.push(' ');
            }
            _ if is_tag => {}
            it => plain.push(it),
        }
    }
    let words = plain.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.map(str::to_lowercase).collect()
}

/// The values of the slots of a text, by their order, if `shown` is that text with some values.
pub(super) fn values<'t>(text: &'t Text, shown: &str) -> Option<Vec<(&'t str, String)>> {
    let pattern = squeezed(&text.fill(|_| "\u{0}".into()));
    let mut plains = pattern.split('\u{0}');
    let mut rest = shown.strip_prefix(plains.next()?)?;
    let mut plains: Vec<&str> = plains.collect();
    let Some(last) = plains.pop() else { return rest.is_empty().then(Vec::new) };
    let mut found = Vec::new();
    for plain in plains {
        let at = rest.find(plain)?;
        found.push(rest[..at].to_owned());
        rest = &rest[at + plain.len()..];
    }
    found.push(rest.strip_suffix(last)?.to_owned());
    Some(text.slots().zip(found).collect())
}

/// The texts of a step, in the order in which they are shown.
pub(super) fn texts_of<'s>(scenario: &'s Scenario, step: &str) -> Vec<&'s Text> {
    let texts: Vec<&Text> = match scenario.step(step).map(|it| &it.act) {
        Some(Act::Message(it)) => vec![&it.header, &it.text, &it.footer],
        Some(Act::Question(it)) => vec![&it.text],
        Some(Act::Handover(it)) => vec![&it.text],
        _ => Vec::new(),
    };
    texts.into_iter().filter(|it| !it.is_empty()).collect()
}

/// Whether a line is one of the texts of a step.
pub(super) fn is_of_step(scenario: &Scenario, step: &str, line: &str) -> bool {
    texts_of(scenario, step).iter().any(|it| values(it, line).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_in_runs_of_words() {
        let run = |removed: &str, added: &str| Run { removed: removed.into(), added: added.into() };
        assert_eq!(runs(&["a b c d"], &["a x c d e"]), Some(vec![run("b", "x"), run("", "e")]));
        assert_eq!(runs(&["a b"], &["a b"]), Some(Vec::new()));
        assert_eq!(runs(&[""], &["a"]), Some(vec![run("", "a")]));
        // Words at the end of one text and at the start of the next.
        assert_eq!(runs(&["a", "b"], &["a x", "y b"]), Some(vec![run("", "x"), run("", "y")]));
    }

    #[test]
    fn a_text_with_slots_is_a_pattern() {
        let text = Text::parse("Hello {{name}},\nit is {{hour}}.");
        assert_eq!(
            values(&text, "Hello Ana, it is 9:00."),
            Some(vec![("name", "Ana".into()), ("hour", "9:00".into())])
        );
        assert_eq!(values(&text, "Hello Ana, it was 9:00."), None);
        assert_eq!(values(&Text::plain("a"), "a b"), None);
    }
}
