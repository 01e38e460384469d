//! Cuts messages into words, signs and values.

use super::values::{ValueKind, value_at};
use super::words::{Kind, fold};

/// Comes before the letter of a value; no message contains it.
const MARK: char = '\u{1}';
/// Separates the tokens of a written message; no message contains it.
const SEPARATOR: char = '\u{2}';

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    /// The word of the message; empty for a value of a masked message.
    pub(super) text: &'t str,
    /// Whether a blank comes before it.
    pub(super) is_spaced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TokenKind {
    Word,
    /// A sign that is no letter, such as a comma.
    Sign,
    Break,
    Value(ValueKind),
}

impl Token<'_> {
    pub(super) fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    pub(super) fn is_capital(&self) -> bool {
        self.is_word() && self.text.starts_with(char::is_uppercase)
    }

    /// Whether its script has capital letters.
    pub(super) fn has_case(&self) -> bool {
        self.text.contains(|it: char| it.is_lowercase() || it.is_uppercase())
    }
}

/// The tokens of a message, with its values by their shape.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let folded = fold(text);
    let speaks_of_code = folded.split(|it: char| !it.is_alphanumeric()).any(|it| Kind::Code.has(it))
        || folded.split_whitespace().any(|it| Kind::Code.has(it.trim_matches(|it: char| it.is_ascii_punctuation())));
    let mut tokens = Vec::new();
    let (mut at, mut is_spaced) = (0, false);
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() || first.is_control() {
            if first == '\n' {
                tokens.push(Token { kind: TokenKind::Break, text: "\n", is_spaced: false });
            }
            is_spaced = first != '\n';
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (kind, length) = match token_at(rest, speaks_of_code) {
            (TokenKind::Value(ValueKind::Number | ValueKind::Secret), length)
                if is_spaced && follows_currency(&tokens) =>
            {
                (TokenKind::Value(ValueKind::Amount), length)
            }
            other => other,
        };
        tokens.push(Token { kind, text: &rest[..length], is_spaced });
        (at, is_spaced) = (at + length, false);
    }
    tokens
}

/// Whether the last word is a currency, as in “R$ 89,90”: it stays text, and the number is an amount.
fn follows_currency(tokens: &[Token<'_>]) -> bool {
    tokens.last().is_some_and(|it| it.text.chars().nth(1).is_some() && Kind::Currency.has(&fold(it.text)))
}

/// Whether this is a currency of letters and a sign, such as `R$` and `Rs.`.
fn is_signed_currency(chunk: &str) -> bool {
    let has = |is: fn(char) -> bool| chunk.contains(is);
    has(char::is_alphabetic)
        && !has(char::is_numeric)
        && has(|it| matches!(it, '$' | '.' | '/'))
        && Kind::Currency.has(&fold(chunk))
}

fn token_at(rest: &str, speaks_of_code: bool) -> (TokenKind, usize) {
    let chunk = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
    let word = word_length(chunk);
    if is_signed_currency(chunk) {
        return (TokenKind::Sign, chunk.len());
    }
    if may_be_value(chunk, &rest[..word])
        && let Some((kind, length)) = value_at(rest, speaks_of_code)
    {
        return (TokenKind::Value(kind), length);
    }
    match word {
        0 => (TokenKind::Sign, rest.chars().next().map_or(1, char::len_utf8)),
        word => (TokenKind::Word, word),
    }
}

/// Whether it is worth the time to look for a value.
fn may_be_value(chunk: &str, word: &str) -> bool {
    let has_sign = chunk.contains(|it: char| it.is_numeric() || matches!(it, '@' | '/'));
    let starts = chunk.starts_with(|it: char| "+-–(€$£₹₽¥₺₫₴₦₱฿".contains(it));
    has_sign || starts || chunk.starts_with("www.") || {
        let folded = fold(word);
        [Kind::Month, Kind::Weekday, Kind::Currency].iter().any(|it| it.has(&folded)) || chunk.starts_with("R$")
    }
}

/// The length of the word that a text begins with: letters, with hyphens and apostrophes between them.
fn word_length(chunk: &str) -> usize {
    let is_letter = |it: char| it.is_alphabetic() || it == '_' || is_mark(it);
    let mut end = 0;
    let mut characters = chunk.char_indices().peekable();
    while let Some((n, it)) = characters.next() {
        let next_is_letter = characters.peek().is_some_and(|it| is_letter(it.1));
        match it {
            it if is_letter(it) => end = n + it.len_utf8(),
            '-' | '\'' | '’' | '‑' if n > 0 && next_is_letter => {}
            _ => break,
        }
    }
    end
}

/// Signs within words: vowels of Indic scripts, accents, joiners.
fn is_mark(it: char) -> bool {
    matches!(it as u32, 0x0300..=0x036F | 0x064B..=0x0655 | 0x0900..=0x0963 | 0x0981..=0x0DFF | 0x0E31..=0x0E4E | 0x200C..=0x200D)
}

/// Writes a message with its values masked. The values are written apart.
pub(super) fn masked(tokens: &[Token<'_>]) -> (String, Vec<String>) {
    let (mut text, mut values) = (String::new(), Vec::new());
    for token in tokens {
        if !text.is_empty() {
            text.push(SEPARATOR);
        }
        if token.is_spaced {
            text.push(' ');
        }
        match token.kind {
            TokenKind::Value(kind) => {
                text.extend([MARK, kind.letter()]);
                values.push(token.text.to_owned());
            }
            _ => text.push_str(token.text),
        }
    }
    (text, values)
}

/// The tokens of a masked message.
pub(super) fn unmasked(masked: &str) -> Vec<Token<'_>> {
    let pieces = masked.split(SEPARATOR).filter(|it| !it.is_empty());
    pieces
        .map(|piece| {
            let (is_spaced, text) = piece.strip_prefix(' ').map_or((false, piece), |it| (true, it));
            let kind = match text.strip_prefix(MARK).and_then(|it| ValueKind::of_letter(it.chars().next()?)) {
                Some(kind) => TokenKind::Value(kind),
                None if text == "\n" => TokenKind::Break,
                None if word_length(text) == text.len() => TokenKind::Word,
                None => TokenKind::Sign,
            };
            let text = if matches!(kind, TokenKind::Value(_)) { "" } else { text };
            Token { kind, text, is_spaced }
        })
        .collect()
}
