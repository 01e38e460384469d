//! Tokens without a meaning for the caller: the place of a row, written in letters.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use super::{Key, Next};

/// The token of the next page. That of the first page goes on from the end of time.
pub(super) fn of(next: &Next<Key>) -> String {
    let Key { at, n } = next.from.unwrap_or(Key { at: i64::MAX, n: u64::MAX });
    BASE64_URL_SAFE_NO_PAD.encode(format!("{at}.{n}.{}", next.marker.unwrap_or(0)))
}

/// The place that a token means.
pub(super) fn read(token: &str) -> Option<Key> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let mut parts = text.split('.');
    let key = Key { at: parts.next()?.parse().ok()?, n: parts.next()?.parse().ok()? };
    parts.next().map(|_| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is_one() {
        let next = |marker| Next { from: Some(Key { at: 1_772_529_247, n: 41 }), marker, host: None };
        assert_eq!(read(&of(&next(None))), next(None).from);
        assert_eq!(read(&of(&next(Some(7)))), next(None).from);
        assert_ne!(of(&next(Some(7))), of(&next(None)));
        assert_eq!(["", "x", "MS4y"].map(read), [None; 3]);
    }
}
