//! The columns of a table.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
}

/// A column by its name.
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

    /// Leaves its texts uncompressed: texts that share little, such as ids, take time to compress and get no smaller.
    pub fn unpacked(self) -> Self {
        Self { is_packed: false, ..self }
    }
}
