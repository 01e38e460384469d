//! Values of expressions.

use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Val {
    #[default]
    Nil,
    Text(String),
    Number(f64),
    Bool(bool),
    Array(Vec<Val>),
    /// With the text that the whole stands for.
    Object(String, BTreeMap<String, Val>),
    Error(String),
}

impl Val {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Nil | Self::Error(_) => String::new(),
            Self::Text(text) | Self::Object(text, _) => text.clone(),
            Self::Number(number) => shown_number(*number),
            Self::Bool(it) => it.to_string(),
            Self::Array(values) => format!("[{}]", values.iter().map(Self::text).collect::<Vec<_>>().join(", ")),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            other => other.text().trim().parse().ok(),
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nil | Self::Error(_) => false,
            Self::Bool(it) => *it,
            Self::Number(number) => *number != 0.0,
            Self::Array(values) => !values.is_empty(),
            other => !other.text().is_empty() && other.text().to_lowercase() != "false",
        }
    }

    pub(super) fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    pub(super) fn get(&self, key: &str) -> Self {
        match self {
            Self::Object(_, values) => values.get(&key.to_lowercase()).cloned().unwrap_or_default(),
            Self::Array(values) => match key.parse::<i64>() {
                Ok(at) if at < 0 => values.iter().rev().nth((-at - 1) as usize).cloned().unwrap_or_default(),
                Ok(at) => values.get(at as usize).cloned().unwrap_or_default(),
                Err(_) => Self::Nil,
            },
            _ => Self::Nil,
        }
    }
}

/// A number as it is printed: no zeros at the end.
fn shown_number(number: f64) -> String {
    let text = format!("{:.9}", number);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}
