//! Header, body and footer: lengths, variables, examples.

use std::collections::HashSet;

use model::Finding;

use crate::marks::{self, Kind};
use crate::signs::{emoji, formatting_mark, line_break_run};
use crate::variable::{ValueLengths, Variable, variables};
use crate::{
    Body, Card, Component, Footer, Header, MAX_CARD_BODY, MAX_LINE, MAX_TEMPLATE_BODY, NamedExample, Template, rules,
};

/// More variables than this are a note.
const MANY_VARIABLES: usize = 5;

pub(super) fn lint(template: &Template, lengths: &ValueLengths, findings: &mut Vec<Finding>) {
    for (n, component) in template.components.iter().enumerate() {
        let place = format!("/components/{n}");
        match component {
            Component::Header(it) => header(it, template, lengths, &place, findings),
            Component::Body(it) => body(it, template, lengths, &OF_TEMPLATE, &place, findings),
            Component::Footer(it) => footer(it, &place, findings),
            Component::Carousel(it) => {
                it.cards
                    .iter()
                    .zip(0..)
                    .for_each(|(it, n)| card(it, template, &format!("{place}/cards/{n}"), findings));
            }
            Component::Buttons(_) | Component::Other(_) => {}
        }
    }
}

fn no_sample(header: &Header, template: &Template, place: &str) -> Finding {
    let ending = match header.format.to_uppercase().as_str() {
        "VIDEO" => "mp4",
        "DOCUMENT" => "pdf",
        _ => "jpg",
    };
    let message = "there is no handle of a sample file yet";
    let fix = match place.contains("/cards/") {
        true => "upload a sample and put its handle here: `ferry template submit` uploads none for cards".to_owned(),
        false => format!("put samples/{}.{ending} beside the plan: `ferry template submit` uploads it", template.name),
    };
    Finding::new(&rules::HEADER_HANDLE, format!("{place}/format"), message).fixed_by(fix)
}

/// The longest body, and its rule.
struct BodyLimit {
    most: usize,
    rule: &'static model::Rule,
}

const OF_TEMPLATE: BodyLimit = BodyLimit { most: MAX_TEMPLATE_BODY, rule: &rules::BODY_LENGTH };
const OF_CARD: BodyLimit = BodyLimit { most: MAX_CARD_BODY, rule: &rules::CARD_BODY };

/// Checks the texts of a card. Its variables are numbered on their own, so the lengths of those of the body do not count.
fn card(card: &Card, template: &Template, place: &str, findings: &mut Vec<Finding>) {
    let lengths = ValueLengths::default();
    for (component, n) in card.components.iter().zip(0..) {
        let place = format!("{place}/components/{n}");
        match component {
            Component::Header(it) => header(it, template, &lengths, &place, findings),
            Component::Body(it) => body(it, template, &lengths, &OF_CARD, &place, findings),
            _ => {}
        }
    }
}

fn header(header: &Header, template: &Template, lengths: &ValueLengths, place: &str, findings: &mut Vec<Finding>) {
    match header.format.to_uppercase().as_str() {
        "TEXT" => {}
        "IMAGE" | "VIDEO" | "DOCUMENT" => {
            if header.example.as_ref().is_none_or(|it| it.header_handle.is_empty()) {
                findings.push(no_sample(header, template, place));
            }
            return;
        }
        // Such a card shows a product of the catalogue.
        "PRODUCT" if !template.cards().1.is_empty() => return,
        "LOCATION" if !template.is("AUTHENTICATION") => return,
        _ => {
            let message = format!("“{}” is not allowed here", header.format);
            return findings.push(Finding::new(&rules::HEADER_FORMAT, format!("{place}/format"), message));
        }
    }
    let (text, place) = (header.text.as_deref().unwrap_or_default(), format!("{place}/text"));
    let found = common(text, template, &place, findings);
    too_long(text, MAX_LINE, &rules::HEADER_LENGTH, &place, findings);
    line_break(text, &place, findings);
    no_emoji(text, &place, findings);
    let asterisk = || text.chars().position(|it| it == '*').map(|at| (at, at + 1));
    if let Some(span) = formatting_mark(text).or_else(asterisk) {
        let message = "there is an asterisk or a formatting mark";
        findings.push(Finding::new(&rules::HEADER_MARKS, &place, message).at(span).fixed_by("remove it"));
    }
    if let Some(second) = found.get(1) {
        let message = format!("{} variables", found.len());
        findings.push(Finding::new(&rules::HEADER_VARIABLES, &place, message).at(second.span));
    }
    let (values, named) =
        header.example.as_ref().map_or((&[][..], &[][..]), |it| (&it.header_text, &it.header_text_named_params));
    examples(&found, values, named, &place, findings);
    let filled = filled_length(text, &found, values, named, lengths);
    if filled > MAX_LINE && text.chars().count() <= MAX_LINE {
        let message = format!("with its values it has {filled} characters; at most {MAX_LINE} are allowed");
        findings.push(Finding::new(&rules::FILLED_LENGTH, &place, message));
    }
}

/// Checks a text that has no emoji: a header, a footer or a button.
pub(super) fn no_emoji(text: &str, place: &str, findings: &mut Vec<Finding>) {
    if let Some(span) = emoji(text) {
        findings.push(Finding::new(&rules::EMOJI, place, "there is an emoji").at(span).fixed_by("remove it"));
    }
}

fn body(
    body: &Body,
    template: &Template,
    lengths: &ValueLengths,
    limit: &BodyLimit,
    place: &str,
    findings: &mut Vec<Finding>,
) {
    // WhatsApp writes the body of an authentication template.
    let Some(text) = body.text.as_deref() else {
        if !template.is("AUTHENTICATION") {
            findings.push(Finding::new(&rules::EMPTY, place, "there is no text"));
        }
        return;
    };
    let place = format!("{place}/text");
    let found = common(text, template, &place, findings);
    too_long(text, limit.most, limit.rule, &place, findings);
    if let Some(span) = line_break_run(text) {
        let finding = Finding::new(&rules::LINE_BREAK_RUN, &place, "there are several empty lines in a row").at(span);
        findings.push(finding.fixed_by("leave one"));
    }
    let words = plain_words(text, &found);
    let n_distinct = found.iter().map(|it| it.name).collect::<HashSet<_>>().len();
    if n_distinct > 0 && words < 2 * n_distinct + 1 {
        let message =
            format!("{words} words and {n_distinct} variables: at least {} words are needed", 2 * n_distinct + 1);
        findings.push(Finding::new(&rules::VARIABLE_RATIO, &place, message).fixed_by("add words, or remove variables"));
    }
    if n_distinct > MANY_VARIABLES {
        findings.push(Finding::new(&rules::MANY_VARIABLES, &place, format!("{n_distinct} variables")));
    }
    let (values, named) =
        body.example.as_ref().map_or((&[][..], &[][..]), |it| (it.body_text.values(), &it.body_text_named_params));
    examples(&found, values, named, &place, findings);
    let filled = filled_length(text, &found, values, named, lengths);
    if filled > limit.most && text.chars().count() <= limit.most {
        let message = format!("with its values it has {filled} characters; at most {} are allowed", limit.most);
        findings.push(Finding::new(&rules::FILLED_LENGTH, &place, message));
    }
}

fn footer(footer: &Footer, place: &str, findings: &mut Vec<Finding>) {
    let Some(text) = footer.text.as_deref() else { return };
    let place = format!("{place}/text");
    too_long(text, MAX_LINE, &rules::FOOTER_LENGTH, &place, findings);
    line_break(text, &place, findings);
    if text.trim().is_empty() {
        findings.push(Finding::new(&rules::EMPTY, &place, "the text is empty"));
    }
    no_emoji(text, &place, findings);
    findings.extend(marks::check(Kind::Text, text, &place));
    if let Some(variable) = variables(text).0.first() {
        findings.push(Finding::new(&rules::FOOTER_VARIABLE, &place, "there is a variable").at(variable.span));
    }
}

/// Checks the rules for every text with variables.
fn common<'a>(text: &'a str, template: &Template, place: &str, findings: &mut Vec<Finding>) -> Vec<Variable<'a>> {
    let (found, broken) = variables(text);
    if text.trim().is_empty() {
        findings.push(Finding::new(&rules::EMPTY, place, "the text is empty"));
    }
    // Braces that hold no variable have a rule of their own.
    let is_broken = |it: &Finding| broken.iter().any(|span| it.span.is_some_and(|it| span.0 <= it.0 && it.1 <= span.1));
    findings.extend(marks::check(Kind::Text, text, place).into_iter().filter(|it| !is_broken(it)));
    for span in broken {
        let finding = Finding::new(&rules::VARIABLE_BROKEN, place, "braces that hold no variable").at(span);
        findings.push(finding.fixed_by("write {{1}} or {{name}}"));
    }
    for pair in found.windows(2) {
        if text[pair[0].bytes.1..pair[1].bytes.0].trim().is_empty() {
            let message = format!("{{{{{}}}}} and {{{{{}}}}} are next to each other", pair[0].name, pair[1].name);
            let finding = Finding::new(&rules::VARIABLES_ADJACENT, place, message).at((pair[0].span.0, pair[1].span.1));
            findings.push(finding.fixed_by("put a word between them, or make them one"));
        }
    }
    let has_word = |text: &str| text.chars().any(char::is_alphanumeric);
    if let Some(first) = found.first().filter(|it| !has_word(&text[..it.bytes.0])) {
        let finding = Finding::new(&rules::VARIABLE_AT_START, place, "it begins with a variable").at(first.span);
        findings.push(finding.fixed_by("put a word before it"));
    }
    if let Some(last) = found.last().filter(|it| !has_word(&text[it.bytes.1..])) {
        let finding = Finding::new(&rules::VARIABLE_AT_END, place, "it ends with a variable").at(last.span);
        findings.push(finding.fixed_by("put a word after it"));
    }
    names(&found, template.is_named(), place, findings);
    found
}

fn names(found: &[Variable<'_>], is_named: bool, place: &str, findings: &mut Vec<Finding>) {
    let n_numbered = found.iter().filter(|it| it.number().is_some()).count();
    if n_numbered > 0 && n_numbered < found.len() {
        let message = "numbers and names are mixed";
        return findings.push(Finding::new(&rules::VARIABLE_MIXED, place, message).at(found[0].span));
    }
    let mut seen = HashSet::new();
    let mut highest: usize = 0;
    for variable in found {
        let Some(number) = variable.number() else {
            let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
            if !variable.name.bytes().all(is_plain) {
                let message = format!("“{}” is not a name for a variable", variable.name);
                let finding = Finding::new(&rules::VARIABLE_NAME, place, message).at(variable.span);
                findings.push(finding.fixed_by(format!("{{{{{}}}}}", scenario::slot_name(variable.name))));
            }
            if is_named && !seen.insert(variable.name) {
                let message = format!("{{{{{}}}}} is used twice", variable.name);
                findings.push(Finding::new(&rules::VARIABLE_TWICE, place, message).at(variable.span));
            }
            continue;
        };
        if number > highest.saturating_add(1) || number == 0 {
            let message = format!("{{{{{number}}}}} comes where {{{{{}}}}} should", highest.saturating_add(1));
            findings.push(Finding::new(&rules::VARIABLE_ORDER, place, message).at(variable.span));
        }
        highest = highest.max(number);
    }
}

fn examples(
    found: &[Variable<'_>],
    values: &[String],
    named: &[NamedExample],
    place: &str,
    findings: &mut Vec<Finding>,
) {
    let example_place = place.replace("/text", "/example");
    let mut names: Vec<&str> = Vec::new();
    for variable in found {
        if !names.contains(&variable.name) {
            names.push(variable.name);
        }
    }
    let is_numbered = found.iter().all(|it| it.number().is_some());
    let missing: Vec<&str> = match is_numbered {
        true if values.len() == names.len() => Vec::new(),
        true if values.len() > names.len() => {
            let message = format!("{} examples for {} variables", values.len(), names.len());
            return findings.push(Finding::new(&rules::EXAMPLE_MISSING, example_place, message));
        }
        true => names[values.len()..].to_vec(),
        false => names.iter().filter(|name| named.iter().all(|it| it.param_name != **name)).copied().collect(),
    };
    if let Some(name) = missing.first() {
        let span = found.iter().find(|it| it.name == *name).map(|it| it.span);
        let mut finding = Finding::new(&rules::EXAMPLE_MISSING, place, format!("{{{{{name}}}}} has no example"));
        finding.span = span;
        findings.push(finding.fixed_by("add one that is not personal data"));
    }
    for value in values.iter().chain(named.iter().map(|it| &it.example)) {
        if value.contains(['\n', '\r', '\t']) || value.contains("     ") {
            let message = format!("the example “{}” could not be sent", value.escape_debug());
            findings
                .push(Finding::new(&rules::VALUE_CHARACTERS, &example_place, message).fixed_by("one space instead"));
        }
    }
}

/// The length of the text with the longest known value for each variable.
fn filled_length(
    text: &str,
    found: &[Variable<'_>],
    values: &[String],
    named: &[NamedExample],
    lengths: &ValueLengths,
) -> usize {
    let mut length = text.chars().count();
    for variable in found {
        let example = match variable.number() {
            Some(number) => values.get(number.wrapping_sub(1)),
            None => named.iter().find(|it| it.param_name == variable.name).map(|it| &it.example),
        };
        let example = example.map_or(0, |it| it.chars().count());
        let longest = lengths.longest.get(variable.name).copied().unwrap_or(0).max(example);
        length = length + longest - (variable.span.1 - variable.span.0);
    }
    length
}

fn plain_words(text: &str, found: &[Variable<'_>]) -> usize {
    let mut plain = String::new();
    let mut at = 0;
    for variable in found {
        plain.push_str(&text[at..variable.bytes.0]);
        plain.push(' ');
        at = variable.bytes.1;
    }
    plain.push_str(&text[at..]);
    plain.split_whitespace().filter(|it| it.chars().any(char::is_alphanumeric)).count()
}

fn too_long(text: &str, most: usize, rule: &'static model::Rule, place: &str, findings: &mut Vec<Finding>) {
    let length = text.chars().count();
    if length > most {
        let message = format!("{length} characters; at most {most} are allowed");
        findings.push(Finding::new(rule, place, message).at((most, length)));
    }
}

fn line_break(text: &str, place: &str, findings: &mut Vec<Finding>) {
    if let Some(at) = text.chars().position(|it| it == '\n' || it == '\r') {
        findings.push(
            Finding::new(&rules::LINE_BREAK, place, "there is a line break").at((at, at + 1)).fixed_by("a space"),
        );
    }
}
