//! Whether the answers of a batch are suspect because all of them are the same.

use model::Answer;

use crate::numbers::NumberState;
use crate::{Adapter, Check, CheckOptions, Verdict, examine};

/// A batch with this many new answers, all of them the same, is suspect: in a customer base some people are on WhatsApp
/// and some are not.
pub const SUSPECT_ANSWERS: usize = 20;

/// Returns the one answer of all contacts, unless the provider proves that it can tell numbers apart: it knows numbers
/// that are registered, or does not know test numbers that cannot be.
pub(crate) async fn doubt(
    adapter: &Adapter,
    checks: &[Check],
    states: &[NumberState],
    settled: &[usize],
    options: &CheckOptions,
) -> Option<Answer> {
    let answers = || settled.iter().filter_map(|it| states[*it].last()).map(|it| it.answer);
    let first = answers().next().filter(|it| it.is_conclusive())?;
    // An answer that repeats an earlier one is no surprise.
    let n_new = settled.iter().filter(|it| checks[**it].before != Some(first)).count();
    if n_new < SUSPECT_ANSWERS || answers().any(|it| it != first) {
        return None;
    }
    let is_proved = match first {
        Answer::NotRegistered if options.known_registered.is_empty() => false,
        _ => matches!(examine(adapter, &options.known_registered).await, Ok(Verdict::Informative)),
    };
    (!is_proved).then_some(first)
}
