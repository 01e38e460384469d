//! Fixes what can be fixed without changing what a template says.

use model::Rule;

use crate::phrases::Phrases;
use crate::signs::{emoji, without_emoji, without_line_break_runs};
use crate::variable::variables;
use crate::{Body, BodyValues, Button, Component, Header, Template, language_code, rules};

/// Fixes what is safe to fix, and returns the rules that were broken, in order. Fixing again changes nothing.
///
/// Safe fixes: the case and characters of name, language and category; greetings and thanks around variables at the
/// ends; a dash between two variables; the numbers of variables, with their examples; line breaks, marks and emoji in
/// headers and footers; emoji and marks in buttons; several empty lines in a row; white space in examples; the order of
/// buttons. An emoji that is all that a text has stays.
pub fn fix(template: &mut Template) -> Vec<&'static Rule> {
    let phrases = Phrases::of(&template.language);
    fix_with(template, phrases)
}

/// Fixes the same without greetings and thanks: for texts whose language is not certain.
pub fn fix_without_words(template: &mut Template) -> Vec<&'static Rule> {
    fix_with(template, None)
}

fn fix_with(template: &mut Template, phrases: Option<&Phrases>) -> Vec<&'static Rule> {
    let mut fixed = Vec::new();
    let mut mend = |rule: &'static Rule, is_changed: bool| {
        if is_changed && !fixed.contains(&rule) {
            fixed.push(rule);
        }
    };
    mend(&rules::NAME, name(template));
    mend(&rules::LANGUAGE, language(template));
    mend(&rules::CATEGORY, upper_case(&mut template.category));
    let mut has_names = false;
    for component in &mut template.components {
        match component {
            Component::Header(header) => {
                mend_header(header, &mut mend);
                has_names |= header.text.as_deref().is_some_and(names);
            }
            Component::Body(body) => {
                mend_body(body, phrases, &mut mend);
                has_names |= body.text.as_deref().is_some_and(names);
            }
            Component::Footer(footer) => {
                if let Some(text) = &mut footer.text {
                    mend(&rules::LINE_BREAK, one_line(text));
                    mend(&rules::EMOJI, plain(text));
                }
            }
            Component::Buttons(group) => {
                mend_titles(&mut group.buttons, &mut mend);
                mend(&rules::BUTTON_ORDER, quick_replies_first(&mut group.buttons));
            }
            Component::Carousel(carousel) => {
                for component in carousel.cards.iter_mut().flat_map(|it| &mut it.components) {
                    has_names |= mend_card(component, &mut mend);
                }
            }
            Component::Other(_) => {}
        }
    }
    if has_names && !template.is_named() {
        template.parameter_format = Some("NAMED".to_owned());
        mend(&rules::PARAMETER_FORMAT, true);
    }
    fixed
}

/// The text of a button without emoji and formatting marks, which a template refuses. A text of emoji alone stays.
pub fn plain_button(text: &str) -> String {
    let mut it = text.to_owned();
    plain(&mut it);
    without_marks(&mut it);
    it
}

fn mend_header(header: &mut Header, mend: &mut impl FnMut(&'static Rule, bool)) {
    let Some(text) = &mut header.text else { return };
    mend(&rules::LINE_BREAK, one_line(text));
    mend(&rules::EMOJI, plain(text));
    mend(&rules::HEADER_MARKS, without_marks(text));
    let renumbered = renumbered(text);
    mend(&rules::VARIABLE_ORDER, renumbered.is_some());
    examples_of_header(header, mend);
}

fn mend_titles(buttons: &mut [Button], mend: &mut impl FnMut(&'static Rule, bool)) {
    for text in buttons.iter_mut().filter_map(|it| it.text.as_mut()) {
        mend(&rules::EMOJI, plain(text));
        mend(&rules::BUTTON_MARKS, without_marks(text));
    }
}

/// Mends a component of a card, and says whether its variables have names. A card is no letter: it gets no greeting and
/// no thanks. Its buttons keep their order, which is that of the other cards.
fn mend_card(component: &mut Component, mend: &mut impl FnMut(&'static Rule, bool)) -> bool {
    match component {
        Component::Body(body) => {
            mend_body(body, None, mend);
            body.text.as_deref().is_some_and(names)
        }
        Component::Buttons(group) => {
            mend_titles(&mut group.buttons, mend);
            false
        }
        _ => false,
    }
}

/// Moves quick replies to the front if others stand between them.
fn quick_replies_first(buttons: &mut [Button]) -> bool {
    let before: Vec<bool> = buttons.iter().map(|it| it.is("QUICK_REPLY")).collect();
    let n_groups = before.windows(2).filter(|it| !it[0] && it[1]).count() + usize::from(before.first() == Some(&true));
    if n_groups > 1 {
        buttons.sort_by_key(|it| !it.is("QUICK_REPLY"));
    }
    n_groups > 1
}

fn mend_body(body: &mut Body, phrases: Option<&Phrases>, mend: &mut impl FnMut(&'static Rule, bool)) {
    let Some(text) = &mut body.text else { return };
    let spaced = without_line_break_runs(text);
    mend(&rules::LINE_BREAK_RUN, spaced != *text);
    *text = spaced;
    mend(&rules::VARIABLES_ADJACENT, apart(text));
    // A greeting and thanks around nothing but variables would be a text that the business never wrote.
    if let Some(phrases) = phrases.filter(|_| has_own_words(text)) {
        mend(&rules::VARIABLE_AT_START, word_before(text, phrases));
        mend(&rules::VARIABLE_AT_END, word_after(text, phrases));
    }
    let order = renumbered(text);
    mend(&rules::VARIABLE_ORDER, order.is_some());
    let Some(example) = &mut body.example else { return };
    let mut values = example.body_text.values().to_vec();
    if let Some(order) = order {
        // Examples move with their numbers; if one is missing, a person must decide.
        let moved: Option<Vec<String>> = order.iter().map(|it| values.get(it.wrapping_sub(1)).cloned()).collect();
        values = moved.unwrap_or(values);
    }
    let named = example.body_text_named_params.iter_mut().map(|it| &mut it.example);
    let is_smoothed = smooth_all(values.iter_mut().chain(named));
    mend(&rules::VALUE_CHARACTERS, is_smoothed);
    if !values.is_empty() {
        example.body_text = BodyValues::Lists(vec![values]);
    }
}

fn examples_of_header(header: &mut Header, mend: &mut impl FnMut(&'static Rule, bool)) {
    let Some(example) = &mut header.example else { return };
    let values =
        example.header_text.iter_mut().chain(example.header_text_named_params.iter_mut().map(|it| &mut it.example));
    mend(&rules::VALUE_CHARACTERS, smooth_all(values));
}

fn name(template: &mut Template) -> bool {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    if template.name.is_empty() || template.name.bytes().all(is_plain) {
        return false;
    }
    template.name = scenario::slot_name(&template.name);
    true
}

fn language(template: &mut Template) -> bool {
    match language_code(&template.language) {
        Some(code) if code != template.language => {
            template.language = code.to_owned();
            true
        }
        _ => false,
    }
}

fn upper_case(text: &mut String) -> bool {
    let upper = text.to_uppercase();
    let is_changed = *text != upper;
    *text = upper;
    is_changed
}

fn one_line(text: &mut String) -> bool {
    let line = text.split(['\n', '\r']).map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    let is_changed = text.contains(['\n', '\r']);
    if is_changed {
        *text = line;
    }
    is_changed
}

/// Removes emoji, unless nothing else is left.
fn plain(text: &mut String) -> bool {
    let plain = without_emoji(text);
    let is_changed = emoji(text).is_some() && !plain.is_empty();
    if is_changed {
        *text = plain;
    }
    is_changed
}

/// Removes formatting marks that come in pairs and are not part of a variable.
fn without_marks(text: &mut String) -> bool {
    let mut is_changed = false;
    for mark in ['*', '~', '`', '_'] {
        let (found, _) = variables(text);
        let inside = |at: usize| found.iter().any(|it| it.bytes.0 <= at && at < it.bytes.1);
        let places: Vec<usize> = text.match_indices(mark).map(|it| it.0).filter(|it| !inside(*it)).collect();
        if places.len() >= 2 {
            for at in places.into_iter().rev() {
                text.remove(at);
            }
            is_changed = true;
        }
    }
    is_changed
}

fn apart(text: &mut String) -> bool {
    let (found, _) = variables(text);
    let pairs = found.windows(2).map(|it| (it[0].bytes.1, it[1].bytes.0));
    let close: Vec<(usize, usize)> = pairs.filter(|it| text[it.0..it.1].trim().is_empty()).collect();
    for (from, to) in close.iter().rev() {
        text.replace_range(*from..*to, " – ");
    }
    !close.is_empty()
}

/// Whether there are words beside the variables.
fn has_own_words(text: &str) -> bool {
    let (found, _) = variables(text);
    let mut at = 0;
    let mut parts = found.iter().map(|it| {
        let part = &text[at..it.bytes.0];
        at = it.bytes.1;
        part
    });
    let is_before = parts.any(has_word);
    is_before || has_word(&text[found.last().map_or(0, |it| it.bytes.1)..])
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn word_before(text: &mut String, phrases: &Phrases) -> bool {
    let (found, _) = variables(text);
    match found.first() {
        Some(first) if !has_word(&text[..first.bytes.0]) => {
            *text = format!("{} {}", phrases.greeting, text.trim_start());
            true
        }
        _ => false,
    }
}

fn word_after(text: &mut String, phrases: &Phrases) -> bool {
    let (found, _) = variables(text);
    let Some(last) = found.last().filter(|it| !has_word(&text[it.bytes.1..])) else { return false };
    let end = match text[last.bytes.1..].trim().is_empty() {
        true => ".",
        false => "",
    };
    *text = format!("{}{end} {}", text.trim_end(), phrases.closing);
    true
}

/// Renumbers variables with gaps, and returns the old number of each new one.
fn renumbered(text: &mut String) -> Option<Vec<usize>> {
    let (found, broken) = variables(text);
    let numbers: Option<Vec<usize>> = found.iter().map(crate::Variable::number).collect();
    let numbers = numbers.filter(|it| !it.is_empty() && broken.is_empty())?;
    let mut order: Vec<usize> = Vec::new();
    for number in numbers {
        if !order.contains(&number) {
            order.push(number);
        }
    }
    let mut sorted = order.clone();
    sorted.sort_unstable();
    // Another order without gaps is intended.
    if sorted.iter().copied().eq(1..=order.len()) {
        return None;
    }
    let places: Vec<((usize, usize), usize)> = found.iter().filter_map(|it| Some((it.bytes, it.number()?))).collect();
    for ((from, to), number) in places.into_iter().rev() {
        let new = order.iter().position(|it| *it == number)? + 1;
        text.replace_range(from..to, &format!("{{{{{new}}}}}"));
    }
    Some(order)
}

fn names(text: &str) -> bool {
    let (found, _) = variables(text);
    !found.is_empty() && found.iter().all(|it| it.number().is_none())
}

/// Cleans the white space of every value, and returns whether one has changed.
fn smooth_all<'a>(values: impl Iterator<Item = &'a mut String>) -> bool {
    values.filter_map(|it| smooth(it).then_some(())).count() > 0
}

fn smooth(value: &mut String) -> bool {
    let is_rough = value.contains(['\n', '\r', '\t']) || value.contains("     ");
    if is_rough {
        *value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    is_rough
}
