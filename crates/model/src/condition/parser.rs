//! The grammar of conditions:
//!
//! ```text
//! either    = both { "or" both }
//! both      = one { "and" one }
//! one       = "not" one | "(" either ")" | "has_tag" "(" text ")" | value test
//! test      = sign value | "is" ["not"] "null" | ["not"] "in" "(" value { "," value } ")"
//!           | ["not"] "between" value "and" value | ["not"] "like" text
//! value     = column | text | number | "attribute" "(" text ")" | "days_ago" "(" number ")"
//! ```

use jiff::Timestamp;
use jiff::civil::Date;

use crate::condition::columns::{CONDITION_COLUMNS, ConditionKind};
use crate::condition::token::Token;
use crate::condition::{ConditionError, ConditionPart, MOST_DEPTH};

/// Reads all tokens as one condition.
pub(crate) fn parse(tokens: Vec<Token>) -> Result<Vec<ConditionPart>, ConditionError> {
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), parts: Vec::new(), depth: 0 };
    parser.either()?;
    match parser.tokens.next() {
        None => Ok(parser.parts),
        Some(token) => Err(missing("and or or", Some(&token))),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    parts: Vec<ConditionPart>,
    depth: usize,
}

/// One side of a comparison.
struct Value {
    shown: String,
    kind: ConditionKind,
    /// The column, if it is one.
    column: Option<&'static str>,
    /// The text, if it is one.
    text: Option<String>,
}

/// Words that SQL has and conditions do not, so that they are not taken for columns.
const OTHER_WORDS: [&str; 18] = [
    "select", "from", "where", "union", "exists", "case", "cast", "collate", "insert", "update", "delete", "drop",
    "with", "ilike", "glob", "regexp", "similar", "escape",
];
const SIGNS: [(&str, &str); 7] =
    [("=", "="), ("<>", "<>"), ("!=", "<>"), ("<=", "<="), (">=", ">="), ("<", "<"), (">", ">")];

impl Parser {
    fn either(&mut self) -> Result<(), ConditionError> {
        self.both()?;
        while self.word("or") {
            self.both()?;
        }
        Ok(())
    }

    fn both(&mut self) -> Result<(), ConditionError> {
        self.one()?;
        while self.word("and") {
            self.one()?;
        }
        Ok(())
    }

    fn one(&mut self) -> Result<(), ConditionError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(ConditionError::TooDeep);
        }
        if self.word("not") {
            self.one()?;
        } else if self.sign("(") {
            self.either()?;
            self.expect(")")?;
        } else if self.tokens.next_if(|it| matches!(it, Token::Word(word) if word == "has_tag")).is_some() {
            let tag = self.argument_text()?;
            self.parts.push(ConditionPart::HasTag(tag));
        } else {
            let left = self.value()?;
            self.test(&left)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn test(&mut self, left: &Value) -> Result<(), ConditionError> {
        if self.word("is") {
            self.word("not");
            return if self.word("null") { Ok(()) } else { Err(self.missing("null")) };
        }
        if let Some(sign) = self.comparison() {
            let right = self.value()?;
            return compared(left, &right, matches!(sign, "=" | "<>"));
        }
        self.word("not");
        if self.word("in") {
            self.expect("(")?;
            loop {
                let right = self.value()?;
                compared(left, &right, true)?;
                if !self.sign(",") {
                    return self.expect(")");
                }
            }
        }
        if self.word("between") {
            let first = self.value()?;
            compared(left, &first, false)?;
            if !self.word("and") {
                return Err(self.missing("and"));
            }
            let last = self.value()?;
            return compared(left, &last, false);
        }
        if self.tokens.next_if(|it| matches!(it, Token::Word(word) if word == "like")).is_some() {
            return self.like(left);
        }
        Err(self.missing("a comparison"))
    }

    fn like(&mut self, left: &Value) -> Result<(), ConditionError> {
        if left.kind == ConditionKind::Number {
            let with = ConditionKind::Text;
            return Err(ConditionError::Kinds { left: left.shown.clone(), is: left.kind, with });
        }
        match self.tokens.next() {
            Some(Token::Text(pattern)) => self.parts.push(ConditionPart::Like(pattern)),
            found => return Err(missing("a text", found.as_ref())),
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, ConditionError> {
        let token = self.tokens.next();
        let shown = token.as_ref().map(Token::shown).unwrap_or_default();
        let value = |kind| Value { shown, kind, column: None, text: None };
        match token {
            Some(Token::Text(text)) => {
                self.parts.push(ConditionPart::Text(text.clone()));
                Ok(Value { text: Some(text), ..value(ConditionKind::Text) })
            }
            Some(Token::Number(number)) => {
                self.parts.push(ConditionPart::Number(number));
                Ok(value(ConditionKind::Number))
            }
            Some(Token::Word(word)) => match word.as_str() {
                "attribute" => {
                    let name = self.argument_text()?;
                    self.parts.push(ConditionPart::Attribute(name));
                    Ok(value(ConditionKind::Text))
                }
                "days_ago" => {
                    let days = self.argument_days()?;
                    self.parts.push(ConditionPart::DaysAgo(days));
                    Ok(value(ConditionKind::Date))
                }
                name => {
                    let found = CONDITION_COLUMNS.iter().find(|it| it.name == name);
                    let column = found.ok_or_else(|| unknown(&word))?;
                    self.parts.push(ConditionPart::Word(column.name));
                    Ok(Value { column: Some(column.name), ..value(column.kind) })
                }
            },
            found => Err(missing("a column or a value", found.as_ref())),
        }
    }

    fn argument_text(&mut self) -> Result<String, ConditionError> {
        self.skip("(")?;
        match self.tokens.next() {
            Some(Token::Text(text)) => self.skip(")").map(|()| text),
            found => Err(missing("a text", found.as_ref())),
        }
    }

    fn argument_days(&mut self) -> Result<u32, ConditionError> {
        self.skip("(")?;
        match self.tokens.next() {
            Some(Token::Number(days)) => {
                let days = u32::try_from(days).ok().filter(|it| *it <= MOST_DAYS);
                let days = days.ok_or_else(|| ConditionError::TooLarge("the number of days_ago".to_owned()))?;
                self.skip(")").map(|()| days)
            }
            found => Err(missing("a number", found.as_ref())),
        }
    }

    /// Takes a keyword, if it is the next token.
    fn word(&mut self, keyword: &'static str) -> bool {
        let is_next = self.tokens.next_if(|it| matches!(it, Token::Word(word) if word == keyword)).is_some();
        if is_next {
            self.parts.push(ConditionPart::Word(keyword));
        }
        is_next
    }

    /// Takes a sign, if it is the next token.
    fn sign(&mut self, sign: &'static str) -> bool {
        let is_next = self.tokens.next_if(|it| *it == Token::Sign(sign)).is_some();
        if is_next {
            self.parts.push(ConditionPart::Word(sign));
        }
        is_next
    }

    fn comparison(&mut self) -> Option<&'static str> {
        let token = self.tokens.next_if(|it| matches!(it, Token::Sign(sign) if SIGNS.iter().any(|it| it.0 == *sign)));
        let sign = SIGNS.iter().find(|it| token == Some(Token::Sign(it.0)))?.1;
        self.parts.push(ConditionPart::Word(sign));
        Some(sign)
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), ConditionError> {
        if self.sign(sign) { Ok(()) } else { Err(self.missing(sign)) }
    }

    /// Takes a sign of a function, which is written anew.
    fn skip(&mut self, sign: &'static str) -> Result<(), ConditionError> {
        match self.tokens.next_if(|it| *it == Token::Sign(sign)) {
            Some(_) => Ok(()),
            None => Err(self.missing(sign)),
        }
    }

    fn missing(&mut self, expected: &'static str) -> ConditionError {
        missing(expected, self.tokens.peek())
    }
}

/// Limits `days_ago` to a hundred years.
const MOST_DAYS: u32 = 36_500;

fn missing(expected: &'static str, found: Option<&Token>) -> ConditionError {
    match found {
        Some(Token::Word(word)) if OTHER_WORDS.contains(&word.as_str()) => ConditionError::Keyword(word.clone()),
        _ => ConditionError::Missing { expected, found: found.map(Token::shown) },
    }
}

fn unknown(word: &str) -> ConditionError {
    let is_keyword =
        |it: &str| OTHER_WORDS.contains(&it) || ["and", "or", "in", "is", "like", "between", "null"].contains(&it);
    match is_keyword(word) {
        true => ConditionError::Keyword(word.to_owned()),
        false => ConditionError::Column { name: word.to_owned() },
    }
}

/// Fails if two values cannot be compared, or if their comparison is never true.
fn compared(left: &Value, right: &Value, is_equality: bool) -> Result<(), ConditionError> {
    fits(left, right, is_equality)?;
    fits(right, left, is_equality)?;
    let is_number = |it: &Value| it.kind == ConditionKind::Number;
    let is_column_of_dates = |it: &Value| it.kind == ConditionKind::Date;
    let is_literal = |it: &Value| it.text.is_some();
    let differ = is_number(left) != is_number(right)
        || (is_column_of_dates(left) != is_column_of_dates(right) && !is_literal(left) && !is_literal(right));
    match differ {
        true => Err(ConditionError::Kinds { left: left.shown.clone(), is: left.kind, with: right.kind }),
        false => Ok(()),
    }
}

/// Fails if a text can never be the value of a column.
fn fits(column: &Value, value: &Value, is_equality: bool) -> Result<(), ConditionError> {
    let (Some(name), Some(text)) = (column.column, &value.text) else { return Ok(()) };
    match column.kind {
        ConditionKind::Words(words) if !words.contains(&text.as_str()) => {
            Err(ConditionError::Word { column: name, value: text.clone(), words })
        }
        ConditionKind::Date => {
            let is_date = text.len() == DATE.len() && text.parse::<Date>().is_ok();
            let is_moment = text.len() == MOMENT.len() && text.ends_with('Z') && text.parse::<Timestamp>().is_ok();
            match (is_date, is_moment) {
                (true, _) if is_equality => Err(ConditionError::DateOnly(name)),
                (false, false) => Err(ConditionError::Date(text.clone())),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

const DATE: &str = "2026-01-31";
const MOMENT: &str = "2026-01-31T12:00:00Z";
