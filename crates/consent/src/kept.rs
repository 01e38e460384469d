//! The part of a statement's words that is kept.

/// The most bytes of the words that are kept. Longer texts are messages with more than a keyword.
const MAX_BYTES: usize = 250;

/// The start of the words, up to a NUL, which databases refuse.
pub fn kept_words(words: &str) -> &str {
    let words = words.split('\0').next().unwrap_or_default().trim();
    let mut end = words.len().min(MAX_BYTES);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    &words[..end]
}

/// Whether [`kept_words`] may have cut the words. It cuts before the last character, which has up to four bytes.
pub fn may_be_cut(words: &str) -> bool {
    words.len() > MAX_BYTES - 4
}
