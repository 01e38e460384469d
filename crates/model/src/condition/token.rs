//! Words, texts, numbers and signs of a condition.

use crate::condition::ConditionError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword, in lower case.
    Word(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
}

impl Token {
    /// The token as messages show it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => number.to_string(),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// The signs of a condition. A sign comes before those that it begins with.
const SIGNS: [&str; 10] = ["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Cuts a condition into tokens.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, ConditionError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => quoted(rest)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = rest.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
                (Token::Word(rest[..length].to_ascii_lowercase()), length)
            }
            '0'..='9' => number(rest)?,
            '-' if rest[1..].starts_with(|it: char| it.is_ascii_digit()) => number(rest)?,
            _ => match SIGNS.iter().find(|it| rest.starts_with(**it)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return Err(ConditionError::Sign(odd(rest))),
            },
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// The sign that cannot be there, with the second letter of a comment.
fn odd(rest: &str) -> String {
    let n_chars = if rest.starts_with("--") || rest.starts_with("/*") { 2 } else { 1 };
    rest.chars().take(n_chars).collect()
}

/// A text between apostrophes, in which two of them are one.
fn quoted(rest: &str) -> Result<(Token, usize), ConditionError> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\'' if letters.peek().is_some_and(|it| it.1 == '\'') => {
                letters.next();
                text.push('\'');
            }
            '\'' => return Ok((Token::Text(text), place + 1)),
            // PostgreSQL takes no NUL.
            '\0' => return Err(ConditionError::Sign("\\0".to_owned())),
            other => text.push(other),
        }
    }
    Err(ConditionError::OpenText)
}

fn number(rest: &str) -> Result<(Token, usize), ConditionError> {
    let is_digit = |it: &u8| it.is_ascii_digit();
    let n_sign = usize::from(rest.starts_with('-'));
    let length = n_sign + rest[n_sign..].bytes().take_while(is_digit).count();
    if rest[length..].starts_with(|it: char| it.is_alphanumeric() || it == '_' || it == '.') {
        return Err(ConditionError::Sign(rest[..length].to_owned() + &odd(&rest[length..])));
    }
    let number = rest[..length].parse().map_err(|_| ConditionError::TooLarge(rest[..length].to_owned()))?;
    Ok((Token::Number(number), length))
}
