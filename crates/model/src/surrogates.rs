/// Replaces escapes of half a surrogate pair in a JSON text by the replacement character. A message that was cut inside an emoji
/// holds one: JSON allows it, and no text in Unicode can hold it.
pub fn without_lone_surrogates(body: &[u8]) -> Vec<u8> {
    let mut mended = body.to_vec();
    let mut at = 0;
    while at + 1 < mended.len() {
        if mended[at] != b'\\' {
            at += 1;
            continue;
        }
        match (escaped(&mended, at), escaped(&mended, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                mended[at + 2..at + 6].copy_from_slice(b"fffd");
                at += 6;
            }
            _ => at += 2,
        }
    }
    mended
}

/// Returns the number of the escape `\uXXXX` at a place.
fn escaped(text: &[u8], at: usize) -> Option<u32> {
    let escape = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_replaced_and_a_whole_one_stays() {
        let text = br#"{"a":"Bonjour \ud83d","b":"\ud83d\ude00 \\ud83d","c":"\ude00x"}"#;
        let mended = br#"{"a":"Bonjour \ufffd","b":"\ud83d\ude00 \\ud83d","c":"\ufffdx"}"#;
        assert_eq!(without_lone_surrogates(text), mended);
    }
}
