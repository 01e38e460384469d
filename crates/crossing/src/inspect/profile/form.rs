//! Masks values: the form of a value shows how it is written, and not what it says.

use clean::{DateOrder, JudgedOrder};

/// Limits the characters of a form.
const MOST_CHARS: usize = 30;
/// Limits the characters of a value that are looked at.
const MOST_READ: usize = 200;

/// Writes the form of a value to `form`: each digit becomes `9`, each word `x`, white space one
/// space, and all other characters stay.
pub(super) fn write_form(value: &str, form: &mut String) {
    form.clear();
    let (mut n_shown, mut is_in_word) = (0, false);
    for (n, letter) in value.chars().enumerate() {
        let shown = match letter {
            _ if letter.is_numeric() => '9',
            _ if letter.is_alphabetic() => 'x',
            _ if letter.is_whitespace() => ' ',
            _ => letter,
        };
        // Combining marks belong to the word before them.
        let is_mark = is_in_word && shown == letter && !letter.is_ascii() && !is_apostrophe(letter);
        let is_repeated = shown == 'x' && is_in_word || shown == ' ' && form.ends_with(' ');
        if n < MOST_READ && (is_repeated || is_mark) {
            continue;
        }
        if n >= MOST_READ || n_shown == MOST_CHARS {
            form.push('…');
            return;
        }
        is_in_word = shown == 'x';
        n_shown += 1;
        form.push(shown);
    }
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '’' | '‘' | '…' | '–' | '—')
}

/// Writes the form of a date with its parts: `9999-99-99` is `YYYY-MM-DD`.
///
/// Day and month of `99/99/9999` are named only if their order is known.
pub(super) fn date_form(form: &str, order: JudgedOrder) -> String {
    let (date, time) = match form.find([' ', 'x', 'T']) {
        Some(end) if form[..end].len() >= 6 => form.split_at(end),
        _ => (form, ""),
    };
    let separator = date.chars().find(|it| !it.is_numeric());
    let digits: Vec<usize> = date.split(['-', '/', '.']).map(str::len).collect();
    let year = |n: usize| "Y".repeat(n);
    let with = |parts: [String; 3]| parts.join(&separator.map(String::from).unwrap_or_default());
    let day = |n: usize| "D".repeat(n);
    let month = |n: usize| "M".repeat(n);
    let day_first = matches!(order, JudgedOrder::Order(Some(DateOrder::DayFirst))) || separator == Some('.');
    let month_first = order == JudgedOrder::Order(Some(DateOrder::MonthFirst));
    let named = match digits.as_slice() {
        [4, m, d] => with([year(4), month(*m), day(*d)]),
        [d, m, y] if day_first => with([day(*d), month(*m), year(*y)]),
        [m, d, y] if month_first => with([month(*m), day(*d), year(*y)]),
        _ => return form.to_owned(),
    };
    named + &time_form(time)
}

/// Writes the form of a time with its parts: `x99:99:99x` is `Thh:mm:ssZ`.
fn time_form(form: &str) -> String {
    let form = match form.strip_prefix('x') {
        Some(rest) => format!("T{rest}"),
        None => form.to_owned(),
    };
    let form = form.replacen("99:99:99", "hh:mm:ss", 1).replacen("99:99", "hh:mm", 1).replace("+9999", "+hhmm");
    match form.strip_suffix("ssx") {
        Some(start) => format!("{start}ssZ"),
        None => form.replace("9x", "9Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_how_a_value_is_written_and_not_what_it_says() {
        for (value, expected) in [
            ("+33 1 99 00 00 01", "+99 9 99 99 99 99"),
            ("01.99.00.00.01", "99.99.99.99.99"),
            ("ana.lopez@example.com", "x.x@x.x"),
            ("Zoë D’Angelo", "x x’x"),
            ("José", "x"),
            ("Jose\u{301} Gil", "x x"),
            ("李雷", "x"),
            ("٣٣", "99"),
            ("2026-01-02T10:00:00Z", "9999-99-99x99:99:99x"),
            ("CLI-00042", "x-99999"),
            ("", ""),
            (&"9".repeat(31), &("9".repeat(30) + "…")),
        ] {
            let mut form = String::new();
            write_form(value, &mut form);
            assert_eq!(form, expected, "{value}");
        }
        let mut form = String::new();
        write_form(&"a".repeat(1_000_000), &mut form);
        assert_eq!(form, "x…");
    }

    #[test]
    fn a_date_form_names_day_and_month_if_their_order_is_known() {
        let [day_first, month_first] =
            [DateOrder::DayFirst, DateOrder::MonthFirst].map(|it| JudgedOrder::Order(Some(it)));
        let none = JudgedOrder::Order(None);
        for (form, order, expected) in [
            ("9999-99-99", none, "YYYY-MM-DD"),
            ("9999-99-99x99:99:99x", none, "YYYY-MM-DDThh:mm:ssZ"),
            ("9999-99-99 99:99", none, "YYYY-MM-DD hh:mm"),
            ("9999-99-99x99:99:99.999x", none, "YYYY-MM-DDThh:mm:ss.999Z"),
            ("9999-99-99 99:99:99+99:99", none, "YYYY-MM-DD hh:mm:ss+hh:mm"),
            ("99/99/9999", day_first, "DD/MM/YYYY"),
            ("9/99/99", month_first, "M/DD/YY"),
            ("99/99/9999", JudgedOrder::Ask, "99/99/9999"),
            ("99.99.9999 99:99", none, "DD.MM.YYYY hh:mm"),
            ("99999", none, "99999"),
            ("9999999999999", none, "9999999999999"),
            ("x, 99 x 9999 99:99:99 +9999", none, "x, 99 x 9999 99:99:99 +9999"),
        ] {
            assert_eq!(date_form(form, order), expected, "{form}");
        }
    }
}
