//! The part of Liquid that texts of flows use: variables with filters, `if`, `unless`, `case` and `assign`.

use std::collections::BTreeMap;

use scenario::value_named;

use crate::player::Player;

/// The values of the flow, and those of the business.
pub(super) struct Scope<'a, 'b> {
    pub(super) values: &'a mut BTreeMap<String, String>,
    pub(super) player: &'a mut Player<'b>,
}

enum Piece<'a> {
    Text(&'a str),
    Output(&'a str),
    Tag(&'a str),
}

/// Renders a text. Tags that are not known are left out.
pub(super) fn render(text: &str, scope: &mut Scope<'_, '_>) -> String {
    let pieces = pieces(text);
    let (mut rendered, mut blocks) = (String::new(), Vec::<Block>::new());
    for piece in pieces {
        let is_live = blocks.iter().all(|it| it.is_live);
        match piece {
            Piece::Text(text) if is_live => rendered.push_str(text),
            Piece::Output(inside) if is_live => rendered.push_str(&output(inside, scope)),
            Piece::Tag(inside) => tag(inside.trim(), &mut blocks, scope),
            Piece::Text(_) | Piece::Output(_) => {}
        }
    }
    rendered
}

/// An open `if`, `unless` or `case`.
struct Block {
    is_live: bool,
    /// Whether a branch was taken already.
    is_done: bool,
    /// The value of a `case`.
    subject: String,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(open) = ["{{", "{%"].iter().filter_map(|it| rest.find(it)).min() {
        let is_output = rest[open..].starts_with("{{");
        let close = if is_output { "}}" } else { "%}" };
        let Some(length) = rest[open + 2..].find(close) else { break };
        let inside = rest[open + 2..open + 2 + length].trim_matches('-');
        pieces.push(Piece::Text(&rest[..open]));
        pieces.push(if is_output { Piece::Output(inside) } else { Piece::Tag(inside) });
        rest = &rest[open + 2 + length + 2..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn tag(inside: &str, blocks: &mut Vec<Block>, scope: &mut Scope<'_, '_>) {
    let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let is_live = blocks.iter().all(|it| it.is_live);
    match word {
        "if" | "unless" => {
            let holds = is_live && holds(rest, scope) == (word == "if");
            blocks.push(Block { is_live: holds, is_done: holds, subject: String::new() });
        }
        "case" => {
            let subject = output(rest, scope);
            blocks.push(Block { is_live: false, is_done: false, subject });
        }
        "elsif" | "else" | "when" => {
            let Some(block) = blocks.pop() else { return };
            let may = !block.is_done && blocks.iter().all(|it| it.is_live);
            let wanted = |scope: &mut Scope<'_, '_>| {
                rest.split(" or ").flat_map(|it| it.split(',')).any(|it| output(it, scope) == block.subject)
            };
            let takes = may
                && match word {
                    "elsif" => holds(rest, scope),
                    "when" => wanted(scope),
                    _ => true,
                };
            blocks.push(Block { is_live: takes, is_done: block.is_done || takes, ..block });
        }
        "endif" | "endunless" | "endcase" | "endcomment" => {
            blocks.pop();
        }
        "comment" => blocks.push(Block { is_live: false, is_done: true, subject: String::new() }),
        "assign" if is_live => {
            if let Some((name, value)) = rest.split_once('=') {
                let value = output(value, scope);
                scope.values.insert(name.trim().to_owned(), value);
            }
        }
        _ => {}
    }
}

fn holds(condition: &str, scope: &mut Scope<'_, '_>) -> bool {
    condition.split(" or ").any(|either| {
        either.split(" and ").all(|both| {
            let found = ["==", "!=", ">=", "<=", ">", "<", " contains "].iter().find_map(|sign| {
                let (left, right) = both.split_once(sign)?;
                Some((left, *sign, right))
            });
            let Some((left, sign, right)) = found else { return is_true(&output(both, scope)) };
            let (left, right) = (output(left, scope), output(right, scope));
            let numbers = left.trim().parse::<f64>().ok().zip(right.trim().parse::<f64>().ok());
            let order = numbers.and_then(|(a, b)| a.partial_cmp(&b)).unwrap_or_else(|| left.cmp(&right));
            match sign {
                "==" => order.is_eq(),
                "!=" => order.is_ne(),
                ">=" => order.is_ge(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                "<" => order.is_lt(),
                _ => left.contains(&right),
            }
        })
    })
}

fn is_true(value: &str) -> bool {
    !value.is_empty() && value != "false" && value != "nil"
}

/// A value with its filters.
fn output(inside: &str, scope: &mut Scope<'_, '_>) -> String {
    let mut parts = quoted_split(inside, '|').into_iter();
    let first = parts.next().unwrap_or_default();
    let filters: Vec<&str> = parts.collect();
    let has_default = filters.iter().any(|it| it.trim_start().starts_with("default"));
    let mut value = value(first.trim(), has_default, scope);
    for filter in filters {
        let (name, arguments) = filter.split_once(':').unwrap_or((filter, ""));
        let arguments: Vec<String> = match arguments.trim() {
            "" => Vec::new(),
            text => quoted_split(text, ',').into_iter().map(|it| self::value(it.trim(), false, scope)).collect(),
        };
        value = filtered(&value, name.trim(), &arguments);
    }
    value
}

/// The value of a literal or a path. `may_be_empty` keeps an unknown value empty, for `default`.
fn value(text: &str, may_be_empty: bool, scope: &mut Scope<'_, '_>) -> String {
    let quoted = |quote: char| text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote);
    if quoted('"') || quoted('\'') {
        return text[1..text.len() - 1].to_owned();
    }
    if text.is_empty() || text.parse::<f64>().is_ok() || ["true", "false"].contains(&text) {
        return text.to_owned();
    }
    if ["nil", "null", "blank", "empty"].contains(&text) {
        return String::new();
    }
    // Blanks around the dots of a path do not count.
    let path = text.split('.').map(str::trim).collect::<Vec<_>>().join(".");
    let text = path.as_str();
    if let Some(value) = scope.values.get(text) {
        return value.clone();
    }
    let is_inner =
        text.starts_with("flow.variables.") || text.contains(".inbound.Body") || text == "trigger.message.Body";
    if is_inner && scope.player.given(text).is_none() {
        return String::new();
    }
    if let Some((widget, _)) = text.split_once(".parsed.") {
        let of_widget = |it: &(&String, &String)| it.0.starts_with(&format!("{widget}.parsed."));
        let known: BTreeMap<String, String> =
            scope.values.iter().filter(of_widget).map(|(key, value)| (key.clone(), value.clone())).collect();
        if let Some(value) = value_named(&known, text) {
            return value.to_owned();
        }
    }
    match may_be_empty {
        true => scope.player.given(text).unwrap_or_default().to_owned(),
        false => scope.player.value(text),
    }
}

fn filtered(value: &str, filter: &str, arguments: &[String]) -> String {
    let argument = |n: usize| arguments.get(n).map(String::as_str).unwrap_or_default();
    let number = |text: &str| text.trim().parse::<f64>().unwrap_or_default();
    match filter {
        "upcase" => value.to_uppercase(),
        "downcase" => value.to_lowercase(),
        "capitalize" => {
            let mut letters = value.chars();
            letters.next().map(|it| it.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
        "strip" | "lstrip" | "rstrip" | "strip_newlines" => value.trim().to_owned(),
        "default" if !is_true(value) => argument(0).to_owned(),
        "append" => format!("{value}{}", argument(0)),
        "prepend" => format!("{}{value}", argument(0)),
        "replace" => value.replace(argument(0), argument(1)),
        "replace_first" => value.replacen(argument(0), argument(1), 1),
        "remove" => value.replace(argument(0), ""),
        "split" => value.split(argument(0)).collect::<Vec<_>>().join("\u{1f}"),
        "first" => value.split('\u{1f}').next().unwrap_or_default().to_owned(),
        "last" => value.rsplit('\u{1f}').next().unwrap_or_default().to_owned(),
        "join" => value.replace('\u{1f}', argument(0)),
        "size" => value.chars().count().to_string(),
        "plus" => (number(value) + number(argument(0))).to_string(),
        "minus" => (number(value) - number(argument(0))).to_string(),
        "times" => (number(value) * number(argument(0))).to_string(),
        "divided_by" => (number(value) / number(argument(0))).to_string(),
        "slice" => {
            let (from, length) = (number(argument(0)).max(0.0) as usize, number(argument(1)).max(1.0) as usize);
            value.chars().skip(from).take(length).collect()
        }
        "truncate" => value.chars().take(number(argument(0)).max(0.0) as usize).collect(),
        _ => value.to_owned(),
    }
}

/// Splits at a letter that stands outside of quotes.
fn quoted_split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut from, mut quote) = (Vec::new(), 0, None);
    for (place, letter) in text.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == at => {
                parts.push(&text[from..place]);
                from = place + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}
