//! The words and numbers of an answer, as tests look for them.

use std::sync::LazyLock;

use regex::Regex;

/// Letters, marks, digits, `_` and `'` are parts of a word. A symbol, such as an emoji, is a word of its own.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{M}\p{L}\p{N}_']+|\p{S}").ok());

/// A number with commas between groups of digits and a point before the decimals.
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[-+]?\p{Nd}[\p{Nd},]*(?:\.\p{Nd}+)?").ok());

/// The words of a text with their places in bytes.
pub(crate) fn words(text: &str) -> Vec<(usize, usize)> {
    WORD.iter().flat_map(|it| it.find_iter(text)).map(|it| (it.start(), it.end())).collect()
}

/// The numbers of a text, as they are written and as they are.
pub(crate) fn numbers(text: &str) -> impl Iterator<Item = (&str, f64)> {
    let found = NUMBER.iter().flat_map(move |it| it.find_iter(text));
    found.filter_map(|it| Some((it.as_str(), number(it.as_str())?)))
}

/// A number in digits of any script, such as `٤٨٢٩١٣`.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain: String = text.trim().chars().filter(|it| *it != ',').map(western).collect();
    plain.parse().ok().filter(|it: &f64| it.is_finite())
}

/// The first digit of each row of ten that people write numbers in.
const ZEROS: [char; 11] = ['٠', '۰', '०', '০', '੦', '૦', '௦', '๐', '໐', '၀', '０'];

fn western(digit: char) -> char {
    let value = ZEROS.iter().find_map(|zero| (digit as u32).checked_sub(*zero as u32).filter(|it| *it < 10));
    value.and_then(|it| char::from_digit(it, 10)).unwrap_or(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_digits_of_any_script() {
        let all = |text| numbers(text).map(|it| it.1.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(all("رقمي ٤٨٢٩١٣"), "482913");
        assert_eq!(all("482 913, 1,200.50 and -3"), "482 913 1200.5 -3");
        assert_eq!(all("मुझे ४२ चाहिए"), "42");
        assert_eq!(all("nne"), "");
    }
}
