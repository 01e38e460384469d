//! Shares and numbers as people read them.
//!
//! Kept instead of `indicatif::HumanCount`: errors of crates below the terminal show numbers too.

/// A part of a whole, from 0 to 1; 0 of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A number for people: `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things for people: `1 call`, `1,234 calls`, `2 batches`.
pub fn counted(n: u64, thing: &str) -> String {
    let ending = match (n, thing) {
        (1, _) => "",
        (_, thing) if thing.ends_with('s') || thing.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{} {thing}{ending}", grouped(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_and_several_are_several() {
        let said = [counted(1, "batch"), counted(2, "batch"), counted(0, "row"), counted(1, "row"), counted(2, "loss")];
        assert_eq!(said, ["1 batch", "2 batches", "0 rows", "1 row", "2 losses"]);
    }

    #[test]
    fn large_numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
