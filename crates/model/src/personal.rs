use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that belongs to a person: a name, a number, a message, a raw row.
///
/// `Debug` does not print the value, so it never reaches a log or a failed assertion. Code that uses the value must
/// name the field, which makes every use visible.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(pub T);

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<personal>")
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_reach_a_debug_print() {
        assert_eq!(format!("{:?}", Some(Personal("Ana"))), "Some(<personal>)");
    }
}
