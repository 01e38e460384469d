//! The labels of runs, which people read: `2026-11-28-spring`.

/// The first label that is not taken: `label`, or the next one of the same day. After `2026-11-28-spring` comes
/// `2026-11-28.2-spring`; after `2026-11-28.dry-spring`, of a dry run, comes `2026-11-28.dry2-spring`.
pub fn free_label(label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut label = label.to_owned();
    while is_taken(&label) {
        label = next_label(&label);
    }
    label
}

/// The label after this one. The number is between date and name, so that labels sort by date.
fn next_label(label: &str) -> String {
    const DATE: usize = "2026-11-28".len();
    let (date, rest) = label.split_at_checked(DATE).unwrap_or((label, ""));
    let (number, name) = match rest.strip_prefix('.').and_then(|it| it.split_once('-')) {
        Some((number, name)) => (number, format!("-{name}")),
        None => ("", rest.to_owned()),
    };
    // Dry runs and samples have a word before the number.
    let (kind, number) = number.split_at(number.bytes().take_while(u8::is_ascii_lowercase).count());
    format!("{date}.{kind}{}{name}", number.parse().unwrap_or(1_u64) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_label_is_between_date_and_name() {
        assert_eq!(next_label("2026-11-28-spring"), "2026-11-28.2-spring");
        assert_eq!(next_label("2026-11-28.2-spring"), "2026-11-28.3-spring");
        assert_eq!(next_label("2026-11-28.9-1.2-x"), "2026-11-28.10-1.2-x");
        assert_eq!(next_label("2026-11-28.dry-spring"), "2026-11-28.dry2-spring");
        assert_eq!(next_label("2026-11-28.dry9-spring"), "2026-11-28.dry10-spring");
    }
}
