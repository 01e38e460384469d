use model::{RowId, RowName};
use smallvec::SmallVec;

use crate::merge::row_ranges::RowRange;
use crate::rules::Rules;

/// Limits the names that are kept to be used again. Fields and statements of most people come from fewer rows; a person
/// with a million statements would have a million names, and each is searched for.
const MOST_KEPT: usize = 16;

/// The names of a contact's rows, such as `sms:12`.
pub(super) struct RowNames<'a> {
    rules: &'a Rules,
    /// The name of all rows together. It is also the name of the row if there is only one.
    pub(super) rows: RowName,
    only: Option<RowId>,
    made: SmallVec<[(RowId, RowName); 2]>,
}

impl<'a> RowNames<'a> {
    /// `rows` must be sorted, and no range may begin where another ends.
    pub(super) fn new(rules: &'a Rules, rows: &[RowRange]) -> Self {
        let only = if let [only] = rows { only.only() } else { None };
        Self { rules, rows: text(rules, rows).into(), only, made: SmallVec::new() }
    }

    pub(super) fn of(&mut self, row: RowId) -> RowName {
        if self.only == Some(row) {
            return RowName::clone(&self.rows);
        }
        if let Some((_, name)) = self.made.iter().find(|it| it.0 == row) {
            return RowName::clone(name);
        }
        let name: RowName = text(self.rules, &[RowRange::of(row)]).into();
        if self.made.len() < MOST_KEPT {
            self.made.push((row, RowName::clone(&name)));
        }
        name
    }
}

/// `sms:1-3,9 viber:7`
fn text(rules: &Rules, rows: &[RowRange]) -> String {
    const USUAL_BYTES: usize = 32;
    let mut text = String::with_capacity(USUAL_BYTES);
    let mut digits = itoa::Buffer::new();
    let mut source = None;
    for range in rows {
        let separator = match source {
            None => "",
            Some(previous) if previous == range.source => ",",
            Some(_) => " ",
        };
        text.push_str(separator);
        if source != Some(range.source) {
            text.push_str(&rules.sources[usize::from(range.source)].name);
            text.push(':');
        }
        source = Some(range.source);
        text.push_str(digits.format(range.first));
        if range.last != range.first {
            text.push('-');
            text.push_str(digits.format(range.last));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rules;

    #[test]
    fn the_names_that_are_searched_do_not_grow_with_the_statements_of_a_person() {
        let rules = rules("");
        let rows: Vec<RowId> = (1..=1000).map(|record| RowId { source: 0, record }).collect();
        let mut names = RowNames::new(&rules, &[RowRange { source: 0, first: 1, last: 1000 }]);
        for row in &rows {
            assert_eq!(&*names.of(*row), format!("sms:{}", row.record));
        }
        assert_eq!(names.made.len(), MOST_KEPT);
    }
}
