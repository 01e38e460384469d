//! Letters without their marks.

/// Letters whose stroke or missing dot is no accent in Unicode.
pub fn base_letter(letter: char) -> char {
    match letter {
        'ı' => 'i',
        'ł' => 'l',
        'đ' => 'd',
        'ø' => 'o',
        other => other,
    }
}
