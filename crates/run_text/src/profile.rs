//! Text of the profile of columns: a table, or on a narrow terminal a paragraph for each column.

use std::fmt::Write;

use model::{grouped, printable};

use crossing::inspect::{ColumnProfile, Common, DayOrMonth, FileProfile, LooksLike};

/// The narrowest terminal that the table fits.
const TABLE: usize = 90;
/// The width where there is no terminal, and the widest text that is easy to read.
const USUAL: usize = 100;
/// The greatest width of the names of columns. Longer names have a line of their own.
const NAMES: usize = 26;
const INDENT: &str = "      ";

/// The width of the terminal, which `COLUMNS` overrides.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|it| it.0.0.into());
    columns.or_else(terminal).unwrap_or(USUAL).clamp(30, USUAL)
}

/// The profile of files that have `n_rows` rows.
pub fn table(profile: &FileProfile, n_rows: u64, width: usize) -> String {
    let of = match profile.rows {
        rows if rows < n_rows => format!("of the first {} rows", grouped(rows)),
        _ => "of all rows".to_owned(),
    };
    let mut text = format!("\n  profile    {of}\n");
    let mut notes = "values that may be personal are shown by their form in <>: 9 is a digit, x is a word".to_owned();
    if profile.columns.iter().any(|it| it.is_estimate) {
        notes += "; ~ is an estimate, right within 2 % or so";
    }
    text += &wrapped(notes.split(' '), " ", "             ", width);
    let n_chars = profile.columns.iter().map(|it| printable(&it.name).chars().count());
    let names = n_chars.filter(|it| *it <= NAMES).max().unwrap_or_default().max("column".len());
    if width >= TABLE {
        let _ =
            writeln!(text, "  {:names$} {:>18} {:>11}  {:19}  read as", "column", "filled", "distinct", "looks like");
    }
    for column in &profile.columns {
        text += &if width >= TABLE { row(column, profile.rows, names) } else { paragraph(column, profile.rows) };
        text += &wrapped(details(column).iter().map(String::as_str), ", ", INDENT, width);
    }
    text
}

fn row(column: &ColumnProfile, n_rows: u64, names: usize) -> String {
    let mut name = printable(&column.name).into_owned();
    let mut text = String::new();
    if name.chars().count() > names {
        let _ = writeln!(text, "  {name}");
        name.clear();
    }
    let filled = format!("{} {:>7}", grouped(column.filled), percent(column.filled, n_rows));
    let (looks_like, read_as) = (looks_like(column), column.read_as.join(", "));
    let line = format!("  {name:names$} {filled:>18} {:>11}  {looks_like:19}  {read_as}", distinct(column));
    text + line.trim_end() + "\n"
}

fn paragraph(column: &ColumnProfile, n_rows: u64) -> String {
    let mut text = format!("  {}\n{INDENT}{}", printable(&column.name), looks_like(column));
    if !column.read_as.is_empty() {
        let _ = write!(text, ", read as {}", column.read_as.join(", "));
    }
    let filled = format!("{} filled ({})", grouped(column.filled), percent(column.filled, n_rows));
    text + &format!("\n{INDENT}{filled}, {} distinct\n", distinct(column))
}

/// The range of a column and its commonest values, in parts that are not divided.
fn details(column: &ColumnProfile) -> Vec<String> {
    let mut parts = Vec::new();
    match (&column.least, &column.most) {
        (Some(least), Some(most)) if least == most => parts.push(least.clone()),
        (Some(least), Some(most)) => parts.push(format!("{least} to {most}")),
        _ if column.filled == 0 => {}
        _ if column.shortest == column.longest => parts.push(model::counted(column.longest, "character")),
        _ => parts.push(format!("{} to {} characters", grouped(column.shortest), grouped(column.longest))),
    }
    let shown = |it: &Common| match it.is_form {
        true => format!("<{}> {}", printable(&it.value), rough_percent(it.share)),
        false => format!("\"{}\" {}", printable(&it.value), rough_percent(it.share)),
    };
    parts.extend(column.commonest.iter().map(shown));
    parts
}

fn looks_like(column: &ColumnProfile) -> &'static str {
    match column.looks_like {
        LooksLike::Empty => "empty",
        LooksLike::Phone => "phone",
        LooksLike::Email => "e-mail",
        LooksLike::Date => match column.day_or_month {
            None => "date",
            Some(DayOrMonth::DayFirst) => "date, day first",
            Some(DayOrMonth::MonthFirst) => "date, month first",
            Some(DayOrMonth::Mixed) => "date, mixed orders",
            Some(DayOrMonth::Unclear) => "date, day or month?",
        },
        LooksLike::Country => "country",
        LooksLike::Language => "language",
        LooksLike::Consent => "consent",
        LooksLike::YesNo => "yes/no",
        LooksLike::Number => "number",
        LooksLike::Id => "id",
        LooksLike::Name => "name",
        LooksLike::Category => "category",
        LooksLike::Text => "free text",
    }
}

fn distinct(column: &ColumnProfile) -> String {
    format!("{}{}", if column.is_estimate { "~" } else { "" }, grouped(column.distinct))
}

/// A percentage that is 0 or 100 only if none or all are meant.
fn percent(part: u64, whole: u64) -> String {
    match 100.0 * model::share(part, whole) {
        _ if part == whole => "100 %".to_owned(),
        _ if part == 0 => "0 %".to_owned(),
        share => format!("{:.1} %", share.clamp(0.1, 99.9)),
    }
}

fn rough_percent(share: f64) -> String {
    match 100.0 * share {
        share if share < 0.5 => "<1 %".to_owned(),
        share if share < 100.0 => format!("{:.0} %", share.min(99.0)),
        _ => "100 %".to_owned(),
    }
}

/// Parts in lines of `width`, with `separator` between them.
fn wrapped<'a>(parts: impl Iterator<Item = &'a str>, separator: &str, indent: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let n_chars = |it: &str| it.chars().count();
        match lines.last_mut() {
            // The separator after this part has to fit, too.
            Some(line) if n_chars(line) + 2 * separator.len() + n_chars(part) <= width + 1 => {
                *line += separator;
                *line += part;
            }
            Some(line) => {
                *line += separator.trim_end();
                lines.push(format!("{indent}{part}"));
            }
            None => lines.push(format!("{indent}{part}")),
        }
    }
    lines.iter().map(|it| format!("{it}\n")).collect()
}
