use std::ops::AddAssign;

use phone::Region;
use serde::{Deserialize, Serialize};

use super::cell::{Cell, Day};
use super::fold::clean_ends;
use super::iso::year_first;
use super::order::DateOrder;
use super::scan::scan;

/// Counts what the cells of a column tell about the order of day and month. The order of the cells does not matter, and
/// the counts of parts add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEvidence {
    /// Cells such as `18/03/2025`, which are dates only if the day comes first.
    pub day_first: u64,
    /// Cells such as `03/18/2025`, which are dates only if the month comes first.
    pub month_first: u64,
    /// Cells such as `03/04/2025`, which are dates in both orders.
    pub ambiguous: u64,
    /// Cells that are dates in at least one order, including those above.
    pub dates: u64,
    /// Cells that are neither empty nor a date.
    pub unreadable: u64,
}

/// The order of a column, from its evidence and its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgedOrder {
    /// The order; none if no date of the column depends on it.
    Order(Option<DateOrder>),
    /// Some dates put the day first and others the month.
    Mixed,
    /// Nothing decides the order.
    Ask,
}

impl DateEvidence {
    /// Counts one cell.
    pub fn add(&mut self, cell: &str) {
        let text = clean_ends(cell);
        let cell = if year_first(text).is_some() { None } else { Some(scan(text)) };
        let day = match cell {
            Some(Cell::Nothing) => return,
            Some(Cell::Unreadable) => {
                self.unreadable += 1;
                return;
            }
            Some(Cell::Written(written)) => Some(written.day),
            Some(Cell::Instant(_)) | None => None,
        };
        self.dates += 1;
        let Some(day @ Day::Pair { .. }) = day else { return };
        let [day_first, month_first] = [DateOrder::DayFirst, DateOrder::MonthFirst].map(|it| day.date(Some(it)));
        match (day_first, month_first) {
            (Some(one), Some(other)) => self.ambiguous += u64::from(one != other),
            (Some(_), None) => self.day_first += 1,
            (None, Some(_)) => self.month_first += 1,
            (None, None) => {
                self.dates -= 1;
                self.unreadable += 1;
            }
        }
    }

    /// The order of the column. The region decides only if the cells do not.
    pub fn judge(&self, region: Option<Region>) -> JudgedOrder {
        match (self.day_first, self.month_first, self.ambiguous) {
            (0, 0, 0) => JudgedOrder::Order(None),
            (0, 0, _) => region.map_or(JudgedOrder::Ask, |it| JudgedOrder::Order(Some(DateOrder::of(it)))),
            (_, 0, _) => JudgedOrder::Order(Some(DateOrder::DayFirst)),
            (0, _, _) => JudgedOrder::Order(Some(DateOrder::MonthFirst)),
            _ => JudgedOrder::Mixed,
        }
    }
}

impl AddAssign for DateEvidence {
    fn add_assign(&mut self, other: Self) {
        self.day_first += other.day_first;
        self.month_first += other.month_first;
        self.ambiguous += other.ambiguous;
        self.dates += other.dates;
        self.unreadable += other.unreadable;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(cells: &[&str], region: &str) -> JudgedOrder {
        let mut evidence = DateEvidence::default();
        cells.iter().for_each(|it| evidence.add(it));
        evidence.judge(Region::from_code(region))
    }

    #[test]
    fn one_date_that_has_one_reading_decides_for_its_column() {
        let [day_first, month_first] =
            [DateOrder::DayFirst, DateOrder::MonthFirst].map(|it| JudgedOrder::Order(Some(it)));
        assert_eq!(judged(&["03/04/2025", "18/03/2025"], "US"), day_first);
        assert_eq!(judged(&["03/04/2025", "03/18/2025 10:20 PM"], "FR"), month_first);
        assert_eq!(judged(&["3-4-25", "18-3-25"], ""), day_first);
    }

    #[test]
    fn a_column_with_both_orders_is_mixed_in_every_region() {
        for region in ["US", "FR", ""] {
            assert_eq!(judged(&["18/03/2025", "03/18/2025"], region), JudgedOrder::Mixed);
        }
    }

    #[test]
    fn the_region_decides_where_the_cells_do_not() {
        for (region, judgement) in [
            ("US", JudgedOrder::Order(Some(DateOrder::MonthFirst))),
            ("PH", JudgedOrder::Order(Some(DateOrder::MonthFirst))),
            ("FR", JudgedOrder::Order(Some(DateOrder::DayFirst))),
            ("GB", JudgedOrder::Order(Some(DateOrder::DayFirst))),
            ("", JudgedOrder::Ask),
        ] {
            assert_eq!(judged(&["03/04/2025", "n/a", "soon"], region), judgement, "{region}");
        }
    }

    #[test]
    fn a_column_that_does_not_depend_on_the_order_needs_none() {
        let cells = [
            "",
            "n/a",
            "2025-03-04",
            "2025/03/04",
            "03.04.2025",
            "4 March 2025",
            "05/05/2025",
            "45734",
            "1742293230",
            "20250304",
            "99/99/2025",
            "soon",
        ];
        assert_eq!(judged(&cells, ""), JudgedOrder::Order(None));
    }

    #[test]
    fn every_cell_is_counted_once_as_a_date_or_as_unreadable() {
        let mut evidence = DateEvidence::default();
        let cells = [
            "18/03/2025",
            "03/18/2025",
            "03/04/2025",
            "05/05/2025",
            "2025-03-04",
            "31/02/2025",
            "soon",
            "",
            "0000-00-00",
        ];
        cells.iter().for_each(|it| evidence.add(it));
        let right = DateEvidence { day_first: 1, month_first: 1, ambiguous: 1, dates: 5, unreadable: 2 };
        assert_eq!(evidence, right);
    }
}
