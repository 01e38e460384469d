//! Text of the quality of a list.

use model::{grouped, share};
use run::ListFinding;

/// `12.5 % of the phone numbers are invalid`
pub fn finding(finding: &ListFinding) -> String {
    match finding {
        ListFinding::InvalidNumbers { n_invalid, n_numbers } => {
            format!("{} of the phone numbers are invalid", percent(share(*n_invalid, *n_numbers)))
        }
        ListFinding::InvalidGroup { group, n_invalid, n_numbers } => {
            let rate = percent(share(*n_invalid, *n_numbers));
            format!("{group}: {rate} of {} numbers are invalid", grouped(*n_numbers))
        }
        ListFinding::NumbersInSequence { n_in_sequence, n_numbers } => format!(
            "{} of the numbers are in sequences of eight or more, as if they had been generated and not collected",
            percent(share(*n_in_sequence, *n_numbers))
        ),
        ListFinding::NumbersAlone => "no names, no dates and no consent: the list may have been bought".to_owned(),
    }
}

pub(crate) fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}
