//! The columns of a table.

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    /// An instant, in microseconds since 1970 in UTC.
    Moment,
    /// 0 or 1.
    Flag,
}

/// A column: its name, and the type of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Whether its texts are compressed.
    pub(crate) is_packed: bool,
}

impl Column {
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Text, is_packed: true }
    }

    pub fn int(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Int, is_packed: true }
    }

    pub fn moment(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Moment, is_packed: true }
    }

    pub fn flag(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Flag, is_packed: true }
    }

    /// Leaves the texts uncompressed: texts with little in common, such as ids, take time to compress and do not
    /// shrink.
    pub fn unpacked(self) -> Self {
        Self { is_packed: false, ..self }
    }
}
