/// Returns whether a schema of PostgreSQL can have this name without quotes: small letters, digits and underscores, and
/// not a name of PostgreSQL's own.
pub fn is_schema_name(name: &str) -> bool {
    let is_in = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    name.starts_with(|it: char| it.is_ascii_lowercase() || it == '_')
        && name.len() <= 63
        && name.bytes().all(is_in)
        && !name.starts_with("pg_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_a_name_that_needs_no_quotes() {
        assert!(is_schema_name("ferry") && is_schema_name("_crm2"));
        for name in ["", "Ferry", "a-b", "1a", "pg_x", "a b", "a\"b", "é"] {
            assert!(!is_schema_name(name), "{name}");
        }
    }
}
