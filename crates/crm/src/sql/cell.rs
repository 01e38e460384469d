//! Values of rows.

use std::borrow::Cow;

use jiff::Timestamp;
use model::ContactId;

use crate::sql::Type;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    None,
    Int(i64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
}

impl<'a> Cell<'a> {
    pub(super) fn fits(&self, column: Type) -> bool {
        match self {
            Self::None => true,
            Self::Int(_) => matches!(column, Type::Int | Type::Time),
            Self::Text(_) => column == Type::Text,
            Self::Bytes(_) => column == Type::Bytes,
        }
    }

    /// The text, or none where the cell is empty. The outer option is none if the cell holds something else.
    pub(crate) fn text(&self) -> Option<Option<&str>> {
        match self {
            Self::None => Some(None),
            Self::Text(text) => Some(Some(text)),
            Self::Int(_) | Self::Bytes(_) => None,
        }
    }

    /// See [`Cell::text`].
    pub(crate) fn int(&self) -> Option<Option<i64>> {
        match self {
            Self::None => Some(None),
            Self::Int(value) => Some(Some(*value)),
            Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    /// See [`Cell::text`].
    pub(crate) fn bytes(&self) -> Option<Option<&'a [u8]>> {
        match self {
            Self::None => Some(None),
            Self::Bytes(bytes) => Some(Some(*bytes)),
            Self::Text(_) | Self::Int(_) => None,
        }
    }

    /// A moment in microseconds; see [`Cell::text`].
    pub(crate) fn time(&self) -> Option<Option<Timestamp>> {
        match self.int()? {
            Some(micros) => Timestamp::from_microsecond(micros).ok().map(Some),
            None => Some(None),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Cow<'a, str>> for Cell<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Cell<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a ContactId> for Cell<'a> {
    fn from(id: &'a ContactId) -> Self {
        Self::Bytes(&id.0)
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Cell<'_> {
    fn from(value: u64) -> Self {
        // No count of rows comes near the limit.
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.as_microsecond())
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}
