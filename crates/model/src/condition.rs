//! Conditions of segments: the part of SQL that means the same on SQLite and PostgreSQL.
//!
//! A condition is parsed here and written anew for a database by `crm`, with its texts as parameters. So nothing that is not
//! in this grammar reaches a database: no second statement, no comment, no subquery, no function with an effect.

mod columns;
mod parser;
mod token;

use thiserror::Error;

pub use columns::{CONDITION_COLUMNS, ConditionColumn, ConditionKind};

/// A condition about people, such as `messages > 5 and region = 'FR' and last_inbound_at < '2026-01-01'`.
///
/// [`Condition::parse`] is the only way in, so holding one proves that it has one expression, known columns, and values
/// that fit to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    parts: Vec<ConditionPart>,
}

/// A part of a condition, in the order of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionPart {
    /// A keyword, a sign or a column.
    Word(&'static str),
    Text(String),
    Number(i64),
    /// `like` with a pattern, of which only `%` and `_` have a meaning. Upper and lower case differ.
    Like(String),
    /// The value of an attribute.
    Attribute(String),
    /// Whether a person has a tag.
    HasTag(String),
    /// The moment of so many days before now.
    DaysAgo(u32),
}

/// The reason why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConditionError {
    #[error("`{0}` cannot be in a condition: it is one SQL expression, without `;`, comments and double quotes")]
    Sign(String),
    #[error("a text has no end: close it with '")]
    OpenText,
    #[error("unknown column `{name}`, expected one of {}", quoted(&names()))]
    Column { name: String },
    #[error("a condition cannot use `{0}`: compare columns with values, and connect them by and, or, not")]
    Keyword(String),
    #[error("{expected} is missing {}", before(found))]
    Missing { expected: &'static str, found: Option<String> },
    #[error("`{left}` is {}, and is compared with {}", .is.article(), .with.article())]
    Kinds { left: String, is: ConditionKind, with: ConditionKind },
    #[error("`{column}` is never '{value}': it is one of {}", quoted(words))]
    Word { column: &'static str, value: String, words: &'static [&'static str] },
    #[error("'{0}' is no date: write it as '2026-01-31' or '2026-01-31T12:00:00Z', or as days_ago(90)")]
    Date(String),
    #[error("a date is not equal to a time: compare `{0}` by <, >= or between, or write the time too")]
    DateOnly(&'static str),
    #[error("{0} is too large")]
    TooLarge(String),
    #[error("a condition has at most {MOST_DEPTH} brackets within each other")]
    TooDeep,
    #[error("a condition has at most {MOST_TOKENS} words and signs")]
    TooLong,
}

/// Limits brackets and `not`s within each other, so that neither we nor a database runs out of stack.
const MOST_DEPTH: usize = 50;

/// Limits the words and signs: a statement of SQLite has at most 32,766 parameters.
const MOST_TOKENS: usize = 10_000;

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let tokens = token::tokens(text)?;
        match tokens.len() <= MOST_TOKENS {
            true => Ok(Self { parts: parser::parse(tokens)? }),
            false => Err(ConditionError::TooLong),
        }
    }

    pub fn parts(&self) -> &[ConditionPart] {
        &self.parts
    }

    /// Lists the attributes that the condition names.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|it| match it {
            ConditionPart::Attribute(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

fn names() -> Vec<&'static str> {
    CONDITION_COLUMNS.iter().map(|it| it.name).collect()
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

fn before(found: &Option<String>) -> String {
    found.as_ref().map_or("at the end".to_owned(), |it| format!("before `{it}`"))
}

#[cfg(test)]
mod tests;
