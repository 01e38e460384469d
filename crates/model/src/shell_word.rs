/// A text as one word of a command line, as a shell reads it.
pub fn shell_word(text: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "-_./:".contains(it);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_space_or_a_quote_is_quoted() {
        assert_eq!(
            ["plan.toml", "my plan.toml", "l'été"].map(shell_word),
            ["plan.toml", "'my plan.toml'", r"'l'\''été'"]
        );
    }

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(shell_word("runs/2026-11-29-spring"), "runs/2026-11-29-spring");
        assert_eq!(shell_word("my runs/a'b"), "'my runs/a'\\''b'");
    }
}
