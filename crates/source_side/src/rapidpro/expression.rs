//! Texts with expressions: `@contact.name`, `@(upper(results.city))`, and `@@` for an at sign.

use super::functions;
use super::scope::Scope;
use super::value::Val;

/// The names that an expression without brackets may begin with; after any other, `@` is an at sign.
const ROOTS: [&str; 17] = [
    "contact",
    "fields",
    "urns",
    "results",
    "input",
    "run",
    "child",
    "parent",
    "webhook",
    "node",
    "globals",
    "trigger",
    "resume",
    "locals",
    "legacy_extra",
    "ticket",
    "step",
];

/// Limits the depth of an expression.
const DEEPEST: usize = 60;

/// Fills in the expressions of a text.
pub(super) fn fill(text: &str, scope: &mut Scope<'_, '_>) -> String {
    pieces(text).into_iter().fold(String::new(), |filled, piece| match piece {
        Piece::Text(text) => filled + text,
        Piece::Expression(inside) => filled + &evaluate(inside, scope).text(),
    })
}

/// The value of a text that is one expression, else the text with its expressions filled in.
pub(super) fn value(text: &str, scope: &mut Scope<'_, '_>) -> Val {
    match pieces(text).as_slice() {
        [Piece::Expression(inside)] => evaluate(inside, scope),
        _ => Val::Text(fill(text, scope)),
    }
}

enum Piece<'a> {
    Text(&'a str),
    Expression(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(found) = text.get(at..).and_then(|it| it.find(['@', '<'])) {
        let sign = at + found;
        if text[sign..].starts_with('<') {
            // Code of Glific: what it computes is a value that the script may give.
            let length = text[sign..].strip_prefix("<%").and_then(|it| it.find("%>")).map(|it| it + 4);
            at = sign + length.unwrap_or(1);
            if length.is_some() {
                pieces.push(Piece::Text(&text[from..sign]));
                pieces.push(Piece::Expression(&text[sign..at]));
                from = at;
            }
            continue;
        }
        let rest = &text[sign + 1..];
        if rest.starts_with('@') {
            pieces.push(Piece::Text(&text[from..=sign]));
            from = sign + 2;
            at = from;
            continue;
        }
        let Some((inside, length)) = expression_at(rest) else {
            at = sign + 1;
            continue;
        };
        pieces.push(Piece::Text(&text[from..sign]));
        pieces.push(Piece::Expression(inside));
        from = sign + 1 + length;
        at = from;
    }
    pieces.push(Piece::Text(text.get(from..).unwrap_or_default()));
    pieces.retain(|it| !matches!(it, Piece::Text("")));
    pieces
}

/// The expression at the start of a text, without its brackets, and its length with them.
fn expression_at(rest: &str) -> Option<(&str, usize)> {
    if rest.starts_with('(') {
        let (mut depth, mut is_quoted) = (0usize, false);
        for (place, letter) in rest.char_indices() {
            match letter {
                '"' => is_quoted = !is_quoted,
                '(' if !is_quoted => depth += 1,
                ')' if !is_quoted => {
                    depth -= 1;
                    if depth == 0 {
                        return Some((&rest[1..place], place + 1));
                    }
                }
                _ => {}
            }
        }
        return None;
    }
    let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != '.').unwrap_or(rest.len());
    let path = rest[..end].trim_end_matches('.');
    let root = path.split('.').next().unwrap_or_default().to_lowercase();
    ROOTS.contains(&root.as_str()).then_some((path, path.len()))
}

fn evaluate(inside: &str, scope: &mut Scope<'_, '_>) -> Val {
    let mut parser = Parser { tokens: tokens(inside), at: 0, depth: 0 };
    match parser.comparison(scope) {
        Some(value) if parser.at == parser.tokens.len() => value,
        _ => scope.unknown(inside),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    Name(String),
    Sign(&'static str),
}

const SIGNS: [&str; 17] = ["!=", "<=", ">=", "=>", "<", ">", "=", "&", "+", "-", "*", "/", "^", "(", ")", "[", "]"];

fn tokens(text: &str) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let end = quoted_end(rest);
            tokens.push(Token::Text(unescaped(rest[..end].trim_matches('"'))));
            end
        } else if first.is_ascii_digit() {
            let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
            tokens.push(Token::Number(rest[..end].parse().unwrap_or_default()));
            end
        } else if first.is_alphabetic() || first == '_' {
            let is_inside = |it: char| it.is_alphanumeric() || it == '_' || it == '.';
            let end = rest.find(|it: char| !is_inside(it)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..end].to_lowercase()));
            end
        } else if let Some(sign) = SIGNS.iter().find(|it| rest.starts_with(**it)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            tokens.push(Token::Sign(if first == ',' {
                ","
            } else if first == '.' {
                "."
            } else {
                "?"
            }));
            first.len_utf8()
        };
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The end of the quoted text at the start.
fn quoted_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (place, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' if !is_escaped => is_escaped = true,
            '"' if !is_escaped => return place + 1,
            _ => is_escaped = false,
        }
    }
    text.len()
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"").replace("\\\\", "\\")
}

/// Evaluates while it reads.
struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) if signs.contains(sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn comparison(&mut self, scope: &mut Scope<'_, '_>) -> Option<Val> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.joined(scope)?;
        while let Some(sign) = self.sign(&["=", "!=", "<", "<=", ">", ">="]) {
            let right = self.joined(scope)?;
            left = compared(&left, sign, &right);
        }
        self.depth -= 1;
        Some(left)
    }

    fn joined(&mut self, scope: &mut Scope<'_, '_>) -> Option<Val> {
        let mut left = self.sum(scope)?;
        while self.sign(&["&"]).is_some() {
            left = Val::Text(left.text() + &self.sum(scope)?.text());
        }
        Some(left)
    }

    fn sum(&mut self, scope: &mut Scope<'_, '_>) -> Option<Val> {
        let mut left = self.product(scope)?;
        while let Some(sign) = self.sign(&["+", "-"]) {
            left = reckoned(&left, sign, &self.product(scope)?);
        }
        Some(left)
    }

    fn product(&mut self, scope: &mut Scope<'_, '_>) -> Option<Val> {
        let mut left = self.atom(scope)?;
        while let Some(sign) = self.sign(&["*", "/", "^"]) {
            left = reckoned(&left, sign, &self.atom(scope)?);
        }
        Some(left)
    }

    fn atom(&mut self, scope: &mut Scope<'_, '_>) -> Option<Val> {
        if self.sign(&["-"]).is_some() {
            self.depth += 1;
            if self.depth > DEEPEST {
                return None;
            }
            return Some(reckoned(&Val::Number(0.0), "-", &self.atom(scope)?));
        }
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        let value = match token {
            Token::Text(text) => Val::Text(text),
            Token::Number(number) => Val::Number(number),
            Token::Sign("(") => {
                let value = self.comparison(scope)?;
                self.sign(&[")"])?;
                value
            }
            Token::Name(name) if self.sign(&["("]).is_some() => {
                let arguments = self.arguments(scope)?;
                functions::call(&name, &arguments, scope)
            }
            Token::Name(name) => match name.as_str() {
                "true" => Val::Bool(true),
                "false" => Val::Bool(false),
                "null" => Val::Nil,
                path => scope.path(path),
            },
            Token::Sign(_) => return None,
        };
        self.looked_up(value, scope)
    }

    /// `value[key]` and `value.key`.
    fn looked_up(&mut self, mut value: Val, scope: &mut Scope<'_, '_>) -> Option<Val> {
        while self.sign(&["["]).is_some() {
            let key = self.comparison(scope)?.text();
            self.sign(&["]"])?;
            value = value.get(&key);
        }
        Some(value)
    }

    fn arguments(&mut self, scope: &mut Scope<'_, '_>) -> Option<Vec<Val>> {
        let mut arguments = Vec::new();
        if self.sign(&[")"]).is_some() {
            return Some(arguments);
        }
        loop {
            arguments.push(self.comparison(scope)?);
            if self.sign(&[","]).is_none() {
                break;
            }
        }
        self.sign(&[")"])?;
        Some(arguments)
    }
}

fn compared(left: &Val, sign: &str, right: &Val) -> Val {
    let order = match (left.number(), right.number()) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => Some(left.text().to_lowercase().cmp(&right.text().to_lowercase())),
    };
    let Some(order) = order else { return Val::Bool(false) };
    Val::Bool(match sign {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn reckoned(left: &Val, sign: &str, right: &Val) -> Val {
    let (Some(left), Some(right)) = (left.number(), right.number()) else {
        return Val::Error("not a number".to_owned());
    };
    match sign {
        "+" => Val::Number(left + right),
        "-" => Val::Number(left - right),
        "*" => Val::Number(left * right),
        "/" if right == 0.0 => Val::Error("division by zero".to_owned()),
        "/" => Val::Number(left / right),
        _ => Val::Number(left.powf(right)),
    }
}
