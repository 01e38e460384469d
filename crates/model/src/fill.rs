/// Fills in `{0}`, `{1}` …; braces that are no slot stay.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let value = after.split_once('}').and_then(|(n, rest)| Some((values.get(n.parse::<usize>().ok()?)?, rest)));
        filled.push_str(before);
        match value {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_braces_are_filled_in_once() {
        assert_eq!(fill("{0} and {x} {1", &["{1}", "b"]), "{1} and {x} {1");
    }
}
