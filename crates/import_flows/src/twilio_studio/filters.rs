//! Liquid's filters, where their result is certain.

use super::render::{Bit, length_of};

/// Limits the characters of a text times those of what is put into it.
const MAX_REPLACED: usize = 1_000_000;

/// Filters that give the same value in another form.
const FORMS: [&str; 17] = [
    "upcase",
    "downcase",
    "capitalize",
    "strip",
    "lstrip",
    "rstrip",
    "strip_newlines",
    "strip_html",
    "newline_to_br",
    "escape",
    "escape_once",
    "url_encode",
    "url_decode",
    "default",
    "date",
    "round",
    "truncate",
];

/// A value between two filters.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bits(Vec<Bit>),
    List(Vec<String>),
}

impl Value {
    /// The value as a text; a list is written without anything between its items.
    pub(super) fn bits(self) -> Vec<Bit> {
        match self {
            Self::Bits(bits) => bits,
            Self::List(items) => vec![Bit::Plain(items.concat())],
        }
    }

    pub(super) fn length(&self) -> usize {
        match self {
            Self::Bits(bits) => length_of(bits),
            Self::List(items) => items.iter().map(|it| it.len() + 1).sum(),
        }
    }

    /// The value through a filter; none if that is not certain.
    pub(super) fn through(&self, filter: &str, arguments: &[Vec<Bit>]) -> Option<Self> {
        let argument = |n: usize| arguments.get(n).map(Vec::as_slice);
        let plain = |n: usize| argument(n).and_then(constant);
        match self {
            Self::List(items) => of_list(items, filter, plain(0)),
            Self::Bits(bits) => match (constant(bits), filter) {
                (_, "append") => Some(Self::Bits([bits, argument(0)?].concat())),
                (_, "prepend") => Some(Self::Bits([argument(0)?, bits].concat())),
                (Some(text), "default") if text.is_empty() => Some(Self::Bits(argument(0)?.to_vec())),
                (Some(_), "default") => Some(self.clone()),
                (Some(text), "replace" | "replace_first") => {
                    let wanted = plain(0)?;
                    let most = if filter == "replace" { usize::MAX } else { 1 };
                    let by = argument(1).unwrap_or_default();
                    let is_short = text.len().saturating_mul(length_of(by)) <= MAX_REPLACED;
                    is_short.then(|| Self::Bits(replaced(&text, &wanted, by, most)))
                }
                (Some(text), "split") => {
                    let separator = plain(0)?;
                    Some(Self::List(text.split(separator.as_str()).map(str::to_owned).collect()))
                }
                (Some(text), _) => {
                    let arguments: Option<Vec<String>> = arguments.iter().map(|it| constant(it)).collect();
                    of_text(&text, filter, &arguments?).map(|it| Self::Bits(vec![Bit::Plain(it)]))
                }
                // A phone number has no such beginning here.
                (None, "remove") if is_phone(bits) && plain(0)? == "whatsapp:" => Some(self.clone()),
                (None, _) => None,
            },
        }
    }
}

/// Whether a filter gives the same value in another form.
pub(super) fn is_form(filter: &str) -> bool {
    FORMS.contains(&filter)
}

/// The text of bits that do not vary.
pub(super) fn constant(bits: &[Bit]) -> Option<String> {
    let plain = |it: &Bit| match it {
        Bit::Plain(text) => Some(text.clone()),
        _ => None,
    };
    bits.iter().map(plain).collect()
}

fn is_phone(bits: &[Bit]) -> bool {
    matches!(bits, [Bit::Value(path)] if path == "contact.channel.address")
}

fn replaced(text: &str, wanted: &str, by: &[Bit], most: usize) -> Vec<Bit> {
    if wanted.is_empty() {
        return vec![Bit::Plain(text.to_owned())];
    }
    let mut bits = Vec::new();
    for (n, part) in text.splitn(most.saturating_add(1), wanted).enumerate() {
        if n > 0 {
            bits.extend_from_slice(by);
        }
        bits.push(Bit::Plain(part.to_owned()));
    }
    bits
}

fn of_list(items: &[String], filter: &str, argument: Option<String>) -> Option<Value> {
    let text = match filter {
        "first" => items.first().cloned().unwrap_or_default(),
        "last" => items.last().cloned().unwrap_or_default(),
        "join" => {
            let separator = argument.as_deref().unwrap_or(" ");
            let is_short = items.len().saturating_mul(separator.len()) <= MAX_REPLACED;
            is_short.then(|| items.join(separator))?
        }
        "size" => items.len().to_string(),
        _ => return None,
    };
    Some(Value::Bits(vec![Bit::Plain(text)]))
}

fn of_text(text: &str, filter: &str, arguments: &[String]) -> Option<String> {
    let argument = |n: usize| arguments.get(n).map(String::as_str);
    let count = |n: usize| argument(n)?.trim().parse::<usize>().ok();
    Some(match filter {
        "upcase" => text.to_uppercase(),
        "downcase" => text.to_lowercase(),
        "capitalize" => {
            let mut letters = text.chars();
            let first = letters.next().map(char::to_uppercase).into_iter().flatten();
            first.chain(letters.as_str().to_lowercase().chars()).collect()
        }
        "strip" => text.trim().to_owned(),
        "lstrip" => text.trim_start().to_owned(),
        "rstrip" => text.trim_end().to_owned(),
        "strip_newlines" => text.replace(['\r', '\n'], ""),
        "remove" => text.replace(argument(0)?, ""),
        "remove_first" => text.replacen(argument(0)?, "", 1),
        "size" => text.chars().count().to_string(),
        "first" => text.chars().take(1).collect(),
        "slice" => text.chars().skip(count(0)?).take(count(1).unwrap_or(1)).collect(),
        "truncate" if text.chars().count() <= count(0)? => text.to_owned(),
        "truncate" => {
            let end = argument(1).unwrap_or("...");
            let kept = count(0)?.saturating_sub(end.chars().count());
            text.chars().take(kept).chain(end.chars()).collect()
        }
        _ => return computed(text, filter, argument(0)),
    })
}

/// The result of a filter that computes with numbers. Whole numbers stay whole.
fn computed(text: &str, filter: &str, argument: Option<&str>) -> Option<String> {
    let whole = |it: &str| it.trim().parse::<i64>().ok();
    if let (Some(a), Some(b)) = (whole(text), argument.and_then(whole)) {
        let result = match filter {
            "plus" => a.checked_add(b),
            "minus" => a.checked_sub(b),
            "times" => a.checked_mul(b),
            "divided_by" => a.checked_div_euclid(b),
            "modulo" => a.checked_rem_euclid(b),
            _ => None,
        };
        return result.map(|it| it.to_string());
    }
    let a: f64 = text.trim().parse().ok()?;
    let b: Option<f64> = argument.and_then(|it| it.trim().parse().ok());
    let result = match filter {
        "plus" => a + b?,
        "minus" => a - b?,
        "times" => a * b?,
        "divided_by" => a / b?,
        "ceil" => a.ceil(),
        "floor" => a.floor(),
        "round" if argument.is_none() => a.round(),
        "abs" => a.abs(),
        _ => return None,
    };
    result.is_finite().then(|| result.to_string())
}
