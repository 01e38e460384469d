//! Reads what a row says about consent.

use std::borrow::Cow;

use ::consent::{Meaning, kept_words, may_be_cut};
use model::{Basis, ConsentChannel, ConsentState, RawContact, RowFinding, RowFindings};
use serde::{Deserialize, Serialize};

use crate::quality::unreadable::{ReadField, UnreadValues};
use crate::rules::Rules;
use crate::rules::date::{DateForm, DateOrder, ReadDate, read_date};
use crate::rules::row_date::{RowDates, When};
use crate::source::Source;

/// One statement of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RowStatement<'a> {
    pub(crate) channel: ConsentChannel,
    pub(crate) basis: Basis,
    #[serde(borrow)]
    pub(crate) words: Cow<'a, str>,
    pub(crate) at: Option<When>,
    pub(crate) state: ConsentState,
}

impl RowStatement<'_> {
    /// The statement with words of its own.
    pub(crate) fn into_owned(self) -> RowStatement<'static> {
        RowStatement { words: Cow::Owned(self.words.into_owned()), ..self }
    }
}

/// All statements of a row. `row_at` is the date of the row, which dates consent only in logs and opt-out lists.
pub(crate) fn statements<'a>(
    rules: &Rules,
    source: &Source,
    raw: &RawContact<'a>,
    row_at: Option<When>,
    findings: &mut RowFindings,
    unread: &mut UnreadValues,
) -> Vec<RowStatement<'a>> {
    let mut found = Vec::new();
    if raw.consents.is_empty() && raw.opt_outs.is_empty() && raw.message.is_empty() && raw.event.is_none() {
        return found;
    }
    let of_row = ConsentChannel::from(raw.channel.unwrap_or(source.channel));
    let of_cells = raw.consent_channel.unwrap_or(of_row);
    let at = consent_date(rules, source, raw, row_at, findings, unread);
    let mut add = |channel, basis, words: &'a str, at, meaning: Meaning| {
        let Some(state) = meaning.state() else { return };
        if basis != Basis::Event && basis != Basis::List {
            match state {
                ConsentState::Unclear => unread.unread(ReadField::Consent, words),
                _ => unread.read(ReadField::Consent),
            }
        }
        if state == ConsentState::Unclear {
            findings.add(RowFinding::Consent);
        }
        found.push(RowStatement { channel, basis, words: Cow::Borrowed(kept_words(words)), at, state });
    };
    for cell in &raw.consents {
        add(of_cells, Basis::Cell, cell, at, rules.words.cell(cell));
    }
    let opt_out_at = if raw.consent_at_dates_opt_outs { at } else { row_at.filter(|_| raw.dates_consent) };
    let mut has_bad_date = false;
    for cell in &raw.opt_outs {
        let OptOut { at, meaning, is_out_of_range } =
            opt_out(rules, source, (cell, raw.opt_outs_are_dates), opt_out_at);
        has_bad_date |= is_out_of_range;
        add(of_cells, Basis::OptOut, cell, at, meaning);
    }
    if !raw.message.is_empty() {
        add(of_row, Basis::Message, raw.message, row_at, rules.words.message(raw.message));
    }
    if let Some(event) = raw.event {
        let channel = if event.basis == Basis::List { of_cells } else { of_row };
        let at = if event.is_implied { None } else { at };
        add(channel, event.basis, event.words, at, Meaning::of(event.state));
    }
    if has_bad_date {
        findings.add(RowFinding::DateRange);
    }
    found
}

/// The date of a consent: that of its own column, else in a log or an opt-out list the date of the row.
fn consent_date(
    rules: &Rules,
    source: &Source,
    raw: &RawContact,
    row_at: Option<When>,
    findings: &mut RowFindings,
    unread: &mut UnreadValues,
) -> Option<When> {
    let mut dates = RowDates { rules, findings, unread };
    let own = dates.read_filled(raw.consent_at, &source.dates.consent_at, rules.dates_from);
    own.unwrap_or_else(|| row_at.filter(|_| raw.dates_consent))
}

/// What a cell of a column of refusals says. A date that decides nothing leaves an undated refusal.
struct OptOut {
    at: Option<When>,
    meaning: Meaning,
    is_out_of_range: bool,
}

/// Reads a cell of a column of refusals: the date of the refusal, or a flag.
fn opt_out(rules: &Rules, source: &Source, (cell, is_of_dates): (&str, bool), at: Option<When>) -> OptOut {
    if !is_flag(cell)
        && let ReadDate::At(moment) = read_date(cell, &source.dates.opt_out)
    {
        let when = (moment.at.as_microsecond(), moment.until.as_microsecond());
        let is_out_of_range = !rules.can_decide(when);
        return OptOut { at: (!is_out_of_range).then_some(when), meaning: Meaning::Stop, is_out_of_range };
    }
    let meaning = match says_no_date(cell, is_of_dates) {
        true => Meaning::Nothing,
        false => rules.words.refusal_cell(cell),
    };
    OptOut { at, meaning, is_out_of_range: false }
}

/// Whether a cell says that there is no date of a refusal, so that nothing was refused: the zero of a database, such as
/// `0000-00-00`, or "never" in a column of dates. In a column of flags, "never" can mean a refusal.
fn says_no_date(cell: &str, is_of_dates: bool) -> bool {
    /// "Never" in the languages of columns of dates, without upper case.
    #[rustfmt::skip]
    const NEVER: [&str; 14] = [
        "never", "jamais", "nunca", "mai", "nie", "niemals", "nooit", "nigdy", "никогда", "ніколи", "никога", "никада", "ποτέ", "asla",
    ];
    let is_zero = || matches!(read_date(cell, &DateForm::default()), ReadDate::Nothing);
    match cell.contains(|it: char| it.is_ascii_digit()) {
        true => !is_flag(cell) && is_zero(),
        false => is_of_dates && NEVER.contains(&cell.trim().to_lowercase().as_str()),
    }
}

/// Reads the recorded words of a statement again by these words of consent. None if the statement has no words of the
/// person, or if they may have been cut. A date in a column of refusals is a refusal, in whatever form it is written.
pub fn read_again(words: &::consent::Words, basis: Basis, text: &str) -> Option<Meaning> {
    match basis {
        _ if may_be_cut(text) => None,
        Basis::Cell => Some(words.cell(text)),
        Basis::Message => Some(words.message(text)),
        Basis::OptOut if is_date(text) => Some(Meaning::Stop),
        Basis::OptOut => Some(words.refusal_cell(text)),
        Basis::Event
        | Basis::List
        | Basis::Unreadable
        | Basis::Record
        | Basis::Inbound
        | Basis::Platform
        | Basis::Review => None,
    }
}

fn is_date(text: &str) -> bool {
    let is_read_in = |order| {
        let form = DateForm { order: Some(order), ..DateForm::default() };
        matches!(read_date(text, &form), ReadDate::At(_))
    };
    !is_flag(text) && (is_read_in(DateOrder::DayFirst) || is_read_in(DateOrder::MonthFirst))
}

/// Numbers of up to five digits are flags and not dates, although spreadsheets write dates as numbers too.
fn is_flag(cell: &str) -> bool {
    cell.trim().len() < 6 && !cell.contains(['/', '-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rules;

    /// What a cell of a column of refusals says.
    fn said(cell: &str, is_of_dates: bool) -> Meaning {
        let rules = rules("FR");
        opt_out(&rules, &rules.sources[0], (cell, is_of_dates), None).meaning
    }

    #[test]
    fn a_zero_date_is_no_refusal() {
        for cell in [
            "0000-00-00",
            "0000-00-00 00:00:00",
            "00/00/0000",
            "0001-01-01T00:00:00Z",
            "1900-01-00",
            "01/01/0001 00:00:00",
        ] {
            assert_eq!([said(cell, true), said(cell, false)], [Meaning::Nothing; 2], "{cell}");
        }
        for cell in ["2026-03-04", "04/03/2026 10:00", "1772618400"] {
            assert_eq!(said(cell, true), Meaning::Stop, "{cell}");
        }
    }

    #[test]
    fn never_is_no_refusal_in_a_column_of_dates_and_can_be_one_in_a_column_of_flags() {
        for cell in ["never", "Never", " jamais ", "NUNCA", "никогда"] {
            assert_eq!(said(cell, true), Meaning::Nothing, "{cell}");
            assert_ne!(said(cell, false), Meaning::Nothing, "{cell}");
        }
        for cell in ["soon", "never again", "STOP"] {
            assert_ne!(said(cell, true), Meaning::Nothing, "{cell}");
        }
    }
}
