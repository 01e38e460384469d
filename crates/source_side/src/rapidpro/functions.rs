//! The functions of expressions.

use super::case;
use super::scope::Scope;
use super::value::Val;

/// Calls a function. One that is not known here, such as one of the clock, is a value of the business.
pub(super) fn call(name: &str, arguments: &[Val], scope: &mut Scope<'_, '_>) -> Val {
    let first = arguments.first().cloned().unwrap_or_default();
    if let Some(value) = of_logic(name, arguments) {
        return value;
    }
    if let Some(error) = arguments.iter().find(|it| it.is_error()) {
        return error.clone();
    }
    if let Some(value) = of_text(name, &first.text(), arguments).or_else(|| of_number(name, arguments)) {
        return value;
    }
    match name {
        _ if name.starts_with("has_") => {
            case::test(name, &first, arguments.get(1..).unwrap_or_default()).unwrap_or(Val::Nil)
        }
        "array" => Val::Array(arguments.to_vec()),
        "count" | "length" => match &first {
            Val::Array(values) => Val::Number(values.len() as f64),
            other => Val::Number(other.text().chars().count() as f64),
        },
        "extract" => first.get(&arguments.get(1).map(Val::text).unwrap_or_default()),
        _ => {
            let list: Vec<String> = arguments.iter().map(Val::text).collect();
            scope.unknown(&format!("{name}({})", list.join(", ")))
        }
    }
}

fn of_logic(name: &str, arguments: &[Val]) -> Option<Val> {
    let argument = |n: usize| arguments.get(n).cloned().unwrap_or_default();
    Some(match name {
        "if" => {
            if argument(0).is_true() {
                argument(1)
            } else {
                argument(2)
            }
        }
        "and" => Val::Bool(arguments.iter().all(Val::is_true)),
        "or" => Val::Bool(arguments.iter().any(Val::is_true)),
        "not" => Val::Bool(!argument(0).is_true()),
        "default" if argument(0).is_error() || argument(0).text().is_empty() => argument(1),
        "default" => argument(0),
        "is_error" => Val::Bool(argument(0).is_error()),
        "boolean" => Val::Bool(argument(0).is_true()),
        "text_compare" => Val::Number(match argument(0).text().cmp(&argument(1).text()) {
            std::cmp::Ordering::Less => -1.0,
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => 1.0,
        }),
        _ => return None,
    })
}

fn of_text(name: &str, text: &str, arguments: &[Val]) -> Option<Val> {
    let argument = |n: usize| arguments.get(n).map(Val::text).unwrap_or_default();
    let number = |n: usize| arguments.get(n).and_then(Val::number);
    Some(match name {
        "text" | "format" | "json" | "clean" => Val::Text(text.to_owned()),
        "upper" => Val::Text(text.to_uppercase()),
        "lower" => Val::Text(text.to_lowercase()),
        "title" | "proper" => Val::Text(title(text)),
        "trim" => Val::Text(text.trim().to_owned()),
        "trim_left" => Val::Text(text.trim_start().to_owned()),
        "trim_right" => Val::Text(text.trim_end().to_owned()),
        "concat" | "concatenate" => Val::Text(arguments.iter().map(Val::text).collect()),
        "text_length" | "len" => Val::Number(text.chars().count() as f64),
        "repeat" => Val::Text(text.repeat(number(1).unwrap_or_default().clamp(0.0, 100.0) as usize)),
        "replace" => Val::Text(text.replace(&argument(1), &argument(2))),
        "substitute" => Val::Text(text.replace(&argument(1), &argument(2))),
        "split" => {
            let marks: Vec<char> = argument(1).chars().collect();
            let parts = text.split(|it: char| marks.contains(&it) || (marks.is_empty() && it.is_whitespace()));
            Val::Array(parts.filter(|it| !it.is_empty()).map(|it| Val::Text(it.to_owned())).collect())
        }
        "join" => match arguments.first() {
            Some(Val::Array(values)) => Val::Text(values.iter().map(Val::text).collect::<Vec<_>>().join(&argument(1))),
            _ => Val::Text(text.to_owned()),
        },
        "first_word" => Val::Text(case::tokens(text).first().cloned().unwrap_or_default()),
        "remove_first_word" => {
            let first = case::tokens(text).first().cloned().unwrap_or_default();
            Val::Text(text.trim_start().strip_prefix(&first).unwrap_or(text).trim().to_owned())
        }
        "word_count" => Val::Number(case::tokens(text).len() as f64),
        "word" => {
            let words = case::tokens(text).into_iter().map(Val::Text).collect();
            Val::Array(words).get(&number(1).unwrap_or_default().to_string())
        }
        "word_slice" => {
            let words = case::tokens(text);
            let from = number(1).unwrap_or_default().max(0.0) as usize;
            let to = number(2).filter(|it| *it >= 0.0).map_or(words.len(), |it| it as usize).min(words.len());
            Val::Text(words.get(from..to).unwrap_or_default().join(" "))
        }
        "text_slice" | "left" => {
            let (from, to) = if name == "left" { (Some(0.0), number(1)) } else { (number(1), number(2)) };
            let from = from.unwrap_or_default().max(0.0) as usize;
            let to = to.filter(|it| *it >= 0.0).map_or(usize::MAX, |it| it as usize);
            Val::Text(text.chars().skip(from).take(to.saturating_sub(from)).collect())
        }
        "field" => {
            let at = number(1).unwrap_or_default().max(0.0) as usize;
            Val::Text(text.split(&argument(2)).nth(at).unwrap_or_default().trim().to_owned())
        }
        "regex_match" => case::test("has_pattern", &Val::Text(text.to_owned()), arguments.get(1..)?)
            .map_or(Val::Nil, |it| it.get(&number(2).unwrap_or_default().to_string())),
        "read_chars" => Val::Text(text.chars().map(String::from).collect::<Vec<_>>().join(" ")),
        _ => return None,
    })
}

fn of_number(name: &str, arguments: &[Val]) -> Option<Val> {
    let all = || arguments.iter().map(Val::number).collect::<Option<Vec<f64>>>();
    let number = |n: usize| arguments.get(n).and_then(Val::number);
    let known = [
        "number",
        "int",
        "abs",
        "round",
        "round_up",
        "round_down",
        "max",
        "min",
        "sum",
        "mean",
        "mod",
        "percent",
        "format_number",
    ];
    if !known.contains(&name) {
        return None;
    }
    let Some(first) = number(0) else { return Some(Val::Error("not a number".to_owned())) };
    let scale = 10f64.powf(number(1).unwrap_or_default().clamp(-15.0, 15.0));
    Some(match name {
        "int" | "round_down" => Val::Number((first * scale).floor() / scale),
        "abs" => Val::Number(first.abs()),
        "round" => Val::Number((first * scale).round() / scale),
        "round_up" => Val::Number((first * scale).ceil() / scale),
        "max" => Val::Number(all()?.into_iter().fold(f64::MIN, f64::max)),
        "min" => Val::Number(all()?.into_iter().fold(f64::MAX, f64::min)),
        "sum" => Val::Number(all()?.into_iter().sum()),
        "mean" => Val::Number(all()?.iter().sum::<f64>() / arguments.len() as f64),
        "mod" => Val::Number(first.rem_euclid(number(1).filter(|it| *it != 0.0).unwrap_or(1.0))),
        "percent" => Val::Text(format!("{}%", (first * 100.0).round())),
        "format_number" => Val::Text(grouped(first, number(1))),
        _ => Val::Number(first),
    })
}

/// A number with commas, and with so many digits after the point.
fn grouped(number: f64, places: Option<f64>) -> String {
    let text = match places {
        Some(places) => format!("{number:.*}", places.clamp(0.0, 9.0) as usize),
        None => Val::Number(number).text(),
    };
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |it| (it.0, Some(it.1)));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n) % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    rest.map_or(grouped.clone(), |it| format!("{grouped}.{it}"))
}

/// Every word with a capital letter.
fn title(text: &str) -> String {
    let mut is_start = true;
    let mut titled = String::new();
    for letter in text.chars() {
        match is_start {
            true => titled.extend(letter.to_uppercase()),
            false => titled.extend(letter.to_lowercase()),
        }
        is_start = !letter.is_alphanumeric() && letter != '\'' && letter != '’';
    }
    titled
}
