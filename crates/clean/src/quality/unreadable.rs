//! Counts the values that were not understood, and keeps the commonest.

use std::collections::BTreeMap;

use twox_hash::XxHash64;

/// A field whose values can be unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadField {
    Consent,
    Date,
    Region,
    Language,
    Email,
    /// Unreadable means that the name was read in a wrong encoding.
    Name,
}

/// The most distinct values of a field that are kept, so that memory is bounded. Those with the smallest hashes are
/// kept, because then the result does not depend on the order of the rows.
const MOST_VALUES: usize = 4096;

/// The values of one source that were not understood, by field. Parts add up to the whole, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadValues {
    /// In the order of [`ReadField::ALL`].
    fields: [FieldValues; ReadField::ALL.len()],
}

/// The values of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldValues {
    /// Cells with a value.
    pub filled: u64,
    /// Cells with a value that is not understood.
    pub unread: u64,
    /// The values with their hashes, and the count of each.
    values: BTreeMap<(u64, String), u64>,
    /// Values with this hash or a greater one are not kept.
    limit: Option<u64>,
}

impl ReadField {
    pub const ALL: [Self; 6] = [Self::Consent, Self::Date, Self::Region, Self::Language, Self::Email, Self::Name];

    /// The name in plans, files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Date => "date",
            Self::Region => "region",
            Self::Language => "language",
            Self::Email => "email",
            Self::Name => "name",
        }
    }
}

impl UnreadValues {
    /// Counts a value that is understood.
    pub(crate) fn read(&mut self, field: ReadField) {
        self.fields[field as usize].filled += 1;
    }

    /// Counts a value that is not understood.
    pub(crate) fn unread(&mut self, field: ReadField, cell: &str) {
        let values = &mut self.fields[field as usize];
        values.filled += 1;
        values.unread += 1;
        values.add(cell.split_whitespace().collect::<Vec<_>>().join(" "), 1);
    }

    /// The fields with at least one value.
    pub fn fields(&self) -> impl Iterator<Item = (ReadField, &FieldValues)> {
        ReadField::ALL.into_iter().zip(&self.fields).filter(|it| it.1.filled > 0)
    }
}

impl std::ops::AddAssign for UnreadValues {
    fn add_assign(&mut self, other: Self) {
        for (values, others) in self.fields.iter_mut().zip(other.fields) {
            *values += others;
        }
    }
}

impl FieldValues {
    /// The values that were not understood with their counts, the commonest first.
    pub fn commonest(&self) -> Vec<(&str, u64)> {
        let mut values: Vec<(&str, u64)> = self.values.iter().map(|((_, value), n)| (value.as_str(), *n)).collect();
        values.sort_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
        values
    }

    /// The share of values that were not understood, from 0 to 1.
    pub fn share(&self) -> f64 {
        if self.filled == 0 { 0.0 } else { self.unread as f64 / self.filled as f64 }
    }

    fn add(&mut self, value: String, n: u64) {
        let hash = XxHash64::oneshot(0, value.as_bytes());
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        *self.values.entry((hash, value)).or_default() += n;
        if self.values.len() > MOST_VALUES
            && let Some(((hash, _), _)) = self.values.pop_last()
        {
            self.cut(hash);
        }
    }

    fn cut(&mut self, limit: u64) {
        self.limit = Some(self.limit.map_or(limit, |it| it.min(limit)));
        while self.values.last_key_value().is_some_and(|it| it.0.0 >= limit) {
            self.values.pop_last();
        }
    }
}

impl std::ops::AddAssign for FieldValues {
    fn add_assign(&mut self, other: Self) {
        self.filled += other.filled;
        self.unread += other.unread;
        if let Some(limit) = other.limit {
            self.cut(limit);
        }
        for ((_, value), n) in other.values {
            self.add(value, n);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(cells: &[u16]) -> FieldValues {
        let mut values = FieldValues::default();
        cells.iter().for_each(|it| values.add(format!("word {it}"), 1));
        values
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn neither_the_order_nor_the_parts_change_which_values_are_kept(
            (cells, shuffled, at) in prop::collection::vec(0..12_000_u16, 6_000..9_000).prop_flat_map(|cells| {
                let n = cells.len();
                (Just(cells.clone()), Just(cells).prop_shuffle(), 0..n)
            })
        ) {
            let mut parts = counted(&shuffled[..at]);
            parts += counted(&shuffled[at..]);
            prop_assert_eq!(parts, counted(&cells));
        }
    }

    #[test]
    fn the_commonest_value_comes_first() {
        let mut values = UnreadValues::default();
        ["soon", "later", "soon"].iter().for_each(|it| values.unread(ReadField::Date, it));
        values.read(ReadField::Date);
        let (_, dates) = values.fields().next().unwrap();
        assert_eq!((dates.commonest(), dates.share()), (vec![("soon", 2), ("later", 1)], 0.75));
    }
}
