//! Parameters of addresses, as forms write them.

/// Encodes a value for an address: all but letters, digits and `-._~` as `%XX`.
pub(crate) fn encoded(text: &str) -> String {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    text.bytes().map(|it| if is_plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

/// Encodes parameters, `name=value&…`.
pub(crate) fn query(parameters: &[(&str, String)]) -> String {
    parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

/// Decodes the parameters of an address or of a form.
pub(super) fn decoded(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|it| !it.is_empty());
    pairs.map(|it| it.split_once('=').unwrap_or((it, ""))).map(|(name, value)| (decode(name), decode(value))).collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        let escaped = text.get(place + 1..place + 3).and_then(|it| u8::from_str_radix(it, 16).ok());
        let (byte, length) = match (byte, escaped) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            (byte, _) => (*byte, 1),
        };
        out.push(byte);
        place += length;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_an_operator_is_escaped_and_read_back() {
        let written = query(&[("DateSent>", "2026-03-03".to_owned()), ("To", "+33199000001".to_owned())]);
        assert_eq!(written, "DateSent%3E=2026-03-03&To=%2B33199000001");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(decoded(&written), [pair("DateSent>", "2026-03-03"), pair("To", "+33199000001")]);
        assert_eq!(decoded("a+b=%C3%A9&c&d=%"), [pair("a b", "é"), pair("c", ""), pair("d", "%")]);
    }
}
