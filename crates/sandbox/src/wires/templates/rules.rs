//! The rules for templates, read from Meta's pages independently: the linter and this file share no code.

use serde_json::Value;

use super::{Refusal, text};

const NAME: u32 = 2_388_039;
const SHAPE: u32 = 2_388_040;
const HEADER: u32 = 2_388_047;
const BODY: u32 = 2_388_072;
const FOOTER: u32 = 2_388_073;
const RATIO: u32 = 2_388_293;
const ENDS: u32 = 2_388_299;

pub(super) fn check(template: &Value) -> Result<(), Refusal> {
    let refuse = |subcode, message: &str| Err(Refusal::new(subcode, message));
    let name = text(template, "name");
    if name.is_empty() || name.len() > 512 || name.chars().any(|it| !matches!(it, 'a'..='z' | '0'..='9' | '_')) {
        return refuse(NAME, "the name has small letters, digits and _ only");
    }
    let language = text(template, "language");
    let is_code = language.split('_').enumerate().all(|(n, it)| match n {
        0 => (2..=3).contains(&it.len()) && it.chars().all(|it| it.is_ascii_lowercase()),
        _ => it.len() == 2 && it.chars().all(|it| it.is_ascii_uppercase()),
    });
    if !is_code {
        return refuse(SHAPE, "the language is not known");
    }
    let category = text(template, "category").to_uppercase();
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category.as_str()) {
        return refuse(SHAPE, "the category is not known");
    }
    let Some(components) = template.get("components").and_then(Value::as_array) else {
        return refuse(SHAPE, "there are no components");
    };
    let is_named = text(template, "parameter_format").eq_ignore_ascii_case("named");
    let of =
        |kind: &str| components.iter().filter(|it| text(it, "type").eq_ignore_ascii_case(kind)).collect::<Vec<_>>();
    let (bodies, headers, footers, buttons) = (of("BODY"), of("HEADER"), of("FOOTER"), of("BUTTONS"));
    if bodies.len() != 1 || headers.len() > 1 || footers.len() > 1 || buttons.len() > 1 {
        return refuse(SHAPE, "there is one body, and of each other component at most one");
    }
    if category == "AUTHENTICATION" {
        let has_code = buttons.iter().flat_map(|it| list(it)).any(|it| text(it, "type") == "OTP");
        return if has_code && bodies[0].get("text").is_none() {
            Ok(())
        } else {
            refuse(SHAPE, "authentication has an OTP button and no text")
        };
    }
    check_body(bodies[0], is_named)?;
    for header in headers {
        check_header(header, is_named)?;
    }
    for footer in footers {
        let text = text(footer, "text");
        if text.is_empty() || text.chars().count() > 60 || text.contains("{{") || text.contains('\n') {
            return refuse(FOOTER, "a footer has 1 to 60 characters, no variable and no line break");
        }
    }
    for group in buttons {
        check_buttons(list(group))?;
    }
    Ok(())
}

fn list(group: &Value) -> &[Value] {
    group.get("buttons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Returns the names between double braces, and the text with a mark in their places.
fn placeholders(text: &str) -> Option<(Vec<&str>, String)> {
    let (mut names, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        names.push(name.trim());
        plain += before;
        plain.push('\u{1}');
        rest = after;
    }
    plain += rest;
    Some((names, plain))
}

fn check_body(body: &Value, is_named: bool) -> Result<(), Refusal> {
    let body_text = text(body, "text");
    let Some((names, plain)) = placeholders(body_text) else {
        return Err(Refusal::new(BODY, "a variable is not closed"));
    };
    if body_text.trim().is_empty() || body_text.chars().count() > 1024 {
        return Err(Refusal::new(BODY, "a body has 1 to 1024 characters"));
    }
    check_names(&names, is_named, BODY)?;
    let without_signs = plain.trim_matches(|it: char| it != '\u{1}' && !it.is_alphanumeric());
    if without_signs.starts_with('\u{1}') || without_signs.ends_with('\u{1}') {
        return Err(Refusal::new(ENDS, "a body neither begins nor ends with a variable"));
    }
    if plain
        .split_whitespace()
        .collect::<Vec<_>>()
        .windows(2)
        .any(|it| it[0].ends_with('\u{1}') && it[1].starts_with('\u{1}'))
        || plain.contains("\u{1}\u{1}")
    {
        return Err(Refusal::new(BODY, "two variables are next to each other"));
    }
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let words = plain.replace('\u{1}', " ");
    let n_words = words.split_whitespace().filter(|it| it.chars().any(char::is_alphanumeric)).count();
    if !distinct.is_empty() && n_words + distinct.len() < 3 * distinct.len() + 1 {
        return Err(Refusal::new(RATIO, "there are too many variables for the length of the text"));
    }
    let example = body.get("example");
    let given = match is_named {
        true => example.and_then(|it| it.get("body_text_named_params")).and_then(Value::as_array).map_or(0, Vec::len),
        false => {
            let lists = example.and_then(|it| it.get("body_text"));
            lists.and_then(|it| it.get(0)).and_then(Value::as_array).map_or(0, Vec::len)
        }
    };
    if given != distinct.len() {
        return Err(Refusal::new(BODY, "every variable has an example"));
    }
    Ok(())
}

fn check_names(names: &[&str], is_named: bool, subcode: u32) -> Result<(), Refusal> {
    let numbers: Vec<Option<usize>> = names.iter().map(|it| it.parse().ok()).collect();
    if is_named {
        let is_plain = |it: &&str| it.chars().all(|it| matches!(it, 'a'..='z' | '0'..='9' | '_')) && !it.is_empty();
        let is_fine = names.iter().all(is_plain) && numbers.iter().all(Option::is_none);
        return if is_fine {
            Ok(())
        } else {
            Err(Refusal::new(subcode, "named variables have small letters, digits and _"))
        };
    }
    let mut expected = 1;
    for number in numbers {
        match number {
            Some(number) if number >= 1 && number <= expected => expected = expected.max(number + 1),
            _ => {
                return Err(Refusal::new(
                    subcode,
                    "variables are numbered from 1 without gaps; names need parameter_format NAMED",
                ));
            }
        }
    }
    Ok(())
}

fn check_header(header: &Value, is_named: bool) -> Result<(), Refusal> {
    match text(header, "format").to_uppercase().as_str() {
        "TEXT" => {
            let header_text = text(header, "text");
            let names = placeholders(header_text).ok_or_else(|| Refusal::new(HEADER, "a variable is not closed"))?.0;
            if header_text.is_empty()
                || header_text.chars().count() > 60
                || header_text.contains('\n')
                || names.len() > 1
            {
                return Err(Refusal::new(HEADER, "a header has 1 to 60 characters, one line and at most one variable"));
            }
            check_names(&names, is_named, HEADER)
        }
        // `uploads.rs` checks the sample.
        "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" => Ok(()),
        _ => Err(Refusal::new(HEADER, "the format of the header is not known")),
    }
}

fn check_buttons(buttons: &[Value]) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::new(SHAPE, message));
    if buttons.is_empty() || buttons.len() > 10 {
        return refuse("there are 1 to 10 buttons");
    }
    let kinds: Vec<&str> = buttons.iter().map(|it| text(it, "type")).collect();
    let n = |kind: &str| kinds.iter().filter(|it| **it == kind).count();
    if n("URL") > 2 || n("PHONE_NUMBER") > 1 || n("COPY_CODE") > 1 || n("OTP") > 0 {
        return refuse("there are too many buttons of one type");
    }
    let changes = kinds.windows(2).filter(|it| (it[0] == "QUICK_REPLY") != (it[1] == "QUICK_REPLY")).count();
    if changes > 1 {
        return refuse("quick replies must be together");
    }
    for button in buttons {
        let label = text(button, "text");
        let is_labelled = !label.trim().is_empty() && label.chars().count() <= 25;
        match text(button, "type") {
            "QUICK_REPLY" | "MPM" | "SPM" | "CATALOG" | "FLOW" if is_labelled => {}
            "URL" if is_labelled => {
                let url = text(button, "url");
                let (start, end) = url.split_once("{{").unwrap_or((url, ""));
                let is_whole =
                    start.starts_with("http") && url.chars().count() <= 2000 && (end.is_empty() || end == "1}}");
                if !is_whole || (!end.is_empty() && button.get("example").is_none()) {
                    return refuse("an address is http or https, and varies at its end only, with an example");
                }
            }
            "PHONE_NUMBER" if is_labelled && (5..=20).contains(&text(button, "phone_number").len()) => {}
            "COPY_CODE" if (1..=15).contains(&text(button, "example").chars().count()) => {}
            _ => return refuse("a button is not what its type says"),
        }
    }
    Ok(())
}

/// Returns whether two templates have the same body and footer in one language.
pub(super) fn has_same_text(one: &Value, other: &Value) -> bool {
    let texts = |template: &Value| -> Option<(String, String, String)> {
        let of = |kind: &str| -> String {
            let components = template.get("components").and_then(Value::as_array).into_iter().flatten();
            components.filter(|it| text(it, "type").eq_ignore_ascii_case(kind)).map(|it| text(it, "text")).collect()
        };
        let body = of("BODY");
        (!body.is_empty()).then(|| (text(template, "language").to_owned(), body, of("FOOTER")))
    };
    texts(one).is_some() && texts(one) == texts(other)
}
